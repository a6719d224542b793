//! Lists and reads the documents of source directories from the top down.
//!
//! The documents of a directory are read before its subdirectories are entered, because their
//! mounts may make some of those writable for guests; such subdirectories are not entered. If a
//! document cannot be read, no subdirectory beside it is entered, since its mounts are unknown.
//! Symbolic links are followed last, when all mounts are known, and to files only.

use std::collections::HashMap;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use rustix::fs::{Access, AtFlags, Dir, FileType, Mode, OFlags, accessat, openat, statat};

use super::diagnostic::Diagnostic;
use super::ignore_file::IgnoreFile;
use super::mounts::{DocumentDir, WritableMounts};
use super::parse::{MAX_DOCUMENT_BYTES, Parsed};
use super::source::{SourceRoot, about, is_document, parse_file};
use crate::trust::{FileId, Location, PathError, cannot_be_read, read_bounded};

/// The most files and directories in a source directory; listing stops beyond that.
pub const MAX_FILES: usize = 200_000;
/// The greatest depth of a directory below the source directory that is entered.
pub const MAX_DIRECTORY_DEPTH: usize = 64;

const NO_LINKS: AtFlags = AtFlags::SYMLINK_NOFOLLOW;

/// The documents of one source directory.
#[derive(Default)]
pub(crate) struct Listing {
    /// Sorted by their paths.
    pub documents: Vec<Document>,
    /// Directories not entered and documents not read because an ignore file or a marker excludes
    /// them, or because guests may write them.
    pub skipped: Vec<PathBuf>,
    pub diagnostics: Vec<Diagnostic>,
    /// Directories with a document that could not be read completely, and that document.
    pub unread: Vec<(Location, PathBuf)>,
    /// Symbolic links, not followed yet.
    links: Vec<PathBuf>,
}

/// A file's parsed contents.
pub(crate) struct Document {
    pub path: PathBuf,
    pub parsed: Parsed,
    /// The directories that the path to a symbolic link's target passes through; empty for other
    /// files.
    pub steps: Vec<Location>,
}

/// Lists the source directories of a project, one after the other.
pub(crate) struct Lister<'a> {
    /// The modules directory and the source directories, which are not entered when found within
    /// another directory; the value is whether that is reported as skipped.
    pub closed: HashMap<FileId, bool>,
    /// Settings files, which are not documents.
    pub settings: &'a [FileId],
    pub ignore: &'a IgnoreFile,
    pub mounts: WritableMounts,
}

/// A directory that will be entered later.
struct Pending {
    parent: Rc<OwnedFd>,
    name: Vec<u8>,
    path: PathBuf,
    depth: usize,
}

/// The contents of a directory.
#[derive(Default)]
struct Entries {
    documents: Vec<(Vec<u8>, PathBuf)>,
    directories: Vec<(Vec<u8>, PathBuf)>,
}

