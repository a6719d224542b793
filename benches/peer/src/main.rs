//! The peer of the benchmarks: guests on wasmtime-wasi and tokio's current-thread runtime, set up
//! as their documentation does it.
//!
//! `wippy-peer [--pooling] [--files DIR]` answers the benchmarks' requests on its standard input.
//! `--pooling` replaces the engine's defaults by the main project's settings (pooled instances,
//! epochs). Guests may use the network, and DIR, if one is given, as `/`.
//!
//! `wippy-peer --preview1 MODULE DIR WORD...` runs a core module as a command of preview 1 instead,
//! with DIR as `/data`, the words as its arguments, and this program's standard streams.
// There is no dispatcher here whose clock could be asked.
#![allow(clippy::disallowed_methods)]

#[path = "../../side_by_side/cpu.rs"]
mod cpu;
mod guest;
mod preview1;
#[path = "../../side_by_side/protocol.rs"]
mod protocol;
mod set_up;
mod values;

use std::collections::HashMap;
use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use guest::Guest;
use protocol::{Answer, Request};
use set_up::SetUp;

fn main() -> Result<(), Box<dyn Error>> {
    let mut set_up = SetUp::Default;
    let mut files = None;
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--preview1" => return preview1::run(words),
            "--pooling" => set_up = SetUp::Pooling,
            "--files" => files = Some(PathBuf::from(words.next().ok_or("no directory")?)),
            other => return Err(format!("unknown option {other}").into()),
        }
    }
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
            let guest = Guest::load(&engine, &request.guest, files.clone())
                .map_err(|error| format!("{error:#}"))?;
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
    let computed = cpu::now();
    for _ in 0..request.calls {
        let start = Instant::now();
        let (result, instantiated) = guest.call(set_up, &function, &arguments).await?;
        answer.call_ns.push(nanos(start, Instant::now()));
        answer.instantiate_ns.push(nanos(start, instantiated));
        last = result;
    }
    answer.cpu_ns = cpu::now() - computed;
    answer.value = last.map_or(Ok(serde_json::Value::Null), |value| values::to_json(&value))?;
    Ok(answer)
}

fn nanos(from: Instant, to: Instant) -> u64 {
    u64::try_from((to - from).as_nanos()).unwrap_or(u64::MAX)
}
