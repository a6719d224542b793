//! A file whose text is replaced as a whole, at a user's command.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Puts `new` in the place of a file that holds `old`: whoever reads it meanwhile sees the one or the
/// other. Its permissions stay, and a symbolic link stays one. Blocks.
///
/// # Errors
/// `InvalidData` when the file holds something else by now, `IsADirectory` for a directory, and what
/// reading the file, writing a new one beside it and renaming that give.
pub fn replace_file(path: &Path, old: &str, new: &str) -> io::Result<()> {
    let path = path.canonicalize()?;
    if fs::read(&path)? != old.as_bytes() {
        let text = "the file was changed meanwhile";
        return Err(io::Error::new(io::ErrorKind::InvalidData, text));
    }
    let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::ErrorKind::IsADirectory.into());
    };
    let mut beside = std::ffi::OsString::from(".");
    beside.push(name);
    beside.push(format!(".{}", std::process::id()));
    let beside = directory.join(beside);
    let written = write_new(&beside, new, &path).and_then(|()| fs::rename(&beside, &path));
    if written.is_err() {
        // The reason is reported already.
        let _ = fs::remove_file(&beside);
    }
    written?;
    File::open(directory)?.sync_all()
}

fn write_new(path: &Path, text: &str, like: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.set_permissions(fs::metadata(like)?.permissions())?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_only_as_it_was_read() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("a.yaml");
        fs::write(&path, "old").expect("a file");
        let link = directory.path().join("link");
        std::os::unix::fs::symlink("a.yaml", &link).expect("a link");
        replace_file(&link, "old", "new").expect("replaced");
        assert_eq!(fs::read_to_string(&path).expect("text"), "new");
        assert!(link.is_symlink());
        let error = replace_file(&path, "old", "newer").expect_err("changed");
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert_eq!(fs::read_dir(directory.path()).expect("a list").count(), 2);
    }
}
