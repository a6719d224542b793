//! Sends HTTP requests in every way that the interface has.
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
        "../../../wit/deps/http",
        "../wit/http-client.wit",
    ],
    world: "test:guests/http-client-guest",
    generate_all,
});

mod checks;
mod exchange;
mod transfer;

use alloc::string::String;
use alloc::vec::Vec;

use exports::test::guests::http_client::{Guest, Leaving, Reply, Request};
use wasi::http::types::{Fields, OutgoingRequest};

struct Client;
export!(Client);

impl Guest for Client {
    fn fetch(request: Request) -> Result<Reply, String> {
        exchange::fetch(request)
    }

    fn sequential(scheme: String, authority: String, count: u32) -> u32 {
        (0..count)
            .filter(|_| {
                let request = exchange::plain(&scheme, &authority, "/");
                exchange::fetch(request).is_ok_and(|reply| reply.status == 200)
            })
            .count() as u32
    }

    fn together(authority: String, count: u32) -> Vec<String> {
        transfer::together(&authority, count)
    }

    fn download(authority: String, path: String, held: Option<String>) -> Result<u64, String> {
        transfer::download(&authority, &path, held)
    }

    fn upload(
        authority: String,
        path: String,
        length: u64,
        declared: bool,
        held: Option<String>,
    ) -> Result<(u64, String), String> {
        transfer::upload(&authority, &path, length, declared, held)
    }

    fn leave(request: Request, count: u32, leaving: Leaving) -> Result<(), String> {
        let mut kept = Vec::new();
        for _ in 0..count {
            let future = exchange::hand_over(request.clone())?;
            match leaving {
                Leaving::Dropped => drop(future),
                Leaving::Kept | Leaving::Trapped => kept.push(future),
            }
        }
        // Handles that the guest never drops are the host's to drop.
        core::mem::forget(kept);
        match leaving {
            Leaving::Trapped => panic!("as asked"),
            _ => Ok(()),
        }
    }

    fn abandon(authority: String, path: String, held: String) {
        let future = exchange::start(exchange::get(&authority, &path)).expect("a future");
        exchange::hold(&authority, &held);
        drop(future);
    }

    fn abandon_body(authority: String, path: String, held: String) {
        let future = exchange::start(exchange::get(&authority, &path)).expect("a future");
        let response = exchange::wait(&future).expect("a response");
        let body = response.consume().expect("the first time");
        let stream = body.stream().expect("the first time");
        stream.blocking_read(1).expect("a byte");
        exchange::hold(&authority, &held);
    }

    fn check_fields() -> Result<(), u32> {
        checks::fields()
    }

    fn check_messages() -> Result<(), u32> {
        checks::messages()
    }

    fn check_once(authority: String) -> Result<(), u32> {
        checks::once(&authority)
    }

    fn too_many_fields() {
        let fields = Fields::new();
        loop {
            fields.append("name", b"value").expect("valid");
        }
    }

    fn drop_body_before_stream() {
        let request = OutgoingRequest::new(Fields::new());
        let body = request.body().expect("the first time");
        let _stream = body.write().expect("the first time");
        drop(body);
    }

    fn drop_future_before_pollable(authority: String) {
        let future = exchange::start(exchange::get(&authority, "/")).expect("a future");
        let _pollable = future.subscribe();
        drop(future);
    }

    fn drop_incoming_body_before_stream(authority: String) {
        let future = exchange::start(exchange::get(&authority, "/")).expect("a future");
        let response = exchange::wait(&future).expect("a response");
        let body = response.consume().expect("the first time");
        let _stream = body.stream().expect("the first time");
        drop(body);
    }

    fn drop_message_before_headers() -> String {
        let fields = Fields::from_list(&[("X-Kept".into(), b"yes".to_vec())]).expect("valid");
        let request = OutgoingRequest::new(fields);
        let headers = request.headers();
        drop(request);
        exchange::text(headers.get("x-kept").concat())
    }
}
