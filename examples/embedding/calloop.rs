//! A host with calloop's event loop, as Wayland compositors and toolkits have: the dispatcher is one of
//! its sources.

use std::error::Error;
use std::os::fd::OwnedFd;
use std::time::Duration;

use calloop::generic::Generic;
use calloop::timer::{TimeoutAction, Timer};
use calloop::{EventLoop, Interest, LoopSignal, Mode, PostAction};
use wippy::{Call, CallOptions, Entry, Program, Runtime};
use wippy_dispatcher::Dispatcher;

mod support;

type AnyError = Box<dyn Error + Send + Sync>;

/// What the loop's callbacks share.
struct Host {
    dispatcher: Dispatcher,
    calls: Vec<Call<(u64,)>>,
    slept: Vec<Duration>,
    beats: u32,
    signal: LoopSignal,
}

fn main() -> Result<(), AnyError> {
    let mut events: EventLoop<Host> = EventLoop::try_new()?;
    let dispatcher = Dispatcher::new()?;
    // calloop owns what it watches: another descriptor for the same set.
    let readable: OwnedFd = dispatcher.as_fd()?.try_clone_to_owned()?;
    let mut host = Host {
        calls: start(&dispatcher)?,
        slept: Vec::new(),
        beats: 0,
        signal: events.get_signal(),
        dispatcher,
    };
    let source = Generic::new(readable, Interest::READ, Mode::Level);
    let inserted = events.handle().insert_source(source, |_, _, host| {
        host.turn().map_err(std::io::Error::other)?;
        Ok(PostAction::Continue)
    });
    inserted.map_err(|error| error.error)?;
    // Something of the host's own, beside the guests.
    let beat = Duration::from_millis(2);
    let timer = events
        .handle()
        .insert_source(Timer::from_duration(beat), move |_, _, host| {
            host.beats += 1;
            TimeoutAction::ToDuration(beat)
        });
    timer.map_err(|error| error.error)?;

    // What was started before the loop runs has its first turn here.
    host.turn()?;
    events.run(Duration::from_secs(10), &mut host, |_| {})?;
    println!(
        "{} guests slept beside {} beats of the host",
        host.slept.len(),
        host.beats
    );
    assert_eq!(host.slept.len(), 10, "all guests have ended");
    assert!(host.beats > 0, "the host's timer went on");
    assert!(
        host.slept
            .iter()
            .all(|slept| *slept >= Duration::from_millis(20))
    );
    Ok(())
}

/// Ten guests that sleep for 20 ms each, at the same time.
fn start(dispatcher: &Dispatcher) -> Result<Vec<Call<(u64,)>>, AnyError> {
    let entry = Entry::function("host:sleeper")
        .file(support::component("sleeper"))
        .method("sleeper#sleep-series")
        .import("wasi:io")
        .import("wasi:clocks");
    let runtime = Runtime::on(
        dispatcher.handle(),
        Program::builder().entry(entry).build()?,
    )?;
    let start = |_| {
        let params = (vec![20_000_u64],);
        runtime
            .with(CallOptions::new())
            .start_typed("sleeper", params)
    };
    let calls: Result<_, _> = (0..10).map(start).collect();
    Ok(calls?)
}

impl Host {
    /// A turn, and another while tasks can run; then looks which calls have ended.
    fn turn(&mut self) -> Result<(), AnyError> {
        while self.dispatcher.turn(Some(Duration::ZERO))?.runnable > 0 {}
        let mut index = 0;
        while let Some(call) = self.calls.get_mut(index) {
            match call.poll() {
                Some(result) => {
                    let (nanoseconds,) = result?;
                    self.slept.push(Duration::from_nanos(nanoseconds));
                    drop(self.calls.swap_remove(index));
                }
                None => index += 1,
            }
        }
        if self.calls.is_empty() {
            self.signal.stop();
        }
        Ok(())
    }
}
