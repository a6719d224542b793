//! Calls of a live instance with values whose types are known when it runs.

use wasmtime::component::Val;
use wasmtime::format_err;

use super::Instance;
use crate::module::Method;
use crate::program::LinkedCode;
use crate::runtime::arguments::Arguments;
use crate::runtime::error::{CallError, CallErrorKind};
use crate::runtime::invocation::Untyped;
use crate::values;

impl Instance {
    /// Calls a function that it exports with JSON, WAVE or values of the engine, for hosts that do not
    /// know its types: [`Instance::func`] costs less. Null for a function without a result.
    ///
    /// # Errors
    /// As [`Func::call`](super::Func::call); `Module` where there is no such function, `Count`, `Value`
    /// and `Result` for values that do not fit, after which the instance is as before.
    ///
    /// ```
    /// use wippy::{Arguments, Entry, Program, Runtime};
    ///
    /// # let dispatcher = wippy_dispatcher::Dispatcher::new()?;
    /// let text = r#"(module (global $sum (mut i32) (i32.const 0))
    ///     (func (export "add") (param i32) (result i32)
    ///         (global.set $sum (i32.add (global.get $sum) (local.get 0)))
    ///         (global.get $sum)))"#;
    /// let program = Program::builder().entry(Entry::function("app:sum").bytes(text)).build()?;
    /// let runtime = Runtime::on(dispatcher.handle(), program)?;
    /// dispatcher.block_on(async {
    ///     let instance = runtime.instance("app:sum").await?;
    ///     assert_eq!(instance.call("add", Arguments::Wave("2")).await?, 2);
    ///     assert_eq!(instance.call("add", Arguments::Json(&[3.into()])).await?, 5);
    ///     Ok::<(), wippy::CallError>(())
    /// })??;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn call(
        &self,
        name: &str,
        arguments: Arguments<'_>,
    ) -> Result<serde_json::Value, CallError> {
        let called = self.call_dynamic(name, arguments);
        called.await.map_err(|kind| self.error(kind))
    }

    async fn call_dynamic(
        &self,
        name: &str,
        arguments: Arguments<'_>,
    ) -> Result<serde_json::Value, CallErrorKind> {
        let shared = &self.shared;
        let LinkedCode::Component { pre, .. } = &shared.function.linked.code else {
            return Err(CallErrorKind::Untyped(Untyped.to_string()));
        };
        let (method, index) = Method::find(pre.component(), name)?;
        let arguments = arguments.values(&method)?;
        let mut results = match method.result {
            Some(_) => vec![Val::Bool(false)],
            None => Vec::new(),
        };
        let run = shared.run(None, async |live| {
            let store = &mut live.kept.store;
            let function = live.instance.get_func(&mut *store, index);
            let function = function.ok_or_else(|| format_err!("{name} is gone"))?;
            function.call_async(store, &arguments, &mut results).await
        });
        run.await.map_err(|kind| *kind)?;
        match (&method.result, results.first()) {
            (Some(ty), Some(value)) => values::to_json(ty, value).map_err(CallErrorKind::Result),
            _ => Ok(serde_json::Value::Null),
        }
    }
}
