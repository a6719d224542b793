//! `wasi:cli/terminal-*`: which of the standard streams are terminals.

use wasmtime::Result;
use wasmtime::component::Resource;

use super::interfaces::{
    terminal_input, terminal_output, terminal_stderr, terminal_stdin, terminal_stdout,
};
use crate::host::State;
use crate::host::table::Kind;

/// `wasi:cli/terminal-input#terminal-input`: says that standard input is a terminal.
pub struct TerminalInput;

impl Kind for TerminalInput {
    const NAME: &'static str = "terminal-input";
}

/// `wasi:cli/terminal-output#terminal-output`: says that an output is a terminal.
pub struct TerminalOutput;

impl Kind for TerminalOutput {
    const NAME: &'static str = "terminal-output";
}

impl terminal_input::Host for State {}

impl terminal_input::HostTerminalInput for State {
    fn drop(&mut self, terminal: Resource<TerminalInput>) -> Result<()> {
        self.table.delete(terminal)?;
        Ok(())
    }
}

impl terminal_output::Host for State {}

impl terminal_output::HostTerminalOutput for State {
    fn drop(&mut self, terminal: Resource<TerminalOutput>) -> Result<()> {
        self.table.delete(terminal)?;
        Ok(())
    }
}

impl terminal_stdin::Host for State {
    fn get_terminal_stdin(&mut self) -> Result<Option<Resource<TerminalInput>>> {
        match self.context.stdio.stdin_is_terminal() {
            true => self.table.push(TerminalInput).map(Some),
            false => Ok(None),
        }
    }
}

impl terminal_stdout::Host for State {
    fn get_terminal_stdout(&mut self) -> Result<Option<Resource<TerminalOutput>>> {
        match self.context.stdio.stdout_is_terminal() {
            true => self.table.push(TerminalOutput).map(Some),
            false => Ok(None),
        }
    }
}

impl terminal_stderr::Host for State {
    fn get_terminal_stderr(&mut self) -> Result<Option<Resource<TerminalOutput>>> {
        match self.context.stdio.stderr_is_terminal() {
            true => self.table.push(TerminalOutput).map(Some),
            false => Ok(None),
        }
    }
}
