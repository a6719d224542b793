//! A command of preview 1 on wasmtime's own implementation of it, as its documentation sets it up.

use std::error::Error;

use wasmtime::{Engine, Linker, Module, Store};
use wasmtime_wasi::p1::{self, WasiP1Ctx};
use wasmtime_wasi::{FsPerms, I32Exit, WasiCtxBuilder};

/// Runs `MODULE DIR WORD...` and ends with its status.
pub fn run(mut words: impl Iterator<Item = String>) -> Result<(), Box<dyn Error>> {
    let module = words.next().ok_or("no module")?;
    let directory = words.next().ok_or("no directory")?;
    let engine = Engine::default();
    let mut linker: Linker<WasiP1Ctx> = Linker::new(&engine);
    p1::add_to_linker_async(&mut linker, |context| context)?;
    let mut context = WasiCtxBuilder::new();
    context.inherit_stdio().arg(&module);
    for word in words {
        context.arg(word);
    }
    context.preopened_dir(directory, "/data", FsPerms::ReadWrite)?;
    let mut store = Store::new(&engine, context.build_p1());
    let module = Module::from_file(&engine, module)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let ended = runtime.block_on(async {
        let instance = linker.instantiate_async(&mut store, &module).await?;
        let start = instance.get_typed_func::<(), ()>(&mut store, "_start")?;
        start.call_async(&mut store, ()).await
    });
    match ended {
        Ok(()) => Ok(()),
        Err(error) => match error.downcast_ref::<I32Exit>() {
            Some(exit) => std::process::exit(exit.0),
            None => Err(error.into()),
        },
    }
}
