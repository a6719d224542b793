//! An entry whose component answers HTTP requests.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use wippy_dispatcher::Error;

use super::component_call::Incoming;
use super::component_calls::ComponentCalls;
use super::component_failure::{ComponentFailure, busy, check};
use super::component_request::ComponentRequest;
use super::forwarded_fields::write_forwarded;
use super::log_text::{LogText, described};
use super::waiting_room::WaitingRoom;
use crate::host::Exit;
use crate::host::http::ReceivedRequest;
use crate::http::server::{Failure, Handler, HandlerEnd, HandlerFuture, IncomingRequest};
use crate::http::{Method, Response, reply};
use crate::oneshot::{Receiver, Sender, oneshot};
use crate::registry::Entry;
use crate::runtime::Runtime;
use crate::runtime::error::{CallError, CallErrorKind};
use crate::runtime::options::CallOptions;
use crate::select::{Either, select};

/// How long a request waits for an instance, where nothing else is said.
const MAX_WAIT: Duration = Duration::from_secs(10);

/// Answers HTTP requests with the component of an entry, which exports `wasi:http/incoming-handler`: each request in a
/// fresh instance, on the runtime's thread. Request and response stream while the guest runs.
/// `docs/serving.md` says what a client gets where the guest gives no response, or only a part of one.
///
/// Clones are the same handler. When the last of them is dropped, the calls that still run are ended.
///
/// ```
/// use std::time::Duration;
/// use wippy::http_server::{HttpServer, ServerLimits};
/// use wippy::{Entry, Program, Runtime};
/// use wippy_dispatcher::Dispatcher;
/// use wippy_dispatcher::net::TcpStream;
///
/// let entry = Entry::function("app:hello")
///     .file(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/guests/components/http-hello.wasm"))
///     .import("wasi:io")
///     .import("wasi:http/types");
/// let dispatcher = Dispatcher::new()?;
/// let handle = dispatcher.handle();
/// let runtime = Runtime::on(handle.clone(), Program::builder().entry(entry).build()?)?;
/// dispatcher.block_on(async {
///     let handler = runtime.http_handler("app:hello").await?;
///     let any_port = ([127, 0, 0, 1], 0).into();
///     let server = HttpServer::bind(&handle, [any_port], ServerLimits::default(), handler)?;
///     let client = TcpStream::connect(&handle, server.addresses()[0]).await?;
///     client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await?;
///     let (mut text, mut buffer) = (Vec::new(), [0; 256]);
///     while let read @ 1.. = client.read(&mut buffer).await? {
///         text.extend_from_slice(&buffer[..read]);
///     }
///     assert!(text.starts_with(b"HTTP/1.1 200 OK\r\n"));
///     server.stop(Duration::from_secs(1)).await?;
///     Ok::<(), Box<dyn std::error::Error>>(())
/// })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct ComponentHandler(Rc<Inner>);

struct Inner {
    runtime: Runtime,
    entry: Arc<Entry>,
    room: Rc<WaitingRoom>,
    max_time: Cell<Option<Duration>>,
    calls: Rc<ComponentCalls>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.calls.cut();
    }
}

impl Runtime {
    /// What answers HTTP requests with an entry's component. It is read, compiled and linked now, so that no
    /// request waits for it. The name is the entry's ID, or its bare name where that is unambiguous.
    ///
    /// # Errors
    /// `Lookup`, `NotCallable`, `Module`; `NoIncomingHandler` where the component exports no
    /// `wasi:http/incoming-handler`; `Dispatcher`.
    pub async fn http_handler(&self, name: &str) -> Result<ComponentHandler, CallError> {
        let entry = self.registry().resolve(name);
        let entry = entry.map_err(|error| CallErrorKind::from(error).of(name))?;
        let room = Rc::new(WaitingRoom::unbounded(&entry.id, MAX_WAIT));
        let handler = self.handler_of(entry, room).await;
        handler.map_err(|kind| kind.of(&entry.id))
    }

    /// The same of an entry, whose requests wait in `room`.
    ///
    /// # Errors
    /// As [`Runtime::http_handler`].
    pub(super) async fn handler_of(
        &self,
        entry: &Arc<Entry>,
        room: Rc<WaitingRoom>,
    ) -> Result<ComponentHandler, CallErrorKind> {
        let function = self.function(entry).await?;
        if function.linked.incoming_handler().is_none() {
            return Err(CallErrorKind::NoIncomingHandler);
        }
        Ok(ComponentHandler(Rc::new(Inner {
            runtime: self.clone(),
            entry: entry.clone(),
            room,
            max_time: Cell::new(None),
            calls: Rc::new(ComponentCalls::new(self.handle())?),
        })))
    }
}

impl ComponentHandler {
    /// How long a request waits for a place in the entry's pool, and for an instance where the program has no more;
    /// then it is answered with 503. The time in which its component is read and compiled does not count. It holds for
    /// all clones. Default 10 s.
    pub fn max_wait(self, time: Duration) -> ComponentHandler {
        self.0.room.set_timeout(time);
        self
    }

    /// How long a request may take, from its head to the end of its guest, the wait for a place included; then it is
    /// answered with 504, or cut where its response has begun. It holds for all clones. Default: as long as it takes.
    pub fn max_time(self, time: Option<Duration>) -> ComponentHandler {
        self.0.max_time.set(time);
        self
    }

    /// How many of its calls have not ended. A call may go on when its response is complete.
    pub fn open_calls(&self) -> usize {
        self.0.calls.open()
    }

