//! Who takes part.

mod async_io;
mod compio;
mod entrant;
mod epoll;
mod glommio;
mod list;
mod machine;
mod monoio;
mod smol;
mod spin;
mod timers;
mod tokio;
mod uring;
mod wippy;

pub use entrant::{Class, Entrant};
pub use list::{ALL, find};
