//! The ways between hosts, and what becomes of a packet on one.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::sim::context::SimContext;
use crate::sim::draws::Choice;
use crate::sim::edits::{Counted, FaultId};
use crate::sim::link::Link;
use crate::sim::record::{Fate, Packet, Record};
use crate::time::instant::Instant;

/// What a packet's headers add to its bytes.
const HEADER: u64 = 40;

/// The links of a simulation. Those that nobody has set are all like the default.
pub(crate) struct Links {
    default: Link,
    /// From a host to itself.
    loopback: Link,
    /// By the sender's and the receiver's number; only those with a state or settings of their own.
    paths: BTreeMap<(u32, u32), Path>,
}

/// One direction of a link.
#[derive(Default)]
struct Path {
    /// `None`: as the default.
    link: Option<Link>,
    is_blocked: bool,
    /// When the last byte that was sent has left the sender.
    free_at: Option<Instant>,
}

/// A packet that is to go off.
#[derive(Clone, Copy)]
pub(crate) struct Parcel {
    pub(crate) from: u32,
    pub(crate) to: u32,
    pub(crate) kind: Packet,
    pub(crate) length: usize,
}

impl Links {
    pub(crate) fn new(default: Link, loopback: Link) -> Links {
        Links {
            default,
            loopback,
            paths: BTreeMap::new(),
        }
    }

    /// What the way from one host to another is like.
    pub(crate) fn link(&self, from: u32, to: u32) -> Link {
        match from == to {
            true => self.loopback,
            false => {
                let path = self.paths.get(&(from, to));
                path.and_then(|path| path.link).unwrap_or(self.default)
            }
        }
    }

    /// Replaces a part of the latency of links that nobody has set.
    pub(crate) fn change_default_latency(&mut self, part: Duration, by: Duration) {
        let rest = self.default.latency.saturating_sub(part);
        self.default.latency = rest.saturating_add(by);
    }

    pub(crate) fn set(&mut self, one: u32, other: u32, link: Link) {
        for direction in [(one, other), (other, one)] {
            self.paths.entry(direction).or_default().link = Some(link);
        }
    }

    pub(crate) fn block(&mut self, from: u32, to: u32, is_blocked: bool) {
        if from != to {
            self.paths.entry((from, to)).or_default().is_blocked = is_blocked;
        }
    }

    /// Sends a packet, says when it arrives, `held_back` later than others, and records that; `None`
    /// where it does not.
    pub(crate) fn send(
        &mut self,
        cx: &mut SimContext<'_>,
        parcel: Parcel,
        held_back: Duration,
    ) -> Option<Instant> {
        let link = self.link(parcel.from, parcel.to);
        let number = cx.injected.count(Counted::Packets(parcel.from, parcel.to));
        let fate = match self.fate(cx, &link, parcel, number) {
            Fate::Arrives(at) => Fate::Arrives(at + held_back),
            other => other,
        };
        cx.record(Record::Packet {
            from: parcel.from,
            to: parcel.to,
            kind: parcel.kind,
            length: parcel.length as u32,
            fate,
        });
        match fate {
            Fate::Arrives(at) => Some(at),
            Fate::Lost | Fate::Partition | Fate::QueueFull | Fate::NoRoom => None,
        }
    }

    fn fate(&mut self, cx: &mut SimContext<'_>, link: &Link, parcel: Parcel, packet: u64) -> Fate {
        let direction = (parcel.from, parcel.to);
        let path = self.paths.get(&direction);
        if path.is_some_and(|path| path.is_blocked) {
            return Fate::Partition;
        }
        if cx.events.bound_reached().is_some() {
            return Fate::NoRoom;
        }
        let (from, to) = direction;
        let words = || format!("{} of {} bytes", parcel.kind, parcel.length);
        let is_drawn = cx.chance(Choice::Loss, link.loss);
        let loss = FaultId::Loss { from, to, packet };
        if cx.decide(loss, is_drawn.then_some(0), words).is_some() {
            if !is_drawn {
                // As without the edit that loses it.
                cx.draws.up_to(Choice::Jitter, nanos(link.jitter));
            }
            return Fate::Lost;
        }
        let mut leaves = cx.now;
        if link.bandwidth > 0 {
            let path = self.paths.entry(direction).or_default();
            let begins = path.free_at.map_or(cx.now, |free| free.max(cx.now));
            if begins - cx.now > time_for(link.queue, link.bandwidth) {
                return Fate::QueueFull;
            }
            leaves = begins + time_for(parcel.length as u64 + HEADER, link.bandwidth);
            path.free_at = Some(leaves);
        }
        // One that is drawn to be lost, and is not because of an edit, draws nothing more.
        let jitter = match is_drawn {
            true => 0,
            false => cx.draws.up_to(Choice::Jitter, nanos(link.jitter)),
        };
        let delay = FaultId::Delay { from, to, packet };
        let jitter = cx.decide(delay, (jitter > 0).then_some(jitter), words);
        let jitter = Duration::from_nanos(jitter.unwrap_or(0));
        Fate::Arrives(leaves + link.latency + jitter)
    }
}

/// How long so many bytes take.
fn time_for(bytes: u64, bytes_a_second: u64) -> Duration {
    let nanos = u128::from(bytes) * 1_000_000_000 / u128::from(bytes_a_second.max(1));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

/// Nanoseconds, at most `u64::MAX` (584 years).
pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
