//! `wasi:filesystem`: directories of the host, mounted for a guest.
//!
//! What memory can answer is answered on the dispatcher's thread; everything else goes to the
//! blocking pool, in its filesystem's own lane. A simulation sends everything to the pool, so that
//! no cache decides its course.

mod bytes;
mod cached;
mod descriptor;
mod directory_stream;
mod error;
mod input;
mod mount;
mod open;
mod output;
mod path;
mod preopens;
mod stat;
mod types;

pub(in crate::host) use bytes::Target;
pub use descriptor::Descriptor;
pub use directory_stream::DirectoryStream;
pub use error::FsError;
pub use input::FileInput;
pub use mount::Mount;
pub use output::FileOutput;

/// The generated interfaces.
#[allow(missing_docs)]
pub mod bindings {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "wippy:host/filesystem",
        imports: {
            "wasi:filesystem/types.[drop]descriptor": trappable,
            "wasi:filesystem/types.[drop]directory-entry-stream": trappable,
            "wasi:filesystem/types.filesystem-error-code": trappable,
            "wasi:filesystem/types": async | trappable,
            default: trappable,
        },
        trappable_error_type: {
            "wasi:filesystem/types.error-code" => super::FsError,
        },
        with: {
            "wasi:io/error": crate::host::io::interfaces::error,
            "wasi:io/poll": crate::host::io::interfaces::poll,
            "wasi:io/streams": crate::host::io::interfaces::streams,
            "wasi:clocks/wall-clock": crate::host::clocks::interfaces::wall_clock,
            "wasi:filesystem/types.descriptor": super::Descriptor,
            "wasi:filesystem/types.directory-entry-stream": super::DirectoryStream,
        },
    });
}

pub use bindings::wasi::filesystem as interfaces;
