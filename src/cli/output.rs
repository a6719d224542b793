//! Standard output: whatever a command prints goes through here, and bytes that could not be
//! written decide its exit status.

use std::sync::Arc;

use wippy_dispatcher::{Dispatcher, Error, Handle};

use super::exit_status::FAILED;
use super::report;
use crate::host::stdio::{self, OutputLost, Sink, Stdio};

/// What the shell says of a program that SIGPIPE ended: its reader has gone, which is nothing to
/// complain about, but the output is not whole either.
const READER_GONE: u8 = 141;

/// Standard output, written through a dispatcher.
pub(super) struct Output {
    stream: Arc<stdio::Output>,
    /// One of its own, where the command's work has none that can write.
    own: Option<Dispatcher>,
}

impl Output {
    /// On the dispatcher that does the command's work; in a simulation on a live one beside it,
    /// since the simulated world has no descriptors.
    pub(super) fn new(dispatcher: &Dispatcher) -> Result<Output, OutputLost> {
        let handle = dispatcher.handle();
        match handle.is_simulated().map_err(failed)? {
            true => Output::alone(),
            false => Output::on(&handle, None),
        }
    }

    /// With a dispatcher of its own.
    fn alone() -> Result<Output, OutputLost> {
        let own = Dispatcher::new().map_err(failed)?;
        Output::on(&own.handle(), Some(own))
    }

    fn on(handle: &Handle, own: Option<Dispatcher>) -> Result<Output, OutputLost> {
        let stream = Arc::new(stdio::Output::inherited(handle).map_err(failed)?);
        Ok(Output { stream, own })
    }

    /// The program's standard streams with this as the output.
    pub(super) fn stdio(&self, handle: &Handle) -> Result<Stdio, Error> {
        Stdio::inherited(handle, self.stream.clone())
    }

    /// Whether an error on standard error would continue a line that a guest has left open there,
    /// or on the same terminal or file.
    pub(super) fn leaves_line_open(&self, stdio: &Stdio) -> bool {
        let Sink::Device(stderr) = &stdio.stderr else {
            return false;
        };
        let is_shared = || {
            self.stream
                .file()
                .is_some_and(|file| Some(file) == stderr.file())
        };
        stderr.is_in_line() || self.stream.is_in_line() && is_shared()
    }

    /// Writes a line once the last one is written.
    pub(super) async fn line(&self, text: &str) -> Result<(), OutputLost> {
        let line = format!("{text}\n");
        match &self.own {
            // Virtual time stands still meanwhile, so nobody waits for this.
            Some(own) => own.block_on(self.write(line.as_bytes())).map_err(failed)?,
            None => self.write(line.as_bytes()).await,
        }
    }

    async fn write(&self, bytes: &[u8]) -> Result<(), OutputLost> {
        // Others may have written when this is woken.
        while self.stream.kept() > 0 {
            let _ = self.stream.delivered().await;
        }
        let _ = self.stream.write(bytes);
        match self.own {
            Some(_) => self.delivered().await,
            None => self.check(),
        }
    }

    /// Waits until all is written.
    pub(super) async fn delivered(&self) -> Result<(), OutputLost> {
        let _ = self.stream.delivered().await;
        self.check()
    }

    /// Why something that was written is lost, as soon as that is known.
    pub(super) async fn until_lost(&self) -> OutputLost {
        loop {
            if let Some(lost) = self.stream.lost() {
                return lost;
            }
            if self.stream.until_lost().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Waits until nobody reads what is written.
    pub(super) async fn until_reader_gone(&self) {
        if self.until_lost().await != OutputLost::ReaderGone {
            std::future::pending::<()>().await;
        }
    }

    /// Whether something that was written is lost.
    ///
    /// # Errors
    /// Why it is.
    pub(super) fn check(&self) -> Result<(), OutputLost> {
        self.stream.lost().map_or(Ok(()), Err)
    }
}

/// Prints all of what a command has to say and ends it: with `code` if that could be written.
pub(super) fn print(text: &str, json: bool, code: u8) -> u8 {
    match write(text) {
        Ok(()) => code,
        Err(lost) => report_lost(&lost, json),
    }
}

fn write(text: &str) -> Result<(), OutputLost> {
    let output = Output::alone()?;
    match &output.own {
        Some(own) => own
            .block_on(output.write(text.as_bytes()))
            .map_err(failed)?,
        None => Ok(()),
    }
}

/// Reports that output is lost; the exit status that this makes. Nothing is reported of a reader that has
/// gone.
pub(super) fn report_lost(lost: &OutputLost, json: bool) -> u8 {
    match lost {
        OutputLost::ReaderGone => READER_GONE,
        OutputLost::Failed(_) => {
            report::message(&format!("standard output: {lost}"), json);
            FAILED
        }
    }
}

fn failed(error: impl ToString) -> OutputLost {
    OutputLost::Failed(error.to_string())
}
