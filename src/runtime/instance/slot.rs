//! The place of a live instance: it is there, it runs a call, or it is dead.

use std::cell::RefCell;
use std::mem::{ManuallyDrop, replace};

use wasmtime::component;

use crate::runtime::error::CallErrorKind;
use crate::runtime::spares::InstanceStore;

/// An instance that is kept between its calls.
pub(super) struct LiveInstance {
    /// Its store and its place among all instances.
    pub(super) kept: InstanceStore,
    pub(super) instance: component::Instance,
    /// Which of the instances it is that were in this place one after the other. What is looked up in
    /// one is not of the next.
    pub(super) generation: u64,
}

/// Where a live instance is kept.
pub(super) struct Slot(RefCell<Content>);

enum Content {
    /// Boxed, so that taking it out and putting it back moves no more than a pointer.
    Ready(Box<LiveInstance>),
    /// A call runs, or the instance is made.
    Running,
    Dead(String),
}

impl Slot {
    /// A place where an instance is being made.
    pub(super) fn new() -> Slot {
        Slot(RefCell::new(Content::Running))
    }

    /// Takes the instance for a call.
    ///
    /// # Errors
    /// `InstanceBusy` and `InstanceDead`.
    #[inline]
    pub(super) fn take(&self) -> Result<Taken<'_>, Box<CallErrorKind>> {
        let mut content = self.0.borrow_mut();
        match replace(&mut *content, Content::Running) {
            Content::Ready(live) => Ok(Taken {
                slot: self,
                live: Some(live),
            }),
            Content::Running => Err(Box::new(CallErrorKind::InstanceBusy)),
            Content::Dead(reason) => {
                *content = Content::Dead(reason.clone());
                Err(Box::new(CallErrorKind::InstanceDead(reason)))
            }
        }
    }

    /// Empties the place for another instance. What was there is dropped.
    ///
    /// # Errors
    /// `InstanceBusy`.
    pub(super) fn clear(&self) -> Result<Taken<'_>, CallErrorKind> {
        let before = {
            let mut content = self.0.borrow_mut();
            if matches!(*content, Content::Running) {
                return Err(CallErrorKind::InstanceBusy);
            }
            replace(&mut *content, Content::Running)
        };
        // Nothing is borrowed now: the end of an instance may run other code.
        drop(before);
        Ok(Taken {
            slot: self,
            live: None,
        })
    }

    /// Puts the first instance there.
    pub(super) fn fill(&self, live: LiveInstance) {
        self.put(Content::Ready(Box::new(live)));
    }

    /// Whether no call can be made before a reset.
    pub(super) fn is_dead(&self) -> bool {
        matches!(*self.0.borrow(), Content::Dead(_))
    }

    #[inline]
    fn put(&self, content: Content) {
        let before = replace(&mut *self.0.borrow_mut(), content);
        debug_assert!(matches!(before, Content::Running), "it was taken out");
    }
}

/// An instance that was taken out for a call. Where it is not put back, its place is dead.
pub(super) struct Taken<'a> {
    slot: &'a Slot,
    live: Option<Box<LiveInstance>>,
}

impl Taken<'_> {
    /// The instance; `None` where the place was emptied.
    pub(super) fn live(&mut self) -> Option<&mut LiveInstance> {
        self.live.as_deref_mut()
    }

    /// The call has ended, and the instance goes on.
    #[inline]
    pub(super) fn put_back(self) {
        // Its drop has nothing left to do then.
        let mut taken = ManuallyDrop::new(self);
        match taken.live.take() {
            Some(live) => taken.slot.put(Content::Ready(live)),
            None => drop(ManuallyDrop::into_inner(taken)),
        }
    }

    /// Puts a new instance there.
    pub(super) fn fill(mut self, live: LiveInstance) {
        self.live = Some(Box::new(live));
        self.put_back();
    }

    /// The instance ends here.
    pub(super) fn end(mut self, reason: String) {
        drop(self.live.take());
        self.slot.put(Content::Dead(reason));
    }

    /// Takes the instance away for good.
    pub(super) fn remove(mut self) -> Option<Box<LiveInstance>> {
        let live = self.live.take();
        self.slot.put(Content::Dead("it was closed".to_owned()));
        live
    }
}

/// A call that is dropped before its end leaves a guest that cannot go on.
impl Drop for Taken<'_> {
    fn drop(&mut self) {
        let dropped = self.live.take();
        let is_taken = matches!(*self.slot.0.borrow(), Content::Running);
        if dropped.is_some() || is_taken {
            let reason = "a call of it was dropped before its end";
            self.slot.put(Content::Dead(reason.to_owned()));
        }
    }
}
