//! What the command line takes.

use crate::registry::{LoadOptions, parse_duration};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub use super::bench::arguments::Bench;
use super::progress::Progress;
pub use super::serve::arguments::Serve;
use super::server_options::OperatorArguments;
pub use super::sim::arguments::Sim;

/// Above the options that every command takes.
const EVERYWHERE: &str = "Options of every command";

/// Runs WebAssembly components as entries of a project.
#[derive(Parser, Debug)]
#[command(name = "wippy", version, about, max_term_width = 100)]
pub struct Options {
    /// The project's directory
    #[arg(
        short = 'C',
        long = "directory",
        value_name = "DIR",
        default_value = ".",
        global = true,
        help_heading = EVERYWHERE
    )]
    pub directory: PathBuf,
    /// Say more, such as which files are read; twice for what libraries do, too
    #[arg(short, long, action = clap::ArgAction::Count, global = true, help_heading = EVERYWHERE)]
    pub verbose: u8,
    /// Print errors, and what `list` prints, as JSON
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    pub json: bool,
    /// Read settings from this file instead of `.wippy.yaml`; later ones win
    #[arg(long = "config", value_name = "FILE", global = true, help_heading = EVERYWHERE)]
    pub config_files: Vec<PathBuf>,
    /// Take this profile of the settings
    #[arg(long, value_name = "NAME", global = true, help_heading = EVERYWHERE)]
    pub profile: Option<String>,
    /// Change a setting: `section.path=value`
    #[arg(long = "set", value_name = "SETTING", global = true, help_heading = EVERYWHERE)]
    pub settings: Vec<String>,
    /// Change an entry: `namespace:entry:path=value`
    #[arg(short = 'o', long = "override", value_name = "OVERRIDE", global = true, help_heading = EVERYWHERE)]
    pub overrides: Vec<String>,
    /// Keep compiled code in this directory instead of `wippy` below `$XDG_CACHE_HOME` or `~/.cache`
    #[arg(long, value_name = "DIR", global = true, help_heading = EVERYWHERE)]
    pub cache: Option<PathBuf>,
    /// Neither keep compiled code nor use what was kept
    #[arg(long, global = true, conflicts_with = "cache", help_heading = EVERYWHERE)]
    pub no_cache: bool,
    /// Run calls on so many threads; the setting `wasm.threads` otherwise
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024), global = true, help_heading = EVERYWHERE)]
    pub threads: Option<u32>,
    /// What takes long is shown here.
    #[arg(skip)]
    pub progress: Progress,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

impl Options {
    /// How they have a project loaded.
    pub(super) fn load_options(&self) -> LoadOptions {
        let strict = matches!(&self.command, Command::Check(check) if check.strict);
        LoadOptions::default()
            .strict(strict)
            .config_files(&self.config_files)
            .profile(self.profile.clone())
            .settings(&self.settings)
            .overrides(&self.overrides)
    }
}

/// What to do.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Call a function and print its result as JSON
    Call(Call),
    /// Call a function or run a process again and again, and report how long that takes
    Bench(Bench),
    /// Run a command, or `list` the commands that there are; without a name, run the services
    Run(Run),
    /// Answer HTTP requests with a component, until a signal
    Serve(Serve),
    /// Run the command whose `use_case` is `test`
    Test(Test),
    /// Run a scenario in a simulation: entries on hosts, a network between them, and faults
    Sim(Sim),
    /// Load and compile everything, and compare what modules import with what entries enable
    Check(Check),
    /// Compile a file, or all modules of the project, before they are needed
    Compile(Compile),
    /// Show what is kept of compiled code, or remove it
    #[command(subcommand)]
    Cache(Cache),
    /// Show what a component exports and imports, with an entry ready to paste
    Inspect(Inspect),
    /// Print the hashes of files as an entry's `hash` wants them, or write them into the YAML
    Hash(Hash),
    /// Write a small project that runs
    New(New),
    /// Print the entry of a module for the project's YAML, or append it there
    Add(Add),
    /// Show the entries of the project
    #[command(subcommand)]
    Registry(Entries),
    /// Print the JSON Schema of a project's files, or of a scenario
    Schema {
        /// Whose schema it is
        #[arg(value_name = "OF", value_enum, default_value_t)]
        of: SchemaOf,
    },
    /// Print a page of the manual: `wippy man call | man -l -`
    Man {
        /// The command whose page it is; the program's otherwise
        #[arg(value_name = "COMMAND")]
        command: Vec<String>,
    },
    /// Print the completions of a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// What a schema is of.
#[derive(clap::ValueEnum, Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum SchemaOf {
    /// A document of entries
    #[default]
    Project,
    /// A scenario of `wippy sim`
    Scenario,
}

