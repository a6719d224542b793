//! From a guest's numbers to what they stand for.

use wasmtime::component::Resource;

use super::access::Interface;
use super::errno::{Answer, Errno};
use super::guest::Guest;
use super::state::{Descriptor, Descriptors, Directory, File, Standard, StandardStream, Stream};
use crate::host::filesystem::interfaces::preopens::Host as _;
use crate::host::filesystem::{self, DescriptorType, FilesystemState};
use crate::host::io::{InputStream, OutputStream};
use crate::host::{PackageState, State};

/// A file's handle in the call's table of resources.
pub(super) type Handle = Resource<filesystem::Descriptor>;

pub(super) fn handle(index: u32) -> Handle {
    Resource::new_own(index)
}

impl Standard {
    /// What gives it out.
    pub(super) fn interface(self) -> Interface {
        match self {
            Standard::Input => Interface::Stdin,
            Standard::Output => Interface::Stdout,
            Standard::Error => Interface::Stderr,
        }
    }

    /// How a trap names it.
    pub(super) fn of(self) -> &'static str {
        match self {
            Standard::Input => " of standard input",
            Standard::Output => " of standard output",
            Standard::Error => " of standard error",
        }
    }
}

/// Where the bytes of a descriptor come from or go to.
pub(super) enum Bytes {
    /// A regular file.
    File(u32),
    /// A stream in the call's table of resources.
    Stream(u32),
}

