//! Records for people, a line each.

use std::fmt;

use crate::sim::record::{Discard, Fate, FileFault, Operation, Packet, Record, Waiter};

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Record::Pick { task, among } => write!(f, "pick task {task} of {among}"),
            Record::Advance { to } => write!(f, "advance to {to}"),
            Record::Draw { length, hash } => write!(f, "draw {length} bytes ({hash:016x})"),
            Record::Job { nanos } => write!(f, "job of {nanos} ns"),
            Record::Packet {
                from,
                to,
                kind,
                length,
                fate,
            } => write!(
                f,
                "{kind} of {length} bytes from host {from} to {to} {fate}"
            ),
            Record::Discard { host, kind, reason } => {
                write!(f, "{kind} discarded at host {host}: {reason}")
            }
            Record::ShortIo { host, length } => {
                write!(f, "short read or write of {length} bytes at host {host}")
            }
            Record::Spurious { host, is_writable } => {
                let direction = if *is_writable { "writable" } else { "readable" };
                write!(f, "{direction} without a reason at host {host}")
            }
            Record::Lookup { host, nanos } => write!(f, "name lookup of {nanos} ns at host {host}"),
            Record::Fault { kind, hash } => write!(f, "fault of kind {kind} ({hash:016x})"),
            Record::Crash { host, has_resets } => {
                let how = if *has_resets {
                    "with resets"
                } else {
                    "silently"
                };
                write!(f, "host {host} crashes {how}")
            }
            Record::Check { number, is_ok } => {
                let how = if *is_ok { "holds" } else { "does not hold" };
                write!(f, "check {number} {how}")
            }
            Record::UnsyncedWrite {
                host,
                file,
                length,
                kept,
            } => {
                write!(f, "write of {length} bytes to file {file} of host {host} ")?;
                match kept {
                    None => f.write_str("is lost"),
                    Some(kept) if kept == length => f.write_str("is on the disk"),
                    Some(kept) => write!(f, "is on the disk up to byte {kept}"),
                }
            }
            Record::UnsyncedName {
                host,
                directory,
                is_kept,
            } => {
                let how = if *is_kept {
                    "is on the disk"
                } else {
                    "is lost"
                };
                write!(
                    f,
                    "change of names in directory {directory} of host {host} {how}"
                )
            }
            Record::FileFault { host, file, fault } => match fault {
                FileFault::Error => write!(f, "file {file} of host {host} fails"),
                FileFault::Delay { nanos } => {
                    write!(f, "file {file} of host {host} takes {nanos} ns longer")
                }
            },
            Record::Completion { operation, waiter } => {
                write!(f, "{operation} for {waiter}")
            }
            Record::Consumption {
                task: Some(task),
                waiter,
            } => write!(f, "task {task} finds {waiter} notified"),
            Record::Consumption { task: None, waiter } => {
                write!(f, "no task, but the caller, finds {waiter} notified")
            }
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Operation::Timer => "timer due",
            Operation::Job => "job done",
            Operation::Readable => "readable",
            Operation::Writable => "writable",
        })
    }
}

impl fmt::Display for Waiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Waiter::Timer(number) => write!(f, "timer {number}"),
            Waiter::Listener(number) => write!(f, "listener {number}"),
            Waiter::Member { set, tag } => write!(f, "member {tag} of wait set {set}"),
        }
    }
}

impl fmt::Display for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Packet::Syn => "syn",
            Packet::SynAck => "syn-ack",
            Packet::HandshakeAck => "handshake ack",
            Packet::Segment => "segment",
            Packet::Ack => "ack",
            Packet::Reset => "reset",
            Packet::Datagram => "datagram",
            Packet::PortUnreachable => "port unreachable",
        })
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fate::Arrives(at) => write!(f, "arrives at {at}"),
            Fate::Lost => f.write_str("is lost"),
            Fate::Partition => f.write_str("is kept by a partition"),
            Fate::QueueFull => f.write_str("finds the link's queue full"),
            Fate::NoRoom => f.write_str("finds no room among the events to come"),
        }
    }
}

impl fmt::Display for Discard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Discard::HostDown => "the host is down",
            Discard::BacklogFull => "the backlog is full",
            Discard::ReceiveBufferFull => "the receive buffer is full",
            Discard::NoSocket => "no socket takes it",
        })
    }
}
