//! A descriptor as output, shared by all calls that write it.

use std::io;
use std::os::fd::OwnedFd;

use rustix::io::Errno;
use wippy_dispatcher::{Error, Handle, Instant, Interest, WaitSet};

use super::descriptor::{Descriptor, Way};
use crate::host::io::{Destination, Job, Owner, Unwritten, WriteQueue};
use crate::host::share::Held;

/// Standard output or error: a terminal, a pipe, a socket, a file. Or a FIFO or a device that a
/// guest has opened.
pub type Output = WriteQueue<Device>;

/// A descriptor that is written.
pub struct Device {
    handle: Handle,
    /// `None`: it was closed from the start, and stays so.
    descriptor: Option<Descriptor>,
    terminal: bool,
    /// Counts against the bound of the call whose guest has opened it.
    _held: Option<Held>,
}

impl Output {
    /// Takes a descriptor.
    ///
    /// # Errors
    /// In a simulation, and when the dispatcher's bounds are reached.
    pub fn new(handle: &Handle, fd: Option<OwnedFd>) -> io::Result<Output> {
        let descriptor = match fd {
            Some(fd) => Some(Descriptor::new(handle, fd, Interest::Writable)?),
            None => None,
        };
        let output = WriteQueue::to(handle, Device::new(handle, descriptor, None), None);
        if output.destination(|device| device.descriptor.is_none()) {
            output.finish()?;
        }
        Ok(output)
    }

    /// The same for a FIFO or a device that a guest has opened, without blocking.
    pub(crate) fn nonblocking(
        handle: &Handle,
        (fd, held): (OwnedFd, Held),
        owner: Owner,
    ) -> io::Result<Output> {
        let descriptor = Descriptor::nonblocking(handle, fd, Interest::Writable)?;
        let device = Device::new(handle, Some(descriptor), Some(held));
        Ok(WriteQueue::to(handle, device, Some(owner)))
    }

    pub(crate) fn is_terminal(&self) -> bool {
        self.destination(|device| device.terminal)
    }
}

impl Device {
    fn new(handle: &Handle, descriptor: Option<Descriptor>, held: Option<Held>) -> Device {
        Device {
            handle: handle.clone(),
            terminal: descriptor.as_ref().is_some_and(Descriptor::is_terminal),
            descriptor,
            _held: held,
        }
    }
}

impl Destination for Device {
    fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.descriptor {
            Some(descriptor) => descriptor.write(bytes),
            None => Err(Errno::BADF.into()),
        }
    }

    fn blocked(&mut self, bytes: &mut Unwritten, room: &mut WaitSet) -> io::Result<Option<Job>> {
        let descriptor = self.descriptor.as_ref().ok_or(Errno::BADF)?;
        match descriptor.source() {
            Some(source) if descriptor.way() != Way::Pool => {
                room.add_source(source, Interest::Writable, 0)?;
                Ok(None)
            }
            _ => {
                let (fd, bytes) = (descriptor.fd(), std::mem::take(bytes));
                let job = self.handle.unblock(move || {
                    let write = || rustix::io::write(&*fd, bytes.rest());
                    let written = rustix::io::retry_on_intr(write);
                    (bytes, written.map_err(io::Error::from))
                });
                Ok(Some(Box::pin(async move {
                    let undone = |error: Error| (Unwritten::default(), Err(error.into()));
                    job.await.unwrap_or_else(undone)
                })))
            }
        }
    }

    fn has_room(&self) -> bool {
        self.descriptor.as_ref().is_some_and(Descriptor::is_ready)
    }

    fn register(&self, set: &mut WaitSet, tag: u32) -> Result<(), Error> {
        match self.descriptor.as_ref().and_then(Descriptor::source) {
            Some(source) => set.add_source(source, Interest::Writable, tag),
            None => set.add_deadline(Instant::from_nanos(0), tag),
        }
    }
}
