//! `wasi:http/types#outgoing-request`, `outgoing-response` and `response-outparam`.

use wasmtime::Result;
use wasmtime::component::Resource;

use super::HttpView;
use super::body::OutgoingBody;
use super::fields::FieldsResource;
use super::interfaces::types::{
    ErrorCode, HostOutgoingRequest, HostOutgoingResponse, HostResponseOutparam, Method, Scheme,
};
use super::memory;
use crate::host::table::HostResource;
use crate::http::{self, Answer, BodyReader, Response, is_authority, is_path, is_scheme};
use crate::quota::QuotaPermit;

/// The longest text that a request keeps for its method, path, scheme or authority, in bytes.
const TEXT_MAX: usize = 64 * 1024;

/// `wasi:http/types#outgoing-request`.
pub struct OutgoingRequest {
    pub(super) method: Method,
    pub(super) path_with_query: Option<String>,
    pub(super) scheme: Option<Scheme>,
    pub(super) authority: Option<String>,
    pub(super) fields: FieldsResource,
    pub(super) body: Body,
    /// The memory of its method, path, scheme and authority.
    pub(super) texts: QuotaPermit,
}

impl HostResource for OutgoingRequest {
    const NAME: &'static str = "outgoing-request";
}

impl OutgoingRequest {
    fn text_bytes(&self) -> usize {
        let method = match &self.method {
            Method::Other(name) => name.len(),
            _ => 0,
        };
        let scheme = match &self.scheme {
            Some(Scheme::Other(name)) => name.len(),
            _ => 0,
        };
        let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        method + scheme + length(&self.path_with_query) + length(&self.authority)
    }

    /// Changes one of these texts, and the permit for the memory of all.
    ///
    /// # Errors
    /// At the call's bound on the memory of HTTP resources; the guest traps.
    fn change(&mut self, change: impl FnOnce(&mut OutgoingRequest)) -> Result<()> {
        change(self);
        let bytes = self.text_bytes();
        memory::resize(&mut self.texts, bytes)
    }
}

/// The body of a message that a guest makes.
pub(super) enum Body {
    /// The guest has not asked for it.
    Untouched,
    /// The guest writes it.
    Written(BodyReader, QuotaPermit),
}

impl Body {
    /// What a message that is handed over takes along.
    pub(super) fn into_parts(self) -> Option<(BodyReader, QuotaPermit)> {
        match self {
            Body::Untouched => None,
            Body::Written(reader, permit) => {
                reader.release();
                Some((reader, permit))
            }
        }
    }
}

/// `wasi:http/types#outgoing-response`.
pub struct OutgoingResponse {
    status: u16,
    fields: FieldsResource,
    body: Body,
}

impl HostResource for OutgoingResponse {
    const NAME: &'static str = "outgoing-response";
}

/// `wasi:http/types#response-outparam`: where a guest leaves its response. Dropped without one, the
/// server learns that there is none.
#[derive(Debug)]
pub struct ResponseOutparam(Answer);

impl HostResource for ResponseOutparam {
    const NAME: &'static str = "response-outparam";
}

impl HttpView<'_> {
    /// The place for the response to an incoming request.
    ///
    /// # Errors
    /// At the call's bounds on resources and on the memory of HTTP; the guest traps.
    pub fn response_outparam(&mut self, answer: Answer) -> Result<Resource<ResponseOutparam>> {
        self.table.push(ResponseOutparam(answer))
    }
}

