//! `wippy run`: runs a command or a process of the project, lists the commands, or runs the services.

use std::fmt::Write;

use clap::CommandFactory;
use serde_json::json;
use wippy_dispatcher::Dispatcher;

use super::arguments::{Options, Run};
use super::exit_status::{FAILED, USAGE};
use super::output::{self, Output, report_lost};
use super::reported::{ReportedDiagnostics, asked_for, of_no_entry};
use super::{code, file, report, services, status};
use crate::host::stdio::{OutputLost, Stdio};
use crate::registry::{Diagnostic, Loaded, Registry};
use crate::runtime::{CallError, CallErrorKind};
use crate::select::{Either, select};
use crate::status::Status;
use crate::{Program, Runtime};

/// The word in place of a command's name.
const LIST: &str = "list";
/// The word between a file and its guest's arguments.
const SEPARATOR: &str = "--";
/// What follows a command's name is the command's, but `list` is the program's own.
const JSON: &str = "--json";

pub(super) fn main(options: &Options, run: &Run, load: impl FnOnce() -> Loaded) -> u8 {
    let is_services = run.process.is_none() && run.words.is_empty();
    if let Some(option) = run.operator.first().filter(|_| !is_services) {
        let text = format!(
            "{option} is for services, which 'wippy run' starts without a name; 'wippy serve' answers requests with a file"
        );
        report::message(&text, options.json);
        return USAGE;
    }
    if let Some(word) = file_to_run(run) {
        let words = run.words.get(1..).unwrap_or_default();
        return run_file(options, run, word, words_of_guest(words, options.json));
    }
    if let Err(text) = refuse(run) {
        report::message(&text, options.json);
        return USAGE;
    }
    let loaded = load();
    let what = match (&run.process, run.words.split_first()) {
        (Some(process), _) => What::Process(process, &run.words),
        (None, None) => return services::main(options, &run.operator, loaded),
        (None, Some((name, words))) if name == LIST && words.iter().all(|word| word == JSON) => {
            if let Err(code) = of_no_entry(&loaded, options.json) {
                return code;
            }
            let text = list(&loaded.registry, options.json || !words.is_empty());
            return output::print(&text, options.json, 0);
        }
        // A word that looks like an option is one that `run` does not have.
        (None, Some((name, _))) if name.starts_with('-') => {
            let text = format!(
                "'wippy run' has no option {name:?}; options of a command stand behind its name"
            );
            report::message(&text, options.json);
            return USAGE;
        }
        (None, Some((name, words))) => What::Command(name, words),
    };
    start(options, run.host.as_deref(), &what, loaded)
}

/// The file, or `-`, that is run rather than a command.
pub(super) fn file_to_run(run: &Run) -> Option<&str> {
    let word = run.words.first().filter(|_| run.process.is_none());
    word.map(String::as_str).filter(|word| file::is_file(word))
}

/// The words behind a file, which are its guest's; a first `--` is not. Without that a first word
/// that is an option of `run` is probably meant as one.
fn words_of_guest(words: &[String], json: bool) -> &[String] {
    match words.split_first() {
        Some((first, rest)) if first == SEPARATOR => rest,
        Some((first, _)) if is_option(first) => {
            let warning = format!("{first} behind the file is an argument of its guest");
            let hint = "options of 'wippy run' stand before the file; \
                        `--` behind the file says that what follows is the guest's";
            report::diagnostics([&Diagnostic::warning(warning).hint(hint)], json);
            words
        }
        _ => words,
    }
}

/// Whether a word is a long option of `run`.
fn is_option(word: &str) -> bool {
    let Some(name) = word.strip_prefix("--") else {
        return false;
    };
    let name = name.split('=').next().unwrap_or(name);
    let command = Options::command();
    let run = command.find_subcommand("run");
    run.is_some_and(|run| run.get_arguments().any(|it| it.get_long() == Some(name)))
}

/// Runs a file that no entry names.
fn run_file(options: &Options, run: &Run, word: &str, words: &[String]) -> u8 {
    let loaded = file::entry(word, &run.grants).and_then(|module| {
        let module = module.method(run.method.as_deref().unwrap_or_default());
        let id = module.id().to_owned();
        let loaded = file::load(module, options)?;
        Ok((id, loaded))
    });
    match loaded {
        Ok((id, loaded)) => {
            let what = What::Process(&id, words);
            start(options, run.host.as_deref(), &what, loaded)
        }
        Err(text) => {
            report::message(&text, options.json);
            USAGE
        }
    }
}

fn refuse(run: &Run) -> Result<(), String> {
    match &run.method {
        Some(_) => Err("--method is for a file; an entry's YAML says what it runs".to_owned()),
        None => file::refuse(&run.grants),
    }
}

/// What is run, with which words.
pub(super) enum What<'a> {
    /// A command by its name.
    Command(&'a str, &'a [String]),
    /// A process by its ID.
    Process(&'a str, &'a [String]),
}

