//! What may be registered, by whom, and how a registration ends.

use super::*;

#[test]
fn what_epoll_refuses_has_a_name() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let handle = dispatcher.handle();
    let program = std::env::current_exe().expect("path");
    for path in [program.as_path(), program.parent().expect("folder")] {
        let file = File::open(path).expect("open");
        let refused = Source::with_interest(&handle, file, Interest::Readable).err();
        match refused {
            Some(Error::Io(error)) => assert_eq!(error.kind(), io::ErrorKind::PermissionDenied),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn one_descriptor_registers_once() {
    let dispatcher = Dispatcher::builder()
        .max_sources(2)
        .build()
        .expect("dispatcher");
    let handle = dispatcher.handle();
    let (reader, writer) = pipe();
    let source = Source::new(&handle, reader.as_fd()).expect("source");
    for _ in 0..3 {
        // It does not count towards the bound either.
        match Source::new(&handle, reader.as_fd()).err() {
            Some(Error::Io(error)) => assert_eq!(error.kind(), io::ErrorKind::AlreadyExists),
            other => panic!("{other:?}"),
        }
    }
    rustix::io::write(&writer, b"a").expect("write");
    dispatcher
        .block_on(source.ready(Interest::Readable))
        .expect("block_on")
        .expect("the first one still works");
    drop(source);
    Source::new(&handle, reader.as_fd()).expect("free again");
}

#[test]
fn the_number_of_sources_has_a_bound() {
    let dispatcher = Dispatcher::builder()
        .max_sources(1)
        .build()
        .expect("dispatcher");
    let handle = dispatcher.handle();
    let (reader, writer) = pipe();
    let source = Source::new(&handle, reader).expect("source");
    assert!(matches!(
        Source::new(&handle, writer.as_fd()),
        Err(Error::TooManySources(1))
    ));
    drop(source);
    Source::new(&handle, writer.as_fd()).expect("room again");
}

/// Two events come in one look. Whoever hears the first drops the second's source and registers
/// another pipe under the same number: the second event finds a new owner and must not touch it.
#[test]
fn a_reused_number_gets_no_old_events() {
    type Reader = Source<OwnedFd>;
    thread_local! {
        static HANDLE: RefCell<Option<Handle>> = const { RefCell::new(None) };
        static SECOND: RefCell<Option<Reader>> = const { RefCell::new(None) };
        static OTHER: RefCell<Option<OwnedFd>> = const { RefCell::new(None) };
    }
    struct Replacing;
    impl Wake for Replacing {
        fn wake(self: Arc<Self>) {
            let mut number = SECOND.take().expect("second").into_inner();
            rustix::io::dup2(OTHER.take().expect("other"), &mut number).expect("dup2");
            let handle = HANDLE.take().expect("handle");
            SECOND.set(Source::with_interest(&handle, number, Interest::Readable).ok());
        }
    }
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let handle = dispatcher.handle();
    let (first, first_writer) = pipe();
    let (second, second_writer) = pipe();
    let (other, other_writer) = pipe();
    let first = Source::with_interest(&handle, first, Interest::Readable).expect("source");
    SECOND.set(Source::with_interest(&handle, second, Interest::Readable).ok());
    OTHER.set(Some(other));
    HANDLE.set(Some(handle));
    let waker = Waker::from(Arc::new(Replacing));
    let mut ready = pin!(first.ready(Interest::Readable));
    assert!(
        ready
            .as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_pending()
    );
    rustix::io::write(&first_writer, b"a").expect("write");
    rustix::io::write(&second_writer, b"a").expect("write");
    turn(&dispatcher);
    assert!(OTHER.take().is_none(), "the waker ran");
    let new = SECOND.take().expect("source");
    assert!(!new.is_ready(Interest::Readable), "the old owner's event");
    rustix::io::write(&other_writer, b"b").expect("write");
    turn(&dispatcher);
    assert!(new.is_ready(Interest::Readable));
}

#[test]
fn a_source_dropped_on_a_wrong_thread_is_forgotten() {
    let dispatcher = Dispatcher::builder()
        .max_sources(1)
        .build()
        .expect("dispatcher");
    let handle = dispatcher.handle();
    let (reader, writer) = pipe();
    let source = Source::new(&handle, reader).expect("source");
    thread::spawn(move || drop(source)).join().expect("thread");
    turn(&dispatcher);
    Source::new(&handle, writer).expect("room again");
}

/// The descriptor stays open here, so that nobody but the source can end the registration.
#[test]
fn a_wrong_thread_ends_the_registration_too() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let handle = dispatcher.handle();
    let (reader, writer) = pipe();
    let source = Source::with_interest(&handle, reader, Interest::Readable).expect("source");
    let reader = thread::spawn(move || source.into_inner())
        .join()
        .expect("thread");
    turn(&dispatcher);
    let again = Source::with_interest(&handle, reader, Interest::Readable)
        .expect("not registered any more");
    rustix::io::write(&writer, b"a").expect("write");
    turn(&dispatcher);
    assert!(again.is_ready(Interest::Readable));
}

#[test]
fn into_inner_gives_an_unregistered_descriptor_back() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let handle = dispatcher.handle();
    let (reader, writer) = pipe();
    let number = reader.as_raw_fd();
    let reader = Source::new(&handle, reader).expect("source").into_inner();
    assert_eq!(reader.as_raw_fd(), number);
    rustix::io::write(&writer, b"a").expect("write");
    assert_eq!(read(&reader, &mut [0; 8]).expect("still open"), 1);
    let source = Source::new(&handle, reader).expect("free to be registered");
    drop(source);
}

