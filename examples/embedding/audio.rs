//! An audio-style host: a callback a thousand times a second has a guest make the next samples. Nothing
//! in it allocates, waits or starts a thread.
//!
//! The guest is an oscillator that keeps its phase between the callbacks. It imports nothing, so that
//! it is called on the callback's own stack.

// The clock that an audio device would be.
#![allow(clippy::disallowed_methods)]

#[path = "../../dispatcher/tests/support/allocator.rs"]
mod allocator;
mod support;

use std::error::Error;
use std::thread::sleep;
use std::time::{Duration, Instant};

use wippy::{Entry, Func, Program, ProgramOptions, Runtime};
use wippy_dispatcher::Dispatcher;

#[global_allocator]
static COUNTING: allocator::Counting = allocator::Counting;

/// The first callbacks are not counted.
const WARM_UP: u32 = 50;
const CALLBACKS: u32 = 250;
const PERIOD: Duration = Duration::from_millis(1);
/// The samples of a period at 48 kHz.
const SAMPLES: usize = 48;
/// A tone of 750 Hz.
const STEP: f32 = 1.0 / 64.0;

/// A sawtooth: each call gives the next sample. The phase is a part of a period of the tone.
const OSCILLATOR: &str = r#"(module
    (global $phase (mut f32) (f32.const 0))
    (func (export "next") (param $step f32) (result f32)
        (local $sample f32)
        (local.set $sample (global.get $phase))
        (global.set $phase (f32.add (global.get $phase) (local.get $step)))
        (if (f32.ge (global.get $phase) (f32.const 1))
            (then (global.set $phase (f32.sub (global.get $phase) (f32.const 1)))))
        (local.get $sample)))"#;

fn main() -> Result<(), Box<dyn Error>> {
    let dispatcher = Dispatcher::new()?;
    let entry = Entry::function("synth:oscillator").bytes(OSCILLATOR);
    // The guest is trusted to come back, and nothing watches it. One that is not has a deadline
    // instead (`Entry::max_execution`), and a thread that watches it.
    let options = ProgramOptions::new().preemption(false);
    let program = Program::builder().entry(entry).options(options).build()?;
    let runtime = Runtime::on(dispatcher.handle(), program)?;
    let next = dispatcher.block_on(async {
        let instance = runtime.instance("oscillator").await?;
        instance.func::<(f32,), (f32,)>("next")
    })??;
    // The threads that have compiled it end when they have had nothing to do for a while.
    let begun = Instant::now();
    while !support::is_alone()? {
        dispatcher.turn(Some(Duration::from_millis(5)))?;
        assert!(begun.elapsed() < Duration::from_secs(20), "a thread stays");
    }

    let mut samples = [0.0; SAMPLES];
    let mut longest = Duration::ZERO;
    let (mut at, mut before) = (Instant::now(), 0);
    for callback in 0..WARM_UP + CALLBACKS {
        if callback == WARM_UP {
            (longest, before) = (Duration::ZERO, allocator::allocations());
        }
        at += PERIOD;
        sleep(at.saturating_duration_since(Instant::now()));
        let begun = Instant::now();
        fill(&next, &mut samples)?;
        longest = longest.max(begun.elapsed());
    }
    let allocations = allocator::allocations() - before;
    println!(
        "{CALLBACKS} callbacks of {SAMPLES} calls each: {allocations} allocations, {longest:?} at most"
    );
    assert_eq!(allocations, 0);
    assert!(support::is_alone()?, "there is one thread");
    // The phase went on from callback to callback: so many samples were made since the first.
    let made = (WARM_UP + CALLBACKS) as usize * SAMPLES;
    let last = (made - 1) % 64;
    assert_eq!(samples[SAMPLES - 1], last as f32 * STEP);
    Ok(())
}

/// The callback.
fn fill(next: &Func<(f32,), (f32,)>, samples: &mut [f32]) -> Result<(), wippy::CallError> {
    for sample in samples {
        (*sample,) = next.call_now((STEP,))?;
    }
    Ok(())
}
