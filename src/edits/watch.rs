//! Waiting for a change of files, through inotify on a dispatcher.

use std::collections::{BTreeSet, HashMap};
use std::ffi::OsStr;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::inotify::{self, CreateFlags, Event, ReadFlags, Reader, WatchFlags};
use rustix::io::Errno;
use wippy_dispatcher::{Error, Handle, Interest, Source};

use crate::registry::Inputs;

/// What changes the contents of a directory or of a file in it.
const CHANGES: WatchFlags = WatchFlags::CLOSE_WRITE
    .union(WatchFlags::CREATE)
    .union(WatchFlags::DELETE)
    .union(WatchFlags::MOVE);

/// Watches a project's inputs. It lives on its dispatcher's thread.
///
/// ```
/// use wippy::project::{LoadOptions, Watcher, load, new_project};
///
/// # let dispatcher = wippy_dispatcher::Dispatcher::new()?;
/// # let dir = tempfile::tempdir()?;
/// new_project(dir.path())?;
/// let inputs = load(dir.path(), &LoadOptions::default()).inputs();
/// let watcher = Watcher::new(&dispatcher.handle(), &inputs)?;
/// std::fs::write(dir.path().join("more.yaml"), "")?;
/// let changed = dispatcher.block_on(watcher.changed())??;
/// assert!(changed.ends_with("more.yaml"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Watcher {
    source: Source<OwnedFd>,
    directories: HashMap<i32, Directory>,
}

/// A directory that is watched.
#[derive(Default, Debug)]
struct Directory {
    path: PathBuf,
    /// Whether any document in it matters, and any directory.
    holds_documents: bool,
    /// What else in it matters.
    names: BTreeSet<Box<OsStr>>,
}

impl Watcher {
    /// Watches from now on: what changed before is not seen. A file that is not there is seen when it
    /// appears. Blocks for as long as the system takes to look at the paths.
    ///
    /// # Errors
    /// `Io` when the kernel cannot watch a directory, because its bounds on watches are reached or the
    /// directory cannot be read; `Simulated`, `TooManySources`, `WrongThread` and `Closed` of the
    /// dispatcher.
    pub fn new(handle: &Handle, inputs: &Inputs) -> Result<Watcher, Error> {
        let fd = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        let mut directories: HashMap<i32, Directory> = HashMap::new();
        let mut watch = |path: PathBuf| -> io::Result<i32> {
            let added = inotify::add_watch(&fd, &path, CHANGES | WatchFlags::ONLYDIR);
            let number = added.map_err(|errno| match errno {
                Errno::NOSPC => io::Error::other(
                    "no inotify watch is left: raise the bound with \
                     'sysctl fs.inotify.max_user_watches=N'",
                ),
                errno => errno.into(),
            })?;
            directories.entry(number).or_default().path = path;
            Ok(number)
        };
        let mut names = Vec::new();
        for file in &inputs.files {
            // The file, and what it is a link to.
            let target = file.canonicalize().ok();
            for path in [Some(file.clone()), target].into_iter().flatten() {
                if let Some((directory, name)) = nearest(&path) {
                    names.push((watch(directory)?, name));
                }
            }
        }
        let mut listed = Vec::new();
        for directory in &inputs.directories {
            // One that is gone by now was in another that is watched.
            if let Ok(directory) = directory.canonicalize() {
                listed.push(watch(directory)?);
            }
        }
        for (number, name) in names {
            directories.entry(number).or_default().names.insert(name);
        }
        for number in listed {
            directories.entry(number).or_default().holds_documents = true;
        }
        let source = Source::with_interest(handle, fd, Interest::Readable);
        Ok(Watcher {
            source: source?,
            directories,
        })
    }

    /// Waits until one of the inputs has changed, and says which.
    ///
    /// # Errors
    /// `Io` when the kernel refuses to report changes; `WrongThread` and `Closed` of the dispatcher.
    pub async fn changed(&self) -> Result<PathBuf, Error> {
        let take = |fd: &OwnedFd| {
            let mut buffer = [MaybeUninit::uninit(); 4096];
            let mut reader = Reader::new(fd, &mut buffer);
            loop {
                if let Some(path) = self.input(&reader.next()?) {
                    return Ok(path);
                }
            }
        };
        self.source.attempt(Interest::Readable, take).await
    }

    /// The input that an event is about.
    fn input(&self, event: &Event<'_>) -> Option<PathBuf> {
        if event.events().contains(ReadFlags::QUEUE_OVERFLOW) {
            // Any of them.
            return Some(PathBuf::from("."));
        }
        let directory = self.directories.get(&event.wd())?;
        let name = OsStr::from_bytes(event.file_name()?.to_bytes());
        let is_new = directory.holds_documents
            && (event.events().contains(ReadFlags::ISDIR) || is_document(Path::new(name)));
        (is_new || directory.names.contains(name)).then(|| directory.path.join(name))
    }
}

fn is_document(path: &Path) -> bool {
    let extension = path.extension().and_then(OsStr::to_str);
    matches!(extension, Some("yaml" | "yml" | "json"))
}

/// The directory nearest to a path that is there, and the name in it that leads to the path.
fn nearest(path: &Path) -> Option<(PathBuf, Box<OsStr>)> {
    let mut path = path;
    loop {
        let parent = match path.parent()? {
            parent if parent.as_os_str().is_empty() => Path::new("."),
            parent => parent,
        };
        match parent.canonicalize() {
            Ok(directory) if directory.is_dir() => {
                return Some((directory, path.file_name()?.into()));
            }
            _ => path = parent,
        }
    }
}
