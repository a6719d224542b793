//! The peer of the benchmarks: guests on wasmtime-wasi and tokio's current-thread runtime, set up
//! as their documentation does it.
//!
//! `wippy-peer [--pooling]` answers the benchmarks' requests on its standard input. `--pooling`
//! replaces the engine's defaults by the main project's settings (pooled instances, epochs).
// There is no dispatcher here whose clock could be asked.
#![allow(clippy::disallowed_methods)]

mod guest;
#[path = "../../poll_sleep/protocol.rs"]
mod protocol;
mod set_up;
mod values;

use std::collections::HashMap;
use std::error::Error;
use std::time::Instant;

use guest::Guest;
use protocol::{Answer, Request};
use set_up::SetUp;

fn main() -> Result<(), Box<dyn Error>> {
    let set_up = match std::env::args().nth(1).as_deref() {
        None => SetUp::Default,
        Some("--pooling") => SetUp::Pooling,
        Some(other) => {
            return Err(format!("unknown option {other}; there is only --pooling").into());
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let engine = set_up.engine()?;
    let mut guests = HashMap::new();
    protocol::serve(|request| {
        if request.function == "about" {
            return Ok(Answer {
                value: set_up.about().into(),
                ..Answer::default()
            });
        }
        if !guests.contains_key(&request.guest) {
            let guest =
                Guest::load(&engine, &request.guest).map_err(|error| format!("{error:#}"))?;
            guests.insert(request.guest.clone(), guest);
        }
        let guest = guests.get(&request.guest).ok_or("the guest is gone")?;
        runtime
            .block_on(answer(guest, set_up, request))
            .map_err(|error| format!("{error:#}"))
    })?;
    Ok(())
}

async fn answer(guest: &Guest, set_up: SetUp, request: &Request) -> wasmtime::Result<Answer> {
    let function = guest.function(&request.function)?;
    let arguments = values::arguments(&function, &request.args)?;
    let mut answer = Answer::default();
    let mut last = None;
    for _ in 0..request.calls {
        let start = Instant::now();
        let (result, instantiated) = guest.call(set_up, &function, &arguments).await?;
        answer.call_ns.push(nanos(start, Instant::now()));
        answer.instantiate_ns.push(nanos(start, instantiated));
        last = result;
    }
    answer.value = last.map_or(Ok(serde_json::Value::Null), |value| values::to_json(&value))?;
    Ok(answer)
}

fn nanos(from: Instant, to: Instant) -> u64 {
    u64::try_from((to - from).as_nanos()).unwrap_or(u64::MAX)
}
