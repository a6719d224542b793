//! The bytes of a simulated file: blocks that copies share until one of them is written.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Bytes of a block.
const BLOCK: usize = 4096;

/// The bytes of a file. A clone costs no copy of them.
#[derive(Clone, Default, Debug)]
pub(super) struct Content {
    size: u64,
    /// By their places in the file. A missing block is zeros, and so is what a short one leaves out.
    blocks: Arc<BTreeMap<u64, Arc<Vec<u8>>>>,
    /// The sum of the blocks' lengths.
    allocated: u64,
}

/// A part of a range of bytes that lies within one block.
struct Part {
    block: u64,
    /// Within the block.
    from: usize,
    /// Within the range.
    at: usize,
    length: usize,
}

/// The parts of a range, in order.
fn parts(offset: u64, length: usize) -> impl Iterator<Item = Part> {
    let mut at = 0;
    std::iter::from_fn(move || {
        if at == length {
            return None;
        }
        let place = offset + at as u64;
        let from = (place % BLOCK as u64) as usize;
        let part = Part {
            block: place / BLOCK as u64,
            from,
            at,
            length: (BLOCK - from).min(length - at),
        };
        at += part.length;
        Some(part)
    })
}

impl Content {
    pub(super) fn new(bytes: &[u8]) -> Content {
        let mut content = Content::default();
        content.write(bytes, 0);
        content
    }

    /// Bytes, holes included.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Bytes that take memory.
    pub(super) fn allocated(&self) -> u64 {
        self.allocated
    }

    /// Reads up to the end of the file: how much.
    pub(super) fn read(&self, buffer: &mut [u8], offset: u64) -> usize {
        let left = usize::try_from(self.size.saturating_sub(offset)).unwrap_or(usize::MAX);
        let length = buffer.len().min(left);
        let Some(buffer) = buffer.get_mut(..length) else {
            return 0;
        };
        buffer.fill(0);
        for part in parts(offset, length) {
            let held = self.blocks.get(&part.block);
            let held = held.and_then(|block| block.get(part.from..)).unwrap_or(&[]);
            let held = held.get(..part.length).unwrap_or(held);
            if let Some(out) = buffer.get_mut(part.at..part.at + held.len()) {
                out.copy_from_slice(held);
            }
        }
        length
    }

    /// How many of `length` bytes at `offset` can be written where `room` more may be allocated.
    pub(super) fn fitting(&self, offset: u64, length: usize, room: u64) -> usize {
        let mut room = usize::try_from(room).unwrap_or(usize::MAX);
        for part in parts(offset, length) {
            let held = self.blocks.get(&part.block).map_or(0, |block| block.len());
            let more = (part.from + part.length).saturating_sub(held);
            if more > room {
                return part.at + (held + room).saturating_sub(part.from);
            }
            room -= more;
        }
        length
    }

    /// Writes; a hole is left where `offset` is beyond the end.
    pub(super) fn write(&mut self, bytes: &[u8], offset: u64) {
        if bytes.is_empty() {
            return;
        }
        let blocks = Arc::make_mut(&mut self.blocks);
        for part in parts(offset, bytes.len()) {
            let block = Arc::make_mut(blocks.entry(part.block).or_default());
            let end = part.from + part.length;
            if block.len() < end {
                self.allocated += (end - block.len()) as u64;
                block.resize(end, 0);
            }
            let written = bytes.get(part.at..part.at + part.length);
            if let (Some(place), Some(written)) = (block.get_mut(part.from..end), written) {
                place.copy_from_slice(written);
            }
        }
        self.size = self.size.max(offset + bytes.len() as u64);
    }

    /// Cuts the file off, or lengthens it by a hole.
    pub(super) fn set_size(&mut self, size: u64) {
        if size < self.size {
            let (last, kept) = (size / BLOCK as u64, (size % BLOCK as u64) as usize);
            let blocks = Arc::make_mut(&mut self.blocks);
            let cut = blocks.split_off(&last);
            self.allocated -= cut.values().map(|block| block.len() as u64).sum::<u64>();
            if let Some(block) = cut.get(&last).filter(|_| kept > 0) {
                let block = block.get(..kept).unwrap_or(block).to_vec();
                self.allocated += block.len() as u64;
                blocks.insert(last, Arc::new(block));
            }
        }
        self.size = size;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, Debug)]
    enum Step {
        Write(u64, Vec<u8>),
        Size(u64),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let bytes = prop::collection::vec(any::<u8>(), 0..9000);
        let step = prop_oneof![
            (0u64..20_000, bytes).prop_map(|(offset, bytes)| Step::Write(offset, bytes)),
            (0u64..25_000).prop_map(Step::Size),
        ];
        prop::collection::vec(step, 1..12)
    }

    proptest! {
        #[test]
        fn it_is_a_vector_of_bytes(steps in steps(), offset in 0u64..30_000, length in 0usize..30_000) {
            let (mut content, mut model) = (Content::default(), Vec::new());
            for step in &steps {
                let before = content.clone();
                match step {
                    Step::Write(offset, bytes) => {
                        let room = content.fitting(*offset, bytes.len(), 0);
                        prop_assert!(room <= bytes.len());
                        content.write(bytes, *offset);
                        let end = *offset as usize + bytes.len();
                        if !bytes.is_empty() && model.len() < end {
                            model.resize(end, 0);
                        }
                        if !bytes.is_empty() {
                            model[*offset as usize..end].copy_from_slice(bytes);
                        }
                    }
                    Step::Size(size) => {
                        content.set_size(*size);
                        model.resize(*size as usize, 0);
                    }
                }
                prop_assert_eq!(content.size(), model.len() as u64);
                let held: u64 = content.blocks.values().map(|block| block.len() as u64).sum();
                prop_assert_eq!(content.allocated(), held);
                drop(before);
            }
            let mut buffer = vec![7; length];
            let read = content.read(&mut buffer, offset);
            let from = model.len().min(offset as usize);
            let expected = &model[from..model.len().min(from + length)];
            prop_assert_eq!(&buffer[..read], expected);
        }

        #[test]
        fn what_fits_allocates_no_more_than_the_room(
            old in prop::collection::vec(any::<u8>(), 0..9000),
            offset in 0u64..12_000,
            length in 0usize..9_000,
            room in 0u64..9_000,
        ) {
            let mut content = Content::new(&old);
            let before = content.allocated();
            let fits = content.fitting(offset, length, room);
            content.write(&vec![1; fits], offset);
            prop_assert!(content.allocated() - before <= room);
            if fits < length {
                content.write(&vec![1; fits + 1], offset);
                prop_assert!(content.allocated() - before > room);
            }
        }
    }
}
