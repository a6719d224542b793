//! `wasi:http/outgoing-handler` and `wasi:http/types#future-incoming-response`.

use wasmtime::Result;
use wasmtime::component::Resource;
use wippy_dispatcher::Flow;

use super::fields::FieldsResource;
use super::incoming::IncomingResponse;
use super::interfaces::outgoing_handler;
use super::interfaces::types::{self, ErrorCode, HostFutureIncomingResponse, Method, Scheme};
use super::memory;
use super::options::RequestOptions;
use super::outgoing::OutgoingRequest;
use super::{HttpAccess, HttpView};
use crate::activity::WaitKind;
use crate::host::io::IoError;
use crate::host::pollable::Pollable;
use crate::host::table::HostResource;
use crate::http::{self, HttpOrigin, Reply, Request, RequestHead, content_length};
use crate::quota::QuotaPermit;

/// The longest path with a query that is sent, in bytes.
const PATH_MAX: usize = 16 * 1024;
/// How many bytes a response counts while it arrives: what is kept of its body.
const RESPONSE_CHARGE: usize = 256 * 1024;
/// How many bytes a request that is not sent yet counts beside its texts, fields and body: its task,
/// and what its connection keeps of it.
const REQUEST_CHARGE: usize = 64 * 1024;

/// `wasi:http/types#future-incoming-response`. Dropped before the response was taken, the answer is
/// given up: the connection is closed as soon as the request is sent.
///
/// The interface says nothing of requests that are not sent by then, and other hosts abort them.
/// Here they still go out, bodiless ones and those whose bodies are finished, since the guest may
/// take what it has finished for delivered; the end of the call waits for that, `limits.delivery_ms`
/// at most and as long as the request's own timeouts let it. A request whose body is unfinished ends
/// at once, as does everything when the call itself is ended from outside.
pub struct FutureIncomingResponse {
    /// `None` once the response was taken.
    reply: Option<Reply>,
    answered: wippy_dispatcher::Event,
    permit: Option<QuotaPermit>,
}

impl HostResource for FutureIncomingResponse {
    const NAME: &'static str = "future-incoming-response";
}

#[cfg(test)]
impl FutureIncomingResponse {
    /// One whose response was taken already.
    pub(crate) fn taken(handle: &wippy_dispatcher::Handle) -> FutureIncomingResponse {
        FutureIncomingResponse {
            reply: None,
            answered: wippy_dispatcher::Event::new(handle).expect("room"),
            permit: None,
        }
    }
}

impl outgoing_handler::Host for HttpView<'_> {
    fn handle(
        &mut self,
        request: Resource<OutgoingRequest>,
        options: Option<Resource<RequestOptions>>,
    ) -> Result<Result<Resource<FutureIncomingResponse>, ErrorCode>> {
        self.handle_with(request, options, |view, request| {
            view.state.client.send(request)
        })
    }
}

/// What `handle` returns to a guest.
pub(super) type Handled = Result<Resource<FutureIncomingResponse>, ErrorCode>;

impl HttpView<'_> {
    /// Hands a request over to whatever `send` sends it with.
    ///
    /// # Errors
    /// At the call's bound on resources; the guest traps.
    pub(super) fn handle_with(
        &mut self,
        request: Resource<OutgoingRequest>,
        options: Option<Resource<RequestOptions>>,
        send: impl FnOnce(&Self, Request) -> Result<Reply, http::ErrorCode>,
    ) -> Result<Handled> {
        let request = self.table.delete(request)?;
        self.spend(request.fields.get().bytes());
        let options = match options {
            Some(options) => self.table.delete(options)?,
            None => RequestOptions::default(),
        };
        match self.start(request, options, send) {
            Ok(future) => Ok(Ok(self.table.push(future)?)),
            Err(code) => Ok(Err(code.into())),
        }
    }

    fn start(
        &mut self,
        request: OutgoingRequest,
        options: RequestOptions,
        send: impl FnOnce(&Self, Request) -> Result<Reply, http::ErrorCode>,
    ) -> Result<FutureIncomingResponse, http::ErrorCode> {
        let (mut request, held) = prepare(request, options, (&*self.state, self.flow))?;
        let HttpOrigin { secure, host, port } = &request.target;
        if !self.network.fetches(*secure, host, *port) {
            return Err(http::ErrorCode::HttpRequestDenied);
        }
        let access = &*self.state;
        let permit = |bytes| {
            let permit = memory::acquire(&access.quota, bytes);
            permit.map_err(|_| http::ErrorCode::ConnectionLimitReached)
        };
        let held = (held, permit(REQUEST_CHARGE)?);
        let permit = permit(RESPONSE_CHARGE)?;
        request.delivery = Some(self.deliveries().begin(held)?);
        let reply = send(self, request)?;
        Ok(FutureIncomingResponse {
            answered: reply.answered().clone(),
            reply: Some(reply),
            permit: Some(permit),
        })
    }
}

/// What a request is charged with until it is sent: its texts, its fields, its body.
type Held = (QuotaPermit, QuotaPermit, Option<QuotaPermit>);

