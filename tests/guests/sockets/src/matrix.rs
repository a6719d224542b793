//! Every function of a socket in every state: a line a function, a column a state.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::tcp::{connect, listen};
use crate::wasi::io::streams::{InputStream, OutputStream};
use crate::wasi::sockets::instance_network::instance_network;
use crate::wasi::sockets::network::{ErrorCode, IpSocketAddress};
use crate::wasi::sockets::tcp::{ShutdownType, TcpSocket};
use crate::wasi::sockets::tcp_create_socket::create_tcp_socket;
use crate::wasi::sockets::udp::{IncomingDatagramStream, OutgoingDatagramStream, UdpSocket};
use crate::wasi::sockets::udp_create_socket::create_udp_socket;
use crate::{family, loopback, port_of};

const SECOND: u64 = 1_000_000_000;

/// An outcome in a word.
fn word<T>(result: Result<T, ErrorCode>) -> String {
    match result {
        Ok(_) => "ok",
        Err(ErrorCode::InvalidState) => "state",
        Err(ErrorCode::InvalidArgument) => "argument",
        Err(ErrorCode::ConcurrencyConflict) => "conflict",
        Err(ErrorCode::NotInProgress) => "none",
        Err(code) => code.name(),
    }
    .to_string()
}

fn names<T: core::fmt::Debug>(states: &[T]) -> String {
    let names: Vec<String> = states.iter().map(|state| format!("{state:?}").to_lowercase()).collect();
    names.join(" ")
}

/// A socket in a state. Fields are dropped in their order: children first.
struct Tcp {
    _streams: Option<(InputStream, OutputStream)>,
    socket: TcpSocket,
    _peer: Option<crate::tcp::Connection>,
}

/// Where others connect to, and a port where nobody listens.
struct Around {
    v6: bool,
    server: TcpSocket,
    address: IpSocketAddress,
    closed: IpSocketAddress,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum TcpState {
    Unbound,
    Binding,
    Bound,
    Starting,
    Listening,
    Connecting,
    Refused,
    Connected,
    Accepted,
    Closed,
}

const TCP_STATES: [TcpState; 10] = [
    TcpState::Unbound,
    TcpState::Binding,
    TcpState::Bound,
    TcpState::Starting,
    TcpState::Listening,
    TcpState::Connecting,
    TcpState::Refused,
    TcpState::Connected,
    TcpState::Accepted,
    TcpState::Closed,
];

impl Around {
    fn new(v6: bool) -> Around {
        let server = listen(loopback(v6, 0), Some(1024)).expect("a port");
        let address = server.local_address().expect("bound");
        let gone = listen(loopback(v6, 0), None).expect("a port");
        let closed = gone.local_address().expect("bound");
        Around {
            v6,
            server,
            address,
            closed,
        }
    }

    fn connecting(&self, to: IpSocketAddress) -> TcpSocket {
        let socket = create_tcp_socket(family(self.v6)).expect("a socket");
        socket.start_connect(&instance_network(), to).expect("unbound");
        socket.subscribe().block();
        socket
    }

