//! `wasi:cli/terminal-*`: which of the standard streams are terminals.

use wasmtime::Result;
use wasmtime::component::Resource;

use super::CliView;
use super::interfaces::{
    terminal_input, terminal_output, terminal_stderr, terminal_stdin, terminal_stdout,
};
use crate::host::table::HostResource;

/// `wasi:cli/terminal-input#terminal-input`: says that standard input is a terminal.
pub struct TerminalInput;

impl HostResource for TerminalInput {
    const NAME: &'static str = "terminal-input";
}

/// `wasi:cli/terminal-output#terminal-output`: says that an output is a terminal.
pub struct TerminalOutput;

impl HostResource for TerminalOutput {
    const NAME: &'static str = "terminal-output";
}

impl terminal_input::Host for CliView<'_> {}

impl terminal_input::HostTerminalInput for CliView<'_> {
    fn drop(&mut self, terminal: Resource<TerminalInput>) -> Result<()> {
        self.table.delete(terminal)?;
        Ok(())
    }
}

impl terminal_output::Host for CliView<'_> {}

impl terminal_output::HostTerminalOutput for CliView<'_> {
    fn drop(&mut self, terminal: Resource<TerminalOutput>) -> Result<()> {
        self.table.delete(terminal)?;
        Ok(())
    }
}

impl terminal_stdin::Host for CliView<'_> {
    fn get_terminal_stdin(&mut self) -> Result<Option<Resource<TerminalInput>>> {
        match self.state.stdio.stdin_is_terminal() {
            true => self.table.push(TerminalInput).map(Some),
            false => Ok(None),
        }
    }
}

impl terminal_stdout::Host for CliView<'_> {
    fn get_terminal_stdout(&mut self) -> Result<Option<Resource<TerminalOutput>>> {
        match self.state.stdio.stdout_is_terminal() {
            true => self.table.push(TerminalOutput).map(Some),
            false => Ok(None),
        }
    }
}

impl terminal_stderr::Host for CliView<'_> {
    fn get_terminal_stderr(&mut self) -> Result<Option<Resource<TerminalOutput>>> {
        match self.state.stdio.stderr_is_terminal() {
            true => self.table.push(TerminalOutput).map(Some),
            false => Ok(None),
        }
    }
}