impl HostOutgoingRequest for HttpView<'_> {
    fn new(&mut self, headers: Resource<FieldsResource>) -> Result<Resource<OutgoingRequest>> {
        let texts = memory::acquire(&self.state.quota, 0)?;
        let fields = self.table.delete(headers)?;
        self.table.push(OutgoingRequest {
            method: Method::Get,
            path_with_query: None,
            scheme: None,
            authority: None,
            fields,
            body: Body::Untouched,
            texts,
        })
    }

    fn body(
        &mut self,
        request: Resource<OutgoingRequest>,
    ) -> Result<Result<Resource<OutgoingBody>, ()>> {
        let outgoing = self.table.get(&request)?;
        if matches!(outgoing.body, Body::Written(..)) {
            return Ok(Err(()));
        }
        let Some((body, reader, permit)) = self.outgoing_body(outgoing.fields.get())? else {
            return Ok(Err(()));
        };
        self.table.get_mut(&request)?.body = Body::Written(reader, permit);
        Ok(Ok(self.table.push(body)?))
    }

    fn method(&mut self, request: Resource<OutgoingRequest>) -> Result<Method> {
        let method = self.table.get(&request)?.method.clone();
        if let Method::Other(name) = &method {
            self.spend(name.len());
        }
        Ok(method)
    }

    fn set_method(
        &mut self,
        request: Resource<OutgoingRequest>,
        method: Method,
    ) -> Result<Result<(), ()>> {
        if let Method::Other(name) = &method {
            self.spend(name.len());
        }
        let method = match method {
            Method::Other(name) if name.len() > TEXT_MAX => return Ok(Err(())),
            Method::Other(name) => match http::Method::parse(&name) {
                Some(method) => method.into(),
                None => return Ok(Err(())),
            },
            method => method,
        };
        let outgoing = self.table.get_mut(&request)?;
        outgoing.change(|it| it.method = method)?;
        Ok(Ok(()))
    }

    fn path_with_query(&mut self, request: Resource<OutgoingRequest>) -> Result<Option<String>> {
        let path = self.table.get(&request)?.path_with_query.clone();
        self.spend_text(path.as_deref());
        Ok(path)
    }

    fn set_path_with_query(
        &mut self,
        request: Resource<OutgoingRequest>,
        path: Option<String>,
    ) -> Result<Result<(), ()>> {
        self.spend_text(path.as_deref());
        if !fits(path.as_deref(), is_path) {
            return Ok(Err(()));
        }
        let outgoing = self.table.get_mut(&request)?;
        outgoing.change(|it| it.path_with_query = path)?;
        Ok(Ok(()))
    }

    fn scheme(&mut self, request: Resource<OutgoingRequest>) -> Result<Option<Scheme>> {
        let scheme = self.table.get(&request)?.scheme.clone();
        if let Some(Scheme::Other(name)) = &scheme {
            self.spend(name.len());
        }
        Ok(scheme)
    }

    fn set_scheme(
        &mut self,
        request: Resource<OutgoingRequest>,
        scheme: Option<Scheme>,
    ) -> Result<Result<(), ()>> {
        if let Some(Scheme::Other(name)) = &scheme {
            self.spend(name.len());
            if !fits(Some(name), is_scheme) {
                return Ok(Err(()));
            }
        }
        let outgoing = self.table.get_mut(&request)?;
        outgoing.change(|it| it.scheme = scheme)?;
        Ok(Ok(()))
    }

    fn authority(&mut self, request: Resource<OutgoingRequest>) -> Result<Option<String>> {
        let authority = self.table.get(&request)?.authority.clone();
        self.spend_text(authority.as_deref());
        Ok(authority)
    }

    fn set_authority(
        &mut self,
        request: Resource<OutgoingRequest>,
        authority: Option<String>,
    ) -> Result<Result<(), ()>> {
        self.spend_text(authority.as_deref());
        if !fits(authority.as_deref(), is_authority) {
            return Ok(Err(()));
        }
        let outgoing = self.table.get_mut(&request)?;
        outgoing.change(|it| it.authority = authority)?;
        Ok(Ok(()))
    }

    fn headers(&mut self, request: Resource<OutgoingRequest>) -> Result<Resource<FieldsResource>> {
        let fields = self.table.get(&request)?.fields.share(true)?;
        self.table.push(fields)
    }

    fn drop(&mut self, request: Resource<OutgoingRequest>) -> Result<()> {
        self.table.delete(request)?;
        Ok(())
    }
}

fn fits(text: Option<&str>, is_it: impl Fn(&str) -> bool) -> bool {
    text.is_none_or(|text| text.len() <= TEXT_MAX && is_it(text))
}

