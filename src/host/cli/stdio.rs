//! `wasi:cli/stdin`, `stdout` and `stderr`.

use wasmtime::Result;
use wasmtime::component::Resource;

use super::interfaces::{stderr, stdin, stdout};
use crate::host::State;
use crate::host::io::{InputStream, OutputStream};

impl stdin::Host for State {
    fn get_stdin(&mut self) -> Result<Resource<InputStream>> {
        let stream = InputStream::new(self.context.stdio.stdin.clone());
        self.table.push(stream)
    }
}

impl stdout::Host for State {
    fn get_stdout(&mut self) -> Result<Resource<OutputStream>> {
        let stream = OutputStream::new(self.context.stdio.stdout.clone());
        self.table.push(stream)
    }
}

impl stderr::Host for State {
    fn get_stderr(&mut self) -> Result<Resource<OutputStream>> {
        let stream = OutputStream::new(self.context.stdio.stderr.clone());
        self.table.push(stream)
    }
}
