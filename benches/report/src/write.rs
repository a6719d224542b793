//! The report's files.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::chart::{self, Against};
use crate::hlog;
use crate::model::{Report, Row, Section};

/// A file or folder of the report that could not be written.
#[derive(Debug)]
pub struct WriteError {
    path: PathBuf,
    error: io::Error,
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} cannot be written: {}",
            self.path.display(),
            self.error
        )
    }
}

impl std::error::Error for WriteError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

impl Report {
    /// Writes `index.html`, `report.md` and `report.json` into a folder, which is made if need be, the pictures into
    /// `pictures/` and a `.hlog` for each cell into `histograms/` below it. What an earlier report left is replaced where the names
    /// are the same; all else stays.
    ///
    /// # Errors
    /// [`WriteError`], which names the file.
    pub fn write(&self, folder: &Path) -> Result<(), WriteError> {
        let (pictures, histograms) = (folder.join("pictures"), folder.join("histograms"));
        for folder in [&pictures, &histograms] {
            at(folder, fs::create_dir_all(folder))?;
        }
        put(&folder.join("index.html"), &self.to_html())?;
        put(&folder.join("report.md"), &self.to_markdown())?;
        let json = folder.join("report.json");
        at(&json, self.write_json(&json))?;
        for section in &self.sections {
            self.write_pictures(section, &pictures)?;
            for row in &section.rows {
                self.write_logs(row, &histograms)?;
            }
        }
        Ok(())
    }

    fn write_json(&self, path: &Path) -> io::Result<()> {
        let mut file = BufWriter::new(File::create(path)?);
        serde_json::to_writer(&mut file, self)?;
        file.flush()
    }

    fn write_pictures(&self, section: &Section, folder: &Path) -> Result<(), WriteError> {
        let file = |parts: [&str; 2]| folder.join(format!("{}.svg", file_name(&parts)));
        for which in Against::ALL {
            if let Some(picture) = chart::against_parameter(self, section, which) {
                put(&file([&section.id, which.id()]), &picture)?;
            }
        }
        for row in &section.rows {
            let mut pictures = vec![("ranges", chart::ranges(self, row))];
            if section.distributions {
                pictures.push(("cumulative", chart::cumulative(self, row)));
                pictures.push(("percentiles", chart::percentiles(self, row)));
            }
            for (kind, picture) in pictures {
                if let Some(picture) = picture {
                    put(&file([&row.id, kind]), &picture)?;
                }
            }
        }
        Ok(())
    }

    fn write_logs(&self, row: &Row, folder: &Path) -> Result<(), WriteError> {
        for cell in row.cells.iter().filter(|cell| !cell.rounds.is_empty()) {
            let path = folder.join(format!("{}.hlog", file_name(&[&row.id, &cell.contender])));
            let write = || {
                let mut file = BufWriter::new(File::create(&path)?);
                hlog::write(row, cell, &mut file)?;
                file.flush()
            };
            at(&path, write())?;
        }
        Ok(())
    }
}

fn put(path: &Path, text: &str) -> Result<(), WriteError> {
    at(path, fs::write(path, text))
}

fn at<T>(path: &Path, result: io::Result<T>) -> Result<T, WriteError> {
    result.map_err(|error| WriteError {
        path: path.to_owned(),
        error,
    })
}

/// A file name of identifiers, whatever they hold: only letters, digits, `-` and `.` between the parts.
fn file_name(parts: &[&str]) -> String {
    let safe = |part: &&str| -> String {
        let letters = part.chars().map(|letter| match letter {
            letter if letter.is_ascii_alphanumeric() => letter,
            _ => '-',
        });
        letters.collect()
    };
    parts.iter().map(safe).collect::<Vec<_>>().join(".")
}
