//! `wasi:cli/stdin`, `stdout` and `stderr`.

use wasmtime::Result;
use wasmtime::component::Resource;

use super::CliView;
use super::interfaces::{stderr, stdin, stdout};
use crate::host::io::{InputStream, OutputStream};

impl stdin::Host for CliView<'_> {
    fn get_stdin(&mut self) -> Result<Resource<InputStream>> {
        let stream = InputStream::new(self.state.stdio.stdin.clone());
        self.table.push(stream)
    }
}

impl stdout::Host for CliView<'_> {
    fn get_stdout(&mut self) -> Result<Resource<OutputStream>> {
        let stream = OutputStream::new(self.state.stdio.stdout.clone());
        self.table.push(stream)
    }
}

impl stderr::Host for CliView<'_> {
    fn get_stderr(&mut self) -> Result<Resource<OutputStream>> {
        let stream = OutputStream::new(self.state.stdio.stderr.clone());
        self.table.push(stream)
    }
}
