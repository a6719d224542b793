//! What a TCP socket refuses, and its options.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::tcp::{connect, listen};
use crate::wasi::sockets::instance_network::instance_network;
use crate::wasi::sockets::network::{
    ErrorCode, IpSocketAddress, Ipv4SocketAddress, Ipv6SocketAddress,
};
use crate::wasi::sockets::tcp::{ShutdownType, TcpSocket};
use crate::wasi::sockets::tcp_create_socket::create_tcp_socket;
use crate::{Steps, family, loopback, outcome, port_of, said};

/// What does not depend on the order.
fn try_all(steps: &mut Steps, name: &str, socket: &TcpSocket) {
    let mut tried = |what: &str, outcome: String| steps.saw(&format!("{name} {what}"), outcome);
    tried("finish-bind", outcome(socket.finish_bind()));
    tried("finish-connect", outcome(socket.finish_connect()));
    tried("finish-listen", outcome(socket.finish_listen()));
    tried("accept", outcome(socket.accept()));
    tried("local-address", outcome(socket.local_address()));
    tried("remote-address", outcome(socket.remote_address()));
    tried("shutdown", outcome(socket.shutdown(ShutdownType::Both)));
    tried("is-listening", format!("{}", socket.is_listening()));
}

pub fn states(v6: bool) -> Vec<String> {
    let (mut steps, network) = (Steps::new(), instance_network());
    let any = loopback(v6, 0);
    let socket = create_tcp_socket(family(v6)).expect("a socket");
    try_all(&mut steps, "unbound", &socket);
    steps.tried("unbound start-listen", socket.start_listen());
    steps.tried("start-bind", socket.start_bind(&network, any));
    steps.tried("binding start-bind", socket.start_bind(&network, any));
    steps.tried("binding start-connect", socket.start_connect(&network, loopback(v6, 1)));
    steps.tried("binding start-listen", socket.start_listen());
    steps.tried("binding local-address", socket.local_address());
    steps.saw("binding ready", socket.subscribe().ready());
    steps.tried("finish-bind", socket.finish_bind());
    try_all(&mut steps, "bound", &socket);
    steps.tried("bound start-bind", socket.start_bind(&network, any));
    steps.tried("backlog of 0", socket.set_listen_backlog_size(0));
    steps.tried("backlog of 5", socket.set_listen_backlog_size(5));
    steps.tried("start-listen", socket.start_listen());
    steps.tried("starting start-listen", socket.start_listen());
    steps.tried("starting accept", socket.accept());
    steps.tried("finish-listen", socket.finish_listen());
    let arrival = socket.subscribe();
    steps.saw("listening ready", arrival.ready());
    try_all(&mut steps, "listening", &socket);
    steps.tried("listening start-listen", socket.start_listen());
    steps.tried("listening start-bind", socket.start_bind(&network, any));
    steps.tried("listening start-connect", socket.start_connect(&network, loopback(v6, 1)));
    steps.tried("listening backlog of 9", socket.set_listen_backlog_size(9));
    let address = socket.local_address().expect("bound");
    let connection = connect(address).expect("it listens");
    arrival.block();
    let (accepted, input, output) = socket.accept().expect("somebody");
    let same = |a: Result<IpSocketAddress, _>, b: Result<IpSocketAddress, _>| match (a, b) {
        (Ok(a), Ok(b)) => port_of(a) == port_of(b),
        _ => false,
    };
    steps.saw(
        "both ends agree",
        same(accepted.remote_address(), connection.socket.local_address())
            && same(accepted.local_address(), connection.socket.remote_address()),
    );
    let socket = &connection.socket;
    steps.tried("connected finish-connect", socket.finish_connect());
    steps.tried("connected start-connect", socket.start_connect(&network, address));
    steps.tried("connected start-bind", socket.start_bind(&network, any));
    steps.tried("connected start-listen", socket.start_listen());
    steps.tried("connected accept", socket.accept());
    steps.tried("connected backlog", socket.set_listen_backlog_size(5));
    steps.tried("connected local-address", socket.local_address());
    steps.saw("connected ready", socket.subscribe().ready());
    steps.tried("shutdown both", socket.shutdown(ShutdownType::Both));
    steps.tried("shutdown again", socket.shutdown(ShutdownType::Receive));
    drop((input, output));
    drop(accepted);
    steps.0
}

