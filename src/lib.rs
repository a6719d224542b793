//! WebAssembly components as entries of a project, on a dispatcher of their own.
//!
//! A project's YAML names modules by hash and says which host functions each may use. Reading it
//! ([`project`]) gives a [`Registry`](project::Registry); a [`Program`] is a registry and what is
//! compiled of its modules, for any number of threads; a [`Runtime`] is a program on a
//! [dispatcher](wippy_dispatcher::Dispatcher), where its entries are called. Each call is a fresh
//! instance, and whatever a guest waits for, it waits for in that dispatcher. An [`Entry`] may be
//! made in code as well, beside a project's or without one.
//!
//! ```
//! use wippy::project::{LoadOptions, from_yaml};
//! use wippy::{Arguments, Runtime};
//! use wippy_dispatcher::Dispatcher;
//!
//! let yaml = r#"
//! version: "1.0"
//! namespace: app
//! entries:
//!   - name: add
//!     kind: function.wat
//!     method: add
//!     source: |
//!       (module (func (export "add") (param i32 i32) (result i32)
//!         local.get 0 local.get 1 i32.add))
//! "#;
//! let loaded = from_yaml(yaml, None, &LoadOptions::default());
//! assert!(loaded.diagnostics.is_empty());
//! let dispatcher = Dispatcher::new()?;
//! let runtime = Runtime::new(dispatcher.handle(), loaded.registry)?;
//! let sum = dispatcher.block_on(runtime.call("app:add", Arguments::Wave("1, 2")))??;
//! assert_eq!(sum, 3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

//!
//! # What there is to know
//!
//! A [`Dispatcher`](wippy_dispatcher::Dispatcher) is the thread's loop, its
//! [`Handle`](wippy_dispatcher::Handle) reaches it from its own thread and a
//! [`Remote`](wippy_dispatcher::Remote) from others. A [`Program`] is made of [`Entry`]s and a project's; a
//! [`Runtime`] calls them, with [`CallOptions`] and within a [`CallGroup`] where that is wanted; a
//! [`Call`] is one that was started; an [`Instance`] is kept, and a [`Func`] is a function of it. A
//! [`HostPackage`] is host functions of the embedder's own.
//!
//! ## Threads
//!
//! [`Program`], [`Entry`], [`CallOptions`], [`CallGroup`], arguments, results and errors go to any thread.
//! [`Runtime`], [`Call`], [`Instance`] and [`Func`] stay on their dispatcher's: the compiler sees to it.
//! Nothing here is global, and no runtime of another kind is needed or disturbed: a dispatcher turns inside of a
//! tokio thread as well as anywhere else.
//!
//! ## Panics and drops
//!
//! Nothing that a guest, a document, a peer or an embedder's argument does panics. A panic of a host
//! function of the embedder's is a trap of its call; one of a future that the embedder has spawned comes out
//! where its task is awaited. Values may be dropped in any order:
//! what outlives its dispatcher answers `Dispatcher(Closed)` from then on. Dropping a call's
//! future ends the call at once, and gives up what its guest has handed over and is not delivered.
//!
//! ## Versions
//!
//! Of [`wasmtime`] the following is part of this package's interface: [`Val`], the traits that bound typed
//! calls (`ComponentNamedList`, `Lift`, `Lower`) with the types that implement them, and `ResourceAny`. Name
//! them through [`wippy::wasmtime`](wasmtime), so that both are of one version. Another major version of
//! wasmtime here is an incompatible release of this package.

// Output goes through `cli::output` and `cli::report`: these macros panic where it cannot be written.
#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod activity;
pub mod benchmark;
mod byte_channel;
mod call_group;
pub mod cli;
mod delivery;
mod edits;
mod env;
mod fs;
mod host;
mod http;
mod id;
mod io_reason;
mod module;
mod nearest;
mod network;
mod one_line;
mod oneshot;
mod preemption;
mod program;
mod prometheus;
mod quota;
mod registry;
mod routes;
mod runtime;
mod select;
mod simulation;
mod status;
mod trust;
mod values;

pub use call_group::{CallGroup, GroupError};
pub use host::State as HostState;
pub use host::embedder::{CallInfo, HostContext, HostFuture, HostPackage, HostTable};
pub use module::{CacheContents, CodeCache, Digest, ModuleError, to_binary};
pub use program::{
    Directory, Entry, EntryError, EntryErrorKind, Program, ProgramBuilder, ProgramOptions,
    SlowCompile,
};
pub use runtime::{
    Arguments, Backtrace, Call, CallError, CallErrorKind, CallOptions, CheckOptions, EntryMetrics,
    Func, Instance, Metrics, PoolMetrics, Runtime, Trap, WithOptions, check,
};
pub use status::Status;
pub use values::parse_json;
/// The engine, whose `bindgen!` and component types host functions of an embedder's are made with.
pub use wasmtime;
pub use wasmtime::component::Val;

/// A project's documents: reading them, what is wrong with them, and changing them.
pub mod project {
    pub use crate::edits::{
        AddError, Addition, HashChange, NewProjectError, Watcher, WriteHashError, addition,
        hash_changes, new_project, write_hashes,
    };
    pub use crate::env::{Environment, OsEnvironment};
    pub use crate::registry::{
        Diagnostic, DocumentError, EditError, Entry, Id, Inputs, InvalidEntry, Key, LoadOptions,
        Loaded, LookupError, Mapping, Node, Place, Registry, Scalar, Settings, Severity, Spanned,
        Style, Value, WasmSettings, from_yaml, load, schema,
    };

