//! Connections that end: in order, with a reset, and with the call that had them.

use std::io::ErrorKind;

use serde_json::json;
use wippy_dispatcher::Interest;
use wippy_dispatcher::net::{TcpListener, TcpStream};

use super::over_both_drivers;
use super::tcp::{listen, read_all};
use super::world::World;

over_both_drivers!(
    an_orderly_end_is_closed,
    a_reset_has_its_code_once,
    unread_bytes_make_an_end_a_reset,
    what_was_accepted_is_delivered_whatever_ends_the_call,
    what_nobody_takes_is_given_up_in_time,
    a_dropped_call_ends_its_connections,
);

/// What a guest reads whose peer waits for its first byte and then does this.
fn read_to_failure(world: &World, peer: impl AsyncFnOnce(TcpStream) + 'static) -> String {
    let (listener, port) = listen(&world.client, ([127, 0, 0, 1], 0).into());
    let peer = world.client.spawn(async move {
        let (stream, _) = listener.accept().await.expect("a client");
        peer(stream).await;
    });
    let told = world.call("read-to-failure", &[json!(port)]);
    world.end(peer.expect("a task"));
    let told = told.expect("no trap");
    told.as_str().expect("a text").to_owned()
}

fn an_orderly_end_is_closed(world: &World) {
    let told = read_to_failure(world, async |stream| {
        stream.read(&mut [0]).await.expect("a byte");
        stream.write_all(b"12345").await.expect("open");
    });
    assert_eq!(told, "closed after 5");
}

fn a_reset_has_its_code_once(world: &World) {
    let told = read_to_failure(world, async |stream| {
        stream.read(&mut [0]).await.expect("a byte");
        stream.reset_on_close().expect("open");
    });
    assert_eq!(told, "connection-reset, then closed");
}

fn unread_bytes_make_an_end_a_reset(world: &World) {
    let told = read_to_failure(world, async |stream| {
        while !stream.confirm_ready(Interest::Readable) {
            stream.readable().await.expect("readiness");
        }
    });
    assert_eq!(told, "connection-reset, then closed");
}

/// A listener whose connections hold little.
fn small_listener(world: &World) -> (TcpListener, u16) {
    let (listener, port) = listen(&world.client, ([127, 0, 0, 1], 0).into());
    listener.options().set_receive_buffer(1 << 12).expect("set");
    (listener, port)
}

fn what_was_accepted_is_delivered_whatever_ends_the_call(world: &World) {
    for way in ["return", "drop", "shutdown", "exit", "trap"] {
        let (listener, port) = small_listener(world);
        let (writer, printed) = world.start("write-and-end", vec![json!(port), json!(way)]);
        let written = world.number(&printed);
        world.run_for(2);
        assert!(!writer.is_finished(), "{way}: it waits for the delivery");
        let read = async {
            let (stream, _) = listener.accept().await?;
            read_all(&stream).await
        };
        let received = world.wait(read).expect("an orderly end");
        assert_eq!(received.len() as u64, written, "{way}");
        assert_eq!(world.end(writer).is_err(), way == "trap", "{way}");
    }
}

fn what_nobody_takes_is_given_up_in_time(world: &World) {
    for way in ["return", "drop", "shutdown", "exit", "trap"] {
        let (listener, port) = small_listener(world);
        let arguments = vec![json!(port), json!(way)];
        let (writer, _) = world.start("write-and-end-soon", arguments);
        assert_eq!(world.end(writer).is_err(), way == "trap", "{way}");
        let read = async {
            let (stream, _) = listener.accept().await?;
            read_all(&stream).await
        };
        let lost = world.wait(read).expect_err("no orderly end");
        assert_eq!(lost.kind(), ErrorKind::ConnectionReset, "{way}");
    }
}

fn a_dropped_call_ends_its_connections(world: &World) {
    let (listener, port) = listen(&world.client, ([127, 0, 0, 1], 0).into());
    let endless = vec![json!(port), json!(1u64 << 40)];
    let (writer, _) = world.start("write-much", endless);
    let (stream, _) = world.wait(listener.accept()).expect("the writer");
    world.wait(stream.read(&mut [0; 64])).expect("bytes");
    drop(writer);
    // With the call alive this would wait for ever: it writes a terabyte.
    let drain = async {
        while stream
            .read(&mut [0; 1 << 16])
            .await
            .is_ok_and(|read| read > 0)
        {}
    };
    world.wait(drain);
}
