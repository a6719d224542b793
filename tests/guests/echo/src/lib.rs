//! An echo server and its clients, over TCP and over UDP, on 127.0.0.1.
//!
//! `tcp-server PORT CONNECTIONS`, `udp-server PORT DATAGRAMS`, `tcp-client PORT WORD...`,
//! `udp-client PORT WORD...`. A server ends after so many.
#![no_std]

extern crate alloc;
extern crate support;

wit_bindgen::generate!({
    path: [
        "../../../wit/deps/io",
        "../../../wit/deps/clocks",
        "../../../wit/deps/cli",
        "../../../wit/deps/sockets",
        "../wit/echo.wit",
    ],
    world: "test:guests/echo-guest",
    generate_all,
});

mod tcp;
mod udp;

use alloc::format;
use alloc::string::{String, ToString};
use exports::wasi::cli::run::Guest;
use wasi::cli::environment::get_arguments;
use wasi::io::streams::StreamError;
use wasi::sockets::network::{ErrorCode, IpSocketAddress, Ipv4SocketAddress};

support::console!();

struct Echo;
export!(Echo);

/// Why it ended: a code of the network, or the end of a stream.
struct Failure(String);

impl From<ErrorCode> for Failure {
    fn from(code: ErrorCode) -> Failure {
        Failure(code.name().to_string())
    }
}

impl From<StreamError> for Failure {
    fn from(error: StreamError) -> Failure {
        match error {
            StreamError::Closed => Failure("the stream is closed".to_string()),
            StreamError::LastOperationFailed(error) => Failure(error.to_debug_string()),
        }
    }
}

fn here(port: u16) -> IpSocketAddress {
    IpSocketAddress::Ipv4(Ipv4SocketAddress {
        port,
        address: (127, 0, 0, 1),
    })
}

fn say(line: &str) {
    let _ = print(&format!("{line}\n"));
}

impl Guest for Echo {
    fn run() -> Result<(), ()> {
        let arguments = get_arguments();
        let words: alloc::vec::Vec<&str> = arguments.iter().map(String::as_str).collect();
        let port = words.get(2).and_then(|port| port.parse().ok());
        let count = words.get(3).and_then(|count| count.parse().ok());
        let ended = match (words.get(1), port, count) {
            (Some(&"tcp-server"), Some(port), Some(count)) => tcp::serve(port, count),
            (Some(&"udp-server"), Some(port), Some(count)) => udp::serve(port, count),
            (Some(&"tcp-client"), Some(port), _) => tcp::talk(port, &words[3..]),
            (Some(&"udp-client"), Some(port), _) => udp::talk(port, &words[3..]),
            _ => Err(Failure(
                "usage: echo tcp-server|udp-server PORT COUNT, echo tcp-client|udp-client PORT WORD..."
                    .to_string(),
            )),
        };
        ended.map_err(|Failure(why)| {
            let _ = complain(&format!("{why}\n"));
        })
    }
}
