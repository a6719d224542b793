//! What a benchmark calls.

use std::fmt;

use serde_json::Value;
use wasmtime::component::Val;

use super::error::BenchmarkError;
use super::failures::Failure;
use crate::host::stdio::Stdio;
use crate::runtime::{
    Arguments, CallError, CallErrorKind, CallOptions, Instance, OwnedArguments, Repeatable,
    Runtime, WithOptions,
};
use crate::status::Status;

/// What a benchmark hands to its entry.
#[derive(Clone, Debug)]
pub(super) enum Input {
    /// Values of a function's parameters.
    Values(OwnedArguments),
    /// The words of a process.
    Words(Vec<String>),
}

/// What a benchmark calls, found and compiled, with converted arguments.
pub(super) struct Callee {
    runtime: Runtime,
    id: String,
    entry: String,
    form: Form,
}

enum Form {
    Function(Vec<Val>),
    Process(Vec<String>),
    Live {
        method: String,
        values: Vec<Val>,
        returns_result: bool,
    },
}

impl Callee {
    /// Finds the entry, compiles its module and converts the arguments.
    ///
    /// # Errors
    /// `FirstCall` for what a call would fail with before its guest runs; `Unfit` where the entry is of a
    /// kind that is not called so.
    pub(super) async fn new(
        runtime: &Runtime,
        entry: &str,
        input: &Input,
        is_live: bool,
    ) -> Result<Callee, BenchmarkError> {
        let (arguments, words) = match input {
            Input::Values(values) => (values.as_arguments(), None),
            Input::Words(words) => (Arguments::Json(&[]), Some(words.clone())),
        };
        let Repeatable {
            method,
            is_run,
            returns_result,
            values,
        } = runtime.repeatable(entry, arguments).await?;
        let resolved = runtime.registry().resolve(entry);
        let resolved = resolved.map_err(|error| CallErrorKind::from(error).of(entry))?;
        let id = resolved.id.to_string();
        let unfit = |reason: &str| {
            Err(BenchmarkError::Unfit {
                entry: id.clone(),
                reason: reason.to_owned(),
            })
        };
        let form = match words {
            Some(_) if resolved.process().is_none() => {
                return unfit("it is a function: give its arguments as values, not as words");
            }
            _ if is_live && (is_run || words.is_some()) => {
                return unfit(
                    "it is run as a process, which ends with its run: no instance of it is kept",
                );
            }
            Some(words) => Form::Process(words),
            None if is_run && resolved.process().is_some() => match values {
                Ok(_) => Form::Process(Vec::new()),
                Err(_) => return unfit("it is run as a process: give its arguments as words"),
            },
            None => {
                let values = values.map_err(|kind| kind.of(&id))?;
                match is_live {
                    false => Form::Function(values),
                    true => Form::Live {
                        method,
                        values,
                        returns_result,
                    },
                }
            }
        };
        Ok(Callee {
            runtime: runtime.clone(),
            id,
            entry: entry.to_owned(),
            form,
        })
    }

    /// A live instance of its own for a lane, where the benchmark says so.
    ///
    /// # Errors
    /// `FirstCall` where it cannot be made.
    pub(super) async fn instance(&self) -> Result<Option<Instance>, BenchmarkError> {
        match &self.form {
            Form::Live { .. } => Ok(Some(self.with_options().instance(&self.entry).await?)),
            Form::Function(_) | Form::Process(_) => Ok(None),
        }
    }

    /// The entry's ID.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    fn with_options(&self) -> WithOptions<'_> {
        self.runtime.with(options())
    }
}

/// Calls print nothing.
fn options() -> CallOptions {
    CallOptions::new().stdio(Stdio::discarded())
}

impl Callee {
    /// Makes a call, in an instance of [`Callee::instance`] where there is one.
    ///
    /// # Errors
    /// What failed, also where that is a result of the guest's own.
    pub(super) async fn call(&self, instance: Option<&Instance>) -> Result<(), CallFailure> {
        match (&self.form, instance) {
            (Form::Function(values), _) => {
                let called = self.with_options().call_values(&self.entry, values);
                match called.await? {
                    Some(Val::Result(Err(value))) => Err(err(value.as_deref())),
                    _ => Ok(()),
                }
            }
            (Form::Process(words), _) => {
                let run = self
                    .runtime
                    .execute_with(&self.entry, options(), words, &[]);
                check_status(run.await?)
            }
            (
                Form::Live {
                    method,
                    values,
                    returns_result,
                },
                Some(instance),
            ) => {
                let called = instance.call(method, Arguments::Values(values)).await;
                if called.is_err() && instance.is_dead() {
                    // The next call says why there is no new one.
                    let _ = instance.reset().await;
                }
                match called?.get("err") {
                    // One without a value is `true` in JSON.
                    Some(Value::Bool(true)) if *returns_result => Err(err(None::<&Val>)),
                    Some(value) if *returns_result => Err(err(Some(value))),
                    _ => Ok(()),
                }
            }
            // Lanes of live calls have instances.
            (Form::Live { .. }, None) => Ok(()),
        }
    }
}

/// Why a call failed.
#[derive(Debug)]
pub(super) enum CallFailure {
    /// The runtime's error.
    Call(CallError),
    /// A result of the guest's own that is an error.
    Guest(Failure),
}

impl From<CallError> for CallFailure {
    fn from(error: CallError) -> CallFailure {
        CallFailure::Call(error)
    }
}

impl From<CallFailure> for Failure {
    fn from(failure: CallFailure) -> Failure {
        match failure {
            CallFailure::Call(error) => Failure {
                name: error.kind.name().to_owned(),
                text: error.to_string(),
            },
            CallFailure::Guest(failure) => failure,
        }
    }
}

fn err(value: Option<&impl fmt::Debug>) -> CallFailure {
    let shown = value.map(|value| format!(": {value:?}"));
    CallFailure::Guest(Failure {
        name: "err".to_owned(),
        text: format!("the result is an err{}", shown.unwrap_or_default()),
    })
}

fn check_status(status: Status) -> Result<(), CallFailure> {
    match status.code {
        0 => Ok(()),
        code => Err(CallFailure::Guest(Failure {
            name: format!("status {code}"),
            text: match status.error {
                Some(text) => format!("it ended with status {code}: {text}"),
                None => format!("it ended with status {code}"),
            },
        })),
    }
}
