//! The peer of the benchmarks: guests on wasmtime-wasi and tokio, set up as their documentation does it.
//!
//! `wippy-peer [--pooling] [--threads] [--many] [--files DIR]` answers the benchmarks' requests on its standard input.
//! `--pooling` replaces the engine's defaults by the main project's settings (pooled instances, epochs), and `--threads`
//! the current-thread runtime by the multi-thread one, on which every call is a task; `--many` has room for as many
//! pooled instances as the largest crowd has guests. Guests may use the network, and DIR, if one is given, as `/`.
//!
//! A guest that is a core module is called over wasmtime's own preview 1, without an adapter.
//!
//! `wippy-peer --preview1 MODULE DIR WORD...` runs a core module as a command of preview 1 instead,
//! with DIR as `/data`, the words as its arguments, and this program's standard streams.
// There is no dispatcher here whose clock could be asked.
#![allow(clippy::disallowed_methods)]

#[expect(dead_code, reason = "bare loops use the rest")]
#[path = "../../side_by_side/bell.rs"]
mod bell;
mod beside;
#[expect(dead_code, reason = "bare loops use the rest")]
#[path = "../../side_by_side/clock.rs"]
mod clock;
#[path = "../../side_by_side/cpu.rs"]
mod cpu;
#[path = "../../side_by_side/crowd.rs"]
mod crowd;
#[path = "../../side_by_side/due.rs"]
mod due;
mod guest;
mod loaded;
mod preview1;
#[path = "../../side_by_side/protocol.rs"]
mod protocol;
mod set_up;
mod values;
mod waits;
mod ways;

use std::collections::HashMap;
use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};
use wasmtime::Engine;

use beside::Beside;
use loaded::Loaded;
use protocol::{Answer, Request};
use set_up::SetUp;

fn main() -> Result<(), Box<dyn Error>> {
    let (mut pooling, mut threads, mut many, mut files) = (false, false, false, None);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--preview1" => return preview1::run(words),
            "--pooling" => pooling = true,
            "--threads" => threads = true,
            "--many" => many = true,
            "--files" => files = Some(PathBuf::from(words.next().ok_or("no directory")?)),
            other => return Err(format!("unknown option {other}").into()),
        }
    }
    let set_up = match (pooling, many) {
        (false, _) => SetUp::Default,
        (true, false) => SetUp::Pooling,
        (true, true) => SetUp::PoolingMany,
    };
    let mut builder = match threads {
        true => Builder::new_multi_thread(),
        false => Builder::new_current_thread(),
    };
    let mut peer = Peer {
        runtime: builder.enable_all().build()?,
        threads,
        set_up,
        engine: set_up.engine()?,
        files,
        guests: HashMap::new(),
    };
    Ok(protocol::serve(|request| {
        peer.answer(request).map_err(|error| format!("{error:#}"))
    })?)
}

/// What calls need.
struct Peer {
    runtime: Runtime,
    threads: bool,
    set_up: SetUp,
    engine: Engine,
    files: Option<PathBuf>,
    guests: HashMap<String, Arc<Loaded>>,
}

impl Peer {
    fn answer(&mut self, request: &Request) -> wasmtime::Result<Answer> {
        if request.function == "about" {
            let runtime = match self.threads {
                true => "multi-thread, as many threads as cores",
                false => "current-thread",
            };
            return Ok(Answer {
                value: self.set_up.about(runtime).into(),
                ..Answer::default()
            });
        }
        let loaded = self.guest(&request.guest)?;
        let _beside = match &request.beside {
            None => None,
            Some(beside) => {
                let loaded = self.guest(&beside.guest)?;
                let (runtime, engine) = (&self.runtime, &self.engine);
                Some(Beside::start(runtime, engine, self.set_up, loaded, beside))
            }
        };
        let (set_up, request) = (self.set_up, request.clone());
        match self.threads {
            // On its threads, not on this one, which is none of them.
            true => {
                let answer = async move { ways::answer(loaded, set_up, &request).await };
                self.runtime.block_on(self.runtime.spawn(answer))?
            }
            false => self
                .runtime
                .block_on(ways::answer(loaded, set_up, &request)),
        }
    }

    fn guest(&mut self, path: &str) -> wasmtime::Result<Arc<Loaded>> {
        if let Some(loaded) = self.guests.get(path) {
            return Ok(loaded.clone());
        }
        let loaded = Arc::new(Loaded::new(&self.engine, path, self.files.clone())?);
        self.guests.insert(path.to_owned(), loaded.clone());
        Ok(loaded)
    }
}
