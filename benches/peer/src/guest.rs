//! A compiled guest, and a call in a fresh instance of it.

use std::path::PathBuf;
use std::time::Instant;

use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{
    Component, ComponentExportIndex, InstancePre, Linker, ResourceTable, TypedFunc, Val,
};
use wasmtime::{Engine, Result, Store, format_err};
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxView, WasiView};

use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView, default_hooks, p2};

use crate::set_up::SetUp;
use crate::waits;

/// The data of a call's store.
pub struct State {
    ctx: WasiCtx,
    http: WasiHttpCtx,
    table: ResourceTable,
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            ctx: &mut self.http,
            table: &mut self.table,
            hooks: default_hooks(),
        }
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.ctx,
            table: &mut self.table,
        }
    }
}

/// A component, compiled and linked.
pub struct Guest {
    engine: Engine,
    component: Component,
    pre: InstancePre<State>,
    files: Option<PathBuf>,
}

/// An export of it.
#[derive(Clone)]
pub struct Function {
    index: ComponentExportIndex,
    /// Its type.
    pub ty: ComponentFunc,
}

impl Guest {
    /// Compiles the component in a file.
    ///
    /// # Errors
    /// When it is none, or imports something else than WASI.
    pub fn load(engine: &Engine, path: &str, files: Option<PathBuf>) -> Result<Guest> {
        let component = Component::from_file(engine, path)?;
        let mut linker = Linker::new(engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        p2::add_only_http_to_linker_async(&mut linker)?;
        waits::add_to_linker(&mut linker)?;
        let pre = linker.instantiate_pre(&component)?;
        Ok(Guest {
            engine: engine.clone(),
            component,
            pre,
            files,
        })
    }

    /// Finds `function` or `interface#function`.
    ///
    /// # Errors
    /// When the guest does not export it.
    pub fn function(&self, name: &str) -> Result<Function> {
        let (parent, function) = match name.split_once('#') {
            None => (None, name),
            Some((interface, function)) => {
                (self.component.get_export_index(None, interface), function)
            }
        };
        match self.component.get_export(parent.as_ref(), function) {
            Some((ComponentItem::ComponentFunc(ty), index)) => Ok(Function { index, ty }),
            _ => Err(format_err!("no function {name}")),
        }
    }

    /// Calls it in a fresh instance; also when the instance was there.
    ///
    /// # Errors
    /// When the guest traps.
    pub async fn call(
        &self,
        set_up: SetUp,
        function: &Function,
        arguments: &[Val],
    ) -> Result<(Option<Val>, Instant)> {
        let mut store = self.store(set_up)?;
        let instance = self.pre.instantiate_async(&mut store).await?;
        let instantiated = Instant::now();
        let callee = instance
            .get_func(&mut store, function.index)
            .ok_or_else(|| format_err!("the function is gone"))?;
        let mut results = vec![Val::Bool(false); function.ty.results().len()];
        callee
            .call_async(&mut store, arguments, &mut results)
            .await?;
        Ok((results.pop(), instantiated))
    }

    /// A fresh instance and its function of two numbers, by Rust's types.
    ///
    /// # Errors
    /// When the function is another.
    pub async fn typed(&self, set_up: SetUp, function: &Function) -> Result<TypedGuest> {
        let mut store = self.store(set_up)?;
        let instance = self.pre.instantiate_async(&mut store).await?;
        let callee = instance.get_typed_func(&mut store, function.index)?;
        Ok(TypedGuest { store, callee })
    }

    fn store(&self, set_up: SetUp) -> Result<Store<State>> {
        let mut ctx = WasiCtx::builder();
        ctx.inherit_stdout()
            .inherit_network()
            .allow_tcp(true)
            .allow_udp(true);
        if let Some(files) = &self.files {
            ctx.preopened_dir(files, "/", FsPerms::ReadWrite)?;
        }
        let state = State {
            ctx: ctx.build(),
            http: WasiHttpCtx::new(),
            table: ResourceTable::new(),
        };
        let mut store = Store::new(&self.engine, state);
        if set_up.epochs() {
            // Nobody counts epochs but beside a guest that computes.
            store.set_epoch_deadline(1);
            store.epoch_deadline_async_yield_and_update(1);
        }
        Ok(store)
    }
}

/// An instance that is kept, and its function of two numbers.
pub struct TypedGuest {
    store: Store<State>,
    callee: TypedFunc<(i32, i32), (i32,)>,
}

impl TypedGuest {
    /// Calls it.
    ///
    /// # Errors
    /// When the guest traps.
    pub async fn call(&mut self) -> Result<i32> {
        Ok(self.callee.call_async(&mut self.store, (2, 3)).await?.0)
    }
}
