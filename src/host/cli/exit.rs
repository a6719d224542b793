//! `wasi:cli/exit`: ends the call.

use wasmtime::Result;

use super::interfaces::exit::Host;
use crate::host::{Exit, State};

impl Host for State {
    fn exit(&mut self, status: Result<(), ()>) -> Result<()> {
        Err(Exit(u8::from(status.is_err())).into())
    }

    fn exit_with_code(&mut self, status: u8) -> Result<()> {
        Err(Exit(status).into())
    }
}
