//! A directory of the host that an entry's guest sees.

use std::path::PathBuf;
use std::str::FromStr;

use crate::io_reason::io_reason;
use crate::registry::clean_guest_path;

/// A directory of the host that a guest sees, as `HOST`, `HOST::GUEST` or either with `:ro` behind.
///
/// Without `GUEST` the guest sees it at the host's path as it is written, from `/`: `data` is
/// `/data`, and `.` is `/`.
///
/// ```
/// use wippy::{Directory, Entry, Program};
///
/// # let host = tempfile::tempdir()?;
/// let directory: Directory = format!("{}::/data:ro", host.path().display()).parse()?;
/// let entry = Entry::function("app:one").bytes("(component)").directory(directory.clone());
/// // The guest sees one directory under each path.
/// assert!(Program::builder().entry(entry.directory(directory)).build().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Directory {
    pub(super) host: PathBuf,
    pub(super) guest: String,
    pub(super) read_only: bool,
}

impl Directory {
    /// The host's directory `host`, which the guest sees at `guest`: a path from the guest's root.
    pub fn new(host: impl Into<PathBuf>, guest: &str) -> Directory {
        Directory {
            host: host.into(),
            guest: clean_guest_path(&format!("/{guest}")),
            read_only: false,
        }
    }

    /// Nothing beneath may be changed.
    pub fn read_only(mut self) -> Directory {
        self.read_only = true;
        self
    }

    /// Why it cannot be used, if so. Blocks.
    pub(super) fn refusal(&self) -> Option<String> {
        match std::fs::metadata(&self.host) {
            Err(error) => Some(io_reason(&error, "directory")),
            Ok(metadata) if !metadata.is_dir() => Some("not a directory".to_owned()),
            Ok(_) => None,
        }
    }
}

impl FromStr for Directory {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Directory, Self::Err> {
        let (text, read_only) = match text.strip_suffix(":ro") {
            Some(text) => (text, true),
            None => (text, false),
        };
        let (host, guest) = text.split_once("::").unwrap_or((text, text));
        let directory = Directory::new(host, guest);
        Ok(Directory {
            read_only,
            ..directory
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Directory;

    #[test]
    fn a_directory_is_read_from_its_parts() {
        for (text, host, guest, read_only) in [
            ("data", "data", "/data", false),
            (".", ".", "/", false),
            ("../up:ro", "../up", "/up", true),
            ("/srv/x::/data/", "/srv/x", "/data", false),
            ("a:b::c:ro", "a:b", "/c", true),
        ] {
            let Ok(Directory {
                host: was,
                guest: seen,
                read_only: fixed,
            }) = text.parse();
            let was = was.to_str().expect("text");
            assert_eq!(
                (was, seen.as_str(), fixed),
                (host, guest, read_only),
                "{text}"
            );
        }
    }
}
