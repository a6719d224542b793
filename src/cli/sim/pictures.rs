//! The pictures of a run that the command line asks for.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;

use wippy_dispatcher::sim::picture::Picture;

use super::arguments::SimRun;

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

/// A file for a picture.
pub(super) struct PictureFile<'a> {
    path: &'a Path,
    file: File,
}

impl PictureFile<'_> {
    /// Makes the file, before the run that it is for. It replaces an older one of its form, but no other file, such as
    /// a scenario.
    ///
    /// # Errors
    /// A text that names it.
    pub(super) fn create(path: &Path, form: Form) -> Result<PictureFile<'_>, String> {
        if is_other(path, form) {
            let (shown, name) = (path.display(), form.name());
            return Err(format!(
                "{shown} exists and is not {name}; write {name} to another file, or remove this one"
            ));
        }
        let file = File::create(path);
        let file = file.map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        Ok(PictureFile { path, file })
    }

    /// Writes a picture.
    ///
    /// # Errors
    /// A text that names the file.
    pub(super) fn write(mut self, text: &str) -> Result<(), String> {
        let written = self.file.write_all(text.as_bytes());
        written.map_err(|error| format!("cannot write {}: {error}", self.path.display()))
    }
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
pub(super) struct Pictures<'a> {
    html: Option<PictureFile<'a>>,
    perfetto: Option<PictureFile<'a>>,
}

impl Pictures<'_> {
    /// Makes the files that the command line names.
    ///
    /// # Errors
    /// A text that names the file.
    pub(super) fn create(sim: &SimRun) -> Result<Pictures<'_>, String> {
        let html = sim.html.as_deref();
        let html = html.map(|path| PictureFile::create(path, Form::Html));
        let perfetto = sim.perfetto.as_deref();
        let perfetto = perfetto.map(|path| PictureFile::create(path, Form::Perfetto));
        Ok(Pictures {
            html: html.transpose()?,
            perfetto: perfetto.transpose()?,
        })
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
            file.write(&picture.html())?;
        }
        match self.perfetto {
            Some(file) => file.write(&picture.perfetto()),
            None => Ok(()),
        }
    }
}

/// What stands above the picture of a run of a scenario.
pub(super) fn title(scenario: &Path, picture: &Picture) -> String {
    let name = scenario.file_name().unwrap_or(scenario.as_os_str());
    format!("{}, seed {}", name.display(), picture.seed)
}
