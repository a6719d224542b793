//! A server on several threads.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use wippy_dispatcher::Handle;

use super::world::*;
use super::*;

const GET: &str = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

fn options(threads: usize, connections: usize) -> ServerOptions {
    ServerOptions {
        addresses: vec!["127.0.0.1:0".parse().expect("an address")],
        threads,
        limits: ServerLimits {
            connections,
            ..ServerLimits::default()
        },
        ..ServerOptions::default()
    }
}

async fn connect(world: &World, group: &ServerGroup) -> Client {
    let ListenAddress::Internet(address) = &group.addresses()[0] else {
        panic!("no address");
    };
    Client::connect(&world.handle, *address).await
}

#[test]
fn each_thread_has_its_part_of_the_connections_and_a_handler_of_its_own() {
    let world = World::live();
    let (made, alive) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let threads = Arc::new(Mutex::new(HashSet::new()));
    struct Alive(Arc<AtomicUsize>);
    impl Drop for Alive {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::SeqCst);
        }
    }
    let (own_made, own_alive, own_threads) = (made.clone(), alive.clone(), threads.clone());
    let make = move |handle: &Handle| {
        own_made.fetch_add(1, Ordering::SeqCst);
        own_alive.fetch_add(1, Ordering::SeqCst);
        let alive = Alive(own_alive.clone());
        let (handle, threads) = (handle.clone(), own_threads.clone());
        Ok(move |_: IncomingRequest| {
            let _alive = &alive;
            threads
                .lock()
                .expect("no panic")
                .insert(std::thread::current().id());
            let response = ok(&handle, "here");
            async { Ok(response) }
        })
    };
    world.run(async {
        let mut passed = PassedSockets::default();
        let started = ServerGroup::start(
            &world.handle,
            options(3, 1024),
            &mut passed,
            String::new,
            make,
        );
        let group = started.await.expect("a server");
        assert_eq!(made.load(Ordering::SeqCst), 3);
        let mut clients = Vec::new();
        for _ in 0..30 {
            let mut client = connect(&world, &group).await;
            assert_eq!(client.get(GET).await, (200, "here".to_owned()));
            clients.push(client);
        }
        assert_eq!(group.connections(), [10, 10, 10]);
        assert_eq!(threads.lock().expect("no panic").len(), 3);
        // Those that are closed make room, where they were.
        clients.truncate(15);
        while group.counts().open > 15 {
            world.handle.yield_now().await.expect("a dispatcher");
        }
        for _ in 0..15 {
            let mut client = connect(&world, &group).await;
            assert_eq!(client.get(GET).await.0, 200);
            clients.push(client);
        }
        let each = group.connections();
        assert!(
            each.iter().all(|count| (9..=11).contains(count)),
            "{each:?}"
        );
        // A thread counts an answer once it is written, which its client may see before.
        while group.durations().count() < 45 {
            world.handle.yield_now().await.expect("a dispatcher");
        }
        assert_eq!(group.durations().count(), 45);
        let counts = group.stop().await.expect("its thread");
        assert_eq!((counts.accepted, counts.open), (45, 0));
        assert_eq!((counts.requests, counts.answered), (45, 45));
        for mut client in clients {
            assert_eq!(client.rest().await, (String::new(), true));
        }
    });
    assert_eq!(alive.load(Ordering::SeqCst), 0);
}

/// The bound is one over all threads, and connections beyond it wait until one ends, on whatever thread.
#[test]
fn the_bound_on_connections_is_of_all_threads_together() {
    let world = World::live();
    world.run(async {
        let mut passed = PassedSockets::default();
        let make = |handle: &Handle| Ok(echo(handle));
        let started =
            ServerGroup::start(&world.handle, options(2, 4), &mut passed, String::new, make);
        let group = started.await.expect("a server");
        let mut clients = Vec::new();
        for _ in 0..4 {
            let mut client = connect(&world, &group).await;
            assert_eq!(client.get(GET).await.0, 200);
            clients.push(client);
        }
        for _ in 0..20 {
            let mut next = connect(&world, &group).await;
            next.say(GET).await;
            for _ in 0..10 {
                world.handle.yield_now().await.expect("a dispatcher");
            }
            assert_eq!(group.counts().open, 4);
            drop(clients.remove(0));
            let said = next.answer(crate::http::method::Method::Get).await;
            assert_eq!(whole(said).0, 200);
            clients.push(next);
        }
        assert_eq!(group.counts().accepted, 24);
    });
}

