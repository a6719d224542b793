//! `poll_oneoff`: how a guest waits.

use wasmtime::Result;
use wasmtime::component::Resource;
use wippy_dispatcher::Instant;

use super::access::Interface;
use super::clock::Clock;
use super::errno::{Answer, Errno};
use super::guest::{Guest, bytes, bytes_mut};
use super::layout::{EVENT, Event};
use super::lookup::{Bytes, handle};
use super::version::Version;
use crate::activity::{Wait, WaitKind, WaitKinds};
use crate::host::call::Call;
use crate::host::filesystem::stat;
use crate::host::io::{InputStream, OutputStream};

/// How many subscriptions are looked at before the guest may have to yield.
const SLICE: usize = 1024;

/// The numbers of the kinds.
const CLOCK: u8 = 0;
const FD_READ: u8 = 1;
const FD_WRITE: u8 = 2;

/// The flag of a time that is not counted from now.
const ABSOLUTE: u16 = 1;

/// A subscription as the guest has written it.
struct Written {
    userdata: u64,
    what: What,
}

enum What {
    Clock { id: u32, timeout: u64, flags: u16 },
    Read(u32),
    Write(u32),
}

impl Written {
    /// The size of a subscription.
    fn size(version: Version) -> usize {
        match version {
            Version::Snapshot => 48,
            Version::Unstable => 56,
        }
    }

    /// # Errors
    /// `inval` for an unknown kind.
    fn new(version: Version, bytes: &[u8]) -> Result<Written, Errno> {
        let u64_at = |at: usize| {
            let mut number = [0; 8];
            number.copy_from_slice(bytes.get(at..at + 8).unwrap_or(&[0; 8]));
            u64::from_le_bytes(number)
        };
        // The older version has a field more before a clock's number.
        let clock = match version {
            Version::Snapshot => 16,
            Version::Unstable => 24,
        };
        let what = match u64_at(8).to_le_bytes()[0] {
            CLOCK => What::Clock {
                id: u64_at(clock) as u32,
                timeout: u64_at(clock + 8),
                flags: u64_at(clock + 24) as u16,
            },
            FD_READ => What::Read(u64_at(16) as u32),
            FD_WRITE => What::Write(u64_at(16) as u32),
            _ => return Err(Errno::INVAL),
        };
        Ok(Written {
            userdata: u64_at(0),
            what,
        })
    }
}

/// What a subscription waits for.
#[derive(Clone, Copy)]
enum Waiting {
    /// An instant of the monotonic clock.
    Deadline(Instant),
    /// A time of the wall clock, in nanoseconds.
    Wall(u64),
    /// A regular file never waits: how much of it is left to read.
    File {
        left: Option<u64>,
    },
    Input(u32),
    Output(u32),
}

struct Subscription {
    userdata: u64,
    waiting: Waiting,
}

pub(super) async fn poll_oneoff(
    guest: &mut Guest<'_>,
    (subscriptions, events, count, result): (u32, u32, u32, u32),
) -> Answer {
    guest.consume_budget().await?;
    if count == 0 {
        return Err(Errno::INVAL.into());
    }
    let total = count as usize;
    let bound = guest.call().limits.resources;
    if total > bound {
        let text = format!(
            "poll of {total} subscriptions, where {bound} resources may live (limits.max_resources)"
        );
        return Err(wasmtime::Error::msg(text).into());
    }
    guest.check(result, 4)?;
    guest.check(events, total.saturating_mul(EVENT))?;
    let size = Written::size(guest.version);
    guest.check(subscriptions, total.saturating_mul(size))?;
    if total == 1
        && let Some(userdata) = sleep_only(guest, subscriptions).await?
    {
        return one_timer(guest, userdata, events, result);
    }
    // In a box, so that the future of a sleep stays small.
    let ready = Box::pin(poll(guest, subscriptions, events, total)).await?;
    guest.store_u32(result, ready)?;
    Ok(())
}

