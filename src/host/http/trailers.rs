//! `wasi:http/types#future-trailers`.

use wasmtime::Result;
use wasmtime::component::Resource;

use super::HttpView;
use super::fields::FieldsResource;
use super::interfaces::types::{ErrorCode, HostFutureTrailers};
use crate::activity::WaitKind;
use crate::host::pollable::Pollable;
use crate::host::table::HostResource;
use crate::http::BodyReader;
use crate::quota::QuotaPermit;

/// Fields that say how a message is framed, routed, decoded or answered. After the body they come too
/// late, and a reader that merged them into the head would be misled (RFC 9110, section 6.5.1).
const HEAD_ONLY: [&str; 31] = [
    "accept-encoding",
    "age",
    "authorization",
    "cache-control",
    "content-encoding",
    "content-length",
    "content-range",
    "content-type",
    "cookie",
    "date",
    "expect",
    "expires",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "location",
    "max-forwards",
    "pragma",
    "proxy-authorization",
    "range",
    "retry-after",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "vary",
    "warning",
    "www-authenticate",
];

/// Whether a field of this name may not be a trailer.
pub fn is_head_only(name: &str) -> bool {
    HEAD_ONLY
        .iter()
        .any(|field| field.eq_ignore_ascii_case(name))
}

/// `wasi:http/types#future-trailers`: what follows a body whose rest is thrown away.
pub struct FutureTrailers {
    reader: BodyReader,
    taken: bool,
    _permit: Option<QuotaPermit>,
}

impl HostResource for FutureTrailers {
    const NAME: &'static str = "future-trailers";
}

impl FutureTrailers {
    /// The trailers of a body that is discarded.
    pub fn new(reader: BodyReader, permit: Option<QuotaPermit>) -> FutureTrailers {
        FutureTrailers {
            reader,
            taken: false,
            _permit: permit,
        }
    }
}

type Trailers = Result<Option<Resource<FieldsResource>>, ErrorCode>;

impl HostFutureTrailers for HttpView<'_> {
    fn subscribe(&mut self, future: Resource<FutureTrailers>) -> Result<Resource<Pollable>> {
        let readable = self.table.get(&future)?.reader.readable().clone();
        self.table
            .push_child(Pollable::Event(readable, WaitKind::HttpTrailers), &future)
    }

    async fn get(
        &mut self,
        future: Resource<FutureTrailers>,
    ) -> Result<Option<Result<Trailers, ()>>> {
        self.consume_budget().await?;
        let trailers = self.table.get_mut(&future)?;
        if trailers.taken {
            return Ok(Some(Err(())));
        }
        let Some(end) = trailers.reader.end() else {
            return Ok(None);
        };
        trailers.taken = true;
        let result = match end {
            Err(code) => Err(code.into()),
            Ok(None) => Ok(None),
            Ok(Some(fields)) => {
                let fields = FieldsResource::received(fields, &self.state.quota)?;
                Ok(Some(self.table.push(fields)?))
            }
        };
        Ok(Some(Ok(result)))
    }

    fn drop(&mut self, future: Resource<FutureTrailers>) -> Result<()> {
        self.table.delete(future)?;
        Ok(())
    }
}
