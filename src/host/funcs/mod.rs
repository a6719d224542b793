//! `wippy:runtime/funcs`: calls of other functions of the project.

mod state;

/// The generated interface.
#[allow(missing_docs)]
pub mod bindings;

use wasmtime::Result;

use super::package::{PackageTable, interface};
use crate::activity::Wait;
pub use bindings::wippy::runtime as interfaces;
pub use state::{EntryCaller, FuncsState, FuncsView, Payload};

use interfaces::funcs;

/// What the linker and the `imports` list know of the package.
pub(super) const PACKAGE: PackageTable = PackageTable {
    name: "wippy:runtime",
    alias: Some("funcs"),
    version: "0.1.0",
    interfaces: &[interface!(FuncsState, "funcs", interfaces::funcs)],
    preview1: false,
    wit: None,
};

/// The bytes that a call of another function costs: it makes an instance.
const CALL_BYTES: usize = 16 * 1024;

impl funcs::Host for FuncsView<'_> {
    async fn call_string(
        &mut self,
        target: String,
        input: String,
    ) -> Result<Result<String, String>> {
        let output = self.call_entry(&target, Payload::Text(input)).await?;
        Ok(output.and_then(Payload::into_text))
    }

    async fn call_bytes(
        &mut self,
        target: String,
        input: Vec<u8>,
    ) -> Result<Result<Vec<u8>, String>> {
        let output = self.call_entry(&target, Payload::Bytes(input)).await?;
        Ok(output.map(Payload::into_bytes))
    }
}

impl FuncsView<'_> {
    /// Calls another function and waits for its result. While it runs, this guest's own deadline goes
    /// on; where the guest is dropped, the call is too.
    async fn call_entry(
        &mut self,
        target: &str,
        input: Payload,
    ) -> Result<Result<Payload, String>> {
        self.consume_budget().await?;
        self.spend(CALL_BYTES.saturating_add(input.len()));
        let Some(caller) = &self.state.caller else {
            return Ok(Err(
                "there is no project whose functions could be called".to_owned()
            ));
        };
        let called = match caller.call(target, input, self.call.deadline) {
            Ok(called) => called,
            Err(refused) => return Ok(Err(refused)),
        };
        let output = self.call.parked(Wait::Call, called).await?;
        self.reset_budget();
        Ok(output)
    }
}
