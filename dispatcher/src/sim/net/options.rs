//! Socket options: what Linux takes for each and what it gives back.

use rustix::io::Errno;

use crate::net::SocketOption;

/// The most that `SO_RCVBUF` and `SO_SNDBUF` are set to (`net.core.rmem_max`), in bytes.
const MAX_BUFFER: u32 = 212_992;
/// The least that they read, in bytes.
const MIN_RECEIVE: u32 = 2_304;
const MIN_SEND: u32 = 4_608;

/// A socket's options. Keep-alive is kept and has no effect: a peer that is gone is noticed by what is
/// sent to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Options {
    no_delay: u32,
    keep_alive: u32,
    keep_idle: u32,
    keep_interval: u32,
    keep_count: u32,
    hop_limit: u32,
    /// As they are read: twice what a buffer holds.
    receive_buffer: u32,
    send_buffer: u32,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            no_delay: 0,
            keep_alive: 0,
            keep_idle: 7_200,
            keep_interval: 75,
            keep_count: 9,
            hop_limit: 64,
            receive_buffer: 262_144,
            send_buffer: 262_144,
        }
    }
}

impl Options {
    pub(crate) fn get(&self, option: SocketOption, is_tcp: bool) -> Result<u32, Errno> {
        if is_of_tcp(option) && !is_tcp {
            return Err(Errno::OPNOTSUPP);
        }
        Ok(match option {
            SocketOption::NoDelay => self.no_delay,
            SocketOption::KeepAlive => self.keep_alive,
            SocketOption::KeepAliveIdle => self.keep_idle,
            SocketOption::KeepAliveInterval => self.keep_interval,
            SocketOption::KeepAliveCount => self.keep_count,
            SocketOption::HopLimit => self.hop_limit,
            SocketOption::ReceiveBuffer => self.receive_buffer,
            SocketOption::SendBuffer => self.send_buffer,
        })
    }

    pub(crate) fn set(
        &mut self,
        option: SocketOption,
        value: u32,
        is_tcp: bool,
    ) -> Result<(), Errno> {
        if is_of_tcp(option) && !is_tcp {
            return Err(Errno::NOPROTOOPT);
        }
        let within = |least: u32, most: u32| match (least..=most).contains(&value) {
            true => Ok(value),
            false => Err(Errno::INVAL),
        };
        match option {
            SocketOption::NoDelay => self.no_delay = u32::from(value != 0),
            SocketOption::KeepAlive => self.keep_alive = u32::from(value != 0),
            SocketOption::KeepAliveIdle => self.keep_idle = within(1, 32_767)?,
            SocketOption::KeepAliveInterval => self.keep_interval = within(1, 32_767)?,
            SocketOption::KeepAliveCount => self.keep_count = within(1, 127)?,
            SocketOption::HopLimit => self.hop_limit = within(1, 255)?,
            SocketOption::ReceiveBuffer => {
                self.receive_buffer = (value.min(MAX_BUFFER) * 2).max(MIN_RECEIVE);
            }
            SocketOption::SendBuffer => {
                self.send_buffer = (value.min(MAX_BUFFER) * 2).max(MIN_SEND);
            }
        }
        Ok(())
    }

    /// How many bytes the receive buffer holds.
    pub(crate) fn receive_limit(&self) -> u64 {
        u64::from(self.receive_buffer / 2)
    }

    /// How many bytes the send buffer holds.
    pub(crate) fn send_limit(&self) -> u64 {
        u64::from(self.send_buffer / 2)
    }
}

fn is_of_tcp(option: SocketOption) -> bool {
    use SocketOption::{KeepAliveCount, KeepAliveIdle, KeepAliveInterval, NoDelay};
    matches!(
        option,
        NoDelay | KeepAliveIdle | KeepAliveInterval | KeepAliveCount
    )
}
