//! What a function of `wasi:sockets` can fail with.

use std::io;

use rustix::io::Errno;
use wippy_dispatcher::Error;

pub use super::interfaces::network::ErrorCode;
use crate::host::limits::descriptor_permit;
use crate::quota::{Quota, QuotaPermit};

/// `wasi:sockets/network#error-code`, or a trap.
#[derive(Debug)]
pub enum SocketError {
    /// The guest gets this code.
    Code(ErrorCode),
    /// The guest broke a rule, or the host cannot go on.
    Trap(wasmtime::Error),
}

impl From<ErrorCode> for SocketError {
    fn from(code: ErrorCode) -> SocketError {
        SocketError::Code(code)
    }
}

impl From<wasmtime::Error> for SocketError {
    fn from(error: wasmtime::Error) -> SocketError {
        SocketError::Trap(error)
    }
}

impl From<Error> for SocketError {
    fn from(error: Error) -> SocketError {
        match error {
            Error::TooManySources(_) => SocketError::Code(ErrorCode::NewSocketLimit),
            Error::LaneFull(_) | Error::TooManyJobs(_) => {
                SocketError::Code(ErrorCode::TemporaryResolverFailure)
            }
            Error::Io(error) => SocketError::Code(code_of(&error)),
            other => SocketError::Trap(other.into()),
        }
    }
}

/// The code for an error of the system; `unknown` for one without an error number.
pub(super) fn code_of(error: &io::Error) -> ErrorCode {
    error.raw_os_error().map_or(ErrorCode::Unknown, code_of_raw)
}

/// The code for an error number of the system (`errno`).
pub(super) fn code_of_raw(raw: i32) -> ErrorCode {
    match Errno::from_raw_os_error(raw) {
        Errno::ACCESS | Errno::PERM => ErrorCode::AccessDenied,
        Errno::OPNOTSUPP | Errno::PROTONOSUPPORT | Errno::NOPROTOOPT | Errno::AFNOSUPPORT => {
            ErrorCode::NotSupported
        }
        Errno::INVAL | Errno::DESTADDRREQ => ErrorCode::InvalidArgument,
        Errno::NOMEM | Errno::NOBUFS => ErrorCode::OutOfMemory,
        Errno::TIMEDOUT => ErrorCode::Timeout,
        Errno::ALREADY => ErrorCode::ConcurrencyConflict,
        Errno::AGAIN | Errno::INPROGRESS => ErrorCode::WouldBlock,
        Errno::ISCONN | Errno::NOTCONN | Errno::PIPE => ErrorCode::InvalidState,
        Errno::MFILE | Errno::NFILE => ErrorCode::NewSocketLimit,
        Errno::ADDRNOTAVAIL | Errno::NODEV => ErrorCode::AddressNotBindable,
        Errno::ADDRINUSE => ErrorCode::AddressInUse,
        Errno::HOSTUNREACH
        | Errno::HOSTDOWN
        | Errno::NETUNREACH
        | Errno::NETDOWN
        | Errno::NONET => ErrorCode::RemoteUnreachable,
        Errno::CONNREFUSED => ErrorCode::ConnectionRefused,
        Errno::CONNRESET | Errno::NETRESET => ErrorCode::ConnectionReset,
        Errno::CONNABORTED => ErrorCode::ConnectionAborted,
        Errno::MSGSIZE => ErrorCode::DatagramTooLarge,
        _ => ErrorCode::Unknown,
    }
}

/// Counts one more descriptor of the call.
///
/// # Errors
/// `new-socket-limit` when the call may have no more.
pub(super) fn hold(descriptors: &Quota) -> Result<QuotaPermit, SocketError> {
    let permit = descriptor_permit(descriptors);
    permit.map_err(|errno| code_of_raw(errno.raw_os_error()).into())
}

/// The code for a failed connect. Two error numbers mean something else there: no local port is left
/// (`EADDRNOTAVAIL`), and nothing can be connected to at such an address (`EAFNOSUPPORT`).
fn connect_code(error: &io::Error) -> ErrorCode {
    match error.raw_os_error().map(Errno::from_raw_os_error) {
        Some(Errno::ADDRNOTAVAIL) => ErrorCode::AddressInUse,
        Some(Errno::AFNOSUPPORT) => ErrorCode::InvalidArgument,
        _ => code_of(error),
    }
}

/// What the guest is told of a failed connect.
///
/// # Errors
/// A trap for an error of the dispatcher that has no code.
pub(super) fn connect_error(error: Error) -> Result<ErrorCode, SocketError> {
    match error {
        Error::Io(error) => Ok(connect_code(&error)),
        other => match SocketError::from(other) {
            SocketError::Code(code) => Ok(code),
            trap => Err(trap),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_numbers_have_their_codes() {
        let cases = [
            (Errno::ACCESS, ErrorCode::AccessDenied),
            (Errno::PERM, ErrorCode::AccessDenied),
            (Errno::ADDRINUSE, ErrorCode::AddressInUse),
            (Errno::ADDRNOTAVAIL, ErrorCode::AddressNotBindable),
            (Errno::CONNREFUSED, ErrorCode::ConnectionRefused),
            (Errno::CONNRESET, ErrorCode::ConnectionReset),
            (Errno::CONNABORTED, ErrorCode::ConnectionAborted),
            (Errno::HOSTUNREACH, ErrorCode::RemoteUnreachable),
            (Errno::NETUNREACH, ErrorCode::RemoteUnreachable),
            (Errno::TIMEDOUT, ErrorCode::Timeout),
            (Errno::MFILE, ErrorCode::NewSocketLimit),
            (Errno::MSGSIZE, ErrorCode::DatagramTooLarge),
            (Errno::NOBUFS, ErrorCode::OutOfMemory),
            (Errno::IO, ErrorCode::Unknown),
        ];
        for (errno, expected) in cases {
            assert_eq!(code_of(&errno.into()), expected, "{errno}");
        }
        assert_eq!(
            connect_code(&Errno::ADDRNOTAVAIL.into()),
            ErrorCode::AddressInUse
        );
    }

    #[test]
    fn a_simulation_traps_by_name_and_bounds_have_codes() {
        let trap = SocketError::from(Error::Simulated("a socket"));
        assert!(
            matches!(&trap, SocketError::Trap(error) if error.to_string().contains("simulation")),
            "{trap:?}"
        );
        assert!(matches!(
            SocketError::from(Error::TooManySources(1)),
            SocketError::Code(ErrorCode::NewSocketLimit)
        ));
    }
}
