//! A command of preview 1 on wasmtime's own implementation of it, as its documentation sets it up.

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use serde_json::Value;
use wasmtime::{Engine, InstancePre, Linker, Module, Result, Store, Val, ValType, format_err};
use wasmtime_wasi::p1::{self, WasiP1Ctx};
use wasmtime_wasi::{FsPerms, I32Exit, WasiCtxBuilder};

use crate::set_up::SetUp;

/// A core module, compiled and linked, whose functions over numbers are called.
pub struct CoreGuest {
    engine: Engine,
    pre: InstancePre<WasiP1Ctx>,
    files: Option<PathBuf>,
}

impl CoreGuest {
    /// Compiles the module in a file.
    ///
    /// # Errors
    /// When it is none, or imports something else than preview 1.
    pub fn load(engine: &Engine, path: &str, files: Option<PathBuf>) -> Result<CoreGuest> {
        let module = Module::from_file(engine, path)?;
        let mut linker: Linker<WasiP1Ctx> = Linker::new(engine);
        p1::add_to_linker_async(&mut linker, |context| context)?;
        Ok(CoreGuest {
            engine: engine.clone(),
            pre: linker.instantiate_pre(&module)?,
            files,
        })
    }

    /// Calls a function in a fresh instance; also when the instance was there.
    ///
    /// # Errors
    /// When the guest traps, or has no such function over integers.
    pub async fn call(
        &self,
        set_up: SetUp,
        function: &str,
        json: &[Value],
    ) -> Result<(Option<Value>, Instant)> {
        let mut context = WasiCtxBuilder::new();
        if let Some(files) = &self.files {
            context.preopened_dir(files, "/", FsPerms::ReadWrite)?;
        }
        let mut store = Store::new(&self.engine, context.build_p1());
        if set_up.epochs() {
            store.set_epoch_deadline(1);
            store.epoch_deadline_async_yield_and_update(1);
        }
        let instance = self.pre.instantiate_async(&mut store).await?;
        if let Ok(start) = instance.get_typed_func::<(), ()>(&mut store, "_initialize") {
            start.call_async(&mut store, ()).await?;
        }
        let instantiated = Instant::now();
        let callee = instance
            .get_func(&mut store, function)
            .ok_or_else(|| format_err!("no function {function}"))?;
        let ty = callee.ty(&store);
        let arguments = ty.params().zip(json).map(|(ty, json)| number(&ty, json));
        let arguments: Vec<Val> = arguments.collect::<Result<_>>()?;
        let mut results = vec![Val::I32(0); ty.results().len()];
        callee
            .call_async(&mut store, &arguments, &mut results)
            .await?;
        let result = results.pop().map(|value| match value {
            Val::I32(value) => Ok(Value::from(value)),
            Val::I64(value) => Ok(Value::from(value)),
            other => Err(format_err!("no JSON for {other:?}")),
        });
        Ok((result.transpose()?, instantiated))
    }
}

fn number(ty: &ValType, json: &Value) -> Result<Val> {
    let value = match ty {
        ValType::I32 => json
            .as_u64()
            .and_then(|n| u32::try_from(n).ok())
            .map(|n| Val::I32(n.cast_signed())),
        ValType::I64 => json.as_i64().map(Val::I64),
        _ => None,
    };
    value.ok_or_else(|| format_err!("{json} is no {ty:?}"))
}

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
