//! What is decided about a call before it starts.
#![allow(unsafe_code)]

use std::mem::MaybeUninit;
use std::time::Duration;

use crate::failure::Failure;
use crate::guard::guarded;
use crate::handles::{Handle, wippy_call_options, wippy_reader, wippy_writer};
use crate::objects::{Options, OptionsObject, Stdin};
use crate::pointers::{Text, given, wippy_bytes};
use crate::status::wippy_status;

/// Begins options: no deadline, an empty input, and what the guest prints goes nowhere. They may be used for any number of calls,
/// each of which has a copy.
///
/// Errors: TOO_MANY, INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_call_options_new(
    options: Option<&mut MaybeUninit<wippy_call_options>>,
) -> wippy_status {
    guarded(|| {
        let options = given(options, "options")?;
        options.write(wippy_call_options::add(OptionsObject::default())?);
        Ok(())
    })
}

/// Destroys options. Calls that were started with them go on.
///
/// Errors: INVALID_HANDLE, WRONG_THREAD.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_call_options_destroy(options: wippy_call_options) -> wippy_status {
    guarded(|| options.remove().map(drop))
}

fn change(
    options: wippy_call_options,
    change: impl FnOnce(&mut Options) -> Result<(), Failure>,
) -> wippy_status {
    guarded(|| change(&mut options.get()?.0.borrow_mut()))
}

/// How long after its start the call ends at the latest, in nanoseconds, with the error kind DEADLINE_EXCEEDED. Of a live
/// instance it holds for each call.
///
/// Errors: INVALID_HANDLE, WRONG_THREAD.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_call_options_timeout(
    options: wippy_call_options,
    nanoseconds: u64,
) -> wippy_status {
    change(options, |it| {
        it.timeout = Some(Duration::from_nanos(nanoseconds));
        Ok(())
    })
}

/// Adds one of the guest's arguments, where its entry fixes none. The first is its own name by custom.
///
/// Errors: INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_call_options_arg(
    options: wippy_call_options,
    arg: Text<'_>,
) -> wippy_status {
    change(options, |it| {
        it.args.push(arg.get("arg")?.to_owned());
        Ok(())
    })
}

/// A variable of the guest's environment, beside those of its entry, and instead of one with this name.
///
/// Errors: INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_call_options_env(
    options: wippy_call_options,
    name: Text<'_>,
    value: Text<'_>,
) -> wippy_status {
    change(options, |it| {
        let (name, value) = (name.get("name")?, value.get("value")?);
        if name.is_empty() || name.contains('=') {
            return Err(Failure::argument(
                "the name of a variable is not empty and holds no `=`",
            ));
        }
        it.env.push((name.to_owned(), value.to_owned()));
        Ok(())
    })
}

/// All of the guest's standard input. The bytes are copied.
///
/// Errors: INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_call_options_stdin_bytes(
    options: wippy_call_options,
    input: wippy_bytes<'_>,
) -> wippy_status {
    change(options, |it| {
        it.stdin = Some(Stdin::Bytes(input.get("input")?.into()));
        Ok(())
    })
}

/// A pipe as the guest's standard input, which has to be one of the same dispatcher. The options have a reader of their own.
///
/// Errors: INVALID_HANDLE, WRONG_THREAD.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_call_options_stdin(
    options: wippy_call_options,
    reader: wippy_reader,
) -> wippy_status {
    change(options, |it| {
        it.stdin = Some(Stdin::Pipe(reader.get()?.0.clone()));
        Ok(())
    })
}

/// A pipe as the guest's standard output, which has to be one of the same dispatcher. The options have a writer of their own: the
/// reader comes to the end when the calls have ended, and the options and the writer are destroyed.
///
/// Errors: INVALID_HANDLE, WRONG_THREAD.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_call_options_stdout(
    options: wippy_call_options,
    writer: wippy_writer,
) -> wippy_status {
    change(options, |it| {
        it.stdout = Some(writer.get()?.0.clone());
        Ok(())
    })
}

/// A pipe as the guest's standard error, as `wippy_call_options_stdout`.
///
/// Errors: INVALID_HANDLE, WRONG_THREAD.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_call_options_stderr(
    options: wippy_call_options,
    writer: wippy_writer,
) -> wippy_status {
    change(options, |it| {
        it.stderr = Some(writer.get()?.0.clone());
        Ok(())
    })
}
