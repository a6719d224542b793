//! What preview 1 keeps of a call: its descriptors by their numbers.

use std::collections::BTreeSet;
use std::fmt;

use wasmtime::Memory;

use super::errno::Errno;
use crate::host::filesystem::DirectoryCursor;

/// What is preview 1's own of a call.
#[derive(Default)]
pub(crate) struct Preview1State {
    /// The guest's memory, once a function has needed it.
    pub(super) memory: Option<Memory>,
    /// Made when a function needs a descriptor for the first time.
    pub(super) descriptors: Option<Descriptors>,
}

impl fmt::Debug for Preview1State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Preview1State")
            .field("descriptors", &self.descriptors)
            .finish_non_exhaustive()
    }
}

/// One of the three standard streams.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Standard {
    Input,
    Output,
    Error,
}

/// What a number stands for. Indexes are those of the call's table of resources.
#[derive(Debug)]
pub(super) enum Descriptor {
    Standard(StandardStream),
    File(File),
    Directory(Directory),
}

/// A standard stream.
#[derive(Debug)]
pub(super) struct StandardStream {
    pub(super) which: Standard,
    pub(super) is_terminal: bool,
    pub(super) stream: Stream,
}

/// What is read or written in order.
#[derive(Default, Debug)]
pub(super) struct Stream {
    /// The resource that is read, made with the first need.
    pub(super) input: Option<u32>,
    /// The resource that is written, made with the first need.
    pub(super) output: Option<u32>,
    /// Whether `nonblock` is set: what would wait is `again`.
    pub(super) nonblocking: bool,
    /// What has failed, and fails from then on.
    pub(super) failed: Option<Errno>,
}

/// An opened file, device, FIFO or socket.
#[derive(Debug)]
pub(super) struct File {
    pub(super) descriptor: u32,
    /// Where `fd_read` and `fd_write` go on, in a regular file.
    pub(super) position: u64,
    /// Whether `append` is set: what is written goes to the end.
    pub(super) append: bool,
    /// Of what is no regular file.
    pub(super) stream: Stream,
}

/// An opened directory.
#[derive(Debug)]
pub(super) struct Directory {
    pub(super) descriptor: u32,
    /// The guest's path, where it had it from the start.
    pub(super) preopen: Option<String>,
    /// Made with the first `fd_readdir`.
    pub(super) cursor: Option<DirectoryCursor>,
}

/// The descriptors of a call. A new one gets the lowest number that is free. All but the standard
/// streams stand in the call's table of resources as well, which bounds them.
#[derive(Debug)]
pub(super) struct Descriptors {
    numbers: Vec<Option<Descriptor>>,
    free: BTreeSet<u32>,
}

impl Descriptors {
    /// These, from 0 on.
    pub(super) fn new(first: Vec<Descriptor>) -> Descriptors {
        Descriptors {
            numbers: first.into_iter().map(Some).collect(),
            free: BTreeSet::new(),
        }
    }

    /// What a number stands for.
    ///
    /// # Errors
    /// `badf`.
    pub(super) fn get(&self, number: u32) -> Result<&Descriptor, Errno> {
        let found = self.numbers.get(number as usize);
        found.and_then(Option::as_ref).ok_or(Errno::BADF)
    }

    /// The same, to change it.
    ///
    /// # Errors
    /// `badf`.
    pub(super) fn get_mut(&mut self, number: u32) -> Result<&mut Descriptor, Errno> {
        let found = self.numbers.get_mut(number as usize);
        found.and_then(Option::as_mut).ok_or(Errno::BADF)
    }

    /// Gives a descriptor a number.
    ///
    /// # Errors
    /// `mfile` when there is none left.
    pub(super) fn push(&mut self, descriptor: Descriptor) -> Result<u32, Errno> {
        if let Some(number) = self.free.pop_first()
            && let Some(place) = self.numbers.get_mut(number as usize)
        {
            *place = Some(descriptor);
            return Ok(number);
        }
        let number = u32::try_from(self.numbers.len()).map_err(|_| Errno::MFILE)?;
        self.numbers.push(Some(descriptor));
        Ok(number)
    }

    /// Takes a descriptor's number away.
    ///
    /// # Errors
    /// `badf`.
    pub(super) fn remove(&mut self, number: u32) -> Result<Descriptor, Errno> {
        let place = self.numbers.get_mut(number as usize);
        let removed = place.and_then(Option::take).ok_or(Errno::BADF)?;
        self.free.insert(number);
        Ok(removed)
    }

    /// Gives a descriptor the number of another one, which is returned.
    ///
    /// # Errors
    /// `badf` where one of them is none.
    pub(super) fn renumber(&mut self, from: u32, to: u32) -> Result<Option<Descriptor>, Errno> {
        self.get(to)?;
        self.get(from)?;
        if from == to {
            return Ok(None);
        }
        let moved = self.remove(from)?;
        Ok(Some(std::mem::replace(self.get_mut(to)?, moved)))
    }
}
