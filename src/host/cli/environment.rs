//! `wasi:cli/environment`.

use wasmtime::Result;

use super::CliView;
use super::interfaces::environment::Host;

impl Host for CliView<'_> {
    fn get_environment(&mut self) -> Result<Vec<(String, String)>> {
        let env = self.state.env.clone();
        self.spend(
            env.iter()
                .map(|(name, value)| name.len() + value.len())
                .sum(),
        );
        self.spend_items(env.len());
        Ok(env.to_vec())
    }

    fn get_arguments(&mut self) -> Result<Vec<String>> {
        let args = self.state.args.clone();
        self.spend(args.iter().map(String::len).sum());
        self.spend_items(args.len());
        Ok(args.to_vec())
    }

    fn initial_cwd(&mut self) -> Result<Option<String>> {
        Ok(Some(self.state.cwd.to_string()))
    }
}
