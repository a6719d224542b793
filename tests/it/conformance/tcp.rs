//! TCP: guests that connect and guests that listen.

use std::future::Future;
use std::net::{Shutdown, SocketAddr};

use serde_json::json;
use wippy_dispatcher::net::{Family, TcpListener, TcpSocket, TcpStream};
use wippy_dispatcher::{Error, Handle, Task};

use super::over_both_drivers;
use super::world::World;

over_both_drivers!(
    a_client_half_closes_and_still_reads,
    a_server_serves_native_clients,
    a_server_half_closes_and_still_reads,
    guests_talk_to_guests,
    a_command_serves_a_command,
    a_closed_port_refuses,
    a_port_that_somebody_listens_on_is_in_use,
    nothing_is_read_before_something_comes,
    a_peer_that_reads_late_parks_its_writer,
    a_guest_that_never_blocks_gets_its_answers,
    a_full_backlog_keeps_a_connect_waiting,
    connections_come_and_go,
);

/// A listener on the guests' host, and its port.
pub(super) fn listen(handle: &Handle, any: SocketAddr) -> (TcpListener, u16) {
    let listener = TcpListener::bind(handle, any).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    (listener, port)
}

/// Reads to the end.
pub(super) async fn read_all(stream: &TcpStream) -> Result<Vec<u8>, Error> {
    let (mut all, mut buffer) = (Vec::new(), vec![0; 1 << 16]);
    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(all),
            read => all.extend_from_slice(&buffer[..read]),
        }
    }
}

fn spawn<T: 'static>(world: &World, peer: impl Future<Output = T> + 'static) -> Task<T> {
    world.client.spawn(peer).expect("a task")
}

fn a_client_half_closes_and_still_reads(world: &World) {
    for (v6, any) in world.loopbacks() {
        let (listener, port) = listen(&world.client, any);
        let peer = spawn(world, async move {
            let (stream, _) = listener.accept().await.expect("a client");
            let received = read_all(&stream).await.expect("an end");
            stream.write_all(b"and ").await.expect("open");
            stream.write_all(&received).await.expect("open");
        });
        let words = "words ".repeat(3000);
        let answer = world.call("talk", &[json!(v6), json!(port), json!(words)]);
        assert_eq!(answer, Ok(json!({ "ok": format!("and {words}") })));
        world.end(peer);
    }
}

fn a_server_serves_native_clients(world: &World) {
    for (v6, any) in world.loopbacks() {
        let (server, printed) = world.start("serve", vec![json!(v6), json!(3)]);
        let port = u16::try_from(world.number(&printed)).expect("a port");
        let at = SocketAddr::new(any.ip(), port);
        let clients = [0, 1, 2].map(|number| {
            let handle = world.client.clone();
            spawn(world, async move {
                let words = format!("client {number} ").repeat(1000);
                let stream = TcpStream::connect(&handle, at).await.expect("it listens");
                stream.write_all(words.as_bytes()).await.expect("open");
                stream.shutdown(Shutdown::Write).expect("open");
                let echo = read_all(&stream).await.expect("an end");
                assert!(echo == words.as_bytes(), "{} bytes", echo.len());
                echo.len()
            })
        });
        let sent: usize = clients.into_iter().map(|client| world.end(client)).sum();
        assert_eq!(world.end(server), Ok(json!({ "ok": sent })));
    }
}

fn a_server_half_closes_and_still_reads(world: &World) {
    let (server, printed) = world.start("greet-and-read", vec![]);
    let port = u16::try_from(world.number(&printed)).expect("a port");
    let handle = world.client.clone();
    let client = spawn(world, async move {
        let at = ([127, 0, 0, 1], port).into();
        let stream = TcpStream::connect(&handle, at).await.expect("it listens");
        let greeting = read_all(&stream).await.expect("an end");
        stream.write_all(b"see you").await.expect("open");
        greeting
    });
    assert_eq!(world.end(client), b"good bye");
    assert_eq!(world.end(server), Ok(json!({ "ok": "see you" })));
}

fn guests_talk_to_guests(world: &World) {
    for (v6, _) in world.loopbacks() {
        let (server, printed) = world.start("serve", vec![json!(v6), json!(3)]);
        let port = world.number(&printed);
        let clients = ["one", "", "to and fro"].map(|words| {
            let talk = vec![json!(v6), json!(port), json!(words)];
            (words, world.start("talk", talk).0)
        });
        for (words, client) in clients {
            assert_eq!(world.end(client), Ok(json!({ "ok": words })));
        }
        assert_eq!(world.end(server), Ok(json!({ "ok": 13 })));
    }
}

