//! The functions of guests as plain system calls, beside the event loop's own.

use std::path::Path;

use super::native_arguments::Arguments;
use super::{bare, native, native_files, native_sockets};
use crate::cpu;
use crate::fallible::Fallible;
use crate::protocol::{self, Answer, Request};

/// Serves requests.
///
/// # Errors
/// When a stream breaks.
pub fn serve(mut native: native::Loop, files: &Path) -> Fallible<()> {
    Ok(protocol::serve(|request| {
        answer(&mut native, files, request).map_err(|error| error.to_string())
    })?)
}

fn answer(native: &mut native::Loop, files: &Path, request: &Request) -> Fallible<Answer> {
    let Some((interface, function)) = request.function.rsplit_once('#') else {
        return bare::answer(native, request);
    };
    let arguments = Arguments(&request.args);
    let computed = cpu::now();
    let value = if interface.contains("/file-loops@") {
        native_files::answer(files, function, arguments)?.into()
    } else if interface.contains("/socket-loops@") {
        native_sockets::answer(function, arguments)?
    } else {
        return bare::answer(native, request);
    };
    Ok(Answer {
        value,
        cpu_ns: cpu::now() - computed,
        ..Answer::default()
    })
}
