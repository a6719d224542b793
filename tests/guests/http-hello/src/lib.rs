//! Answers every request with `hello`.
#![no_std]

extern crate support;

wit_bindgen::generate!({
    path: [
        "../../../wit/deps/io",
        "../../../wit/deps/clocks",
        "../../../wit/deps/http",
        "../wit/http-hello.wit",
    ],
    world: "test:guests/http-hello-guest",
    generate_all,
});

use exports::wasi::http::incoming_handler::Guest;
use wasi::http::types::{
    Fields, IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam,
};

struct Hello;
export!(Hello);

impl Guest for Hello {
    fn handle(_: IncomingRequest, out: ResponseOutparam) {
        let fields = Fields::from_list(&[("content-type".into(), b"text/plain".to_vec())]);
        let response = OutgoingResponse::new(fields.expect("a field"));
        let body = response.body().expect("the first time");
        ResponseOutparam::set(out, Ok(response));
        let stream = body.write().expect("the first time");
        // A client that has gone away is no failure of the guest's.
        let _ = stream.blocking_write_and_flush(b"hello\n");
        drop(stream);
        let _ = OutgoingBody::finish(body, None);
    }
}
