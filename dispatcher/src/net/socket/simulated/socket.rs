//! A socket's key in the simulated network, and what TCP and UDP have in common.

use std::fmt;
use std::net::SocketAddr;

use rustix::io::Errno;

use crate::handle::Handle;
use crate::io::ready_future::ReadyFuture;
use crate::io::ready_slot::ReadySlot;
use crate::net::Family;
use crate::net::SocketOption;
use crate::shared::Message;
use crate::sim::context::SimContext;
use crate::sim::net::arena::SocketKey;
use crate::sim::net::network::Network;
use crate::{Error, Interest, WaitSet};

/// Closed when it is dropped, on any thread.
pub(in crate::net) struct Socket {
    handle: Handle,
    key: SocketKey,
    /// Its flags; none while it is an idle socket of TCP, which nobody waits for.
    slot: Option<ReadySlot>,
}

impl Socket {
    #[cold]
    #[inline(never)]
    pub(in crate::net) fn tcp(handle: &Handle, family: Family) -> Result<Socket, Error> {
        Socket::open(handle, family, true)
    }

    #[cold]
    #[inline(never)]
    pub(in crate::net) fn udp(handle: &Handle, family: Family) -> Result<Socket, Error> {
        Socket::open(handle, family, false)?.attached()
    }

    fn open(handle: &Handle, family: Family, is_tcp: bool) -> Result<Socket, Error> {
        let (host, is_ipv4) = (handle.host(), family == Family::V4);
        let key = look(handle, |network| network.open(host, is_ipv4, is_tcp))?;
        Ok(Socket::of(handle, key))
    }

    /// A socket that the network has made already.
    pub(super) fn of(handle: &Handle, key: SocketKey) -> Socket {
        Socket {
            handle: handle.clone(),
            key,
            slot: None,
        }
    }

    /// Gives it flags of its own, so that it can be waited for.
    pub(super) fn attached(mut self) -> Result<Socket, Error> {
        if self.slot.is_none() {
            let slot = ReadySlot::new(&self.handle)?;
            let ready = slot.key();
            self.slot = Some(slot);
            self.operate(|network, cx, key| network.attach(cx, key, ready))?;
        }
        Ok(self)
    }

    pub(super) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// An operation that makes nothing ready.
    pub(super) fn look<R>(
        &self,
        look_at: impl FnOnce(&mut Network, SocketKey) -> Result<R, Errno>,
    ) -> Result<R, Error> {
        look(&self.handle, |network| look_at(network, self.key))
    }

    /// An operation.
    pub(super) fn operate<R>(
        &self,
        operation: impl FnOnce(&mut Network, &mut SimContext<'_>, SocketKey) -> Result<R, Errno>,
    ) -> Result<R, Error> {
        let core = self.handle.core()?;
        let simulated = core.driver.simulated().ok_or(Error::Closed)?;
        let key = self.key;
        Ok(core.simulate(simulated, |network, cx| operation(network, cx, key))?)
    }

    #[cold]
    #[inline(never)]
    pub(in crate::net) fn bind(&self, address: SocketAddr) -> Result<(), Error> {
        self.operate(|network, cx, key| network.bind(cx.now, key, address))
    }

    #[cold]
    #[inline(never)]
    pub(in crate::net) fn local_addr(&self) -> Result<SocketAddr, Error> {
        self.look(|network, key| network.local_addr(key))
    }

    #[cold]
    #[inline(never)]
    pub(in crate::net) fn peer_addr(&self) -> Result<SocketAddr, Error> {
        self.look(|network, key| network.peer_addr(key))
    }

    #[cold]
    #[inline(never)]
    pub(in crate::net) fn family(&self) -> Result<Family, Error> {
        match self.look(|network, key| network.is_ipv4(key))? {
            true => Ok(Family::V4),
            false => Ok(Family::V6),
        }
    }

    #[cold]
    #[inline(never)]
    pub(in crate::net) fn option(&self, option: SocketOption) -> Result<u32, Error> {
        self.look(|network, key| network.option(key, option))
    }

    #[cold]
    #[inline(never)]
    pub(in crate::net) fn set_option(&self, option: SocketOption, value: u32) -> Result<(), Error> {
        self.look(|network, key| network.set_option(key, option, value))
    }

    #[cold]
    #[inline(never)]
    pub(in crate::net) fn is_ready(&self, interest: Interest) -> bool {
        let slot = self.slot.as_ref();
        slot.is_some_and(|slot| slot.is_ready(interest))
    }

    #[cold]
    #[inline(never)]
    pub(in crate::net) fn confirm_ready(&self, interest: Interest) -> bool {
        let Some(slot) = &self.slot else { return false };
        if !slot.is_ready(interest) {
            return false;
        }
        let is_ready = self.look(|network, key| Ok(network.is_ready(key, interest)));
        let is_ready = is_ready.unwrap_or(false);
        if !is_ready {
            slot.clear(interest);
        }
        is_ready
    }

    pub(in crate::net) async fn ready(&self, interest: Interest) -> Result<(), Error> {
        match &self.slot {
            Some(slot) => ReadyFuture::new(slot, interest).await,
            None => Err(Errno::NOTCONN.into()),
        }
    }

    #[cold]
    #[inline(never)]
    pub(in crate::net) fn register(
        &self,
        set: &mut WaitSet,
        interest: Interest,
        tag: u32,
    ) -> Result<(), Error> {
        match &self.slot {
            Some(slot) => set.add_ready(slot, interest, tag),
            None => Err(Errno::NOTCONN.into()),
        }
    }
}

fn look<R>(
    handle: &Handle,
    look_at: impl FnOnce(&mut Network) -> Result<R, Errno>,
) -> Result<R, Error> {
    let core = handle.core()?;
    let simulated = core.driver.simulated().ok_or(Error::Closed)?;
    Ok(simulated.look(look_at)?)
}

impl Drop for Socket {
    fn drop(&mut self) {
        match self.handle.core() {
            Ok(core) => core.close_simulated(self.key),
            Err(_) => self.handle.send(Message::CloseSocket(self.key)),
        }
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").field("key", &self.key).finish()
    }
}
