//! One measurement.

use std::path::Path;

use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wippy::{Arguments, Entry, Program, Runtime};

use crate::Fallible;
use crate::knob::Knob;
use crate::scene::Scene;

const SPIN: &str = r#"(module (func (export "f") (loop $on br $on)))"#;
const SLEEP: &str = "test:guests/sleeper@0.1.0#overshoot";
/// How long a guest sleeps, in microseconds.
const NAP: u64 = 1000;
/// Sleeps before it counts.
const WARM_UP: u32 = 20;

/// How late sleeps ended, and what they took.
#[derive(Serialize, Deserialize, Default, Debug)]
pub struct Trial {
    /// Nanoseconds.
    late: Vec<u64>,
    /// The process's processor time, in nanoseconds.
    processor: u64,
}

impl Trial {
    /// Measures.
    ///
    /// # Errors
    /// Where the system does not allow what the knob sets, or a guest fails.
    pub fn measure(knob: Knob, scene: Scene, naps: u32) -> Fallible<Trial> {
        let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guests/components");
        let sleeper = Entry::function("knobs:sleep")
            .bytes(std::fs::read(guests.join("sleeper.wasm"))?)
            .method(SLEEP)
            .import("wasi:io")
            .import("wasi:clocks");
        let spin = Entry::function("knobs:spin").bytes(SPIN).method("f");
        let program = Program::builder()
            .entry(sleeper)
            .entry(spin)
            .options(knob.options())
            .build()?;
        let dispatcher = knob.builder().build()?;
        let handle = dispatcher.handle();
        let runtime = Runtime::on(handle.clone(), program)?;
        let sleep = async |naps: u32| {
            let arguments = [json!(NAP), json!(naps)];
            runtime
                .call("knobs:sleep", Arguments::Json(&arguments))
                .await
        };
        dispatcher.block_on(async {
            runtime.prepare("knobs:spin").await?;
            sleep(1).await?;
            knob.apply()?;
            let mut beside = Vec::new();
            for _ in 0..scene.computing() {
                let runtime = runtime.clone();
                beside.push(handle.spawn(async move {
                    // It ends with the task.
                    let _ = runtime.call("knobs:spin", Arguments::Json(&[])).await;
                })?);
            }
            for _ in 0..scene.yielding() {
                let handle_in = handle.clone();
                beside.push(
                    handle.spawn(async move { while handle_in.yield_now().await.is_ok() {} })?,
                );
            }
            sleep(WARM_UP.min(naps)).await?;
            let computed = processor();
            let late = sleep(naps).await?;
            let processor = processor() - computed;
            let late = late.as_array().ok_or("no list")?;
            Ok(Trial {
                late: late.iter().filter_map(Value::as_u64).collect(),
                processor,
            })
        })?
    }

    /// Adds another one.
    pub fn add(&mut self, other: Trial) {
        self.late.extend(other.late);
        self.processor += other.processor;
    }

    /// p50 and p99 in microseconds.
    pub fn late(&self) -> String {
        let mut sorted = self.late.clone();
        sorted.sort_unstable();
        let quantile = |share: f64| {
            let at = (sorted.len() as f64 * share) as usize;
            sorted
                .get(at)
                .map_or_else(String::new, |&nanos| micros(nanos as f64))
        };
        format!("{} / {} µs", quantile(0.5), quantile(0.99))
    }

    /// The processor time of one sleep in microseconds.
    pub fn processor_time(&self) -> String {
        match self.late.len() {
            0 => "—".to_owned(),
            sleeps => format!("{} µs", micros(self.processor as f64 / sleeps as f64)),
        }
    }
}

/// Nanoseconds as microseconds, with three digits.
fn micros(nanos: f64) -> String {
    match nanos / 1e3 {
        micros @ ..9.995 => format!("{micros:.2}"),
        micros @ ..99.95 => format!("{micros:.1}"),
        micros => format!("{micros:.0}"),
    }
}

/// The processor time of this process, over all its threads.
fn processor() -> u64 {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}
