//! `wasi:cli/environment`.

use wasmtime::Result;

use super::interfaces::environment::Host;
use crate::host::State;

impl Host for State {
    fn get_environment(&mut self) -> Result<Vec<(String, String)>> {
        let env = self.context.env.clone();
        self.spend(
            env.iter()
                .map(|(name, value)| name.len() + value.len())
                .sum(),
        );
        self.spend_items(env.len());
        Ok(env.to_vec())
    }

    fn get_arguments(&mut self) -> Result<Vec<String>> {
        let args = self.context.args.clone();
        self.spend(args.iter().map(String::len).sum());
        self.spend_items(args.len());
        Ok(args.to_vec())
    }

    fn initial_cwd(&mut self) -> Result<Option<String>> {
        Ok(Some(self.context.cwd.to_string()))
    }
}
