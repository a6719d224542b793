//! A guest that is suspended and resumed.

use std::time::Duration;

use serde_json::json;
use wippy::{Arguments, Entry, HostPackage, Program, Runtime};
use wippy_dispatcher::Dispatcher;

use super::Fallible;
use super::region::row;

/// It calls a function of the embedder's so often, which yields each time.
const GUEST: &str = r#"(component
    (import "counts:host/turns@1.0.0" (instance $turns (export "turn" (func))))
    (core func $turn (canon lower (func $turns "turn")))
    (core module $m
        (import "host" "turn" (func $turn))
        (func (export "loop") (param $rounds i32)
            (loop $again
                (call $turn)
                (br_if $again (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))))
    (core instance $i (instantiate $m (with "host" (instance (export "turn" (func $turn))))))
    (func (export "loop") (param "rounds" u32) (canon lift (core func $i "loop"))))"#;

const ENTRY: &str = "counts:turn";
const COUNT: u32 = 1000;

/// Counts it.
///
/// # Errors
/// When the guest fails.
pub fn run() -> Fallible<()> {
    let package =
        HostPackage::new("counts:host", "1.0.0").func_async("turns", "turn", |context, (): ()| {
            let handle = context.handle().clone();
            Box::pin(async move {
                handle.yield_now().await?;
                Ok(())
            })
        });
    let entry = Entry::function(ENTRY)
        .bytes(GUEST)
        .method("loop")
        .import("counts:host");
    let program = Program::builder().entry(entry).package(package).build()?;
    let dispatcher = Dispatcher::builder().spin(Duration::ZERO).build()?;
    let runtime = Runtime::on(dispatcher.handle(), program)?;
    let turns = |count: u32| -> Fallible<()> {
        let arguments = [json!(count)];
        let call = runtime.call(ENTRY, Arguments::Json(&arguments));
        dispatcher.block_on(call)??;
        Ok(())
    };
    // It is compiled before it is counted.
    turns(1)?;
    row("guest: suspended and resumed", COUNT, turns)
}
