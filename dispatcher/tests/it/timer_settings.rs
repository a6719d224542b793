//! When the thread wakes for its timers: earlier, and looks, or later, for several at once.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pipe::pipe;
use wippy_dispatcher::{Builder, Dispatcher, Interest, Simulation, Source, TimerLead};

const HOUR: Duration = Duration::from_secs(3600);

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn build(builder: Builder) -> Dispatcher {
    builder.build().expect("system")
}

/// Every setting, and what sets it.
fn settings() -> Vec<Builder> {
    let builder = Dispatcher::builder;
    vec![
        builder(),
        builder().timer_lead(TimerLead::Off).spin(Duration::ZERO),
        builder()
            .timer_lead(TimerLead::Adaptive)
            .spin(Duration::ZERO),
        builder().timer_lead(TimerLead::Fixed(Duration::from_micros(30))),
        builder().timer_lead(TimerLead::Fixed(Duration::MAX)),
        builder().timer_window(millis(1)),
        builder().timer_window(Duration::MAX),
        builder()
            .timer_window(millis(1))
            .timer_lead(TimerLead::Adaptive),
    ]
}

#[test]
fn no_setting_makes_a_sleep_early() {
    for builder in settings() {
        let dispatcher = build(builder);
        let handle = dispatcher.handle();
        let tasks: Vec<_> = [20, 130, 700, 5_000]
            .into_iter()
            .map(|micros| {
                let handle = handle.clone();
                let body = async move {
                    for _ in 0..(10_000 / micros).min(30) {
                        let sleep = handle.sleep(Duration::from_micros(micros));
                        let deadline = sleep.deadline();
                        sleep.await.expect("timer");
                        let now = handle.now().expect("own thread");
                        assert!(now >= deadline, "{now} is before {deadline}");
                    }
                };
                dispatcher.spawn(body).expect("room")
            })
            .collect();
        for task in tasks {
            dispatcher
                .block_on(task)
                .expect("run")
                .expect("not cancelled");
        }
    }
}

/// One turn fires both, because the thread was not woken for the first alone.
#[test]
fn one_wake_serves_all_timers_of_a_window() {
    let dispatcher = build(Dispatcher::builder().timer_window(HOUR));
    let handle = dispatcher.handle();
    let start = handle.now().expect("own thread");
    let fired = Rc::new(Cell::new(0));
    for delay in [2, 4, 6] {
        let fired = fired.clone();
        let sleep = handle.sleep_until(start + millis(delay));
        let task = async move {
            sleep.await.expect("timer");
            fired.set(fired.get() + 1);
        };
        dispatcher.spawn(task).expect("room").detach();
    }
    assert_eq!(dispatcher.turn(Some(Duration::ZERO)).expect("turn").ran, 3);
    assert_eq!(dispatcher.turn(None).expect("turn").ran, 3);
    assert_eq!(fired.get(), 3);
    assert!(handle.now().expect("own thread") >= start + millis(6));
}

/// The same in a foreign event loop: the descriptor is readable when the last of them is due.
#[test]
fn the_descriptor_keeps_to_the_window() {
    let dispatcher = build(Dispatcher::builder().timer_window(HOUR));
    let handle = dispatcher.handle();
    let start = handle.now().expect("own thread");
    for delay in [1, 5] {
        let sleep = handle.sleep_until(start + millis(delay));
        dispatcher.spawn(sleep).expect("room").detach();
    }
    assert_eq!(dispatcher.turn(Some(Duration::ZERO)).expect("turn").ran, 2);
    let fd = dispatcher.as_fd().expect("system");
    let mut fds = [PollFd::new(&fd, PollFlags::IN)];
    let long = Timespec::try_from(HOUR).expect("it fits");
    assert_eq!(poll(&mut fds, Some(&long)).expect("poll"), 1);
    assert!(handle.now().expect("own thread") >= start + millis(5));
    assert_eq!(dispatcher.turn(Some(Duration::ZERO)).expect("turn").ran, 2);
}

/// Who is awake anyway fires what is due, whatever the window.
#[test]
fn a_turn_fires_what_is_due() {
    let dispatcher = build(Dispatcher::builder().timer_window(2 * HOUR));
    let handle = dispatcher.handle();
    let sleep = handle.sleep(millis(1));
    let deadline = sleep.deadline();
    let early = dispatcher.spawn(sleep).expect("room");
    let late = dispatcher.spawn(handle.sleep(HOUR)).expect("room");
    assert_eq!(dispatcher.turn(Some(Duration::ZERO)).expect("turn").ran, 2);
    while handle.now().expect("own thread") < deadline {
        std::hint::spin_loop();
    }
    assert_eq!(dispatcher.turn(None).expect("turn").ran, 1);
    assert!(early.is_finished() && !late.is_finished());
}

/// A look before a deadline that is far away sees everything else meanwhile, and is counted.
#[test]
fn what_comes_ends_a_look() {
    let lead = TimerLead::Fixed(2 * HOUR);
    let dispatcher = build(Dispatcher::builder().timer_lead(lead));
    let handle = dispatcher.handle();
    let sleeper = dispatcher.spawn(handle.sleep(HOUR)).expect("room");
    let (reader, writer) = pipe().expect("a pipe");
    let source = Source::with_interest(&handle, reader, Interest::Readable).expect("room");
    let write = std::thread::spawn(move || rustix::io::write(&writer, b"x"));
    dispatcher
        .block_on(source.ready(Interest::Readable))
        .expect("run")
        .expect("ready");
    write.join().expect("no panic").expect("room in the pipe");
    let remote = dispatcher.remote();
    let wake = std::thread::spawn(move || remote.wake());
    dispatcher.turn(None).expect("turn");
    wake.join().expect("no panic");
    assert!(!sleeper.is_finished());
    let turn = dispatcher.turn(Some(millis(1))).expect("turn");
    assert_eq!(turn.ran, 0);
    assert!(handle.stats().expect("own thread").looked >= millis(1));
}

/// Without a lead and without a spin nothing is looked for, and a simulation never looks.
#[test]
fn who_does_not_look_counts_nothing() {
    let off = Dispatcher::builder()
        .timer_lead(TimerLead::Off)
        .spin(Duration::ZERO);
    let simulated = Dispatcher::builder()
        .timer_lead(TimerLead::Fixed(HOUR))
        .timer_window(HOUR)
        .simulation(Simulation::new(1));
    for builder in [off, simulated] {
        let dispatcher = build(builder);
        let handle = dispatcher.handle();
        for _ in 0..3 {
            let sleep = handle.sleep(millis(1));
            let deadline = sleep.deadline();
            dispatcher.block_on(sleep).expect("run").expect("timer");
            if handle.is_simulated().expect("own thread") {
                assert_eq!(handle.now().expect("own thread"), deadline);
            }
        }
        let stats = handle.stats().expect("own thread");
        assert_eq!(stats.looked, Duration::ZERO);
    }
}
