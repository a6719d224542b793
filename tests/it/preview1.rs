//! Preview 1 for core modules: every function and flag, waiting, what a list of imports enables, the
//! canonical ABI, programs of several languages, and guests that mean harm.

mod abi;
mod access;
mod coverage;
mod hostile;
mod operations;
mod program;
mod random_calls;
mod unstable;
mod waiting;

use std::fmt::Display;

use serde_json::{Value, json};
use wippy::Arguments;
use wippy_dispatcher::Dispatcher;

use crate::files::preview1::script;
use crate::support::Project;

/// Runs the commands of the guest `files-1` after `mounts` and gives their answers.
fn answers(
    dispatcher: &Dispatcher,
    extra: &[(&str, &dyn Display)],
    data: Option<&std::path::Path>,
    lines: &[&str],
) -> Vec<String> {
    let mut project = Project::new();
    if let Some(data) = data {
        let directory = json!(data);
        project.entry("data", "fs.directory", &[("directory", &directory)]);
    }
    script(&mut project, extra);
    let lines: Vec<String> = std::iter::once("mounts")
        .chain(lines.iter().copied())
        .map(|line| line.replace(' ', "\t"))
        .collect();
    let runtime = project.load(dispatcher);
    let called = runtime.call_it(&lines, dispatcher);
    let answers = called.as_array().expect("a list").iter().skip(1);
    answers
        .map(|answer| answer.as_str().expect("a text").to_owned())
        .collect()
}

trait CallScript {
    fn call_it(&self, lines: &[String], dispatcher: &Dispatcher) -> Value;
}

impl CallScript for wippy::Runtime {
    fn call_it(&self, lines: &[String], dispatcher: &Dispatcher) -> Value {
        let arguments = [json!(lines)];
        let called = dispatcher.block_on(self.call("script", Arguments::Json(&arguments)));
        called.expect("no deadlock").expect("answers")
    }
}

/// Asserts what commands are answered.
fn expect(
    dispatcher: &Dispatcher,
    extra: &[(&str, &dyn Display)],
    data: Option<&std::path::Path>,
    lines: &[(&str, &str)],
) {
    let commands: Vec<&str> = lines.iter().map(|(command, _)| *command).collect();
    let answers = answers(dispatcher, extra, data, &commands);
    let mut wrong = String::new();
    for ((command, expected), answer) in lines.iter().zip(&answers) {
        if answer != expected {
            wrong.push_str(&format!("{command} => {answer}, not {expected}\n"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
