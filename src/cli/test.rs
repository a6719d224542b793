//! `wippy test`: runs the project's tests, the command whose `use_case` is `test`.

use super::arguments::{Options, Test};
use super::exit_status::USAGE;
use super::report;
use super::reported::of_no_entry;
use super::run::{What, start};
use crate::registry::Loaded;

/// The use case of a command that tests its project.
const USE_CASE: &str = "test";

pub(super) fn main(options: &Options, test: &Test, loaded: Loaded) -> u8 {
    let commands = loaded.registry.commands();
    let tests = commands.filter(|(command, _)| command.use_case.as_deref() == Some(USE_CASE));
    let names: Vec<String> = tests.map(|(command, _)| command.name.clone()).collect();
    let text = match names.as_slice() {
        [name] => {
            let what = What::Command(name, &test.words);
            return start(options, test.host.as_deref(), &what, loaded);
        }
        [] => "no command of this project has `use_case: test` in its meta.command".to_owned(),
        several => format!(
            "several commands have `use_case: test`: {}; run one by its name",
            several.join(", ")
        ),
    };
    if let Err(code) = of_no_entry(&loaded, options.json) {
        return code;
    }
    report::message(&text, options.json);
    USAGE
}
