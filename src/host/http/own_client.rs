//! What answers the HTTP requests of guests in the place of the host's own client.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;

use wasmtime::component::{LinkerInstance, Resource};
use wasmtime::{Result, StoreContextMut};
use wippy_dispatcher::Handle;

use super::handler::Handled;
use super::options::RequestOptions;
use super::outgoing::OutgoingRequest;
use super::{HttpAccess, HttpView};
use crate::host::panics::guard;
use crate::host::{PackageState, State};
use crate::http::{self, BodyReader, ErrorCode, Fields, Reply, Request, Response, Stopped};
use crate::select::{Either, select};

/// How much of a body is read at once, in bytes.
const PIECE: usize = 64 * 1024;

/// What an HTTP client of an embedder's returns. It lives on the dispatcher of its call.
pub type HttpFuture = Pin<Box<dyn Future<Output = Result<HttpResponse, ErrorCode>>>>;

/// An HTTP client of an embedder's.
pub(crate) type OwnClient = Arc<dyn Fn(HttpRequest) -> HttpFuture + Send + Sync>;

/// A request that a guest has handed over: [`HostPackage::http_client`](crate::HostPackage::http_client).
pub struct HttpRequest {
    handle: Handle,
    request: Request,
}

impl HttpRequest {
    /// The dispatcher on which it is answered.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// The method as it is on the wire: `GET`.
    pub fn method(&self) -> &str {
        self.request.head.method.as_str()
    }

    /// Whether it is to go over TLS.
    pub fn is_secure(&self) -> bool {
        self.request.target.secure
    }

    /// The server's name or address, and its port where the guest says one.
    pub fn authority(&self) -> &str {
        &self.request.authority
    }

    /// The path with its query, which begins with `/` (or is `*`).
    pub fn path_with_query(&self) -> &str {
        &self.request.head.target
    }

    /// The header fields, in order.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.request.head.fields.iter()
    }

    /// The next piece of the body, which the guest may still be writing; `None` at its end, and where there
    /// is none.
    ///
    /// # Errors
    /// Why the body has failed.
    pub async fn read_body(&mut self) -> Result<Option<Vec<u8>>, ErrorCode> {
        let Some(body) = &self.request.body else {
            return Ok(None);
        };
        loop {
            match body.read(PIECE) {
                Ok(bytes) if bytes.is_empty() => body.readable().wait().await?,
                Ok(bytes) => return Ok(Some(bytes)),
                Err(Stopped::Failed(code)) => return Err(code),
                Err(Stopped::Ended) => return self.end_of_body(),
            }
        }
    }

    fn end_of_body(&mut self) -> Result<Option<Vec<u8>>, ErrorCode> {
        let body = self.request.body.take();
        match body.as_ref().and_then(BodyReader::end) {
            Some(Err(code)) => Err(code),
            Some(Ok(_)) | None => Ok(None),
        }
    }
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpRequest")
            .field("method", &self.method())
            .field("authority", &self.authority())
            .field("path_with_query", &self.path_with_query())
            .finish_non_exhaustive()
    }
}

/// What a client of an embedder's answers.
///
/// ```
/// use wippy::http_client::HttpResponse;
///
/// let response = HttpResponse::new(200).field("content-type", b"text/plain").body("hello");
/// ```
#[derive(Debug)]
pub struct HttpResponse {
    status: u16,
    fields: Result<Fields, ErrorCode>,
    body: Vec<u8>,
}

impl HttpResponse {
    /// One without fields and with an empty body. A status is between 100 and 999.
    pub fn new(status: u16) -> HttpResponse {
        HttpResponse {
            status,
            fields: Ok(Fields::new()),
            body: Vec::new(),
        }
    }

    /// Adds a header field. One that is malformed, or one too many (256, and 64 KiB of all), fails the
    /// exchange with `internal-error`.
    pub fn field(mut self, name: &str, value: &[u8]) -> HttpResponse {
        self.fields = self.fields.and_then(|mut fields| {
            let appended = fields.append(name, value);
            appended.map_err(ErrorCode::internal)?;
            Ok(fields)
        });
        self
    }

    /// Sets the body. It is the embedder's memory until the guest has read it.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> HttpResponse {
        self.body = body.into();
        self
    }

    fn into_response(self, handle: &Handle) -> Result<Response, ErrorCode> {
        if !(100..=999).contains(&self.status) {
            return Err(ErrorCode::internal(format_args!(
                "{} is not a status",
                self.status
            )));
        }
        let (writer, reader) = http::body(handle, self.body.len().max(1), None)?;
        if !self.body.is_empty() {
            // Its reader is here, and its length is not declared.
            let _ = writer.write(self.body);
        }
        writer.finish(None)?;
        Ok(Response {
            status: self.status,
            fields: self.fields?,
            body: Some(reader),
        })
    }
}

/// Defines `handle` over a client of the embedder's.
///
/// # Errors
/// A name that is defined twice.
pub(crate) fn define(instance: &mut LinkerInstance<'_, State>, client: &OwnClient) -> Result<()> {
    let client = client.clone();
    instance.func_wrap(
        "handle",
        move |mut store: StoreContextMut<'_, State>,
              (request, options): (Resource<OutgoingRequest>, Option<Resource<RequestOptions>>)|
              -> Result<(Handled,)> {
            let mut view = HttpAccess::view(store.data_mut().counted());
            let handled = view.handle_with(request, options, |view, request| {
                send(view, request, client.clone())
            });
            Ok((handled?,))
        },
    )
}

/// Has a request answered by a task. It goes on where the guest does not wait for the answer any more,
/// until the call gives up what it has handed over.
fn send(view: &HttpView<'_>, mut request: Request, client: OwnClient) -> Result<Reply, ErrorCode> {
    let handle = view.call.handle.clone();
    let (answer, reply) = http::reply(&handle)?;
    let delivery = request.delivery.take();
    let here = handle.clone();
    let task = handle.spawn(async move {
        let request = HttpRequest {
            handle: here.clone(),
            request,
        };
        let answering = answered(request, &client);
        let answered = match &delivery {
            None => answering.await,
            Some(delivery) => match select(delivery.given_up().wait(), answering).await {
                // The call has ended, and nobody waits.
                Either::Left(_) => return,
                Either::Right(answered) => answered,
            },
        };
        answer.send(answered.and_then(|response| response.into_response(&here)));
    })?;
    task.detach();
    Ok(reply)
}

/// The client's answer; its panic is an internal error.
async fn answered(request: HttpRequest, client: &OwnClient) -> Result<HttpResponse, ErrorCode> {
    let panicked = |panic: String| {
        ErrorCode::internal(format_args!(
            "the host function wasi:http/outgoing-handler#handle panicked: {panic}"
        ))
    };
    let mut answering = guard(|| client(request)).map_err(panicked)?;
    poll_fn(|cx| match guard(|| answering.as_mut().poll(cx)) {
        Ok(polled) => polled,
        Err(panic) => std::task::Poll::Ready(Err(panicked(panic))),
    })
    .await
}
