//! A component in a program of one's own.
use std::error::Error;
use std::time::Duration;

use wippy::{Entry, Program, Runtime};
use wippy_dispatcher::Dispatcher;

/// Calls it in a fresh instance, and in one that is kept.
pub fn main() -> Result<(), Box<dyn Error>> {
    let greet = Entry::function("app:greet")
        .file("tests/guests/components/types.wasm")
        .method("greet")
        .max_execution(Duration::from_millis(100));
    let program = Program::builder().entry(greet).build()?;
    let dispatcher = Dispatcher::new()?;
    let runtime = Runtime::on(dispatcher.handle(), program)?;
    let greeting = dispatcher.block_on(async {
        // A fresh instance, which is gone after the call.
        let call = runtime.call_typed::<(&str,), (String,)>("app:greet", ("reader",));
        let (greeting,) = call.await?;
        // An instance that is kept, called again and again.
        let instance = runtime.instance("app:greet").await?;
        let add = instance.func::<(i32, i32), (i32,)>("add")?;
        let (sum,) = add.call((19, 23)).await?;
        Ok::<_, wippy::CallError>(format!("{greeting} {sum}"))
    })??;
    assert_eq!(greeting, "Hello, reader! 42");
    Ok(())
}
