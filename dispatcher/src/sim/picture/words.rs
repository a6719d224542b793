//! Records in the words of a picture, which has names for hosts and tasks and counts time from the start.

use std::time::Duration;

use crate::sim::record::{FileFault, Record};

/// The kinds of faults, by the numbers in their records.
const FAULTS: [&str; 11] = [
    "partition",
    "partition, one way",
    "heal",
    "link",
    "crash",
    "restart",
    "pause",
    "resume",
    "clock drift",
    "wall clock step",
    "name",
];

/// The host that a record names, and what it says besides.
pub(super) fn of_record(record: Record) -> (Option<u32>, String) {
    match record {
        Record::Draw { length, .. } => (None, format!("draws {length} random bytes")),
        Record::Job { nanos } => (
            None,
            format!("blocking job of {:?}", Duration::from_nanos(nanos)),
        ),
        Record::Discard { host, kind, reason } => {
            (Some(host), format!("{kind} discarded: {reason}"))
        }
        Record::ShortIo { host, length } => {
            (Some(host), format!("short read or write of {length} bytes"))
        }
        Record::Spurious { host, is_writable } => {
            let direction = if is_writable { "writable" } else { "readable" };
            (Some(host), format!("{direction} without a reason"))
        }
        Record::Lookup { host, nanos } => (
            Some(host),
            format!("name lookup of {:?}", Duration::from_nanos(nanos)),
        ),
        Record::Crash { host, has_resets } => {
            let how = match has_resets {
                true => "crashes, and its peers are reset",
                false => "crashes, and its peers notice nothing",
            };
            (Some(host), how.to_owned())
        }
        Record::UnsyncedWrite {
            host,
            file,
            length,
            kept,
        } => {
            let what = match kept {
                None => "is lost".to_owned(),
                Some(kept) if kept == length => "is on the disk".to_owned(),
                Some(kept) => format!("is on the disk up to byte {kept}"),
            };
            let text = format!("an unsynced write of {length} bytes to file {file} {what}");
            (Some(host), text)
        }
        Record::UnsyncedName {
            host,
            directory,
            is_kept,
        } => {
            let what = if is_kept { "is on the disk" } else { "is lost" };
            let text = format!("an unsynced change of names in directory {directory} {what}");
            (Some(host), text)
        }
        Record::FileFault { host, file, fault } => {
            let text = match fault {
                FileFault::Error => format!("an operation on file {file} fails"),
                FileFault::Delay { nanos } => {
                    let time = Duration::from_nanos(nanos);
                    format!("an operation on file {file} takes {time:?} longer")
                }
            };
            (Some(host), text)
        }
        record => (None, record.to_string()),
    }
}

/// A fault of which only the record is known.
pub(super) fn of_fault(kind: u32) -> String {
    let known = FAULTS.get(kind as usize).copied();
    known.map_or_else(|| format!("fault of kind {kind}"), str::to_owned)
}
