//! Devices, FIFOs and sockets that a guest has opened, as streams.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use rustix::io::fcntl_dupfd_cloexec;
use wasmtime::component::Resource;

use super::Descriptor;
use super::error::{FsError, of_device};
use super::file_io::Streamed;
use super::interfaces::types::DescriptorFlags;
use super::state::FilesystemView;
use crate::host::io::{InputSource, Owner, Sink};
use crate::host::limits::descriptor_permit;
use crate::host::stdio::{Input, Output};

impl FilesystemView<'_> {
    /// What reads something that is no regular file.
    ///
    /// # Errors
    /// `insufficient-memory` where the call has all descriptors that it may have; what the system
    /// says.
    pub(super) fn device_input(&self, streamed: &Streamed) -> Result<InputSource, FsError> {
        let (fd, held) = (own(streamed)?, descriptor_permit(&self.descriptors)?);
        let input = Input::patient(&self.handle, fd, held).map_err(of_device)?;
        Ok(InputSource::Device(Arc::new(input)))
    }

    /// What writes something that is no regular file.
    ///
    /// # Errors
    /// As [`FilesystemView::device_input`].
    pub(super) fn device_output(&self, streamed: &Streamed, owner: Owner) -> Result<Sink, FsError> {
        let opened = (own(streamed)?, descriptor_permit(&self.descriptors)?);
        let output = Output::nonblocking(&self.handle, opened, owner);
        Ok(Sink::Device(Arc::new(output.map_err(of_device)?)))
    }

    /// What reads a descriptor that is no regular file's.
    ///
    /// # Errors
    /// `bad-descriptor`, `access`, and those of [`FilesystemView::device_input`].
    pub(crate) fn input_of(
        &self,
        descriptor: &Resource<Descriptor>,
    ) -> Result<InputSource, FsError> {
        self.device_input(&self.file(descriptor, DescriptorFlags::READ)?)
    }

    /// What writes a descriptor that is no regular file's.
    ///
    /// # Errors
    /// `bad-descriptor`, `not-permitted`, `access`, and those of [`FilesystemView::device_input`].
    pub(crate) fn output_of(&mut self, descriptor: &Resource<Descriptor>) -> Result<Sink, FsError> {
        let streamed = self.file(descriptor, DescriptorFlags::WRITE)?;
        let owner = self.call.owner(self.state.bytes.clone());
        self.device_output(&streamed, owner)
    }
}

/// A descriptor of its own for a stream, with the same open file description.
fn own((file, _): &Streamed) -> io::Result<OwnedFd> {
    Ok(fcntl_dupfd_cloexec(file.fd()?, 0)?)
}
