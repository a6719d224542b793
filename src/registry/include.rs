//! `file://x` in string values: the text of another file of the source directory.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use crate::trust::{FileId, Location, PathGuard, cannot_be_read, normalize, read_bounded};

/// The largest file that a `file://` reference may name, in bytes.
pub const MAX_INCLUDE_BYTES: u64 = 8 << 20;

const SCHEME: &str = "file://";

/// The files read so far; each is read once per load.
#[derive(Default)]
pub(crate) struct Includes {
    read: HashMap<FileId, Result<Arc<str>, String>>,
}

impl Includes {
    /// The text that `value` stands for, if it is a `file://` reference. Relative paths start
    /// at the directory of `yaml`, absolute ones at `source_dir`.
    ///
    /// # Errors
    /// If the file cannot be read, is too large, is not UTF-8, or lies outside of `source_dir`.
    pub fn resolve(
        &mut self,
        value: &str,
        yaml: &Path,
        source_dir: Option<&Path>,
        guard: &PathGuard,
    ) -> Option<Result<Arc<str>, String>> {
        let name = value.strip_prefix(SCHEME)?;
        Some(
            self.read(name, yaml, source_dir, guard)
                .map_err(|e| format!("{value}: {e}")),
        )
    }

    fn read(
        &mut self,
        name: &str,
        yaml: &Path,
        source_dir: Option<&Path>,
        guard: &PathGuard,
    ) -> Result<Arc<str>, String> {
        let root = source_dir.ok_or("there is no source directory")?;
        if name.trim_matches('/').is_empty() {
            return Err("names no file".into());
        }
        let path = match name.strip_prefix('/') {
            Some(rest) => normalize(&root.join(rest.trim_start_matches('/'))),
            None => normalize(&yaml.parent().unwrap_or(root).join(name)),
        };
        let outside = || "leaves the source directory".to_owned();
        if !path.starts_with(normalize(root)) {
            return Err(outside());
        }
        let failed = |error| cannot_be_read(&error);
        let walk = guard.walk(&path).map_err(failed)?;
        let inside = |root: FileId| {
            let above = walk.ancestors();
            above.is_ok_and(|above| above.contains(&Location::existing(root)))
        };
        // What is missing has no place yet.
        if let Some(id) = walk.id() {
            let root = FileId::at(root).map_err(|error| failed(error.into()))?;
            if !inside(root) {
                return Err(outside());
            }
            if let Some(text) = self.read.get(&id) {
                return text.clone();
            }
        }
        tracing::debug!(target: "read", "{}", path.display());
        let file = guard.open(&walk).map_err(failed)?;
        let text = read_bounded(file, MAX_INCLUDE_BYTES).and_then(|bytes| {
            let text = String::from_utf8(bytes).map_err(|_| "is not UTF-8 text")?;
            Ok(text.into())
        });
        if let Some(id) = walk.id() {
            self.read.insert(id, text.clone());
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::PathBuf;

    struct Project {
        _dir: tempfile::TempDir,
        src: PathBuf,
    }

    fn project() -> Project {
        let dir = tempfile::tempdir().expect("a directory");
        let src = dir.path().join("src");
        fs::create_dir_all(src.join("sub")).expect("made");
        fs::write(src.join("top.wat"), "top").expect("written");
        fs::write(src.join("sub/a.wat"), "a").expect("written");
        fs::write(dir.path().join("secret"), "secret").expect("written");
        Project { _dir: dir, src }
    }

    fn get(project: &Project, value: &str) -> Option<Result<String, String>> {
        let yaml = project.src.join("sub/_index.yaml");
        let mut includes = Includes::default();
        includes
            .resolve(value, &yaml, Some(&project.src), &PathGuard::default())
            .map(|r| r.map(|text| text.to_string()))
    }

    #[test]
    fn relative_to_the_yaml_file_or_the_source_directory() {
        let project = project();
        assert_eq!(get(&project, "file://a.wat"), Some(Ok("a".into())));
        assert_eq!(get(&project, "file://./../top.wat"), Some(Ok("top".into())));
        assert_eq!(get(&project, "file:///top.wat"), Some(Ok("top".into())));
        assert_eq!(get(&project, "file:///sub/a.wat"), Some(Ok("a".into())));
        assert_eq!(get(&project, "a file://a.wat"), None);
    }

    #[test]
    fn the_source_directory_is_not_left() {
        let project = project();
        let error = |value: &str| {
            get(&project, value)
                .and_then(Result::err)
                .unwrap_or_default()
        };
        for value in [
            "file://../../secret",
            "file:///../secret",
            "file:////../secret",
        ] {
            assert_eq!(
                error(value),
                format!("{value}: leaves the source directory")
            );
        }
        let link = project.src.join("sub/link");
        std::os::unix::fs::symlink("../../secret", link).expect("linked");
        assert_eq!(
            error("file://link"),
            "file://link: leaves the source directory"
        );
        std::os::unix::fs::symlink("top.wat", project.src.join("inside")).expect("linked");
        assert_eq!(get(&project, "file:///inside"), Some(Ok("top".into())));
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let project = project();
        let error = |value: &str| {
            get(&project, value)
                .and_then(Result::err)
                .unwrap_or_default()
        };
        assert!(error("file://none").contains("cannot be read: "));
        assert_eq!(error("file://"), "file://: names no file");
        assert_eq!(error("file:///sub"), "file:///sub: is not a regular file");
        fs::write(project.src.join("bytes"), [0xff, 0xfe]).expect("written");
        assert_eq!(error("file:///bytes"), "file:///bytes: is not UTF-8 text");
        let big = fs::File::create(project.src.join("big")).expect("made");
        big.set_len(MAX_INCLUDE_BYTES + 1).expect("sized");
        assert_eq!(
            error("file:///big"),
            "file:///big: is larger than 8388608 bytes"
        );
        let mut includes = Includes::default();
        let outcome =
            includes.resolve("file://x", Path::new("x.yaml"), None, &PathGuard::default());
        assert_eq!(
            outcome,
            Some(Err("file://x: there is no source directory".into()))
        );
    }
}
