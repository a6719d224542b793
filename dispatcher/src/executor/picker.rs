//! The picker seam: which runnable task goes next.

use std::collections::VecDeque;

use crate::Error;
use crate::entropy::{Entropy, Purpose};

#[derive(Clone, Copy, Debug)]
pub(crate) enum Picker {
    /// The task that has waited longest.
    Fifo,
    /// Any of them, drawn uniformly from the seed.
    Uniform,
}

impl Picker {
    /// Takes the next task out of the queue, in constant time. `Uniform` fills the gap with the last
    /// task of the queue.
    #[inline]
    pub(crate) fn pick<T>(
        self,
        queue: &mut VecDeque<T>,
        entropy: &Entropy,
    ) -> Result<Option<T>, Error> {
        match self {
            Picker::Uniform if queue.len() > 1 => {
                let index = entropy.below(Purpose::Pick, queue.len() as u64)? as usize;
                Ok(queue.swap_remove_back(index))
            }
            Picker::Fifo | Picker::Uniform => Ok(queue.pop_front()),
        }
    }
}
