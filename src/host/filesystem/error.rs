//! Which of WASI's error codes an error of the system is.

use std::io;

use rustix::io::Errno;
use wasmtime::Result;
use wippy_dispatcher::Error as DispatcherError;

pub use super::interfaces::types::ErrorCode;

/// `wasi:filesystem/types#error-code`, or a trap.
#[derive(Debug)]
pub enum FsError {
    /// The operation failed, with this code for the guest.
    Code(ErrorCode),
    /// The guest broke a rule, or the host cannot go on.
    Trap(wasmtime::Error),
}

impl FsError {
    pub(super) fn into_code(self) -> Result<ErrorCode> {
        match self {
            FsError::Code(code) => Ok(code),
            FsError::Trap(trap) => Err(trap),
        }
    }
}

impl From<ErrorCode> for FsError {
    fn from(code: ErrorCode) -> FsError {
        FsError::Code(code)
    }
}

impl From<Errno> for FsError {
    fn from(errno: Errno) -> FsError {
        FsError::Code(of_errno(errno))
    }
}

impl From<io::Error> for FsError {
    fn from(error: io::Error) -> FsError {
        FsError::Code(match error.raw_os_error() {
            Some(code) => of_errno(Errno::from_raw_os_error(code)),
            None => of_kind(error.kind()),
        })
    }
}

impl From<wasmtime::Error> for FsError {
    fn from(error: wasmtime::Error) -> FsError {
        FsError::Trap(error)
    }
}

impl From<DispatcherError> for FsError {
    fn from(error: DispatcherError) -> FsError {
        match error {
            // Too much is waiting for this filesystem; later there may be room.
            DispatcherError::LaneFull(_) | DispatcherError::TooManyJobs(_) => {
                FsError::Code(ErrorCode::Busy)
            }
            error => FsError::Trap(error.into()),
        }
    }
}

/// The error of a stream over a FIFO or a device. A bound of the dispatcher has no code of its own in
/// WASI 0.2 and is `io`.
pub(super) fn of_device(error: DispatcherError) -> FsError {
    FsError::Code(match error.raw_os_error() {
        Some(code) => of_errno(Errno::from_raw_os_error(code)),
        None => of_kind(error.kind()),
    })
}

/// The error of a stream whose job was not done: `EBUSY` where too many jobs wait.
pub(super) fn undone(error: DispatcherError) -> DispatcherError {
    match error {
        DispatcherError::LaneFull(_) | DispatcherError::TooManyJobs(_) => Errno::BUSY.into(),
        error => error,
    }
}

/// Errors without a number come from the sandbox: a path that leads out is a refused permission.
fn of_kind(kind: io::ErrorKind) -> ErrorCode {
    match kind {
        io::ErrorKind::PermissionDenied => ErrorCode::NotPermitted,
        io::ErrorKind::NotFound => ErrorCode::NoEntry,
        io::ErrorKind::AlreadyExists => ErrorCode::Exist,
        io::ErrorKind::InvalidInput => ErrorCode::Invalid,
        io::ErrorKind::Unsupported => ErrorCode::Unsupported,
        io::ErrorKind::WouldBlock => ErrorCode::WouldBlock,
        _ => ErrorCode::Io,
    }
}

/// The code of an error number. Running out of descriptors has no code of its own in WASI 0.2 and
/// is `insufficient-memory`: a resource of the host is used up.
pub(crate) fn of_errno(errno: Errno) -> ErrorCode {
    match errno {
        Errno::ACCESS => ErrorCode::Access,
        Errno::AGAIN => ErrorCode::WouldBlock,
        Errno::ALREADY => ErrorCode::Already,
        Errno::BADF => ErrorCode::BadDescriptor,
        Errno::BUSY => ErrorCode::Busy,
        Errno::DEADLK => ErrorCode::Deadlock,
        Errno::DQUOT => ErrorCode::Quota,
        Errno::EXIST => ErrorCode::Exist,
        Errno::FBIG => ErrorCode::FileTooLarge,
        Errno::ILSEQ => ErrorCode::IllegalByteSequence,
        Errno::INPROGRESS => ErrorCode::InProgress,
        Errno::INTR => ErrorCode::Interrupted,
        Errno::INVAL => ErrorCode::Invalid,
        Errno::ISDIR => ErrorCode::IsDirectory,
        Errno::LOOP => ErrorCode::Loop,
        Errno::MLINK => ErrorCode::TooManyLinks,
        Errno::MSGSIZE => ErrorCode::MessageSize,
        Errno::NAMETOOLONG => ErrorCode::NameTooLong,
        Errno::NODEV => ErrorCode::NoDevice,
        Errno::NOENT => ErrorCode::NoEntry,
        Errno::NOLCK => ErrorCode::NoLock,
        Errno::NOMEM | Errno::MFILE | Errno::NFILE => ErrorCode::InsufficientMemory,
        Errno::NOSPC => ErrorCode::InsufficientSpace,
        Errno::NOTDIR => ErrorCode::NotDirectory,
        Errno::NOTEMPTY => ErrorCode::NotEmpty,
        Errno::NOTRECOVERABLE => ErrorCode::NotRecoverable,
        Errno::NOSYS | Errno::OPNOTSUPP => ErrorCode::Unsupported,
        Errno::NOTTY => ErrorCode::NoTty,
        Errno::NXIO => ErrorCode::NoSuchDevice,
        Errno::OVERFLOW => ErrorCode::Overflow,
        Errno::PERM => ErrorCode::NotPermitted,
        Errno::PIPE => ErrorCode::Pipe,
        Errno::ROFS => ErrorCode::ReadOnly,
        Errno::SPIPE => ErrorCode::InvalidSeek,
        Errno::TXTBSY => ErrorCode::TextFileBusy,
        Errno::XDEV => ErrorCode::CrossDevice,
        _ => ErrorCode::Io,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sandbox_and_the_system_refuse_differently() {
        let code = |error: io::Error| match FsError::from(error) {
            FsError::Code(code) => code,
            FsError::Trap(trap) => panic!("{trap}"),
        };
        let escape = io::Error::new(io::ErrorKind::PermissionDenied, "leads out");
        assert_eq!(code(escape), ErrorCode::NotPermitted);
        assert_eq!(code(Errno::ACCESS.into()), ErrorCode::Access);
        assert_eq!(code(Errno::PERM.into()), ErrorCode::NotPermitted);
        assert_eq!(code(Errno::ROFS.into()), ErrorCode::ReadOnly);
        assert_eq!(code(Errno::MFILE.into()), ErrorCode::InsufficientMemory);
    }

    #[test]
    fn what_a_device_refuses_is_a_code_and_never_a_trap() {
        let code = |error: DispatcherError| of_device(error).into_code().expect("no trap");
        assert_eq!(code(Errno::NXIO.into()), ErrorCode::NoSuchDevice);
        assert_eq!(code(DispatcherError::TooManySources(1)), ErrorCode::Io);
    }

    #[test]
    fn a_full_lane_is_busy() {
        let full = FsError::from(DispatcherError::LaneFull(1));
        assert!(matches!(full, FsError::Code(ErrorCode::Busy)));
    }
}
