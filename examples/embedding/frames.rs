//! A game-style host: sixty entities tick each frame, fifty other guests compute without end, and the
//! dispatcher has 1 ms of each frame.
//!
//! A frame here follows the last one at once; a game would draw and wait for the display.

// A host has a clock of its own.
#![allow(clippy::disallowed_methods)]

use std::error::Error;
use std::time::{Duration, Instant};

use wippy::{Call, CallOptions, Entry, Func, Program, ProgramOptions, Runtime};
use wippy_dispatcher::{Dispatcher, TurnBudget};

const ENTITIES: usize = 60;
const BUSY: usize = 50;
const FRAMES: u32 = 120;
const BUDGET: Duration = Duration::from_millis(1);
/// How long a guest may compute before it is preempted: the shorter, the closer frames keep to their
/// budget, and the more often guests that compute are interrupted.
const TICK: Duration = Duration::from_micros(500);

/// It moves by its velocity at each tick, and says where it is.
const ENTITY: &str = r#"(module
    (global $position (mut f32) (f32.const 0))
    (func (export "tick") (param $velocity f32) (result f32)
        (global.set $position (f32.add (global.get $position) (local.get $velocity)))
        (global.get $position)))"#;

/// It computes for as long as it is let.
const COMPUTE: &str = r#"(module (func (export "compute") (loop $on br $on)))"#;

fn main() -> Result<(), Box<dyn Error>> {
    let dispatcher = Dispatcher::new()?;
    let program = Program::builder()
        .entry(Entry::function("game:entity").bytes(ENTITY))
        .entry(Entry::function("game:compute").bytes(COMPUTE))
        .options(ProgramOptions::new().preemption_tick(TICK))
        .build()?;
    let runtime = Runtime::on(dispatcher.handle(), program)?;
    let (entities, _busy) = dispatcher.block_on(start(&runtime))??;

    let mut longest = Duration::ZERO;
    let mut all = Duration::ZERO;
    for frame in 1..=FRAMES {
        // The entities are called at once: they compute little, and wait for nothing.
        for tick in &entities {
            let (position,) = tick.call_now((0.5,))?;
            assert_eq!(position, 0.5 * frame as f32);
        }
        // What is left of the frame goes to everybody else.
        let begun = Instant::now();
        let turn = dispatcher.turn_within(TurnBudget::new(BUDGET), Some(Duration::ZERO))?;
        let took = begun.elapsed();
        (longest, all) = (longest.max(took), all + took);
        // Guests that compute never end; each turn leaves all of them runnable, and has run some.
        assert_eq!(turn.runnable, BUSY);
        assert!(turn.ran >= 1);
    }
    println!(
        "{FRAMES} frames beside {BUSY} busy guests: {ENTITIES} entities each; the dispatcher had {:?} of a frame, {longest:?} at most (budget {BUDGET:?}, tick {TICK:?})",
        all / FRAMES
    );
    Ok(())
}

/// The entities, and the guests that compute.
async fn start(
    runtime: &Runtime,
) -> Result<(Vec<Func<(f32,), (f32,)>>, Vec<Call<()>>), wippy::CallError> {
    let mut entities = Vec::new();
    for _ in 0..ENTITIES {
        entities.push(runtime.instance("entity").await?.func("tick")?);
    }
    runtime.prepare("compute").await?;
    let start = |_| {
        let options = CallOptions::new();
        runtime.with(options).start_typed::<(), ()>("compute", ())
    };
    let busy: Result<_, _> = (0..BUSY).map(start).collect();
    Ok((entities, busy?))
}
