//! What the command line takes.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

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
        global = true
    )]
    pub directory: PathBuf,
    /// Say more; twice for everything
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub verbose: u8,
    /// Print errors, and what `list` prints, as JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// Read settings from this file instead of `.wippy.yaml`; later ones win
    #[arg(long = "config", value_name = "FILE", global = true)]
    pub config_files: Vec<PathBuf>,
    /// Take this profile of the settings
    #[arg(long, value_name = "NAME", global = true)]
    pub profile: Option<String>,
    /// Change a setting: `section.path=value`
    #[arg(long = "set", value_name = "SETTING", global = true)]
    pub settings: Vec<String>,
    /// Change an entry: `namespace:entry:path=value`
    #[arg(short = 'o', long = "override", value_name = "OVERRIDE", global = true)]
    pub overrides: Vec<String>,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Call a function and print its result as JSON
    Call(Call),
    /// Run a command, or `list` the commands that there are; without a name, run the services
    Run(Run),
    /// Run the command whose `use_case` is `test`
    Test(Test),
    /// Load and compile everything, and compare what modules import with what entries enable
    Check(Check),
    /// Show what a component exports and imports, with an entry ready to paste
    Inspect(Inspect),
    /// Print the hashes of files as an entry's `hash` wants them
    Hash(Hash),
    /// Show the entries of the project
    #[command(subcommand)]
    Registry(Entries),
    /// Print the JSON Schema of a project's files
    Schema,
    /// Print the completions of a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// `wippy check`
#[derive(Args, Debug)]
pub struct Check {
    /// Refuse unknown fields and imports that are not enabled
    #[arg(long)]
    pub strict: bool,
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
    /// The files
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
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
}

/// The most calls that `wippy call` has in flight: as many as may wait for one entry. Each takes some
/// kilobytes before it begins, and more of them would only wait in another place.
const MAX_CONCURRENT: u32 = crate::registry::DEFAULT_WAITING;

/// `wippy call`
#[derive(Args, Debug)]
pub struct Call {
    /// The function's entry: `namespace:name`, or a name that only one namespace has. With
    /// parentheses it holds the arguments too, as WAVE: `'app:add(1, 2)'`
    pub entry: String,
    /// Its arguments, a JSON value each; `-` reads all of them from standard input, a JSON array, and
    /// `@FILE` from a file
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
}

/// `wippy run`
#[derive(Args, Debug)]
pub struct Run {
    /// Run this process rather than a command: its ID, or a name that only one namespace has
    #[arg(short = 'x', long = "execute", value_name = "ID")]
    pub process: Option<String>,
    /// The terminal host to run on, where there are several
    #[arg(long, value_name = "ID")]
    pub host: Option<String>,
    /// The command's name and its arguments; `list` lists the commands. Without any, the project's
    /// services run until a signal
    #[arg(
        value_name = "COMMAND",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    pub words: Vec<String>,
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
