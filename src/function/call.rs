//! One call: a fresh instance, its arguments in, its result out, and nothing left behind.

use std::rc::Rc;
use std::sync::Arc;

use wasmtime::Store;
use wasmtime::component::{InstancePre, Val};
use wippy_dispatcher::Handle;

use super::error::{Problem, Trap};
use super::pool::Pool;
use super::values;
use crate::host::stdio::OutputLost;
use crate::host::{Carried, Context, Exit, State};
use crate::module::{Capabilities, Engine, Import, Method, Module};
use crate::registry::Entry;

/// An entry that is ready to be called: compiled, linked, its method found.
pub struct Function {
    /// The entry.
    pub entry: Arc<Entry>,
    /// The function that a call runs.
    pub method: Method,
    /// Its module, as it was decoded.
    pub module: Rc<Module>,
    /// What its imports list enables.
    pub capabilities: Capabilities,
    pub(crate) pre: InstancePre<State>,
    pub(crate) engine: Engine,
    /// The entry's own bound on calls; a process has none.
    pub(crate) pool: Option<Pool>,
    /// The group of its calls' flows.
    pub(crate) group: u64,
    /// The bound on instances of its kind, pooled or not, over all entries.
    pub(crate) instances: Pool,
    /// What calls leave to the next one, over all entries.
    pub(crate) carried: Carried,
}

impl Function {
    /// The functions that its module imports.
    pub fn imports(&self) -> &[Import] {
        &self.module.border.imports
    }
}

/// The arguments of a call, as they come.
pub enum Arguments<'a> {
    /// JSON values, one a parameter.
    Json(&'a [serde_json::Value]),
    /// Words of a command line, one a parameter.
    Text(&'a [String]),
    /// WAVE text, as it stands between a call's parentheses.
    Wave(&'a str),
}

impl Arguments<'_> {
    fn values(&self, method: &Method) -> Result<Vec<Val>, Problem> {
        Ok(match self {
            Arguments::Json(json) => values::arguments(&method.params, json)?,
            Arguments::Text(words) => values::text_arguments(&method.params, words)?,
            Arguments::Wave(text) => values::wave_arguments(&method.params, text)?,
        })
    }
}

/// Calls a function, waiting for room where its pool has none. The result is null for a function
/// without one.
///
/// What the guest has handed over is delivered before this returns, or the time for that has passed
/// (see [`Limits::delivery`](crate::host::Limits)). Dropping the future frees the instance at once
/// and gives up what is not delivered.
///
/// # Errors
/// See [`Problem`].
pub async fn call(
    function: &Rc<Function>,
    handle: &Handle,
    context: Context,
    arguments: Arguments<'_>,
) -> Result<serde_json::Value, Problem> {
    let result = call_once(function, handle, context, arguments).await;
    // It fails at the dispatcher's end, which takes nothing from the result.
    let _ = function.carried.settle(handle).await;
    result
}

async fn call_once(
    function: &Rc<Function>,
    handle: &Handle,
    context: Context,
    arguments: Arguments<'_>,
) -> Result<serde_json::Value, Problem> {
    let arguments = arguments.values(&function.method)?;
    let _permit = match &function.pool {
        Some(pool) => Some(pool.enter().await?),
        None => None,
    };
    let _instance = function.instances.enter().await?;
    let result = run(function, handle, context, &arguments).await;
    match (&function.method.result, result?) {
        (Some(ty), Some(value)) => values::to_json(ty, &value).map_err(Problem::Result),
        _ => Ok(serde_json::Value::Null),
    }
}

async fn run(
    function: &Function,
    handle: &Handle,
    context: Context,
    arguments: &[Val],
) -> Result<Option<Val>, Problem> {
    let state = State::new(handle.clone(), context).with_budget(function.carried.get());
    let mut store = function
        .engine
        .store(function.pre.engine(), state)
        .map_err(problem)?;
    let outcome = run_in(function, &mut store, arguments).await;
    function.carried.set(store.data().call.budget());
    let outstanding = store.data_mut().end();
    // The instance is not needed for what is left.
    drop(store);
    // However it ended: what its guest has handed over is delivered first.
    if let Some(outstanding) = outstanding {
        // Apart, so that what most calls need stays small.
        Box::pin(outstanding.delivered()).await;
    }
    outcome.map_err(problem)
}

async fn run_in(
    function: &Function,
    store: &mut Store<State>,
    arguments: &[Val],
) -> wasmtime::Result<Option<Val>> {
    let instance = function.pre.instantiate_async(&mut *store).await?;
    let callee = instance
        .get_func(&mut *store, function.method.index)
        .ok_or_else(|| wasmtime::format_err!("{} is gone", function.method.name))?;
    let mut results = match function.method.result {
        Some(_) => vec![Val::Bool(false)],
        None => Vec::new(),
    };
    callee
        .call_async(&mut *store, arguments, &mut results)
        .await?;
    Ok(results.pop())
}

fn problem(error: wasmtime::Error) -> Problem {
    if let Some(&exit) = error.downcast_ref::<Exit>() {
        return Problem::Exit(exit);
    }
    match error.downcast_ref::<OutputLost>() {
        Some(lost) => Problem::Output(lost.clone()),
        None => Problem::Trap(Trap::new(&error)),
    }
}
