//! A guest while it calls a function of preview 1: its memory, and the state of its call.

use wasmtime::{Caller, Extern, Memory, Result, bail};

use super::access::{Access, Interface};
use super::errno::{Answer, Errno};
use super::state::Preview1State;
use super::version::Version;
use crate::host::call::Call;
use crate::host::cli::CliState;
use crate::host::filesystem::{FilesystemState, FilesystemView};
use crate::host::{PackageState, State};

/// A guest that has called a function. Every pointer that it gives is checked when it is used: its
/// memory may have grown since.
pub(super) struct Guest<'a> {
    caller: Caller<'a, State>,
    access: Access,
    pub(super) version: Version,
    function: &'static str,
}

impl<'a> Guest<'a> {
    /// The guest that calls `function`, which counts against its budget.
    pub(super) fn new(
        mut caller: Caller<'a, State>,
        (access, version): (Access, Version),
        function: &'static str,
    ) -> Guest<'a> {
        caller.data_mut().counted();
        Guest {
            caller,
            access,
            version,
            function,
        }
    }

    /// Lets others run where the budget is used up.
    ///
    /// # Errors
    /// `Closed` and `WrongThread` of the dispatcher.
    pub(super) async fn consume_budget(&mut self) -> Result<()> {
        self.call().consume_budget().await
    }

    /// Refuses what needs an interface that is not enabled. `what` of its function, if not all.
    ///
    /// # Errors
    /// A trap that says what would enable it.
    pub(super) fn need(&self, interface: Interface, what: &str) -> Answer {
        let (module, function) = (self.version.module(), self.function);
        self.access
            .need(interface, || format!("{module}#{function}{what}"))
    }

    /// Whether an interface is enabled.
    pub(super) fn allows(&self, interface: Interface) -> bool {
        self.access.allows(interface)
    }

    pub(super) fn state(&mut self) -> &mut State {
        self.caller.data_mut()
    }

    pub(super) fn call(&mut self) -> &mut Call {
        &mut self.caller.data_mut().call
    }

    pub(super) fn cli(&self) -> &CliState {
        &self.caller.data().cli
    }

    pub(super) fn files(&mut self) -> FilesystemView<'_> {
        FilesystemState::view(self.caller.data_mut())
    }

    pub(super) fn own(&mut self) -> &mut Preview1State {
        &mut self.caller.data_mut().preview1
    }

    /// All of its memory, and the state of its call.
    ///
    /// # Errors
    /// A trap where it exports no memory.
    pub(super) fn parts(&mut self) -> Result<(&mut [u8], &mut State)> {
        let memory = self.exported_memory()?;
        Ok(memory.data_and_store_mut(&mut self.caller))
    }

    /// All of its memory.
    ///
    /// # Errors
    /// As [`Guest::parts`].
    pub(super) fn memory(&mut self) -> Result<&mut [u8]> {
        Ok(self.parts()?.0)
    }

    /// Looked for once a call: the memory of an instance stays the same one.
    fn exported_memory(&mut self) -> Result<Memory> {
        if let Some(memory) = self.caller.data().preview1.memory {
            return Ok(memory);
        }
        let Some(Extern::Memory(memory)) = self.caller.get_export("memory") else {
            bail!(
                "{}#{} needs the guest's memory, and the module exports none as `memory`",
                self.version.module(),
                self.function
            );
        };
        self.caller.data_mut().preview1.memory = Some(memory);
        Ok(memory)
    }

    /// `length` bytes at `pointer`, to change them.
    ///
    /// # Errors
    /// A trap where they are not all in the memory.
    pub(super) fn bytes_mut(&mut self, pointer: u32, length: usize) -> Result<&mut [u8]> {
        bytes_mut(self.memory()?, pointer, length)
    }

    /// Stores bytes at `pointer`.
    ///
    /// # Errors
    /// As [`Guest::bytes_mut`].
    pub(super) fn store(&mut self, pointer: u32, bytes: &[u8]) -> Result<()> {
        self.bytes_mut(pointer, bytes.len())?.copy_from_slice(bytes);
        Ok(())
    }

    pub(super) fn store_u32(&mut self, pointer: u32, value: u32) -> Result<()> {
        self.store(pointer, &value.to_le_bytes())
    }

    pub(super) fn store_u64(&mut self, pointer: u32, value: u64) -> Result<()> {
        self.store(pointer, &value.to_le_bytes())
    }

    /// Refuses a place for a result before something is done whose result would be lost.
    ///
    /// # Errors
    /// As [`Guest::bytes_mut`].
    pub(super) fn check(&mut self, pointer: u32, length: usize) -> Result<()> {
        self.bytes_mut(pointer, length).map(drop)
    }

    /// The text of `length` bytes at `pointer`, copied.
    ///
    /// # Errors
    /// `ilseq` for what is no Unicode; a trap as of [`Guest::bytes_mut`], and for more than the
    /// system takes for a path.
    pub(super) fn path(&mut self, pointer: u32, length: u32) -> Answer<String> {
        let bytes = self.bytes_mut(pointer, length as usize)?;
        if bytes.len() > PATH_MAX {
            return Err(Errno::NAMETOOLONG.into());
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => Err(Errno::ILSEQ.into()),
        }
    }
}

/// The longest path that is copied out of a guest's memory: that of the system, in bytes.
const PATH_MAX: usize = 4096;

/// `length` bytes of a memory at `pointer`.
///
/// # Errors
/// A trap where they are not all in the memory.
pub(super) fn bytes(memory: &[u8], pointer: u32, length: usize) -> Result<&[u8]> {
    let end = (pointer as usize).saturating_add(length);
    match memory.get(pointer as usize..end) {
        Some(bytes) => Ok(bytes),
        None => beyond(memory.len(), pointer, length),
    }
}

/// The same, to change them.
///
/// # Errors
/// As [`bytes`].
pub(super) fn bytes_mut(memory: &mut [u8], pointer: u32, length: usize) -> Result<&mut [u8]> {
    let size = memory.len();
    let end = (pointer as usize).saturating_add(length);
    match memory.get_mut(pointer as usize..end) {
        Some(bytes) => Ok(bytes),
        None => beyond(size, pointer, length),
    }
}

#[cold]
fn beyond<T>(size: usize, pointer: u32, length: usize) -> Result<T> {
    bail!("{length} bytes at {pointer:#x} are not all in the guest's memory of {size} bytes")
}
