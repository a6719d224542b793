//! `write` of an output stream with borrowed bytes: they go to their destination from where they
//! are in the guest's memory. The generated binding would copy them first.

use wasmtime::component::{Linker, Resource, WasmList};
use wasmtime::{Result, StoreContextMut};

use super::interfaces::streams::{Host as _, StreamError as WitStreamError};
use super::{OutputStream, StreamError};
use crate::host::State;

type Store<'a> = StoreContextMut<'a, State>;
type Parameters = (Resource<OutputStream>, WasmList<u8>);

/// Puts the function in the place of the generated one.
///
/// # Errors
/// When the linker's instance of this name is not `wasi:io/streams`.
pub(super) fn define(linker: &mut Linker<State>, instance: &str) -> Result<()> {
    linker.allow_shadowing(true);
    linker.instance(instance)?.func_wrap_async(
        "[method]output-stream.write",
        |store: Store<'_>, parameters: Parameters| {
            Box::new(async move { Ok((write(store, parameters).await?,)) })
        },
    )?;
    linker.allow_shadowing(false);
    Ok(())
}

async fn write(
    mut store: Store<'_>,
    (stream, bytes): Parameters,
) -> Result<Result<(), WitStreamError>> {
    store.data_mut().counted();
    match write_borrowed(&mut store, &stream, &bytes).await {
        Ok(()) => Ok(Ok(())),
        Err(error) => store.data_mut().call.convert_stream_error(error).map(Err),
    }
}

async fn write_borrowed(
    store: &mut Store<'_>,
    stream: &Resource<OutputStream>,
    bytes: &WasmList<u8>,
) -> Result<(), StreamError> {
    store.data_mut().call.make_room(stream).await?;
    let sink = store.data_mut().call.use_permit(stream, bytes.len())?;
    let written = sink.write(bytes.as_le_slice(&*store));
    store.data_mut().call.noted(stream, written)?;
    store.data_mut().call.spend(bytes.len());
    Ok(())
}
