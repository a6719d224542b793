//! `wippy completions`: what a shell needs to complete this program's arguments.

use std::io::Write;

use clap::CommandFactory;
use clap_complete::Shell;

use super::arguments::Options;

pub(super) fn main(shell: Shell) -> u8 {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Options::command(), "wippy", &mut script);
    // A reader that went away wanted no more.
    let _ = std::io::stdout().write_all(&script);
    0
}
