//! What a call of a live instance allocates: nothing beside what the engine does. Counted by a global
//! allocator of its own, against the engine alone with the same guest.

// What is counted runs on a dispatcher; the engine's floor is an ordinary program.
#![allow(clippy::disallowed_methods)]

#[path = "../dispatcher/tests/support/allocator.rs"]
mod allocator;

use std::path::Path;
use std::time::Duration;

use allocator::allocations;
use wippy::wasmtime::component::{Component, Linker, Resource, ResourceType, TypedFunc};
use wippy::wasmtime::{Config, Engine, Result, Store, StoreContextMut};
use wippy::{CallError, CallOptions, Entry, Func, Program, ProgramOptions, Runtime};
use wippy_dispatcher::{Dispatcher, Handle, Instant};

#[global_allocator]
static COUNTING: allocator::Counting = allocator::Counting;

/// So many that a task that yields has also had to wait for its turn, which fills the queue for that.
const WARM_UP: usize = 3000;
const ROUNDS: usize = 500;

const ADD: &str = r#"(component
    (core module $m (func (export "add") (param i32 i32) (result i32)
        (i32.add (local.get 0) (local.get 1))))
    (core instance $i (instantiate $m))
    (func (export "add") (param "a" s32) (param "b" s32) (result s32)
        (canon lift (core func $i "add"))))"#;

type Add = Func<(i32, i32), (i32,)>;
type Sleep = Func<(&'static [u64],), (u64,)>;

/// One sleep of 20 µs, and none.
const ONE: &[u64] = &[20];
const NONE: &[u64] = &[];

fn sleeper() -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guests/components/sleeper.wasm");
    std::fs::read(path).expect("a component")
}

/// A live instance's function.
fn func<F>(
    dispatcher: &Dispatcher,
    entry: Entry,
    options: CallOptions,
    find: impl FnOnce(&wippy::Instance) -> Result<F, CallError>,
) -> F {
    // A guest that is preempted allocates the future that it yields with, and on a busy machine any may be.
    let options_of_program = ProgramOptions::new().preemption(false);
    let program = Program::builder().entry(entry).options(options_of_program);
    let program = program.build().expect("an entry");
    let runtime = Runtime::on(dispatcher.handle(), program).expect("an engine");
    let made = async {
        let instance = runtime.with(options).instance("guest").await?;
        find(&instance)
    };
    dispatcher
        .block_on(made)
        .expect("a dispatcher")
        .expect("a function")
}

fn add(dispatcher: &Dispatcher, options: CallOptions) -> Add {
    let entry = Entry::function("a:guest").bytes(ADD);
    func(dispatcher, entry, options, |it| it.func("add"))
}

fn sleep(dispatcher: &Dispatcher, options: CallOptions) -> Sleep {
    let entry = Entry::function("a:guest")
        .bytes(sleeper())
        .method("sleep-series");
    let entry = entry.import("wasi:io").import("wasi:clocks");
    func(dispatcher, entry, options, |it| it.func("sleep-series"))
}

/// The allocations of so many rounds after the warm-up, in a task.
fn steady_state(dispatcher: &Dispatcher, mut round: impl AsyncFnMut() + 'static) -> usize {
    let task = dispatcher.spawn(async move {
        for _ in 0..WARM_UP {
            round().await;
        }
        let before = allocations();
        for _ in 0..ROUNDS {
            round().await;
        }
        allocations() - before
    });
    let counted = dispatcher.block_on(task.expect("a task"));
    counted.expect("a dispatcher").expect("an end")
}

/// The engine alone, with host functions of the same types that do what ours do.
struct Floor {
    store: Store<Handle>,
    component: Component,
    linker: Linker<Handle>,
}

/// Stands for our pollables: the guest's resource is the deadline itself.
struct Timer;

impl Floor {
    fn new(handle: Handle, bytes: &[u8]) -> Floor {
        let mut config = Config::new();
        config.epoch_interruption(true);
        let engine = Engine::new(&config).expect("an engine");
        let component = Component::new(&engine, bytes).expect("a component");
        let mut linker = Linker::new(&engine);
        define(&mut linker).expect("functions");
        let mut store = Store::new(&engine, handle);
        store.set_epoch_deadline(1);
        Floor {
            store,
            component,
            linker,
        }
    }

    async fn sleep(&mut self) -> TypedFunc<(&'static [u64],), (u64,)> {
        let (linker, store) = (&self.linker, &mut self.store);
        let instance = linker.instantiate_async(&mut *store, &self.component).await;
        let instance = instance.expect("an instance");
        let interface = self
            .component
            .get_export_index(None, "test:guests/sleeper@0.1.0");
        let interface = interface.expect("an interface");
        let index = self
            .component
            .get_export_index(Some(&interface), "sleep-series");
        let function = instance.get_func(&mut *store, index.expect("an export"));
        function
            .expect("a function")
            .typed(&*store)
            .expect("its types")
    }

    async fn add(&mut self) -> TypedFunc<(i32, i32), (i32,)> {
        let (linker, store) = (&self.linker, &mut self.store);
        let instance = linker.instantiate_async(&mut *store, &self.component).await;
        let instance = instance.expect("an instance");
        instance
            .get_typed_func(&mut *store, "add")
            .expect("a function")
    }
}