impl Guest<'_> {
    /// The call's descriptors: at first the standard streams and its mounts.
    ///
    /// # Errors
    /// A trap when there is no room for the mounts.
    pub(super) fn descriptors(&mut self) -> Answer<&mut Descriptors> {
        if self.own().descriptors.is_none() {
            let mounts = self.allows(Interface::Preopens);
            let made = first(self.state(), mounts)?;
            self.own().descriptors = Some(made);
        }
        match &mut self.own().descriptors {
            Some(made) => Ok(made),
            None => Err(Errno::BADF.into()),
        }
    }

    /// What a number stands for, where the guest may use that.
    ///
    /// # Errors
    /// `badf`; a trap where its interface is not enabled.
    pub(super) fn descriptor(&mut self, number: u32) -> Answer<&mut Descriptor> {
        let standard = match self.descriptors()?.get(number)? {
            Descriptor::Standard(stream) => Some(stream.which),
            Descriptor::File(_) | Descriptor::Directory(_) => None,
        };
        match standard {
            Some(which) => self.need(which.interface(), which.of())?,
            None => self.need(Interface::Types, " of a file")?,
        }
        Ok(self.descriptors()?.get_mut(number)?)
    }

    /// A file.
    ///
    /// # Errors
    /// `badf` for anything else; a trap as of [`Guest::descriptor`].
    pub(super) fn file(&mut self, number: u32) -> Answer<&mut File> {
        match self.descriptor(number)? {
            Descriptor::File(file) => Ok(file),
            Descriptor::Standard(_) | Descriptor::Directory(_) => Err(Errno::BADF.into()),
        }
    }

    /// A directory.
    ///
    /// # Errors
    /// `badf` for anything else; a trap as of [`Guest::descriptor`].
    pub(super) fn directory(&mut self, number: u32) -> Answer<&mut Directory> {
        match self.descriptor(number)? {
            Descriptor::Directory(directory) => Ok(directory),
            Descriptor::Standard(_) | Descriptor::File(_) => Err(Errno::BADF.into()),
        }
    }

    /// The handle of a directory.
    ///
    /// # Errors
    /// As [`Guest::directory`].
    pub(super) fn directory_handle(&mut self, number: u32) -> Answer<Handle> {
        Ok(handle(self.directory(number)?.descriptor))
    }

    /// The handle of a file or a directory.
    ///
    /// # Errors
    /// `badf` for a standard stream; a trap as of [`Guest::descriptor`].
    pub(super) fn either_handle(&mut self, number: u32) -> Answer<Handle> {
        match self.descriptor(number)? {
            Descriptor::File(File { descriptor, .. })
            | Descriptor::Directory(Directory { descriptor, .. }) => Ok(handle(*descriptor)),
            Descriptor::Standard(_) => Err(Errno::BADF.into()),
        }
    }

    /// What a descriptor reads from.
    ///
    /// # Errors
    /// `badf` for what is not read, what has failed before, and what opening a stream fails with.
    pub(super) fn source(&mut self, number: u32) -> Answer<Bytes> {
        match self.descriptor(number)? {
            Descriptor::Standard(StandardStream { which, stream, .. }) => {
                if *which != Standard::Input {
                    return Err(Errno::BADF.into());
                }
                let (known, failed) = (stream.input, stream.failed);
                self.need(Interface::Streams, Standard::Input.of())?;
                self.not_failed(failed)?;
                let state = self.state();
                let made = match known {
                    Some(made) => return Ok(Bytes::Stream(made)),
                    None => InputStream::new(state.cli.stdio.stdin.clone()),
                };
                let made = state.call.table.push(made)?.rep();
                self.stream(number)?.input = Some(made);
                Ok(Bytes::Stream(made))
            }
            Descriptor::File(file) => {
                let (index, known, failed) =
                    (file.descriptor, file.stream.input, file.stream.failed);
                if let Some(known) = known {
                    self.not_failed(failed)?;
                    return Ok(Bytes::Stream(known));
                }
                if self.is_regular(index)? {
                    return Ok(Bytes::File(index));
                }
                let made = self.files().input_of(&handle(index))?;
                let made = self.call().table.push(InputStream::new(made))?.rep();
                self.stream(number)?.input = Some(made);
                Ok(Bytes::Stream(made))
            }
            Descriptor::Directory(_) => Err(Errno::BADF.into()),
        }
    }

    /// What a descriptor writes to.
    ///
    /// # Errors
    /// As [`Guest::source`].
    pub(super) fn destination(&mut self, number: u32) -> Answer<Bytes> {
        match self.descriptor(number)? {
            Descriptor::Standard(StandardStream { which, stream, .. }) => {
                let (which, known, failed) = (*which, stream.output, stream.failed);
                if which == Standard::Input {
                    return Err(Errno::BADF.into());
                }
                self.need(Interface::Streams, which.of())?;
                self.not_failed(failed)?;
                let state = self.state();
                let sink = match (known, which) {
                    (Some(made), _) => return Ok(Bytes::Stream(made)),
                    (None, Standard::Error) => state.cli.stdio.stderr.clone(),
                    (None, _) => state.cli.stdio.stdout.clone(),
                };
                let made = state.call.table.push(OutputStream::new(sink))?.rep();
                self.stream(number)?.output = Some(made);
                Ok(Bytes::Stream(made))
            }
            Descriptor::File(file) => {
                let (index, known, failed) =
                    (file.descriptor, file.stream.output, file.stream.failed);
                if let Some(known) = known {
                    self.not_failed(failed)?;
                    return Ok(Bytes::Stream(known));
                }
                if self.is_regular(index)? {
                    return Ok(Bytes::File(index));
                }
                let made = self.files().output_of(&handle(index))?;
                let made = self.call().table.push(OutputStream::new(made))?.rep();
                self.stream(number)?.output = Some(made);
                Ok(Bytes::Stream(made))
            }
            Descriptor::Directory(_) => Err(Errno::BADF.into()),
        }
    }

    fn not_failed(&self, failed: Option<Errno>) -> Answer {
        match failed {
            Some(errno) => Err(errno.into()),
            None => Ok(()),
        }
    }

    fn is_regular(&mut self, index: u32) -> Answer<bool> {
        let kind = self.files().kind_of(&handle(index))?;
        Ok(kind == DescriptorType::RegularFile)
    }

    /// The stream of a descriptor that is no directory.
    ///
    /// # Errors
    /// `badf`.
    pub(super) fn stream(&mut self, number: u32) -> Answer<&mut Stream> {
        match self.descriptors()?.get_mut(number)? {
            Descriptor::Standard(standard) => Ok(&mut standard.stream),
            Descriptor::File(file) => Ok(&mut file.stream),
            Descriptor::Directory(_) => Err(Errno::BADF.into()),
        }
    }

    /// Ends what a number stood for.
    ///
    /// # Errors
    /// A trap when it is in use, which no guest can bring about.
    pub(super) fn drop_descriptor(&mut self, descriptor: Descriptor) -> Answer {
        let (opened, stream) = match descriptor {
            Descriptor::Standard(standard) => (None, standard.stream),
            Descriptor::File(file) => (Some(file.descriptor), file.stream),
            Descriptor::Directory(directory) => (Some(directory.descriptor), Stream::default()),
        };
        let table = &mut self.call().table;
        if let Some(input) = stream.input {
            table.delete::<InputStream>(Resource::new_own(input))?;
        }
        if let Some(output) = stream.output {
            table.delete::<OutputStream>(Resource::new_own(output))?;
        }
        if let Some(opened) = opened {
            table.delete(handle(opened))?;
        }
        Ok(())
    }
}

fn first(state: &mut State, mounts: bool) -> Answer<Descriptors> {
    let stdio = &state.cli.stdio;
    let standard = |which, is_terminal| {
        Descriptor::Standard(StandardStream {
            which,
            is_terminal,
            stream: Stream::default(),
        })
    };
    let mut first = vec![
        standard(Standard::Input, stdio.stdin_is_terminal()),
        standard(Standard::Output, stdio.stdout_is_terminal()),
        standard(Standard::Error, stdio.stderr_is_terminal()),
    ];
    if mounts {
        for (opened, guest) in FilesystemState::view(state).get_directories()? {
            first.push(Descriptor::Directory(Directory {
                descriptor: opened.rep(),
                preopen: Some(guest),
                cursor: None,
            }));
        }
    }
    Ok(Descriptors::new(first))
}