/// What is sent.
///
/// # Errors
/// The codes of what cannot be; `HTTP-request-body-size` for a `content-length` that is none.
fn prepare(
    request: OutgoingRequest,
    options: RequestOptions,
    (access, flow): (&HttpAccess, Flow),
) -> Result<(Request, Held), http::ErrorCode> {
    let secure = match request.scheme {
        Some(Scheme::Http) => false,
        Some(Scheme::Https) | None => true,
        Some(Scheme::Other(_)) => return Err(http::ErrorCode::HttpProtocolError),
    };
    let authority = request
        .authority
        .ok_or(http::ErrorCode::HttpRequestUriInvalid)?;
    let target = HttpOrigin::parse(secure, &authority)?;
    let path = request.path_with_query.unwrap_or_default();
    let path = match path.as_str() {
        "" => "/".to_owned(),
        query if query.starts_with('?') => format!("/{query}"),
        _ => path,
    };
    if path.len() > PATH_MAX {
        return Err(http::ErrorCode::HttpRequestUriTooLong);
    }
    if path == "*" && !matches!(request.method, Method::Options) {
        return Err(http::ErrorCode::HttpRequestUriInvalid);
    }
    let (fields, fields_permit) = request.fields.into_parts();
    if content_length(&fields).is_err() {
        return Err(http::ErrorCode::HttpRequestBodySize(None));
    }
    let (body, body_permit) = request.body.into_parts().unzip();
    let held = (request.texts, fields_permit, body_permit);
    let request = Request {
        target,
        authority,
        head: RequestHead {
            method: method(request.method)?,
            target: path,
            minor: 1,
            fields,
        },
        body,
        timeouts: options.timeouts(),
        roots: access.roots.clone(),
        flow,
        delivery: None,
    };
    Ok((request, held))
}

fn method(method: Method) -> Result<http::Method, http::ErrorCode> {
    Ok(match method {
        Method::Get => http::Method::Get,
        Method::Head => http::Method::Head,
        Method::Post => http::Method::Post,
        Method::Put => http::Method::Put,
        Method::Delete => http::Method::Delete,
        // A tunnel is not what an exchange gives.
        Method::Connect => return Err(http::ErrorCode::HttpRequestMethodInvalid),
        Method::Options => http::Method::Options,
        Method::Trace => http::Method::Trace,
        Method::Patch => http::Method::Patch,
        Method::Other(name) => http::Method::Other(name),
    })
}

type Answered = Result<Resource<IncomingResponse>, ErrorCode>;

impl HostFutureIncomingResponse for HttpView<'_> {
    fn subscribe(
        &mut self,
        future: Resource<FutureIncomingResponse>,
    ) -> Result<Resource<Pollable>> {
        let answered = self.table.get(&future)?.answered.clone();
        self.table
            .push_child(Pollable::Event(answered, WaitKind::HttpResponse), &future)
    }

    async fn get(
        &mut self,
        future: Resource<FutureIncomingResponse>,
    ) -> Result<Option<Result<Answered, ()>>> {
        self.consume_budget().await?;
        let waiting = self.table.get_mut(&future)?;
        let Some(reply) = &waiting.reply else {
            return Ok(Some(Err(())));
        };
        let Some(answer) = reply.take() else {
            return Ok(None);
        };
        waiting.reply = None;
        let permit = waiting.permit.take();
        let response = match answer {
            Ok(response) => response,
            Err(code) => return Ok(Some(Ok(Err(code.into())))),
        };
        let Some(body) = response.body else {
            let code = http::ErrorCode::internal("a response without a body");
            return Ok(Some(Ok(Err(code.into()))));
        };
        let fields = FieldsResource::received(response.fields, &self.state.quota)?;
        let response = IncomingResponse::new(response.status, fields, body, permit);
        Ok(Some(Ok(Ok(self.table.push(response)?))))
    }

    fn drop(&mut self, future: Resource<FutureIncomingResponse>) -> Result<()> {
        self.table.delete(future)?;
        Ok(())
    }
}

impl types::Host for HttpView<'_> {
    fn http_error_code(&mut self, error: Resource<IoError>) -> Result<Option<ErrorCode>> {
        self.http_error_code_of(&error)
    }
}

#[cfg(test)]
mod tests {
    use wippy_dispatcher::Dispatcher;

    use super::types::{HostFields, HostOutgoingRequest};
    use super::*;
    use crate::host::State;
    use crate::host::state::tests::{http_view, state};

    fn hand_over(state: &mut State) -> Result<Resource<FutureIncomingResponse>, ErrorCode> {
        let fields = HostFields::new(&mut http_view(state)).expect("room");
        let request = HostOutgoingRequest::new(&mut http_view(state), fields).expect("room");
        let again = || Resource::<OutgoingRequest>::new_own(request.rep());
        HostOutgoingRequest::set_scheme(&mut http_view(state), again(), Some(Scheme::Http))
            .expect("room")
            .expect("a scheme");
        HostOutgoingRequest::set_authority(
            &mut http_view(state),
            again(),
            Some("example.test".into()),
        )
        .expect("room")
        .expect("an authority");
        outgoing_handler::Host::handle(&mut http_view(state), request, None).expect("a request")
    }

    /// A guest that hands over and drops in a loop fills no memory: there is a bound, with a name.
    /// Nobody looks at the requests meanwhile.
    #[test]
    fn requests_that_are_not_sent_yet_are_bounded() {
        for keeps in [false, true] {
            let dispatcher = Dispatcher::new().expect("a dispatcher");
            let mut state = state(&dispatcher);
            let refused = (0..10_000).find_map(|_| match hand_over(&mut state) {
                Ok(future) if keeps => {
                    state.call.table.get(&future).expect("it lives");
                    None
                }
                Ok(future) => {
                    HostFutureIncomingResponse::drop(&mut http_view(&mut state), future)
                        .expect("its owner");
                    None
                }
                Err(code) => Some(code),
            });
            assert!(matches!(refused, Some(ErrorCode::ConnectionLimitReached)));
        }
    }
}
