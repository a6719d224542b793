//! The path of a UNIX socket, which outlives its server and may belong to another one.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use wippy_dispatcher::net::{UnixListener, UnixStream};
use wippy_dispatcher::{Error, Handle};

use super::listen_address::ListenAddress;

/// A path on which this process listens. Dropped, it is removed, unless another socket is there by then.
///
/// A file beside it, with `.lock` at the end of its name, is locked meanwhile: of several servers that start at once, one
/// finds out whether the path is left over from a server that has ended, and the others are told that it is in use. The
/// lock's file stays.
#[derive(Debug)]
pub struct UnixPath {
    path: PathBuf,
    mode: u32,
    /// The device and the inode of the socket.
    identity: (u64, u64),
    /// Locked until it is closed.
    _lock: File,
}

/// Why a path cannot be a socket's.
#[derive(Debug, thiserror::Error)]
pub enum UnixPathError {
    /// Another server listens there.
    #[error("another server listens there")]
    InUse,
    /// Something else is there.
    #[error("there is something that is no socket; remove it, or name another path")]
    NoSocket,
    /// The lock's file cannot be opened or locked.
    #[error("{}: {error}", path.display())]
    Lock {
        /// The lock's file.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// The system refuses.
    #[error(transparent)]
    System(#[from] Error),
}

impl UnixPath {
    pub(super) fn bind(
        handle: &Handle,
        path: &Path,
        mode: u32,
    ) -> Result<(UnixListener, UnixPath), UnixPathError> {
        let lock = lock(path)?;
        match fs::symlink_metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(Error::Io(error).into()),
            Ok(there) if !there.file_type().is_socket() => return Err(UnixPathError::NoSocket),
            Ok(_) => {
                // A server that knows nothing of the lock answers, or its backlog is full.
                match UnixStream::connect(handle, path).map_err(|error| error.kind()) {
                    Err(io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound) => {}
                    _ => return Err(UnixPathError::InUse),
                }
                match fs::remove_file(path) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => {
                        return Err(Error::Io(error).into());
                    }
                    _ => {}
                }
            }
        }
        let bound = UnixListener::bind_with_mode(handle, path, mode);
        let listener = bound.map_err(|error| match error.kind() {
            io::ErrorKind::AddrInUse => UnixPathError::InUse,
            _ => error.into(),
        })?;
        let there = fs::symlink_metadata(path).map_err(Error::Io)?;
        let bound = UnixPath {
            path: path.to_owned(),
            mode,
            identity: (there.dev(), there.ino()),
            _lock: lock,
        };
        Ok((listener, bound))
    }

    pub(super) fn address(&self) -> ListenAddress {
        ListenAddress::Unix {
            path: self.path.clone(),
            mode: self.mode,
        }
    }
}

impl Drop for UnixPath {
    fn drop(&mut self) {
        let there = fs::symlink_metadata(&self.path);
        if there.is_ok_and(|there| (there.dev(), there.ino()) == self.identity) {
            // Nobody else removes or binds it while the lock is held. Left over, the next server removes it.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn lock(path: &Path) -> Result<File, UnixPathError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let name = PathBuf::from(name);
    let failed = |error: io::Error| UnixPathError::Lock {
        path: name.clone(),
        error,
    };
    let opened = File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&name);
    let file = opened.map_err(failed)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(Errno::AGAIN) => Err(UnixPathError::InUse),
        Err(errno) => Err(failed(errno.into())),
    }
}