fn one_timer(guest: &mut Guest<'_>, userdata: u64, events: u32, result: u32) -> Answer {
    let event = Event {
        userdata,
        kind: CLOCK,
        ..Event::default()
    };
    guest.store(events, &event.to_bytes())?;
    guest.store_u32(result, 1)?;
    Ok(())
}

fn written(guest: &mut Guest<'_>, subscriptions: u32, index: usize) -> Answer<Written> {
    let version = guest.version;
    let size = Written::size(version);
    let at = (index * size) as u32;
    let bytes = bytes(guest.memory()?, subscriptions.saturating_add(at), size)?;
    Ok(Written::new(version, bytes)?)
}

/// Sleeps where the only subscription is one of the monotonic clock. Its userdata.
async fn sleep_only(guest: &mut Guest<'_>, subscriptions: u32) -> Answer<Option<u64>> {
    let only = written(guest, subscriptions, 0)?;
    let What::Clock { id, timeout, flags } = only.what else {
        return Ok(None);
    };
    let Waiting::Deadline(deadline) = clock(guest, id, timeout, flags)? else {
        return Ok(None);
    };
    let call = guest.call();
    if call.handle.now()? < deadline {
        let sleep = call.handle.sleep_until(deadline);
        call.parked(Wait::until(deadline), sleep).await?;
        call.reset_budget();
    }
    Ok(Some(only.userdata))
}

fn clock(guest: &mut Guest<'_>, id: u32, timeout: u64, flags: u16) -> Answer<Waiting> {
    let clock = Clock::new(id, Errno::INVAL)?;
    if flags & !ABSOLUTE != 0 {
        return Err(Errno::INVAL.into());
    }
    guest.need(Interface::Poll, "")?;
    let absolute = flags & ABSOLUTE != 0;
    Ok(match (clock, absolute) {
        (Clock::Realtime, true) => {
            clock.need(guest)?;
            Waiting::Wall(timeout)
        }
        (Clock::Monotonic, true) => {
            clock.need(guest)?;
            Waiting::Deadline(Instant::from_nanos(timeout))
        }
        // A duration is one of the monotonic clock, whichever it is said to be of.
        (_, false) => {
            Clock::Monotonic.need(guest)?;
            let now = Clock::Monotonic.now(guest)?;
            Waiting::Deadline(Instant::from_nanos(now.saturating_add(timeout)))
        }
    })
}

/// Waits until something is ready, stores the events, and says how many they are.
async fn poll(guest: &mut Guest<'_>, subscriptions: u32, events: u32, total: usize) -> Answer<u32> {
    guest.need(Interface::Poll, "")?;
    let mut list = Vec::new();
    for index in 0..total {
        if index % SLICE == 0 {
            guest.call().spend_items(SLICE.min(total - index));
            guest.consume_budget().await?;
        }
        let Written { userdata, what } = written(guest, subscriptions, index)?;
        let waiting = match what {
            What::Clock { id, timeout, flags } => clock(guest, id, timeout, flags)?,
            What::Read(fd) => match guest.source(fd)? {
                Bytes::Stream(index) => Waiting::Input(index),
                Bytes::File(index) => {
                    let position = guest.file(fd)?.position;
                    let size = guest.files().stat_of(&handle(index), stat::size).await?;
                    Waiting::File {
                        left: Some(size.saturating_sub(position)),
                    }
                }
            },
            What::Write(fd) => match guest.destination(fd)? {
                Bytes::Stream(index) => Waiting::Output(index),
                Bytes::File(_) => Waiting::File { left: None },
            },
        };
        list.push(Subscription { userdata, waiting });
    }
    let timers_only = list.iter().all(|one| one.waiting.is_timer());
    let mut has_looked = timers_only;
    loop {
        let ready = scan(guest, &list, events).await?;
        if ready > 0 {
            return Ok(ready);
        }
        // One look at I/O without waiting, and another scan, before the guest is suspended.
        if !has_looked {
            guest.call().handle.poll_driver()?;
            has_looked = true;
            continue;
        }
        wait(guest.call(), &list).await?;
    }
}

