//! Answers HTTP requests in every way that the interface has, and in those that it forbids: the first part of the
//! path says how, what follows it is an argument.
#![no_std]

#[macro_use]
extern crate alloc;
extern crate support;

// Comparing bytes needs `memcmp`, and nothing else of the C library.
#[link(name = "c")]
unsafe extern "C" {}

wit_bindgen::generate!({
    path: [
        "../../../wit/deps/io",
        "../../../wit/deps/clocks",
        "../../../wit/deps/cli",
        "../../../wit/deps/http",
        "../wit/http-server.wit",
    ],
    world: "test:guests/http-server-guest",
    generate_all,
});

mod answer;
mod errors;
mod request;
mod rules;

use alloc::string::{String, ToString};

use answer::{answer, begin, begin_with, part, sleep_ms};
use exports::wasi::http::incoming_handler::Guest;
use wasi::http::types::{Fields, IncomingRequest, OutgoingBody, ResponseOutparam};

struct Server;
export!(Server);

impl Guest for Server {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let path = request.path_with_query().unwrap_or_default();
        let (what, argument) = match path.trim_start_matches('/').split_once('/') {
            Some((what, argument)) => (what.to_string(), argument.to_string()),
            None => (path.trim_start_matches('/').to_string(), String::new()),
        };
        let number = argument.parse().unwrap_or(0);
        match what.as_str() {
            "" | "hello" => answer(out, 200, b"hello\n"),
            // What came, as text.
            "request" => request::describe(&request, out),
            // The body and its trailers, as they come.
            "echo" => request::echo(&request, out),
            // The number of bytes that came, or why the body did not end.
            "count" => request::count(&request, out),
            // The first byte of the body, and no more of it.
            "peek" => request::peek(&request, out),
            "status" => answer(out, number as u16, b""),
            "wait" => {
                sleep_ms(number);
                answer(out, 200, b"waited\n");
            }
            "bytes" => answer::bytes(out, number),
            // Waits between the pieces of its answer, so many times.
            "slowly" => answer::slowly(out, number),
            "trailers" => answer::with_trailers(out),
            // Declares so many bytes and writes five.
            "length" => answer::declared(out, number),
            // Without a body, and with this as its length, if it is something.
            "empty" => answer::without_body(out, &argument),
            // Ends itself once it has answered.
            "exit" => {
                answer(out, 200, b"done\n");
                wasi::cli::exit::exit(Ok(()));
            }
            // Goes on once it has answered.
            "after" => {
                answer(out, 200, b"answered\n");
                sleep_ms(number);
                answer::log("after");
            }
            "error" => ResponseOutparam::set(out, Err(errors::named(&argument))),
            "never" => drop(out),
            "trap" => panic!("as asked"),
            "trap-later" => {
                let (_body, stream) = begin(out, 200);
                part(&stream, b"a part");
                panic!("as asked");
            }
            "unfinished" => {
                let (body, stream) = begin(out, 200);
                part(&stream, b"a part");
                drop(stream);
                drop(body);
            }
            // Returns with the body in its hands.
            "held" => {
                let (body, stream) = begin(out, 200);
                part(&stream, b"a part");
                core::mem::forget((body, stream));
            }
            // What the host has of the connection it writes itself.
            "fields" => {
                let fields = Fields::from_list(&[("x-own".into(), b"1".to_vec())]);
                let (body, stream) = begin_with(out, 200, fields.expect("a field"));
                drop(stream);
                OutgoingBody::finish(body, None).expect("any length");
            }
            "spin" => loop {
                core::hint::black_box(0);
            },
            "spin-later" => {
                let (_body, stream) = begin(out, 200);
                part(&stream, b"a part");
                loop {
                    core::hint::black_box(0);
                }
            }
            // Writes until it may not any more; then it says why, and waits so long.
            "endless" => answer::endless(out, number),
            // The line of the first rule that does not hold.
            "rules" => rules::check(&request, out),
            _ => answer(out, 404, b"there is no such thing\n"),
        }
    }
}
