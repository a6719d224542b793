//! `write` of a descriptor with borrowed bytes: they go to the system from where they are in the
//! guest's memory. The generated binding would copy them first.

use wasmtime::component::{Linker, Resource, WasmList};
use wasmtime::{Result, StoreContextMut};

use super::bytes::WriteTarget;
use super::interfaces::types::{ErrorCode, Host as _};
use super::{Descriptor, FilesystemState, FilesystemView, FsError};
use crate::host::{PackageState, State};

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

fn view<'a>(store: &'a mut Store<'_>) -> FilesystemView<'a> {
    FilesystemState::view(store.data_mut())
}

async fn write(
    mut store: Store<'_>,
    (descriptor, bytes, offset): Parameters,
) -> Result<Result<u64, ErrorCode>> {
    store.data_mut().counted();
    match write_borrowed(&mut store, &descriptor, &bytes, offset).await {
        Ok(written) => Ok(Ok(written)),
        Err(error) => view(&mut store).convert_error_code(error).map(Err),
    }
}

async fn write_borrowed(
    store: &mut Store<'_>,
    descriptor: &Resource<Descriptor>,
    bytes: &WasmList<u8>,
    offset: u64,
) -> Result<u64, FsError> {
    view(store).settle(descriptor).await?;
    view(store).consume_budget().await?;
    let target = view(store).write_target(descriptor, offset)?;
    let now = target.write_now(&store.data().call, bytes.as_le_slice(&*store))?;
    match now {
        Some(written) => {
            view(store).spend(written);
            Ok(written as u64)
        }
        None => write_parts(store, &target, bytes).await,
    }
}

/// Writes on the blocking pool. Each part is copied when its turn comes: a copy of the whole list
/// would keep the dispatcher's thread for as long as the guest likes.
async fn write_parts(
    store: &mut Store<'_>,
    target: &WriteTarget,
    bytes: &WasmList<u8>,
) -> Result<u64, FsError> {
    let mut done = 0;
    loop {
        debug_assert!(done <= bytes.len());
        let rest = bytes.as_le_slice(&*store).get(done..).unwrap_or_default();
        let part = rest.get(..PART).unwrap_or(rest).to_vec();
        let length = part.len();
        let mut view = view(store);
        let written = match view.write_on_pool(target.after(done), part).await {
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