    fn tcp(&self, state: TcpState) -> Tcp {
        let network = instance_network();
        let fresh = || create_tcp_socket(family(self.v6)).expect("a socket");
        let binding = || {
            let socket = fresh();
            socket.start_bind(&network, loopback(self.v6, 0)).expect("a port");
            socket
        };
        let bound = || {
            let socket = binding();
            socket.finish_bind().expect("started");
            socket
        };
        let starting = || {
            let socket = bound();
            socket.start_listen().expect("bound");
            socket
        };
        let mut streams = None;
        let mut peer = None;
        let socket = match state {
            TcpState::Unbound => fresh(),
            TcpState::Binding => binding(),
            TcpState::Bound => bound(),
            TcpState::Starting => starting(),
            TcpState::Listening => {
                let socket = starting();
                socket.finish_listen().expect("started");
                socket
            }
            TcpState::Connecting => self.connecting(self.address),
            TcpState::Refused => self.connecting(self.closed),
            TcpState::Connected => {
                let socket = self.connecting(self.address);
                streams = Some(socket.finish_connect().expect("it listens"));
                socket
            }
            TcpState::Accepted => {
                // Whoever came before was left by its test.
                while let Ok((socket, input, output)) = self.server.accept() {
                    drop((input, output));
                    drop(socket);
                }
                peer = Some(connect(self.address).expect("it listens"));
                let (socket, input, output) = self.server.accept().expect("somebody");
                streams = Some((input, output));
                socket
            }
            TcpState::Closed => {
                let socket = self.connecting(self.closed);
                let _ = socket.finish_connect();
                socket
            }
        };
        Tcp {
            _streams: streams,
            socket,
            _peer: peer,
        }
    }
}

type Try<S> = (&'static str, Box<dyn Fn(&S) -> String>);

fn tcp_functions(around: &Around) -> Vec<Try<TcpSocket>> {
    let (any, address) = (loopback(around.v6, 0), around.address);
    let other = loopback(!around.v6, 80);
    alloc::vec![
        ("start-bind", Box::new(move |s| word(s.start_bind(&instance_network(), any)))),
        ("start-bind, other family", Box::new(move |s| {
            word(s.start_bind(&instance_network(), other))
        })),
        ("finish-bind", Box::new(|s| word(s.finish_bind()))),
        ("start-connect", Box::new(move |s| word(s.start_connect(&instance_network(), address)))),
        ("start-connect, port 0", Box::new(move |s| {
            word(s.start_connect(&instance_network(), any))
        })),
        ("finish-connect", Box::new(|s| word(s.finish_connect()))),
        ("start-listen", Box::new(|s| word(s.start_listen()))),
        ("finish-listen", Box::new(|s| word(s.finish_listen()))),
        ("accept", Box::new(|s| word(s.accept()))),
        ("local-address", Box::new(|s| word(s.local_address()))),
        ("remote-address", Box::new(|s| word(s.remote_address()))),
        ("is-listening", Box::new(|s| s.is_listening().to_string())),
        ("set-listen-backlog-size 0", Box::new(|s| word(s.set_listen_backlog_size(0)))),
        ("set-listen-backlog-size", Box::new(|s| word(s.set_listen_backlog_size(u64::MAX)))),
        ("keep-alive-enabled", Box::new(|s| word(s.keep_alive_enabled()))),
        ("set-keep-alive-enabled", Box::new(|s| word(s.set_keep_alive_enabled(true)))),
        ("keep-alive-idle-time", Box::new(|s| word(s.keep_alive_idle_time()))),
        ("set-keep-alive-idle-time 0", Box::new(|s| word(s.set_keep_alive_idle_time(0)))),
        ("set-keep-alive-idle-time", Box::new(|s| word(s.set_keep_alive_idle_time(SECOND)))),
        ("keep-alive-interval", Box::new(|s| word(s.keep_alive_interval()))),
        ("set-keep-alive-interval 0", Box::new(|s| word(s.set_keep_alive_interval(0)))),
        ("set-keep-alive-interval", Box::new(|s| word(s.set_keep_alive_interval(SECOND)))),
        ("keep-alive-count", Box::new(|s| word(s.keep_alive_count()))),
        ("set-keep-alive-count 0", Box::new(|s| word(s.set_keep_alive_count(0)))),
        ("set-keep-alive-count", Box::new(|s| word(s.set_keep_alive_count(3)))),
        ("hop-limit", Box::new(|s| word(s.hop_limit()))),
        ("set-hop-limit 0", Box::new(|s| word(s.set_hop_limit(0)))),
        ("set-hop-limit", Box::new(|s| word(s.set_hop_limit(9)))),
        ("receive-buffer-size", Box::new(|s| word(s.receive_buffer_size()))),
        ("set-receive-buffer-size 0", Box::new(|s| word(s.set_receive_buffer_size(0)))),
        ("set-receive-buffer-size", Box::new(|s| word(s.set_receive_buffer_size(9000)))),
        ("send-buffer-size", Box::new(|s| word(s.send_buffer_size()))),
        ("set-send-buffer-size 0", Box::new(|s| word(s.set_send_buffer_size(0)))),
        ("set-send-buffer-size", Box::new(|s| word(s.set_send_buffer_size(9000)))),
        ("subscribe, ready", Box::new(|s| s.subscribe().ready().to_string())),
        ("shutdown receive", Box::new(|s| word(s.shutdown(ShutdownType::Receive)))),
        ("shutdown send", Box::new(|s| word(s.shutdown(ShutdownType::Send)))),
        ("shutdown both", Box::new(|s| word(s.shutdown(ShutdownType::Both)))),
    ]
}

pub fn tcp(v6: bool) -> Vec<String> {
    let around = Around::new(v6);
    let mut lines = alloc::vec![format!("state: {}", names(&TCP_STATES))];
    for (name, function) in tcp_functions(&around) {
        let outcomes = TCP_STATES.map(|state| function(&around.tcp(state).socket));
        lines.push(format!("{name}: {}", outcomes.join(" ")));
    }
    lines
}

struct Udp {
    _streams: Option<(IncomingDatagramStream, OutgoingDatagramStream)>,
    socket: UdpSocket,
}

#[derive(Clone, Copy, PartialEq, PartialOrd, Debug)]
enum UdpState {
    Unbound,
    Binding,
    Bound,
    Streaming,
    Connected,
}

const UDP_STATES: [UdpState; 5] = [
    UdpState::Unbound,
    UdpState::Binding,
    UdpState::Bound,
    UdpState::Streaming,
    UdpState::Connected,
];

fn udp_in(v6: bool, state: UdpState, peer: IpSocketAddress) -> Udp {
    let socket = create_udp_socket(family(v6)).expect("a socket");
    let mut streams = None;
    if state >= UdpState::Binding {
        socket.start_bind(&instance_network(), loopback(v6, 0)).expect("a port");
    }
    if state >= UdpState::Bound {
        socket.finish_bind().expect("started");
    }
    if state >= UdpState::Streaming {
        let remote = (state == UdpState::Connected).then_some(peer);
        streams = Some(socket.stream(remote).expect("bound"));
    }
    Udp {
        _streams: streams,
        socket,
    }
}

pub fn udp(v6: bool) -> Vec<String> {
    let peer = crate::udp::bound(loopback(v6, 0)).expect("a port");
    let (any, to) = (loopback(v6, 0), peer.local_address().expect("bound"));
    let other = loopback(!v6, port_of(to));
    let functions: Vec<Try<UdpSocket>> = alloc::vec![
        ("start-bind", Box::new(move |s| word(s.start_bind(&instance_network(), any)))),
        ("start-bind, other family", Box::new(move |s| {
            word(s.start_bind(&instance_network(), other))
        })),
        ("finish-bind", Box::new(|s| word(s.finish_bind()))),
        ("stream none", Box::new(|s| word(s.stream(None)))),
        ("stream some", Box::new(move |s| word(s.stream(Some(to))))),
        ("stream some, port 0", Box::new(move |s| word(s.stream(Some(any))))),
        ("stream some, other family", Box::new(move |s| word(s.stream(Some(other))))),
        ("local-address", Box::new(|s| word(s.local_address()))),
        ("remote-address", Box::new(|s| word(s.remote_address()))),
        ("unicast-hop-limit", Box::new(|s| word(s.unicast_hop_limit()))),
        ("set-unicast-hop-limit 0", Box::new(|s| word(s.set_unicast_hop_limit(0)))),
        ("set-unicast-hop-limit", Box::new(|s| word(s.set_unicast_hop_limit(9)))),
        ("receive-buffer-size", Box::new(|s| word(s.receive_buffer_size()))),
        ("set-receive-buffer-size 0", Box::new(|s| word(s.set_receive_buffer_size(0)))),
        ("set-receive-buffer-size", Box::new(|s| word(s.set_receive_buffer_size(9000)))),
        ("send-buffer-size", Box::new(|s| word(s.send_buffer_size()))),
        ("set-send-buffer-size 0", Box::new(|s| word(s.set_send_buffer_size(0)))),
        ("set-send-buffer-size", Box::new(|s| word(s.set_send_buffer_size(9000)))),
        ("subscribe, ready", Box::new(|s| s.subscribe().ready().to_string())),
    ];
    let mut lines = alloc::vec![format!("state: {}", names(&UDP_STATES))];
    for (name, function) in functions {
        let outcomes = UDP_STATES.map(|state| function(&udp_in(v6, state, to).socket));
        lines.push(format!("{name}: {}", outcomes.join(" ")));
    }
    lines
}
