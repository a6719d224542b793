//! Records as bytes: a tag, then numbers. Times are differences to the time before.

use super::varint::{Bytes, put, unzigzag, zigzag};
use crate::sim::record::{Discard, Fate, FileFault, Operation, Packet, Record, Waiter};
use crate::time::instant::Instant;

const PICK: u8 = 1;
const ADVANCE: u8 = 2;
const DRAW: u8 = 3;
const JOB: u8 = 4;
const PACKET: u8 = 5;
const DISCARD: u8 = 6;
const SHORT_IO: u8 = 7;
const SPURIOUS: u8 = 8;
const LOOKUP: u8 = 9;
const FAULT: u8 = 10;
const CRASH: u8 = 11;
const COMPLETION: u8 = 12;
const CONSUMPTION: u8 = 13;
const CHECK: u8 = 14;
const UNSYNCED_WRITE: u8 = 15;
const UNSYNCED_NAME: u8 = 16;
const FILE_FAULT: u8 = 17;

/// In these tables each value stands at the place of its number.
const PACKETS: [Packet; 8] = [
    Packet::Syn,
    Packet::SynAck,
    Packet::HandshakeAck,
    Packet::Segment,
    Packet::Ack,
    Packet::Reset,
    Packet::Datagram,
    Packet::PortUnreachable,
];
const DISCARDS: [Discard; 4] = [
    Discard::HostDown,
    Discard::BacklogFull,
    Discard::ReceiveBufferFull,
    Discard::NoSocket,
];
const OPERATIONS: [Operation; 4] = [
    Operation::Timer,
    Operation::Job,
    Operation::Readable,
    Operation::Writable,
];

/// Writes and reads records. Each direction of a log has one of its own from the first record on.
#[derive(Clone, Default)]
pub(super) struct Codec {
    /// Where the last record moved time to.
    time: u64,
}

impl Codec {
    /// Appends a record.
    pub(super) fn encode(&mut self, record: Record, out: &mut Vec<u8>) {
        match record {
            Record::Pick { task, among } => numbers(out, PICK, &[task, among]),
            Record::Advance { to } => {
                numbers(out, ADVANCE, &[self.since(to)]);
                self.time = to.as_nanos();
            }
            Record::Draw { length, hash } => {
                numbers(out, DRAW, &[length]);
                out.extend(hash.to_le_bytes());
            }
            Record::Job { nanos } => numbers(out, JOB, &[nanos]),
            Record::Packet {
                from,
                to,
                kind,
                length,
                fate,
            } => {
                out.extend([PACKET, kind as u8]);
                for number in [from, to, length] {
                    put(out, number.into());
                }
                match fate {
                    Fate::Arrives(at) => numbers(out, 0, &[self.since(at)]),
                    Fate::Lost => out.push(1),
                    Fate::Partition => out.push(2),
                    Fate::QueueFull => out.push(3),
                    Fate::NoRoom => out.push(4),
                }
            }
            Record::Discard { host, kind, reason } => {
                numbers(out, DISCARD, &[host.into()]);
                out.extend([kind as u8, reason as u8]);
            }
            Record::ShortIo { host, length } => {
                numbers(out, SHORT_IO, &[host.into(), length.into()]);
            }
            Record::Spurious { host, is_writable } => {
                numbers(out, SPURIOUS, &[host.into(), is_writable.into()]);
            }
            Record::Lookup { host, nanos } => numbers(out, LOOKUP, &[host.into(), nanos]),
            Record::Fault { kind, hash } => {
                numbers(out, FAULT, &[kind.into()]);
                out.extend(hash.to_le_bytes());
            }
            Record::Crash { host, has_resets } => {
                numbers(out, CRASH, &[host.into(), has_resets.into()]);
            }
            Record::Check { number, is_ok } => {
                numbers(out, CHECK, &[number.into(), is_ok.into()]);
            }
            Record::UnsyncedWrite {
                host,
                file,
                length,
                kept,
            } => {
                // What is lost has the number 0.
                let kept = kept.map_or(0, |kept| u64::from(kept) + 1);
                let all = [host.into(), file.into(), length.into(), kept];
                numbers(out, UNSYNCED_WRITE, &all);
            }
            Record::UnsyncedName {
                host,
                directory,
                is_kept,
            } => {
                let all = [host.into(), directory.into(), is_kept.into()];
                numbers(out, UNSYNCED_NAME, &all);
            }
            Record::FileFault { host, file, fault } => {
                numbers(out, FILE_FAULT, &[host.into(), file.into()]);
                match fault {
                    FileFault::Error => out.push(0),
                    FileFault::Delay { nanos } => numbers(out, 1, &[nanos]),
                }
            }
            Record::Completion { operation, waiter } => {
                out.extend([COMPLETION, operation as u8]);
                encode_waiter(out, waiter);
            }
            Record::Consumption { task, waiter } => {
                // No task has the greatest number.
                numbers(
                    out,
                    CONSUMPTION,
                    &[task.map_or(0, |task| task.wrapping_add(1))],
                );
                encode_waiter(out, waiter);
            }
        }
    }

