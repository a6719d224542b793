//! The pictures of a run that the command line asks for.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;

use wippy_dispatcher::sim::picture::Picture;

use super::arguments::SimRun;
use super::logs::Logs;
use super::output_file::{OutputFile, check_apart};

/// How many records a picture has at most: a page with more is slow.
pub(super) const MAX_RECORDS: u64 = 500_000;

/// The form of a picture.
#[derive(Clone, Copy)]
pub(super) enum Form {
    Html,
    Perfetto,
}

impl Form {
    /// How every picture of the form begins.
    fn beginning(self) -> &'static [u8] {
        match self {
            Form::Html => b"<!DOCTYPE html>",
            Form::Perfetto => b"{\"displayTimeUnit\"",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Form::Html => "a page",
            Form::Perfetto => "a trace",
        }
    }
}

/// Opens the file of a picture, before the run that it is for. It replaces an older one of its form, but no other file,
/// such as a scenario.
///
/// # Errors
/// A text that names it.
pub(super) fn picture_file(path: &Path, form: Form) -> Result<OutputFile, String> {
    if is_other(path, form) {
        let (shown, name) = (path.display(), form.name());
        return Err(format!(
            "{shown} exists and is not {name}; write {name} to another file, or remove this one"
        ));
    }
    OutputFile::open(path)
}

/// Writes a picture.
///
/// # Errors
/// A text that names the file.
pub(super) fn write_picture(mut file: OutputFile, text: &str) -> Result<(), String> {
    let written = file.write_all(text.as_bytes());
    written.map_err(|error| format!("cannot write {}: {error}", file.path().display()))
}

/// Whether there is a file of another form.
fn is_other(path: &Path, form: Form) -> bool {
    if !fs::metadata(path).is_ok_and(|it| it.is_file() && it.len() > 0) {
        return false;
    }
    let mut start = Vec::new();
    let length = form.beginning().len() as u64;
    let read = File::open(path).and_then(|file| file.take(length).read_to_end(&mut start));
    read.is_ok() && start != form.beginning()
}

/// The pictures of a run.
pub(super) struct Pictures {
    html: Option<OutputFile>,
    perfetto: Option<OutputFile>,
}

impl Pictures {
    /// Opens the files that the command line names.
    ///
    /// # Errors
    /// A text that names the file, also of one that is the file of another picture or of the log.
    pub(super) fn open(sim: &SimRun, logs: &Logs) -> Result<Pictures, String> {
        let html = sim.html.as_deref();
        let html = html
            .map(|path| picture_file(path, Form::Html))
            .transpose()?;
        let perfetto = sim.perfetto.as_deref();
        let perfetto = perfetto.map(|path| picture_file(path, Form::Perfetto));
        let perfetto = perfetto.transpose()?;
        let files = [logs.file(), html.as_ref(), perfetto.as_ref()];
        let files: Vec<&OutputFile> = files.into_iter().flatten().collect();
        check_apart(&files)?;
        Ok(Pictures { html, perfetto })
    }

    /// Whether there is any.
    pub(super) fn are_asked_for(&self) -> bool {
        self.html.is_some() || self.perfetto.is_some()
    }

    /// Writes them, with what does not hold of the run.
    ///
    /// # Errors
    /// A text that names the file.
    pub(super) fn write(
        self,
        mut picture: Picture,
        sim: &SimRun,
        wrong: &[String],
    ) -> Result<(), String> {
        if let Some(scenario) = &sim.scenario {
            picture.title = title(scenario, &picture);
        }
        let wrong = wrong.iter().map(|line| format!("does not hold: {line}"));
        picture.summary.splice(0..0, wrong);
        if let Some(file) = self.html {
            write_picture(file, &picture.html())?;
        }
        match self.perfetto {
            Some(file) => write_picture(file, &picture.perfetto()),
            None => Ok(()),
        }
    }
}

/// What stands above the picture of a run of a scenario.
pub(super) fn title(scenario: &Path, picture: &Picture) -> String {
    let name = scenario.file_name().unwrap_or(scenario.as_os_str());
    format!("{}, seed {}", name.display(), picture.seed)
}
