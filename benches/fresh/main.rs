//! What a call in a fresh instance costs, against the engine alone in the same process.
// A benchmark is what the real clock and the standard output are for.
#![allow(clippy::disallowed_methods)]

mod floor;
mod guests;
mod statistics;

use std::error::Error;
use std::fmt;
use std::time::Instant;

use wippy::project::{LoadOptions, from_yaml};
use wippy::{Runtime, Val};
use wippy_dispatcher::Dispatcher;

use floor::Floor;
use guests::GUESTS;
use statistics::Times;

/// What may fail in any way.
pub type Fallible<T> = Result<T, Box<dyn Error>>;

/// Calls of each kind in a round.
const CALLS: usize = 200;

/// What the guests add.
const ARGUMENTS: [Val; 2] = [Val::S32(2), Val::S32(3)];

/// How often the dispatcher may be idle before a spare instance is there.
const HOPS: usize = 100;

fn main() -> Fallible<()> {
    let quick = std::env::args().any(|word| word == "--quick");
    let rounds = if quick { 1 } else { 40 };
    for guest in &GUESTS {
        let bytes = guest.bytes()?;
        let dispatcher = Dispatcher::new()?;
        let yaml = guest.project(&bytes)?;
        let guests = guests::directory();
        let loaded = from_yaml(&yaml, Some(&guests), &LoadOptions::default());
        if let Some(error) = loaded.errors().next() {
            return Err(error.to_string().into());
        }
        let runtime = Runtime::new(dispatcher.handle(), loaded.registry)?;
        let floors = [Floor::same(&bytes, guest)?, Floor::best(&bytes, guest)?];
        let mut times = Figures::default();
        dispatcher.block_on(async {
            for round in 0..=rounds {
                for (floor, times) in floors.iter().zip(&mut times.floors) {
                    for _ in 0..CALLS {
                        let begun = Instant::now();
                        floor.call((2, 3)).await?;
                        times.add(round, begun.elapsed());
                    }
                }
                for _ in 0..CALLS {
                    let begun = Instant::now();
                    runtime.call_values("fresh", &ARGUMENTS).await?;
                    times.fresh.add(round, begun.elapsed());
                }
                for _ in 0..CALLS {
                    call_in_spare(&runtime, &mut times, round).await?;
                }
            }
            Ok::<_, Box<dyn Error>>(())
        })??;
        println!("{}\n{times}", guest.name);
    }
    Ok(())
}

/// A call in an instance that is ready, and what follows while the dispatcher is idle.
async fn call_in_spare(runtime: &Runtime, times: &mut Figures, round: usize) -> Fallible<()> {
    let handle = runtime.handle();
    let begun = Instant::now();
    runtime.call_values("spare", &ARGUMENTS).await?;
    let called = begun.elapsed();
    let mut hops = 0;
    while runtime.spares("spare").1 > 0 {
        handle.idle().await?;
        hops += 1;
    }
    let ended = begun.elapsed();
    while runtime.spares("spare").0 == 0 && hops < HOPS {
        handle.idle().await?;
        hops += 1;
    }
    if hops == HOPS && round > 0 {
        return Err("no spare instance is made".into());
    }
    times.spare.add(round, called);
    times.end.add(round, ended - called);
    times.made.add(round, begun.elapsed() - ended);
    Ok(())
}

/// What was measured of a guest.
#[derive(Default)]
struct Figures {
    /// With this project's settings, and with the fastest.
    floors: [Times; 2],
    fresh: Times,
    spare: Times,
    end: Times,
    made: Times,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [same, best] = &self.floors;
        let mut line = |name: &str, times: &Times| {
            let ratio = times.median() / best.median();
            writeln!(f, "  {name:32} {times}  {ratio:.2} of the floor")
        };
        line("floor: the engine alone", best)?;
        line("the same with our settings", same)?;
        line("fresh instance", &self.fresh)?;
        line("spare instance, to its result", &self.spare)?;
        line("the instance's end afterwards", &self.end)?;
        line("the next spare", &self.made)
    }
}