fn a_command_serves_a_command(world: &World) {
    let (free, port) = listen(&world.client, ([127, 0, 0, 1], 0).into());
    drop(free);
    let port = port.to_string();
    let line = format!("tcp server: listening on port {port}\n");
    let server = world.serve(&["echo", "tcp-server", &port, "1"], &line);
    let ended = world.run(&["echo", "tcp-client", &port, "hello", "there"]);
    assert_eq!(ended.stdout, "tcp client: hello\ntcp client: there\n");
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    assert_eq!(world.end(server), 0);
}

fn a_closed_port_refuses(world: &World) {
    for (v6, any) in world.loopbacks() {
        let (closed, port) = listen(&world.client, any);
        drop(closed);
        let arguments = [json!(v6), json!(port)];
        let refused = world.call("connect", &arguments);
        assert_eq!(refused, Ok(json!("connection-refused")));
    }
}

fn a_port_that_somebody_listens_on_is_in_use(world: &World) {
    let (held, port) = listen(&world.client, ([127, 0, 0, 1], 0).into());
    let taken = world.call("tcp-bind", &[json!(port)]);
    assert_eq!(taken, Ok(json!("address-in-use")));
    drop(held);
    assert_eq!(world.call("tcp-bind", &[json!(port)]), Ok(json!("ok")));
}

fn nothing_is_read_before_something_comes(world: &World) {
    let (_listener, port) = listen(&world.client, ([127, 0, 0, 1], 0).into());
    assert_eq!(
        world.lines("read-nothing", &[json!(port)]),
        ["0 bytes", "ok", "closed", "true", "closed"]
    );
}

fn a_peer_that_reads_late_parks_its_writer(world: &World) {
    const BYTES: u64 = 6 << 20;
    let (listener, port) = listen(&world.client, ([127, 0, 0, 1], 0).into());
    listener.options().set_receive_buffer(1 << 14).expect("set");
    let (writer, _) = world.start("write-much", vec![json!(port), json!(BYTES)]);
    // It cannot end before somebody reads, however long that takes.
    let (stream, _) = world.wait(listener.accept()).expect("the writer");
    world.run_for(5);
    assert!(!writer.is_finished());
    let reading = spawn(world, async move {
        read_all(&stream).await.map(|all| all.len())
    });
    let parked = world.end(writer).expect("no trap");
    assert!(
        parked["ok"].as_u64().is_some_and(|count| count > 0),
        "{parked}"
    );
    assert_eq!(world.end(reading).expect("an end") as u64, BYTES);
}

fn a_guest_that_never_blocks_gets_its_answers(world: &World) {
    let (listener, port) = listen(&world.client, ([127, 0, 0, 1], 0).into());
    let peer = spawn(world, async move {
        let (stream, _) = listener.accept().await.expect("a client");
        let mut buffer = [0; 8];
        while let Ok(read @ 1..) = stream.read(&mut buffer).await {
            stream.write_all(&buffer[..read]).await.expect("open");
        }
    });
    let spins = world
        .call("busy", &[json!(port), json!(30)])
        .expect("no trap");
    assert!(spins["ok"].is_u64(), "{spins}");
    world.end(peer);
}

/// A connection that finds the backlog full tries again after a second.
fn a_full_backlog_keeps_a_connect_waiting(world: &World) {
    let any: SocketAddr = ([127, 0, 0, 1], 0).into();
    let socket = TcpSocket::new(&world.client, Family::V4).expect("a socket");
    socket.bind(any).expect("a port");
    let address = socket.local_addr().expect("an address");
    let listener = socket.listen(0).expect("a backlog");
    let connect = TcpStream::connect(&world.client, address);
    let _filling = world.wait(connect).expect("room for one");
    let arguments = vec![json!(false), json!(address.port())];
    let (waiting, _) = world.start("connect", arguments);
    world.run_for(20);
    assert!(!waiting.is_finished(), "the backlog is full");
    world.wait(listener.accept()).expect("the first");
    assert_eq!(world.end(waiting), Ok(json!("ok")));
}

fn connections_come_and_go(world: &World) {
    let answer = world.call("churn", &[json!(40)]);
    assert_eq!(answer, Ok(json!({ "ok": 40 })));
}