/// Every request whose first byte has come is answered, on all threads; what does not end is cut.
#[test]
fn a_stop_under_load_answers_what_has_begun() {
    let world = World::live();
    world.run(async {
        let mut passed = PassedSockets::default();
        let make = |handle: &Handle| {
            let handle = handle.clone();
            Ok(move |request: IncomingRequest| {
                let handle = handle.clone();
                async move {
                    match request.target.path.as_str() {
                        "/never" => std::future::pending().await,
                        _ => handle.sleep(Duration::from_millis(20)).await.expect("time"),
                    }
                    Ok(ok(&handle, "done"))
                }
            })
        };
        let options = ServerOptions {
            stop_timeout: Duration::from_millis(300),
            ..options(2, 1024)
        };
        let started = ServerGroup::start(&world.handle, options, &mut passed, String::new, make);
        let group = started.await.expect("a server");
        let mut clients = Vec::new();
        for _ in 0..16 {
            let client = connect(&world, &group).await;
            client.say(GET).await;
            clients.push(client);
        }
        let mut stuck = connect(&world, &group).await;
        stuck.say(GET.replace("/a", "/never")).await;
        let counts = world.spawn(group.stop());
        for client in &mut clients {
            let said = client.answer(crate::http::method::Method::Get).await;
            assert!(!said.keeps_alive);
            assert_eq!(whole(said), (200, "done".to_owned()));
        }
        let (text, _) = stuck.rest().await;
        assert_eq!(text, "");
        let counts = counts.await.expect("not cancelled").expect("its thread");
        assert_eq!((counts.requests, counts.answered, counts.cut), (17, 16, 1));
        assert_eq!((counts.accepted, counts.open), (17, 0));
    });
}

#[test]
fn a_group_that_is_dropped_ends_its_threads() {
    let world = World::live();
    let dropped = Arc::new(AtomicUsize::new(0));
    struct Count(Arc<AtomicUsize>);
    impl Drop for Count {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    world.run(async {
        let own = dropped.clone();
        let make = move |_: &Handle| {
            let count = Count(own.clone());
            Ok(move |_: IncomingRequest| {
                let _count = &count;
                std::future::pending()
            })
        };
        let mut passed = PassedSockets::default();
        let started = ServerGroup::start(
            &world.handle,
            options(3, 1024),
            &mut passed,
            String::new,
            make,
        );
        let group = started.await.expect("a server");
        let mut clients = Vec::new();
        for _ in 0..6 {
            let client = connect(&world, &group).await;
            client.say(GET).await;
            clients.push(client);
        }
        while group.counts().requests < 6 {
            world.handle.yield_now().await.expect("a dispatcher");
        }
        drop(group);
        for mut client in clients {
            assert_eq!(client.rest().await.0, "");
        }
        while dropped.load(Ordering::SeqCst) < 3 {
            world.handle.yield_now().await.expect("a dispatcher");
        }
    });
}

#[test]
fn threads_serve_tls_and_paths_too() {
    let (world, authority) = (World::live(), tls_client::Authority::new());
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("socket");
    world.run(async {
        let mut passed = PassedSockets::default();
        let options = ServerOptions {
            addresses: vec![
                format!("unix:{}", path.display()).parse().expect("a path"),
                "127.0.0.1:0".parse().expect("an address"),
            ],
            tls: Some(ServerTls::Files(authority.files())),
            ..options(2, 1024)
        };
        let make = |handle: &Handle| Ok(echo(handle));
        let started = ServerGroup::start(&world.handle, options, &mut passed, String::new, make);
        let group = started.await.expect("a server");
        let ListenAddress::Internet(address) = group.addresses()[1] else {
            panic!("no address");
        };
        for _ in 0..4 {
            let stream = wippy_dispatcher::net::TcpStream::connect(&world.handle, address).await;
            let mut client = tls_client::TlsClient {
                stream: stream.expect("a server"),
                session: authority.session(&world.handle, "localhost"),
            };
            let closing = GET.replace("Host", "Connection: close\r\nHost");
            client.say(closing.as_bytes()).await.expect("a session");
            let (text, _) = client.rest().await.expect("a session");
            assert!(text.ends_with(b"GET /a "));
        }
        // A path without TLS is none: the client is told by an alert.
        let client = wippy_dispatcher::net::UnixStream::connect(&world.handle, &path);
        let client = client.expect("a server");
        client.write_all(GET.as_bytes()).await.expect("open");
        let mut buffer = [0; 16];
        assert!(client.read(&mut buffer).await.expect("an alert") > 0);
        group.reload().await.expect("the same certificate");
        std::fs::write(authority.key(), "broken").expect("a file");
        group.reload().await.expect_err("broken");
        group.stop().await.expect("its thread");
    });
}

#[test]
fn clients_that_leave_are_missed_on_every_thread() {
    let world = World::live();
    let mut limits = options(3, 1024);
    limits.limits.timeouts.half_close = Some(Duration::ZERO);
    let make = |_: &Handle| {
        Ok(|request: IncomingRequest| async move {
            let _held = request;
            std::future::pending().await
        })
    };
    world.run(async {
        let mut passed = PassedSockets::default();
        let started = ServerGroup::start(&world.handle, limits, &mut passed, String::new, make);
        let group = started.await.expect("a server");
        let mut clients = Vec::new();
        for number in 0..12 {
            let client = connect(&world, &group).await;
            client.say(GET).await;
            // Half of them end in order, half with a reset behind what nobody reads.
            if number % 2 == 0 {
                client.say(GET.repeat(1000)).await;
                client.stream.reset_on_close().expect("open");
            }
            clients.push(client);
        }
        while group.counts().requests < 12 {
            world.handle.yield_now().await.expect("a dispatcher");
        }
        drop(clients);
        while group.counts().cut < 12 {
            world.handle.yield_now().await.expect("a dispatcher");
        }
        group.stop().await.expect("its thread");
    });
}
