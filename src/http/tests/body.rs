//! The queue between a connection and the owner of a body.

use super::*;
use wippy_dispatcher::Dispatcher;

fn pair(capacity: usize, declared: Option<u64>) -> (Dispatcher, BodyWriter, BodyReader) {
    let dispatcher = Dispatcher::simulated(1).expect("a dispatcher");
    let (writer, reader) = body(&dispatcher.handle(), capacity, declared).expect("a body");
    (dispatcher, writer, reader)
}

#[test]
fn bytes_go_through_in_order_with_back_pressure() {
    let (_dispatcher, writer, reader) = pair(4, None);
    assert_eq!(reader.read(9), Ok(Vec::new()));
    writer.write(b"abcd".to_vec()).expect("open");
    assert_eq!(writer.room(), Ok(0));
    assert!(!writer.sink().is_ready() && reader.source().is_ready());
    assert_eq!(reader.read(3).expect("open"), b"abc");
    assert!(writer.sink().is_ready());
    assert_eq!(reader.end(), None);
    writer.finish(None).expect("any length");
    assert_eq!(reader.read(3).expect("the rest"), b"d");
    assert_eq!(reader.read(3), Err(Stopped::Ended));
    assert_eq!(reader.end(), Some(Ok(None)));
}

#[test]
fn a_declared_length_holds() {
    let (_dispatcher, writer, reader) = pair(64, Some(3));
    writer.write(b"ab".to_vec()).expect("declared");
    let short = ErrorCode::HttpRequestBodySize(Some(2));
    assert_eq!(writer.finish(None), Err(short.clone()));
    assert_eq!(reader.read(9).expect("there"), b"ab");
    assert_eq!(reader.read(9), Err(Stopped::Failed(short)));

    let (_dispatcher, writer, _reader) = pair(64, Some(3));
    let long = ErrorCode::HttpRequestBodySize(Some(4));
    assert_eq!(
        writer.write(b"abcd".to_vec()),
        Err(Stopped::Failed(long.clone()))
    );
    assert_eq!(writer.finish(None), Err(long));
}

#[test]
fn both_ends_learn_that_the_other_is_gone() {
    let (_dispatcher, writer, reader) = pair(4, None);
    writer.write(b"abcd".to_vec()).expect("open");
    drop(reader);
    assert_eq!(writer.room(), Err(Stopped::Ended));
    assert!(writer.is_abandoned() && writer.sink().is_ready());

    let (_dispatcher, writer, reader) = pair(4, None);
    drop(writer);
    assert!(matches!(
        reader.end(),
        Some(Err(ErrorCode::InternalError(_)))
    ));
}

#[test]
fn a_body_that_is_discarded_still_has_an_end() {
    let (_dispatcher, writer, reader) = pair(4, None);
    writer.write(b"abcd".to_vec()).expect("open");
    reader.discard();
    assert_eq!(writer.room(), Ok(4));
    writer.write(b"efgh".to_vec()).expect("open");
    assert_eq!(writer.room(), Ok(4));
    let mut trailers = Fields::new();
    trailers.append("a", b"b").expect("valid");
    writer.finish(Some(trailers.clone())).expect("any length");
    assert_eq!(reader.end(), Some(Ok(Some(trailers))));
}
