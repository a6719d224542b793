//! Typed calls of live instances.

use std::fs;
use std::path::Path;
use std::time::Duration;

use wippy::{CallOptions, Entry, Func, Instance, Program, Runtime};
use wippy_dispatcher::Dispatcher;

use super::Fallible;
use super::region::row;

const COUNT: u32 = 1000;

const ADD: &str = r#"(component
    (core module $m (func (export "add") (param i32 i32) (result i32)
        (i32.add (local.get 0) (local.get 1))))
    (core instance $i (instantiate $m))
    (func (export "add") (param "a" s32) (param "b" s32) (result s32)
        (canon lift (core func $i "add"))))"#;

/// Counts them.
///
/// # Errors
/// When a guest cannot be made or fails.
pub fn run() -> Fallible<()> {
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guests/components");
    let sleeper = Entry::function("live:sleep")
        .bytes(fs::read(guests.join("sleeper.wasm"))?)
        .method("sleep-series")
        .import("wasi:io")
        .import("wasi:clocks");
    let program = Program::builder()
        .entry(Entry::function("live:add").bytes(ADD))
        .entry(sleeper)
        .build()?;
    // How often it looks before it parks would depend on the time.
    let dispatcher = Dispatcher::builder().spin(Duration::ZERO).build()?;
    let runtime = Runtime::on(dispatcher.handle(), program)?;
    let instance = |name: &str, options: CallOptions| -> Fallible<Instance> {
        Ok(dispatcher.block_on(runtime.with(options).instance(name))??)
    };
    let timeout = || CallOptions::new().timeout(Duration::from_secs(3600));
    type Add = Func<(i32, i32), (i32,)>;

    let add: Add = instance("live:add", CallOptions::new())?.func("add")?;
    row("live: a synchronous call", COUNT, |count| {
        for _ in 0..count {
            add.call_now((2, 3))?;
        }
        Ok(())
    })?;
    let timed: Add = instance("live:add", timeout())?.func("add")?;
    for (name, add) in [("live: a call", &add), ("live: a call, deadline", &timed)] {
        row(name, COUNT, |count| {
            dispatcher.block_on(async {
                for _ in 0..count {
                    add.call((2, 3)).await?;
                }
                Ok(())
            })?
        })?;
    }
    // A timer that is due when it is waited for.
    let sleep: Func<(&'static [u64],), (u64,)> =
        instance("live:sleep", CallOptions::new())?.func("sleep-series")?;
    row("live: a call that sleeps 0", COUNT, |count| {
        dispatcher.block_on(async {
            for _ in 0..count {
                sleep.call((&[0],)).await?;
            }
            Ok(())
        })?
    })
}
