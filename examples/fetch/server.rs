//! A server for the example beside it: prints its address, and answers each path with what was
//! asked. `/0` takes 100 ms, `/1` 90 ms and so on, so that a client can see who waits for whom;
//! `/bytes/N` is N bytes, and `/length` says how long the request's body was.

use std::error::Error;
use std::io::{Read, Write};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tiny_http::{Request, Response, Server};

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let server = Arc::new(Server::http("127.0.0.1:0")?);
    let mut output = std::io::stdout();
    writeln!(output, "{}", server.server_addr())?;
    output.flush()?;
    for request in server.incoming_requests() {
        thread::spawn(move || answer(request));
    }
    Ok(())
}

// A server of threads may sleep.
#[allow(clippy::disallowed_methods)]
fn answer(mut request: Request) {
    let bytes = request.url().strip_prefix("/bytes/");
    if let Some(length) = bytes.and_then(|length| length.parse::<usize>().ok()) {
        let body = std::io::repeat(b'.').take(length as u64);
        let response = Response::new(200.into(), Vec::new(), body, Some(length), None);
        let _ = request.respond(response);
        return;
    }
    if request.url() == "/length" {
        let read = std::io::copy(request.as_reader(), &mut std::io::sink());
        let (status, text) = match read {
            Ok(length) => (200, length.to_string()),
            Err(error) => (400, error.to_string()),
        };
        let _ = request.respond(Response::from_string(text).with_status_code(status));
        return;
    }
    let number: u64 = request.url().trim_start_matches('/').parse().unwrap_or(10);
    thread::sleep(Duration::from_millis(10 * 10u64.saturating_sub(number)));
    let mut body = String::new();
    let _ = request.as_reader().read_to_string(&mut body);
    let text = format!("{} {} {body}", request.method(), request.url());
    let _ = request.respond(Response::from_string(text.trim_end()));
}
