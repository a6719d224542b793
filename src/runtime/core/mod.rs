//! A call of a core module that stays one: its values by the canonical ABI, over the memory and the
//! `cabi_realloc` that it exports.

mod layout;
mod lift;
mod lower;

use wasmtime::component::{Type, Val};
use wasmtime::{Instance, Result, Store, Val as CoreVal, ValType, format_err};

use crate::host::State;
use crate::module::Method;
use crate::program::LinkedCore;
use layout::{MAX_FLAT_PARAMS, MAX_FLAT_RESULTS, flat_count};
use lift::Lift;
use lower::{Lower, MEMORY};

/// How the function is called that frees a result once it is read.
const POST_RETURN: &str = "cabi_post_";

/// Makes an instance that is ready for its call.
///
/// # Errors
/// When there is no room for the instance; the guest's trap.
pub(super) async fn instantiate(code: &LinkedCore, store: &mut Store<State>) -> Result<Instance> {
    let instance = code.pre.instantiate_async(&mut *store).await?;
    if let Some(before) = code.before {
        nothing(&instance, store, before).await?;
    }
    Ok(instance)
}

/// Calls the function.
///
/// # Errors
/// The guest's trap; what it returns that is no value of the result's type.
pub(super) async fn run(
    code: &LinkedCore,
    instance: Instance,
    method: &Method,
    store: &mut Store<State>,
    arguments: &[Val],
) -> Result<Option<Val>> {
    if method.is_run() {
        nothing(&instance, store, &code.export).await?;
        return Ok(Some(Val::Result(Ok(None))));
    }
    let callee = instance
        .get_func(&mut *store, &code.export)
        .ok_or_else(|| format_err!("{} is gone", code.export))?;
    let types: Vec<Type> = method.params.iter().map(|(_, ty)| ty.clone()).collect();
    let flat = lower(&instance, store, &types, arguments).await?;
    let ty = callee.ty(&mut *store);
    let params: Vec<CoreVal> = ty
        .params()
        .zip(&flat)
        .map(|(ty, bits)| core_value(&ty, *bits))
        .collect();
    let mut results: Vec<CoreVal> = ty.results().map(|ty| core_value(&ty, 0)).collect();
    callee
        .call_async(&mut *store, &params, &mut results)
        .await?;
    let lifted = match &method.result {
        None => None,
        Some(ty) => Some(lift(&instance, store, ty, &results)?),
    };
    let post_return = format!("{POST_RETURN}{}", method.name);
    if let Some(post_return) = instance.get_func(&mut *store, &post_return) {
        post_return
            .call_async(&mut *store, &results, &mut [])
            .await?;
    }
    Ok(lifted)
}

/// Calls a function without parameters and results.
async fn nothing(instance: &Instance, store: &mut Store<State>, name: &str) -> Result<()> {
    let callee = instance.get_typed_func::<(), ()>(&mut *store, name)?;
    callee.call_async(&mut *store, ()).await
}

/// The arguments as core values, or a pointer to them where they are too many.
async fn lower(
    instance: &Instance,
    store: &mut Store<State>,
    types: &[Type],
    arguments: &[Val],
) -> Result<Vec<u64>> {
    let mut flat = Vec::new();
    let count: usize = types.iter().map(flat_count).sum();
    let mut lower = Lower::new(instance, store);
    if count > MAX_FLAT_PARAMS {
        flat.push(lower.spilled(types, arguments).await?.into());
        return Ok(flat);
    }
    for (ty, argument) in types.iter().zip(arguments) {
        lower.flat(ty, argument, &mut flat).await?;
    }
    Ok(flat)
}

fn lift(
    instance: &Instance,
    store: &mut Store<State>,
    ty: &Type,
    results: &[CoreVal],
) -> Result<Val> {
    let memory = instance.get_memory(&mut *store, MEMORY);
    let memory = memory.map_or(&[][..], |memory| memory.data(&*store));
    let bits: Vec<u64> = results.iter().map(bits).collect();
    let mut lift = Lift::new(memory);
    match (flat_count(ty) > MAX_FLAT_RESULTS, bits.first()) {
        (true, Some(&pointer)) => lift.load(ty, pointer as u32),
        _ => lift.flat(ty, &mut bits.into_iter()),
    }
}

/// A core value of a type from its bits.
fn core_value(ty: &ValType, bits: u64) -> CoreVal {
    match ty {
        ValType::I64 => CoreVal::I64(bits.cast_signed()),
        ValType::F32 => CoreVal::F32(bits as u32),
        ValType::F64 => CoreVal::F64(bits),
        // The types of the exports were compared: there are only numbers.
        ValType::I32 | ValType::V128 | ValType::Ref(_) => CoreVal::I32((bits as u32).cast_signed()),
    }
}

/// The bits of a core value.
fn bits(value: &CoreVal) -> u64 {
    match *value {
        CoreVal::I32(number) => number.cast_unsigned().into(),
        CoreVal::I64(number) => number.cast_unsigned(),
        CoreVal::F32(bits) => bits.into(),
        CoreVal::F64(bits) => bits,
        _ => 0,
    }
}