    /// Takes a record.
    ///
    /// # Errors
    /// what is wrong with the bytes.
    pub(super) fn decode(&mut self, from: &mut Bytes<'_>) -> Result<Record, &'static str> {
        Ok(match from.byte()? {
            PICK => Record::Pick {
                task: from.varint()?,
                among: from.varint()?,
            },
            ADVANCE => {
                let to = self.at(from.varint()?);
                self.time = to.as_nanos();
                Record::Advance { to }
            }
            DRAW => Record::Draw {
                length: from.varint()?,
                hash: from.fixed()?,
            },
            JOB => Record::Job {
                nanos: from.varint()?,
            },
            PACKET => Record::Packet {
                kind: one_of(&PACKETS, from.byte()?)?,
                from: from.varint32()?,
                to: from.varint32()?,
                length: from.varint32()?,
                fate: match from.byte()? {
                    0 => Fate::Arrives(self.at(from.varint()?)),
                    1 => Fate::Lost,
                    2 => Fate::Partition,
                    3 => Fate::QueueFull,
                    4 => Fate::NoRoom,
                    _ => return Err("an unknown fate of a packet"),
                },
            },
            DISCARD => Record::Discard {
                host: from.varint32()?,
                kind: one_of(&PACKETS, from.byte()?)?,
                reason: one_of(&DISCARDS, from.byte()?)?,
            },
            SHORT_IO => Record::ShortIo {
                host: from.varint32()?,
                length: from.varint32()?,
            },
            SPURIOUS => Record::Spurious {
                host: from.varint32()?,
                is_writable: truth(from.byte()?)?,
            },
            LOOKUP => Record::Lookup {
                host: from.varint32()?,
                nanos: from.varint()?,
            },
            FAULT => Record::Fault {
                kind: from.varint32()?,
                hash: from.fixed()?,
            },
            CRASH => Record::Crash {
                host: from.varint32()?,
                has_resets: truth(from.byte()?)?,
            },
            CHECK => Record::Check {
                number: from.varint32()?,
                is_ok: truth(from.byte()?)?,
            },
            UNSYNCED_WRITE => Record::UnsyncedWrite {
                host: from.varint32()?,
                file: from.varint32()?,
                length: from.varint32()?,
                kept: match from.varint()?.checked_sub(1) {
                    None => None,
                    Some(kept) => Some(u32::try_from(kept).map_err(|_| "more than was written")?),
                },
            },
            UNSYNCED_NAME => Record::UnsyncedName {
                host: from.varint32()?,
                directory: from.varint32()?,
                is_kept: truth(from.byte()?)?,
            },
            FILE_FAULT => Record::FileFault {
                host: from.varint32()?,
                file: from.varint32()?,
                fault: match from.byte()? {
                    0 => FileFault::Error,
                    1 => FileFault::Delay {
                        nanos: from.varint()?,
                    },
                    _ => return Err("an unknown fault of a file"),
                },
            },
            COMPLETION => Record::Completion {
                operation: one_of(&OPERATIONS, from.byte()?)?,
                waiter: decode_waiter(from)?,
            },
            CONSUMPTION => Record::Consumption {
                task: from.varint()?.checked_sub(1),
                waiter: decode_waiter(from)?,
            },
            _ => return Err("an unknown kind of record"),
        })
    }

    fn since(&self, at: Instant) -> u64 {
        zigzag(at.as_nanos().wrapping_sub(self.time))
    }

    fn at(&self, since: u64) -> Instant {
        Instant::from_nanos(self.time.wrapping_add(unzigzag(since)))
    }
}

fn numbers(out: &mut Vec<u8>, tag: u8, numbers: &[u64]) {
    out.push(tag);
    for &number in numbers {
        put(out, number);
    }
}

fn encode_waiter(out: &mut Vec<u8>, waiter: Waiter) {
    match waiter {
        Waiter::Timer(number) => numbers(out, 0, &[number]),
        Waiter::Listener(number) => numbers(out, 1, &[number]),
        Waiter::Member { set, tag } => numbers(out, 2, &[set, tag.into()]),
    }
}

fn decode_waiter(from: &mut Bytes<'_>) -> Result<Waiter, &'static str> {
    Ok(match from.byte()? {
        0 => Waiter::Timer(from.varint()?),
        1 => Waiter::Listener(from.varint()?),
        2 => Waiter::Member {
            set: from.varint()?,
            tag: from.varint32()?,
        },
        _ => return Err("an unknown kind of waiter"),
    })
}

fn one_of<T: Copy>(all: &[T], number: u8) -> Result<T, &'static str> {
    let found = all.get(usize::from(number)).copied();
    found.ok_or("a number that stands for nothing")
}

fn truth(number: u8) -> Result<bool, &'static str> {
    match number {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err("neither true nor false"),
    }
}

#[cfg(test)]
mod tests;
