//! A program on a dispatcher.
#![allow(unsafe_code)]

use std::mem::MaybeUninit;

use wippy::Runtime;

use crate::guard::guarded;
use crate::handles::{Handle, wippy_dispatcher, wippy_program, wippy_runtime};
use crate::objects::RuntimeObject;
use crate::pointers::{given, wippy_buffer};
use crate::status::wippy_status;

/// Puts a program on a dispatcher. It is cheap; what is compiled belongs to the program.
///
/// Errors: ENGINE, TOO_MANY, INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_runtime_new(
    dispatcher: wippy_dispatcher,
    program: wippy_program,
    runtime: Option<&mut MaybeUninit<wippy_runtime>>,
) -> wippy_status {
    guarded(|| {
        let out = given(runtime, "runtime")?;
        let handle = dispatcher.get()?.dispatcher.handle();
        let runtime = Runtime::on(handle, program.get()?.0.clone())?;
        out.write(wippy_runtime::add(RuntimeObject(runtime))?);
        Ok(())
    })
}

/// Destroys a runtime. Its calls go on.
///
/// Errors: INVALID_HANDLE, WRONG_THREAD.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_runtime_destroy(runtime: wippy_runtime) -> wippy_status {
    guarded(|| runtime.remove().map(drop))
}

/// What the program has done and has now, as text for Prometheus (`docs/observability.md`).
///
/// Errors: TOO_SMALL (the length is written; ask with more room than that, because it changes), CLOSED, INVALID_HANDLE,
/// WRONG_THREAD, INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_runtime_metrics(
    runtime: wippy_runtime,
    mut buffer: wippy_buffer<'_>,
    length: Option<&mut MaybeUninit<usize>>,
) -> wippy_status {
    guarded(|| {
        let text = runtime.get()?.0.metrics()?.to_prometheus();
        buffer.write_text(text.as_bytes(), length)
    })
}
