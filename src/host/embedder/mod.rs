//! Host functions of the embedder's own.

mod call_info;
mod context;
mod function;
mod interface;
mod package;
mod panics;
mod state;
mod wait;

pub use call_info::CallInfo;
pub use context::{HostContext, HostTable};
pub use function::HostFuture;
pub use interface::OwnInterface;
pub use package::HostPackage;
pub(crate) use panics::{call_caught, poll_caught};
pub use state::{EntryPackages, OwnState, StateFactory};
