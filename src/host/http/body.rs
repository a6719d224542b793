//! `wasi:http/types#incoming-body` and `outgoing-body`.

use wasmtime::Result;
use wasmtime::component::Resource;

use super::HttpView;
use super::fields::FieldsResource;
use super::interfaces::types::{ErrorCode, HostIncomingBody, HostOutgoingBody};
use super::memory;
use super::trailers::{FutureTrailers, is_head_only};
use crate::host::io::{InputSource, InputStream, OutputStream, Sink};
use crate::host::table::HostResource;
use crate::http::{self, BodyReader, BodyWriter, Fields, content_length};
use crate::quota::QuotaPermit;

/// How much of a body that a guest writes is kept, in bytes: what one `check-write` permits.
const OUTGOING_KEPT: usize = 64 * 1024;

/// `wasi:http/types#incoming-body`.
pub struct IncomingBody {
    reader: BodyReader,
    permit: Option<QuotaPermit>,
    streamed: bool,
}

impl HostResource for IncomingBody {
    const NAME: &'static str = "incoming-body";
}

impl IncomingBody {
    /// A body that comes from a peer.
    pub fn new(reader: BodyReader, permit: Option<QuotaPermit>) -> IncomingBody {
        IncomingBody {
            reader,
            permit,
            streamed: false,
        }
    }
}

/// `wasi:http/types#outgoing-body`. Dropped without `finish`, the body has failed.
pub struct OutgoingBody {
    writer: BodyWriter,
    streamed: bool,
    /// Its length is declared. HTTP/1.1 has trailers only after a chunked body.
    declared: bool,
}

impl HostResource for OutgoingBody {
    const NAME: &'static str = "outgoing-body";
}

impl HttpView<'_> {
    /// Both ends of the body of a message with these fields, and the permit for the memory of what is
    /// written and not read yet. `None` where their `content-length` is invalid.
    pub(super) fn outgoing_body(
        &self,
        fields: &Fields,
    ) -> Result<Option<(OutgoingBody, BodyReader, QuotaPermit)>> {
        let Ok(declared) = content_length(fields) else {
            return Ok(None);
        };
        let permit = memory::acquire(&self.state.quota, OUTGOING_KEPT)?;
        let (writer, reader) = http::body(&self.handle, OUTGOING_KEPT, declared)?;
        reader.hold();
        let body = OutgoingBody {
            writer,
            streamed: false,
            declared: declared.is_some(),
        };
        Ok(Some((body, reader, permit)))
    }
}

impl HostIncomingBody for HttpView<'_> {
    fn stream(
        &mut self,
        body: Resource<IncomingBody>,
    ) -> Result<Result<Resource<InputStream>, ()>> {
        let incoming = self.table.get_mut(&body)?;
        if std::mem::replace(&mut incoming.streamed, true) {
            return Ok(Err(()));
        }
        let stream = InputStream::new(InputSource::Body(incoming.reader.source()));
        Ok(Ok(self.table.push_child(stream, &body)?))
    }

    fn finish(&mut self, body: Resource<IncomingBody>) -> Result<Resource<FutureTrailers>> {
        let body = self.table.delete(body)?;
        body.reader.discard();
        self.table
            .push(FutureTrailers::new(body.reader, body.permit))
    }

    fn drop(&mut self, body: Resource<IncomingBody>) -> Result<()> {
        self.table.delete(body)?;
        Ok(())
    }
}

impl HostOutgoingBody for HttpView<'_> {
    fn write(
        &mut self,
        body: Resource<OutgoingBody>,
    ) -> Result<Result<Resource<OutputStream>, ()>> {
        let outgoing = self.table.get_mut(&body)?;
        if std::mem::replace(&mut outgoing.streamed, true) {
            return Ok(Err(()));
        }
        let stream = OutputStream::new(Sink::Body(outgoing.writer.sink()));
        Ok(Ok(self.table.push_child(stream, &body)?))
    }

    /// Ends the body. Trailers that belong to a head are refused with `HTTP-protocol-error`, the
    /// interface having no code of its own for them; the body has failed then.
    fn finish(
        &mut self,
        body: Resource<OutgoingBody>,
        trailers: Option<Resource<FieldsResource>>,
    ) -> Result<Result<(), ErrorCode>> {
        let body = self.table.delete(body)?;
        let trailers = match trailers {
            Some(trailers) => Some(self.table.delete(trailers)?.into_fields()),
            None => None,
        };
        let trailers = trailers.filter(|trailers| !trailers.is_empty());
        self.spend(trailers.as_ref().map_or(0, Fields::bytes));
        let misplaced = |(name, _): (&str, _)| is_head_only(name);
        if trailers.iter().flat_map(Fields::iter).any(misplaced) {
            let code = http::ErrorCode::HttpProtocolError;
            body.writer.fail(code.clone());
            return Ok(Err(code.into()));
        }
        if trailers.is_some() && body.declared {
            let text = "trailers cannot follow a body whose length is declared";
            let code = http::ErrorCode::internal(text);
            body.writer.fail(code.clone());
            return Ok(Err(code.into()));
        }
        Ok(body.writer.finish(trailers).map_err(Into::into))
    }

    fn drop(&mut self, body: Resource<OutgoingBody>) -> Result<()> {
        self.table.delete(body)?;
        Ok(())
    }
}
