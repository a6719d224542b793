//! Where a server listens: addresses, both families, paths, sockets that were passed on.

use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

use wippy_dispatcher::net::{UnixListener, UnixStream};

use super::world::*;
use super::*;

const CLOSING: &[u8] = b"GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

fn bind(world: &World, address: &str) -> Result<Vec<Listener>, ListenError> {
    let address = address.parse().expect("an address");
    Listener::bind(&world.handle, &address, &mut PassedSockets::default())
}

fn serve(world: &World, listeners: Vec<Listener>) -> HttpServer {
    let settings = ServerSettings::default();
    HttpServer::with(&world.handle, listeners, settings, echo(&world.handle)).expect("a server")
}

async fn get(world: &World, path: &Path) -> String {
    let stream = UnixStream::connect(&world.handle, path).expect("a server");
    stream.write_all(CLOSING).await.expect("open");
    let (mut all, mut buffer) = (Vec::new(), [0; 1024]);
    while let read @ 1.. = stream.read(&mut buffer).await.expect("open") {
        all.extend_from_slice(&buffer[..read]);
    }
    String::from_utf8(all).expect("ASCII")
}

#[test]
fn a_path_is_served_and_removed_with_its_server() {
    let world = World::live();
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("socket");
    let address = format!("unix:{},mode=600", path.display());
    let server = serve(&world, bind(&world, &address).expect("a path"));
    assert_eq!(server.listen_addresses()[0].to_string(), address);
    let there = std::fs::metadata(&path).expect("there");
    assert!(there.file_type().is_socket());
    assert_eq!(there.permissions().mode() & 0o777, 0o600);
    world.run(async {
        let answer = get(&world, &path).await;
        assert!(answer.ends_with("\r\n\r\nGET /a "), "{answer}");
        // Nobody else takes it meanwhile.
        let error = bind(&world, &address).expect_err("in use");
        assert!(
            error.to_string().ends_with("another server listens there"),
            "{error}"
        );
        server
            .stop(Duration::from_secs(1))
            .await
            .expect("its thread");
    });
    assert!(!path.exists());
}

#[test]
fn a_path_that_is_left_over_is_taken_and_one_that_is_used_is_not() {
    let world = World::live();
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("socket");
    let address = format!("unix:{}", path.display());
    // Of a server that knows no locks.
    let other = UnixListener::bind(&world.handle, &path).expect("a path");
    let error = bind(&world, &address).expect_err("in use");
    assert!(error.to_string().contains("another server"), "{error}");
    drop(other);
    assert!(path.exists());
    let server = serve(&world, bind(&world, &address).expect("left over"));
    world.run(async { assert!(get(&world, &path).await.starts_with("HTTP/1.1 200")) });
    // Another socket that has taken its place stays.
    std::fs::remove_file(&path).expect("there");
    let other = UnixListener::bind(&world.handle, &path).expect("a path");
    world
        .run(server.stop(Duration::from_secs(1)))
        .expect("its thread");
    assert!(path.exists());
    drop(other);
    // What is no socket is left alone.
    std::fs::remove_file(&path).expect("there");
    std::fs::write(&path, "mine").expect("a file");
    let error = bind(&world, &address).expect_err("a file");
    assert!(error.to_string().contains("is no socket"), "{error}");
    assert_eq!(std::fs::read(&path).expect("a file"), b"mine");
    std::os::unix::fs::symlink(&path, directory.path().join("link")).expect("a link");
    let link = format!("unix:{}", directory.path().join("link").display());
    assert!(bind(&world, &link).is_err());
    assert!(bind(&world, "unix:/nowhere/at/all").is_err());
    let long = format!("unix:{}/{}", directory.path().display(), "x".repeat(200));
    assert!(bind(&world, &long).is_err());
}

/// Of many that begin at once with a path that is left over, one has it.
#[test]
fn one_of_many_has_a_path() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("socket");
    drop(UnixListener::bind(&World::live().handle, &path).expect("a path"));
    let address = format!("unix:{}", path.display());
    let barrier = std::sync::Barrier::new(8);
    let served: usize = std::thread::scope(|scope| {
        let one = || {
            let world = World::live();
            barrier.wait();
            let bound = bind(&world, &address).ok();
            barrier.wait();
            usize::from(bound.is_some())
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(one)).collect();
        threads
            .into_iter()
            .map(|it| it.join().expect("no panic"))
            .sum()
    });
    assert_eq!(served, 1);
}

#[test]
fn both_families_have_one_port() {
    for world in [World::live(), World::simulated()] {
        let server = serve(&world, bind(&world, "*:0").expect("a port"));
        let addresses = server.addresses().to_vec();
        assert!(addresses[0].is_ipv4() && addresses[0].port() != 0);
        assert!(addresses.iter().all(|it| it.port() == addresses[0].port()));
        if world.handle.is_simulated().expect("its thread") {
            continue;
        }
        world.run(async {
            for address in addresses {
                let local = match address.is_ipv4() {
                    true => ([127, 0, 0, 1], address.port()).into(),
                    false => (std::net::Ipv6Addr::LOCALHOST, address.port()).into(),
                };
                let mut client = Client::connect(&world.handle, local).await;
                assert_eq!(client.get(CLOSING).await.0, 200);
            }
            let taken = format!("*:{}", server.addresses()[0].port());
            let error = bind(&world, &taken).expect_err("in use").to_string();
            assert!(
                error.starts_with(&format!("cannot listen on {taken}: ")),
                "{error}"
            );
        });
    }
}

#[test]
fn sockets_that_were_passed_on() {
    let world = World::live();
    let error = bind(&world, "systemd:web").expect_err("none").to_string();
    assert!(error.contains("LISTEN_FDS"), "{error}");
    let listener = std::os::unix::net::UnixListener::bind_addr(
        &std::os::unix::net::SocketAddr::from_pathname(
            tempfile::tempdir()
                .expect("a directory")
                .keep()
                .join("socket"),
        )
        .expect("a path"),
    )
    .expect("a path");
    let path = listener.local_addr().expect("bound");
    let path = path.as_pathname().expect("a path").to_owned();
    let listener = Listener::from_fd(&world.handle, listener.into()).expect("it listens");
    let server = serve(&world, vec![listener]);
    world.run(async { assert!(get(&world, &path).await.starts_with("HTTP/1.1 200")) });
    world
        .run(server.stop(Duration::from_secs(1)))
        .expect("its thread");
    // It is not the server's to remove.
    assert!(path.exists());
    std::fs::remove_dir_all(path.parent().expect("a directory")).expect("there");
    let pair = std::os::unix::net::UnixStream::pair().expect("two").0;
    assert!(Listener::from_fd(&world.handle, pair.into()).is_err());
}

#[test]
fn texts_that_are_no_address() {
    for text in [
        "",
        "8080",
        "a:80",
        "127.0.0.1",
        "::1:80x",
        "127.0.0.1:99999",
        "*:",
        ":x",
        "unix:",
        "unix:a",
        "unix:/a,mode=9",
        "unix:/a,mode=1777",
        "systemd:",
        "http://127.0.0.1:80",
    ] {
        let error = text.parse::<ListenAddress>().expect_err(text).to_string();
        assert!(error.contains("unix:/PATH"), "{error}");
    }
}
