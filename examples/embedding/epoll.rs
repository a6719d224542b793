//! A host with an epoll loop of its own, in which the dispatcher is one more descriptor.
//!
//! The host's timer ticks every millisecond. At each tick it sets an event, for which a task on the
//! dispatcher waits; the task calls a guest that sleeps for 200 µs. Everything happens on one thread,
//! and once it has warmed up, nothing but the engine allocates.

#[path = "../../dispatcher/tests/support/allocator.rs"]
mod allocator;
mod support;

use std::cell::Cell;
use std::error::Error;
use std::rc::Rc;
use std::time::Duration;

use rustix::buffer::spare_capacity;
use rustix::event::epoll;
use rustix::io::{read, retry_on_intr};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use wippy::{Entry, Program, ProgramOptions, Runtime};
use wippy_dispatcher::{Dispatcher, Event};

#[global_allocator]
static COUNTING: allocator::Counting = allocator::Counting;

/// Calls before anything is counted, in which tables and queues get their sizes.
const WARM_UP: usize = 200;
/// Calls that are counted.
const CALLS: usize = 200;
/// What the engine allocates for a call that sleeps once: the call's own future, the future of the host
/// function that waits, and the list of what that function borrows.
const BY_ENGINE: usize = 3;

const DISPATCHER: u64 = 0;
const TICK: u64 = 1;

fn main() -> Result<(), Box<dyn Error>> {
    let dispatcher = Dispatcher::new()?;
    let ticked = Event::new(&dispatcher.handle())?;
    let state = Rc::new(State::default());
    let guest = call_at_each_tick(runtime(&dispatcher)?, ticked.clone(), state.clone());
    let task = dispatcher.spawn(guest)?;

    // The loop: the host's own descriptor, and the dispatcher's.
    let events = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK)?;
    let millisecond = Timespec {
        tv_sec: 0,
        tv_nsec: 1_000_000,
    };
    let every = Itimerspec {
        it_interval: millisecond,
        it_value: millisecond,
    };
    timerfd_settime(&timer, TimerfdTimerFlags::empty(), &every)?;
    let readable = epoll::EventFlags::IN;
    let data = epoll::EventData::new_u64;
    epoll::add(&events, dispatcher.as_fd()?, data(DISPATCHER), readable)?;
    epoll::add(&events, &timer, data(TICK), readable)?;

    let mut ready = Vec::with_capacity(8);
    let mut turn = dispatcher.turn(Some(Duration::ZERO))?;
    while !task.is_finished() {
        // While tasks can run, the loop comes back at once.
        let at_once = Timespec::default();
        let timeout = (turn.runnable > 0).then_some(&at_once);
        retry_on_intr(|| epoll::wait(&events, spare_capacity(&mut ready), timeout))?;
        for event in ready.drain(..) {
            if event.data.u64() == TICK {
                // How many ticks there were since the last look.
                let mut ticks = [0; 8];
                read(&timer, &mut ticks)?;
                ticked.set();
            }
        }
        turn = dispatcher.turn(Some(Duration::ZERO))?;
        // The compiler's threads end, and those for blocking jobs.
        if !state.is_alone.get() && state.calls.get() >= WARM_UP {
            state.is_alone.set(support::is_alone()?);
            assert!(state.calls.get() < 10_000, "a thread beside this one stays");
        }
    }
    dispatcher.block_on(task)??
}

/// What the loop and the task have in common.
#[derive(Default)]
struct State {
    calls: Cell<usize>,
    /// There is no other thread any more.
    is_alone: Cell<bool>,
}

/// The task: a guest that is called at each tick.
async fn call_at_each_tick(
    runtime: Runtime,
    ticked: Event,
    state: Rc<State>,
) -> Result<(), Box<dyn Error>> {
    let instance = runtime.instance("sleeper").await?;
    let sleep = instance.func::<(&[u64],), (u64,)>("sleeper#sleep-series")?;
    let call = async || -> Result<(), Box<dyn Error>> {
        ticked.wait().await?;
        ticked.clear();
        let (nanoseconds,) = sleep.call((&[200],)).await?;
        assert!(nanoseconds >= 200_000, "it slept for {nanoseconds} ns");
        state.calls.set(state.calls.get() + 1);
        Ok(())
    };
    while !state.is_alone.get() {
        call().await?;
    }
    let before = allocator::allocations();
    for _ in 0..CALLS {
        call().await?;
    }
    let allocations = allocator::allocations() - before;
    println!("{CALLS} calls: {allocations} allocations, all of them the engine's");
    assert_eq!(allocations, BY_ENGINE * CALLS);
    assert!(support::is_alone()?, "there is one thread");
    Ok(())
}

/// One entry, made in code.
fn runtime(dispatcher: &Dispatcher) -> Result<Runtime, Box<dyn Error>> {
    let entry = Entry::function("host:sleeper")
        .file(support::component("sleeper"))
        .method("sleeper#sleep-series")
        .import("wasi:io")
        .import("wasi:clocks");
    // A guest that is trusted not to compute for ever: nobody watches it, and so no thread does.
    let options = ProgramOptions::new().preemption(false);
    let program = Program::builder().entry(entry).options(options).build()?;
    Ok(Runtime::on(dispatcher.handle(), program)?)
}