fn other_port(v6: bool) -> u16 {
    let socket = listen(loopback(v6, 0), None).expect("a port");
    port_of(socket.local_address().expect("bound"))
}

pub fn addresses(v6: bool) -> Vec<String> {
    let (mut steps, network) = (Steps::new(), instance_network());
    let fresh = || create_tcp_socket(family(v6)).expect("a socket");
    let v6_at = |address, port| {
        IpSocketAddress::Ipv6(Ipv6SocketAddress {
            port,
            flow_info: 0,
            address,
            scope_id: 0,
        })
    };
    let v4_at = |address, port| IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address });
    let (wildcard, multicast) = match v6 {
        true => (
            v6_at((0, 0, 0, 0, 0, 0, 0, 0), 80),
            v6_at((0xff02, 0, 0, 0, 0, 0, 0, 1), 80),
        ),
        false => (v4_at((0, 0, 0, 0), 80), v4_at((224, 0, 0, 1), 80)),
    };
    let mapped = v6_at((0, 0, 0, 0, 0, 0xffff, 0x7f00, 1), 80);
    steps.tried("bind other family", fresh().start_bind(&network, loopback(!v6, 0)));
    steps.tried("bind mapped", fresh().start_bind(&network, mapped));
    let compatible = v6_at((0, 0, 0, 0, 0, 0, 0x7f00, 1), 80);
    steps.tried("bind compatible", fresh().start_bind(&network, compatible));
    steps.tried("bind multicast", fresh().start_bind(&network, multicast));
    let unreachable = match v6 {
        true => v6_at((0x2001, 0xdb8, 0, 0, 0, 0, 0, 1), 0),
        false => v4_at((192, 0, 2, 1), 0),
    };
    steps.tried("bind not here", fresh().start_bind(&network, unreachable));
    steps.tried("connect other family", fresh().start_connect(&network, loopback(!v6, 80)));
    steps.tried("connect mapped", fresh().start_connect(&network, mapped));
    steps.tried("connect compatible", fresh().start_connect(&network, compatible));
    steps.tried("connect wildcard", fresh().start_connect(&network, wildcard));
    steps.tried("connect multicast", fresh().start_connect(&network, multicast));
    steps.tried("connect port 0", fresh().start_connect(&network, loopback(v6, 0)));
    if !v6 {
        let broadcast = v4_at((255, 255, 255, 255), 80);
        steps.tried("connect broadcast", fresh().start_connect(&network, broadcast));
    }
    // After a connect that failed only the drop is left.
    let socket = fresh();
    let closed = loopback(v6, other_port(v6));
    steps.tried("start-connect", socket.start_connect(&network, closed));
    let failed = loop {
        match socket.finish_connect() {
            Err(ErrorCode::WouldBlock) => socket.subscribe().block(),
            other => break other,
        }
    };
    steps.tried("finish-connect", failed);
    steps.tried("after it finish-connect", socket.finish_connect());
    steps.tried("after it start-connect", socket.start_connect(&network, closed));
    steps.tried("after it start-bind", socket.start_bind(&network, loopback(v6, 0)));
    steps.tried("after it local-address", socket.local_address());
    steps.tried("after it hop-limit", socket.hop_limit());
    steps.0
}

