//! How much work two threads do in the time of one.

use std::time::{Duration, Instant};

use serde_json::json;
use wippy::{Arguments, ProgramOptions, Runtime};
use wippy_dispatcher::Dispatcher;

use crate::project::Entries;
use crate::{Fallible, median, milliseconds};

/// Calls that are in flight at once.
const CALLS: usize = 8;

pub fn measure(rounds: usize, work: u32) -> Fallible<()> {
    let (mut one, mut two) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        one.push(run(1, work)?);
        two.push(run(2, work)?);
    }
    let (one, two) = (median(&mut one), median(&mut two));
    println!(
        "{CALLS} calls that compute: {:.1} ms on one thread, {:.1} ms on two: {:.2} times the work",
        milliseconds(one),
        milliseconds(two),
        one.as_secs_f64() / two.as_secs_f64()
    );
    Ok(())
}

fn run(threads: usize, work: u32) -> Fallible<Duration> {
    let entries = Entries::new().guest("primes", "crunch-c", "primes", "")?;
    let dispatcher = Dispatcher::new()?;
    let program = entries.program(ProgramOptions::new().threads(threads))?;
    let runtime = Runtime::on(dispatcher.handle(), program)?;
    let batch = async |work: u32| -> Fallible<()> {
        let call = |_| {
            let runtime = runtime.clone();
            dispatcher.spawn(async move {
                let work = [json!(work)];
                let called = runtime.call("primes", Arguments::Json(&work)).await;
                called.map(drop).map_err(|error| error.to_string())
            })
        };
        let calls: Result<Vec<_>, _> = (0..CALLS).map(call).collect();
        for call in calls? {
            call.await??;
        }
        Ok(())
    };
    dispatcher.block_on(async {
        // The threads are there, and the module is compiled.
        batch(1).await?;
        let begun = Instant::now();
        batch(work).await?;
        assert_eq!(runtime.compilations(), 1);
        Ok(begun.elapsed())
    })?
}