    /// Waits until none of its calls runs.
    ///
    /// # Errors
    /// `WrongThread` and `Closed` of the dispatcher.
    pub async fn ended(&self) -> Result<(), Error> {
        self.0.calls.ended().await
    }
}

impl Handler for ComponentHandler {
    fn handle(&self, request: IncomingRequest) -> HandlerFuture {
        Box::pin(answer(self.0.clone(), request))
    }

    fn drained(&self) -> HandlerEnd {
        let calls = self.0.calls.clone();
        Box::pin(async move {
            // It fails at the dispatcher's end, and its calls with it.
            let _ = calls.ended().await;
        })
    }
}

impl fmt::Debug for ComponentHandler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ComponentHandler")
            .field("entry", &self.0.entry.id)
            .field("open_calls", &self.open_calls())
            .finish_non_exhaustive()
    }
}

/// How a call has ended that gives no response.
enum NoResponse {
    /// There was no room for it: what the client is told, and the reason.
    Busy(&'static str, String),
    Failed(ComponentFailure),
}

/// Starts a call, and waits for the head of its response.
///
/// # Errors
/// 503 where the dispatcher has no room for the call.
async fn answer(handler: Rc<Inner>, request: IncomingRequest) -> Result<Response, Failure> {
    let full = |_| Failure::new(503);
    let handle = handler.runtime.handle();
    let is_head = request.head.method == Method::Head;
    let what = described(&handler.entry.id, &request);
    let state = Rc::new(ComponentRequest::new(handle).map_err(full)?);
    let (answer, reply) = reply(handle).map_err(full)?;
    let incoming = Incoming {
        request: received(request),
        answer,
        state: state.clone(),
    };
    let (failed, failure) = oneshot();
    let entry = &handler.entry;
    let task = run(&handler, incoming, failed, what.clone());
    let task = handle.spawn_named(&entry.id.to_string(), task);
    task.map_err(full)?.detach();

    let client = state.wait();
    reply.answered().wait().await.map_err(full)?;
    let answer = reply.take().filter(|_| reply.is_given());
    let response = match answer {
        Some(Ok(response)) => {
            let is_read = !is_head && !matches!(response.status, 204 | 205 | 304);
            match check(&response, is_read) {
                Ok(()) => Ok(state.respond(response, is_read)),
                Err(error) => {
                    let failure = ComponentFailure::logged(handle, 500);
                    let (id, error) = (&failure.id, LogText(error));
                    tracing::error!(target: "http", "{what}: error ID {id}: {error}");
                    failure.respond(handle)
                }
            }
        }
        Some(Err(code)) => {
            let failure = ComponentFailure::logged(handle, code.status());
            let (ComponentFailure { status, id, .. }, code) = (&failure, LogText(code));
            tracing::warn!(target: "http", "{what}: {status}, error ID {id}: {code}");
            failure.respond(handle)
        }
        None => no_response(&handler, &what, failure).await,
    };
    client.answered();
    response
}

/// Waits for the end of a call that gives no response.
///
/// # Errors
/// 500 where it was ended from outside.
async fn no_response(
    handler: &Inner,
    what: &str,
    failure: Receiver<NoResponse>,
) -> Result<Response, Failure> {
    let handle = handler.runtime.handle();
    match failure.await.map_err(|_| Failure::INTERNAL)? {
        NoResponse::Busy(text, why) => {
            let reply = handler.room.turn_away(handle, text, why);
            reply.into_response(handle)
        }
        NoResponse::Failed(failure) => {
            if !failure.is_logged {
                let id = &failure.id;
                let why = "the guest has ended without a response";
                tracing::error!(target: "http", "{what}: error ID {id}: {why}");
            }
            failure.respond(handle)
        }
    }
}

/// The call: until its guest has ended, or nobody wants anything of it any more.
fn run(
    handler: &Inner,
    incoming: Incoming,
    failed: Sender<NoResponse>,
    what: String,
) -> impl Future<Output = ()> + use<> {
    let open = handler.calls.begin();
    let (runtime, entry) = (handler.runtime.clone(), handler.entry.clone());
    let room = handler.room.clone();
    let max_time = handler.max_time.get();
    async move {
        let handle = runtime.handle();
        let Ok(begun) = handle.now() else { return };
        let late = max_time.map(|time| begun + time);
        let mut options = CallOptions::new();
        if let Some(late) = late {
            options = options.deadline(late);
        }
        let state = incoming.state.clone();
        let patience = runtime.patience_of(&entry);
        let ends = select(open.cut(), state.given_up(handle, patience));
        let call = runtime.answer_incoming(&entry, &room, options, incoming);
        let Either::Right(end) = select(ends, Box::pin(call)).await else {
            return;
        };
        let end = match end {
            Err(CallErrorKind::Exit(Exit(0))) => Ok(()),
            end => end,
        };
        if let Err(error) = &end
            && let Some(text) = busy(error)
        {
            failed.send(NoResponse::Busy(text, error.to_string()));
            return;
        }
        let is_late = late.is_some_and(|late| handle.now().is_ok_and(|now| now >= late));
        let failure = ComponentFailure::of(handle, &end, is_late);
        if let Err(error) = end {
            let (id, error) = (&failure.id, LogText(error));
            tracing::error!(target: "http", "{what}: error ID {id}: {error}");
        }
        failed.send(NoResponse::Failed(failure));
    }
}

fn received(mut request: IncomingRequest) -> ReceivedRequest {
    write_forwarded(&mut request.head.fields, request.client);
    ReceivedRequest {
        method: request.head.method,
        path_with_query: Some(request.target.path),
        secure: request.client.secure,
        authority: request.target.authority,
        fields: request.head.fields,
        body: request.body,
    }
}
