//! Any task that can run, each as likely as the others.

use std::collections::VecDeque;

use async_task::Runnable;

use crate::Error;
use crate::entropy::{Entropy, Purpose};
use crate::executor::meta::Meta;

#[derive(Default)]
pub(crate) struct Uniform(VecDeque<Runnable<Meta>>);

impl Uniform {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Runnable<Meta>> {
        self.0.iter()
    }

    pub(super) fn push(&mut self, runnable: Runnable<Meta>) {
        self.0.push_back(runnable);
    }

    /// Takes a drawn task in constant time: the last one fills its gap. A single one is not drawn.
    pub(super) fn pick(&mut self, entropy: &Entropy) -> Result<Option<Runnable<Meta>>, Error> {
        if self.0.len() < 2 {
            return Ok(self.0.pop_front());
        }
        let index = entropy.below(Purpose::Pick, self.0.len() as u64)? as usize;
        Ok(self.0.swap_remove_back(index))
    }

    pub(super) fn pop(&mut self) -> Option<Runnable<Meta>> {
        self.0.pop_front()
    }
}