/// Runs it on the terminal; its exit status. Where output was lost, a status that says otherwise that
/// it failed stays as it is.
pub(super) fn start(options: &Options, host: Option<&str>, what: &What<'_>, loaded: Loaded) -> u8 {
    let asked_for = asked_for(match what {
        What::Command(name, _) => loaded.registry.command(name),
        What::Process(id, _) => loaded.registry.resolve(id),
    });
    let mut reported = match ReportedDiagnostics::of_project(&loaded, asked_for, options.json) {
        Ok(reported) => reported,
        Err(code) => return code,
    };
    let Ran {
        outcome,
        lost,
        line_is_open,
    } = run(options, host, what, loaded, &mut reported);
    if let Some(OutputLost::ReaderGone) = &lost {
        return report_lost(&OutputLost::ReaderGone, options.json);
    }
    let says_more = match &outcome {
        Ok(status) => status.error.is_some(),
        Err(_) => true,
    };
    if line_is_open && (says_more || lost.is_some()) {
        report::end_line();
    }
    let code = match outcome {
        Ok(status) => {
            if let Some(error) = &status.error {
                report::text(error);
            }
            status.code
        }
        Err(error) => {
            report::call_error(&error, reported.has_reported(&error.entry), options.json);
            match report::is_usage(&error) {
                true => USAGE,
                false => FAILED,
            }
        }
    };
    match lost.map(|lost| report_lost(&lost, options.json)) {
        Some(failed) if code == 0 => failed,
        _ => code,
    }
}

/// How it ended, and what of its output was lost.
struct Ran {
    outcome: Result<Status, CallError>,
    lost: Option<OutputLost>,
    /// A line is open where an error would appear.
    line_is_open: bool,
}

impl From<CallError> for Ran {
    fn from(error: CallError) -> Ran {
        Ran {
            outcome: Err(error),
            lost: None,
            line_is_open: false,
        }
    }
}

fn run(
    options: &Options,
    host: Option<&str>,
    what: &What<'_>,
    loaded: Loaded,
    reported: &mut ReportedDiagnostics,
) -> Ran {
    let (What::Command(name, _) | What::Process(name, _)) = what;
    let failed = |problem: CallErrorKind| problem.of(name);
    let chosen = loaded.registry.terminal_host(host);
    if let Err(error) = chosen.map(drop) {
        return failed(error.into()).into();
    }
    let dispatcher = match Dispatcher::new() {
        Ok(dispatcher) => dispatcher,
        Err(error) => return failed(error.into()).into(),
    };
    let output = match Output::new(&dispatcher) {
        Ok(output) => output,
        Err(lost) => {
            return Ran {
                outcome: Ok(Status::exit(0)),
                lost: Some(lost),
                line_is_open: false,
            };
        }
    };
    let stdio = match output.stdio(&dispatcher.handle()) {
        Ok(stdio) => stdio,
        Err(error) => return failed(CallErrorKind::Stdio(error)).into(),
    };
    let program = code::program(options, &loaded.settings, loaded.registry);
    let running = run_on(what, program, &dispatcher, &output, stdio.clone(), reported);
    let ran = dispatcher.block_on(running);
    Ran {
        outcome: ran.unwrap_or_else(|error| Err(failed(error.into()))),
        lost: output.check().err(),
        line_is_open: output.leaves_line_open(&stdio),
    }
}

/// Runs it to its end, or until nobody reads its output any more.
async fn run_on(
    what: &What<'_>,
    program: Program,
    dispatcher: &Dispatcher,
    output: &Output,
    stdio: Stdio,
    reported: &mut ReportedDiagnostics,
) -> Result<Status, CallError> {
    let (What::Command(name, _) | What::Process(name, _)) = what;
    let failed = |problem: CallErrorKind| problem.of(name);
    let handle = dispatcher.handle();
    let runtime = Runtime::on(handle, program).map_err(|error| failed(error.into()))?;
    let answering = status::answer(dispatcher, &runtime);
    let _answering = answering.map_err(|error| failed(error.into()))?;
    let told = reported.of_modules(&runtime).await;
    told.map_err(|error| failed(error.into()))?;
    let own = stdio.clone();
    let running = async {
        let ran = match what {
            What::Command(name, words) => runtime.run(name, stdio, words).await,
            What::Process(id, words) => runtime.execute(id, stdio, words).await,
        };
        // The command has ended; a reader that pauses loses nothing of what it wrote.
        own.delivered().await;
        ran
    };
    let status = match select(running, output.until_reader_gone()).await {
        Either::Left(status) => status?,
        Either::Right(()) => return Ok(Status::exit(0)),
    };
    if let Some(text) = &status.output {
        // What is lost is reported of afterwards.
        let _ = output.line(text).await;
        let _ = output.delivered().await;
    }
    Ok(status)
}

fn list(registry: &Registry, as_json: bool) -> String {
    let mut text = String::new();
    if as_json {
        for (command, entry) in registry.commands() {
            let line = json!({
                "name": command.name,
                "short": command.short,
                "main": command.main,
                "use_case": command.use_case,
                "entry": entry.id.to_string(),
            });
            let _ = writeln!(text, "{line}");
        }
        return text;
    }
    let width = registry
        .commands()
        .map(|(command, _)| command.name.len())
        .max()
        .unwrap_or(0);
    text.push_str("Available commands:\n");
    for (command, _) in registry.commands() {
        let line = format!(
            "  {:width$}  {}",
            command.name,
            command.short.as_deref().unwrap_or_default()
        );
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}
