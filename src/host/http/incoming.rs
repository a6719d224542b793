//! `wasi:http/types#incoming-request` and `incoming-response`.

use wasmtime::Result;
use wasmtime::component::Resource;

use super::HttpView;
use super::body::IncomingBody;
use super::fields::FieldsResource;
use super::interfaces::types::{HostIncomingRequest, HostIncomingResponse, Method, Scheme};
use crate::host::table::HostResource;
use crate::http::{self, BodyReader, Fields};
use crate::quota::QuotaPermit;

/// `wasi:http/types#incoming-request`.
#[derive(Debug)]
pub struct IncomingRequest {
    method: Method,
    path_with_query: Option<String>,
    scheme: Option<Scheme>,
    authority: Option<String>,
    fields: FieldsResource,
    body: Option<BodyReader>,
}

impl HostResource for IncomingRequest {
    const NAME: &'static str = "incoming-request";
}

/// What a server has received of a request.
#[derive(Debug)]
pub struct ReceivedRequest {
    /// The method.
    pub method: http::Method,
    /// The path with its query.
    pub path_with_query: Option<String>,
    /// Whether it came over TLS.
    pub secure: bool,
    /// The server's name as the client knows it.
    pub authority: Option<String>,
    /// The header fields.
    pub fields: Fields,
    /// The body.
    pub body: BodyReader,
}

/// `wasi:http/types#incoming-response`.
pub struct IncomingResponse {
    status: u16,
    fields: FieldsResource,
    body: Option<(BodyReader, Option<QuotaPermit>)>,
}

impl HostResource for IncomingResponse {
    const NAME: &'static str = "incoming-response";
}

impl IncomingResponse {
    /// A response that comes from a peer.
    pub fn new(
        status: u16,
        fields: FieldsResource,
        body: BodyReader,
        permit: Option<QuotaPermit>,
    ) -> IncomingResponse {
        IncomingResponse {
            status,
            fields,
            body: Some((body, permit)),
        }
    }
}

impl HttpView<'_> {
    /// A request for the guest's `incoming-handler`.
    ///
    /// # Errors
    /// At the call's bounds on resources and on the memory of HTTP; the guest traps.
    pub fn incoming_request(
        &mut self,
        request: ReceivedRequest,
    ) -> Result<Resource<IncomingRequest>> {
        let fields = FieldsResource::received(request.fields, &self.state.quota)?;
        let resource = IncomingRequest {
            method: request.method.into(),
            path_with_query: request.path_with_query,
            scheme: Some(match request.secure {
                true => Scheme::Https,
                false => Scheme::Http,
            }),
            authority: request.authority,
            fields,
            body: Some(request.body),
        };
        self.table.push(resource)
    }
}

impl HostIncomingRequest for HttpView<'_> {
    fn method(&mut self, request: Resource<IncomingRequest>) -> Result<Method> {
        let method = self.table.get(&request)?.method.clone();
        if let Method::Other(name) = &method {
            self.spend(name.len());
        }
        Ok(method)
    }

    fn path_with_query(&mut self, request: Resource<IncomingRequest>) -> Result<Option<String>> {
        let path = self.table.get(&request)?.path_with_query.clone();
        self.spend_text(path.as_deref());
        Ok(path)
    }

    fn scheme(&mut self, request: Resource<IncomingRequest>) -> Result<Option<Scheme>> {
        Ok(self.table.get(&request)?.scheme.clone())
    }

    fn authority(&mut self, request: Resource<IncomingRequest>) -> Result<Option<String>> {
        let authority = self.table.get(&request)?.authority.clone();
        self.spend_text(authority.as_deref());
        Ok(authority)
    }

    fn headers(&mut self, request: Resource<IncomingRequest>) -> Result<Resource<FieldsResource>> {
        let fields = self.table.get(&request)?.fields.share(true)?;
        self.table.push(fields)
    }

    fn consume(
        &mut self,
        request: Resource<IncomingRequest>,
    ) -> Result<Result<Resource<IncomingBody>, ()>> {
        match self.table.get_mut(&request)?.body.take() {
            Some(body) => Ok(Ok(self.table.push(IncomingBody::new(body, None))?)),
            None => Ok(Err(())),
        }
    }

    fn drop(&mut self, request: Resource<IncomingRequest>) -> Result<()> {
        self.table.delete(request)?;
        Ok(())
    }
}

impl HostIncomingResponse for HttpView<'_> {
    fn status(&mut self, response: Resource<IncomingResponse>) -> Result<u16> {
        Ok(self.table.get(&response)?.status)
    }

    fn headers(
        &mut self,
        response: Resource<IncomingResponse>,
    ) -> Result<Resource<FieldsResource>> {
        let fields = self.table.get(&response)?.fields.share(true)?;
        self.table.push(fields)
    }

    fn consume(
        &mut self,
        response: Resource<IncomingResponse>,
    ) -> Result<Result<Resource<IncomingBody>, ()>> {
        match self.table.get_mut(&response)?.body.take() {
            Some((body, permit)) => Ok(Ok(self.table.push(IncomingBody::new(body, permit))?)),
            None => Ok(Err(())),
        }
    }

    fn drop(&mut self, response: Resource<IncomingResponse>) -> Result<()> {
        self.table.delete(response)?;
        Ok(())
    }
}

