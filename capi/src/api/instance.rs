//! Instances that are kept.
#![allow(unsafe_code)]

use std::cell::{Cell, RefCell};
use std::mem::MaybeUninit;
use std::rc::Rc;

use crate::arguments::{json_arguments, options_of};
use crate::guard::guarded;
use crate::handles::{Handle, wippy_call, wippy_call_options, wippy_instance, wippy_runtime};
use crate::objects::{CallObject, InstanceObject, KeptInstance};
use crate::pointers::{Text, given};
use crate::running::Running;
use crate::status::wippy_status;

/// Names an entry's instance that is kept, and called again and again with the state that it has. Its first call makes it.
/// `options` with an `id` of 0 stand for none; they hold as long as the instance does, except that a timeout is for each call.
///
/// Errors: TOO_MANY, INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_instance_new(
    runtime: wippy_runtime,
    entry: Text<'_>,
    options: wippy_call_options,
    instance: Option<&mut MaybeUninit<wippy_instance>>,
) -> wippy_status {
    guarded(|| {
        let out = given(instance, "instance")?;
        let kept = KeptInstance {
            runtime: runtime.get()?.0.clone(),
            entry: entry.get("entry")?.to_owned(),
            options: options_of(options)?,
            instance: RefCell::default(),
            is_making: Cell::new(false),
        };
        out.write(wippy_instance::add(InstanceObject(Rc::new(kept)))?);
        Ok(())
    })
}

/// Starts a call of a function that the instance's module exports: `tick`, or `interface#function`. One call runs at a time:
/// another one fails, with the error kind INSTANCE. So does each call after one that has failed, was cancelled or
/// destroyed before its end, until the instance is reset. `arguments` are as those of `wippy_call_start`.
///
/// Errors: TOO_MANY, CLOSED where the dispatcher was destroyed, INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_instance_call(
    instance: wippy_instance,
    function: Text<'_>,
    arguments: Text<'_>,
    call: Option<&mut MaybeUninit<wippy_call>>,
) -> wippy_status {
    guarded(|| {
        let out = given(call, "call")?;
        let kept = instance.get()?.0.clone();
        let function = function.get("function")?.to_owned();
        let arguments = json_arguments(arguments)?;
        let handle = kept.runtime.handle().clone();
        let call = async move { kept.call(&function, &arguments).await };
        let running = Running::spawn(&handle, call)?;
        out.write(wippy_call::add(CallObject(RefCell::new(running)))?);
        Ok(())
    })
}

/// Starts to put a new instance in its place, with fresh memory. The result of the call is `null`.
///
/// Errors: TOO_MANY, CLOSED where the dispatcher was destroyed, INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_instance_reset(
    instance: wippy_instance,
    call: Option<&mut MaybeUninit<wippy_call>>,
) -> wippy_status {
    guarded(|| {
        let out = given(call, "call")?;
        let kept = instance.get()?.0.clone();
        let handle = kept.runtime.handle().clone();
        let running = Running::spawn(&handle, async move { kept.reset().await })?;
        out.write(wippy_call::add(CallObject(RefCell::new(running)))?);
        Ok(())
    })
}

/// Destroys an instance. A call of it that runs goes on, and the instance ends with it.
///
/// Errors: INVALID_HANDLE, WRONG_THREAD.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_instance_destroy(instance: wippy_instance) -> wippy_status {
    guarded(|| instance.remove().map(drop))
}
