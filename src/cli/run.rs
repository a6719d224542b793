//! `wippy run`: runs a command of the project, or lists them.

use std::io::Write;

use serde_json::json;
use wippy_dispatcher::Dispatcher;

use super::arguments::{Options, Run};
use super::{FAILED, USAGE, report, report_diagnostics};
use crate::Runtime;
use crate::function::{CallError, Problem};
use crate::host::stdio::Stdio;
use crate::process::Status;
use crate::registry::{Loaded, Registry};

/// The word in place of a command's name.
const LIST: &str = "list";

pub(super) fn main(options: &Options, run: &Run, loaded: Loaded) -> u8 {
    report_diagnostics(&loaded, options.json);
    if run.name == LIST {
        list(&loaded.registry, options.json);
        return 0;
    }
    match start(run, loaded) {
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

fn start(run: &Run, loaded: Loaded) -> Result<Status, CallError> {
    let failed = |problem: Problem| problem.of(&run.name);
    let dispatcher = Dispatcher::new().map_err(|error| failed(error.into()))?;
    let handle = dispatcher.handle();
    let stdio = Stdio::inherited(&handle).map_err(|error| failed(Problem::Stdio(error)))?;
    let runtime = Runtime::new(handle, loaded.registry).map_err(|error| failed(error.into()))?;
    let ran = dispatcher.block_on(runtime.run(&run.name, stdio, &run.arguments));
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
