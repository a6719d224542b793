//! What a parked guest waits for.

use std::fmt;

use wippy_dispatcher::Instant;

use super::host_function::HostFunction;

/// What a parked guest waits for. As text it stands behind "waits for".
///
/// ```
/// use wippy::activity::{Wait, WaitKind, WaitKinds};
///
/// let mut kinds = WaitKinds::default();
/// kinds.insert(WaitKind::Clock);
/// kinds.insert(WaitKind::StandardInput);
/// let wait = Wait::Any { count: 3, kinds, deadline: None };
/// assert_eq!(wait.to_string(), "any of 3: a clock, standard input");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Wait {
    /// At least one of several things, in `poll`, `block` or a stream's blocking function.
    Any {
        /// How many there are.
        count: u32,
        /// Of which kinds.
        kinds: WaitKinds,
        /// The earliest deadline among them.
        deadline: Option<Instant>,
    },
    /// All that a stream has accepted is to be written, in a blocking flush.
    Flush(WaitKind),
    /// An operation on files.
    File,
    /// A call of another function, which has a report of its own.
    Call,
    /// A host function of the embedder's.
    Host(HostFunction),
}

impl Wait {
    /// One thing.
    pub(crate) fn one(kind: WaitKind) -> Wait {
        let mut kinds = WaitKinds::default();
        kinds.insert(kind);
        Wait::Any {
            count: 1,
            kinds,
            deadline: None,
        }
    }

    /// A deadline.
    pub(crate) fn until(deadline: Instant) -> Wait {
        let mut kinds = WaitKinds::default();
        kinds.insert(WaitKind::Clock);
        Wait::Any {
            count: 1,
            kinds,
            deadline: Some(deadline),
        }
    }

    /// When it ends at the latest, where a clock is among what it waits for.
    pub fn deadline(&self) -> Option<Instant> {
        match self {
            Wait::Any { deadline, .. } => *deadline,
            Wait::Flush(_) | Wait::File | Wait::Call | Wait::Host(_) => None,
        }
    }
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wait::Any {
                count: 1, kinds, ..
            } => write!(f, "{kinds}"),
            Wait::Any { count, kinds, .. } => write!(f, "any of {count}: {kinds}"),
            Wait::Flush(kind) => write!(f, "a flush: {}", kind.name()),
            Wait::File => f.write_str("a file operation"),
            Wait::Call => f.write_str("a call of another entry"),
            Wait::Host(function) => write!(f, "the host function {function}"),
        }
    }
}

/// Declares the kinds with their names.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal,)*) => {
        /// A kind of thing that guests wait for.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[non_exhaustive]
        pub enum WaitKind {
            $($(#[$doc])* $kind,)*
        }

        impl WaitKind {
            const ALL: &[WaitKind] = &[$(WaitKind::$kind,)*];

            /// What it is called.
            pub fn name(self) -> &'static str {
                match self {
                    $(WaitKind::$kind => $name,)*
                }
            }
        }
    };
}

kinds! {
    /// An instant of the monotonic clock.
    Clock = "a clock",
    /// Nothing: it is ready already.
    Ready = "nothing",
    /// The program's own standard input.
    StandardInput = "standard input",
    /// The program's own standard output or error.
    StandardOutput = "standard output",
    /// Bytes from a pipe in memory.
    PipeInput = "bytes from a pipe",
    /// Room in a pipe in memory.
    PipeOutput = "room in a pipe",
    /// Bytes from a file.
    FileInput = "bytes from a file",
    /// Room for bytes to a file.
    FileOutput = "room for bytes to a file",
    /// Bytes from a TCP connection.
    TcpInput = "bytes from a TCP connection",
    /// Room in a TCP connection.
    TcpOutput = "room in a TCP connection",
    /// The end of a connect, or a connection to accept.
    TcpSocket = "a TCP connection",
    /// A datagram.
    UdpInput = "a datagram",
    /// Room for a datagram.
    UdpOutput = "room for a datagram",
    /// The answer to a lookup of a name.
    NameLookup = "a name's addresses",
    /// The head of an HTTP response.
    HttpResponse = "an HTTP response",
    /// The end of an HTTP body.
    HttpTrailers = "HTTP trailers",
    /// Bytes of an HTTP body.
    HttpBodyInput = "bytes of an HTTP body",
    /// Room in an HTTP body.
    HttpBodyOutput = "room in an HTTP body",
    /// Room in a log.
    Log = "a log",
    /// An event of the embedder's.
    HostEvent = "an event of the host",
}

/// A set of kinds.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct WaitKinds(u32);

impl WaitKinds {
    /// Adds one.
    pub fn insert(&mut self, kind: WaitKind) {
        self.0 |= 1 << kind as u32;
    }

    /// Whether it is among them.
    pub fn contains(self, kind: WaitKind) -> bool {
        self.0 & (1 << kind as u32) != 0
    }

    /// All of them.
    pub fn iter(self) -> impl Iterator<Item = WaitKind> {
        let all = WaitKind::ALL.iter().copied();
        all.filter(move |kind| self.contains(*kind))
    }
}

/// Their names, separated by commas.
impl fmt::Display for WaitKinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, kind) in self.iter().enumerate() {
            if number > 0 {
                f.write_str(", ")?;
            }
            f.write_str(kind.name())?;
        }
        Ok(())
    }
}

/// There is a bit for each kind.
const _: () = assert!(WaitKind::ALL.len() <= u32::BITS as usize);
