//! Socket options over system calls.

use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{AddressFamily, sockopt};

use super::socket::Socket;
use crate::Error;
use crate::net::Family;
use crate::net::socket::SocketOption;

impl Socket {
    pub(in crate::net) fn family(&self) -> Result<Family, Error> {
        match sockopt::socket_domain(self.fd())? {
            AddressFamily::INET => Ok(Family::V4),
            AddressFamily::INET6 => Ok(Family::V6),
            _ => Err(Errno::AFNOSUPPORT.into()),
        }
    }

    pub(in crate::net) fn option(&self, option: SocketOption) -> Result<u32, Error> {
        let fd = self.fd();
        Ok(match option {
            SocketOption::NoDelay => u32::from(sockopt::tcp_nodelay(fd)?),
            SocketOption::KeepAlive => u32::from(sockopt::socket_keepalive(fd)?),
            SocketOption::KeepAliveIdle => seconds(sockopt::tcp_keepidle(fd)?),
            SocketOption::KeepAliveInterval => seconds(sockopt::tcp_keepintvl(fd)?),
            SocketOption::KeepAliveCount => sockopt::tcp_keepcnt(fd)?,
            SocketOption::HopLimit => match self.family()? {
                Family::V4 => sockopt::ip_ttl(fd)?,
                Family::V6 => u32::from(sockopt::ipv6_unicast_hops(fd)?),
            },
            SocketOption::ReceiveBuffer => bytes(sockopt::socket_recv_buffer_size(fd)?),
            SocketOption::SendBuffer => bytes(sockopt::socket_send_buffer_size(fd)?),
        })
    }

    pub(in crate::net) fn set_option(&self, option: SocketOption, value: u32) -> Result<(), Error> {
        let fd = self.fd();
        let duration = Duration::from_secs(u64::from(value));
        match option {
            SocketOption::NoDelay => sockopt::set_tcp_nodelay(fd, value != 0)?,
            SocketOption::KeepAlive => sockopt::set_socket_keepalive(fd, value != 0)?,
            SocketOption::KeepAliveIdle => sockopt::set_tcp_keepidle(fd, duration)?,
            SocketOption::KeepAliveInterval => sockopt::set_tcp_keepintvl(fd, duration)?,
            SocketOption::KeepAliveCount => sockopt::set_tcp_keepcnt(fd, value)?,
            SocketOption::HopLimit => match self.family()? {
                Family::V4 => sockopt::set_ip_ttl(fd, value)?,
                Family::V6 => {
                    let hops = u8::try_from(value).map_err(|_| Errno::INVAL)?;
                    sockopt::set_ipv6_unicast_hops(fd, Some(hops))?;
                }
            },
            SocketOption::ReceiveBuffer => {
                sockopt::set_socket_recv_buffer_size(fd, value as usize)?;
            }
            SocketOption::SendBuffer => sockopt::set_socket_send_buffer_size(fd, value as usize)?,
        }
        Ok(())
    }
}

/// Options are `int`s of the system, so both fit.
fn seconds(duration: Duration) -> u32 {
    let seconds = u32::try_from(duration.as_secs());
    debug_assert!(seconds.is_ok(), "an option of {duration:?}");
    seconds.unwrap_or(u32::MAX)
}

fn bytes(size: usize) -> u32 {
    let bytes = u32::try_from(size);
    debug_assert!(bytes.is_ok(), "an option of {size} bytes");
    bytes.unwrap_or(u32::MAX)
}
