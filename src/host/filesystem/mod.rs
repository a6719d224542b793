//! `wasi:filesystem`: directories of the host, mounted for a guest.
//!
//! What memory can answer is answered on the dispatcher's thread; everything else goes to the
//! blocking pool, in its filesystem's own lane. A simulation sends everything to the pool, so that
//! no cache decides its course.

mod borrowed_write;
mod bytes;
mod cached;
mod descriptor;
mod device;
mod directory_cursor;
mod directory_stream;
mod error;
mod file_io;
mod handles;
mod in_place;
mod input;
mod mount;
mod open;
mod output;
mod path;
mod preopens;
mod settle;
pub(crate) mod stat;
mod state;
mod types;

pub use descriptor::Descriptor;
pub(crate) use directory_cursor::DirectoryCursor;
pub use directory_stream::DirectoryStream;
pub use error::FsError;
pub(crate) use error::{ErrorCode, of_errno};
pub(crate) use file_io::{INLINE_MAX, JOB_MAX, WritePosition};
pub use input::FileInput;
pub use mount::Mount;
pub use output::FileOutput;
pub use state::{FilesystemState, FilesystemView};

use wasmtime::StoreContextMut;
use wasmtime::component::Resource;

use super::package::{Fallback, InterfaceTable, PackageTable, ResourceKind, interface};
use super::table::HostResource;
use super::{PackageState, State};

/// The generated interfaces.
#[allow(missing_docs)]
pub mod bindings;

pub use bindings::wasi::filesystem as interfaces;
pub(crate) use interfaces::types::{DescriptorFlags, DescriptorType, OpenFlags, PathFlags};

impl HostResource for Descriptor {
    const NAME: &'static str = "descriptor";
}

/// What the linker and the `imports` list know of the package.
pub(super) const PACKAGE: PackageTable = PackageTable::wasi(
    "wasi:filesystem",
    &[
        InterfaceTable {
            define: |linker, instance| {
                interfaces::types::add_to_linker::<_, FilesystemState>(
                    linker,
                    |state: &mut State| FilesystemState::view(state.counted()),
                )?;
                borrowed_write::define(linker, instance)
            },
            ..interface!(
                FilesystemState,
                "types",
                interfaces::types,
                ResourceKind::of::<Descriptor>(),
                ResourceKind::of::<DirectoryStream>(),
            )
        },
        InterfaceTable {
            fallbacks: &[NO_DIRECTORIES],
            ..interface!(FilesystemState, "preopens", interfaces::preopens)
        },
    ],
);

/// Where the package is not enabled a guest has no directories. It may ask for them all the same:
/// guests of the preview 1 adapter that only print do.
const NO_DIRECTORIES: Fallback = Fallback {
    function: "get-directories",
    define: |instance| {
        instance.func_wrap(
            "get-directories",
            |mut store: StoreContextMut<'_, State>, (): ()| {
                store.data_mut().counted();
                Ok((Vec::<(Resource<Descriptor>, String)>::new(),))
            },
        )
    },
};
