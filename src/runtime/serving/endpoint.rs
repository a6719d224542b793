//! One request, answered by a function.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use wippy_dispatcher::Instant;

use super::super::Runtime;
use super::super::error::CallErrorKind;
use super::super::options::{CallOptions, before};
use super::arguments::{arguments, memory_each};
use super::component_handlers::ComponentHandlers;
use super::error_id::{ErrorId, request_id};
use super::reply::Reply;
use super::request_body::{self, NoBody, RequestBody};
use super::waiting_room::WaitingRoom;
use crate::host::Exit;
use crate::http::server::{Failure, Handler, IncomingRequest};
use crate::http::{BodyReader, Response};
use crate::one_line::OneLine;
use crate::program::LinkedFunction;
use crate::quota::Quota;
use crate::registry::{Entry, Id};

/// Bytes of a body that become arguments on the dispatcher's thread; more take longer than others should wait.
const INLINE: usize = 64 * 1024;
/// Bytes of a path that a log line shows.
const PATH_SHOWN: usize = 256;

/// What answers with the functions of one service.
pub(super) struct Endpoints {
    pub(super) runtime: Runtime,
    pub(super) room: WaitingRoom,
    pub(super) components: Rc<ComponentHandlers>,
    /// Memory of the bodies of requests that are being read or answered, and of what is made of them.
    pub(super) bodies: Quota,
    /// For a whole request, its body included.
    pub(super) read: Duration,
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
        let what = || what.clone();
        if matches!(&prepared, Ok(linked) if linked.incoming_handler().is_some()) {
            return match self.components.of(&function).await {
                Ok(handler) => handler.handle(request).await,
                Err(problem) => self.failed(problem, deadline, what),
            };
        }
        let body = request.body;
        let memory_each = match prepared {
            Ok(linked) => memory_each(&linked.method, &parameters),
            Err(problem) => return self.failed(problem, deadline, what),
        };
        let body = match self.body(body, memory_each, begun).await {
            Ok(body) => body,
            Err(reply) => return reply.into_response(handle),
        };
        match self.call(&function, parameters, body, deadline).await {
            Ok(reply) => reply.into_response(handle),
            Err(problem) => self.failed(problem, deadline, what),
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

    async fn body(
        &self,
        body: BodyReader,
        memory_each: usize,
        begun: Instant,
    ) -> Result<RequestBody, Reply> {
        let reading = request_body::read(body, &self.bodies, memory_each);
        let late = begun + self.read;
        match before(Some(late), self.runtime.handle(), reading).await {
            Ok(Ok(body)) => Ok(body),
            Ok(Err(NoBody::NoRoom)) => {
                let bound = self.bodies.bound();
                let text = format!("the bodies of all requests may take {bound} bytes of memory");
                Err(self.busy(text))
            }
            Ok(Err(NoBody::Broken)) => Err(Reply::text(400, "the request's body does not end")),
            Err(_) => Err(Reply::text(408, "the request took too long")),
        }
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
        what: impl Fn() -> String,
    ) -> Result<Response, Failure> {
        let handle = self.runtime.handle();
        let reply = match &problem {
            CallErrorKind::Value(_)
            | CallErrorKind::Count { .. }
            | CallErrorKind::Payload(_)
            | CallErrorKind::Type { .. } => Reply::text(400, problem.to_string()),
            CallErrorKind::PoolFull => self.busy("all instances are busy"),
            problem => {
                let now = handle.now().map_err(|_| Failure::INTERNAL)?;
                let is_late = matches!(problem, CallErrorKind::DeadlineExceeded) && now >= deadline;
                let id = ErrorId::new(handle);
                let text = problem.to_string();
                let lines: Vec<&str> = text.lines().map(str::trim).collect();
                let text = lines.join("; ");
                tracing::error!(target: "http", "{}: error ID {id}: {}", what(), OneLine(&text));
                let status = if is_late { 504 } else { 500 };
                Reply::text(status, format!("{status}, error ID {id}"))
            }
        };
        reply.into_response(handle)
    }

    fn busy(&self, text: impl Into<String>) -> Reply {
        let retry_after = self.room.retry_after().to_string();
        Reply::text(503, text).field("Retry-After", retry_after)
    }
}

/// A request in a log.
fn described(endpoint: &Id, request: &IncomingRequest) -> String {
    let path: String = request.target.path.chars().take(PATH_SHOWN).collect();
    let method = request.head.method.as_str();
    let id = request_id(request);
    format!("{endpoint}: {id}{method} {}", OneLine(&path))
}
