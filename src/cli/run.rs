//! `wippy run`: runs a command or a process of the project, lists the commands, or runs the services.

use std::io::Write;

use serde_json::json;
use wippy_dispatcher::Dispatcher;

use super::arguments::{Options, Run};
use super::{FAILED, USAGE, report, report_diagnostics, report_modules, services};
use crate::Runtime;
use crate::function::{CallError, Problem};
use crate::host::stdio::Stdio;
use crate::process::Status;
use crate::registry::{Loaded, Registry};

/// The word in place of a command's name.
const LIST: &str = "list";
/// What follows a command's name is the command's, but `list` is the program's own.
const JSON: &str = "--json";

pub(super) fn main(options: &Options, run: &Run, loaded: Loaded) -> u8 {
    if let Err(code) = report_diagnostics(&loaded, options.json) {
        return code;
    }
    let what = match (&run.process, run.words.split_first()) {
        (Some(process), _) => What::Process(process, &run.words),
        (None, None) => return services::main(options, loaded),
        (None, Some((name, words))) if name == LIST && words.iter().all(|word| word == JSON) => {
            list(&loaded.registry, options.json || !words.is_empty());
            return 0;
        }
        (None, Some((name, words))) => What::Command(name, words),
    };
    start(options, run.host.as_deref(), &what, loaded)
}

/// What is run, with which words.
pub(super) enum What<'a> {
    /// A command by its name.
    Command(&'a str, &'a [String]),
    /// A process by its ID.
    Process(&'a str, &'a [String]),
}

/// Runs it on the terminal; its exit status.
pub(super) fn start(options: &Options, host: Option<&str>, what: &What<'_>, loaded: Loaded) -> u8 {
    match run(options, host, what, loaded) {
        Ok(status) => {
            if let Some(output) = &status.output {
                let _ = writeln!(std::io::stdout(), "{output}");
            }
            if let Some(error) = &status.error {
                let _ = writeln!(std::io::stderr(), "{error}");
            }
            status.code
        }
        Err(error) => {
            report::call_error(&error, options.json);
            match report::is_usage(&error) {
                true => USAGE,
                false => FAILED,
            }
        }
    }
}

fn run(
    options: &Options,
    host: Option<&str>,
    what: &What<'_>,
    loaded: Loaded,
) -> Result<Status, CallError> {
    let (What::Command(name, _) | What::Process(name, _)) = what;
    let failed = |problem: Problem| problem.of(name);
    let chosen = loaded.registry.terminal_host(host);
    chosen.map_err(|error| failed(error.into()))?;
    let dispatcher = Dispatcher::new().map_err(|error| failed(error.into()))?;
    let handle = dispatcher.handle();
    let stdio = Stdio::inherited(&handle).map_err(|error| failed(Problem::Stdio(error)))?;
    let runtime = Runtime::new(handle, loaded.registry).map_err(|error| failed(error.into()))?;
    let ran = dispatcher.block_on(async {
        let told = report_modules(&runtime, options.json).await;
        told.map_err(|error| failed(error.into()))?;
        let own = stdio.clone();
        let ran = match what {
            What::Command(name, words) => runtime.run(name, stdio, words).await,
            What::Process(id, words) => runtime.execute(id, stdio, words).await,
        };
        // The command has ended; a reader that pauses loses nothing of what it wrote.
        own.delivered().await;
        ran
    });
    ran.map_err(|error| failed(error.into()))?
}

fn list(registry: &Registry, as_json: bool) {
    let mut stdout = std::io::stdout();
    if as_json {
        for (command, entry) in registry.commands() {
            let line = json!({
                "name": command.name,
                "short": command.short,
                "main": command.main,
                "use_case": command.use_case,
                "entry": entry.id.to_string(),
            });
            let _ = writeln!(stdout, "{line}");
        }
        return;
    }
    let width = registry
        .commands()
        .map(|(command, _)| command.name.len())
        .max()
        .unwrap_or(0);
    let _ = writeln!(stdout, "Available commands:");
    for (command, _) in registry.commands() {
        let line = format!(
            "  {:width$}  {}",
            command.name,
            command.short.as_deref().unwrap_or_default()
        );
        let _ = writeln!(stdout, "{}", line.trim_end());
    }
}
