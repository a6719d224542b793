//! What several calls may use together, such as those of one tenant.

use crate::quota::{Quota, QuotaPermit};

/// What several calls may use together, such as those of one tenant: how many run at once, their bytes
/// of memory, their descriptors. A call is one of its group's where its
/// [`CallOptions`](crate::CallOptions) say so; the calls that its guest makes are as well, and a live
/// instance counts as one call for as long as it lives. Clones are the same group, on any thread.
///
/// ```
/// use wippy::{Arguments, CallErrorKind, CallGroup, CallOptions, Entry, Program, Runtime};
///
/// # let dispatcher = wippy_dispatcher::Dispatcher::new()?;
/// let entry = Entry::function("app:one").bytes(r#"(module (memory 2) (func (export "one")))"#);
/// let program = Program::builder().entry(entry).build()?;
/// let runtime = Runtime::on(dispatcher.handle(), program)?;
/// let tenant = CallGroup::new().max_calls(10).max_memory(65_536);
/// let options = CallOptions::new().group(&tenant);
/// let call = runtime.call_with("app:one", options, Arguments::Wave(""));
/// let error = dispatcher.block_on(call)?.unwrap_err();
/// assert!(matches!(error.kind, CallErrorKind::Group(_)));
/// assert_eq!(tenant.memory(), 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct CallGroup {
    calls: Quota,
    memory: Quota,
    descriptors: Quota,
}

/// What a call wanted that its group does not have any more.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GroupError {
    /// As many calls run as may at once.
    #[error(
        "its group has {0} calls at once, which is all that it may have (CallGroup::max_calls)"
    )]
    Calls(usize),
    /// The memory of the group's calls.
    #[error(
        "the calls of its group may take {0} bytes of memory together, and it needs more than is \
         left (CallGroup::max_memory)"
    )]
    Memory(usize),
}

impl CallGroup {
    /// A group without bounds.
    pub fn new() -> CallGroup {
        CallGroup {
            calls: Quota::new(usize::MAX),
            memory: Quota::new(usize::MAX),
            descriptors: Quota::new(usize::MAX),
        }
    }

    /// How many of its calls may run at once, or wait to. One more ends with
    /// [`GroupError::Calls`] at once. To be said before its first call, as the other bounds.
    pub fn max_calls(mut self, calls: usize) -> CallGroup {
        self.calls = Quota::new(calls);
        self
    }

    /// The bytes of memory that its calls may have together, tables and heaps included. A guest that
    /// grows beyond them traps with [`GroupError::Memory`].
    pub fn max_memory(mut self, bytes: usize) -> CallGroup {
        self.memory = Quota::new(bytes);
        self
    }

    /// The descriptors that its guests may have open together: files, directories and sockets. A guest
    /// that opens one more has the error that the system gives at its own bound (`EMFILE`).
    pub fn max_descriptors(mut self, descriptors: usize) -> CallGroup {
        self.descriptors = Quota::new(descriptors);
        self
    }

    /// How many of its calls run or wait to.
    pub fn calls(&self) -> usize {
        self.calls.used()
    }

    /// The bytes of memory that its calls have.
    pub fn memory(&self) -> usize {
        self.memory.used()
    }

    /// The descriptors that its guests have open.
    pub fn descriptors(&self) -> usize {
        self.descriptors.used()
    }

    /// A permit for one more call.
    ///
    /// # Errors
    /// `Calls`.
    pub(crate) fn enter(&self) -> Result<QuotaPermit, GroupError> {
        let permit = self.calls.try_acquire(1);
        permit.ok_or(GroupError::Calls(self.calls.bound()))
    }

    /// A permit for memory.
    ///
    /// # Errors
    /// `Memory`.
    pub(crate) fn memory_permit(&self, bytes: usize) -> Result<QuotaPermit, GroupError> {
        let permit = self.memory.try_acquire(bytes);
        permit.ok_or(self.memory_error())
    }

    pub(crate) fn memory_error(&self) -> GroupError {
        GroupError::Memory(self.memory.bound())
    }

    /// The descriptors that one of its calls may have.
    pub(crate) fn descriptor_quota(&self, of_call: usize) -> Quota {
        Quota::within(of_call, &self.descriptors)
    }
}

impl Default for CallGroup {
    fn default() -> CallGroup {
        CallGroup::new()
    }
}