pub fn options(v6: bool) -> Vec<String> {
    const SECOND: u64 = 1_000_000_000;
    let mut steps = Steps::new();
    let socket = listen(loopback(v6, 0), None).expect("a port");
    steps.saw("family", format!("{:?}", socket.address_family() == family(v6)));
    steps.tried("keep-alive on", socket.set_keep_alive_enabled(true));
    steps.tried("idle 0", socket.set_keep_alive_idle_time(0));
    steps.tried("idle 1 ns", socket.set_keep_alive_idle_time(1));
    steps.saw("idle", socket.keep_alive_idle_time().unwrap_or(0));
    steps.tried("idle max", socket.set_keep_alive_idle_time(u64::MAX));
    steps.tried("idle 7 s", socket.set_keep_alive_idle_time(7 * SECOND));
    steps.tried("interval 0", socket.set_keep_alive_interval(0));
    steps.tried("interval 8 s", socket.set_keep_alive_interval(8 * SECOND));
    steps.tried("count 0", socket.set_keep_alive_count(0));
    steps.tried("count max", socket.set_keep_alive_count(u32::MAX));
    steps.tried("count 9", socket.set_keep_alive_count(9));
    steps.tried("hops 0", socket.set_hop_limit(0));
    steps.tried("hops 42", socket.set_hop_limit(42));
    steps.tried("receive buffer 0", socket.set_receive_buffer_size(0));
    steps.tried("receive buffer", socket.set_receive_buffer_size(0x1_0000));
    steps.tried("receive buffer max", create_tcp_socket(family(v6)).and_then(|socket| {
        socket.set_receive_buffer_size(u64::MAX)
    }));
    steps.tried("send buffer 0", socket.set_send_buffer_size(0));
    steps.tried("send buffer", socket.set_send_buffer_size(0x1_0000));
    // An accepted socket has them from its listener.
    let client = connect(socket.local_address().expect("bound")).expect("it listens");
    socket.subscribe().block();
    let (accepted, input, output) = socket.accept().expect("somebody");
    steps.saw("keep-alive", accepted.keep_alive_enabled().unwrap_or(false));
    steps.saw("idle", accepted.keep_alive_idle_time().unwrap_or(0) / SECOND);
    steps.saw("interval", accepted.keep_alive_interval().unwrap_or(0) / SECOND);
    steps.saw("count", accepted.keep_alive_count().unwrap_or(0));
    steps.saw("hops", accepted.hop_limit().unwrap_or(0));
    steps.saw("receive buffer", accepted.receive_buffer_size().unwrap_or(0));
    steps.saw("send buffer", accepted.send_buffer_size().unwrap_or(0));
    drop((input, output, accepted));
    drop(client);
    steps.0
}

pub fn bind(port: u16) -> String {
    let socket = create_tcp_socket(family(false)).expect("a socket");
    outcome(
        socket
            .start_bind(&instance_network(), loopback(false, port))
            .and_then(|()| socket.finish_bind()),
    )
}

pub fn churn(rounds: u32) -> Result<u32, String> {
    let socket = listen(loopback(false, 0), None).map_err(said)?;
    let address = socket.local_address().map_err(said)?;
    let arrival = socket.subscribe();
    for _ in 0..rounds {
        let client = connect(address).map_err(said)?;
        arrival.block();
        let (accepted, input, output) = socket.accept().map_err(said)?;
        output.blocking_write_and_flush(b"x").map_err(crate::tcp::failure)?;
        client.input.blocking_read(1).map_err(crate::tcp::failure)?;
        drop((input, output, accepted));
    }
    Ok(rounds)
}

pub fn exhaust() -> Vec<String> {
    let mut steps = Steps::new();
    let socket = listen(loopback(false, 0), Some(1024)).expect("a port");
    let address = socket.local_address().expect("bound");
    let mut clients = Vec::new();
    let refused = loop {
        match connect(address) {
            Ok(client) => clients.push(client),
            Err(code) => break code,
        }
    };
    steps.saw("connect", said(refused));
    steps.tried("accept", socket.accept());
    steps.saw("ready", socket.subscribe().ready());
    let count = clients.len();
    clients.truncate(count / 2);
    let mut accepted = Vec::new();
    while let Ok((socket, input, output)) = socket.accept() {
        accepted.push((input, output, socket));
    }
    steps.saw("accepted as many as were given back", accepted.len() >= count - count / 2);
    steps.0
}
