//! What comes in.

use alloc::string::String;
use alloc::vec::Vec;

use crate::answer::{answer, begin, write};
use crate::wasi::http::types::{
    ErrorCode, Fields, IncomingBody, IncomingRequest, OutgoingBody, ResponseOutparam,
    http_error_code,
};
use crate::wasi::io::streams::StreamError;

/// How many bytes are read at once.
const MOST: u64 = 64 * 1024;

pub fn describe(request: &IncomingRequest, out: ResponseOutparam) {
    let mut text = format!(
        "{:?} {:?} {:?} {:?}\n",
        request.method(),
        request.scheme(),
        request.authority(),
        request.path_with_query()
    );
    for (name, value) in request.headers().entries() {
        let value = String::from_utf8_lossy(&value).into_owned();
        text.push_str(&format!("{name}: {value}\n"));
    }
    answer(out, 200, text.as_bytes());
}

/// Gives each piece of the body to `each`, until it says no.
///
/// The error is the code's name.
fn read(
    request: &IncomingRequest,
    mut each: impl FnMut(&[u8]) -> bool,
) -> Result<Option<Fields>, String> {
    let body = request.consume().expect("the first time");
    let stream = body.stream().expect("the first time");
    loop {
        match stream.blocking_read(MOST) {
            Ok(bytes) if each(&bytes) => {}
            Ok(_) => return Ok(None),
            Err(StreamError::Closed) => break,
            Err(StreamError::LastOperationFailed(error)) => {
                return Err(match http_error_code(&error) {
                    Some(code) => name(&code),
                    None => error.to_debug_string(),
                });
            }
        }
    }
    drop(stream);
    let trailers = IncomingBody::finish(body);
    loop {
        match trailers.get() {
            Some(Ok(trailers)) => return trailers.map_err(|code| name(&code)),
            Some(Err(())) => return Err("taken".into()),
            None => trailers.subscribe().block(),
        }
    }
}

fn name(code: &ErrorCode) -> String {
    format!("{code:?}")
}

pub fn echo(request: &IncomingRequest, out: ResponseOutparam) {
    let (body, stream) = begin(out, 200);
    let ended = read(request, |bytes| write(&stream, bytes).is_ok());
    drop(stream);
    // Dropped, the body says that it is incomplete.
    if let Ok(trailers) = ended {
        let entries: Vec<_> = trailers.iter().flat_map(Fields::entries).collect();
        let trailers = Fields::from_list(&entries).expect("fields");
        let _ = OutgoingBody::finish(body, Some(trailers));
    }
}

pub fn count(request: &IncomingRequest, out: ResponseOutparam) {
    let mut count = 0;
    let ended = read(request, |bytes| {
        count += bytes.len();
        true
    });
    let text = match ended {
        Ok(_) => format!("{count}\n"),
        Err(code) => format!("{count}, then {code}\n"),
    };
    crate::answer::log(text.trim_end());
    answer(out, 200, text.as_bytes());
}

pub fn peek(request: &IncomingRequest, out: ResponseOutparam) {
    let body = request.consume().expect("the first time");
    let stream = body.stream().expect("the first time");
    let first = stream.blocking_read(1).expect("a byte");
    drop(stream);
    drop(body);
    answer(out, 200, &first);
}
