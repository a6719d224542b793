//! The names of faults.

use std::fmt;
use std::str::FromStr;

use super::invalid_edit::InvalidEdit;

/// The place in a run where a fault may happen. Hosts are numbered from 0, the default host, in the order of the
/// settings; everything else from 0 in the order in which it happens. Its text is `loss:1-2:7` for a
/// packet and so on; see the variants.
///
/// ```
/// use wippy_dispatcher::sim::FaultId;
///
/// let id: FaultId = "loss:1-2:7".parse()?;
/// assert_eq!(id, FaultId::Loss { from: 1, to: 2, packet: 7 });
/// assert_eq!(id.to_string(), "loss:1-2:7");
/// # Ok::<(), wippy_dispatcher::sim::InvalidEdit>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum FaultId {
    /// A fault of the timetable, together with the one that ends it: those of
    /// [`Simulation::at`](crate::Simulation::at) in their order, then those of the swarm. The amount is when it takes
    /// effect, in nanoseconds since the start; its end moves with it. `timed:3`
    Timed(u32),
    /// A fault that edits have added to the timetable, by its place among these; the amount is as above. `added:0`
    Added(u32),
    /// What the swarm adds to the latency of links; the amount is in nanoseconds. `latency`
    Latency,
    /// A crash resets the connections of its host; without it, peers notice nothing. `reset:2:0`
    Reset {
        /// The host that crashes.
        host: u32,
        /// How often it has crashed before.
        crash: u64,
    },
    /// A packet is lost. `loss:1-2:7`
    Loss {
        /// The host that sends it.
        from: u32,
        /// The host that it is for.
        to: u32,
        /// Its number among all packets of this direction.
        packet: u64,
    },
    /// A packet takes longer than its link's latency; the amount is in nanoseconds. `delay:1-2:7`
    Delay {
        /// The host that sends it.
        from: u32,
        /// The host that it is for.
        to: u32,
        /// Its number among all packets of this direction.
        packet: u64,
    },
    /// A datagram is sent twice; the copy is the packet of this number, the datagram itself the next one.
    /// `duplicate:1-2:7`
    Duplicate {
        /// The host that sends it.
        from: u32,
        /// The host that it is for.
        to: u32,
        /// The copy's number among all packets of this direction.
        packet: u64,
    },
    /// A datagram is held back, so that later ones overtake it; the amount is in nanoseconds. `reorder:1-2:7`
    Reorder {
        /// The host that sends it.
        from: u32,
        /// The host that it is for.
        to: u32,
        /// Its number among all packets of this direction.
        packet: u64,
    },
    /// A read or write of a TCP connection is short; the amount is what it does, in bytes. `short-io:1:12`
    ShortIo {
        /// The socket's host.
        host: u32,
        /// Its number among the reads and writes of the host that could be short.
        operation: u64,
    },
    /// Readiness is reported without a reason. `spurious:1:12`
    Spurious {
        /// The socket's host.
        host: u32,
        /// Its number among the occasions on that host.
        occasion: u64,
    },
    /// A name lookup takes longer than the least; the amount is in nanoseconds. `lookup:1:0`
    Lookup {
        /// The host that asks.
        host: u32,
        /// Its number among the lookups of the host.
        lookup: u64,
    },
    /// A blocking job takes longer than the least; the amount is in nanoseconds. `job:1:4`
    Job {
        /// The host whose task has started it.
        host: u32,
        /// Its number among the jobs of the host.
        job: u64,
    },
    /// A crash loses a write that is not on the disk, or what lies behind its first bytes; the amount is how many
    /// bytes it leaves. `lost-write:1:3`
    LostWrite {
        /// The host that crashes.
        host: u32,
        /// The write's number among those of the host that were not on the disk at a crash.
        write: u64,
    },
    /// A crash loses a change of names in a directory that is not on the disk. `lost-name:1:0`
    LostName {
        /// The host that crashes.
        host: u32,
        /// The change's number among those of the host that were not on the disk at a crash.
        change: u64,
    },
    /// An operation on a file fails. `file-error:1:12`
    FileError {
        /// The host whose guest does it.
        host: u32,
        /// Its number among the operations on files of the host.
        operation: u64,
    },
    /// An operation on a file takes longer than the least; the amount is in nanoseconds. `file-delay:1:12`
    FileDelay {
        /// The host whose guest does it.
        host: u32,
        /// Its number among the operations on files of the host.
        operation: u64,
    },
}

/// The kinds in the order in which shrinking takes all of one out: those that every run has many of come first.
const KINDS: [&str; 16] = [
    "delay",
    "file-delay",
    "job",
    "lookup",
    "spurious",
    "short-io",
    "reorder",
    "duplicate",
    "loss",
    "file-error",
    "lost-name",
    "lost-write",
    "latency",
    "reset",
    "timed",
    "added",
];

impl FaultId {
    /// The names of the kinds, those first of which a run has most.
    pub(crate) const KINDS: [&str; 16] = KINDS;