    /// What an entry of each kind says: `docs/entries.md`.
    pub mod kinds {
        pub use crate::env::{EnvBinding, EnvFile, EnvStorage, EnvVariable};
        pub use crate::network::{Allow, Names, Port, Protocol, Rule, Target};
        pub use crate::registry::{
            Bound, CaFile, Command, FsDirectory, Function, HttpEndpoint, HttpRouter, HttpService,
            HttpTimeouts, HttpTls, HttpWaiting, Kind, Lifecycle, Limits, Mode, Mount, Pool,
            PoolType, Process, ProcessService, Restart, Source, Transport, Wasi,
        };
    }
}

/// The errors that are parts of others, such as of [`CallErrorKind`].
pub mod errors {
    pub use crate::env::EnvError;
    pub use crate::fs::{OpenDirError, OpenError};
    pub use crate::host::cli::Exit;
    pub use crate::http::CertificateError;
    pub use crate::id::InvalidId;
    pub use crate::module::{CacheError, UnknownImport};
    pub use crate::network::RuleError;
    pub use crate::trust::PathError;
    pub use crate::values::ValueError;
}

/// The services of a project.
pub mod services {
    pub use crate::runtime::{Ended, Plan, PlanError, supervise};
}

/// The generated types of `wasi:io` and `wasi:clocks`, for the `with` of an embedder's own `bindgen!`, so that
/// functions of its own take and give the host's streams, pollables and errors
/// (`"wasi:io/streams": wippy::wasi::io::streams`). Values are made by [`HostContext`]; what they consist of is not part of
/// the API.
pub mod wasi {
    pub use crate::host::clocks::interfaces as clocks;
    pub use crate::host::io::interfaces as io;
}

/// A client of an embedder's that answers the HTTP requests of guests:
/// [`HostPackage::http_client`].
pub mod http_client {
    pub use crate::host::http::own_client::{HttpFuture, HttpRequest, HttpResponse};
    pub use crate::http::{DnsError, ErrorCode, FieldSize, TlsAlert};
}

/// A server of HTTP/1.1, and what answers its requests: the components of entries
/// ([`Runtime::http_handler`]), or functions of an embedder's.
pub mod http_server {
    pub use crate::http::server::{
        Failure, Handler, HandlerEnd, HandlerFuture, HttpServer, IncomingRequest, RequestLimits,
        RequestTarget, ServerCounts, ServerLimits, ServerTimeouts,
    };
    pub use crate::http::{
        BodyReader, BodyWriter, FieldError, FieldLimits, Fields, Method, RequestHead, Response,
        Stopped, body,
    };
    pub use crate::runtime::{ComponentHandler, EntryHandler};
}

/// Standard streams of a call.
pub mod stdio {
    pub use crate::host::pipe::{PipeReader, PipeWriter, pipe};
    pub use crate::host::stdio::{Input, InputSource, Output, OutputLost, Sink, Stdio};
}

/// Guests in a simulation: entries on hosts, a network between them, faults, and what became of all that.
pub mod sim {
    pub use crate::fs::simulated::DiskFaults;
    pub use crate::host::capture::{OutputChunk, OutputKind};
    pub use crate::simulation::{
        Attempt, AttemptEnd, Call, CallOutcome, End, GuestWait, Outcome, Scenario, Server,
        Simulation, SimulationBuilder, SimulationError, World, scenario_schema,
    };

    /// TLS between the hosts of a simulation, without cryptography: `docs/determinism.md` says what is modelled.
    pub mod tls {
        pub use crate::http::simulated_tls::{
            Certificate, CertificateName, InvalidCertificate, ProtocolError, SIMULATED_ROOT,
            TlsAcceptor, TlsConnector, TlsError, TlsStream, TrustStore, UntrustedCertificate,
        };
    }
}

/// What the tests and benchmarks of this package look at beside what embedders need. It changes
/// without notice.
#[doc(hidden)]
pub mod internals {
    pub use crate::host::PACKAGES;
    pub use crate::host::clocks::interfaces as clocks;
    pub use crate::host::filesystem::interfaces as filesystem;
    pub use crate::module::{Capabilities, Engine, Profile, describe};
    pub use crate::preemption::enter_guests;

    /// How a service counts the memory of what it holds.
    pub mod serving {
        pub use crate::runtime::BodyMemory;
    }

    /// Which route of a server answers a request.
    pub mod routes {
        pub use crate::routes::{InvalidPattern, RouteMatch, RoutePattern, RouteTable, Routed};
    }

    /// The parts of the server.
    pub mod http_server {
        pub use crate::http::server::*;
        pub use crate::http::{
            BodyReader, BodyWriter, Buffer, FieldLimits, Fields, Method, RequestHead, Response,
            body,
        };
    }
}

/// The programs of the page on embedding are compiled and run as tests.
#[cfg(doctest)]
#[doc = include_str!("../docs/embedding.md")]
mod embedding_page {}
