//! Bytes of files and streams: `fd_read`, `fd_pread`, `fd_write` and `fd_pwrite`.

use wasmtime::component::Resource;

use super::buffers::Buffers;
use super::errno::{Answer, Errno, Failure};
use super::guest::Guest;
use super::lookup::{Bytes, handle};
use super::state::{Descriptor, Standard};
use crate::activity::Wait;
use crate::host::filesystem::{FilesystemState, INLINE_MAX, JOB_MAX, WritePosition, stat};
use crate::host::io::{InputStream, OutputStream, READ_MAX, StreamError};
use crate::host::{PackageState, State};

/// The most bytes that are copied for one job of the blocking pool.
const PART: usize = 256 * 1024;

pub(super) async fn fd_read(
    guest: &mut Guest<'_>,
    (fd, pointer, count, result): (u32, u32, u32, u32),
) -> Answer {
    guest.consume_budget().await?;
    guest.check(result, 4)?;
    let buffers = Buffers::new(guest, pointer, count)?;
    let read = match guest.source(fd)? {
        Bytes::File(index) => {
            let position = guest.file(fd)?.position;
            let read = read_file(guest, index, &buffers, position).await?;
            guest.file(fd)?.position = position.saturating_add(read as u64);
            read
        }
        Bytes::Stream(index) => read_stream(guest, fd, index, &buffers).await?,
    };
    store_size(guest, result, read)
}

pub(super) async fn fd_pread(
    guest: &mut Guest<'_>,
    (fd, pointer, count, offset, result): (u32, u32, u32, u64, u32),
) -> Answer {
    guest.consume_budget().await?;
    guest.check(result, 4)?;
    let buffers = Buffers::new(guest, pointer, count)?;
    not_standard(guest, fd, Standard::Input)?;
    let read = match guest.source(fd)? {
        Bytes::File(index) => read_file(guest, index, &buffers, offset).await?,
        Bytes::Stream(_) => return Err(Errno::SPIPE.into()),
    };
    store_size(guest, result, read)
}

pub(super) async fn fd_write(
    guest: &mut Guest<'_>,
    (fd, pointer, count, result): (u32, u32, u32, u32),
) -> Answer {
    guest.consume_budget().await?;
    guest.check(result, 4)?;
    let buffers = Buffers::new(guest, pointer, count)?;
    let written = match guest.destination(fd)? {
        Bytes::File(index) => {
            let file = guest.file(fd)?;
            let (append, position) = (file.append, file.position);
            let start = match append {
                true => WritePosition::End,
                false => WritePosition::At(position),
            };
            let written = write_file(guest, index, &buffers, start).await?;
            let position = match append {
                true => guest.files().stat_of(&handle(index), stat::size).await?,
                false => position.saturating_add(written as u64),
            };
            guest.file(fd)?.position = position;
            written
        }
        Bytes::Stream(index) => write_stream(guest, fd, index, &buffers).await?,
    };
    store_size(guest, result, written)
}

/// Where `append` is set the offset means nothing, as in Linux.
pub(super) async fn fd_pwrite(
    guest: &mut Guest<'_>,
    (fd, pointer, count, offset, result): (u32, u32, u32, u64, u32),
) -> Answer {
    guest.consume_budget().await?;
    guest.check(result, 4)?;
    let buffers = Buffers::new(guest, pointer, count)?;
    not_standard(guest, fd, Standard::Output)?;
    not_standard(guest, fd, Standard::Error)?;
    let written = match guest.destination(fd)? {
        Bytes::File(index) => {
            let start = match guest.file(fd)?.append {
                true => WritePosition::End,
                false => WritePosition::At(offset),
            };
            write_file(guest, index, &buffers, start).await?
        }
        Bytes::Stream(_) => return Err(Errno::SPIPE.into()),
    };
    store_size(guest, result, written)
}

fn store_size(guest: &mut Guest<'_>, result: u32, size: usize) -> Answer {
    let size = u32::try_from(size).map_err(|_| Errno::OVERFLOW)?;
    Ok(guest.store_u32(result, size)?)
}

/// Refuses offsets in a standard stream.
fn not_standard(guest: &mut Guest<'_>, fd: u32, which: Standard) -> Answer {
    match guest.descriptor(fd)? {
        Descriptor::Standard(standard) if standard.which == which => Err(Errno::SPIPE.into()),
        _ => Ok(()),
    }
}

/// Reads until the buffers are full or the file ends: into the buffers themselves what the caches
/// hold, and the rest on the blocking pool.
async fn read_file(
    guest: &mut Guest<'_>,
    index: u32,
    buffers: &Buffers,
    offset: u64,
) -> Answer<usize> {
    let mut done = 0;
    loop {
        let (memory, state) = guest.parts()?;
        let buffer = buffers.next(memory, done, INLINE_MAX)?;
        let wanted = buffer.len();
        let files = FilesystemState::view(state);
        let read = files.read_now(&handle(index), buffer, offset.saturating_add(done as u64))?;
        let Some(read) = read else {
            break;
        };
        state.call.spend(read);
        done += read;
        if read == 0 || done == buffers.total() {
            return Ok(done);
        }
        debug_assert!(read <= wanted, "more was read than there is room for");
        guest.consume_budget().await?;
    }
    // In a box, so that the futures of most reads stay small.
    Box::pin(read_rest(guest, index, buffers, (offset, done))).await
}

