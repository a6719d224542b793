//! `wippy add`: a module's entry, printed or appended to the project's YAML.

use super::arguments::{Add, Options};
use super::exit_status::USAGE;
use super::{output, report};
use crate::edits::{AddError, addition};
use crate::registry::Loaded;

pub(super) fn main(options: &Options, add: &Add, loaded: &Loaded) -> u8 {
    let refuse = |text: String| {
        report::message(&text, options.json);
        USAGE
    };
    if add.write && loaded.is_missing {
        let project = loaded.project_dir.clone();
        return refuse(AddError::NoProject(project).to_string());
    }
    let made = addition(
        loaded,
        &add.file,
        add.name.as_deref(),
        add.method.as_deref(),
    );
    let made = match made {
        Ok(made) => made,
        Err(error) => return refuse(error.to_string()),
    };
    if !add.write {
        return output::print(&made.lines, options.json, 0);
    }
    if let Err(error) = made.write() {
        return refuse(error.to_string());
    }
    let document = made.document.strip_prefix(".").unwrap_or(&made.document);
    let text = match options.json {
        true => String::new(),
        false => format!("{} is added to {}\n", made.id, document.display()),
    };
    output::print(&text, options.json, 0)
}