fn define(linker: &mut Linker<Handle>) -> Result<()> {
    let mut poll = linker.instance("wasi:io/poll@0.2.12")?;
    poll.resource("pollable", ResourceType::host::<Timer>(), |_, _| Ok(()))?;
    poll.func_wrap_async(
        "[method]pollable.block",
        |store: StoreContextMut<'_, Handle>, (timer,): (Resource<Timer>,)| {
            let handle = store.data().clone();
            Box::new(async move {
                let left = Duration::from_micros(u64::from(timer.rep()));
                handle.sleep(left).await?;
                Ok(())
            })
        },
    )?;
    poll.func_wrap_async(
        "poll",
        |_: StoreContextMut<'_, Handle>, (_,): (Vec<Resource<Timer>>,)| {
            Box::new(async move { Ok((Vec::<u32>::new(),)) })
        },
    )?;
    let mut clock = linker.instance("wasi:clocks/monotonic-clock@0.2.12")?;
    clock.func_wrap("now", |store: StoreContextMut<'_, Handle>, (): ()| {
        Ok((store.data().now()?.as_nanos(),))
    })?;
    clock.func_wrap(
        "subscribe-duration",
        |_: StoreContextMut<'_, Handle>, (nanoseconds,): (u64,)| {
            let microseconds = u32::try_from(nanoseconds / 1000)?;
            Ok((Resource::<Timer>::new_own(microseconds),))
        },
    )?;
    clock.func_wrap(
        "subscribe-instant",
        |_: StoreContextMut<'_, Handle>, (_,): (u64,)| Ok((Resource::<Timer>::new_own(0),)),
    )
}

/// What the engine alone allocates in a call that adds, and in one that sleeps so often.
fn floor_of_add() -> usize {
    let dispatcher = Dispatcher::new().expect("a dispatcher");
    let bytes = wippy::to_binary(ADD).expect("a component");
    let mut floor = Floor::new(dispatcher.handle(), &bytes);
    let add = dispatcher.block_on(floor.add()).expect("a dispatcher");
    steady_state(&dispatcher, async move || {
        let sum = add.call_async(&mut floor.store, (2, 3)).await;
        assert_eq!(sum.expect("a sum"), (5,));
    })
}

fn floor_of_sleep(sleeps: &'static [u64]) -> usize {
    let dispatcher = Dispatcher::new().expect("a dispatcher");
    let mut floor = Floor::new(dispatcher.handle(), &sleeper());
    let sleep = dispatcher.block_on(floor.sleep()).expect("a dispatcher");
    steady_state(&dispatcher, async move || {
        let slept = sleep.call_async(&mut floor.store, (sleeps,)).await;
        slept.expect("a sleep");
    })
}

#[test]
fn a_synchronous_call_allocates_nothing() {
    let dispatcher = Dispatcher::new().expect("a dispatcher");
    let deadline = CallOptions::new().timeout(Duration::from_secs(60));
    for options in [CallOptions::new(), deadline] {
        let add = add(&dispatcher, options);
        let round = || assert_eq!(add.call_now((2, 3)).expect("a sum"), (5,));
        (0..WARM_UP).for_each(|_| round());
        let before = allocations();
        (0..ROUNDS).for_each(|_| round());
        assert_eq!(allocations() - before, 0);
    }
}

/// One allocation a call: the engine's fiber.
#[test]
fn a_call_allocates_what_the_engine_does() {
    let floor = floor_of_add();
    assert_eq!(floor, ROUNDS, "the engine's own: one a call");
    let deadline = CallOptions::new().timeout(Duration::from_secs(60));
    for options in [CallOptions::new(), deadline] {
        let dispatcher = Dispatcher::new().expect("a dispatcher");
        let add = add(&dispatcher, options);
        let ours = steady_state(&dispatcher, async move || {
            let sum = add.call((2, 3)).await;
            assert_eq!(sum.expect("a sum"), (5,));
        });
        assert_eq!(ours, floor);
    }
}

/// A guest that waits has two more from the engine for each call of a host function that may wait: its
/// future, and here the list of the handles that it borrows.
#[test]
fn a_call_that_sleeps_allocates_what_the_engine_does() {
    for (sleeps, of_engine) in [(NONE, 1), (ONE, 3)] {
        let floor = floor_of_sleep(sleeps);
        assert_eq!(floor, of_engine * ROUNDS, "the engine's own");
        let dispatcher = Dispatcher::new().expect("a dispatcher");
        let deadline = CallOptions::new().timeout(Duration::from_secs(60));
        let sleep = sleep(&dispatcher, deadline);
        let ours = steady_state(&dispatcher, async move || {
            let slept = sleep.call((sleeps,)).await;
            slept.expect("a sleep");
        });
        // A sleep whose time has come before the guest waits for it makes no future.
        assert!(
            (ROUNDS..=floor).contains(&ours),
            "{} sleeps: {ours} of {floor}",
            sleeps.len()
        );
    }
}

#[test]
fn the_counter_counts() {
    let dispatcher = Dispatcher::new().expect("a dispatcher");
    let boxed = steady_state(&dispatcher, async || {
        drop(std::hint::black_box(Box::new(Instant::NEVER)));
    });
    assert_eq!(boxed, ROUNDS);
}
