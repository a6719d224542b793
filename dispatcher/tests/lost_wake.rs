//! No wake from another thread is ever lost: the park flag, model-checked with loom.
//!
//! The flag is the dispatcher's own source file over loom's atomics. What surrounds it cannot be
//! instrumented and is modelled: the channel, the eventfd in the epoll set, and the order in which
//! the dispatcher uses them. loom runs every interleaving (within a bound on preemptions) and
//! fails on a deadlock, which is what a lost wake is.

use std::collections::VecDeque;

use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;

use park::ParkFlag;
use sync::{AtomicU8, Ordering};

#[path = "../src/executor/park.rs"]
mod park;

/// What `executor/park.rs` finds as `crate::sync`.
mod sync {
    pub(crate) use loom::sync::atomic::{AtomicU8, Ordering};
}

/// An eventfd in an epoll set, edge-triggered inside: looking takes the event.
struct Kernel {
    readable: Mutex<bool>,
    changed: Condvar,
}

impl Kernel {
    fn new() -> Kernel {
        Kernel {
            readable: Mutex::new(false),
            changed: Condvar::new(),
        }
    }

    fn wake(&self) {
        *self.readable.lock().expect("no panic") = true;
        self.changed.notify_one();
    }

    /// Takes the event if there is one.
    fn poll(&self) {
        *self.readable.lock().expect("no panic") = false;
    }

    /// Waits for the event and takes it.
    fn park(&self) {
        self.wait_until_readable();
        self.poll();
    }

    /// What a foreign event loop does with the descriptor: it waits and takes nothing.
    fn wait_until_readable(&self) {
        let mut readable = self.readable.lock().expect("no panic");
        while !*readable {
            readable = self.changed.wait(readable).expect("no panic");
        }
    }
}

struct Model {
    flag: ParkFlag,
    channel: Mutex<VecDeque<u8>>,
    kernel: Kernel,
    /// Stands for `root_woken`, but relaxed: whatever order it needs comes from the flag.
    root_woken: AtomicU8,
}

impl Model {
    fn new() -> Arc<Model> {
        Arc::new(Model {
            flag: ParkFlag::new(),
            channel: Mutex::new(VecDeque::new()),
            kernel: Kernel::new(),
            root_woken: AtomicU8::new(0),
        })
    }

    /// `Shared::notify`.
    fn notify(&self) {
        if self.flag.notify() {
            self.kernel.wake();
        }
    }

    /// `Shared::send`.
    fn send(&self, message: u8) {
        self.channel.lock().expect("no panic").push_back(message);
        self.notify();
    }

    /// `Shared::wake_root` on another thread.
    fn wake_root(&self) {
        self.root_woken.store(1, Ordering::Relaxed);
        self.notify();
    }

    /// `Dispatcher::take_messages`: gives how many there were, and whether a sender had notified.
    fn take_messages(&self) -> (usize, bool) {
        let notified = self.flag.look();
        let mut channel = self.channel.lock().expect("no panic");
        let count = channel.len();
        channel.clear();
        (count, notified)
    }

    fn root_is_woken(&self) -> bool {
        self.root_woken.load(Ordering::Relaxed) == 1
    }

    /// `Dispatcher::step` with as long a wait as it takes: gives how many messages it took.
    fn step(&self) -> usize {
        let (before, notified) = self.take_messages();
        // Without work this is also the last round of a spin.
        self.kernel.poll();
        if before == 0 && !notified && !self.root_is_woken() && !self.flag.is_notified() {
            if self.flag.try_park() {
                self.kernel.park();
                self.flag.look();
            } else {
                self.kernel.poll();
            }
        }
        before + self.take_messages().0
    }

    /// `Dispatcher::turn` with a zero wait, which never parks.
    fn turn(&self) -> usize {
        let (before, _) = self.take_messages();
        self.kernel.poll();
        let taken = before + self.take_messages().0;
        self.settle();
        taken
    }

    /// `Handle::poll_driver` between turns.
    fn look_between_turns(&self) {
        self.kernel.poll();
        let more = !self.channel.lock().expect("no panic").is_empty();
        if more || self.flag.is_notified() {
            self.kernel.wake();
        }
    }

    /// `Dispatcher::settle`.
    fn settle(&self) {
        let more = !self.channel.lock().expect("no panic").is_empty();
        let parked = self.flag.try_park();
        if more || !parked {
            self.kernel.wake();
        }
    }
}

/// Every interleaving with at most three preemptions, which keeps it quick.
fn check(test: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(test);
}

/// Each sends `messages` in a thread of its own.
fn senders(model: &Arc<Model>, threads: u8, messages: u8) -> Vec<thread::JoinHandle<()>> {
    (0..threads)
        .map(|_| {
            let model = model.clone();
            thread::spawn(move || (0..messages).for_each(|message| model.send(message)))
        })
        .collect()
}

fn join(threads: Vec<thread::JoinHandle<()>>) {
    for thread in threads {
        thread.join().expect("no panic");
    }
}

/// Runs the dispatcher's own loop until all messages were taken.
fn driven(threads: u8, messages: u8) {
    check(move || {
        let model = Model::new();
        let threads_running = senders(&model, threads, messages);
        let mut taken = 0;
        while taken < usize::from(threads * messages) {
            taken += model.step();
        }
        join(threads_running);
    });
}

/// Leaves the dispatcher to a foreign loop until all messages were taken.
fn embedded(threads: u8, messages: u8) {
    check(move || {
        let model = Model::new();
        let threads_running = senders(&model, threads, messages);
        let mut taken = 0;
        while taken < usize::from(threads * messages) {
            model.kernel.wait_until_readable();
            taken += model.turn();
        }
        join(threads_running);
    });
}

#[test]
fn one_sender_wakes_a_parking_dispatcher() {
    driven(1, 2);
}

#[test]
fn two_senders_wake_a_parking_dispatcher() {
    driven(2, 1);
}

#[test]
fn one_sender_wakes_a_foreign_loop() {
    embedded(1, 2);
}

#[test]
fn two_senders_wake_a_foreign_loop() {
    embedded(2, 1);
}

/// The owner drives itself for a step and then leaves the rest to a foreign loop.
#[test]
fn a_sender_wakes_a_dispatcher_that_changes_hands() {
    check(|| {
        let model = Model::new();
        let threads = senders(&model, 1, 2);
        let mut taken = model.step();
        model.settle();
        while taken < 2 {
            model.kernel.wait_until_readable();
            taken += model.turn();
        }
        join(threads);
    });
}

/// A look at the driver between turns takes the event, and has to give it back.
#[test]
fn a_look_between_turns_hides_nothing() {
    check(|| {
        let model = Model::new();
        let threads = senders(&model, 1, 2);
        let mut taken = 0;
        while taken < 2 {
            model.look_between_turns();
            model.kernel.wait_until_readable();
            taken += model.turn();
        }
        join(threads);
    });
}

/// What a sender wrote before it notified is seen after the look, by the flag's ordering alone.
#[test]
fn a_woken_root_is_seen() {
    check(|| {
        let model = Model::new();
        let waker = {
            let model = model.clone();
            thread::spawn(move || model.wake_root())
        };
        while !model.root_is_woken() {
            model.step();
        }
        join(vec![waker]);
    });
}
