//! Probes and metrics.

use std::time::Duration;

use super::world::*;
use super::*;
use crate::http::method::Method;

fn options(world: &World, threads: usize) -> ServerOptions {
    let address = match world.handle.is_simulated().expect("its thread") {
        true => "10.0.0.1:0",
        false => "127.0.0.1:0",
    };
    ServerOptions {
        addresses: vec![address.parse().expect("an address")],
        admin: Some(address.parse().expect("an address")),
        threads,
        ..ServerOptions::default()
    }
}

async fn start(world: &World, options: ServerOptions) -> ServerGroup {
    let make = |handle: &wippy_dispatcher::Handle| Ok(echo(handle));
    let metrics = || "own_metric 7\n".to_owned();
    let mut passed = PassedSockets::default();
    let started = ServerGroup::start(&world.handle, options, &mut passed, metrics, make);
    started.await.expect("a server")
}

async fn client_of(world: &World, address: &ListenAddress) -> Client {
    let ListenAddress::Internet(address) = address else {
        panic!("no address: {address}");
    };
    Client::connect(&world.handle, *address).await
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n")
}

#[test]
fn probes_are_told_before_requests_are_refused() {
    let world = World::simulated();
    world.run(async {
        let options = ServerOptions {
            drain_delay: Duration::from_secs(10),
            stop_timeout: Duration::from_secs(5),
            ..options(&world, 1)
        };
        let group = start(&world, options).await;
        let (address, admin) = (
            group.addresses()[0].clone(),
            group.admin_addresses()[0].clone(),
        );
        let mut probe = client_of(&world, &admin).await;
        assert_eq!(probe.get(get("/healthz")).await, (200, "ok\n".to_owned()));
        assert_eq!(
            probe.get(get("/readyz?a")).await,
            (200, "ready\n".to_owned())
        );
        let before = world.seconds();
        let stopping = world.spawn(group.stop());
        world.sleep(8).await;
        assert_eq!(probe.get(get("/healthz")).await, (200, "ok\n".to_owned()));
        assert_eq!(
            probe.get(get("/readyz")).await,
            (503, "draining\n".to_owned())
        );
        // Requests are still taken.
        let mut client = client_of(&world, &address).await;
        assert_eq!(client.get(get("/a")).await.0, 200);
        let counts = stopping.await.expect("not cancelled").expect("its thread");
        assert!((10..=12).contains(&(world.seconds() - before)));
        assert_eq!((counts.requests, counts.answered, counts.open), (1, 1, 0));
        assert_eq!(client.rest().await, (String::new(), true));
        assert_eq!(probe.rest().await, (String::new(), true));
    });
}

#[test]
fn connections_that_say_nothing_keep_probes_waiting_for_seconds() {
    let world = World::simulated();
    world.run(async {
        let group = start(&world, options(&world, 1)).await;
        let admin = group.admin_addresses()[0].clone();
        let mut silent = Vec::new();
        for _ in 0..500 {
            silent.push(client_of(&world, &admin).await);
        }
        let before = world.seconds();
        let mut probe = client_of(&world, &admin).await;
        assert_eq!(probe.get(get("/healthz")).await, (200, "ok\n".to_owned()));
        assert!(world.seconds() - before <= 6);
        group.stop().await.expect("its thread");
    });
}

#[test]
fn metrics_are_those_of_the_server_and_further_ones() {
    for world in [World::live(), World::simulated()] {
        world.run(async {
            let group = start(&world, options(&world, 1)).await;
            let mut client = client_of(&world, &group.addresses()[0]).await;
            assert_eq!(client.get(get("/a")).await.0, 200);
            assert_eq!(client.get("GET / HTTP/9.9\r\n\r\n").await.0, 505);
            let mut probe = client_of(&world, &group.admin_addresses()[0]).await;
            let (status, text) = probe.get(get("/metrics")).await;
            assert_eq!(status, 200);
            for line in [
                "wippy_http_connections_total 1",
                "wippy_http_requests_total 1",
                "wippy_http_answered_total 1",
                "wippy_http_requests_in_flight 0",
                "wippy_http_responses_total{class=\"2xx\"} 1",
                "wippy_http_responses_total{class=\"5xx\"} 1",
                "wippy_http_refused_total{reason=\"version\"} 1",
                "wippy_http_refused_total{reason=\"late\"} 0",
                "wippy_http_request_duration_seconds_count 1",
                "# TYPE wippy_http_request_duration_seconds histogram",
                "own_metric 7",
            ] {
                assert!(text.lines().any(|it| it == line), "no {line} in\n{text}");
            }
            let mut names: Vec<_> = text
                .lines()
                .filter_map(|it| it.strip_prefix("# TYPE "))
                .collect();
            names.sort_unstable();
            let all = names.len();
            names.dedup();
            assert_eq!(names.len(), all);
            group.stop().await.expect("its thread");
        });
    }
}

#[test]
fn other_paths_and_methods() {
    let world = World::simulated();
    world.run(async {
        let group = start(&world, options(&world, 1)).await;
        let mut probe = client_of(&world, &group.admin_addresses()[0]).await;
        assert_eq!(probe.get(get("/")).await.0, 404);
        assert_eq!(probe.get(get("/healthz/")).await.0, 404);
        probe.say("HEAD /readyz HTTP/1.1\r\nHost: h\r\n\r\n").await;
        assert_eq!(
            whole(probe.answer(Method::Head).await),
            (200, String::new())
        );
        probe
            .say("POST /metrics HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")
            .await;
        let said = probe.answer(Method::Post).await;
        let allow = said
            .head
            .as_ref()
            .expect("a head")
            .fields
            .get("allow")
            .next();
        assert_eq!(allow, Some(&b"GET, HEAD"[..]));
        assert_eq!(whole(said).0, 405);
        let large = "GET /metrics HTTP/1.1\r\nHost: h\r\nContent-Length: 9999999\r\n\r\n";
        assert_eq!(probe.get(large).await.0, 413);
    });
}

#[test]
fn what_prevents_a_start_is_told() {
    let world = World::simulated();
    world.run(async {
        let start = async |options: ServerOptions, fails: bool| {
            let make = move |handle: &wippy_dispatcher::Handle| match fails {
                true => Err("no module".into()),
                false => Ok(echo(handle)),
            };
            let mut passed = PassedSockets::default();
            let started =
                ServerGroup::start(&world.handle, options, &mut passed, String::new, make);
            started.await.expect_err("refused").to_string()
        };
        let none = ServerOptions::default();
        assert_eq!(
            start(none, false).await,
            "a server needs an address to listen on"
        );
        let threads = start(options(&world, 2), false).await;
        assert!(threads.contains("simulation"), "{threads}");
        let handler = start(options(&world, 1), true).await;
        assert_eq!(handler, "cannot prepare the handler of requests: no module");
        let taken = ServerOptions {
            addresses: vec!["10.0.0.1:80".parse().expect("an address"); 2],
            ..ServerOptions::default()
        };
        let taken = start(taken, false).await;
        assert!(
            taken.starts_with("cannot listen on 10.0.0.1:80: "),
            "{taken}"
        );
    });
}
