//! Connections that end, and sockets that go away, at an awkward moment.

use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use crate::tcp::{Connection, connect, failure, listen};
use crate::wasi::io::streams::InputStream;
use crate::wasi::sockets::instance_network::instance_network;
use crate::wasi::sockets::tcp::{ShutdownType, TcpSocket};
use crate::wasi::sockets::tcp_create_socket::create_tcp_socket;
use crate::wasi::sockets::udp_create_socket::create_udp_socket;
use crate::{Steps, family, loopback};

fn server() -> TcpSocket {
    listen(loopback(false, 0), None).expect("a port")
}

/// Both ends of a connection.
fn pair(server: &TcpSocket) -> (Connection, Connection) {
    let client = connect(server.local_address().expect("bound")).expect("it listens");
    server.subscribe().block();
    let (socket, input, output) = server.accept().expect("somebody");
    let accepted = Connection {
        input,
        output,
        socket,
    };
    (client, accepted)
}

/// One whose peer has reset it before the first read.
fn reset(server: &TcpSocket) -> Connection {
    let (client, accepted) = pair(server);
    accepted.output.blocking_write_and_flush(b"nobody reads this").expect("open");
    client.input.subscribe().block();
    drop(client);
    accepted.input.subscribe().block();
    accepted
}

fn read(input: &InputStream) -> String {
    match input.blocking_read(9) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => failure(error),
    }
}

const WAYS: [(&str, ShutdownType); 3] = [
    ("receive", ShutdownType::Receive),
    ("send", ShutdownType::Send),
    ("both", ShutdownType::Both),
];

pub fn abandon() -> Vec<String> {
    let (mut steps, network) = (Steps::new(), instance_network());
    // A listener that goes while connections wait.
    let listener = server();
    let address = listener.local_address().expect("bound");
    let clients: Vec<Connection> = (0..3).map(|_| connect(address).expect("room")).collect();
    drop(listener);
    for client in &clients {
        steps.saw("nobody accepted", read(&client.input));
    }
    // A socket that goes while it connects: its peer sees an end and nothing else.
    let listener = server();
    let address = listener.local_address().expect("bound");
    let socket = create_tcp_socket(family(false)).expect("a socket");
    socket.start_connect(&network, address).expect("unbound");
    drop(socket);
    listener.subscribe().block();
    let (accepted, input, output) = listener.accept().expect("somebody");
    steps.saw("gone while it connected", read(&input));
    drop((input, output));
    drop(accepted);
    // A reset before the first read.
    let connection = reset(&listener);
    steps.saw("reset", read(&connection.input));
    steps.saw("and again", read(&connection.input));
    steps.tried("its local-address", connection.socket.local_address());
    steps.tried("its remote-address", connection.socket.remote_address());
    steps.tried("its hop-limit", connection.socket.hop_limit());
    steps.saw("its write", match connection.output.blocking_write_and_flush(b"x") {
        Ok(()) => "ok".to_string(),
        Err(error) => failure(error),
    });
    steps.0
}

/// Shutting down what has ended already, in each way.
pub fn shut_down_late() -> Vec<String> {
    let (mut steps, listener) = (Steps::new(), server());
    for (name, way) in WAYS {
        let connection = reset(&listener);
        // The end is known to this side before it shuts anything down.
        let told = read(&connection.input);
        steps.tried(&[&told, ", ", name].concat(), connection.socket.shutdown(way));
    }
    for (name, way) in WAYS {
        let (client, accepted) = pair(&listener);
        client.socket.shutdown(ShutdownType::Send).expect("connected");
        let first = read(&accepted.input);
        accepted.socket.shutdown(ShutdownType::Send).expect("connected");
        let ends = vec![first, ", ".to_string(), read(&client.input), ", ".to_string()].concat();
        steps.tried(&[ends.as_str(), name, ", client"].concat(), client.socket.shutdown(way));
        steps.tried(&[ends.as_str(), name, ", server"].concat(), accepted.socket.shutdown(way));
    }
    steps.0
}

pub fn open_and_close(rounds: u32) {
    for _ in 0..rounds {
        drop(create_tcp_socket(family(false)).expect("a socket"));
        drop(create_udp_socket(family(false)).expect("a socket"));
    }
}
