//! Clients, servers and mistakes with sockets.
#![no_std]

extern crate alloc;
extern crate support;

wit_bindgen::generate!({
    path: [
        "../../../wit/deps/io",
        "../../../wit/deps/clocks",
        "../../../wit/deps/cli",
        "../../../wit/deps/sockets",
        "../wit/sockets.wit",
    ],
    world: "test:guests/sockets-guest",
    generate_all,
});

mod ends;
mod matrix;
mod names;
mod tcp;
mod tcp_checks;
mod udp;
mod udp_checks;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use exports::test::guests::sockets::Guest;
use wasi::sockets::network::{
    ErrorCode, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, Ipv6SocketAddress,
};

struct Sockets;
export!(Sockets);

/// Loopback of a family; `last` is the last part of IPv4's.
fn loopback_at(v6: bool, last: u8, port: u16) -> IpSocketAddress {
    match v6 {
        false => IpSocketAddress::Ipv4(Ipv4SocketAddress {
            port,
            address: (127, 0, 0, last),
        }),
        true => IpSocketAddress::Ipv6(Ipv6SocketAddress {
            port,
            flow_info: 0,
            address: (0, 0, 0, 0, 0, 0, 0, u16::from(last)),
            scope_id: 0,
        }),
    }
}

fn loopback(v6: bool, port: u16) -> IpSocketAddress {
    loopback_at(v6, 1, port)
}

fn port_of(address: IpSocketAddress) -> u16 {
    match address {
        IpSocketAddress::Ipv4(v4) => v4.port,
        IpSocketAddress::Ipv6(v6) => v6.port,
    }
}

fn family(v6: bool) -> IpAddressFamily {
    match v6 {
        false => IpAddressFamily::Ipv4,
        true => IpAddressFamily::Ipv6,
    }
}

fn said(code: ErrorCode) -> String {
    code.name().to_string()
}

fn outcome<T>(result: Result<T, ErrorCode>) -> String {
    match result {
        Ok(_) => "ok".to_string(),
        Err(code) => said(code),
    }
}

/// Lines of what was tried and how it went.
struct Steps(Vec<String>);

impl Steps {
    fn new() -> Steps {
        Steps(Vec::new())
    }

    fn tried<T>(&mut self, what: &str, result: Result<T, ErrorCode>) {
        self.0.push(format!("{what}: {}", outcome(result)));
    }

    fn saw(&mut self, what: &str, value: impl core::fmt::Display) {
        self.0.push(format!("{what}: {value}"));
    }
}

/// A line on standard output.
fn print(line: &str) {
    let stdout = wasi::cli::stdout::get_stdout();
    let _ = stdout.blocking_write_and_flush(format!("{line}\n").as_bytes());
}

impl Guest for Sockets {
    fn talk(v6: bool, port: u16, text: String) -> Result<String, String> {
        tcp::talk(v6, port, &text)
    }
    fn serve(v6: bool, connections: u32) -> Result<u64, String> {
        tcp::serve(v6, connections)
    }
    fn greet_and_read() -> Result<String, String> {
        tcp::greet_and_read()
    }
    fn connect(v6: bool, port: u16) -> String {
        match tcp::connect(loopback(v6, port)) {
            Ok(_) => "ok".to_string(),
            Err(code) => said(code),
        }
    }
    fn read_to_failure(port: u16) -> String {
        tcp::read_to_failure(port)
    }
    fn write_much(port: u16, bytes: u64) -> Result<u32, String> {
        tcp::write_much(port, bytes)
    }
    fn write_and_end(port: u16, way: String) {
        tcp::write_and_end(port, &way);
    }
    fn busy(port: u16, rounds: u32) -> Result<u32, String> {
        tcp::busy(port, rounds)
    }
    fn read_nothing(port: u16) -> Vec<String> {
        tcp::read_nothing(port)
    }
    fn tcp_states(v6: bool) -> Vec<String> {
        tcp_checks::states(v6)
    }
    fn tcp_options(v6: bool) -> Vec<String> {
        tcp_checks::options(v6)
    }
    fn tcp_matrix(v6: bool) -> Vec<String> {
        matrix::tcp(v6)
    }
    fn udp_matrix(v6: bool) -> Vec<String> {
        matrix::udp(v6)
    }
    fn abandon() -> Vec<String> {
        ends::abandon()
    }
    fn shut_down_late() -> Vec<String> {
        ends::shut_down_late()
    }
    fn udp_edges(v6: bool) -> Vec<String> {
        udp_checks::edges(v6)
    }
    fn udp_flood(rounds: u32) -> Result<u64, String> {
        udp::flood(rounds).map_err(said)
    }
    fn tcp_addresses(v6: bool) -> Vec<String> {
        tcp_checks::addresses(v6)
    }
    fn tcp_bind(port: u16) -> String {
        tcp_checks::bind(port)
    }
    fn churn(rounds: u32) -> Result<u32, String> {
        tcp_checks::churn(rounds)
    }
    fn open_and_close(rounds: u32) {
        ends::open_and_close(rounds);
    }
    fn exhaust() -> Vec<String> {
        tcp_checks::exhaust()
    }
    fn drop_parent(which: String) {
        udp_checks::drop_parent(&which);
    }
    fn udp_states(v6: bool) -> Vec<String> {
        udp_checks::states(v6)
    }
    fn udp_options(v6: bool) -> Vec<String> {
        udp_checks::options(v6)
    }
    fn udp_serve(v6: bool, datagrams: u32) -> Result<u32, String> {
        udp::serve(v6, datagrams).map_err(said)
    }
    fn udp_talk(
        v6: bool,
        port: u16,
        texts: Vec<String>,
        connected: bool,
    ) -> Result<Vec<String>, String> {
        udp::talk(v6, port, &texts, connected).map_err(said)
    }
    fn udp_mistakes() -> Vec<String> {
        udp_checks::mistakes()
    }
    fn udp_over_permit() {
        udp_checks::over_permit();
    }
    fn look_up(name: String) -> Vec<String> {
        names::look_up(&name)
    }
    fn look_up_and_connect(name: String, port: u16) -> Vec<String> {
        names::look_up_and_connect(&name, port)
    }
    fn may(what: String, last: u8, port: u16) -> String {
        names::may(&what, last, port)
    }
}
