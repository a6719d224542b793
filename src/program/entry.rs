//! An entry that is made in code instead of YAML.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use wippy_dispatcher::{Error, Handle};

use super::directory::Directory;
use super::stdio_source::StdioSource;
use crate::host::stdio::Stdio;
use crate::registry::{Limits, Pool, PoolType};

/// A function or a process that is made in code: its module, and what it may use. What YAML says of an
/// entry (`docs/entries.md`) has a method here, and what is not said has the same default: no imports,
/// no environment, no directories, everything that its imports reach.
///
/// Nothing is checked before [`ProgramBuilder::build`](crate::ProgramBuilder::build), whose error
/// names the entry. It may be made and sent on any thread.
///
/// ```
/// use std::time::Duration;
/// use wippy::{Arguments, Entry, Program, Runtime};
/// use wippy_dispatcher::Dispatcher;
///
/// let text = r#"(module (func (export "twice") (param i32) (result i32)
///     (i32.mul (local.get 0) (i32.const 2))))"#;
/// let entry = Entry::function("app:twice")
///     .bytes(text)
///     .max_memory(1 << 20)
///     .max_execution(Duration::from_millis(50));
/// let program = Program::builder().entry(entry).build()?;
/// let dispatcher = Dispatcher::new()?;
/// let runtime = Runtime::on(dispatcher.handle(), program)?;
/// let doubled = dispatcher.block_on(runtime.call("app:twice", Arguments::Wave("21")))??;
/// assert_eq!(doubled, 42);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Entry {
    pub(super) id: String,
    pub(super) is_process: bool,
    pub(super) is_of_command_line: bool,
    pub(super) module: Option<ModuleSource>,
    pub(super) hash: Option<String>,
    pub(super) method: String,
    pub(super) wit: Option<String>,
    pub(super) imports: Vec<String>,
    pub(super) directories: Vec<Directory>,
    pub(super) env: Vec<(String, String)>,
    pub(super) args: Option<Vec<String>>,
    pub(super) allow: Option<Vec<String>>,
    pub(super) limits: Limits,
    pub(super) pool: Pool,
    pub(super) stdio: Option<StdioSource>,
}

/// Where a module's bytes are.
#[derive(Clone, Debug)]
pub(super) enum ModuleSource {
    Bytes(Arc<[u8]>),
    File(PathBuf),
}

impl Entry {
    /// A function with this ID, `namespace:name`.
    pub fn function(id: &str) -> Entry {
        Entry {
            id: id.to_owned(),
            is_process: false,
            is_of_command_line: false,
            module: None,
            hash: None,
            method: String::new(),
            wit: None,
            imports: Vec::new(),
            directories: Vec::new(),
            env: Vec::new(),
            args: None,
            allow: None,
            limits: Limits::default(),
            pool: Pool::default(),
            stdio: None,
        }
    }

    /// A process with this ID: [`Runtime::execute`](crate::Runtime::execute) runs it with standard
    /// streams, and its result is a status. It has no pool.
    pub fn process(id: &str) -> Entry {
        Entry {
            is_process: true,
            ..Entry::function(id)
        }
    }

    /// Its ID as it was given.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its module: a component or a core module, as a binary or as text.
    pub fn bytes(mut self, bytes: impl AsRef<[u8]>) -> Entry {
        self.module = Some(ModuleSource::Bytes(bytes.as_ref().into()));
        self
    }

    /// The file of its module, which is read when the program is built. Where guests may write the
    /// file, [`hash`](Entry::hash) has to say which it is.
    pub fn file(mut self, path: impl Into<PathBuf>) -> Entry {
        self.module = Some(ModuleSource::File(path.into()));
        self
    }

    /// The hash that its module has to have, `sha256:` and 64 hexadecimal digits.
    pub fn hash(mut self, hash: &str) -> Entry {
        self.hash = Some(hash.to_owned());
        self
    }

    /// The export that a call runs, such as `compute` or `interface#function`. Default: `wasi:cli/run`,
    /// or else the only function that the module exports.
    pub fn method(mut self, method: &str) -> Entry {
        self.method = method.to_owned();
        self
    }

    /// The functions of a core module in lines of WIT, such as `answer: func() -> s32;`.
    pub fn wit(mut self, lines: &str) -> Entry {
        self.wit = Some(lines.to_owned()).filter(|lines| !lines.trim().is_empty());
        self
    }

    /// Lets it use a group or an interface, by its name in a list of `imports` (`docs/imports.md`).
    pub fn import(mut self, name: &str) -> Entry {
        self.imports.push(name.to_owned());
        self
    }

    /// Lets it see a directory of the host, and use `wasi:filesystem`.
    pub fn directory(mut self, directory: Directory) -> Entry {
        self.directories.push(directory);
        self.import("wasi:filesystem")
    }

