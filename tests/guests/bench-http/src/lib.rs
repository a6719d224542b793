//! Loops of HTTP requests, for measuring.
#![no_std]

extern crate alloc;
extern crate support;

wit_bindgen::generate!({
    path: [
        "../../../wit/deps/io",
        "../../../wit/deps/clocks",
        "../../../wit/deps/http",
        "../wit/bench-http.wit",
    ],
    world: "test:guests/bench-http-guest",
    generate_all,
});

use alloc::string::String;
use alloc::vec::Vec;

use exports::test::guests::http_loops::Guest;
use wasi::clocks::monotonic_clock::now;
use wasi::http::outgoing_handler::handle;
use wasi::http::types::{Fields, FutureIncomingResponse, OutgoingRequest, Scheme};
use wasi::io::poll::{Pollable, poll};
use wasi::io::streams::StreamError;

struct HttpLoops;
export!(HttpLoops);

fn start(authority: &str, path: &str) -> FutureIncomingResponse {
    let request = OutgoingRequest::new(Fields::new());
    request.set_scheme(Some(&Scheme::Http)).expect("a scheme");
    request.set_authority(Some(authority)).expect("an authority");
    request.set_path_with_query(Some(path)).expect("a path");
    handle(request, None).expect("a request")
}

/// The bytes of a body, read to its end.
fn finish(response: &FutureIncomingResponse) -> u64 {
    let response = response.get().expect("an answer").expect("the first one");
    let response = response.expect("a response");
    assert_eq!(response.status(), 200);
    let body = response.consume().expect("a body");
    let stream = body.stream().expect("a stream");
    let mut read = 0;
    loop {
        match stream.blocking_read(64 << 10) {
            Ok(bytes) => read += bytes.len() as u64,
            Err(StreamError::Closed) => break read,
            Err(error) => panic!("{error:?}"),
        }
    }
}

fn get(authority: &str, path: &str) -> u64 {
    let response = start(authority, path);
    response.subscribe().block();
    finish(&response)
}

impl Guest for HttpLoops {
    fn get_series(authority: String, path: String, count: u32) -> Vec<u64> {
        let times = (0..count).map(|_| {
            let start = now();
            get(&authority, &path);
            now() - start
        });
        times.collect()
    }

    fn get_many(authority: String, path: String, at_once: u32, count: u32) -> u64 {
        let begun = now();
        let mut left = count;
        let mut running: Vec<(Pollable, FutureIncomingResponse)> = Vec::new();
        while left > 0 || !running.is_empty() {
            while left > 0 && running.len() < at_once as usize {
                let response = start(&authority, &path);
                running.push((response.subscribe(), response));
                left -= 1;
            }
            let pollables: Vec<&Pollable> = running.iter().map(|(pollable, _)| pollable).collect();
            let mut ready = poll(&pollables);
            // From the back, so that the positions in front stay valid.
            ready.sort_unstable();
            for at in ready.into_iter().rev() {
                let (pollable, response) = running.swap_remove(at as usize);
                drop(pollable);
                finish(&response);
            }
        }
        now() - begun
    }

    fn download(authority: String, path: String, bytes: u64) -> u64 {
        let start = now();
        assert_eq!(get(&authority, &path), bytes);
        now() - start
    }
}