impl HostOutgoingResponse for HttpView<'_> {
    fn new(&mut self, headers: Resource<FieldsResource>) -> Result<Resource<OutgoingResponse>> {
        let fields = self.table.delete(headers)?;
        self.table.push(OutgoingResponse {
            status: 200,
            fields,
            body: Body::Untouched,
        })
    }

    fn status_code(&mut self, response: Resource<OutgoingResponse>) -> Result<u16> {
        Ok(self.table.get(&response)?.status)
    }

    fn set_status_code(
        &mut self,
        response: Resource<OutgoingResponse>,
        status: u16,
    ) -> Result<Result<(), ()>> {
        if !(100..=999).contains(&status) {
            return Ok(Err(()));
        }
        self.table.get_mut(&response)?.status = status;
        Ok(Ok(()))
    }

    fn headers(
        &mut self,
        response: Resource<OutgoingResponse>,
    ) -> Result<Resource<FieldsResource>> {
        let fields = self.table.get(&response)?.fields.share(true)?;
        self.table.push(fields)
    }

    fn body(
        &mut self,
        response: Resource<OutgoingResponse>,
    ) -> Result<Result<Resource<OutgoingBody>, ()>> {
        let outgoing = self.table.get(&response)?;
        if matches!(outgoing.body, Body::Written(..)) {
            return Ok(Err(()));
        }
        let Some((body, reader, permit)) = self.outgoing_body(outgoing.fields.get())? else {
            return Ok(Err(()));
        };
        self.table.get_mut(&response)?.body = Body::Written(reader, permit);
        Ok(Ok(self.table.push(body)?))
    }

    fn drop(&mut self, response: Resource<OutgoingResponse>) -> Result<()> {
        self.table.delete(response)?;
        Ok(())
    }
}