    /// The name of its kind.
    pub fn kind(&self) -> &'static str {
        match self {
            FaultId::Timed(_) => "timed",
            FaultId::Added(_) => "added",
            FaultId::Latency => "latency",
            FaultId::Reset { .. } => "reset",
            FaultId::Loss { .. } => "loss",
            FaultId::Delay { .. } => "delay",
            FaultId::Duplicate { .. } => "duplicate",
            FaultId::Reorder { .. } => "reorder",
            FaultId::ShortIo { .. } => "short-io",
            FaultId::Spurious { .. } => "spurious",
            FaultId::Lookup { .. } => "lookup",
            FaultId::Job { .. } => "job",
            FaultId::LostWrite { .. } => "lost-write",
            FaultId::LostName { .. } => "lost-name",
            FaultId::FileError { .. } => "file-error",
            FaultId::FileDelay { .. } => "file-delay",
        }
    }

    /// Whether it has an amount: nanoseconds or bytes.
    pub fn has_amount(&self) -> bool {
        match self {
            FaultId::Timed(_)
            | FaultId::Added(_)
            | FaultId::Latency
            | FaultId::Delay { .. }
            | FaultId::Reorder { .. }
            | FaultId::ShortIo { .. }
            | FaultId::Lookup { .. }
            | FaultId::Job { .. }
            | FaultId::LostWrite { .. }
            | FaultId::FileDelay { .. } => true,
            FaultId::Reset { .. }
            | FaultId::Loss { .. }
            | FaultId::Duplicate { .. }
            | FaultId::Spurious { .. }
            | FaultId::LostName { .. }
            | FaultId::FileError { .. } => false,
        }
    }
}

impl FaultId {
    /// The place of the same thing where another fault does not happen that has made one packet more, or one operation
    /// more, before it: one that was lost is sent again, what is left of a short read is read later, and what
    /// failed is tried again.
    pub(crate) fn moved_up(self, gone: FaultId) -> FaultId {
        let mut moved = self;
        match (&mut moved, gone) {
            (
                FaultId::Loss { from, to, packet }
                | FaultId::Delay { from, to, packet }
                | FaultId::Duplicate { from, to, packet }
                | FaultId::Reorder { from, to, packet },
                FaultId::Loss {
                    from: gone_from,
                    to: gone_to,
                    packet: gone,
                }
                | FaultId::Duplicate {
                    from: gone_from,
                    to: gone_to,
                    packet: gone,
                },
            ) if (*from, *to) == (gone_from, gone_to) && *packet > gone => *packet -= 1,
            (
                FaultId::ShortIo { host, operation },
                FaultId::ShortIo {
                    host: gone_host,
                    operation: gone,
                },
            )
            | (
                FaultId::FileError { host, operation } | FaultId::FileDelay { host, operation },
                FaultId::FileError {
                    host: gone_host,
                    operation: gone,
                },
            ) if *host == gone_host && *operation > gone => *operation -= 1,
            _ => {}
        }
        moved
    }
}

impl fmt::Display for FaultId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())?;
        match *self {
            FaultId::Latency => Ok(()),
            FaultId::Timed(place) | FaultId::Added(place) => write!(f, ":{place}"),
            FaultId::Loss { from, to, packet }
            | FaultId::Delay { from, to, packet }
            | FaultId::Duplicate { from, to, packet }
            | FaultId::Reorder { from, to, packet } => write!(f, ":{from}-{to}:{packet}"),
            FaultId::Reset { host, crash } => write!(f, ":{host}:{crash}"),
            FaultId::ShortIo { host, operation } => write!(f, ":{host}:{operation}"),
            FaultId::Spurious { host, occasion } => write!(f, ":{host}:{occasion}"),
            FaultId::Lookup { host, lookup } => write!(f, ":{host}:{lookup}"),
            FaultId::Job { host, job } => write!(f, ":{host}:{job}"),
            FaultId::LostWrite { host, write } => write!(f, ":{host}:{write}"),
            FaultId::LostName { host, change } => write!(f, ":{host}:{change}"),
            FaultId::FileError { host, operation } | FaultId::FileDelay { host, operation } => {
                write!(f, ":{host}:{operation}")
            }
        }
    }
}

impl FromStr for FaultId {
    type Err = InvalidEdit;

    fn from_str(text: &str) -> Result<FaultId, InvalidEdit> {
        parsed(text).ok_or_else(|| {
            InvalidEdit::new(text, "expected the name of a fault, such as loss:1-2:7")
        })
    }
}

fn parsed(text: &str) -> Option<FaultId> {
    let mut parts = text.split(':');
    let kind = parts.next()?;
    let place = parts.next();
    let number = parts.next();
    if parts.next().is_some() {
        return None;
    }
    let alone = || match number {
        None => place?.parse().ok(),
        Some(_) => None,
    };
    let host = || Some((place?.parse().ok()?, number?.parse().ok()?));
    let link = || {
        let (from, to) = place?.split_once('-')?;
        Some((from.parse().ok()?, to.parse().ok()?, number?.parse().ok()?))
    };
    Some(match kind {
        "timed" => FaultId::Timed(alone()?),
        "added" => FaultId::Added(alone()?),
        "latency" if place.is_none() => FaultId::Latency,
        "reset" => host().map(|(host, crash)| FaultId::Reset { host, crash })?,
        "short-io" => host().map(|(host, operation)| FaultId::ShortIo { host, operation })?,
        "spurious" => host().map(|(host, occasion)| FaultId::Spurious { host, occasion })?,
        "lookup" => host().map(|(host, lookup)| FaultId::Lookup { host, lookup })?,
        "job" => host().map(|(host, job)| FaultId::Job { host, job })?,
        "lost-write" => host().map(|(host, write)| FaultId::LostWrite { host, write })?,
        "lost-name" => host().map(|(host, change)| FaultId::LostName { host, change })?,
        "file-error" => host().map(|(host, operation)| FaultId::FileError { host, operation })?,
        "file-delay" => host().map(|(host, operation)| FaultId::FileDelay { host, operation })?,
        "loss" => link().map(|(from, to, packet)| FaultId::Loss { from, to, packet })?,
        "delay" => link().map(|(from, to, packet)| FaultId::Delay { from, to, packet })?,
        "duplicate" => link().map(|(from, to, packet)| FaultId::Duplicate { from, to, packet })?,
        "reorder" => link().map(|(from, to, packet)| FaultId::Reorder { from, to, packet })?,
        _ => return None,
    })
}
