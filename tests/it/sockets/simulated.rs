//! The same guest over the simulated network, where it sees what it sees over the system's.

use serde_json::{Value, json};
use wippy::{Arguments, ProgramOptions, Runtime};
use wippy_dispatcher::net::{TcpListener, UdpSocket};
use wippy_dispatcher::sim::Link;
use wippy_dispatcher::{Dispatcher, Handle, Simulation};

use super::{Guest, families, project};
use crate::support::live;

fn simulation(simulation: Simulation) -> Dispatcher {
    let builder = Dispatcher::builder().simulation(simulation);
    builder.build().expect("a simulation")
}

/// What the guest finds out by itself: every function in every state, options, addresses, mistakes, and
/// connections that end at an awkward moment.
#[test]
fn a_guest_finds_the_same_over_both_drivers() {
    let program = project().program(ProgramOptions::new());
    let live = Guest::on(live(), &program);
    for seed in 0..3 {
        let rate = f64::from(seed as u32) * 0.2;
        let settings = Simulation::new(seed)
            .short_io(rate)
            .spurious_readiness(rate);
        let simulated = Guest::on(simulation(settings), &program);
        let compare = |method: &str, arguments: &[Value]| {
            let (found, expected) = (
                simulated.lines(method, arguments),
                live.lines(method, arguments),
            );
            assert_eq!(found.len(), expected.len(), "{method}, seed {seed}");
            // That a datagram found nobody is known at once on the system's loopback.
            let both = found.iter().zip(&expected);
            for (found, expected) in both.filter(|(line, _)| !line.starts_with("and again")) {
                assert_eq!(found, expected, "{method}, seed {seed}");
            }
        };
        for v6 in families() {
            for method in [
                "tcp-states",
                "tcp-options",
                "tcp-addresses",
                "tcp-matrix",
                "udp-states",
                "udp-options",
                "udp-matrix",
                "udp-edges",
            ] {
                compare(method, &[json!(v6)]);
            }
        }
        // Not `abandon`: it closes a socket that connects, which on the system's loopback is connected by
        // then, and on a network is not.
        for method in ["shut-down-late", "udp-mistakes"] {
            compare(method, &[]);
        }
        assert_eq!(
            simulated.call("churn", &[json!(20)]),
            Ok(json!({ "ok": 20 }))
        );
        simulated
            .call("open-and-close", &[json!(50)])
            .expect("closed");
    }
}

/// A native task on the guest's own host.
#[test]
fn a_guest_talks_with_a_native_task_over_loopback() {
    let program = project().program(ProgramOptions::new());
    for seed in 0..10 {
        let simulated = Dispatcher::simulated(seed).expect("a simulation");
        let guest = Guest::on(simulated, &program);
        let handle = guest.dispatcher.handle();
        let listener = TcpListener::bind(&handle, ([127, 0, 0, 1], 0).into()).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let echo = async move {
            let (stream, _) = listener.accept().await.expect("a client");
            let mut buffer = [0; 16];
            while let Ok(read @ 1..) = stream.read(&mut buffer).await {
                stream.write_all(&buffer[..read]).await.expect("open");
            }
        };
        handle.spawn(echo).expect("a task").detach();
        let text = "what goes there comes back, in pieces";
        let answer = guest.call("talk", &[json!(false), json!(port), json!(text)]);
        assert_eq!(answer, Ok(json!({ "ok": text })));

        let socket = UdpSocket::bound(&handle, ([127, 0, 0, 1], 0).into()).expect("a port");
        let port = socket.local_addr().expect("an address").port();
        let echo = async move {
            let mut buffer = [0; 64];
            while let Ok((length, from)) = socket.recv(&mut buffer).await {
                socket
                    .send(&buffer[..length], Some(from))
                    .await
                    .expect("room");
            }
        };
        handle.spawn(echo).expect("a task").detach();
        for connected in [false, true] {
            let arguments = [
                json!(false),
                json!(port),
                json!(["a", "bc"]),
                json!(connected),
            ];
            let answer = guest.call("udp-talk", &arguments);
            assert_eq!(answer, Ok(json!({ "ok": ["a", "bc"] })));
        }
    }
}

/// A guest that serves and one that asks, on hosts of their own, with a link that loses packets.
#[test]
fn guests_on_two_hosts_have_names_and_a_link() {
    let program = project().program(ProgramOptions::new());
    let run = |seed: u64| {
        let settings = Simulation::new(seed)
            .host("server", [])
            .host("client", [])
            .default_link(Link::new().loss(0.1));
        let dispatcher = simulation(settings);
        let on = |host: &str| -> (Handle, Runtime) {
            let handle = dispatcher.host(host).expect("a host").handle();
            let runtime = Runtime::on(handle.clone(), program.clone()).expect("an engine");
            (handle, runtime)
        };
        let ((server, _), (client, runtime)) = (on("server"), on("client"));
        let any = ([0, 0, 0, 0], 80).into();
        let listener = TcpListener::bind(&server, any).expect("a port");
        let served = async move {
            loop {
                listener.accept().await.expect("a client");
            }
        };
        server.spawn(served).expect("a task").detach();
        let asks = async move {
            let arguments = [json!("server"), json!(80)];
            let arguments = Arguments::Json(&arguments);
            let answer = runtime.call("look-up-and-connect", arguments).await;
            answer.map_err(|error| error.to_string())
        };
        let asks = client.spawn(asks).expect("a task");
        let answer = dispatcher.block_on(asks).expect("no deadlock");
        let trace = dispatcher.trace().expect("a simulation");
        (answer.expect("not cancelled"), trace.hash())
    };
    let (answer, hash) = run(4);
    // It has an address of each family, and listens at that of IPv4.
    assert_eq!(answer, Ok(json!(["ok", "connection-refused"])));
    assert_eq!(run(4).1, hash);
    assert_ne!(run(5).1, hash);
}
