//! `wasi:cli/environment`.

use wasmtime::Result;

use super::interfaces::environment::Host;
use crate::host::State;

impl Host for State {
    fn get_environment(&mut self) -> Result<Vec<(String, String)>> {
        Ok(self.context.env.to_vec())
    }

    fn get_arguments(&mut self) -> Result<Vec<String>> {
        Ok(self.context.args.to_vec())
    }

    fn initial_cwd(&mut self) -> Result<Option<String>> {
        Ok(Some(self.context.cwd.to_string()))
    }
}
