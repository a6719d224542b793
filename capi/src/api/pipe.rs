//! Pipes in memory, for the standard streams of guests.
#![allow(unsafe_code)]

use std::mem::MaybeUninit;

use wippy::stdio::pipe;

use crate::failure::Failure;
use crate::guard::guarded;
use crate::handles::{Handle, wippy_dispatcher, wippy_reader, wippy_writer};
use crate::objects::{ReaderObject, WriterObject};
use crate::pointers::{given, wippy_buffer, wippy_bytes};
use crate::status::wippy_status;

/// The most that one read asks a pipe for.
const MAX_READ: usize = 1 << 20;

/// Makes a pipe that holds `capacity` bytes, at least one. A guest that writes to a full pipe waits until it is read. The reader
/// comes to the end when all writers are destroyed, and calls and options that have one have ended; and likewise the other
/// way around.
///
/// Errors: TOO_MANY, INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_pipe_new(
    dispatcher: wippy_dispatcher,
    capacity: usize,
    reader: Option<&mut MaybeUninit<wippy_reader>>,
    writer: Option<&mut MaybeUninit<wippy_writer>>,
) -> wippy_status {
    guarded(|| {
        let (reader, writer) = (given(reader, "reader")?, given(writer, "writer")?);
        let handle = dispatcher.get()?.dispatcher.handle();
        let (read, write) = pipe(&handle, capacity)?;
        let made = wippy_reader::add(ReaderObject(read))?;
        match wippy_writer::add(WriterObject(write)) {
            Ok(other) => {
                reader.write(made);
                writer.write(other);
                Ok(())
            }
            Err(failure) => {
                made.remove()?;
                Err(failure)
            }
        }
    })
}

/// Takes what is there, as much as the buffer has room for, and says in `length` how much that was. No zero byte is added.
///
/// Errors: PENDING where there is nothing yet, CLOSED at the end, INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT, also for a
/// buffer without room.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_reader_read(
    reader: wippy_reader,
    mut buffer: wippy_buffer<'_>,
    length: Option<&mut MaybeUninit<usize>>,
) -> wippy_status {
    guarded(|| {
        let length = given(length, "length")?;
        let object = reader.get()?;
        let room = buffer.capacity()?.min(MAX_READ);
        if room == 0 {
            return Err(Failure::argument("the buffer has no room"));
        }
        let bytes = object.0.read(room);
        let bytes = bytes.map_err(|_| closed("all is read, and nothing writes any more"))?;
        if bytes.is_empty() {
            let message = "there is nothing to read yet";
            return Err(Failure::new(wippy_status::Pending, message));
        }
        buffer.write(&bytes)?;
        length.write(bytes.len());
        Ok(())
    })
}

/// Writes as many of the bytes as there is room for, and says in `length` how many that were.
///
/// Errors: PENDING where there is no room now, CLOSED where nothing reads any more, INVALID_HANDLE, WRONG_THREAD,
/// INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_writer_write(
    writer: wippy_writer,
    bytes: wippy_bytes<'_>,
    length: Option<&mut MaybeUninit<usize>>,
) -> wippy_status {
    guarded(|| {
        let length = given(length, "length")?;
        let object = writer.get()?;
        let bytes = bytes.get("bytes")?;
        let gone = "nothing reads any more";
        let room = object.0.check_write().map_err(|_| closed(gone))?;
        let taken = bytes.len().min(usize::try_from(room).unwrap_or(usize::MAX));
        if taken == 0 && !bytes.is_empty() {
            let message = "the pipe is full";
            return Err(Failure::new(wippy_status::Pending, message));
        }
        let (now, _later) = bytes.split_at(taken);
        object.0.write(now).map_err(|_| closed(gone))?;
        length.write(taken);
        Ok(())
    })
}

fn closed(message: &str) -> Failure {
    Failure::new(wippy_status::Closed, message)
}

/// Destroys a reader. Calls that read the same pipe go on.
///
/// Errors: INVALID_HANDLE, WRONG_THREAD.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_reader_destroy(reader: wippy_reader) -> wippy_status {
    guarded(|| reader.remove().map(drop))
}

/// Destroys a writer. Calls that write the same pipe go on.
///
/// Errors: INVALID_HANDLE, WRONG_THREAD.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_writer_destroy(writer: wippy_writer) -> wippy_status {
    guarded(|| writer.remove().map(drop))
}
