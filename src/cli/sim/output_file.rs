//! A file that a run writes.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A file that is there, and stays what it was until the first bytes are written. So a run that is refused, or
/// that comes to nothing, neither empties a file nor leaves an empty one.
pub(super) struct OutputFile {
    file: File,
    path: PathBuf,
    /// It was not there before.
    is_new: bool,
    is_begun: bool,
}

impl OutputFile {
    /// Opens a file, or makes it.
    ///
    /// # Errors
    /// A text that names it.
    pub(super) fn open(path: &Path) -> Result<OutputFile, String> {
        let cannot = |error: io::Error| format!("cannot write {}: {error}", path.display());
        let mut options = OpenOptions::new();
        options.write(true);
        // Not truncated: whether there will be anything to write is not known yet.
        let (file, is_new) = match options.clone().create_new(true).open(path) {
            Ok(file) => (file, true),
            // A link that leads nowhere is followed, as everywhere.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let opened = options.create(true).truncate(false).open(path);
                (opened.map_err(cannot)?, false)
            }
            Err(error) => return Err(cannot(error)),
        };
        Ok(OutputFile {
            file,
            path: path.to_owned(),
            is_new,
            is_begun: false,
        })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether both are one regular file, under whatever names.
    pub(super) fn is_same(&self, other: &OutputFile) -> bool {
        let (Ok(one), Ok(other)) = (self.file.metadata(), other.file.metadata()) else {
            return false;
        };
        one.is_file() && (one.dev(), one.ino()) == (other.dev(), other.ino())
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.is_begun {
            if self.file.metadata()?.is_file() {
                self.file.set_len(0)?;
            }
            self.is_begun = true;
        }
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for OutputFile {
    fn drop(&mut self) {
        if self.is_new && !self.is_begun {
            // It is empty; nothing is lost where it stays.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Refuses two outputs into one file: of both only a mixture would be left.
///
/// # Errors
/// A text that names the file.
pub(super) fn check_apart(files: &[&OutputFile]) -> Result<(), String> {
    for (place, file) in files.iter().enumerate() {
        if let Some(same) = files[..place].iter().find(|it| it.is_same(file)) {
            let (one, other) = (same.path().display(), file.path().display());
            return Err(format!(
                "{one} and {other} are one file, for two outputs; write each to a file of its own"
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_stays_until_something_is_written() {
        let directory = tempfile::tempdir().expect("a directory");
        let (old, new) = (directory.path().join("old"), directory.path().join("new"));
        fs::write(&old, "what was there before").expect("a file");
        let link = directory.path().join("link");
        fs::hard_link(&old, &link).expect("a link");
        let files = [&old, &new, &link].map(|path| OutputFile::open(path).expect("a file"));
        let [one, other, linked] = &files;
        check_apart(&[one, other]).expect("two files");
        let text = check_apart(&[one, other, linked]).expect_err("one file");
        assert!(text.contains("are one file, for two outputs"), "{text}");
        drop(files);
        assert!(!new.exists());
        let text = |path: &Path| fs::read_to_string(path).expect("text");
        assert_eq!(text(&old), "what was there before");
        for path in [&old, &new] {
            let mut file = OutputFile::open(path).expect("a file");
            file.write_all(b"one ").expect("written");
            file.write_all(b"two").expect("written");
            drop(file);
            assert_eq!(text(path), "one two");
        }
    }
}
