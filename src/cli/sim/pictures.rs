//! The pictures of a run that the command line asks for.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use wippy_dispatcher::sim::picture::Picture;

use super::arguments::SimRun;

/// How many records a picture has at most: a page with more is slow.
pub(super) const MAX_RECORDS: u64 = 500_000;

/// A file for a picture.
pub(super) struct PictureFile<'a> {
    path: &'a Path,
    file: File,
}

impl PictureFile<'_> {
    /// Makes the file, before the run that it is for.
    ///
    /// # Errors
    /// A text that names it.
    pub(super) fn create(path: &Path) -> Result<PictureFile<'_>, String> {
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
        Ok(Pictures {
            html: sim.html.as_deref().map(PictureFile::create).transpose()?,
            perfetto: sim
                .perfetto
                .as_deref()
                .map(PictureFile::create)
                .transpose()?,
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
