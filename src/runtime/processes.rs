//! Commands, processes and services: functions that have standard streams and end with a status.

use std::sync::Arc;

use super::Runtime;
use super::arguments::Arguments;
use super::error::{CallError, CallErrorKind};
use super::options::CallOptions;
use crate::host::Exit;
use crate::host::stdio::Stdio;
use crate::id::Id;
use crate::registry::{Entry, ProcessService};
use crate::status::Status;

impl Runtime {
    /// Runs a command by its name with the words of a command line. `docs/errors.md` says what its
    /// result becomes as an exit status.
    ///
    /// # Errors
    /// As [`Runtime::call`], except that the guest's own exit is a status.
    pub async fn run(
        &self,
        command: &str,
        stdio: Stdio,
        words: &[String],
    ) -> Result<Status, CallError> {
        let entry = self
            .registry()
            .command(command)
            .map_err(|error| CallErrorKind::from(error).of(command))?;
        let options = CallOptions::new().stdio(stdio);
        self.run_process(entry, command, options, Input::Words(words))
            .await
    }

    /// The same for any process, by its ID or by its bare name where that is unambiguous.
    ///
    /// # Errors
    /// As [`Runtime::run`]; `NotAProcess` for what is none.
    pub async fn execute(
        &self,
        name: &str,
        stdio: Stdio,
        words: &[String],
    ) -> Result<Status, CallError> {
        let (entry, name) = self.process(name)?;
        let options = CallOptions::new().stdio(stdio);
        self.run_process(entry, name, options, Input::Words(words))
            .await
    }

    /// The same with options of the caller's, and with values instead of words where there are some.
    ///
    /// # Errors
    /// As [`Runtime::execute`].
    pub(crate) async fn execute_with(
        &self,
        name: &str,
        options: CallOptions,
        words: &[String],
        values: &[serde_json::Value],
    ) -> Result<Status, CallError> {
        let (entry, name) = self.process(name)?;
        let input = match values {
            [] => Input::Words(words),
            values => Input::Values(values),
        };
        self.run_process(entry, name, options, input).await
    }

    /// A process by its ID or bare name, and the name that it has as its first argument.
    ///
    /// # Errors
    /// `Lookup`, `NotAProcess`.
    fn process(&self, name: &str) -> Result<(&Arc<Entry>, &str), CallError> {
        let entry = self
            .registry()
            .resolve(name)
            .map_err(|error| CallErrorKind::from(error).of(name))?;
        let Some(process) = entry.process() else {
            return Err(CallErrorKind::NotAProcess(entry.kind_name().to_owned()).of(&entry.id));
        };
        Ok(match &process.command {
            Some(command) => (entry, &command.name),
            None => (entry, &entry.id.name),
        })
    }

    /// Runs a service's process once, with the service's input. Without standard streams its output
    /// becomes log lines of the service's `name`, and it may run on another thread.
    ///
    /// # Errors
    /// As [`Runtime::run`].
    pub async fn run_service(
        &self,
        process: &Arc<Entry>,
        service: &ProcessService,
        name: &Id,
        stdio: Option<Stdio>,
    ) -> Result<Status, CallError> {
        let input = service.input.iter().map(serde_json::to_value);
        // Nodes are made of what JSON knows.
        let input: Vec<_> = input.map(Result::unwrap_or_default).collect();
        let options = CallOptions {
            stdio,
            logged_as: Some(name.to_string().into()),
            ..CallOptions::new()
        };
        self.run_process(process, &process.id.name, options, Input::Values(&input))
            .await
    }

    async fn run_process(
        &self,
        entry: &Arc<Entry>,
        name: &str,
        options: CallOptions,
        input: Input<'_>,
    ) -> Result<Status, CallError> {
        let run = |options| self.run_visibly(entry, name, options, input);
        match self.visible(entry, options, run).await {
            Ok(value) => Ok(Status::of_value(value)),
            Err(CallErrorKind::Exit(Exit(status))) => Ok(Status::exit(status)),
            Err(problem) => Err(problem.of(&entry.id)),
        }
    }

    /// The same for a call that can be seen already.
    async fn run_visibly(
        &self,
        entry: &Arc<Entry>,
        name: &str,
        options: CallOptions,
        input: Input<'_>,
    ) -> Result<serde_json::Value, CallErrorKind> {
        let function = self.function_for(entry, &options).await?;
        let mut argv = vec![name.to_owned()];
        let arguments = match function.linked.method.is_run() {
            true => {
                argv.extend(input.words());
                Arguments::Text(&[])
            }
            false => input.arguments(),
        };
        let options = CallOptions { argv, ..options };
        self.call_visibly(entry, options, arguments).await
    }
}

/// What a process is given.
enum Input<'a> {
    /// Of a command line.
    Words(&'a [String]),
    /// Of a service's `input`.
    Values(&'a [serde_json::Value]),
}

impl<'a> Input<'a> {
    fn words(&self) -> Vec<String> {
        match self {
            Input::Words(words) => words.to_vec(),
            Input::Values(values) => values.iter().map(text_of).collect(),
        }
    }

    fn arguments(&self) -> Arguments<'a> {
        match self {
            Input::Words(words) => Arguments::Text(words),
            Input::Values(values) => Arguments::Json(values),
        }
    }
}

/// A string as it is, anything else as JSON.
fn text_of(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}
