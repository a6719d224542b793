//! `wasi:filesystem`: files, directories and mounts.

mod corners;
mod descriptors;
mod directories;
mod escapes;
mod example;
mod failures;
mod fuse;
mod mounts;
mod names;
mod older;
pub mod preview1;
mod share;
mod simulated;
mod stalled;
mod streams;
mod times;
pub mod unshared;
mod waiting;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use wippy::Arguments;
use wippy::Runtime;
use wippy_dispatcher::{Dispatcher, Task};

use crate::support::{Project, live};

pub const SCRIPT: &str = "test:guests/files#script";
pub const IMPORTS: &str = "[wasi:io, wasi:clocks, wasi:filesystem]";

/// A directory `root` for a guest, and beside it a file that is none of the guest's business.
pub struct World {
    outer: tempfile::TempDir,
}

impl World {
    pub fn new() -> World {
        let outer = tempfile::tempdir().expect("a directory");
        fs::create_dir(outer.path().join("root")).expect("a directory");
        fs::write(outer.path().join("secret"), "secret").expect("a file");
        World { outer }
    }

    pub fn outer(&self) -> &Path {
        self.outer.path()
    }

    pub fn root(&self) -> PathBuf {
        self.outer.path().join("root")
    }

    /// A project with the root at `/data`.
    pub fn project(&self) -> Project {
        self.mounted("[{fs: data, guest: /data}]", &[("data", &self.root(), "")])
    }

    /// The same with a guest of preview 1.
    pub fn preview1(&self) -> Project {
        self.mounted_preview1("[{fs: data, guest: /data}]", &[("data", &self.root(), "")])
    }

    /// A project with a function `script` over these mounts, and these filesystems: name, directory,
    /// further settings as flow YAML.
    pub fn mounted(&self, mounts: &str, filesystems: &[(&str, &Path, &str)]) -> Project {
        let mut project = with_filesystems(filesystems);
        let wasi = format!("{{mounts: {mounts}}}");
        project.function("script", "files", SCRIPT, IMPORTS, &[("wasi", &wasi)]);
        project
    }

    /// The same with a guest of preview 1.
    pub fn mounted_preview1(&self, mounts: &str, filesystems: &[(&str, &Path, &str)]) -> Project {
        let mut project = with_filesystems(filesystems);
        let wasi = format!("{{mounts: {mounts}}}");
        preview1::script(&mut project, &[("wasi", &wasi)]);
        project
    }

    /// Runs a script on the system's dispatcher over `/data`; each line must be answered so. The same
    /// by a guest of preview 1 over a copy of the world, where that has all that is asked for, and by both over
    /// the files of a simulation.
    pub fn expect(&self, lines: &[(&str, &str)]) {
        simulated::expect_the_same(self, lines);
        let knows = |&(command, answer): &(&str, &str)| preview1::knows(command, answer);
        let copy = lines.iter().all(knows).then(|| self.copy());
        let dispatcher = live();
        expect(&dispatcher, &self.project().load(&dispatcher), lines);
        if let Some(copy) = copy {
            preview1::expect(&dispatcher, &copy.preview1().load(&dispatcher), lines);
        }
    }

    /// What is in it now, with its links and times, somewhere else.
    fn copy(&self) -> World {
        let outer = tempfile::tempdir().expect("a directory");
        let mut copy = std::process::Command::new("cp");
        copy.arg("-a").arg(self.outer.path().join("."));
        let copied = copy.arg(outer.path()).status().expect("a program");
        assert!(copied.success());
        World { outer }
    }
}

/// A project with these filesystems: name, directory, further settings as flow YAML.
fn with_filesystems(filesystems: &[(&str, &Path, &str)]) -> Project {
    let mut project = Project::new();
    for (name, directory, settings) in filesystems {
        let directory = json!(directory);
        let mut fields: Vec<(&str, &dyn std::fmt::Display)> = vec![("directory", &directory)];
        if let Some((key, value)) = settings.split_once(": ") {
            fields.push((key, &*Box::leak(Box::new(value.to_owned()))));
        }
        project.entry(name, "fs.directory", &fields);
    }
    project
}

/// Runs a script: words are separated by spaces, or by tabs where there is one.
pub fn script(dispatcher: &Dispatcher, runtime: &Runtime, lines: &[&str]) -> Vec<String> {
    let lines: Vec<String> = std::iter::once("mounts")
        .chain(lines.iter().copied())
        .map(|line| match line.contains('\t') {
            true => line.to_owned(),
            false => line.replace(' ', "\t"),
        })
        .collect();
    let arguments = [json!(lines)];
    let called = dispatcher.block_on(runtime.call("script", Arguments::Json(&arguments)));
    let answers = called.expect("no deadlock").expect("answers");
    let answers = answers.as_array().expect("a list");
    let text = |answer: &Value| answer.as_str().expect("a text").to_owned();
    answers.iter().skip(1).map(text).collect()
}

/// Starts a script as a task of its own; its first answer are the mounts.
pub fn start(dispatcher: &Dispatcher, runtime: &Runtime, lines: &[&str]) -> Task<Value> {
    let runtime = runtime.clone();
    let lines: Vec<String> = std::iter::once("mounts")
        .chain(lines.iter().copied())
        .map(|line| line.replace(' ', "\t"))
        .collect();
    let task = dispatcher.spawn(async move {
        let arguments = [json!(lines)];
        runtime
            .call("script", Arguments::Json(&arguments))
            .await
            .expect("answers")
    });
    task.expect("a task")
}

/// Runs a script whose answers are known.
pub fn expect(dispatcher: &Dispatcher, runtime: &Runtime, lines: &[(&str, &str)]) {
    let commands: Vec<&str> = lines.iter().map(|(command, _)| *command).collect();
    let answers = script(dispatcher, runtime, &commands);
    let told: Vec<String> = commands
        .iter()
        .zip(&answers)
        .map(|(command, answer)| format!("{command} -> {answer}"))
        .collect();
    for ((command, expected), answer) in lines.iter().zip(&answers) {
        assert_eq!(answer, expected, "{command}\n{told:#?}");
    }
}
