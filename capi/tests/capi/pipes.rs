//! Pipes, and the standard streams of programs.

use wippy_capi::*;

use crate::support::{NO_OPTIONS, World, made, ok, text};

const GUESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/guests/components");

fn pipe(dispatcher: wippy_dispatcher, capacity: usize) -> (wippy_reader, wippy_writer) {
    let mut writer = None;
    let reader = made(wippy_reader::default(), |reader| {
        let made = made(wippy_writer::default(), |writer| {
            wippy_pipe_new(dispatcher, capacity, reader, writer)
        });
        match made {
            Ok(made) => {
                writer = Some(made);
                wippy_status::Ok
            }
            Err(status) => status,
        }
    });
    (reader.expect("room"), writer.expect("room"))
}

fn read(reader: wippy_reader, most: usize) -> Result<Vec<u8>, wippy_status> {
    let mut bytes = vec![0; most];
    let buffer = bytes.as_mut_slice().into();
    let length = made(0, |length| wippy_reader_read(reader, buffer, length))?;
    bytes.truncate(length);
    Ok(bytes)
}

fn write(writer: wippy_writer, bytes: &[u8]) -> Result<usize, wippy_status> {
    made(0, |length| wippy_writer_write(writer, bytes.into(), length))
}

/// A world with a program of the tests' guests, which imports what it prints and reads with.
fn world_of(program: &str) -> World {
    let path = std::ffi::CString::new(format!("{GUESTS}/{program}.wasm")).expect("a path");
    World::new(|builder| {
        let entry = made(wippy_entry::default(), |out| {
            wippy_entry_process(c"app:one".into(), out)
        });
        let entry = entry.expect("room");
        ok(wippy_entry_file(entry, path.as_c_str().into()));
        ok(wippy_entry_import(entry, c"wasi:cli".into()));
        ok(wippy_entry_import(entry, c"wasi:io".into()));
        ok(wippy_builder_entry(builder, entry));
    })
}

#[test]
fn bytes_go_through_in_order_and_wait_for_room() {
    let dispatcher = made(wippy_dispatcher::default(), |out| {
        wippy_dispatcher_simulated(1, out)
    });
    let (reader, writer) = pipe(dispatcher.expect("one"), 4);
    assert_eq!(read(reader, 9), Err(wippy_status::Pending));
    assert_eq!(read(reader, 0), Err(wippy_status::InvalidArgument));
    assert_eq!(write(writer, b"abcdef"), Ok(4));
    assert_eq!(write(writer, b"ef"), Err(wippy_status::Pending));
    assert_eq!(read(reader, 3), Ok(b"abc".to_vec()));
    assert_eq!(write(writer, b"ef"), Ok(2));
    ok(wippy_writer_destroy(writer));
    assert_eq!(read(reader, 9), Ok(b"def".to_vec()));
    assert_eq!(read(reader, 9), Err(wippy_status::Closed));
    ok(wippy_reader_destroy(reader));
}

#[test]
fn a_program_reads_bytes_and_prints_them() {
    let world = world_of("cat");
    let (reader, writer) = pipe(world.dispatcher, 64);
    let options = made(NO_OPTIONS, |out| wippy_call_options_new(out)).expect("room");
    let input = b"what goes in\n".repeat(100);
    ok(wippy_call_options_arg(options, c"cat".into()));
    ok(wippy_call_options_stdin_bytes(
        options,
        input.as_slice().into(),
    ));
    ok(wippy_call_options_stdout(options, writer));
    let call = world.start(options, c"[]");
    ok(wippy_call_options_destroy(options));
    ok(wippy_writer_destroy(writer));
    let mut printed = Vec::new();
    loop {
        match read(reader, 50) {
            Ok(bytes) => printed.extend(bytes),
            Err(wippy_status::Pending) => {
                ok(wippy_dispatcher_turn(world.dispatcher, 1_000_000_000, None));
            }
            Err(status) => {
                assert_eq!(status, wippy_status::Closed);
                break;
            }
        }
    }
    assert_eq!(printed, input);
    world.finish(call).expect("a result");
    assert_eq!(made(1, |out| wippy_call_exit_status(call, out)), Ok(0));
}

#[test]
fn a_program_ends_with_a_status() {
    let world = world_of("exits");
    let options = made(NO_OPTIONS, |out| wippy_call_options_new(out)).expect("room");
    for word in [c"exits", c"code", c"7"] {
        ok(wippy_call_options_arg(options, word.into()));
    }
    let call = world.start(options, c"[]");
    let (kind, _) = world.finish(call).expect_err("a status");
    assert_eq!(kind, wippy_error_kind::Exit);
    assert_eq!(made(0, |out| wippy_call_exit_status(call, out)), Ok(7));
    let message = text(|buffer, length| wippy_call_error(call, None, buffer, length));
    assert!(message.expect("a text").contains('7'));
}
