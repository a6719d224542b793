//! What the dispatcher does all the time, without guests.

use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::pipe::{PipeFlags, pipe_with};
use wippy_dispatcher::{Dispatcher, Event, Handle, Instant, Interest, Simulation, Source, WaitSet};

use super::Fallible;
use super::region::row;

const COUNT: u32 = 2000;
const HOUR: Duration = Duration::from_secs(3600);

/// A row whose operations run in a task of a live dispatcher.
fn in_task(
    name: &str,
    dispatcher: &Dispatcher,
    mut operation: impl AsyncFnMut(&Handle) -> Fallible<()>,
) -> Fallible<()> {
    let handle = dispatcher.handle();
    row(name, COUNT, |count| {
        dispatcher.block_on(async {
            for _ in 0..count {
                operation(&handle).await?;
            }
            Ok(())
        })?
    })
}

/// Counts them.
///
/// # Errors
/// When the machine has no descriptors left.
pub fn run() -> Fallible<()> {
    let live = Dispatcher::builder().spin(Duration::ZERO).build()?;
    let simulated = Dispatcher::builder()
        .simulation(Simulation::new(7))
        .build()?;
    timers(&live, &simulated)?;
    tasks(&live)?;
    readiness(&live)
}

fn timers(live: &Dispatcher, simulated: &Dispatcher) -> Fallible<()> {
    let mut set = WaitSet::new(&live.handle())?;
    in_task("timer: 64 armed and dropped", live, async |handle| {
        let now = handle.now()?;
        for tag in 0..64 {
            set.add_deadline(now + HOUR * (64 - tag), tag)?;
        }
        set.clear();
        Ok(())
    })?;
    let coarse = Dispatcher::builder()
        .spin(Duration::ZERO)
        .timer_window(Duration::from_millis(1))
        .build()?;
    let mut coarse_set = WaitSet::new(&coarse.handle())?;
    in_task(
        "timer: 64 armed and dropped, with a window",
        &coarse,
        async |handle| {
            let now = handle.now()?;
            for tag in 0..64 {
                coarse_set.add_deadline(now + HOUR * (64 - tag), tag)?;
            }
            coarse_set.clear();
            Ok(())
        },
    )?;
    in_task(
        "timer: armed and fired (simulated)",
        simulated,
        async |handle| Ok(handle.sleep(Duration::from_millis(1)).await?),
    )?;
    in_task("timer: a deadline that is over", live, async |handle| {
        Ok(handle.sleep_until(Instant::from_nanos(1)).await?)
    })
}

fn tasks(live: &Dispatcher) -> Fallible<()> {
    in_task("task: spawned and joined", live, async |handle| {
        handle.spawn(async {})?.await?;
        Ok(())
    })?;
    in_task("task: a yield alone", live, async |handle| {
        Ok(handle.yield_now().await?)
    })?;
    let beside = live.spawn({
        let handle = live.handle();
        async move { while handle.yield_now().await.is_ok() {} }
    })?;
    in_task("task: a yield beside another", live, async |handle| {
        Ok(handle.yield_now().await?)
    })?;
    drop(beside);
    let (request, reply) = (Event::new(&live.handle())?, Event::new(&live.handle())?);
    let answering = live.spawn({
        let (request, reply) = (request.clone(), reply.clone());
        async move {
            while request.wait().await.is_ok() {
                request.clear();
                reply.set();
            }
        }
    })?;
    in_task("task: woken and waking back", live, async |_| {
        request.set();
        reply.wait().await?;
        reply.clear();
        Ok(())
    })?;
    drop(answering);
    Ok(())
}

fn readiness(live: &Dispatcher) -> Fallible<()> {
    let (reader, writer) = pipe_with(PipeFlags::NONBLOCK | PipeFlags::CLOEXEC)?;
    let source = Source::with_interest(&live.handle(), reader, Interest::Readable)?;
    let read = |fd: &OwnedFd| Ok(rustix::io::read(fd, &mut [0; 8])?);
    in_task("readiness: a pipe's byte", live, async |_| {
        let mut looked = false;
        source
            .attempt(Interest::Readable, |fd| {
                let outcome = read(fd);
                // Written after the first look, so that the kernel has to tell of it.
                if !std::mem::replace(&mut looked, true) {
                    rustix::io::write(&writer, b"a")?;
                }
                outcome
            })
            .await?;
        Ok(())
    })?;
    let mut set = WaitSet::new(&live.handle())?;
    let mut fired = Vec::with_capacity(4);
    in_task(
        "wait set: a pipe beside three timers",
        live,
        async |handle| {
            let now = handle.now()?;
            for tag in 0..3 {
                set.add_deadline(now + HOUR, tag)?;
            }
            set.add_source(&source, Interest::Readable, 3)?;
            rustix::io::write(&writer, b"a")?;
            set.wait().await?;
            fired.clear();
            set.take_fired(&mut fired)?;
            set.clear();
            source.attempt(Interest::Readable, read).await?;
            source.clear(Interest::Readable);
            Ok(())
        },
    )
}
