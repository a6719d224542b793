//! A descriptor in the system driver's epoll set.

use std::os::fd::RawFd;

use crate::Error;
use crate::handle::Handle;
use crate::io::reactor::Directions;
use crate::io::ready_slot::ReadySlot;

/// Has the kernel's reports of a descriptor marked in a slot of its own. It must be dropped while the
/// descriptor is open; that takes the descriptor out of the set first and then gives the slot up.
pub(crate) struct Registration {
    slot: ReadySlot,
    fd: RawFd,
}

impl Registration {
    /// # Errors
    /// `Io` as `Reactor::register`; `Simulated`, `TooManySources`, `WrongThread`, `Closed`.
    pub(crate) fn new(
        handle: &Handle,
        fd: RawFd,
        directions: Directions,
    ) -> Result<Registration, Error> {
        let core = handle.core()?;
        let system = core.driver.system("a file descriptor")?;
        let slot = ReadySlot::new(handle)?;
        system.reactor.register(fd, slot.key(), directions)?;
        Ok(Registration { slot, fd })
    }

    pub(crate) fn slot(&self) -> &ReadySlot {
        &self.slot
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.slot.handle().shared().deregister(self.fd);
    }
}
