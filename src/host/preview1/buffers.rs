//! The buffers of `fd_read` and `fd_write`: parts of the guest's memory.

use std::io::IoSlice;

use wasmtime::Result;

use super::guest::{Guest, bytes, bytes_mut};

/// The most buffers that one call uses; of more than these only the first.
const MAX_BUFFERS: usize = 1024;

/// How many are kept without an allocation.
const FEW: usize = 8;

/// The most bytes that one call moves, as in Linux.
const MAX_BYTES: usize = 0x7fff_f000;

/// The size of a buffer's description: a pointer and a length.
const SIZE: usize = 8;

/// A part of the memory.
#[derive(Clone, Copy, Default)]
struct Buffer {
    pointer: u32,
    length: u32,
}

/// Buffers that lay in the memory when the call began: none is empty.
pub(super) struct Buffers {
    few: [Buffer; FEW],
    many: Vec<Buffer>,
    count: usize,
    total: usize,
}

impl Buffers {
    /// The `count` buffers that are described at `pointer`.
    ///
    /// # Errors
    /// A trap where a description or a buffer is not in the memory.
    pub(super) fn new(guest: &mut Guest<'_>, pointer: u32, count: u32) -> Result<Buffers> {
        let memory = guest.memory()?;
        let described = bytes(memory, pointer, (count as usize).saturating_mul(SIZE))?;
        let mut buffers = Buffers {
            few: [Buffer::default(); FEW],
            many: Vec::new(),
            count: 0,
            total: 0,
        };
        for one in described.chunks_exact(SIZE).take(MAX_BUFFERS) {
            let number = |at: usize| {
                let mut four = [0; 4];
                four.copy_from_slice(one.get(at..at + 4).unwrap_or(&[0; 4]));
                u32::from_le_bytes(four)
            };
            let (pointer, length) = (number(0), number(4));
            bytes(memory, pointer, length as usize)?;
            let room = MAX_BYTES - buffers.total;
            let length = length.min(room as u32);
            if length > 0 {
                buffers.push(Buffer { pointer, length });
            }
        }
        if count as usize > FEW {
            let items = (count as usize).min(MAX_BUFFERS);
            guest.call().spend_items(items);
        }
        Ok(buffers)
    }

    fn push(&mut self, buffer: Buffer) {
        match self.few.get_mut(self.count) {
            Some(place) => *place = buffer,
            None => self.many.push(buffer),
        }
        self.count += 1;
        self.total += buffer.length as usize;
    }

    fn iter(&self) -> impl Iterator<Item = Buffer> {
        let few = self.few.get(..self.count).unwrap_or(&self.few);
        few.iter().chain(&self.many).copied()
    }

    /// How many bytes they have together.
    pub(super) fn total(&self) -> usize {
        self.total
    }

    /// The parts of buffers behind the first `done` bytes.
    fn after(&self, mut done: usize) -> impl Iterator<Item = Buffer> {
        self.iter().filter_map(move |buffer| {
            let skipped = done.min(buffer.length as usize) as u32;
            done -= skipped as usize;
            (skipped < buffer.length).then(|| Buffer {
                pointer: buffer.pointer.saturating_add(skipped),
                length: buffer.length - skipped,
            })
        })
    }

    /// The rest of the buffer in which `done` bytes end, `most` bytes of it at most. Empty when all
    /// are full.
    ///
    /// # Errors
    /// A trap where it is not in the memory.
    pub(super) fn next<'m>(
        &self,
        memory: &'m mut [u8],
        done: usize,
        most: usize,
    ) -> Result<&'m mut [u8]> {
        match self.after(done).next() {
            Some(Buffer { pointer, length }) => {
                bytes_mut(memory, pointer, (length as usize).min(most))
            }
            None => Ok(&mut []),
        }
    }

    /// Copies bytes into the buffers behind the first `done` bytes.
    ///
    /// # Errors
    /// As [`Buffers::next`].
    pub(super) fn scatter(&self, memory: &mut [u8], done: usize, mut from: &[u8]) -> Result<()> {
        for Buffer { pointer, length } in self.after(done) {
            let (now, later) = from.split_at(from.len().min(length as usize));
            bytes_mut(memory, pointer, now.len())?.copy_from_slice(now);
            from = later;
            if from.is_empty() {
                break;
            }
        }
        Ok(())
    }

    /// A copy of what is behind the first `done` bytes, `most` bytes at most.
    ///
    /// # Errors
    /// As [`Buffers::next`].
    pub(super) fn gather(&self, memory: &[u8], done: usize, most: usize) -> Result<Vec<u8>> {
        let mut copy = Vec::with_capacity(most.min(self.total.saturating_sub(done)));
        for Buffer { pointer, length } in self.after(done) {
            let room = most - copy.len();
            if room == 0 {
                break;
            }
            copy.extend_from_slice(bytes(memory, pointer, (length as usize).min(room))?);
        }
        Ok(copy)
    }

    /// The only buffer, if there is one only and nothing is done.
    ///
    /// # Errors
    /// As [`Buffers::next`].
    pub(super) fn only<'m>(&self, memory: &'m [u8]) -> Result<Option<&'m [u8]>> {
        match (self.count, self.few.first()) {
            (1, Some(&Buffer { pointer, length })) => {
                bytes(memory, pointer, length as usize).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// All of them, for a system call.
    ///
    /// # Errors
    /// As [`Buffers::next`].
    pub(super) fn slices<'m>(&self, memory: &'m [u8]) -> Result<Vec<IoSlice<'m>>> {
        let slice =
            |Buffer { pointer, length }| bytes(memory, pointer, length as usize).map(IoSlice::new);
        self.iter().map(slice).collect()
    }
}
