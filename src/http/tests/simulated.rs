//! A client in a simulation: a seed decides all that it does.

use std::time::Duration;

use wippy_dispatcher::net::{TcpListener, TcpStream};
use wippy_dispatcher::{Dispatcher, Handle, Simulation};

use super::client::get_from;
use super::*;

const PORTS: std::ops::Range<u16> = 8000..8012;

async fn answer(stream: TcpStream) {
    let (mut head, mut buffer) = (Vec::new(), [0; 256]);
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        head.extend_from_slice(&buffer[..read]);
        if head.ends_with(b"\r\n\r\n") {
            head.clear();
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
            stream.write_all(answer).await.expect("a client");
        }
    }
}

fn serve(handle: &Handle, port: u16) {
    let listener = TcpListener::bind(handle, ([0, 0, 0, 0], port).into()).expect("a port");
    let (handle, own) = (handle.clone(), handle.clone());
    let serving = async move {
        while let Ok((stream, _)) = listener.accept().await {
            own.spawn(answer(stream)).expect("a task").detach();
        }
    };
    handle.spawn(serving).expect("a task").detach();
}

/// The hash of a run in which connections to many servers begin to wait at the same time.
fn run(seed: u64) -> u64 {
    let simulation = Simulation::new(seed).short_io(0.0).spurious_readiness(0.0);
    let builder = Dispatcher::builder().simulation(simulation);
    let dispatcher = builder.build().expect("a simulation");
    let handle = dispatcher.handle();
    let client = Client::new(&handle, ClientLimits::default());
    PORTS.for_each(|port| serve(&handle, port));
    let get = |port| {
        let request = get_from(([10, 0, 0, 1], port).into());
        client.send(request).expect("room")
    };
    let replies: Vec<Reply> = PORTS.map(get).collect();
    let pause = |time| {
        dispatcher
            .block_on(handle.sleep(time))
            .expect("time")
            .expect("time");
    };
    pause(Duration::from_secs(1));
    assert!(
        replies
            .iter()
            .all(|reply| matches!(reply.take(), Some(Ok(_))))
    );
    assert_eq!(client.idle(), PORTS.len());
    pause(ClientLimits::default().idle_timeout);
    assert_eq!(client.idle(), 0);
    dispatcher.trace().expect("a simulation").hash()
}

#[test]
fn connections_that_wait_equally_long_are_closed_in_one_order() {
    for seed in 0..5 {
        assert_eq!(run(seed), run(seed));
    }
}
