//! Names to addresses.

use std::fmt;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::socket::Lookup;
use super::{ResolveError, host_name};
use crate::Error;
use crate::blocking::flow::Flow;
use crate::handle::Handle;

/// Looks a name up with the dispatcher's resolver: the system's, or that of
/// [`Builder::resolver`](crate::Builder::resolver). It belongs to no flow, and is bounded by the bounds
/// of all lookups only; see [`resolve_for`].
///
/// ```
/// use wippy_dispatcher::Dispatcher;
/// use wippy_dispatcher::net::resolve;
///
/// let dispatcher = Dispatcher::new()?;
/// let addresses = dispatcher.block_on(resolve(&dispatcher.handle(), "127.0.0.1"))??;
/// assert!(addresses[0].is_loopback());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The future gives [`ResolveError`].
pub fn resolve(handle: &Handle, name: &str) -> Resolve {
    Resolve(start(handle, None, name))
}

/// Looks a name up for a flow. At most 256 names are with the resolver at a time, each on a thread of
/// its own, and 65,536 more lookups may wait, shared between flows as in a [`Lane`](crate::Lane): names
/// that no server answers hold up later ones of their own flow only. A lookup of a name that is with
/// the resolver already gets the same answer, and takes no thread. A numeric address is its own answer.
///
/// A lookup starts at once if its flow may start one. Dropping it gives its place up, but its thread
/// stays busy until the resolver returns; at most 64 threads are abandoned like that.
///
/// # Errors
/// The future gives [`ResolveError`].
pub fn resolve_for(handle: &Handle, flow: Flow, name: &str) -> Resolve {
    Resolve(start(handle, Some(flow), name))
}

/// A lookup: a future of the addresses, in the resolver's order, each once. Dropping it cancels it.
#[must_use = "dropping a lookup abandons it"]
pub struct Resolve(State);

enum State {
    /// The answer is known without asking; it is taken when the future completes.
    Known(Option<Result<Vec<IpAddr>, ResolveError>>),
    Started(Lookup),
}

fn start(handle: &Handle, flow: Option<Flow>, name: &str) -> State {
    let known = |answer| State::Known(Some(answer));
    if let Ok(address) = name.parse::<IpAddr>() {
        return known(Ok(vec![address]));
    }
    let Some(name) = host_name(name) else {
        return known(Err(ResolveError::Invalid(name.to_owned())));
    };
    match Lookup::start(handle, flow, name) {
        Ok(lookup) => State::Started(lookup),
        Err(error) => known(Err(error.into())),
    }
}

impl Future for Resolve {
    type Output = Result<Vec<IpAddr>, ResolveError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            State::Known(answer) => {
                debug_assert!(answer.is_some(), "polled after it completed");
                Poll::Ready(answer.take().unwrap_or_else(|| Err(Error::Closed.into())))
            }
            State::Started(lookup) => lookup.poll(cx.waker()),
        }
    }
}

impl fmt::Debug for Resolve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            State::Known(answer) => f.debug_tuple("Resolve").field(answer).finish(),
            State::Started(lookup) => f.debug_tuple("Resolve").field(&lookup.name()).finish(),
        }
    }
}
