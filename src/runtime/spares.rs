//! Instances that are made before their call: what an entry keeps ready, and what of it has ended.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use wasmtime::Store;

use super::callee::Callee;
use crate::host::State;
use crate::program::AdmissionPermit;

/// The most spares of one entry.
pub(crate) const MAX_SPARES: u32 = 64;

/// How often in a row an instance may take longer than a guest may stay inside, before its entry gets
/// no spares any more: a few times may be the doing of a busy machine.
const MAX_LATE: u8 = 16;

/// An instance of an entry with the function that is called.
pub(super) struct InstanceStore {
    pub(super) store: Store<State>,
    /// None in a store without an instance yet.
    pub(super) callee: Option<Callee>,
    /// Its place among all instances, for as long as it lives.
    pub(super) _place: AdmissionPermit,
    /// Its place among those that were made before their calls. Only such an instance may live longer
    /// than its call, so that others always end with theirs.
    pub(super) spare_place: Option<AdmissionPermit>,
}

/// The spares of one entry on one dispatcher. Each has run nothing but its own instantiation, and is
/// used once.
#[derive(Default)]
pub(crate) struct Spares {
    /// How many are to be ready.
    count: Cell<u32>,
    ready: RefCell<Vec<InstanceStore>>,
    /// Instances whose call has its result, until there is time to drop them.
    ended: RefCell<Vec<InstanceStore>>,
    /// Whether a task makes and drops instances while the dispatcher is idle.
    pub(super) is_filling: Cell<bool>,
    late: Cell<u8>,
}

/// What a spare instance turned out to be.
pub(super) enum Made {
    /// It has run nothing but its instantiation.
    Spare(InstanceStore),
    /// Its instantiation takes too long to be done beside other work.
    Late,
    /// It fails, or depends on what its call is given, because it calls the host.
    Unfit,
}

/// What there is to do while the dispatcher is idle.
pub(super) enum Work {
    /// Something was dropped, and there is more.
    Dropped,
    /// An instance is missing.
    Make,
    /// Nothing.
    Done,
}

impl Spares {
    /// So many, 64 at most.
    pub(super) fn new(count: u32) -> Spares {
        Spares {
            count: Cell::new(count.min(MAX_SPARES)),
            ..Spares::default()
        }
    }

    /// Whether the entry has spares at all.
    pub(super) fn are_kept(&self) -> bool {
        self.count.get() > 0
    }

    /// How many are ready.
    pub(super) fn ready(&self) -> usize {
        self.ready.borrow().len()
    }

    /// How many have ended and are not dropped yet.
    pub(super) fn ended(&self) -> usize {
        self.ended.borrow().len()
    }

    /// An instance for a call, the last that was made.
    pub(super) fn take(&self) -> Option<InstanceStore> {
        self.ready.borrow_mut().pop()
    }

    /// Takes a spare whose call has ended, to be dropped when there is time. How many there may be is
    /// the bound on all spares.
    pub(super) fn end(&self, instance: InstanceStore) {
        debug_assert!(instance.spare_place.is_some(), "it was made for its call");
        self.ended.borrow_mut().push(instance);
    }

    /// What is next while the dispatcher is idle; drops one instance that has ended.
    pub(super) fn work(&self) -> Work {
        let ended = self.ended.borrow_mut().pop();
        match ended {
            Some(_) => Work::Dropped,
            None if self.ready.borrow().len() < self.count.get() as usize => Work::Make,
            None => Work::Done,
        }
    }

    /// Takes what was made.
    pub(super) fn add(&self, made: Made) {
        match made {
            Made::Spare(instance) => {
                self.late.set(0);
                self.ready.borrow_mut().push(instance);
            }
            Made::Late if self.late.get() < MAX_LATE => self.late.set(self.late.get() + 1),
            Made::Late | Made::Unfit => self.count.set(0),
        }
    }

    /// One instance that no call has, of those that have ended first.
    fn any(&self) -> Option<InstanceStore> {
        let ended = self.ended.borrow_mut().pop();
        ended.or_else(|| self.ready.borrow_mut().pop())
    }
}

/// The spares of all entries whose instances have one bound. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct AllSpares(Rc<RefCell<Vec<Weak<Spares>>>>);

impl AllSpares {
    /// Adds those of one entry, until they are dropped.
    pub(super) fn add(&self, spares: &Rc<Spares>) {
        let mut all = self.0.borrow_mut();
        all.retain(|other| other.strong_count() > 0);
        all.push(Rc::downgrade(spares));
    }

    /// Drops one instance of any entry, so that a call has room.
    pub(super) fn give_way(&self) {
        let one = {
            let all = self.0.borrow();
            all.iter()
                .filter_map(Weak::upgrade)
                .find_map(|spares| spares.any())
        };
        // Nothing is borrowed now: the end of an instance wakes who waits for its place.
        drop(one);
    }
}
