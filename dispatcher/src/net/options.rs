//! What can be set on a socket.

use std::fmt;
use std::time::Duration;

use rustix::io::Errno;

use super::Family;
use super::socket::{Socket, SocketOption};
use crate::Error;

/// A socket's options. Each is read back from the operating system, which may have rounded what was
/// set.
///
/// ```
/// use wippy_dispatcher::Dispatcher;
/// use wippy_dispatcher::net::{Family, TcpSocket};
///
/// let dispatcher = Dispatcher::new()?;
/// let socket = TcpSocket::new(&dispatcher.handle(), Family::V4)?;
/// socket.options().set_nodelay(true)?;
/// assert!(socket.options().nodelay()?);
/// # Ok::<(), wippy_dispatcher::Error>(())
/// ```
///
/// # Errors
///
/// All of them: `Io` with `InvalidInput` for a value that the option does not have, and with
/// `ENOPROTOOPT` or `EOPNOTSUPP` for an option of TCP on a UDP socket.
pub struct Options<'a>(&'a Socket);

impl Options<'_> {
    pub(super) fn of(socket: &Socket) -> Options<'_> {
        Options(socket)
    }

    fn flag(&self, option: SocketOption) -> Result<bool, Error> {
        Ok(self.0.option(option)? != 0)
    }

    fn set_flag(&self, option: SocketOption, on: bool) -> Result<(), Error> {
        self.0.set_option(option, u32::from(on))
    }

    fn seconds(&self, option: SocketOption) -> Result<Duration, Error> {
        let seconds = self.0.option(option)?;
        Ok(Duration::from_secs(u64::from(seconds)))
    }

    fn set_seconds(&self, option: SocketOption, time: Duration) -> Result<(), Error> {
        let rounded_up = time
            .as_secs()
            .checked_add(u64::from(time.subsec_nanos() > 0));
        let seconds = rounded_up.and_then(|seconds| u32::try_from(seconds).ok());
        self.0.set_option(option, seconds.ok_or(Errno::INVAL)?)
    }

    fn set_bytes(&self, option: SocketOption, bytes: usize) -> Result<(), Error> {
        let bytes = u32::try_from(bytes).map_err(|_| Errno::INVAL)?;
        self.0.set_option(option, bytes)
    }

    /// The family of the socket's addresses.
    ///
    /// # Errors
    /// As [`Options`].
    pub fn family(&self) -> Result<Family, Error> {
        self.0.family()
    }

    /// Whether small writes are sent at once (`TCP_NODELAY`).
    ///
    /// # Errors
    /// As [`Options`].
    pub fn nodelay(&self) -> Result<bool, Error> {
        self.flag(SocketOption::NoDelay)
    }

    /// Sets `TCP_NODELAY`.
    ///
    /// # Errors
    /// As [`Options`].
    pub fn set_nodelay(&self, on: bool) -> Result<(), Error> {
        self.set_flag(SocketOption::NoDelay, on)
    }

    /// Whether idle connections are probed (`SO_KEEPALIVE`).
    ///
    /// # Errors
    /// As [`Options`].
    pub fn keep_alive(&self) -> Result<bool, Error> {
        self.flag(SocketOption::KeepAlive)
    }

    /// Sets `SO_KEEPALIVE`.
    ///
    /// # Errors
    /// As [`Options`].
    pub fn set_keep_alive(&self, on: bool) -> Result<(), Error> {
        self.set_flag(SocketOption::KeepAlive, on)
    }

    /// How long a connection is idle before the first probe (`TCP_KEEPIDLE`), in whole seconds.
    ///
    /// # Errors
    /// As [`Options`].
    pub fn keep_alive_idle(&self) -> Result<Duration, Error> {
        self.seconds(SocketOption::KeepAliveIdle)
    }

    /// Sets `TCP_KEEPIDLE`: 1 to 32,767 seconds, rounded up to whole ones.
    ///
    /// # Errors
    /// As [`Options`].
    pub fn set_keep_alive_idle(&self, idle: Duration) -> Result<(), Error> {
        self.set_seconds(SocketOption::KeepAliveIdle, idle)
    }

    /// The time between two probes (`TCP_KEEPINTVL`), in whole seconds.
    ///
    /// # Errors
    /// As [`Options`].
    pub fn keep_alive_interval(&self) -> Result<Duration, Error> {
        self.seconds(SocketOption::KeepAliveInterval)
    }

    /// Sets `TCP_KEEPINTVL`: 1 to 32,767 seconds, rounded up to whole ones.
    ///
    /// # Errors
    /// As [`Options`].
    pub fn set_keep_alive_interval(&self, interval: Duration) -> Result<(), Error> {
        self.set_seconds(SocketOption::KeepAliveInterval, interval)
    }

    /// How many probes without an answer end a connection (`TCP_KEEPCNT`).
    ///
    /// # Errors
    /// As [`Options`].
    pub fn keep_alive_count(&self) -> Result<u32, Error> {
        self.0.option(SocketOption::KeepAliveCount)
    }

    /// Sets `TCP_KEEPCNT`: 1 to 127.
    ///
    /// # Errors
    /// As [`Options`].
    pub fn set_keep_alive_count(&self, count: u32) -> Result<(), Error> {
        self.0.set_option(SocketOption::KeepAliveCount, count)
    }

    /// How many hops a packet may take (`IP_TTL` or `IPV6_UNICAST_HOPS`, as the family has it).
    ///
    /// # Errors
    /// As [`Options`].
    pub fn hop_limit(&self) -> Result<u8, Error> {
        let hops = self.0.option(SocketOption::HopLimit)?;
        debug_assert!(hops <= u32::from(u8::MAX), "a hop limit of {hops}");
        Ok(u8::try_from(hops).unwrap_or(u8::MAX))
    }

    /// Sets `IP_TTL` or `IPV6_UNICAST_HOPS`: at least 1.
    ///
    /// # Errors
    /// As [`Options`].
    pub fn set_hop_limit(&self, hops: u8) -> Result<(), Error> {
        self.0.set_option(SocketOption::HopLimit, u32::from(hops))
    }

    /// The size of the receive buffer (`SO_RCVBUF`) in bytes, as Linux counts them: twice what was set,
    /// its own bookkeeping included.
    ///
    /// # Errors
    /// As [`Options`].
    pub fn receive_buffer(&self) -> Result<usize, Error> {
        Ok(self.0.option(SocketOption::ReceiveBuffer)? as usize)
    }

    /// Sets `SO_RCVBUF` in bytes, which the system rounds and bounds.
    ///
    /// # Errors
    /// As [`Options`].
    pub fn set_receive_buffer(&self, bytes: usize) -> Result<(), Error> {
        self.set_bytes(SocketOption::ReceiveBuffer, bytes)
    }

    /// The size of the send buffer (`SO_SNDBUF`) in bytes, as Linux counts them: twice what was set,
    /// its own bookkeeping included.
    ///
    /// # Errors
    /// As [`Options`].
    pub fn send_buffer(&self) -> Result<usize, Error> {
        Ok(self.0.option(SocketOption::SendBuffer)? as usize)
    }

    /// Sets `SO_SNDBUF` in bytes, which the system rounds and bounds.
    ///
    /// # Errors
    /// As [`Options`].
    pub fn set_send_buffer(&self, bytes: usize) -> Result<(), Error> {
        self.set_bytes(SocketOption::SendBuffer, bytes)
    }
}

impl fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Options").field(self.0).finish()
    }
}
