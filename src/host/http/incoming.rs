//! `wasi:http/types#incoming-request` and `incoming-response`.

use wasmtime::Result;
use wasmtime::component::Resource;

use super::body::IncomingBody;
use super::charge::Charge;
use super::fields::FieldsResource;
use super::interfaces::types::{HostIncomingRequest, HostIncomingResponse, Method, Scheme};
use crate::host::State;
use crate::http::{self, BodyReader, Fields};

/// `wasi:http/types#incoming-request`.
pub struct IncomingRequest {
    method: Method,
    path_with_query: Option<String>,
    scheme: Option<Scheme>,
    authority: Option<String>,
    fields: FieldsResource,
    body: Option<BodyReader>,
}

/// What a server has received of a request.
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
    body: Option<(BodyReader, Option<Charge>)>,
}

impl IncomingResponse {
    pub(super) fn new(
        status: u16,
        fields: FieldsResource,
        body: BodyReader,
        charge: Option<Charge>,
    ) -> IncomingResponse {
        IncomingResponse {
            status,
            fields,
            body: Some((body, charge)),
        }
    }
}

impl State {
    /// A request for the guest's `incoming-handler`.
    ///
    /// # Errors
    /// When the call's bounds are reached.
    pub fn incoming_request(
        &mut self,
        request: ReceivedRequest,
    ) -> Result<Resource<IncomingRequest>> {
        let fields = FieldsResource::received(request.fields, &self.context.http.account)?;
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

impl HostIncomingRequest for State {
    fn method(&mut self, request: Resource<IncomingRequest>) -> Result<Method> {
        Ok(self.table.get(&request)?.method.clone())
    }

    fn path_with_query(&mut self, request: Resource<IncomingRequest>) -> Result<Option<String>> {
        Ok(self.table.get(&request)?.path_with_query.clone())
    }

    fn scheme(&mut self, request: Resource<IncomingRequest>) -> Result<Option<Scheme>> {
        Ok(self.table.get(&request)?.scheme.clone())
    }

    fn authority(&mut self, request: Resource<IncomingRequest>) -> Result<Option<String>> {
        Ok(self.table.get(&request)?.authority.clone())
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

impl HostIncomingResponse for State {
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
            Some((body, charge)) => Ok(Ok(self.table.push(IncomingBody::new(body, charge))?)),
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
