//! `wippy new`: a project that runs.

use super::arguments::{New, Options};
use super::exit_status::USAGE;
use super::{output, report};
use crate::edits::new_project;

pub(super) fn main(options: &Options, new: &New) -> u8 {
    let shown = new.into.display();
    if let Err(error) = new_project(&new.into) {
        report::message(&error.to_string(), options.json);
        return USAGE;
    }
    let text = match options.json {
        true => String::new(),
        false => format!(
            "{shown} is a project; try\n  wippy -C {shown} call greet '\"you\"'\n  wippy -C {shown} run note hello\n"
        ),
    };
    output::print(&text, options.json, 0)
}
