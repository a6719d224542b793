//! The functions of guests as plain system calls, beside the event loop's own.

use std::path::Path;

use serde_json::Value;

use super::{bare, native, native_files, native_sockets};
use crate::protocol::{self, Answer, Request};
use crate::{Fallible, cpu};

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

/// The arguments of a request.
#[derive(Clone, Copy)]
pub struct Arguments<'a>(&'a [Value]);

impl Arguments<'_> {
    /// A number.
    ///
    /// # Errors
    /// When it is none, or too large.
    pub fn number<T: TryFrom<u64>>(self, at: usize) -> Fallible<T> {
        let number = self.0.get(at).and_then(Value::as_u64);
        let number = number.and_then(|number| T::try_from(number).ok());
        number.ok_or_else(|| format!("argument {at} is not the number that is needed").into())
    }

    /// A text.
    ///
    /// # Errors
    /// When it is none.
    pub fn text(&self, at: usize) -> Fallible<&str> {
        let text = self.0.get(at).and_then(Value::as_str);
        text.ok_or_else(|| format!("argument {at} is no text").into())
    }

    /// Yes or no.
    pub fn flag(self, at: usize) -> bool {
        self.0.get(at).and_then(Value::as_bool).unwrap_or_default()
    }
}
