//! How late a guest's sleeps end while others compute.

use std::time::Duration;

use serde_json::json;
use wippy::{Arguments, ProgramOptions, Runtime};
use wippy_dispatcher::Dispatcher;

use crate::project::Entries;
use crate::{Fallible, milliseconds, percentile};

const SPIN: &str = r#"(module (func (export "f") (loop $on br $on)))"#;
const NAP: u64 = 1000;

pub fn measure(naps: usize) -> Fallible<()> {
    let entries = Entries::new().text("spin", SPIN, "").guest(
        "sleeps",
        "sleeper",
        "sleeper#overshoot",
        "",
    )?;
    let dispatcher = Dispatcher::new()?;
    let program = entries.program(ProgramOptions::new())?;
    let runtime = Runtime::on(dispatcher.handle(), program)?;
    println!("| computing guests | p50, ms | p99, ms | at most, ms |\n|--:|--:|--:|--:|");
    dispatcher.block_on(async {
        for name in ["spin", "sleeps"] {
            runtime.prepare(name).await?;
        }
        for computing in [0, 1, 4] {
            let mut spinning = Vec::new();
            for _ in 0..computing {
                let runtime = runtime.clone();
                let spin =
                    async move { runtime.call("spin", Arguments::Json(&[])).await.map(drop) };
                spinning.push(dispatcher.spawn(spin)?);
            }
            let arguments = [json!(NAP), json!(naps)];
            let late = runtime.call("sleeps", Arguments::Json(&arguments)).await?;
            let late = late.as_array().ok_or("no list")?.iter();
            let nanoseconds = late.filter_map(serde_json::Value::as_u64);
            let mut late: Vec<_> = nanoseconds.map(Duration::from_nanos).collect();
            late.sort_unstable();
            println!(
                "| {computing} | {:.3} | {:.3} | {:.3} |",
                milliseconds(percentile(&late, 0.5)),
                milliseconds(percentile(&late, 0.99)),
                milliseconds(percentile(&late, 1.0))
            );
            for spin in spinning {
                spin.cancel().await;
            }
        }
        Ok(())
    })?
}
