//! What it costs guests that they look at the epoch in each loop and function.

use std::time::{Duration, Instant};

use wasmtime::component::{Component, Linker};
use wasmtime::{Config, Engine, Instance, Module, Store, UpdateDeadline};

use crate::project::guest;
use crate::{Fallible, median, milliseconds};

/// One measured function: how long it took.
type Run = Box<dyn FnMut() -> Fallible<Duration>>;

pub fn measure(rounds: usize, work: u32) -> Fallible<()> {
    println!("| guest | without, ms | with, ms | ratio |\n|---|--:|--:|--:|");
    let rows: [(&str, [Run; 2]); 3] = [
        (
            "C: sieve of Eratosthenes",
            [
                c("primes", work * 10, false)?,
                c("primes", work * 10, true)?,
            ],
        ),
        (
            "C: products of matrices",
            [c("multiply", work, false)?, c("multiply", work, true)?],
        ),
        ("Rust: xorshift", [rust(work, false)?, rust(work, true)?]),
    ];
    for (name, [mut without, mut with]) in rows {
        let (mut bare, mut watched) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            bare.push(without()?);
            watched.push(with()?);
        }
        let (bare, watched) = (median(&mut bare), median(&mut watched));
        println!(
            "| {name} | {:.1} | {:.1} | {:.3} |",
            milliseconds(bare),
            milliseconds(watched),
            watched.as_secs_f64() / bare.as_secs_f64()
        );
    }
    Ok(())
}

fn engine(epochs: bool) -> Fallible<Engine> {
    let mut config = Config::new();
    config.epoch_interruption(epochs);
    Ok(Engine::new(&config)?)
}

fn store(engine: &Engine, epochs: bool) -> Store<()> {
    let mut store = Store::new(engine, ());
    if epochs {
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|_| Ok(UpdateDeadline::Continue(1)));
    }
    store
}

/// A function of the module that a C compiler made.
fn c(function: &'static str, work: u32, epochs: bool) -> Fallible<Run> {
    let engine = engine(epochs)?;
    let module = Module::new(&engine, guest("crunch-c")?)?;
    Ok(Box::new(move || {
        let mut store = store(&engine, epochs);
        let instance = Instance::new(&mut store, &module, &[])?;
        let function = instance
            .get_func(&mut store, function)
            .ok_or("no function")?;
        let mut results = [wasmtime::Val::I32(0)];
        let begun = Instant::now();
        function.call(
            &mut store,
            &[wasmtime::Val::I32(work.cast_signed())],
            &mut results,
        )?;
        Ok(begun.elapsed())
    }))
}

/// The loop of the component that the Rust compiler made.
fn rust(work: u32, epochs: bool) -> Fallible<Run> {
    let engine = engine(epochs)?;
    let component = Component::new(&engine, guest("spinner")?)?;
    let mut linker = Linker::new(&engine);
    linker.define_unknown_imports_as_traps(&component)?;
    let rounds = u64::from(work) * 10_000_000;
    Ok(Box::new(move || {
        let mut store = store(&engine, epochs);
        let instance = linker.instantiate(&mut store, &component)?;
        let interface = "test:guests/spinner@0.1.0";
        let interface = instance
            .get_export_index(&mut store, None, interface)
            .ok_or("no interface")?;
        let function = instance
            .get_export_index(&mut store, Some(&interface), "compute")
            .ok_or("no function")?;
        let compute = instance.get_typed_func::<(u64,), (u64,)>(&mut store, &function)?;
        let begun = Instant::now();
        compute.call(&mut store, (rounds,))?;
        Ok(begun.elapsed())
    }))
}
