//! `write` of streams and of files with the bytes lent: they go to the system from where they are
//! in the guest's memory. The generated bindings would copy them first.

use wasmtime::component::{Linker, Resource, WasmList};
use wasmtime::{Result, StoreContextMut};

use super::State;
use super::filesystem::interfaces::types::{ErrorCode, Host as _};
use super::filesystem::{Descriptor, FsError, Target};
use super::io::interfaces::streams::{Host as _, StreamError as WitStreamError};
use super::io::{OutputStream, StreamError};

type Store<'a> = StoreContextMut<'a, State>;
type StreamWrite = (Resource<OutputStream>, WasmList<u8>);
type FileWrite = (Resource<Descriptor>, WasmList<u8>, u64);

/// The most bytes that are copied for one job of the pool.
const PART: usize = 256 * 1024;

/// Puts them in the place of the generated ones, in an interface that is defined already; the
/// other interfaces have none.
///
/// # Errors
/// When the linker has the interface of another host.
pub(crate) fn define(linker: &mut Linker<State>, interface: &str, versioned: &str) -> Result<()> {
    linker.allow_shadowing(true);
    match interface {
        "wasi:io/streams" => linker.instance(versioned)?.func_wrap_async(
            "[method]output-stream.write",
            |store: Store<'_>, parameters: StreamWrite| {
                Box::new(async move { Ok((write_stream(store, parameters).await?,)) })
            },
        )?,
        "wasi:filesystem/types" => linker.instance(versioned)?.func_wrap_async(
            "[method]descriptor.write",
            |store: Store<'_>, parameters: FileWrite| {
                Box::new(async move { Ok((write_file(store, parameters).await?,)) })
            },
        )?,
        _ => {}
    }
    linker.allow_shadowing(false);
    Ok(())
}

async fn write_stream(
    mut store: Store<'_>,
    (stream, bytes): StreamWrite,
) -> Result<Result<(), WitStreamError>> {
    store.data_mut().counted();
    match lend_to_stream(&mut store, &stream, &bytes).await {
        Ok(()) => Ok(Ok(())),
        Err(error) => store.data_mut().convert_stream_error(error).map(Err),
    }
}

async fn lend_to_stream(
    store: &mut Store<'_>,
    stream: &Resource<OutputStream>,
    bytes: &WasmList<u8>,
) -> Result<(), StreamError> {
    store.data_mut().make_room(stream).await?;
    let sink = store.data_mut().use_permit(stream, bytes.len())?;
    let written = sink.write(bytes.as_le_slice(&*store));
    store.data_mut().noted(stream, written)?;
    store.data_mut().spend(bytes.len());
    Ok(())
}

async fn write_file(
    mut store: Store<'_>,
    (descriptor, bytes, offset): FileWrite,
) -> Result<Result<u64, ErrorCode>> {
    store.data_mut().counted();
    match lend_to_file(&mut store, &descriptor, &bytes, offset).await {
        Ok(written) => Ok(Ok(written)),
        Err(error) => store.data_mut().convert_error_code(error).map(Err),
    }
}

async fn lend_to_file(
    store: &mut Store<'_>,
    descriptor: &Resource<Descriptor>,
    bytes: &WasmList<u8>,
    offset: u64,
) -> Result<u64, FsError> {
    store.data_mut().settle(descriptor).await?;
    store.data_mut().breathe().await?;
    let target = store.data().write_target(descriptor, offset)?;
    let now = store
        .data()
        .write_now(&target, bytes.as_le_slice(&*store))?;
    match now {
        Some(written) => {
            store.data_mut().spend(written);
            Ok(written as u64)
        }
        None => write_parts(store, &target, bytes).await,
    }
}

/// Writes on the pool. Each part is copied when its turn comes: a copy of all of it would keep the
/// dispatcher's thread for as long as the guest likes.
async fn write_parts(
    store: &mut Store<'_>,
    target: &Target,
    bytes: &WasmList<u8>,
) -> Result<u64, FsError> {
    let mut done = 0;
    loop {
        let rest = bytes.as_le_slice(&*store).get(done..).unwrap_or_default();
        let part = rest.get(..PART).unwrap_or(rest).to_vec();
        let length = part.len();
        let writing = store.data_mut().write_on_pool(target.after(done), part);
        let written = match writing.await {
            Ok(written) => usize::try_from(written).unwrap_or(length),
            Err(FsError::Code(_)) if done > 0 => return Ok(done as u64),
            Err(error) => return Err(error),
        };
        done += written;
        if written < length || done == bytes.len() {
            return Ok(done as u64);
        }
    }
}