impl HostResponseOutparam for HttpView<'_> {
    fn set(
        &mut self,
        param: Resource<ResponseOutparam>,
        response: Result<Resource<OutgoingResponse>, ErrorCode>,
    ) -> Result<()> {
        let answer = self.table.delete(param)?.0;
        answer.send(match response {
            Ok(response) => {
                let response = self.table.delete(response)?;
                Ok(Response {
                    status: response.status,
                    fields: response.fields.into_fields(),
                    body: response.body.into_parts().map(|(reader, _)| reader),
                })
            }
            Err(code) => Err(code.into()),
        });
        Ok(())
    }

    fn drop(&mut self, param: Resource<ResponseOutparam>) -> Result<()> {
        self.table.delete(param)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use wippy_dispatcher::Dispatcher;

    use super::*;
    use crate::host::State;
    use crate::host::http::interfaces::types::{HostFields, HostOutgoingBody};
    use crate::host::io::interfaces::poll::{Host as _, HostPollable};
    use crate::host::io::interfaces::streams::HostOutputStream;
    use crate::host::io::{OutputStream, Sink, StreamError};
    use crate::host::state::tests::{http_view, state};

    /// A request whose body is full, and the stream that filled it.
    fn full(state: &mut State) -> (Resource<OutgoingRequest>, Resource<OutputStream>) {
        let fields = HostFields::new(&mut http_view(state)).expect("room");
        let request = HostOutgoingRequest::new(&mut http_view(state), fields).expect("room");
        let again = Resource::<OutgoingRequest>::new_own(request.rep());
        let body = HostOutgoingRequest::body(&mut http_view(state), again)
            .expect("room")
            .expect("the first time");
        let stream = HostOutgoingBody::write(&mut http_view(state), body)
            .expect("room")
            .expect("the first time");
        let sink = state
            .call
            .table
            .get(&stream)
            .expect("a stream")
            .sink()
            .clone();
        sink.write(&vec![0; 64 * 1024]).expect("room");
        assert_eq!(sink.check_write().expect("open"), 0);
        (request, stream)
    }

    fn says_why(outcome: Result<impl Sized, StreamError>) {
        let Err(StreamError::Failed(error)) = outcome else {
            panic!("it failed in another way, or did not");
        };
        let text = format!("{error:?}");
        assert!(text.contains("hand the message over first"), "{text}");
    }

    /// A simulation ends with an error where nothing could go on.
    #[test]
    fn a_write_to_a_full_body_before_its_request_is_handed_over_says_why_it_fails() {
        let dispatcher = Dispatcher::simulated(1).expect("a dispatcher");
        let mut state = state(&dispatcher);
        let again = |stream: &Resource<OutputStream>| Resource::new_own(stream.rep());

        let (_request, stream) = full(&mut state);
        let written = state.call.blocking_write_and_flush(again(&stream), vec![1]);
        says_why(dispatcher.block_on(written).expect("no deadlock"));

        let (_request, stream) = full(&mut state);
        let zeroes = state
            .call
            .blocking_write_zeroes_and_flush(again(&stream), 1);
        says_why(dispatcher.block_on(zeroes).expect("no deadlock"));

        let (_request, stream) = full(&mut state);
        let pollable = HostOutputStream::subscribe(&mut state.call, again(&stream)).expect("room");
        let blocked = state.call.block(Resource::new_own(pollable.rep()));
        let blocked = dispatcher.block_on(blocked).expect("no deadlock");
        blocked.expect("it becomes ready");
        let permit = dispatcher.block_on(state.call.check_write(again(&stream)));
        says_why(permit.expect("no deadlock"));

        // What else is waited for may come.
        let (_request, stream) = full(&mut state);
        let pollable = HostOutputStream::subscribe(&mut state.call, again(&stream)).expect("room");
        let at = state.call.handle.now().expect("the time") + std::time::Duration::from_millis(1);
        let timer = state
            .call
            .table
            .push(crate::host::pollable::Pollable::Deadline(at));
        let fired = state.call.poll(vec![pollable, timer.expect("room")]);
        let fired = dispatcher.block_on(fired).expect("no deadlock");
        assert_eq!(fired.expect("one"), [1]);
        let permit = dispatcher.block_on(state.call.check_write(again(&stream)));
        assert_eq!(permit.expect("no deadlock").expect("open"), 0);
    }

    /// Whoever takes it from there makes room.
    #[test]
    fn a_full_body_that_was_handed_over_waits_for_its_reader() {
        let dispatcher = Dispatcher::simulated(1).expect("a dispatcher");
        let mut state = state(&dispatcher);
        let (request, stream) = full(&mut state);
        let request = state.call.table.delete(request).expect("a request");
        let (reader, _permit) = request.body.into_parts().expect("a body");
        let reading = dispatcher.spawn(async move {
            reader.read(1).expect("open");
            reader
        });
        let again = Resource::new_own(stream.rep());
        let written = state.call.blocking_write_and_flush(again, vec![1]);
        let written = dispatcher.block_on(written).expect("no deadlock");
        written.expect("room");
        drop(reading.expect("a task"));
    }

    /// Whatever a request keeps is charged as long as it is kept, so that a guest that hoards them
    /// comes to its bound.
    #[test]
    fn a_request_is_charged_with_what_it_keeps() {
        let dispatcher = Dispatcher::simulated(1).expect("a dispatcher");
        let mut state = state(&dispatcher);
        let quota = state.http.quota.clone();
        let fields = HostFields::new(&mut http_view(&mut state)).expect("room");
        let request = HostOutgoingRequest::new(&mut http_view(&mut state), fields).expect("room");
        let again = || Resource::<OutgoingRequest>::new_own(request.rep());
        let empty = quota.used();
        let long = "x".repeat(TEXT_MAX);
        let path = format!("/{}", &long[1..]);
        let method = Method::Other(long.clone());
        let scheme = Some(Scheme::Other(long.clone()));
        HostOutgoingRequest::set_method(&mut http_view(&mut state), again(), method)
            .expect("room")
            .expect("a name");
        HostOutgoingRequest::set_path_with_query(&mut http_view(&mut state), again(), Some(path))
            .expect("room")
            .expect("a path");
        HostOutgoingRequest::set_scheme(&mut http_view(&mut state), again(), scheme)
            .expect("room")
            .expect("a scheme");
        HostOutgoingRequest::set_authority(&mut http_view(&mut state), again(), Some(long))
            .expect("room")
            .expect("an authority");
        assert_eq!(quota.used() - empty, 4 * TEXT_MAX);

        let body = HostOutgoingRequest::body(&mut http_view(&mut state), again())
            .expect("room")
            .expect("the first time");
        let own = Resource::<OutgoingBody>::new_own(body.rep());
        let stream = HostOutgoingBody::write(&mut http_view(&mut state), own)
            .expect("room")
            .expect("the first time");
        let kept = 60_000;
        let sink: &Sink = state.call.table.get(&stream).expect("a stream").sink();
        sink.write(&vec![0; kept]).expect("room");
        state.call.table.delete(stream).expect("a stream");
        HostOutgoingBody::finish(&mut http_view(&mut state), body, None)
            .expect("room")
            .expect("any length");
        // The guest is done with the body, and the request still holds it.
        assert!(quota.used() - empty >= 4 * TEXT_MAX + kept);
        HostOutgoingRequest::drop(&mut http_view(&mut state), request).expect("a request");
        assert_eq!(quota.used(), 0);
    }
}
