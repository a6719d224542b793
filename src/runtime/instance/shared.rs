//! What an instance and its functions share, and the making of the instance.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use wippy_dispatcher::Handle;

use super::slot::{LiveInstance, Slot};
use crate::activity::{CallRecord, CallState, LiveCall, observed};
use crate::program::LinkedCode;
use crate::quota::QuotaPermit;
use crate::runtime::Runtime;
use crate::runtime::call::{Caller, guest_in, instance};
use crate::runtime::callee::Callee;
use crate::runtime::error::CallErrorKind;
use crate::runtime::fill::FillAfter;
use crate::runtime::function::Function;
use crate::runtime::invocation::Untyped;
use crate::runtime::options::{CallOptions, before};

/// What an instance and its functions share.
pub(super) struct Shared {
    pub(super) runtime: Runtime,
    pub(super) function: Rc<Function>,
    pub(super) options: CallOptions,
    pub(super) slot: Slot,
    /// The number of the instance that was made last.
    pub(super) generation: Cell<u64>,
    /// It is seen as long as it lives.
    pub(super) visible: LiveCall,
    /// Of its group.
    pub(super) _permit: Option<QuotaPermit>,
}

impl Shared {
    pub(super) fn handle(&self) -> &Handle {
        self.runtime.handle()
    }

    pub(super) fn record(&self) -> &Arc<CallRecord> {
        self.visible.record()
    }

    /// Makes an instance, from a spare where there is one.
    ///
    /// # Errors
    /// Those of a call before its guest runs, and of instantiation; `Untyped`.
    pub(super) async fn make(&self) -> Result<LiveInstance, CallErrorKind> {
        let (function, handle, record) = (&self.function, self.handle(), self.record());
        if let LinkedCode::Core(_) = function.linked.code {
            return Err(CallErrorKind::Untyped(Untyped.to_string()));
        }
        let mut options = self.options.clone();
        options.begin(handle.now()?);
        let (deadline, chain) = (options.deadline, options.chain.clone());
        let context = match function.fixed.is_whole {
            true => self.runtime.whole_context(function, options)?,
            false => {
                let context = Box::pin(self.runtime.context(function, options));
                before(deadline, handle, context).await??
            }
        };
        let caller = Caller {
            deadline,
            chain: &chain,
            record: Some(record),
        };
        let _fill = FillAfter { function, handle };
        let waiting = instance(function, handle, context, caller);
        let waiting = observed(Some(record), handle, CallState::WaitsForInstance, waiting);
        let mut kept = waiting.await?;
        // It lives longer than the call that a spare is for.
        kept.spare_place = None;
        record.enter(CallState::Running, handle.now()?);
        kept.store.data_mut().set_record(record.clone());
        let callee = match kept.callee {
            Some(callee) => callee,
            None => {
                let making = function.instantiate(&mut kept.store);
                let making = guest_in(function, handle, making, Some(record));
                let made = before(deadline, handle, making).await?;
                made.map_err(|kind| *kind)?
            }
        };
        function.budget.set(kept.store.data().call.budget());
        function.budget.count_instance(handle).await?;
        record.enter(CallState::Idle, handle.now()?);
        let Callee::Component { instance, .. } = callee else {
            return Err(CallErrorKind::Untyped(Untyped.to_string()));
        };
        self.generation.set(self.generation.get() + 1);
        Ok(LiveInstance {
            kept,
            instance,
            generation: self.generation.get(),
        })
    }
}
