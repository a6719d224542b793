//! The peer of the benchmarks: guests on wasmtime-wasi and tokio's current-thread runtime, set up
//! as their documentation does it.
//!
//! `wippy-peer [--pooling] [--files DIR]` answers the benchmarks' requests on its standard input.
//! `--pooling` replaces the engine's defaults by the main project's settings (pooled instances,
//! epochs). Guests may use the network, and DIR, if one is given, as `/`.
//!
//! A guest that is a core module is called over wasmtime's own preview 1, without an adapter.
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
use preview1::CoreGuest;
use protocol::{Answer, Request};
use set_up::SetUp;
use wasmtime::Engine;

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
            let loaded = Loaded::new(&engine, &request.guest, files.clone());
            let loaded = loaded.map_err(|error| format!("{error:#}"))?;
            guests.insert(request.guest.clone(), loaded);
        }
        let guest = guests.get(&request.guest).ok_or("the guest is gone")?;
        runtime
            .block_on(answer(guest, set_up, request))
            .map_err(|error| format!("{error:#}"))
    })?;
    Ok(())
}

/// A guest of either kind.
enum Loaded {
    Component(Guest),
    Core(CoreGuest),
}

impl Loaded {
    fn new(engine: &Engine, path: &str, files: Option<PathBuf>) -> wasmtime::Result<Loaded> {
        let bytes = std::fs::read(path)?;
        match is_core(&bytes) {
            true => CoreGuest::load(engine, path, files).map(Loaded::Core),
            false => Guest::load(engine, path, files).map(Loaded::Component),
        }
    }
}

/// Whether the header of these bytes is a core module's, not a component's.
fn is_core(bytes: &[u8]) -> bool {
    bytes.get(..8) == Some(b"\0asm\x01\0\0\0")
}

async fn answer(loaded: &Loaded, set_up: SetUp, request: &Request) -> wasmtime::Result<Answer> {
    match loaded {
        Loaded::Component(guest) => {
            let function = guest.function(&request.function)?;
            let arguments = values::arguments(&function, &request.args)?;
            measured(request.calls, async || {
                let called = guest.call(set_up, &function, &arguments).await?;
                let value = called.0.map(|value| values::to_json(&value));
                Ok((value.transpose()?, called.1))
            })
            .await
        }
        Loaded::Core(guest) => {
            measured(request.calls, async || {
                guest.call(set_up, &request.function, &request.args).await
            })
            .await
        }
    }
}

/// Makes so many calls, each of which gives its result and when its instance was there.
async fn measured(
    calls: u32,
    mut call: impl AsyncFnMut() -> wasmtime::Result<(Option<serde_json::Value>, Instant)>,
) -> wasmtime::Result<Answer> {
    let mut answer = Answer::default();
    let computed = cpu::now();
    for _ in 0..calls {
        let start = Instant::now();
        let (result, instantiated) = call().await?;
        answer.call_ns.push(nanos(start, Instant::now()));
        answer.instantiate_ns.push(nanos(start, instantiated));
        answer.value = result.unwrap_or_default();
    }
    answer.cpu_ns = cpu::now() - computed;
    Ok(answer)
}

fn nanos(from: Instant, to: Instant) -> u64 {
    u64::try_from((to - from).as_nanos()).unwrap_or(u64::MAX)
}
