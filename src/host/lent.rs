//! `write` of streams and of files with the bytes lent: they go to the system from where they are
//! in the guest's memory. The generated bindings would copy them first.

use wasmtime::component::{Linker, Resource, WasmList};
use wasmtime::{Result, StoreContextMut};

use super::State;
use super::filesystem::interfaces::types::{ErrorCode, Host as _};
use super::filesystem::{Descriptor, FsError};
use super::io::interfaces::streams::{Host as _, StreamError as WitStreamError};
use super::io::{OutputStream, StreamError};

type Store<'a> = StoreContextMut<'a, State>;
type StreamWrite = (Resource<OutputStream>, WasmList<u8>);
type FileWrite = (Resource<Descriptor>, WasmList<u8>, u64);

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
    store.data_mut().spend_written(&sink, bytes.len());
    Ok(())
}

async fn write_file(
    mut store: Store<'_>,
    (descriptor, bytes, offset): FileWrite,
) -> Result<Result<u64, ErrorCode>> {
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
        None => {
            // In parts: a filesystem that is stuck keeps no more than one of them.
            let mut done = 0;
            loop {
                let (target, part) = target.part(bytes.as_le_slice(&*store), done);
                let length = part.len();
                let written = match store.data_mut().write_on_pool(target, part).await {
                    Err(error) if done == 0 => return Err(error),
                    written => usize::try_from(written.unwrap_or(0)).unwrap_or(usize::MAX),
                };
                done += written;
                if written < length || done >= bytes.len() {
                    return Ok(done as u64);
                }
            }
        }
    }
}
