//! `wippy completions`: what a shell needs to complete this program's arguments.

use clap::CommandFactory;
use clap_complete::Shell;

use super::arguments::Options;
use super::output;

pub(super) fn main(options: &Options, shell: Shell) -> u8 {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Options::command(), "wippy", &mut script);
    output::print(&String::from_utf8_lossy(&script), options.json, 0)
}