/// At the end of `wippy run --help`.
const RUN_EXAMPLES: &str = "Examples:
  wippy run                              the services of the project, until a signal
  wippy run --admin-addr :9090           the same, with /healthz, /readyz and /metrics
  wippy run greet Ada                    the command `greet`
  wippy run --dir data:ro x.wasm in.txt  a file, which may read below data
  wippy run x.wasm -- --dir .            a file, with the arguments `--dir` and `.`";
/// At the end of `wippy call --help`.
const CALL_EXAMPLES: &str = "Examples:
  wippy call app:add 1 2                 JSON values
  wippy call 'app:add(1, 2)'             WAVE
  echo '[1, 2]' | wippy call app:add -   JSON from standard input
  wippy call add.wasm 'add(1, 2)'        a function of a file";

/// At the end of `wippy compile --help`.
const COMPILE_EXAMPLES: &str = "Examples:
  wippy compile                          all modules of the project, for this user
  wippy compile --cache code x.wasm      a file, into a directory that others may read
  wippy run --cache code x.wasm          runs it with what is there; the directory may be read-only";

/// `wippy check`
#[derive(Args, Debug)]
pub struct Check {
    /// Refuse unknown fields and imports that are not enabled
    #[arg(long)]
    pub strict: bool,
    /// Run it again whenever the project, or the file, changes; until SIGINT
    #[arg(long)]
    pub watch: bool,
}

/// `wippy compile`
#[derive(Args, Debug)]
#[command(after_help = COMPILE_EXAMPLES)]
pub struct Compile {
    /// A file, or a project's directory
    #[arg(value_name = "FILE|DIR")]
    pub what: Option<String>,
}

/// `wippy cache`
#[derive(Subcommand, Debug)]
pub enum Cache {
    /// Print the directory, and how much is in it
    Show,
    /// Remove all compiled code
    Clear,
}

/// `wippy inspect`
#[derive(Args, Debug)]
pub struct Inspect {
    /// A file, or an entry
    pub what: String,
}

/// `wippy hash`
#[derive(Args, Debug)]
pub struct Hash {
    /// The files; with --write the entries, all of them if none is named
    #[arg(value_name = "FILE|ENTRY", required_unless_present = "write")]
    pub what: Vec<String>,
    /// Put the hashes of the entries' files as they are now into the YAML: shows what changes, and
    /// asks. Nothing else of the YAML changes
    #[arg(long)]
    pub write: bool,
    /// Do not ask
    #[arg(long, requires = "write")]
    pub yes: bool,
}

/// `wippy new`
#[derive(Args, Debug)]
pub struct New {
    /// The directory: a new one, or an empty one
    #[arg(value_name = "DIR")]
    pub into: PathBuf,
}

/// `wippy add`
#[derive(Args, Debug)]
pub struct Add {
    /// The module
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The entry's name; the file's otherwise
    #[arg(long)]
    pub name: Option<String>,
    /// The function that it is; `wasi:cli/run` otherwise, or the only one
    #[arg(long, value_name = "FUNCTION")]
    pub method: Option<String>,
    /// Append the entry to the project's `_index.yaml` instead of printing it
    #[arg(long)]
    pub write: bool,
}

/// `wippy registry`
#[derive(Subcommand, Debug)]
pub enum Entries {
    /// A line each: ID, kind, and whether it can be used
    List,
    /// One entry as YAML
    Show {
        /// Its ID, or a name that only one namespace has
        entry: String,
    },
    /// A line each of what the HTTP services answer: method, path, endpoint, function, service
    Routes,
}

/// The most calls that `wippy call` has in flight: as many as may wait for one entry. Each takes some
/// kilobytes before it begins, and more of them would only wait in another place.
const MAX_CONCURRENT: u32 = crate::registry::DEFAULT_WAITING;

/// `wippy call`
#[derive(Args, Debug)]
#[command(after_help = CALL_EXAMPLES)]
pub struct Call {
    /// The function's entry: `namespace:name`, or a name that only one namespace has. With
    /// parentheses it holds the arguments too, as WAVE: `'app:add(1, 2)'`. Or a file, `add.wasm`,
    /// or `-` for a module on standard input
    #[arg(value_name = "ENTRY|FILE")]
    pub entry: String,
    /// Its arguments, a JSON value each; `-` reads all of them, an array, from standard input, and
    /// `@FILE` from a file. Of a file, the function stands before them: `'add(1, 2)'` or `add 1 2`
    #[arg(value_name = "JSON", allow_negative_numbers = true)]
    pub arguments: Vec<String>,
    /// Call it so many times
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub repeat: u32,
    /// Have so many calls in flight at once, on one thread
    #[arg(
        long,
        value_name = "M",
        default_value_t = 1,
        value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_CONCURRENT))
    )]
    pub concurrent: u32,
    /// Run in a simulation of this seed: virtual time, seeded order and randomness. The trace's
    /// hash is printed on standard error
    #[arg(long, value_name = "SEED")]
    pub simulate: Option<u64>,
    /// Run it again whenever the project, or the file, changes; until SIGINT
    #[arg(long)]
    pub watch: bool,
    /// What a file may use
    #[command(flatten)]
    pub grants: Grants,
}

