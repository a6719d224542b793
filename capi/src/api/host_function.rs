//! Host functions of the caller's.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_void};

use wippy::parse_json;

use crate::failure::Failure;
use crate::guard::guarded;
use crate::handles::{Handle, wippy_builder, wippy_host_call};
use crate::host_function::HostFunction;
use crate::pointers::Text;
use crate::status::wippy_status;

/// A host function: called in a turn of the dispatcher, on its thread, with the `userdata` that it was given with. `arguments`
/// are a JSON array with one value a parameter, `length` bytes with a zero byte behind them, there until the function returns.
/// `call` is to be answered by `wippy_host_call_reply` or `wippy_host_call_fail`, before the function returns or at any time
/// later; the guest waits for it, and others go on. It must not block, and must not throw or jump out. It may call any
/// function of this library, except that the dispatcher that calls it can be neither turned nor destroyed. It has
/// about a megabyte of stack.
pub type wippy_host_callback = Option<
    extern "C" fn(
        userdata: *mut c_void,
        call: wippy_host_call,
        arguments: *const c_char,
        length: usize,
    ),
>;

/// Adds the host function `name` of the interface `interface` of the WIT package `package`, such as `acme:game`, in a version
/// such as `1.0.0`. Entries that import the package by that name (`wippy_entry_import`) may call it; its parameters and result
/// have the types that the guest imports it with, as JSON (`docs/values.md`). `userdata` is handed to it as it is, and has to
/// last as long as the dispatchers on which the program runs.
///
/// Errors: INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT, also where the package has another version already.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_builder_host_function(
    builder: wippy_builder,
    package: Text<'_>,
    version: Text<'_>,
    interface: Text<'_>,
    name: Text<'_>,
    callback: wippy_host_callback,
    userdata: *mut c_void,
) -> wippy_status {
    guarded(|| {
        let object = builder.get()?;
        let (package, version) = (package.get("package")?, version.get("version")?);
        let (interface, name) = (interface.get("interface")?, name.get("name")?);
        let callback = callback.ok_or_else(|| Failure::argument("callback is NULL"))?;
        let function = HostFunction::new(callback, userdata)?;
        let mut builder = object.0.borrow_mut();
        let package = builder.package(package, version)?;
        *package = function.add_to(package.clone(), interface, name);
        Ok(())
    })
}

/// Answers a host call with its result as JSON: the value alone, and NULL or `null` for a function without one. The guest goes on
/// in one of the next turns, and traps where the result does not fit its type. The handle is gone then.
///
/// Errors: INVALID_HANDLE where it was answered, or its guest has ended; WRONG_THREAD; INVALID_ARGUMENT for what is not JSON,
/// after which it can still be answered.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_host_call_reply(call: wippy_host_call, result: Text<'_>) -> wippy_status {
    guarded(|| {
        call.get()?;
        let value = parse_json(result.optional("result")?.unwrap_or("null"));
        let value = value.map_err(|error| Failure::argument(format!("result: {error}")))?;
        call.remove()?.0.answer(Ok(value));
        Ok(())
    })
}

/// Ends a host call with an error: its guest traps with this text. The handle is gone then. An error that the guest is to see is
/// a `result` of the function's type, by `wippy_host_call_reply`.
///
/// Errors: INVALID_HANDLE where it was answered, or its guest has ended; WRONG_THREAD; INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_host_call_fail(call: wippy_host_call, message: Text<'_>) -> wippy_status {
    guarded(|| {
        let message = message.get("message")?.to_owned();
        call.remove()?.0.answer(Err(message));
        Ok(())
    })
}
