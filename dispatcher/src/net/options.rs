//! What can be set on a socket.

use std::io;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use rustix::net::{AddressFamily, sockopt};

use super::Family;

/// A socket's options, as the operating system holds them. Every one is read back from it.
pub enum Options<'a> {
    /// A socket of the system.
    #[doc(hidden)]
    System(BorrowedFd<'a>),
}

impl Options<'_> {
    fn fd(&self) -> BorrowedFd<'_> {
        match self {
            Options::System(fd) => *fd,
        }
    }

    /// The family of its addresses.
    ///
    /// # Errors
    /// The system's, as for all options.
    pub fn family(&self) -> io::Result<Family> {
        match sockopt::socket_domain(self.fd())? {
            AddressFamily::INET => Ok(Family::V4),
            AddressFamily::INET6 => Ok(Family::V6),
            _ => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    /// `TCP_NODELAY`: small writes go out at once.
    ///
    /// # Errors
    /// The system's.
    pub fn nodelay(&self) -> io::Result<bool> {
        Ok(sockopt::tcp_nodelay(self.fd())?)
    }

    /// Sets `TCP_NODELAY`.
    ///
    /// # Errors
    /// The system's.
    pub fn set_nodelay(&self, on: bool) -> io::Result<()> {
        Ok(sockopt::set_tcp_nodelay(self.fd(), on)?)
    }

    /// `SO_KEEPALIVE`.
    ///
    /// # Errors
    /// The system's.
    pub fn keep_alive(&self) -> io::Result<bool> {
        Ok(sockopt::socket_keepalive(self.fd())?)
    }

    /// Sets `SO_KEEPALIVE`.
    ///
    /// # Errors
    /// The system's.
    pub fn set_keep_alive(&self, on: bool) -> io::Result<()> {
        Ok(sockopt::set_socket_keepalive(self.fd(), on)?)
    }

    /// `TCP_KEEPIDLE`, in whole seconds.
    ///
    /// # Errors
    /// The system's.
    pub fn keep_alive_idle(&self) -> io::Result<Duration> {
        Ok(sockopt::tcp_keepidle(self.fd())?)
    }

    /// Sets `TCP_KEEPIDLE`: whole seconds, 1 to 32,767.
    ///
    /// # Errors
    /// The system's.
    pub fn set_keep_alive_idle(&self, idle: Duration) -> io::Result<()> {
        Ok(sockopt::set_tcp_keepidle(self.fd(), idle)?)
    }

    /// `TCP_KEEPINTVL`, in whole seconds.
    ///
    /// # Errors
    /// The system's.
    pub fn keep_alive_interval(&self) -> io::Result<Duration> {
        Ok(sockopt::tcp_keepintvl(self.fd())?)
    }

    /// Sets `TCP_KEEPINTVL`: whole seconds, 1 to 32,767.
    ///
    /// # Errors
    /// The system's.
    pub fn set_keep_alive_interval(&self, interval: Duration) -> io::Result<()> {
        Ok(sockopt::set_tcp_keepintvl(self.fd(), interval)?)
    }

    /// `TCP_KEEPCNT`.
    ///
    /// # Errors
    /// The system's.
    pub fn keep_alive_count(&self) -> io::Result<u32> {
        Ok(sockopt::tcp_keepcnt(self.fd())?)
    }

    /// Sets `TCP_KEEPCNT`: 1 to 127.
    ///
    /// # Errors
    /// The system's.
    pub fn set_keep_alive_count(&self, count: u32) -> io::Result<()> {
        Ok(sockopt::set_tcp_keepcnt(self.fd(), count)?)
    }

    /// `IP_TTL` or `IPV6_UNICAST_HOPS`.
    ///
    /// # Errors
    /// The system's.
    pub fn hop_limit(&self) -> io::Result<u8> {
        match self.family()? {
            Family::V4 => Ok(u8::try_from(sockopt::ip_ttl(self.fd())?).unwrap_or(u8::MAX)),
            Family::V6 => Ok(sockopt::ipv6_unicast_hops(self.fd())?),
        }
    }

    /// Sets `IP_TTL` or `IPV6_UNICAST_HOPS`: at least 1.
    ///
    /// # Errors
    /// The system's.
    pub fn set_hop_limit(&self, hops: u8) -> io::Result<()> {
        match self.family()? {
            Family::V4 => sockopt::set_ip_ttl(self.fd(), u32::from(hops))?,
            Family::V6 => sockopt::set_ipv6_unicast_hops(self.fd(), Some(hops))?,
        }
        Ok(())
    }

    /// `SO_RCVBUF` in bytes, as the system counts them: Linux doubles what was set.
    ///
    /// # Errors
    /// The system's.
    pub fn receive_buffer(&self) -> io::Result<usize> {
        Ok(sockopt::socket_recv_buffer_size(self.fd())?)
    }

    /// Sets `SO_RCVBUF`, which the system rounds and bounds.
    ///
    /// # Errors
    /// The system's.
    pub fn set_receive_buffer(&self, bytes: usize) -> io::Result<()> {
        Ok(sockopt::set_socket_recv_buffer_size(self.fd(), bytes)?)
    }

    /// `SO_SNDBUF` in bytes, as the system counts them: Linux doubles what was set.
    ///
    /// # Errors
    /// The system's.
    pub fn send_buffer(&self) -> io::Result<usize> {
        Ok(sockopt::socket_send_buffer_size(self.fd())?)
    }

    /// Sets `SO_SNDBUF`, which the system rounds and bounds.
    ///
    /// # Errors
    /// The system's.
    pub fn set_send_buffer(&self, bytes: usize) -> io::Result<()> {
        Ok(sockopt::set_socket_send_buffer_size(self.fd(), bytes)?)
    }
}
