//! What the kernel's caches answer without waiting: opened paths of known local filesystems.

use std::os::fd::OwnedFd;

use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};
use rustix::io::Errno;

use super::FilesystemView;
use super::descriptor::Directory;
use super::error::FsError;
use crate::fs::Class;
use crate::host::call::Call;

/// Whether a filesystem of this class may be used on the dispatcher's thread.
pub(super) fn is_inline(call: &Call, class: Class) -> bool {
    class.is_known() && matches!(call.handle.is_simulated(), Ok(false))
}

impl FilesystemView<'_> {
    /// Opens a path beneath a directory if the caches hold all of it and it stays on the
    /// directory's own filesystem. `None`: ask the pool, which also knows the exact error.
    ///
    /// # Errors
    /// `no-entry`, which the caches know too.
    pub(super) fn open_cached(
        &mut self,
        directory: &Directory,
        path: &str,
        flags: OFlags,
    ) -> Result<Option<OwnedFd>, FsError> {
        if !is_inline(self.call, directory.class) {
            return Ok(None);
        }
        self.spend_system_call();
        let resolve = ResolveFlags::BENEATH
            | ResolveFlags::NO_MAGICLINKS
            | ResolveFlags::NO_XDEV
            | ResolveFlags::CACHED;
        match openat2(directory.dir()?, path, flags, Mode::empty(), resolve) {
            Ok(fd) => Ok(Some(fd)),
            Err(Errno::NOENT) => Err(Errno::NOENT.into()),
            Err(_) => Ok(None),
        }
    }
}
