//! `wasi:http/types#future-trailers`.

use wasmtime::Result;
use wasmtime::component::Resource;

use super::charge::Charge;
use super::fields::FieldsResource;
use super::interfaces::types::{ErrorCode, HostFutureTrailers};
use crate::host::State;
use crate::host::pollable::Pollable;
use crate::http::BodyReader;

/// `wasi:http/types#future-trailers`: what follows a body whose rest is thrown away.
pub struct FutureTrailers {
    reader: BodyReader,
    taken: bool,
    _charge: Option<Charge>,
}

impl FutureTrailers {
    /// The trailers of a body that is discarded.
    pub fn new(reader: BodyReader, charge: Option<Charge>) -> FutureTrailers {
        FutureTrailers {
            reader,
            taken: false,
            _charge: charge,
        }
    }
}

type Trailers = Result<Option<Resource<FieldsResource>>, ErrorCode>;

impl HostFutureTrailers for State {
    fn subscribe(&mut self, future: Resource<FutureTrailers>) -> Result<Resource<Pollable>> {
        let signal = self.table.get(&future)?.reader.signal().clone();
        self.table.push_child(Pollable::Signal(signal), &future)
    }

    async fn get(
        &mut self,
        future: Resource<FutureTrailers>,
    ) -> Result<Option<Result<Trailers, ()>>> {
        self.breathe().await?;
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
                let fields = FieldsResource::received(fields, &self.context.http.account)?;
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
