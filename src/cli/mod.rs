//! The command line, thin over the library.

mod add;
mod arguments;
mod bench;
mod call;
mod check;
mod code;
mod compile;
mod completions;
mod entries;
mod excerpt;
mod exit_status;
mod file;
mod half_close_time;
mod hangup;
mod hash;
mod inspect;
mod log;
mod man;
mod management;
mod new;
mod output;
mod progress;
mod report;
mod reported;
mod routes;
mod run;
mod schema;
mod serve;
pub mod server_options;
mod services;
mod sim;
mod status;
mod target;
mod test;
mod watch;

use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use rustix::process::{Resource, getrlimit, setrlimit};

use crate::registry;
use arguments::{Command, Options};
use exit_status::USAGE;
use progress::Progress;

/// Runs the program.
pub fn main() -> ExitCode {
    let mut options = match Options::try_parse() {
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
    options.progress = Progress::new(options.json);
    let options = options;
    log::start(options.verbose, options.progress.clone());
    status::ignore_signal();
    descriptors();
    let load_from = |directory: &Path| registry::load(directory, &options.load_options());
    let load = || load_from(&options.directory);
    if watch::is_wanted(&options.command) {
        return ExitCode::from(watch::main(&options, load));
    }
    let code = match &options.command {
        Command::Call(call) => call::main(&options, call, load),
        Command::Bench(bench) => bench::main(&options, bench, load),
        Command::Run(run) => run::main(&options, run, load),
        Command::Serve(serve) => serve::main(&options, serve),
        Command::Test(test) => test::main(&options, test, load()),
        Command::Sim(sim) => sim::main(&options, sim, load_from),
        Command::Check(check) => check::main(&options, check, load()),
        Command::Compile(compile) => compile::main(&options, compile, load_from),
        Command::Cache(cache) => code::main(&options, cache),
        Command::Inspect(inspect) => inspect::main(&options, inspect, load),
        Command::Hash(hash) => hash::main(&options, hash, load),
        Command::New(new) => new::main(&options, new),
        Command::Add(add) => add::main(&options, add, &load()),
        Command::Registry(entries) => entries::main(&options, entries, load()),
        Command::Schema { of } => schema::main(&options, *of),
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
