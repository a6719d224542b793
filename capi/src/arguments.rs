//! What a call is given: its arguments and its options.

use serde_json::Value;
use wippy::stdio::{InputSource, Sink, Stdio, pipe};
use wippy::{CallOptions, parse_json};
use wippy_dispatcher::Handle as DispatcherHandle;

use crate::failure::Failure;
use crate::handles::{Handle, wippy_call_options};
use crate::objects::{Options, Stdin};
use crate::pointers::Text;

/// A JSON array; NULL is an empty one.
///
/// # Errors
/// `InvalidArgument`.
pub fn json_arguments(text: Text<'_>) -> Result<Vec<Value>, Failure> {
    let Some(text) = text.optional("arguments")? else {
        return Ok(Vec::new());
    };
    match parse_json(text) {
        Ok(Value::Array(values)) => Ok(values),
        Ok(_) => Err(Failure::argument(
            "arguments have to be a JSON array with one value a parameter",
        )),
        Err(error) => Err(Failure::argument(format!("arguments: {error}"))),
    }
}

/// A copy of options as they are now.
///
/// # Errors
/// `InvalidHandle`, `WrongThread`.
pub fn options_of(options: wippy_call_options) -> Result<Options, Failure> {
    match options.id {
        0 => Ok(Options::default()),
        _ => Ok(options.get()?.0.borrow().clone()),
    }
}

/// The same for the library.
///
/// # Errors
/// `TooMany`, `Closed`.
pub fn call_options(
    handle: &DispatcherHandle,
    entry: &str,
    options: &Options,
) -> Result<CallOptions, Failure> {
    let mut call = CallOptions::new().args(options.args.iter().cloned());
    if let Some(timeout) = options.timeout {
        call = call.timeout(timeout);
    }
    for (name, value) in &options.env {
        call = call.env(name, value);
    }
    if options.stdin.is_none() && options.stdout.is_none() && options.stderr.is_none() {
        return Ok(call);
    }
    let stdin = match &options.stdin {
        None => InputSource::Empty,
        Some(Stdin::Pipe(reader)) => InputSource::Pipe(reader.clone()),
        Some(Stdin::Bytes(bytes)) => {
            let (reader, writer) = pipe(handle, bytes.len())?;
            // The reader is here.
            let _ = writer.write(bytes);
            InputSource::Pipe(reader)
        }
    };
    let stdio = Stdio::logged(entry).stdin(stdin);
    let stdio = match &options.stdout {
        Some(writer) => stdio.stdout(Sink::Pipe(writer.clone())),
        None => stdio,
    };
    Ok(call.stdio(match &options.stderr {
        Some(writer) => stdio.stderr(Sink::Pipe(writer.clone())),
        None => stdio,
    }))
}
