//! `wasi:io/error`.

use wasmtime::Result;
use wasmtime::component::Resource;

use super::interfaces::error::{Host, HostError};
use super::io_error::IoError;
use crate::host::call::Call;

impl Host for Call {}

impl HostError for Call {
    fn to_debug_string(&mut self, error: Resource<IoError>) -> Result<String> {
        let text = self.table.get(&error)?.text.clone();
        self.spend(text.len());
        Ok(text)
    }

    fn drop(&mut self, error: Resource<IoError>) -> Result<()> {
        self.table.delete(error)?;
        Ok(())
    }
}
