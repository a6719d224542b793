//! A call of a component's `incoming-handler`.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use wasmtime::component::Resource;
use wasmtime::{Store, format_err};

use super::component_request::ComponentRequest;
use super::waiting_room::WaitingRoom;
use crate::host::http::{HttpAccess, IncomingRequest, ReceivedRequest, ResponseOutparam};
use crate::host::{PackageState, State};
use crate::http::Answer;
use crate::program::LinkedFunction;
use crate::registry::Entry;
use crate::runtime::Runtime;
use crate::runtime::callee::Callee;
use crate::runtime::error::CallErrorKind;
use crate::runtime::invocation::Invocation;
use crate::runtime::options::CallOptions;

/// What a guest's `handle` is called with.
pub(super) struct Incoming {
    pub(super) request: ReceivedRequest,
    /// Where it leaves its response.
    pub(super) answer: Answer,
    /// What is known of the request.
    pub(super) state: Rc<ComponentRequest>,
}

impl Invocation for Incoming {
    type Output = ();

    async fn invoke(
        self,
        callee: Callee,
        linked: &LinkedFunction,
        store: &mut Store<State>,
    ) -> wasmtime::Result<()> {
        let gone = || format_err!("wasi:http/incoming-handler#handle is gone");
        let (Callee::Component { instance, .. }, Some(index)) = (callee, linked.incoming_handler())
        else {
            return Err(gone());
        };
        let function = instance.get_func(&mut *store, index).ok_or_else(gone)?;
        let function = function
            .typed::<(Resource<IncomingRequest>, Resource<ResponseOutparam>), ()>(&*store)?;
        let mut view = HttpAccess::view(store.data_mut());
        let request = view.incoming_request(self.request)?;
        let answer = view.response_outparam(self.answer)?;
        self.state.begin();
        function.call_async(&mut *store, (request, answer)).await
    }
}

impl Runtime {
    /// How long the calls of an entry have for what is left to do at their end.
    pub(super) fn patience_of(&self, entry: &Entry) -> Duration {
        let limits = entry.function().map(|settings| &settings.limits);
        let own = limits.and_then(|limits| limits.delivery_ms);
        own.map_or(self.inner.program.limits().delivery, Duration::from_millis)
    }

    /// Has a guest answer a request, in a fresh instance on this thread, until the deadline of the options. Where it
    /// has to wait for a place in the entry's pool or for an instance, it waits in `room`.
    ///
    /// # Errors
    /// As [`Runtime::call`]; `NoIncomingHandler`, and `PoolFull` also where the room is full or it has waited for too
    /// long.
    pub(super) async fn answer_incoming(
        &self,
        entry: &Arc<Entry>,
        room: &WaitingRoom,
        options: CallOptions,
        incoming: Incoming,
    ) -> Result<(), CallErrorKind> {
        let run = |options: CallOptions| async move {
            let record = options.record.clone();
            let call = async {
                let function = self.function_for(entry, &options).await?;
                if function.linked.incoming_handler().is_none() {
                    return Err(CallErrorKind::NoIncomingHandler);
                }
                let _place = self.place(&function, &options).await?;
                let _load = self.inner.load.add();
                self.call_in(&function, options, incoming).await
            };
            match record {
                Some(record) => room.admit(self.handle(), &record, call).await,
                None => call.await,
            }
        };
        self.visible(entry, options, run).await
    }
}
