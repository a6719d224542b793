//! Many at once, much at once, and nobody's memory filled.

use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::json;

use super::Guest;
use super::server::{Server, path};

const MIB: u64 = 1 << 20;
/// What the sockets of both sides and our own buffers may hold together.
const HELD_MAX: u64 = 20 * MIB;

/// Other tests run in this process too; a body that was kept would be 64 MiB alone.
const GROWN_MAX: u64 = 48 * MIB;

/// None of them is answered before all are there: they are in flight together.
#[test]
fn sixty_four_requests_are_in_flight_through_one_poll() {
    let guest = Guest::new();
    let all = Arc::new(std::sync::Barrier::new(64));
    let server = Server::new(move |mut peer, _| {
        let head = peer.head();
        all.wait();
        peer.answer(path(&head));
        peer.closed();
    });
    let bodies = guest
        .call("together", &[json!(server.authority()), json!(64)])
        .expect("no trap");
    let expected: Vec<String> = (0..64).map(|index| format!("/{index}")).collect();
    assert_eq!(bodies, json!(expected));
    assert_eq!(server.accepted(), 64);
}

#[test]
fn a_large_body_streams_through() {
    let guest = Guest::new();
    let server = Server::new(|mut peer, _| {
        let chunked = path(&peer.head()) == "/chunked";
        let piece = vec![b'x'; MIB as usize];
        match chunked {
            true => peer.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
            false => peer.say(format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n",
                64 * MIB
            )),
        };
        let count = if chunked { 16 } else { 64 };
        for _ in 0..count {
            match chunked {
                true => {
                    peer.say("100000\r\n");
                    peer.say(&piece);
                    peer.say("\r\n")
                }
                false => peer.say(&piece),
            };
        }
        if chunked {
            peer.say("0\r\n\r\n");
        }
    });
    let before = peak_resident();
    for (path, length) in [("/length", 64 * MIB), ("/chunked", 16 * MIB)] {
        let arguments = [json!(server.authority()), json!(path), json!(null)];
        assert_eq!(
            guest.call("download", &arguments),
            Ok(json!({"ok": length})),
            "{path}"
        );
    }
    let grown = peak_resident().saturating_sub(before);
    assert!(grown < GROWN_MAX, "grown by {grown} bytes");
}

/// The highest resident size of this process so far, in bytes.
fn peak_resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("a status");
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .expect("a line");
    let kib = line
        .split_whitespace()
        .nth(1)
        .and_then(|kib| kib.parse::<u64>().ok());
    kib.expect("a number") * 1024
}

/// Waits until a count that something else drives has stopped for a while.
fn settled(count: &AtomicU64) -> u64 {
    let mut last = count.load(Ordering::SeqCst);
    let mut quiet = 0;
    while quiet < 10 {
        std::thread::sleep(Duration::from_millis(5));
        let now = count.load(Ordering::SeqCst);
        quiet = if now == last { quiet + 1 } else { 0 };
        last = now;
    }
    last
}

/// While the guest reads nothing, the server cannot write: what was sent is bounded.
#[test]
fn a_slow_guest_slows_the_server() {
    let guest = Guest::new();
    let sent = Arc::new(AtomicU64::new(0));
    let held = Arc::new(AtomicU64::new(0));
    let (count, settled_at) = (sent.clone(), held.clone());
    let server = Server::new(move |mut peer, _| {
        if path(&peer.head()) == "/held" {
            settled_at.store(settled(&count), Ordering::SeqCst);
            peer.answer("");
            peer.closed();
            return;
        }
        peer.say(format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n",
            32 * MIB
        ));
        let piece = vec![b'x'; 64 * 1024];
        for _ in 0..512 {
            if !peer.say(&piece) {
                return;
            }
            count.fetch_add(piece.len() as u64, Ordering::SeqCst);
        }
    });
    let arguments = [json!(server.authority()), json!("/"), json!("/held")];
    assert_eq!(
        guest.call("download", &arguments),
        Ok(json!({"ok": 32 * MIB}))
    );
    let held = held.load(Ordering::SeqCst);
    assert!(held > 0 && held < HELD_MAX, "{held} bytes were sent unread");
    assert_eq!(sent.load(Ordering::SeqCst), 32 * MIB);
}

/// While the server reads nothing, the guest cannot write: what was taken is bounded.
#[test]
fn a_slow_server_slows_the_guest() {
    let guest = Guest::new();
    let (told, heard) = std::sync::mpsc::channel();
    let heard = std::sync::Mutex::new(heard);
    let server = Server::new(move |mut peer, _| {
        if path(&peer.head()) == "/held" {
            told.send(()).expect("a listener");
            peer.answer("");
            peer.closed();
            return;
        }
        heard
            .lock()
            .expect("one")
            .recv()
            .expect("the guest is full");
        let total = peer.drain(64 * MIB);
        peer.answer(&total.to_string());
    });
    let before = peak_resident();
    let arguments = [
        json!(server.authority()),
        json!("/"),
        json!(64 * MIB),
        json!(true),
        json!("/held"),
    ];
    let result = guest.call("upload", &arguments).expect("no trap");
    let until_full = result["ok"][0].as_u64().expect("a number");
    assert!(
        until_full > 0 && until_full < HELD_MAX,
        "{until_full} bytes were taken unread"
    );
    assert_eq!(result["ok"][1], json!((64 * MIB).to_string()));
    let grown = peak_resident().saturating_sub(before);
    assert!(grown < GROWN_MAX, "grown by {grown} bytes");
}

#[test]
fn a_large_body_goes_out_in_chunks() {
    let guest = Guest::new();
    let server = Server::new(move |mut peer, _| {
        peer.head();
        let (body, _) = peer.chunks();
        peer.answer(&body.len().to_string());
    });
    let arguments = [
        json!(server.authority()),
        json!("/"),
        json!(4 * MIB),
        json!(false),
        json!(null),
    ];
    let result = guest.call("upload", &arguments).expect("no trap");
    assert_eq!(result["ok"][1], json!((4 * MIB).to_string()));
}

/// The thread of the dispatcher is not held by one body: a timer-like exchange beside it goes on.
#[test]
fn two_bodies_are_read_side_by_side() {
    let guest = Guest::new();
    let server = Server::new(|mut peer, _| {
        peer.head();
        let length = 2 * MIB;
        peer.say(format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n"
        ));
        let mut left = length;
        let mut source = std::io::repeat(b'x');
        let mut piece = vec![0; 10_000];
        while left > 0 {
            source.read_exact(&mut piece).expect("endless");
            let now = left.min(piece.len() as u64) as usize;
            if peer.stream.write_all(&piece[..now]).is_err() {
                return;
            }
            left -= now as u64;
        }
    });
    let arguments = [json!(server.authority()), json!("/"), json!("/other")];
    assert_eq!(
        guest.call("download", &arguments),
        Ok(json!({"ok": 2 * MIB}))
    );
    assert_eq!(server.accepted(), 2);
}
