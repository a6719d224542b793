//! `wasi:http/types#request-options`.

use std::time::Duration;

use wasmtime::Result;
use wasmtime::component::Resource;

use super::HttpView;
use super::interfaces::types::HostRequestOptions;
use crate::host::table::HostResource;
use crate::http::Timeouts;

/// `wasi:http/types#request-options`: timeouts in nanoseconds, where they are set.
#[derive(Clone, Copy, Default)]
pub struct RequestOptions {
    connect: Option<u64>,
    first_byte: Option<u64>,
    between_bytes: Option<u64>,
}

impl HostResource for RequestOptions {
    const NAME: &'static str = "request-options";
}

impl RequestOptions {
    /// With the defaults for what is not set.
    pub fn timeouts(&self) -> Timeouts {
        let default = Timeouts::default();
        let or = |set: Option<u64>, default| set.map_or(default, Duration::from_nanos);
        Timeouts {
            connect: or(self.connect, default.connect),
            first_byte: or(self.first_byte, default.first_byte),
            between_bytes: or(self.between_bytes, default.between_bytes),
        }
    }
}

impl HostRequestOptions for HttpView<'_> {
    fn new(&mut self) -> Result<Resource<RequestOptions>> {
        self.table.push(RequestOptions::default())
    }

    fn connect_timeout(&mut self, options: Resource<RequestOptions>) -> Result<Option<u64>> {
        Ok(self.table.get(&options)?.connect)
    }

    fn set_connect_timeout(
        &mut self,
        options: Resource<RequestOptions>,
        duration: Option<u64>,
    ) -> Result<Result<(), ()>> {
        self.table.get_mut(&options)?.connect = duration;
        Ok(Ok(()))
    }

    fn first_byte_timeout(&mut self, options: Resource<RequestOptions>) -> Result<Option<u64>> {
        Ok(self.table.get(&options)?.first_byte)
    }

    fn set_first_byte_timeout(
        &mut self,
        options: Resource<RequestOptions>,
        duration: Option<u64>,
    ) -> Result<Result<(), ()>> {
        self.table.get_mut(&options)?.first_byte = duration;
        Ok(Ok(()))
    }

    fn between_bytes_timeout(&mut self, options: Resource<RequestOptions>) -> Result<Option<u64>> {
        Ok(self.table.get(&options)?.between_bytes)
    }

    fn set_between_bytes_timeout(
        &mut self,
        options: Resource<RequestOptions>,
        duration: Option<u64>,
    ) -> Result<Result<(), ()>> {
        self.table.get_mut(&options)?.between_bytes = duration;
        Ok(Ok(()))
    }

    fn drop(&mut self, options: Resource<RequestOptions>) -> Result<()> {
        self.table.delete(options)?;
        Ok(())
    }
}