/// Stores the events of those that are ready.
async fn scan(guest: &mut Guest<'_>, list: &[Subscription], events: u32) -> Answer<u32> {
    let (now, wall) = (Clock::Monotonic.now(guest)?, Clock::Realtime.now(guest)?);
    let mut ready = 0u32;
    for slice in list.chunks(SLICE) {
        guest.call().spend_items(slice.len());
        guest.consume_budget().await?;
        let (memory, state) = guest.parts()?;
        for one in slice {
            let Some(event) = one.event(&state.call, now, wall)? else {
                continue;
            };
            let at = events.saturating_add(ready.saturating_mul(EVENT as u32));
            bytes_mut(memory, at, EVENT)?.copy_from_slice(&event.to_bytes());
            ready += 1;
        }
    }
    Ok(ready)
}

/// Waits until one of them may be ready.
async fn wait(call: &mut Call, list: &[Subscription]) -> Result<()> {
    let mut first = Instant::NEVER;
    let (now, wall) = (call.handle.now()?, call.wall_time()?);
    let wall = wall.seconds.saturating_mul(1_000_000_000) + u64::from(wall.nanoseconds);
    for one in list {
        let deadline = match one.waiting {
            Waiting::Deadline(deadline) => deadline,
            // The wall clock may be set meanwhile: the caller looks at it again.
            Waiting::Wall(time) => {
                let left = time.saturating_sub(wall);
                Instant::from_nanos(now.as_nanos().saturating_add(left))
            }
            Waiting::File { .. } | Waiting::Input(_) | Waiting::Output(_) => continue,
        };
        first = first.min(deadline);
    }
    call.wait_for(|call, set| {
        let (mut kinds, mut deadline) = (WaitKinds::default(), None);
        if first != Instant::NEVER {
            set.add_deadline(first, 0)?;
            kinds.insert(WaitKind::Clock);
            deadline = Some(first);
        }
        for one in list {
            match one.waiting {
                Waiting::Input(index) => {
                    let stream = call.table.by_index::<InputStream>(index)?;
                    stream.register(set, 0)?;
                    kinds.insert(stream.wait_kind());
                }
                Waiting::Output(index) => {
                    let stream = call.table.by_index::<OutputStream>(index)?;
                    stream.register(set, 0)?;
                    kinds.insert(stream.sink().wait_kind());
                }
                Waiting::Deadline(_) | Waiting::Wall(_) | Waiting::File { .. } => {}
            }
        }
        Ok(Wait::Any {
            count: u32::try_from(list.len()).unwrap_or(u32::MAX),
            kinds,
            deadline,
        })
    })
    .await
}

impl Waiting {
    fn is_timer(self) -> bool {
        matches!(self, Waiting::Deadline(_) | Waiting::Wall(_))
    }
}

impl Subscription {
    /// Its event, if it is ready.
    fn event(&self, call: &Call, now: u64, wall: u64) -> Result<Option<Event>> {
        let event = |kind| Event {
            userdata: self.userdata,
            kind,
            ..Event::default()
        };
        let some = |kind| Event {
            bytes: 1,
            ..event(kind)
        };
        let input = |index: u32| Resource::<InputStream>::new_own(index);
        let output = |index: u32| Resource::<OutputStream>::new_own(index);
        let (is_ready, event) = match self.waiting {
            // What never comes is never there.
            Waiting::Deadline(Instant::NEVER) => (false, event(CLOCK)),
            Waiting::Deadline(deadline) => (deadline.as_nanos() <= now, event(CLOCK)),
            Waiting::Wall(time) => (time <= wall, event(CLOCK)),
            Waiting::File { left: Some(left) } => {
                let event = Event {
                    bytes: left,
                    hung_up: left == 0,
                    ..event(FD_READ)
                };
                (true, event)
            }
            Waiting::File { left: None } => (true, some(FD_WRITE)),
            Waiting::Input(index) => (call.table.get(&input(index))?.is_ready(), some(FD_READ)),
            Waiting::Output(index) => (call.table.get(&output(index))?.is_ready(), some(FD_WRITE)),
        };
        Ok(is_ready.then_some(event))
    }
}
