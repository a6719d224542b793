//! The disks of simulated hosts, by the hosts' numbers.

use std::any::Any;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

/// A disk, found by its type, and what tells it of a crash.
struct Kept {
    disk: Arc<dyn Any + Send + Sync>,
    crash: Rc<dyn Fn()>,
}

/// The disks of all hosts, of each in the order in which they were made.
#[derive(Default)]
pub(crate) struct Disks(RefCell<BTreeMap<u32, Vec<Kept>>>);

impl Disks {
    /// The disk of this type that a host has.
    pub(crate) fn get<T: Any + Send + Sync>(&self, host: u32) -> Option<Arc<T>> {
        let kept = self.0.borrow();
        let mut disks = kept.get(&host)?.iter();
        disks.find_map(|kept| kept.disk.clone().downcast().ok())
    }

    /// Gives a host a disk, and has `crash` called each time that the host crashes.
    pub(crate) fn add(&self, host: u32, disk: Arc<dyn Any + Send + Sync>, crash: Rc<dyn Fn()>) {
        let mut disks = self.0.borrow_mut();
        disks.entry(host).or_default().push(Kept { disk, crash });
    }

    /// A host has crashed. Nothing is borrowed while its disks are told.
    pub(crate) fn crash(&self, host: u32) {
        let told: Vec<Rc<dyn Fn()>> = match self.0.borrow().get(&host) {
            Some(kept) => kept.iter().map(|kept| kept.crash.clone()).collect(),
            None => return,
        };
        for crash in told {
            crash();
        }
    }
}
