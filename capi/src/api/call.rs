//! Calls that are started, asked and ended.
#![allow(unsafe_code)]

use std::cell::RefCell;
use std::mem::MaybeUninit;

use wippy::Arguments;

use crate::arguments::{call_options, json_arguments, options_of};
use crate::failure::Failure;
use crate::guard::guarded;
use crate::handles::{Handle, wippy_call, wippy_call_options, wippy_runtime};
use crate::objects::CallObject;
use crate::pointers::{Text, given, wippy_buffer};
use crate::running::Running;
use crate::status::{wippy_call_state, wippy_error_kind, wippy_status};

/// Starts a call of an entry, by its ID or by its bare name where that is unambiguous, and does not wait for it: it runs
/// while its dispatcher turns. `options` with an `id` of 0 stand for none. `arguments` are a JSON array with one value a
/// parameter (`docs/values.md`), NULL for none. A program that is run for its streams and its exit status takes its words from
/// `wippy_call_options_arg`. What is wrong with the entry or with the arguments' types is what the call fails with.
///
/// Errors: TOO_MANY, CLOSED where the dispatcher was destroyed, INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_call_start(
    runtime: wippy_runtime,
    entry: Text<'_>,
    options: wippy_call_options,
    arguments: Text<'_>,
    call: Option<&mut MaybeUninit<wippy_call>>,
) -> wippy_status {
    guarded(|| {
        let out = given(call, "call")?;
        let runtime = runtime.get()?.0.clone();
        let entry = entry.get("entry")?.to_owned();
        let arguments = json_arguments(arguments)?;
        let handle = runtime.handle().clone();
        let options = call_options(&handle, &entry, &options_of(options)?)?;
        let running = Running::spawn(&handle, async move {
            let arguments = Arguments::Json(&arguments);
            runtime.call_with(&entry, options, arguments).await
        })?;
        out.write(wippy_call::add(CallObject(RefCell::new(running)))?);
        Ok(())
    })
}

/// How far a call is. It runs nothing.
///
/// Errors: INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_call_poll(
    call: wippy_call,
    state: Option<&mut MaybeUninit<wippy_call_state>>,
) -> wippy_status {
    guarded(|| {
        let state = given(state, "state")?;
        state.write(call.get()?.0.borrow_mut().poll());
        Ok(())
    })
}

/// The call's result as JSON; `null` for a function without one.
///
/// Errors: PENDING while it runs, CALL_FAILED, TOO_SMALL (the length is written), INVALID_HANDLE, WRONG_THREAD,
/// INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_call_result(
    call: wippy_call,
    mut buffer: wippy_buffer<'_>,
    length: Option<&mut MaybeUninit<usize>>,
) -> wippy_status {
    guarded(|| {
        let object = call.get()?;
        let mut running = object.0.borrow_mut();
        running.poll();
        match &*running {
            Running::Task(_) => Err(pending()),
            Running::Done { text, .. } => buffer.write_text(text.as_bytes(), length),
            Running::Failed { message, .. } => {
                Err(Failure::new(wippy_status::CallFailed, message.as_str()))
            }
        }
    })
}

/// What the call has failed with: its kind, and what it says, with the place in the guest after a trap. `kind` may be
/// NULL. Of a call that has not failed the kind is NONE and the text empty.
///
/// Errors: TOO_SMALL (the kind and the length are written), INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_call_error(
    call: wippy_call,
    kind: Option<&mut MaybeUninit<wippy_error_kind>>,
    mut buffer: wippy_buffer<'_>,
    length: Option<&mut MaybeUninit<usize>>,
) -> wippy_status {
    guarded(|| {
        let object = call.get()?;
        let mut running = object.0.borrow_mut();
        running.poll();
        let (of, text) = match &*running {
            Running::Failed { kind, message, .. } => (*kind, message.as_str()),
            Running::Task(_) | Running::Done { .. } => (wippy_error_kind::None, ""),
        };
        if let Some(kind) = kind {
            kind.write(of);
        }
        buffer.write_text(text.as_bytes(), length)
    })
}

/// The exit status of a call that has ended, as a command's: the status that the guest gave, or what its result means
/// (`docs/errors.md`).
///
/// Errors: PENDING while it runs, CALL_FAILED where it failed otherwise than by its own exit, INVALID_HANDLE, WRONG_THREAD,
/// INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_call_exit_status(
    call: wippy_call,
    exit_status: Option<&mut MaybeUninit<u8>>,
) -> wippy_status {
    guarded(|| {
        let out = given(exit_status, "exit_status")?;
        let object = call.get()?;
        let mut running = object.0.borrow_mut();
        running.poll();
        let status = match &*running {
            Running::Task(_) => return Err(pending()),
            Running::Done { exit, .. } => *exit,
            Running::Failed {
                exit: Some(exit), ..
            } => *exit,
            Running::Failed { message, .. } => {
                return Err(Failure::new(wippy_status::CallFailed, message.as_str()));
            }
        };
        out.write(status);
        Ok(())
    })
}

/// Ends a call that still runs, with the error kind CANCELLED: its guest is dropped at the dispatcher's next turn, and frees
/// what it holds. One that has ended stays as it is.
///
/// Errors: INVALID_HANDLE, WRONG_THREAD.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_call_cancel(call: wippy_call) -> wippy_status {
    guarded(|| {
        call.get()?.0.borrow_mut().cancel();
        Ok(())
    })
}

/// Destroys a call, and ends it where it still runs.
///
/// Errors: INVALID_HANDLE, WRONG_THREAD.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_call_destroy(call: wippy_call) -> wippy_status {
    guarded(|| call.remove().map(drop))
}

fn pending() -> Failure {
    Failure::new(
        wippy_status::Pending,
        "the call still runs: turn its dispatcher",
    )
}
