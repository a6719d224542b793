//! UNIX sockets, and connections that one dispatcher accepts for another.

use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;

use wippy_dispatcher::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use wippy_dispatcher::{Dispatcher, Error, WaitSet};

#[test]
fn bytes_go_both_ways_and_the_end_follows_them() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("socket");
    let dispatcher = Dispatcher::new().expect("a dispatcher");
    let handle = dispatcher.handle();
    let listener = UnixListener::bind_with_mode(&handle, &path, 0o600).expect("a path");
    let mode = std::fs::metadata(&path)
        .expect("there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let done = dispatcher.block_on(async {
        let mut set = WaitSet::new(&handle)?;
        listener.register(&mut set, 0)?;
        let connecting = handle.spawn({
            let (handle, path) = (handle.clone(), path.clone());
            async move { UnixStream::connect(&handle, path) }
        })?;
        set.wait().await?;
        let server = listener.accept().await?;
        let client = connecting.await.expect("not cancelled")?;
        // More than both buffers hold.
        let bytes = vec![7; 1_000_000];
        let sent = bytes.clone();
        let sending = handle.spawn(async move { client.write_all(&sent).await })?;
        let (mut all, mut buffer) = (Vec::new(), vec![0; 65536]);
        while let read @ 1.. = server.read(&mut buffer).await? {
            all.extend_from_slice(&buffer[..read]);
        }
        sending.await.expect("not cancelled")?;
        assert!(all == bytes);
        let written = server.write_all(b"x").await.map_err(|error| error.kind());
        assert_eq!(written, Err(ErrorKind::BrokenPipe));
        Ok::<(), Error>(())
    });
    done.expect("no deadlock").expect("no error");
}

#[test]
fn what_is_wrong_with_a_path_has_a_name() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("socket");
    let dispatcher = Dispatcher::new().expect("a dispatcher");
    let handle = dispatcher.handle();
    let connect = |path| UnixStream::connect(&handle, path).map_err(|error| error.kind());
    let bind = |path| UnixListener::bind(&handle, path).map_err(|error| error.kind());
    assert_eq!(connect(&path).expect_err("none"), ErrorKind::NotFound);
    let listener = bind(&path).expect("free");
    assert_eq!(bind(&path).expect_err("taken"), ErrorKind::AddrInUse);
    drop(listener);
    assert_eq!(
        connect(&path).expect_err("closed"),
        ErrorKind::ConnectionRefused
    );
    assert_eq!(bind(&path).expect_err("still there"), ErrorKind::AddrInUse);
    let long = directory.path().join("x".repeat(200));
    assert!(bind(&long).is_err() && connect(&long).is_err());
}

#[test]
fn a_connection_that_one_dispatcher_accepts_and_another_serves() {
    let first = Dispatcher::new().expect("a dispatcher");
    let second = Dispatcher::new().expect("a dispatcher");
    let handle = first.handle();
    let listener = TcpListener::bind(&handle, ([127, 0, 0, 1], 0).into()).expect("a port");
    let address = listener.local_addr().expect("bound");
    assert_eq!(
        listener.try_accept_fd().expect_err("nobody").kind(),
        ErrorKind::WouldBlock
    );
    let client = first.block_on(TcpStream::connect(&handle, address));
    let client = client.expect("no deadlock").expect("a listener");
    let fd = listener.try_accept_fd().expect("a connection");
    let server = TcpStream::from_fd(&second.handle(), fd).expect("a stream");
    assert_eq!(server.peer_addr().ok(), client.local_addr().ok());
    let wrote = second.block_on(server.write_all(b"hello"));
    wrote.expect("no deadlock").expect("room");
    let mut buffer = [0; 16];
    let read = first.block_on(client.read(&mut buffer));
    assert_eq!(read.expect("no deadlock").expect("bytes"), 5);
}

#[test]
fn a_descriptor_of_another_kind_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let dispatcher = Dispatcher::new().expect("a dispatcher");
    let handle = dispatcher.handle();
    let pair = || {
        std::os::unix::net::UnixStream::pair()
            .expect("two")
            .0
            .into()
    };
    let is_invalid = |error: Option<Error>| {
        assert_eq!(error.expect("refused").kind(), ErrorKind::InvalidInput);
    };
    is_invalid(TcpListener::from_fd(&handle, pair()).err());
    is_invalid(TcpStream::from_fd(&handle, pair()).err());
    is_invalid(UnixListener::from_fd(&handle, pair()).err());
    assert!(UnixStream::from_fd(&handle, pair()).is_ok());
    let file = std::fs::File::create(directory.path().join("file")).expect("a file");
    assert!(UnixStream::from_fd(&handle, file.into()).is_err());
}

#[test]
fn a_simulation_has_none() {
    let dispatcher = Dispatcher::simulated(1).expect("a simulation");
    let handle = dispatcher.handle();
    let listener = TcpListener::bind(&handle, ([10, 0, 0, 1], 80).into()).expect("a port");
    for refused in [
        UnixListener::bind(&handle, "/tmp/none").err(),
        UnixStream::connect(&handle, "/tmp/none").err(),
        listener.try_accept_fd().err(),
    ] {
        assert!(matches!(refused, Some(Error::Simulated(_))), "{refused:?}");
    }
}
