//! One request, answered by a function.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use wippy_dispatcher::Instant;

use super::super::Runtime;
use super::super::error::CallErrorKind;
use super::super::options::{CallOptions, before};
use super::arguments::arguments;
use super::body_memory::BodyMemory;
use super::component_failure::busy;
use super::component_handlers::ComponentHandlers;
use super::error_id::ErrorId;
use super::log_text::{LogText, described};
use super::reply::Reply;
use super::request_body::{self, NoBody, RequestBody};
use super::waiting_room::WaitingRoom;
use crate::host::Exit;
use crate::http::Response;
use crate::http::server::{Failure, Handler, IncomingRequest};
use crate::program::LinkedFunction;
use crate::quota::Quota;
use crate::registry::{Entry, Id};

/// Bytes of a body that become arguments on the dispatcher's thread; more take longer than others should wait.
const INLINE: usize = 64 * 1024;

/// What answers with the functions of one service.
pub(super) struct Endpoints {
    pub(super) runtime: Runtime,
    pub(super) room: Rc<WaitingRoom>,
    pub(super) components: Rc<ComponentHandlers>,
    /// Memory of the bodies of requests that are being read or answered, and of what is made of them.
    pub(super) bodies: Quota,
    /// For a whole response, from the end of its request's head.
    pub(super) write: Duration,
}

/// A request on its way to a function.
pub(super) struct FunctionRequest {
    /// The endpoint.
    pub(super) endpoint: Id,
    /// The function's entry.
    pub(super) function: Arc<Entry>,
    /// The parameters of its path.
    pub(super) parameters: Vec<(String, String)>,
    /// The request itself.
    pub(super) request: IncomingRequest,
}

impl Endpoints {
    /// Answers a request.
    ///
    /// # Errors
    /// `INTERNAL` when the dispatcher has no room for the answer, or has ended.
    pub(super) async fn answer(&self, request: FunctionRequest) -> Result<Response, Failure> {
        let handle = self.runtime.handle();
        let begun = handle.now().map_err(|_| Failure::INTERNAL)?;
        let deadline = begun + self.write;
        let FunctionRequest {
            endpoint,
            function,
            parameters,
            request,
        } = request;
        let prepared = self.prepare(&function, deadline).await;
        let what = described(&endpoint, &request);
        if matches!(&prepared, Ok(linked) if linked.incoming_handler().is_some()) {
            return match self.components.of(&function).await {
                Ok(handler) => handler.handle(request).await,
                Err(problem) => self.failed(problem, deadline, &what),
            };
        }
        let body = request.body;
        let memory = match prepared {
            Ok(linked) => BodyMemory::of(&linked.method, &parameters),
            Err(problem) => return self.failed(problem, deadline, &what),
        };
        let body = match request_body::read(body, &self.bodies, memory).await {
            Ok(body) => body,
            Err(problem) => return self.without_body(problem).into_response(handle),
        };
        match self.call(&function, parameters, body, deadline).await {
            Ok(reply) => match self.bodies.try_acquire(reply.len()) {
                Some(permit) => reply.keep(permit).into_response(handle),
                None => self.full().into_response(handle),
            },
            Err(problem) => self.failed(problem, deadline, &what),
        }
    }

    /// The function's module and exports; it is compiled and linked at the first request.
    async fn prepare(
        &self,
        function: &Arc<Entry>,
        deadline: Instant,
    ) -> Result<Arc<LinkedFunction>, CallErrorKind> {
        let runtime = &self.runtime;
        let function = before(Some(deadline), runtime.handle(), runtime.function(function));
        Ok(function.await??.linked.clone())
    }

    fn without_body(&self, problem: NoBody) -> Reply {
        match problem {
            NoBody::NoRoom => self.full(),
            NoBody::TooLarge => {
                Reply::text(413, "the request's body takes more memory than all may")
            }
            NoBody::Broken => Reply::text(400, "the request's body does not end"),
        }
    }

    /// The answer where the bodies take all of their memory.
    fn full(&self) -> Reply {
        let bound = self.bodies.bound();
        let why = format!("the bodies of requests and answers may take {bound} bytes of memory");
        let text = "there is no room for the request";
        self.room.turn_away(self.runtime.handle(), text, why)
    }

    /// Calls the function.
    async fn call(
        &self,
        entry: &Arc<Entry>,
        parameters: Vec<(String, String)>,
        body: RequestBody,
        deadline: Instant,
    ) -> Result<Reply, CallErrorKind> {
        let runtime = &self.runtime;
        let options = CallOptions::new().deadline(deadline);
        let RequestBody { bytes, permit } = body;
        let _permit = permit;
        let is_large = bytes.len() > INLINE;
        let run = |options: CallOptions| async move {
            let record = options.record.clone();
            let call = async {
                let function = runtime.function_for(entry, &options).await?;
                let arguments = match is_large {
                    true => {
                        let method = function.linked.method.clone();
                        let convert = move || arguments(&method, &parameters, bytes);
                        runtime.handle().unblock(convert).await??
                    }
                    false => arguments(&function.linked.method, &parameters, bytes)?,
                };
                let value = match runtime.call_function(&function, options, arguments).await {
                    Err(CallErrorKind::Exit(Exit(0))) => None,
                    value => value?,
                };
                let result = function.linked.method.result.as_ref();
                Reply::result(result, value).map_err(CallErrorKind::Result)
            };
            match record {
                Some(record) => self.room.admit(runtime.handle(), &record, call).await,
                None => call.await,
            }
        };
        runtime.visible(entry, options, run).await
    }

    /// Says why a call has failed: what the client can change to the client, anything else to the log.
    fn failed(
        &self,
        problem: CallErrorKind,
        deadline: Instant,
        what: &str,
    ) -> Result<Response, Failure> {
        let handle = self.runtime.handle();
        let reply = match (&problem, busy(&problem)) {
            (problem, Some(text)) => self.room.turn_away(handle, text, problem),
            (
                CallErrorKind::Value(_)
                | CallErrorKind::Count { .. }
                | CallErrorKind::Payload(_)
                | CallErrorKind::Type { .. },
                None,
            ) => Reply::text(400, problem.to_string()),
            (problem, None) => {
                let now = handle.now().map_err(|_| Failure::INTERNAL)?;
                let is_late = matches!(problem, CallErrorKind::DeadlineExceeded) && now >= deadline;
                let id = ErrorId::new(handle);
                tracing::error!(target: "http", "{what}: error ID {id}: {}", LogText(problem));
                let status = if is_late { 504 } else { 500 };
                Reply::text(status, format!("{status}, error ID {id}"))
            }
        };
        reply.into_response(handle)
    }
}
