//! One request and its response.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use crate::exports::test::guests::http_client::{Reply, Request};
use crate::wasi::http::outgoing_handler::handle;
use crate::wasi::http::types::{
    ErrorCode, Fields, FutureIncomingResponse, IncomingBody, IncomingResponse, Method,
    OutgoingBody, OutgoingRequest, RequestOptions, Scheme, http_error_code,
};
use crate::wasi::io::streams::StreamError;

pub fn text(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A GET of a path without anything else.
pub fn plain(scheme: &str, authority: &str, path: &str) -> Request {
    Request {
        method: "GET".to_owned(),
        scheme: scheme.to_owned(),
        authority: Some(authority.to_owned()),
        path: Some(path.to_owned()),
        headers: Vec::new(),
        body: None,
        trailers: Vec::new(),
        body_first: false,
        unfinished: false,
        connect_timeout: None,
        first_byte_timeout: None,
        between_bytes_timeout: None,
    }
}

/// The same as a resource.
pub fn get(authority: &str, path: &str) -> OutgoingRequest {
    let request = OutgoingRequest::new(Fields::new());
    request.set_scheme(Some(&Scheme::Http)).expect("a scheme");
    request.set_authority(Some(authority)).expect("an authority");
    request.set_path_with_query(Some(path)).expect("a path");
    request
}

pub fn start(request: OutgoingRequest) -> Result<FutureIncomingResponse, ErrorCode> {
    handle(request, None)
}

pub fn wait(future: &FutureIncomingResponse) -> Result<IncomingResponse, ErrorCode> {
    loop {
        if let Some(answer) = future.get() {
            return answer.expect("the first time");
        }
        future.subscribe().block();
    }
}

/// Fetches a path and reads all of the answer.
pub fn hold(authority: &str, path: &str) {
    fetch(plain("http", authority, path)).expect("an answer");
}

/// The code's name as the interface writes it, roughly, with what it carries.
pub fn name(code: &ErrorCode) -> String {
    let debug = format!("{code:?}");
    debug
        .strip_prefix("ErrorCode::")
        .unwrap_or(&debug)
        .to_owned()
}

pub fn stream_error(place: &str, error: StreamError) -> String {
    match error {
        StreamError::Closed => format!("at {place}: closed"),
        StreamError::LastOperationFailed(error) => match http_error_code(&error) {
            Some(code) => format!("at {place}: {}", name(&code)),
            None => format!("at {place}: {}", error.to_debug_string()),
        },
    }
}

fn fields(list: &[(String, String)]) -> Result<Fields, String> {
    let list: Vec<(String, Vec<u8>)> = list
        .iter()
        .map(|(name, value)| (name.clone(), value.clone().into_bytes()))
        .collect();
    Fields::from_list(&list).map_err(|error| format!("{error:?}"))
}

fn listed(fields: &Fields) -> Vec<(String, String)> {
    fields
        .entries()
        .into_iter()
        .map(|(name, value)| (name, text(value)))
        .collect()
}

fn method(name: &str) -> Method {
    match name {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "CONNECT" => Method::Connect,
        other => Method::Other(other.to_owned()),
    }
}

pub fn fetch(request: Request) -> Result<Reply, String> {
    let future = hand_over(request)?;
    let response = wait(&future).map_err(|code| name(&code))?;
    drop(future);
    read(response)
}

/// Sends a request with its body, and waits for nothing.
pub fn hand_over(request: Request) -> Result<FutureIncomingResponse, String> {
    let outgoing = OutgoingRequest::new(fields(&request.headers)?);
    let failed = |what: &'static str| move |()| format!("cannot set the {what}");
    outgoing
        .set_method(&method(&request.method))
        .map_err(failed("method"))?;
    let scheme = match request.scheme.as_str() {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        other => Scheme::Other(other.to_owned()),
    };
    outgoing
        .set_scheme(Some(&scheme))
        .map_err(failed("scheme"))?;
    outgoing
        .set_authority(request.authority.as_deref())
        .map_err(failed("authority"))?;
    outgoing
        .set_path_with_query(request.path.as_deref())
        .map_err(failed("path"))?;
    let options = RequestOptions::new();
    options
        .set_connect_timeout(request.connect_timeout)
        .map_err(failed("timeout"))?;
    options
        .set_first_byte_timeout(request.first_byte_timeout)
        .map_err(failed("timeout"))?;
    options
        .set_between_bytes_timeout(request.between_bytes_timeout)
        .map_err(failed("timeout"))?;
    let mut body = match request.body {
        Some(pieces) => Some((outgoing.body().map_err(failed("body"))?, pieces)),
        None => None,
    };
    if request.body_first
        && let Some((body, pieces)) = body.take()
    {
        write(body, &pieces, &request.trailers, request.unfinished)?;
    }
    let future = handle(outgoing, Some(options)).map_err(|code| name(&code))?;
    if let Some((body, pieces)) = body {
        write(body, &pieces, &request.trailers, request.unfinished)?;
    }
    Ok(future)
}

fn write(
    body: OutgoingBody,
    pieces: &[String],
    trailers: &[(String, String)],
    unfinished: bool,
) -> Result<(), String> {
    let stream = body.write().map_err(|()| "no stream")?;
    let parts = pieces.iter().flat_map(|piece| piece.as_bytes().chunks(4096));
    for part in parts {
        match stream.blocking_write_and_flush(part) {
            Ok(()) => {}
            // The server wants no more of it, and has perhaps said why.
            Err(StreamError::Closed) => break,
            Err(error) => return Err(stream_error("write", error)),
        }
    }
    drop(stream);
    if unfinished {
        return Ok(());
    }
    let trailers = match trailers {
        [] => None,
        list => Some(fields(list)?),
    };
    OutgoingBody::finish(body, trailers).map_err(|code| format!("at finish: {}", name(&code)))
}

fn read(response: IncomingResponse) -> Result<Reply, String> {
    let status = response.status();
    let headers = listed(&response.headers());
    let body = response.consume().map_err(|()| "no body")?;
    let stream = body.stream().map_err(|()| "no stream")?;
    let mut bytes = Vec::new();
    loop {
        match stream.blocking_read(64 * 1024) {
            Ok(read) => bytes.extend_from_slice(&read),
            Err(StreamError::Closed) => break,
            Err(error) => return Err(stream_error("read", error)),
        }
    }
    drop(stream);
    let future = IncomingBody::finish(body);
    let trailers = loop {
        match future.get() {
            Some(answer) => break answer.expect("the first time"),
            None => future.subscribe().block(),
        }
    };
    let trailers = trailers.map_err(|code| format!("at trailers: {}", name(&code)))?;
    Ok(Reply {
        status,
        headers,
        body: text(bytes),
        trailers: trailers.map_or_else(Vec::new, |fields| listed(&fields)),
    })
}