impl Lister<'_> {
    /// Reads the documents below an open source directory, all but those behind symbolic links.
    /// Parsed documents that do not belong to the project are dropped.
    pub fn list(&mut self, root: &SourceRoot, dir: OwnedFd) -> Listing {
        let mut listing = Listing::default();
        let mut seen = 0usize;
        let mut pending = Vec::new();
        let mut next = Some((dir, root.source_dir.clone(), 0));
        while let Some((dir, path, depth)) = next {
            let dir = Rc::new(dir);
            let Some(entries) = self.entries(&dir, &path, &mut seen, &mut listing) else {
                let message = format!("the source directory holds more than {MAX_FILES} files");
                listing.diagnostics.push(about(&root.source_dir, message));
                break;
            };
            let unread = self.read(root, &dir, &path, entries.documents, &mut listing);
            self.plan(
                &dir,
                depth,
                unread,
                entries.directories,
                &mut pending,
                &mut listing,
            );
            next = self.enter(&mut pending, &mut listing);
        }
        listing.documents.sort_by(|a, b| a.path.cmp(&b.path));
        listing
    }

    /// The documents and subdirectories of a directory, by name. `None` beyond [`MAX_FILES`].
    fn entries(
        &mut self,
        dir: &OwnedFd,
        path: &Path,
        seen: &mut usize,
        listing: &mut Listing,
    ) -> Option<Entries> {
        let mut found = Entries::default();
        let mut failed = |e: rustix::io::Errno| {
            let message = format!("the directory cannot be read: {}", std::io::Error::from(e));
            listing.diagnostics.push(about(path, message));
        };
        let reader = match Dir::read_from(dir) {
            Ok(reader) => reader,
            Err(e) => {
                failed(e);
                return Some(found);
            }
        };
        for entry in reader {
            let entry = match entry {
                Ok(entry) => entry,
                Err(e) => {
                    failed(e);
                    break;
                }
            };
            let name = entry.file_name().to_bytes();
            if matches!(name, b"." | b"..") {
                continue;
            }
            *seen += 1;
            if *seen > MAX_FILES {
                return None;
            }
            let kind = match entry.file_type() {
                FileType::Unknown => match statat(dir, entry.file_name(), NO_LINKS) {
                    Ok(stat) => FileType::from_raw_mode(stat.st_mode),
                    Err(e) => {
                        failed(e);
                        continue;
                    }
                },
                kind => kind,
            };
            let path = path.join(std::ffi::OsStr::from_bytes(name));
            if kind == FileType::Directory {
                found.directories.push((name.to_vec(), path));
            } else if kind == FileType::Symlink {
                listing.links.push(path);
            } else if is_document(&path) {
                found.documents.push((name.to_vec(), path));
            }
        }
        found.documents.sort();
        found.directories.sort();
        Some(found)
    }

    /// Reads the documents of a directory. Returns one that could not be read completely, if any.
    fn read(
        &mut self,
        root: &SourceRoot,
        dir: &OwnedFd,
        path: &Path,
        documents: Vec<(Vec<u8>, PathBuf)>,
        listing: &mut Listing,
    ) -> Option<PathBuf> {
        let here = DocumentDir {
            location: Location::existing(FileId::of(dir).ok()?),
            path: path.to_owned(),
            first: true,
        };
        let location = here.location.clone();
        let mut unread = None;
        for (name, path) in documents {
            if self.ignore.names(&path, false) {
                listing.skipped.push(path);
                continue;
            }
            let bytes = match regular_file(dir, &name) {
                Ok((id, _)) if self.settings.contains(&id) => continue,
                Ok((_, file)) => read_bounded(file, MAX_DOCUMENT_BYTES as u64),
                Err(error) => Err(cannot_be_read(&error)),
            };
            let parsed = parse_file(&path, bytes);
            if parsed.error.is_some() {
                unread = Some(path.clone());
            }
            self.take(root, &here, path, parsed, &[], listing);
        }
        let file = unread.iter().cloned();
        listing
            .unread
            .extend(file.map(|file| (location.clone(), file)));
        unread
    }

    fn take(
        &mut self,
        root: &SourceRoot,
        dir: &DocumentDir,
        path: PathBuf,
        mut parsed: Parsed,
        steps: &[Location],
        listing: &mut Listing,
    ) {
        parsed.documents.retain(super::document::is_candidate);
        for document in &parsed.documents {
            self.mounts.document(document, dir, root);
        }
        if parsed.error.is_some() || !parsed.documents.is_empty() {
            let steps = steps.to_vec();
            listing.documents.push(Document {
                path,
                parsed,
                steps,
            });
        }
    }

    /// Schedules the subdirectories of a directory that are to be entered.
    fn plan(
        &mut self,
        dir: &Rc<OwnedFd>,
        depth: usize,
        unread: Option<PathBuf>,
        directories: Vec<(Vec<u8>, PathBuf)>,
        pending: &mut Vec<Pending>,
        listing: &mut Listing,
    ) {
        let mut left = 0usize;
        for (name, path) in directories.into_iter().rev() {
            let id = statat(dir, &*name, NO_LINKS).map(|stat| FileId::from(&stat));
            let told = id.map_or(Some(&true), |id| self.closed.get(&id));
            let by_name = matches!(&*name, b"node_modules" | b".git");
            let is_data = id.is_ok_and(|id| self.mounts.is_data(id));
            if told.is_some() || by_name || is_data || self.ignore.names(&path, true) {
                if told != Some(&false) {
                    listing.skipped.push(path);
                }
            } else if unread.is_some() {
                left += 1;
                listing.skipped.push(path);
            } else if depth >= MAX_DIRECTORY_DEPTH {
                let message =
                    format!("directories are nested deeper than {MAX_DIRECTORY_DEPTH} levels");
                listing.diagnostics.push(about(&path, message));
            } else {
                let (parent, depth) = (dir.clone(), depth + 1);
                pending.push(Pending {
                    parent,
                    name,
                    path,
                    depth,
                });
            }
        }
        if let Some(file) = unread.filter(|_| left > 0) {
            let message = "the directories beside this document are not entered, because it \
                           cannot be read: it may say what guests can write";
            let hint = "mend it, or name it in .wippyignore if it is none of the project's";
            listing
                .diagnostics
                .push(about(&file, message.into()).hint(hint));
        }
    }

    /// Opens the next scheduled directory.
    fn enter(
        &mut self,
        pending: &mut Vec<Pending>,
        listing: &mut Listing,
    ) -> Option<(OwnedFd, PathBuf, usize)> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        while let Some(Pending {
            parent,
            name,
            path,
            depth,
        }) = pending.pop()
        {
            let opened = openat(&*parent, &*name, flags, Mode::empty());
            let opened = opened.map_err(std::io::Error::from);
            let dir = match opened.and_then(|dir| Ok((FileId::of(&dir)?, dir))) {
                // The directory may have been replaced since its parent was listed.
                Ok((id, _)) if self.mounts.is_data(id) || self.closed.contains_key(&id) => {
                    listing.skipped.push(path);
                    continue;
                }
                Ok((_, dir)) => dir,
                Err(e) => {
                    let message = format!("the directory cannot be read: {e}");
                    listing.diagnostics.push(about(&path, message));
                    continue;
                }
            };
            if accessat(&dir, "CACHEDIR.TAG", Access::EXISTS, AtFlags::empty()).is_ok() {
                listing.skipped.push(path);
                continue;
            }
            return Some((dir, path, depth));
        }
        None
    }

    /// Follows the symbolic links found so far. Documents are read, directories are not entered.
    pub fn follow_links(&mut self, root: &SourceRoot, listing: &mut Listing) {
        for path in std::mem::take(&mut listing.links) {
            let walk = match self.mounts.guard().walk(&path) {
                Ok(walk) => walk,
                Err(error) if is_document(&path) && !self.ignore.names(&path, false) => {
                    let message = format!("the file {}", cannot_be_read(&error));
                    listing.diagnostics.push(about(&path, message));
                    continue;
                }
                Err(_) => continue,
            };
            if walk.is_dir() {
                if walk.id().and_then(|id| self.closed.get(&id)) != Some(&false) {
                    listing.skipped.push(path);
                }
                continue;
            }
            if !is_document(&path) {
                continue;
            }
            if self.ignore.names(&path, false) {
                listing.skipped.push(path);
                continue;
            }
            if walk.id().is_some_and(|id| self.settings.contains(&id)) {
                continue;
            }
            let bytes = match self.mounts.guard().open(&walk) {
                Ok(file) => read_bounded(file, MAX_DOCUMENT_BYTES as u64),
                Err(error) => Err(cannot_be_read(&error)),
            };
            let parsed = parse_file(&path, bytes);
            let above = walk
                .ancestors()
                .ok()
                .and_then(|above| above.into_iter().next());
            if let Some(location) = above {
                let here = DocumentDir {
                    location,
                    path: path.parent().unwrap_or(&path).to_owned(),
                    first: false,
                };
                self.take(root, &here, path, parsed, walk.steps(), listing);
            }
        }
        listing.documents.sort_by(|a, b| a.path.cmp(&b.path));
    }
}