/// What a file may use beside `wasi:cli`, `wasi:io`, `wasi:clocks` and `wasi:random`.
#[derive(Args, Default, Debug)]
#[command(next_help_heading = "Options for a file")]
pub struct Grants {
    /// Let it see a directory: at GUEST, or at the host's path from `/`; `:ro` for reading only
    #[arg(long = "dir", value_name = "HOST[::GUEST][:ro]")]
    pub directories: Vec<String>,
    /// Set a variable of its environment; without a value, to what it is here
    #[arg(long, value_name = "NAME[=VALUE]")]
    pub env: Vec<String>,
    /// Let it reach what a rule of `network.allow` permits, such as `tcp:localhost:80`, `https:*:*`,
    /// `dns:*`
    #[arg(long, value_name = "RULE")]
    pub allow: Vec<String>,
    /// Let it use a group or an interface, as an entry's `imports` names it
    #[arg(long = "import", value_name = "NAME")]
    pub imports: Vec<String>,
    /// How long it may run, such as `500ms` or `1m30s`; then it is ended
    #[arg(long, value_name = "DURATION", value_parser = milliseconds)]
    pub max_time: Option<u64>,
    /// The most memory that it may take, in bytes, or with `k`, `m` or `g` behind
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    pub max_memory: Option<u64>,
}

impl Grants {
    /// The first option that is given.
    pub fn first(&self) -> Option<&'static str> {
        let given = [
            ("--dir", !self.directories.is_empty()),
            ("--env", !self.env.is_empty()),
            ("--allow", !self.allow.is_empty()),
            ("--import", !self.imports.is_empty()),
            ("--max-time", self.max_time.is_some()),
            ("--max-memory", self.max_memory.is_some()),
        ];
        given
            .iter()
            .find(|(_, given)| *given)
            .map(|(name, _)| *name)
    }
}

/// A duration in whole milliseconds.
fn milliseconds(text: &str) -> Result<u64, String> {
    let duration = parse_duration(text).filter(|duration| duration.as_millis() > 0);
    duration
        .and_then(|duration| u64::try_from(duration.as_millis()).ok())
        .ok_or_else(|| "expected a duration of a millisecond or more, such as 500ms".to_owned())
}

/// A number of bytes.
fn bytes(text: &str) -> Result<u64, String> {
    let text = text.to_ascii_lowercase();
    let (digits, shift) = match text.strip_suffix(['k', 'm', 'g']) {
        Some(digits) if text.ends_with('k') => (digits, 10),
        Some(digits) if text.ends_with('m') => (digits, 20),
        Some(digits) => (digits, 30),
        None => (text.as_str(), 0),
    };
    let number: Option<u64> = digits.parse().ok();
    let bytes = number.and_then(|number| number.checked_mul(1 << shift));
    bytes
        .filter(|bytes| *bytes > 0)
        .ok_or_else(|| "expected a number of bytes above 0, such as 65536 or 64m".to_owned())
}

/// `wippy run`
#[derive(Args, Debug)]
#[command(after_help = RUN_EXAMPLES)]
pub struct Run {
    // Before the options: a positional argument has the heading of what stands above it.
    /// The command's name and its arguments; `list` lists the commands. Or a file, `x.wasm`, or `-`
    /// for a module on standard input: options stand before it, and what follows it, or follows `--`
    /// behind it, is its guest's. Without any, the project's services run until a signal
    #[arg(
        value_name = "COMMAND|FILE",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    pub words: Vec<String>,
    /// Run this process rather than a command: its ID, or a name that only one namespace has
    #[arg(short = 'x', long = "execute", value_name = "ID")]
    pub process: Option<String>,
    /// The terminal host to run on, where there are several
    #[arg(long, value_name = "ID")]
    pub host: Option<String>,
    /// Run it again whenever the project, or the file, changes; until SIGINT
    #[arg(long)]
    pub watch: bool,
    /// How the services are served
    #[command(flatten)]
    pub operator: OperatorArguments,
    /// Of a file, the function to run: `wasi:cli/run` otherwise, or the only one
    #[arg(long, value_name = "FUNCTION", help_heading = "Options for a file")]
    pub method: Option<String>,
    /// What a file may use
    #[command(flatten)]
    pub grants: Grants,
}

/// `wippy test`
#[derive(Args, Debug)]
pub struct Test {
    /// The terminal host to run on, where there are several
    #[arg(long, value_name = "ID")]
    pub host: Option<String>,
    /// Its arguments
    #[arg(
        value_name = "ARGUMENTS",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    pub words: Vec<String>,
}
