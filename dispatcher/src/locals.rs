//! The values of a dispatcher's thread that are referred to from anywhere.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

use slab::Slab;

use crate::Error;

/// The values that references are kept to.
pub(crate) struct Locals {
    values: RefCell<Slab<Rc<dyn Any>>>,
    max: usize,
}

impl Locals {
    pub(crate) fn new(max: usize) -> Locals {
        Locals {
            values: RefCell::default(),
            max,
        }
    }

    pub(crate) fn add(&self, value: Rc<dyn Any>) -> Result<usize, Error> {
        let mut values = self.values.borrow_mut();
        if values.len() >= self.max {
            return Err(Error::TooManyLocals(self.max));
        }
        Ok(values.insert(value))
    }

    pub(crate) fn get(&self, key: usize) -> Option<Rc<dyn Any>> {
        self.values.borrow().get(key).cloned()
    }

    /// The value, which is dropped when nothing is borrowed: that may run any code.
    pub(crate) fn remove(&self, key: usize) -> Option<Rc<dyn Any>> {
        self.values.borrow_mut().try_remove(key)
    }
}