/// Opens a regular file in an open directory.
fn regular_file(dir: &OwnedFd, name: &[u8]) -> Result<(FileId, std::fs::File), PathError> {
    let stat = statat(dir, name, NO_LINKS)?;
    // Checked before opening, because opening a FIFO would block until it has a writer.
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(PathError::Irregular);
    }
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = openat(dir.as_fd(), name, flags, Mode::empty())?;
    match FileId::of(&file)? {
        id if id == FileId::from(&stat) => Ok((id, file.into())),
        _ => Err(PathError::Changed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust::Base;
    use std::fs;

    fn touch(dir: &Path, name: &str, text: &str) {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().expect("below dir")).expect("made");
        fs::write(path, text).expect("written");
    }

    fn listed(dir: &Path) -> Listing {
        let base = Base::new(dir);
        let mut mounts = WritableMounts::new(dir, base.clone(), Default::default());
        mounts.source(dir);
        let ignore = IgnoreFile::read(dir, &base, &mut Vec::new());
        let mut lister = Lister {
            closed: HashMap::new(),
            settings: &[],
            ignore: &ignore,
            mounts,
        };
        let root = SourceRoot {
            source_dir: dir.to_owned(),
            module_dir: dir.to_owned(),
        };
        let opened = base.walk(dir).and_then(|walk| walk.open_dir());
        let mut listing = lister.list(&root, opened.expect("a directory"));
        lister.follow_links(&root, &mut listing);
        listing.skipped.sort();
        listing
    }

    fn names<'a>(dir: &Path, paths: impl IntoIterator<Item = &'a PathBuf>) -> Vec<String> {
        let name = |p: &PathBuf| p.strip_prefix(dir).map(|p| p.display().to_string());
        paths.into_iter().filter_map(|p| name(p).ok()).collect()
    }

    fn documents(dir: &Path, listing: &Listing) -> Vec<String> {
        names(dir, listing.documents.iter().map(|document| &document.path))
    }

    fn messages(listing: &Listing) -> Vec<String> {
        let messages = listing.diagnostics.iter().map(|d| d.message.clone());
        messages.collect()
    }

    #[test]
    fn documents_are_listed_in_order_and_some_directories_skipped() {
        let dir = tempfile::tempdir().expect("a directory");
        let dir = dir.path();
        for name in [
            "b.yml",
            "a.yaml",
            "c/d.json",
            "c/e.txt",
            "node_modules/x.yaml",
            ".git/x.yaml",
            "cache/CACHEDIR.TAG",
            "cache/x.yaml",
            ".hidden/x.yaml",
        ] {
            touch(dir, name, "namespace: n");
        }
        touch(dir, "c/other.yaml", "services: {}");
        std::os::unix::fs::symlink(".", dir.join("c/loop")).expect("linked");
        std::os::unix::fs::symlink("../a.yaml", dir.join("c/link.yaml")).expect("linked");
        let listing = listed(dir);
        assert_eq!(
            documents(dir, &listing),
            [
                ".hidden/x.yaml",
                "a.yaml",
                "b.yml",
                "c/d.json",
                "c/link.yaml"
            ]
        );
        assert_eq!(
            names(dir, &listing.skipped),
            [".git", "c/loop", "cache", "node_modules"]
        );
        assert_eq!(messages(&listing), [""; 0]);
    }

    #[test]
    fn below_a_document_that_cannot_be_read_nothing_is_entered() {
        let dir = tempfile::tempdir().expect("a directory");
        let dir = dir.path();
        touch(dir, "a/b/c.yaml", "namespace: c");
        touch(dir, "a/x.yaml", "namespace: x\n---\nnamespace: [");
        touch(dir, "a/y.yaml", "namespace: y");
        touch(dir, "d/e.yaml", "namespace: e");
        touch(dir, "d/node_modules/x.yaml", "namespace: [");
        touch(dir, "f.yaml/x", "");
        let listing = listed(dir);
        assert_eq!(
            documents(dir, &listing),
            ["a/x.yaml", "a/y.yaml", "d/e.yaml"]
        );
        assert_eq!(names(dir, &listing.skipped), ["a/b", "d/node_modules"]);
        let [message] = &messages(&listing)[..] else {
            panic!("{:?}", messages(&listing))
        };
        assert!(message.starts_with("the directories beside this document are not entered"));
        // Without subdirectories the document's own error suffices.
        fs::remove_dir_all(dir.join("a/b")).expect("removed");
        assert_eq!(messages(&listed(dir)), [""; 0]);
        // The same for a document that exceeds the size bound.
        touch(dir, "a/b/c.yaml", "namespace: c");
        touch(dir, "a/x.yaml", "namespace: x");
        assert_eq!(messages(&listed(dir)), [""; 0]);
        let big = fs::File::create(dir.join("a/data.json")).expect("made");
        big.set_len(MAX_DOCUMENT_BYTES as u64 + 1).expect("sized");
        assert_eq!(messages(&listed(dir)).len(), 1);
    }
}
