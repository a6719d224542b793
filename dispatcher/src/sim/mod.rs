//! The simulated counterpart of the system: what a seed decides, hosts and the network between them,
//! the trace of it all, and logs that are replayed and compared.
//!
//! A simulation has hosts with names and addresses, and a link between each two of them. Code is on a host
//! if it was given that host's [`Handle`](crate::Handle): its sockets have that host's addresses, its
//! clocks are that host's, and it ends when that host crashes. What is on no named host is on the
//! default host, so that a simulation without hosts still has a loopback network.
//!
//! ```
//! use std::time::Duration;
//! use wippy_dispatcher::net::{TcpListener, TcpStream, resolve};
//! use wippy_dispatcher::sim::Link;
//! use wippy_dispatcher::{Dispatcher, Simulation};
//!
//! let simulation = Simulation::new(7)
//!     .host("server", [])
//!     .host("client", [])
//!     .link("client", "server", Link::new().latency(Duration::from_millis(20)));
//! let dispatcher = Dispatcher::builder().simulation(simulation).build()?;
//!
//! let server = dispatcher.host("server")?;
//! server.boot(|handle| async move {
//!     let any = ([0, 0, 0, 0], 7).into();
//!     let listener = TcpListener::bind(&handle, any).expect("a free port");
//!     while let Ok((stream, _)) = listener.accept().await {
//!         let mut buffer = [0; 64];
//!         while let Ok(read @ 1..) = stream.read(&mut buffer).await {
//!             stream.write_all(&buffer[..read]).await.expect("an echo");
//!         }
//!     }
//! })?;
//!
//! let handle = dispatcher.host("client")?.handle();
//! let client = handle.clone().spawn(async move {
//!     let address = resolve(&handle, "server").await.expect("a name")[0];
//!     let stream = TcpStream::connect(&handle, (address, 7).into()).await?;
//!     let sent = handle.now()?;
//!     stream.write_all(b"ping").await?;
//!     let read = stream.read(&mut [0; 4]).await?;
//!     assert!(read > 0);
//!     Ok::<_, wippy_dispatcher::Error>(handle.now()? - sent)
//! })?;
//! let round_trip = dispatcher.block_on(client)?.expect("not cancelled")?;
//! assert_eq!(round_trip, Duration::from_millis(40));
//! # Ok::<(), wippy_dispatcher::Error>(())
//! ```

mod apply;
mod boots;
mod bounds;
mod broken_invariant;
pub(crate) mod context;
mod disk;
mod disks;
pub(crate) mod draws;
pub(crate) mod driver;
mod edited;
pub(crate) mod edits;
mod elapsed;
mod ended;
pub(crate) mod event;
mod fault;
pub(crate) mod hash;
mod host;
mod host_error;
pub(crate) mod host_key;
mod invariants;
mod limits;
mod link;
mod log;
pub(crate) mod net;
mod operation;
pub(crate) mod picker;
pub mod picture;
mod probability;
pub(crate) mod record;
mod record_text;
mod recorder;
pub(crate) mod seeds;
pub(crate) mod settings;
mod shrink;
mod step;
mod swarm;
pub(crate) mod trace;
pub(crate) mod waits;

pub(crate) use boots::Boots;
pub(crate) use disks::Disks;

pub use broken_invariant::BrokenInvariant;
pub use disk::Disk;
pub use edits::{
    Cut, Edits, FaultId, FoundFault, FoundSwitch, InvalidEdit, InvalidFault, RunNotes, Switch,
};
pub use fault::{Crash, Fault, NameAnswer};
pub use host::Host;
pub use host_error::HostError;
pub use link::Link;
pub use log::{Difference, Log, LogEnd, LogError, LogHeader, Records, TaskRecord};
pub use net::hosts::DEFAULT_HOST;
pub use picker::Picker;
pub use record::{Discard, Fate, FileFault, Operation, Packet, Waiter};
pub use seeds::{SeedFailure, Seeds, SweepError, SweepProgress, SweepReport, for_each_seed};
pub use shrink::{RunSize, Shrink, ShrinkError, ShrinkProgress, ShrinkStep, Shrunk, Trial};
pub use swarm::FaultMix;
pub use waits::{ConnectionState, TaskState, TaskWait, WaitFor, Waits};
