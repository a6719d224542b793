//! Names to addresses.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, ToSocketAddrs};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::host_name;
use super::lookups::{Answer, Question};
use crate::Error;
use crate::blocking::flow::Flow;
use crate::handle::Handle;

/// Why a name has no addresses.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// It is no name: empty, too long, or with bytes that no name has.
    #[error("not a host name: {0:?}")]
    Invalid(String),
    /// The resolver knows of no such name, or of no address for it.
    #[error("no address for {0}")]
    NotFound(String),
    /// The resolver could not say now.
    #[error("the resolver does not answer: {0}")]
    Temporary(String),
    /// The resolver will not say.
    #[error("the resolver failed: {0}")]
    Permanent(String),
    /// The dispatcher's own: `LaneFull`, `Simulated`, `WrongThread`, `Closed`.
    #[error(transparent)]
    Dispatcher(#[from] Error),
}

/// Looks a name up with the dispatcher's resolver: the system's, or that of
/// [`Builder::resolver`](crate::Builder::resolver). A lookup that belongs to no flow takes any place
/// that is free; see [`resolve_for`].
///
/// # Errors
/// The future gives [`ResolveError`].
pub fn resolve(handle: &Handle, name: &str) -> Resolve {
    Resolve(start(handle, None, name))
}

/// Looks a name up for a flow. 256 names are asked for at once, each on a thread of its own, and
/// 65,536 lookups more may wait, shared between flows as in a [`Lane`](crate::Lane): names that
/// nobody answers hold up later ones of their own flow only. Whoever asks for a name that is being
/// asked for shares its answer, and takes no place of its own. A numeric address is its own answer.
///
/// A lookup starts at once where it may, and dropping it gives up its place, though its thread is
/// busy until the resolver returns; 64 threads may be left behind like that.
///
/// # Errors
/// The future gives [`ResolveError`].
pub fn resolve_for(handle: &Handle, flow: Flow, name: &str) -> Resolve {
    Resolve(start(handle, Some(flow), name))
}

/// A lookup, as the future of the addresses, in the resolver's order, each once.
#[must_use = "dropping a lookup abandons it"]
pub struct Resolve(State);

enum State {
    Known(Option<Answer>),
    Asked(Question),
}

fn start(handle: &Handle, flow: Option<Flow>, name: &str) -> State {
    let known = |answer| State::Known(Some(answer));
    if let Ok(address) = name.parse::<IpAddr>() {
        return known(Ok(vec![address]));
    }
    let Some(name) = host_name(name) else {
        return known(Err(ResolveError::Invalid(name.to_owned())));
    };
    let asked = match handle.core() {
        Ok(core) if core.driver.simulated().is_some() => Err(Error::Simulated("a name lookup")),
        Ok(core) => core.lookups.ask(flow, name),
        Err(error) => Err(error),
    };
    match asked {
        Ok(question) => State::Asked(question),
        Err(error) => known(Err(error.into())),
    }
}

/// Answers names, on threads where it may block.
#[derive(Clone)]
pub(crate) struct Resolver(Arc<Ask>);

type Ask = dyn Fn(&str) -> Answer + Send + Sync;

impl Resolver {
    pub(crate) fn new(ask: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Resolver {
        Resolver(Arc::new(ask))
    }

    /// Each address once, and at least one.
    pub(super) fn ask(&self, name: &str) -> Answer {
        let mut answer: Vec<IpAddr> = Vec::new();
        for address in (self.0)(name)? {
            if !answer.contains(&address) {
                answer.push(address);
            }
        }
        match answer.is_empty() {
            true => Err(ResolveError::NotFound(name.to_owned())),
            false => Ok(answer),
        }
    }
}

impl Default for Resolver {
    /// The system's.
    fn default() -> Resolver {
        Resolver::new(|name| match (name, 0).to_socket_addrs() {
            Ok(addresses) => Ok(addresses.map(|address| address.ip()).collect()),
            Err(error) => Err(explain(name, &error)),
        })
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Resolver")
    }
}

/// The standard library gives the resolver's code as its text only: glibc's texts, then musl's.
fn explain(name: &str, error: &io::Error) -> ResolveError {
    let text = error.to_string();
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| text.contains(phrase));
    if says(&[
        "Name or service not known",
        "No address associated with hostname",
        "Address family for hostname not supported",
        "Name does not resolve",
        "Name has no usable address",
        "Unknown host",
    ]) {
        ResolveError::NotFound(name.to_owned())
    } else if says(&["Non-recoverable", "Unrecoverable"]) {
        ResolveError::Permanent(text)
    } else {
        // A full table of descriptors, no memory, a resolver that is not reached.
        ResolveError::Temporary(text)
    }
}

impl Future for Resolve {
    type Output = Answer;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Answer> {
        match &mut self.0 {
            State::Known(answer) => {
                Poll::Ready(answer.take().unwrap_or_else(|| Err(Error::Closed.into())))
            }
            State::Asked(question) => question.poll(cx.waker()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_resolvers_words_are_told_apart() {
        let said = |text: &str| explain("x", &io::Error::other(text.to_owned()));
        assert!(matches!(
            said("failed to lookup address information: Name or service not known"),
            ResolveError::NotFound(_)
        ));
        assert!(matches!(
            said("failed to lookup address information: Temporary failure in name resolution"),
            ResolveError::Temporary(_)
        ));
        assert!(matches!(
            said(
                "failed to lookup address information: Non-recoverable failure in name resolution"
            ),
            ResolveError::Permanent(_)
        ));
    }
}