#[test]
fn a_source_outlives_its_dispatcher() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let (reader, writer) = pipe();
    let source = Source::new(&dispatcher.handle(), reader).expect("source");
    drop(dispatcher);
    assert!(!source.is_ready(Interest::Readable));
    assert!(!source.is_closed(Interest::Readable));
    source.clear(Interest::Readable);
    let other = Dispatcher::new().expect("another dispatcher");
    let closed = other
        .block_on(source.ready(Interest::Readable))
        .expect("block_on");
    assert!(matches!(closed, Err(Error::Closed)));
    let reader = source.into_inner();
    rustix::io::write(&writer, b"a").expect("write");
    let again = Source::new(&other.handle(), reader).expect("source");
    other
        .block_on(again.ready(Interest::Readable))
        .expect("block_on")
        .expect("ready");
}

/// Whoever handed a descriptor in may share its flags with others, such as a shell.
#[test]
fn flags_are_left_alone() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let handle = dispatcher.handle();
    for flags in [PipeFlags::empty(), PipeFlags::NONBLOCK] {
        let (reader, writer) = pipe_with(flags).expect("pipe");
        let status = fcntl_getfl(&reader).expect("F_GETFL");
        let descriptor = rustix::io::fcntl_getfd(&reader).expect("F_GETFD");
        let source = Source::new(&handle, reader.as_fd()).expect("source");
        rustix::io::write(&writer, b"a").expect("write");
        dispatcher
            .block_on(source.ready(Interest::Readable))
            .expect("block_on")
            .expect("ready");
        assert_eq!(fcntl_getfl(&reader).expect("F_GETFL"), status);
        drop(source);
        assert_eq!(fcntl_getfl(&reader).expect("F_GETFL"), status);
        assert_eq!(
            rustix::io::fcntl_getfd(&reader).expect("F_GETFD"),
            descriptor
        );
        assert_eq!(
            status.contains(OFlags::NONBLOCK),
            flags.contains(PipeFlags::NONBLOCK)
        );
    }
}

#[test]
fn a_simulation_has_no_descriptors() {
    let dispatcher = Dispatcher::simulated(1).expect("dispatcher");
    let (reader, _writer) = pipe();
    assert!(matches!(
        Source::new(&dispatcher.handle(), reader),
        Err(Error::Simulated(_))
    ));
}
