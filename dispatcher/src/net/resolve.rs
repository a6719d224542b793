//! Names to addresses.

use std::future::Future;
use std::io;
use std::net::{IpAddr, ToSocketAddrs};
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::Error;
use crate::handle::Handle;
use crate::lane::{Gate, Lane, LaneJob};

/// How many lookups the system's resolver does at once: a resolver that does not answer must not
/// take the whole pool.
const AT_ONCE: usize = 8;
/// How many more may wait for it.
const WAITING: usize = 4096;
/// The longest name there is, in bytes, its last dot aside.
const NAME_MAX: usize = 253;
/// The longest part of a name, in bytes.
const LABEL_MAX: usize = 63;

/// The bounds on a dispatcher's lookups.
pub(crate) fn gate() -> Gate {
    Gate::new(AT_ONCE, WAITING)
}

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

/// Looks a name up with the system's resolver, on a lane of the blocking pool that all lookups of a
/// dispatcher share. The lookup starts at once. A numeric address is its own answer.
///
/// # Errors
/// The future gives [`ResolveError`].
pub fn resolve(handle: &Handle, name: &str) -> Resolve {
    Resolve(start(handle, name))
}

/// A lookup, as the future of the addresses, in the resolver's order, each once.
#[must_use = "dropping a lookup abandons it"]
pub struct Resolve(State);

type Answer = Result<Vec<IpAddr>, ResolveError>;

enum State {
    Known(Option<Answer>),
    Asked(LaneJob<Answer>),
}

fn start(handle: &Handle, name: &str) -> State {
    let known = |answer| State::Known(Some(answer));
    if let Ok(address) = name.parse::<IpAddr>() {
        return known(Ok(vec![address]));
    }
    if !is_name(name) {
        return known(Err(ResolveError::Invalid(name.to_owned())));
    }
    let lane = match handle.core() {
        Ok(core) if core.simulation().is_some() => {
            return known(Err(Error::Simulated("a name lookup").into()));
        }
        Ok(core) => Lane::new(handle, core.names.clone()),
        Err(error) => return known(Err(error.into())),
    };
    let name = name.to_owned();
    State::Asked(lane.unblock(move || ask(&name)))
}

/// Whether this can be a name: letters, digits, hyphens and underscores between dots. Others would
/// need translation, and the system's resolver might take them for something else.
pub fn is_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let is_label = |label: &str| {
        (1..=LABEL_MAX).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    name.len() <= NAME_MAX && name.split('.').all(is_label)
}

fn ask(name: &str) -> Answer {
    let addresses = (name, 0)
        .to_socket_addrs()
        .map_err(|error| explain(name, &error))?;
    let mut answer: Vec<IpAddr> = Vec::new();
    for address in addresses {
        if !answer.contains(&address.ip()) {
            answer.push(address.ip());
        }
    }
    match answer.is_empty() {
        true => Err(ResolveError::NotFound(name.to_owned())),
        false => Ok(answer),
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
            State::Asked(job) => Pin::new(job)
                .poll(cx)
                .map(|answer| answer.unwrap_or_else(|error| Err(error.into()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_what_is_none() {
        for name in ["localhost", "a.b-c.example.", "_srv.example", "1.2.3.4.5"] {
            assert!(is_name(name), "{name}");
        }
        let (long, longer) = ("a".repeat(LABEL_MAX + 1), "a.".repeat(128));
        for name in [
            "",
            ".",
            "a..b",
            "a b",
            "a\0b",
            "ä.example",
            "[::1]",
            &long,
            &longer,
        ] {
            assert!(!is_name(name), "{name:?}");
        }
    }

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