    /// Sets a variable of its environment. Of two with one name the later counts.
    pub fn env(mut self, name: &str, value: &str) -> Entry {
        self.env.retain(|(other, _)| other != name);
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Fixes its arguments, which a call cannot replace then.
    pub fn args<S: Into<String>>(mut self, args: impl IntoIterator<Item = S>) -> Entry {
        self.args = Some(args.into_iter().map(Into::into).collect());
        self
    }

    /// Lets it reach what a rule of `network.allow` permits, such as `tcp:db.example:5432`, and use
    /// `wasi:sockets` and `wasi:http`. What no rule permits is refused then.
    pub fn allow(mut self, rule: &str) -> Entry {
        self.allow.get_or_insert_default().push(rule.to_owned());
        self.import("wasi:sockets").import("wasi:http")
    }

    /// How long a call may execute, in whole milliseconds rounded up. It ends with
    /// [`DeadlineExceeded`](crate::CallErrorKind::DeadlineExceeded) then. Default: as long as it takes.
    pub fn max_execution(mut self, time: Duration) -> Entry {
        self.limits.max_execution_ms = Some(milliseconds(time));
        self
    }

    /// How long the end of a call waits for what its guest has handed over, in whole milliseconds
    /// rounded up. Default: 10 s.
    pub fn delivery(mut self, time: Duration) -> Entry {
        self.limits.delivery_ms = Some(milliseconds(time));
        self
    }

    /// The bytes of memory that a call may take. Default: 1 GiB.
    pub fn max_memory(mut self, bytes: u64) -> Entry {
        self.limits.max_memory_bytes = Some(bytes);
        self
    }

    /// The resources that a call may have open. Default: 65,536.
    pub fn max_resources(mut self, resources: u64) -> Entry {
        self.limits.max_resources = Some(resources);
        self
    }

    /// How many of its calls run at once (`pool` of `docs/entries.md`). `size` has no effect on an
    /// inline pool. A static pool keeps so many instances ready. Default: lazy, 100.
    pub fn pool(mut self, kind: PoolType, size: u32) -> Entry {
        self.pool.kind = Some(kind);
        (self.pool.workers, self.pool.max_size) = match kind {
            PoolType::Static => (size, 0),
            PoolType::Lazy | PoolType::Adaptive => (0, size),
            PoolType::Inline => (0, 0),
        };
        self
    }

    /// How many callers wait for a place in its static pool; one more is refused. Default: 64 a place.
    pub fn max_waiting(mut self, callers: u32) -> Entry {
        self.pool.buffer = callers;
        self
    }

    /// Opens the standard streams of each call that is given none by its caller
    /// ([`CallOptions::stdio`](crate::CallOptions::stdio)): pipes in memory, descriptors, log lines. It
    /// is called on the thread of the call's dispatcher, whose handle it gets; of a live instance once.
    /// Without it the input is empty, and output and errors are log lines. An error ends the call with
    /// `CallErrorKind::Stdio`.
    ///
    /// ```
    /// use wippy::stdio::{Sink, Stdio, pipe};
    /// use wippy::{Arguments, Entry, Program, Runtime};
    /// use wippy_dispatcher::Dispatcher;
    ///
    /// let dispatcher = Dispatcher::new()?;
    /// let (printed, writer) = pipe(&dispatcher.handle(), 1024)?;
    /// let entry = Entry::function("app:hello")
    ///     .file(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/guests/components/hello-c.wasm"))
    ///     .method("wasi:cli/run@0.2.12#run")
    ///     .import("wasi:cli")
    ///     .import("wasi:clocks")
    ///     .import("wasi:io")
    ///     .stdio(move |_| Ok(Stdio::logged("app:hello").stdout(Sink::Pipe(writer.clone()))));
    /// let runtime = Runtime::on(dispatcher.handle(), Program::builder().entry(entry).build()?)?;
    /// dispatcher.block_on(runtime.call("app:hello", Arguments::Json(&[])))??;
    /// assert_eq!(printed.read(1024).unwrap(), b"slept 5 ms\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn stdio(
        mut self,
        open: impl Fn(&Handle) -> Result<Stdio, Error> + Send + Sync + 'static,
    ) -> Entry {
        self.stdio = Some(StdioSource::new(open));
        self
    }

    /// It was written on the command line, whose options its errors name.
    pub(crate) fn of_command_line(mut self) -> Entry {
        self.is_of_command_line = true;
        self
    }
}

fn milliseconds(time: Duration) -> u64 {
    let rounded = time.as_nanos().div_ceil(1_000_000).max(1);
    u64::try_from(rounded).unwrap_or(u64::MAX)
}
