//! `wippy man`: the manual's pages, one a command.

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use super::arguments::Options;
use super::exit_status::{FAILED, USAGE};
use super::{output, report};

/// The page of the program, or of the command at `path`.
pub(super) fn main(options: &Options, path: &[String]) -> u8 {
    let mut command = Options::command();
    // Gives all of them their full names, and the options that they share.
    command.build();
    let command = match find(&command, path) {
        Ok(command) => command,
        Err(name) => {
            report::message(&format!("there is no command {name:?}"), options.json);
            return USAGE;
        }
    };
    let name = command.get_display_name().unwrap_or(command.get_name());
    let mut page = Vec::new();
    match Man::new(command.clone()).title(name).render(&mut page) {
        Ok(()) => output::print(&String::from_utf8_lossy(&page), options.json, 0),
        Err(error) => {
            report::message(&error.to_string(), options.json);
            FAILED
        }
    }
}

/// The command below another one, or the first word that names none.
fn find<'a>(command: &'a Command, path: &'a [String]) -> Result<&'a Command, &'a str> {
    path.iter().try_fold(command, |command, name| {
        command.find_subcommand(name).ok_or(name.as_str())
    })
}