/// Reads on the blocking pool what is behind the `done` bytes that were read.
async fn read_rest(
    guest: &mut Guest<'_>,
    index: u32,
    buffers: &Buffers,
    (offset, mut done): (u64, usize),
) -> Answer<usize> {
    loop {
        let wanted = (buffers.total() - done).min(JOB_MAX);
        let at = offset.saturating_add(done as u64);
        let file = handle(index);
        let mut files = guest.files();
        let (read, ended) = match files.read_on_pool(&file, wanted, at).await {
            Err(_) if done > 0 => return Ok(done),
            read => read?,
        };
        let (memory, state) = guest.parts()?;
        buffers.scatter(memory, done, &read)?;
        state.call.spend(read.len());
        done += read.len();
        if ended || done == buffers.total() || read.is_empty() {
            return Ok(done);
        }
    }
}

/// Writes once from the buffers themselves, or all of them in parts on the blocking pool.
async fn write_file(
    guest: &mut Guest<'_>,
    index: u32,
    buffers: &Buffers,
    start: WritePosition,
) -> Answer<usize> {
    let (memory, state) = guest.parts()?;
    let target = FilesystemState::view(state).target(&handle(index), start)?;
    if buffers.total() <= INLINE_MAX {
        let memory = &*memory;
        let written = match buffers.only(memory)? {
            Some(bytes) => target.write_now(&state.call, bytes)?,
            None => target.write_slices_now(&state.call, &buffers.slices(memory)?)?,
        };
        if let Some(written) = written {
            state.call.spend(written);
            return Ok(written);
        }
    }
    let mut done = 0;
    loop {
        let part = buffers.gather(guest.memory()?, done, PART)?;
        let length = part.len();
        // In a box, so that the futures of most writes stay small.
        let mut files = guest.files();
        let job = Box::pin(files.write_on_pool(target.after(done), part));
        let written = match job.await {
            Err(_) if done > 0 => return Ok(done),
            written => usize::try_from(written?).unwrap_or(length),
        };
        done += written;
        if written < length || done == buffers.total() {
            return Ok(done);
        }
    }
}

fn input(index: u32) -> Resource<InputStream> {
    Resource::new_own(index)
}

fn output(index: u32) -> Resource<OutputStream> {
    Resource::new_own(index)
}

/// Reads what is there into the first buffer; waits where nothing is. Nothing at the end.
async fn read_stream(
    guest: &mut Guest<'_>,
    fd: u32,
    index: u32,
    buffers: &Buffers,
) -> Answer<usize> {
    if buffers.total() == 0 {
        return Ok(0);
    }
    loop {
        let (memory, state) = guest.parts()?;
        let buffer = buffers.next(memory, 0, READ_MAX)?;
        let stream = state.call.table.get_mut(&input(index))?;
        match stream.read_into(buffer) {
            Ok(0) => {}
            Ok(read) => {
                state.call.spend(read);
                return Ok(read);
            }
            Err(StreamError::Closed) => return Ok(0),
            Err(error) => return Err(fail(guest, fd, error)),
        }
        if guest.stream(fd)?.nonblocking {
            return Err(Errno::AGAIN.into());
        }
        guest.call().input_ready(&input(index)).await?;
    }
}

/// Writes all of it and waits until it is delivered, or what fits where `nonblock` is set.
async fn write_stream(
    guest: &mut Guest<'_>,
    fd: u32,
    index: u32,
    buffers: &Buffers,
) -> Answer<usize> {
    let nonblocking = guest.stream(fd)?.nonblocking;
    let mut done = 0;
    while done < buffers.total() {
        let (memory, state) = guest.parts()?;
        match write_some(state, index, buffers, memory, done) {
            Ok(0) if nonblocking && done > 0 => return Ok(done),
            Ok(0) if nonblocking => return Err(Errno::AGAIN.into()),
            Ok(0) => guest.call().output_ready(&output(index)).await?,
            Ok(written) => {
                done += written;
                guest.consume_budget().await?;
            }
            Err(error) => {
                let failure = fail(guest, fd, error);
                return match (done, &failure) {
                    (1.., Failure::Errno(_)) => Ok(done),
                    _ => Err(failure),
                };
            }
        }
        let stream = guest.call().table.get(&output(index))?;
        if !nonblocking && !stream.sink().is_delivered() {
            let (sink, wait) = (
                stream.sink().clone(),
                Wait::Flush(stream.sink().wait_kind()),
            );
            // In a box, so that the futures of most writes stay small.
            let delivered = Box::pin(sink.delivered());
            if let Err(error) = guest.call().parked(wait, delivered).await {
                return Err(fail(guest, fd, error));
            }
        }
    }
    Ok(done)
}

/// Writes as much as is permitted now.
fn write_some(
    state: &mut State,
    index: u32,
    buffers: &Buffers,
    memory: &[u8],
    done: usize,
) -> Result<usize, StreamError> {
    let stream = state.call.table.get_mut(&output(index))?;
    if stream.sink().is_overfull() {
        return Ok(0);
    }
    let permit = usize::try_from(stream.check_write()?).unwrap_or(usize::MAX);
    if permit == 0 {
        return Ok(0);
    }
    let gathered;
    let bytes = match buffers.only(memory)? {
        Some(bytes) => {
            let rest = bytes.get(done..).unwrap_or_default();
            rest.get(..permit).unwrap_or(rest)
        }
        None => {
            gathered = buffers.gather(memory, done, permit)?;
            &gathered
        }
    };
    stream.use_permit(bytes.len() as u64)?.write(bytes)?;
    state.call.spend(bytes.len());
    Ok(bytes.len())
}

/// Remembers what a stream fails with from now on.
fn fail(guest: &mut Guest<'_>, fd: u32, error: StreamError) -> Failure {
    let failure = Failure::from(error);
    if let (Failure::Errno(errno), Ok(stream)) = (&failure, guest.stream(fd)) {
        stream.failed = Some(*errno);
    }
    failure
}
