//! UDP: guests that ask and guests that answer.

use std::net::SocketAddr;

use serde_json::json;
use wippy_dispatcher::net::UdpSocket;

use super::over_both_drivers;
use super::world::World;

over_both_drivers!(
    a_client_talks_connected_or_not,
    a_server_answers_native_clients,
    a_port_where_nobody_is_refuses_who_is_connected,
    a_guest_sends_itself_large_datagrams,
    a_command_answers_a_command,
);

fn bound(world: &World, any: SocketAddr) -> (UdpSocket, u16) {
    let socket = UdpSocket::bound(&world.client, any).expect("a port");
    let port = socket.local_addr().expect("an address").port();
    (socket, port)
}

fn a_client_talks_connected_or_not(world: &World) {
    for (v6, any) in world.loopbacks() {
        let (socket, port) = bound(world, any);
        let echo = async move {
            let mut buffer = [0; 64];
            while let Ok((length, from)) = socket.recv(&mut buffer).await {
                let sent = socket.send(&buffer[..length], Some(from)).await;
                assert_eq!(sent.expect("room"), length);
            }
        };
        let echo = world.client.spawn(echo).expect("a task");
        let texts: Vec<String> = (0..40).map(|number| format!("text {number}")).collect();
        for connected in [false, true] {
            let arguments = [json!(v6), json!(port), json!(texts), json!(connected)];
            let answers = world.call("udp-talk", &arguments);
            assert_eq!(answers, Ok(json!({ "ok": texts })));
        }
        drop(echo);
    }
}

fn a_server_answers_native_clients(world: &World) {
    for (v6, any) in world.loopbacks() {
        let (server, printed) = world.start("udp-serve", vec![json!(v6), json!(5)]);
        let port = u16::try_from(world.number(&printed)).expect("a port");
        let at = SocketAddr::new(any.ip(), port);
        let (socket, _) = bound(world, any);
        for number in 0..5u8 {
            let talk = async {
                socket.send(&[number; 9], Some(at)).await?;
                let mut buffer = [0; 64];
                let (length, from) = socket.recv(&mut buffer).await?;
                Ok::<_, wippy_dispatcher::Error>((buffer[..length].to_vec(), from))
            };
            let answer = world.wait(talk).expect("an answer");
            assert_eq!(answer, (vec![number; 9], at));
        }
        assert_eq!(world.end(server), Ok(json!({ "ok": 5 })));
    }
}

fn a_port_where_nobody_is_refuses_who_is_connected(world: &World) {
    for (v6, any) in world.loopbacks() {
        let (closed, port) = bound(world, any);
        drop(closed);
        let arguments = [json!(v6), json!(port), json!(["x"]), json!(true)];
        let answer = world.call("udp-talk", &arguments);
        assert_eq!(answer, Ok(json!({ "err": "connection-refused" })));
    }
}

fn a_guest_sends_itself_large_datagrams(world: &World) {
    let answer = world.call("udp-flood", &[json!(4)]);
    assert_eq!(answer, Ok(json!({ "ok": 4 * 8 * 8192 })));
}

fn a_command_answers_a_command(world: &World) {
    let (free, port) = bound(world, ([127, 0, 0, 1], 0).into());
    drop(free);
    let port = port.to_string();
    let line = format!("udp server: waiting on port {port}\n");
    let server = world.serve(&["echo", "udp-server", &port, "2"], &line);
    let ended = world.run(&["echo", "udp-client", &port, "one", "two"]);
    assert_eq!(ended.stdout, "udp client: one\nudp client: two\n");
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    assert_eq!(world.end(server), 0);
}
