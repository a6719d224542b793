//! The command line, thin over the library.

mod add;
mod arguments;
mod call;
mod check;
mod completions;
mod entries;
mod excerpt;
mod file;
mod hash;
mod inspect;
mod log;
mod man;
mod mistakes;
mod new;
mod output;
mod report;
mod run;
mod schema;
mod services;
mod target;
mod test;
mod watch;

use std::process::ExitCode;

use clap::Parser;
use rustix::process::{Resource, getrlimit, setrlimit};

use crate::registry::{self, LoadOptions, Loaded};
use arguments::{Command, Options};

/// A failed call, or a command that says so.
const FAILED: u8 = 1;
/// A mistake in the project or on the command line.
const USAGE: u8 = 2;

/// Runs the program.
pub fn main() -> ExitCode {
    let options = match Options::try_parse() {
        Ok(options) => options,
        Err(error) if error.use_stderr() => {
            // Nowhere is left to say that standard error is closed.
            let _ = error.print();
            return ExitCode::from(USAGE);
        }
        // Help, or the version.
        Err(error) => {
            let text = error.render();
            let text = match report::has_colours(rustix::stdio::stdout()) {
                true => text.ansi().to_string(),
                false => text.to_string(),
            };
            return ExitCode::from(output::print(&text, false, 0));
        }
    };
    log::start(options.verbose);
    descriptors();
    let load = || {
        let strict = matches!(&options.command, Command::Check(check) if check.strict);
        let how = LoadOptions::default()
            .strict(strict)
            .config_files(&options.config_files)
            .profile(options.profile.clone())
            .settings(&options.settings)
            .overrides(&options.overrides);
        registry::load(&options.directory, &how)
    };
    if watch::is_wanted(&options.command) {
        return ExitCode::from(watch::main(&options, load));
    }
    let code = match &options.command {
        Command::Call(call) => call::main(&options, call, load),
        Command::Run(run) => run::main(&options, run, load),
        Command::Test(test) => test::main(&options, test, load()),
        Command::Check(check) => check::main(&options, check, load()),
        Command::Inspect(inspect) => inspect::main(&options, inspect, load),
        Command::Hash(hash) => hash::main(&options, hash, load),
        Command::New(new) => new::main(&options, new),
        Command::Add(add) => add::main(&options, add, &load()),
        Command::Registry(entries) => entries::main(&options, entries, load()),
        Command::Schema => schema::main(&options),
        Command::Man { command } => man::main(&options, command),
        Command::Completions { shell } => completions::main(&options, *shell),
    };
    ExitCode::from(code)
}

/// As many descriptors as the process may have: the softer limit is there for programs that number
/// them in bit sets, and a thousand connections would be beyond it.
fn descriptors() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Refused, the softer limit stays.
    let _ = setrlimit(Resource::Nofile, limit);
}

/// Tells what is wrong with a project as far as its YAML shows it.
///
/// # Errors
/// The exit status, where the command line is mistaken: nothing is done then.
fn report_diagnostics(loaded: &Loaded, json: bool) -> Result<(), u8> {
    report::diagnostics(&loaded.diagnostics, json);
    match loaded.is_missing || loaded.command_line_is_mistaken() {
        true => Err(USAGE),
        false => Ok(()),
    }
}
