//! `write` of a descriptor with borrowed bytes: they go to the system from where they are in the
//! guest's memory. The generated binding would copy them first.

use wasmtime::component::{Linker, Resource, WasmList};
use wasmtime::{Result, StoreContextMut};

use super::bytes::Target;
use super::interfaces::types::{ErrorCode, Host as _};
use super::{Descriptor, FsError};
use crate::host::State;

type Store<'a> = StoreContextMut<'a, State>;
type Parameters = (Resource<Descriptor>, WasmList<u8>, u64);

/// The most bytes that are copied for one job of the blocking pool.
const PART: usize = 256 * 1024;

/// Puts the function in the place of the generated one.
///
/// # Errors
/// When the linker's instance of this name is not `wasi:filesystem/types`.
pub(super) fn define(linker: &mut Linker<State>, instance: &str) -> Result<()> {
    linker.allow_shadowing(true);
    linker.instance(instance)?.func_wrap_async(
        "[method]descriptor.write",
        |store: Store<'_>, parameters: Parameters| {
            Box::new(async move { Ok((write(store, parameters).await?,)) })
        },
    )?;
    linker.allow_shadowing(false);
    Ok(())
}

async fn write(
    mut store: Store<'_>,
    (descriptor, bytes, offset): Parameters,
) -> Result<Result<u64, ErrorCode>> {
    store.data_mut().counted();
    match write_borrowed(&mut store, &descriptor, &bytes, offset).await {
        Ok(written) => Ok(Ok(written)),
        Err(error) => store.data_mut().convert_error_code(error).map(Err),
    }
}

async fn write_borrowed(
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

/// Writes on the blocking pool. Each part is copied when its turn comes: a copy of the whole list
/// would keep the dispatcher's thread for as long as the guest likes.
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
