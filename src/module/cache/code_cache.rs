//! Where compiled code is kept.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::contents::CacheContents;
use super::directory::{Directory, Make, PRIVATE, Permissions, READABLE};
use super::error::CacheError;
use crate::trust::{Base, PathGuard};

/// The most bytes that a directory keeps by default.
const MAX_BYTES: u64 = 1 << 30;

/// The directory's name below that of all caches.
const NAME: &str = "wippy";

/// Where compiled code is kept between runs of the program, and how much of it: for
/// [`ProgramOptions::code_cache`](crate::ProgramOptions::code_cache).
///
/// What is in the directory runs as machine code. It is used only if it belongs to the user that the
/// process runs as, or to root, nobody else may write it, and no guest can.
///
/// ```
/// use wippy::{CodeCache, Entry, Program, ProgramOptions};
///
/// let entry = Entry::function("file:one").bytes("(module)");
/// let cache = CodeCache::at("/var/cache/example").max_bytes(64 << 20);
/// let options = ProgramOptions::new().code_cache(cache);
/// let program = Program::builder().entry(entry).options(options).build()?;
/// # Ok::<(), wippy::EntryError>(())
/// ```
#[derive(Clone, Debug)]
pub struct CodeCache {
    path: PathBuf,
    max_bytes: u64,
    permissions: Permissions,
}

impl CodeCache {
    /// Code in this directory, which is made with the permissions 0700 when the first is kept. Its path is
    /// absolute, or nothing is kept.
    pub fn at(path: impl Into<PathBuf>) -> CodeCache {
        CodeCache {
            path: path.into(),
            max_bytes: MAX_BYTES,
            permissions: PRIVATE,
        }
    }

    /// The directory of the user whose environment has these values of `XDG_CACHE_HOME` and `HOME`:
    /// `wippy` below the first, or below `.cache` of the second. A path that is not absolute counts
    /// as none.
    pub fn of_user(cache_home: Option<OsString>, home: Option<OsString>) -> Option<CodeCache> {
        let absolute =
            |path: Option<OsString>| path.map(PathBuf::from).filter(|it| it.is_absolute());
        let caches = absolute(cache_home).or_else(|| Some(absolute(home)?.join(".cache")))?;
        Some(CodeCache::at(caches.join(NAME)))
    }

    /// The most bytes that it keeps: what was used longest ago goes first. 1 GiB by default.
    pub fn max_bytes(mut self, bytes: u64) -> CodeCache {
        self.max_bytes = bytes;
        self
    }

    /// Lets all users read what is written: for an image that others run.
    pub fn readable_by_all(mut self) -> CodeCache {
        self.permissions = READABLE;
        self
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The most bytes that it keeps.
    pub fn bytes_limit(&self) -> u64 {
        self.max_bytes
    }

    /// What is in it; nothing if there is no directory. Blocks.
    ///
    /// # Errors
    /// `NotAbsolute`, `NotDirectory`, `SymbolicLink`, `OtherOwner`, `WritableByOthers`, and `Path` with what the
    /// system says.
    pub fn contents(&self) -> Result<CacheContents, CacheError> {
        match self.open(&no_guard(), Make::Never)? {
            Some(directory) => directory.contents(),
            None => Ok(CacheContents::default()),
        }
    }

    /// Removes all compiled code from it, and tells what that was. What other processes are
    /// writing at the moment stays. Blocks.
    ///
    /// # Errors
    /// As [`CodeCache::contents`].
    pub fn clear(&self) -> Result<CacheContents, CacheError> {
        match self.open(&no_guard(), Make::Never)? {
            Some(directory) => directory.clear(),
            None => Ok(CacheContents::default()),
        }
    }

    /// The directory, once it was checked; none if it does not exist and is not to be made.
    pub(super) fn open(
        &self,
        guard: &PathGuard,
        make: Make,
    ) -> Result<Option<Directory>, CacheError> {
        Directory::open(&self.path, self.permissions, guard, make)
    }
}

/// Where no guest is known.
fn no_guard() -> PathGuard {
    PathGuard::new(Base::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_of_a_user_is_absolute_or_none() {
        let of = |cache_home: &str, home: &str| {
            let given = |text: &str| (text != "-").then(|| OsString::from(text));
            CodeCache::of_user(given(cache_home), given(home)).map(|it| it.path)
        };
        for (cache_home, home, path) in [
            ("/c", "/h", Some("/c/wippy")),
            ("-", "/h", Some("/h/.cache/wippy")),
            ("", "/h", Some("/h/.cache/wippy")),
            ("c", "/h", Some("/h/.cache/wippy")),
            ("c", "h", None),
            ("-", "-", None),
            ("", "", None),
        ] {
            assert_eq!(
                of(cache_home, home),
                path.map(PathBuf::from),
                "{cache_home} {home}"
            );
        }
    }
}