impl From<http::Method> for Method {
    fn from(method: http::Method) -> Method {
        match method {
            http::Method::Get => Method::Get,
            http::Method::Head => Method::Head,
            http::Method::Post => Method::Post,
            http::Method::Put => Method::Put,
            http::Method::Delete => Method::Delete,
            http::Method::Connect => Method::Connect,
            http::Method::Options => Method::Options,
            http::Method::Trace => Method::Trace,
            http::Method::Patch => Method::Patch,
            http::Method::Other(name) => Method::Other(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::http::ResponseOutparam;
    use crate::host::http::interfaces::types::{
        HostFields, HostIncomingBody, HostOutgoingBody, HostOutgoingResponse, HostResponseOutparam,
    };
    use crate::host::state::tests::{http_view, state};
    use crate::http::{Stopped, body, reply};
    use wippy_dispatcher::Dispatcher;

    fn fields(list: &[(&str, &str)]) -> Fields {
        let mut fields = Fields::new();
        for (name, value) in list {
            fields.append(name, value.as_bytes()).expect("valid");
        }
        fields
    }

    /// What a server will do with a guest, without a guest.
    #[test]
    fn a_request_comes_in_and_its_response_goes_out() {
        let dispatcher = Dispatcher::simulated(1).expect("a dispatcher");
        let mut state = state(&dispatcher);
        let (writer, reader) = body(&dispatcher.handle(), 1024, None).expect("a body");
        let request = http_view(&mut state)
            .incoming_request(ReceivedRequest {
                method: http::Method::Put,
                path_with_query: Some("/a?b".into()),
                secure: false,
                authority: Some("example.test".into()),
                fields: fields(&[("Host", "example.test"), ("X-A", "1")]),
                body: reader,
            })
            .expect("room");
        let again = || Resource::<IncomingRequest>::new_own(request.rep());
        let method =
            HostIncomingRequest::method(&mut http_view(&mut state), again()).expect("a request");
        assert!(matches!(method, Method::Put));
        let scheme =
            HostIncomingRequest::scheme(&mut http_view(&mut state), again()).expect("a request");
        assert!(matches!(scheme, Some(Scheme::Http)));
        let authority =
            HostIncomingRequest::authority(&mut http_view(&mut state), again()).expect("a request");
        assert_eq!(authority.as_deref(), Some("example.test"));
        let headers =
            HostIncomingRequest::headers(&mut http_view(&mut state), again()).expect("a request");
        let entries = HostFields::entries(&mut http_view(&mut state), headers).expect("fields");
        // The host is the authority's business.
        assert_eq!(entries, [("X-A".to_owned(), b"1".to_vec())]);
        let incoming = HostIncomingRequest::consume(&mut http_view(&mut state), again())
            .expect("a request")
            .expect("the first time");
        let second =
            HostIncomingRequest::consume(&mut http_view(&mut state), again()).expect("a request");
        assert!(second.is_err());
        let stream = HostIncomingBody::stream(&mut http_view(&mut state), incoming)
            .expect("a body")
            .expect("the first time");
        writer.write(b"hello".to_vec()).expect("room");
        let read = state.call.table.get_mut(&stream).expect("a stream").read(9);
        assert_eq!(read.expect("bytes"), b"hello");

        let (answer, reply) = reply(&dispatcher.handle()).expect("a reply");
        let param = http_view(&mut state)
            .response_outparam(answer)
            .expect("room");
        let headers = FieldsResource::new(fields(&[("x-b", "2")]), &state.http.quota);
        let headers = state.call.table.push(headers.expect("room")).expect("room");
        let response =
            HostOutgoingResponse::new(&mut http_view(&mut state), headers).expect("room");
        let again = || Resource::new_own(response.rep());
        HostOutgoingResponse::set_status_code(&mut http_view(&mut state), again(), 201)
            .expect("a response")
            .expect("a status");
        let outgoing = HostOutgoingResponse::body(&mut http_view(&mut state), again())
            .expect("a response")
            .expect("the first time");
        HostResponseOutparam::set(&mut http_view(&mut state), param, Ok(again()))
            .expect("the first time");
        HostOutgoingBody::finish(&mut http_view(&mut state), outgoing, None)
            .expect("a body")
            .expect("any length");
        let response = reply.take().expect("an answer").expect("a response");
        assert_eq!(response.status, 201);
        assert!(response.fields.has("X-B"));
        let body = response.body.expect("a body");
        assert_eq!(body.read(1), Err(Stopped::Ended));
    }

    /// A guest that ends without an answer, and one whose answer is an error.
    #[test]
    fn no_response_is_an_answer_too() {
        let dispatcher = Dispatcher::simulated(1).expect("a dispatcher");
        let mut state = state(&dispatcher);
        let (answer, waiting) = reply(&dispatcher.handle()).expect("a reply");
        let param = http_view(&mut state)
            .response_outparam(answer)
            .expect("room");
        let denied = http::ErrorCode::HttpRequestDenied;
        HostResponseOutparam::set(
            &mut http_view(&mut state),
            param,
            Err(denied.clone().into()),
        )
        .expect("the first time");
        assert_eq!(waiting.take().expect("an answer").err(), Some(denied));

        let (answer, waiting) = reply(&dispatcher.handle()).expect("a reply");
        let param: Resource<ResponseOutparam> = http_view(&mut state)
            .response_outparam(answer)
            .expect("room");
        HostResponseOutparam::drop(&mut http_view(&mut state), param).expect("a param");
        assert!(matches!(
            waiting.take(),
            Some(Err(http::ErrorCode::InternalError(_)))
        ));
    }
}
