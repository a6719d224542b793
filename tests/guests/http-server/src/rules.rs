//! What the interface forbids, and what may be had once.

use crate::answer::answer;
use crate::wasi::http::types::{
    Fields, HeaderError, IncomingRequest, OutgoingResponse, ResponseOutparam,
};

/// Answers with the line of the first rule that does not hold, or with `all hold`.
pub fn check(request: &IncomingRequest, out: ResponseOutparam) {
    let text = match first_broken(request) {
        Some(line) => format!("line {line}\n"),
        None => "all hold\n".into(),
    };
    answer(out, 200, text.as_bytes());
}

fn first_broken(request: &IncomingRequest) -> Option<u32> {
    macro_rules! holds {
        ($rule:expr) => {
            if !$rule {
                return Some(line!());
            }
        };
    }
    let headers = request.headers();
    holds!(matches!(
        headers.append("x-more", b"1"),
        Err(HeaderError::Immutable)
    ));
    holds!(headers.delete("x-more").is_err());
    // A copy is the guest's own.
    holds!(headers.clone().append("x-more", b"1").is_ok());
    for name in ["host", "connection", "transfer-encoding", "upgrade", "keep-alive"] {
        holds!(headers.get(name).is_empty());
    }
    holds!(headers.has("X-ASKED"));
    let body = request.consume();
    holds!(body.is_ok());
    holds!(request.consume().is_err());
    let body = body.expect("the first time");
    let stream = body.stream();
    holds!(stream.is_ok());
    holds!(body.stream().is_err());
    drop(stream);
    drop(body);

    let fields = Fields::new();
    for name in ["connection", "Transfer-Encoding", "host"] {
        holds!(matches!(
            fields.append(name, b"x"),
            Err(HeaderError::Forbidden)
        ));
    }
    let response = OutgoingResponse::new(fields);
    holds!(response.status_code() == 200);
    for status in [0, 99, 1000] {
        holds!(response.set_status_code(status).is_err());
    }
    holds!(response.set_status_code(999).is_ok());
    holds!(response.headers().append("x-more", b"1").is_err());
    let body = response.body();
    holds!(body.is_ok());
    holds!(response.body().is_err());
    let body = body.expect("the first time");
    let stream = body.write();
    holds!(stream.is_ok());
    holds!(body.write().is_err());
    drop(stream);
    None
}
