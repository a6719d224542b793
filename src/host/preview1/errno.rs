//! The error numbers of preview 1, and which of them an error of an operation is.

use rustix::io::Errno as SystemErrno;

use crate::host::filesystem::{ErrorCode, FsError, of_errno};
use crate::host::io::StreamError;

/// An error number of preview 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Errno(u16);

/// The names of the numbers that the host gives.
macro_rules! numbers {
    ($($name:ident = $number:literal;)*) => {
        impl Errno {
            $(pub(super) const $name: Errno = Errno($number);)*
        }
    };
}

numbers! {
    ACCES = 2;
    AGAIN = 6;
    ALREADY = 7;
    BADF = 8;
    BUSY = 10;
    DEADLK = 16;
    DQUOT = 19;
    EXIST = 20;
    FBIG = 22;
    ILSEQ = 25;
    INPROGRESS = 26;
    INTR = 27;
    INVAL = 28;
    IO = 29;
    ISDIR = 31;
    LOOP = 32;
    MFILE = 33;
    MLINK = 34;
    MSGSIZE = 35;
    NAMETOOLONG = 37;
    NODEV = 43;
    NOENT = 44;
    NOLCK = 46;
    NOMEM = 48;
    NOSPC = 51;
    NOTDIR = 54;
    NOTEMPTY = 55;
    NOTRECOVERABLE = 56;
    NOTSOCK = 57;
    NOTSUP = 58;
    NOTTY = 59;
    NXIO = 60;
    OVERFLOW = 61;
    PERM = 63;
    PIPE = 64;
    ROFS = 69;
    SPIPE = 70;
    TXTBSY = 74;
    XDEV = 75;
}

impl Errno {
    /// What a function returns for it.
    pub(super) fn number(self) -> u16 {
        self.0
    }

    /// That of an error of the system.
    pub(super) fn of_system(errno: SystemErrno) -> Errno {
        match errno {
            SystemErrno::MFILE | SystemErrno::NFILE => Errno::MFILE,
            errno => of_errno(errno).into(),
        }
    }
}

impl From<ErrorCode> for Errno {
    fn from(code: ErrorCode) -> Errno {
        match code {
            ErrorCode::Access => Errno::ACCES,
            ErrorCode::WouldBlock => Errno::AGAIN,
            ErrorCode::Already => Errno::ALREADY,
            ErrorCode::BadDescriptor => Errno::BADF,
            ErrorCode::Busy => Errno::BUSY,
            ErrorCode::Deadlock => Errno::DEADLK,
            ErrorCode::Quota => Errno::DQUOT,
            ErrorCode::Exist => Errno::EXIST,
            ErrorCode::FileTooLarge => Errno::FBIG,
            ErrorCode::IllegalByteSequence => Errno::ILSEQ,
            ErrorCode::InProgress => Errno::INPROGRESS,
            ErrorCode::Interrupted => Errno::INTR,
            ErrorCode::Invalid => Errno::INVAL,
            ErrorCode::Io => Errno::IO,
            ErrorCode::IsDirectory => Errno::ISDIR,
            ErrorCode::Loop => Errno::LOOP,
            ErrorCode::TooManyLinks => Errno::MLINK,
            ErrorCode::MessageSize => Errno::MSGSIZE,
            ErrorCode::NameTooLong => Errno::NAMETOOLONG,
            ErrorCode::NoDevice => Errno::NODEV,
            ErrorCode::NoEntry => Errno::NOENT,
            ErrorCode::NoLock => Errno::NOLCK,
            ErrorCode::InsufficientMemory => Errno::NOMEM,
            ErrorCode::InsufficientSpace => Errno::NOSPC,
            ErrorCode::Unsupported => Errno::NOTSUP,
            ErrorCode::NotDirectory => Errno::NOTDIR,
            ErrorCode::NotEmpty => Errno::NOTEMPTY,
            ErrorCode::NotRecoverable => Errno::NOTRECOVERABLE,
            ErrorCode::NoTty => Errno::NOTTY,
            ErrorCode::NoSuchDevice => Errno::NXIO,
            ErrorCode::Overflow => Errno::OVERFLOW,
            ErrorCode::NotPermitted => Errno::PERM,
            ErrorCode::Pipe => Errno::PIPE,
            ErrorCode::ReadOnly => Errno::ROFS,
            ErrorCode::InvalidSeek => Errno::SPIPE,
            ErrorCode::TextFileBusy => Errno::TXTBSY,
            ErrorCode::CrossDevice => Errno::XDEV,
        }
    }
}

/// Why a function does not do what it is asked for.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Its guest gets this number.
    Errno(Errno),
    /// Its guest broke a rule, or the host cannot go on.
    Trap(wasmtime::Error),
}

/// What a function of preview 1 ends with.
pub(super) type Answer<T = ()> = Result<T, Failure>;

/// What a function returns to its guest.
///
/// # Errors
/// The trap.
pub(super) fn number(answer: Answer) -> wasmtime::Result<u32> {
    match answer {
        Ok(()) => Ok(0),
        Err(Failure::Errno(errno)) => Ok(errno.number().into()),
        Err(Failure::Trap(trap)) => Err(trap),
    }
}

impl From<Errno> for Failure {
    fn from(errno: Errno) -> Failure {
        Failure::Errno(errno)
    }
}

impl From<FsError> for Failure {
    fn from(error: FsError) -> Failure {
        match error {
            FsError::Code(code) => Failure::Errno(code.into()),
            FsError::Trap(trap) => Failure::Trap(trap),
        }
    }
}

impl From<wasmtime::Error> for Failure {
    fn from(error: wasmtime::Error) -> Failure {
        Failure::Trap(error)
    }
}

impl From<wippy_dispatcher::Error> for Failure {
    fn from(error: wippy_dispatcher::Error) -> Failure {
        Failure::Trap(error.into())
    }
}

/// An end that a reader or writer does not see as one is a pipe's whose other end has gone.
impl From<StreamError> for Failure {
    fn from(error: StreamError) -> Failure {
        match error {
            StreamError::Closed => Failure::Errno(Errno::PIPE),
            StreamError::Failed(error) => Failure::Errno(match error.code() {
                Some(code) => Errno::of_system(SystemErrno::from_raw_os_error(code)),
                None => Errno::IO,
            }),
            StreamError::Trap(trap) => Failure::Trap(trap),
        }
    }
}
