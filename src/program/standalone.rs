//! A module without a project: what it may use is said beside it rather than in YAML, and it
//! becomes the one process of a registry of its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use crate::env::{EnvBinding, EnvStorage, EnvVariable, Environment, OsEnvironment};
use crate::host::PACKAGES;
use crate::host::embedder::HostPackage;
use crate::io_reason::io_reason;
use crate::module::{Capabilities, UnknownImport};
use crate::network::{Allow, Rule, RuleError};
use crate::registry::{
    COMMAND_LINE, Entry, FsDirectory, Function, Id, Kind, Lifecycle, Limits, Loaded, Mode, Mount,
    Node, Place, Pool, Process, Registry, Source, Spanned, Transport, Wasi, clean_guest_path,
};

/// The namespace of the entries that are made of a file and its options.
const NAMESPACE: &str = "file";
/// What every such module may use: nothing of these reaches files or the network.
const IMPORTS: [&str; 4] = ["wasi:cli", "wasi:io", "wasi:clocks", "wasi:random"];

/// A module by its bytes, with what it may use. It has `wasi:cli`, `wasi:io`, `wasi:clocks` and
/// `wasi:random`; the rest is granted one by one.
///
/// ```
/// use wippy::{Arguments, Runtime, Standalone};
///
/// # let dispatcher = wippy_dispatcher::Dispatcher::new()?;
/// let text = r#"(module (func (export "twice") (param i32) (result i32)
///     (i32.mul (local.get 0) (i32.const 2))))"#;
/// let module = Standalone::new("twice", text.as_bytes()).max_memory(1 << 20);
/// let id = module.id().to_string();
/// let runtime = Runtime::new(dispatcher.handle(), module.into_registry())?;
/// let doubled = dispatcher.block_on(runtime.call(&id, Arguments::Wave("21")))??;
/// assert_eq!(doubled, 42);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Standalone {
    name: String,
    bytes: Arc<[u8]>,
    method: String,
    imports: Vec<String>,
    directories: Vec<Directory>,
    env: BTreeMap<String, String>,
    allow: Option<Vec<Rule>>,
    max_execution_ms: Option<u64>,
    max_memory_bytes: Option<u64>,
}

/// Why a grant cannot be made.
///
/// ```
/// use wippy::{GrantError, Standalone};
///
/// let refused = Standalone::new("guest", b"".as_slice()).import("wasi:teleport");
/// assert!(matches!(refused, Err(GrantError::Import(_))));
/// ```
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum GrantError {
    /// The directory does not exist, is no directory or cannot be looked at.
    #[error("{0}")]
    Directory(String),
    /// The guest would see two directories under one path.
    #[error("two directories are {0} to the guest: give one another path, as HOST::GUEST")]
    GuestPath(String),
    /// A rule of the network that cannot be read.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// A name that no `imports` list has.
    #[error(transparent)]
    Import(#[from] UnknownImport),
}

/// A directory of the host that a guest sees, as `HOST`, `HOST::GUEST` or either with `:ro` behind.
///
/// Without `GUEST` the guest sees it at the host's path as it is written, from `/`: `data` is
/// `/data`, and `.` is `/`.
///
/// ```
/// use wippy::{Directory, Standalone};
///
/// # let host = tempfile::tempdir()?;
/// let directory: Directory = format!("{}::/data:ro", host.path().display()).parse()?;
/// let module = Standalone::new("guest", b"".as_slice()).directory(directory.clone())?;
/// // The guest sees one directory under each path.
/// assert!(module.directory(directory).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Directory {
    host: PathBuf,
    guest: String,
    read_only: bool,
}

impl FromStr for Directory {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Directory, Self::Err> {
        let (text, read_only) = match text.strip_suffix(":ro") {
            Some(text) => (text, true),
            None => (text, false),
        };
        let (host, guest) = text.split_once("::").unwrap_or((text, text));
        Ok(Directory {
            host: host.into(),
            guest: clean_guest_path(&format!("/{guest}")),
            read_only,
        })
    }
}

impl Standalone {
    /// A module of this name, which is its guest's `argv[0]`: a component or a core module, as a
    /// binary or as text.
    pub fn new(name: &str, bytes: impl Into<Arc<[u8]>>) -> Standalone {
        Standalone {
            name: name.to_owned(),
            bytes: bytes.into(),
            method: String::new(),
            imports: IMPORTS.map(str::to_owned).to_vec(),
            directories: Vec::new(),
            env: BTreeMap::new(),
            allow: None,
            max_execution_ms: None,
            max_memory_bytes: None,
        }
    }

    /// The ID of its entry.
    pub fn id(&self) -> Id {
        Id::new(NAMESPACE, self.name.clone())
    }

    /// Sets the export to call, as an entry's `method` names it. Otherwise it is `wasi:cli/run`, or
    /// else the only function that the module exports.
    pub fn method(mut self, method: &str) -> Standalone {
        self.method = method.to_owned();
        self
    }

    /// Lets it use a group or an interface, as an entry's `imports` names it.
    ///
    /// # Errors
    /// `Import`.
    pub fn import(mut self, name: &str) -> Result<Standalone, GrantError> {
        if let Some((_, unknown)) = Capabilities::unknown(&PACKAGES, [name]).next() {
            return Err(unknown.into());
        }
        self.imports.push(name.to_owned());
        Ok(self)
    }

    /// Lets it use all of an embedder's package, which the program has to be given as well
    /// ([`ProgramOptions::package`](crate::ProgramOptions::package)).
    pub fn import_package(mut self, package: &HostPackage) -> Standalone {
        self.imports.push(package.name().to_owned());
        self
    }

    /// Lets it see a directory, and use `wasi:filesystem`.
    ///
    /// # Errors
    /// `Directory` when the host's directory cannot be used, `GuestPath` when the guest has another
    /// directory at the same path.
    pub fn directory(mut self, directory: Directory) -> Result<Standalone, GrantError> {
        match std::fs::metadata(&directory.host) {
            Err(error) => return Err(GrantError::Directory(io_reason(&error, "directory"))),
            Ok(metadata) if !metadata.is_dir() => {
                return Err(GrantError::Directory("not a directory".to_owned()));
            }
            Ok(_) => {}
        }
        let mut others = self.directories.iter();
        if others.any(|other| other.guest == directory.guest) {
            return Err(GrantError::GuestPath(directory.guest));
        }
        self.directories.push(directory);
        self.import("wasi:filesystem")
    }

    /// Sets a variable of its environment, which is empty otherwise.
    pub fn env(mut self, name: &str, value: &str) -> Standalone {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Lets it reach what a rule of `network.allow` permits, and use `wasi:sockets` and `wasi:http`.
    /// What no rule permits is refused then.
    ///
    /// # Errors
    /// `Rule`.
    pub fn allow(mut self, rule: &str) -> Result<Standalone, GrantError> {
        let rule = rule.parse()?;
        self.allow.get_or_insert_default().push(rule);
        self.import("wasi:sockets")?.import("wasi:http")
    }

    /// Sets how long it may execute, in whole milliseconds; it is ended with
    /// [`DeadlineExceeded`](crate::CallErrorKind::DeadlineExceeded) then. Default: as long as it takes.
    pub fn max_time(mut self, time: Duration) -> Standalone {
        self.max_execution_ms = Some(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
        self
    }

    /// Sets the bytes of memory that it may take.
    pub fn max_memory(mut self, bytes: u64) -> Standalone {
        self.max_memory_bytes = Some(bytes);
        self
    }

    /// The same as a loaded project: that registry, and nothing besides.
    pub fn load(self) -> Loaded {
        Loaded::of(self.into_registry())
    }

    /// The registry in which it is the one process, under [`Standalone::id`]. Whether the bytes are
    /// a module is seen when that is loaded.
    pub fn into_registry(self) -> Registry {
        let id = self.id();
        let mut registry = Registry::default();
        let mut environment = Environment::new(OsEnvironment::default());
        let mut wasi = Wasi::default();

        let storage = Id::new(NAMESPACE, "env");
        environment.add_storage(storage.clone(), EnvStorage::Memory);
        for (number, (name, value)) in self.env.into_iter().enumerate() {
            let id = Id::new(NAMESPACE, format!("env.{number}"));
            let variable = EnvVariable {
                name: None,
                storage: storage.clone(),
                default: Some(value),
                readonly: true,
            };
            environment.add_variable(id.clone(), variable);
            let required = true;
            wasi.env.push(EnvBinding { id, name, required });
        }

        for (number, directory) in self.directories.into_iter().enumerate() {
            let fs = Id::new(NAMESPACE, format!("dir.{number}"));
            let kind = Kind::FsDirectory(FsDirectory {
                directory: directory.host,
                auto_init: false,
                mode: Mode::default(),
            });
            registry.add(entry(fs.clone(), kind));
            wasi.mounts.push(Mount {
                fs,
                guest: directory.guest,
                read_only: directory.read_only,
            });
        }
        wasi.network_allow = self.allow.map_or_else(Allow::everything, Allow::only);

        let place = place();
        let spanned = |value| Spanned {
            value,
            place: place.clone(),
        };
        let function = Function {
            source: Source::Bytes(self.bytes),
            method: self.method,
            wit: None,
            imports: self.imports.into_iter().map(spanned).collect(),
            pool: Pool::default(),
            transport: Transport::default(),
            limits: Limits {
                max_execution_ms: self.max_execution_ms,
                max_memory_bytes: self.max_memory_bytes,
                ..Limits::default()
            },
            wasi,
        };
        let command = None;
        registry.add(entry(id, Kind::ProcessWasm(Process { function, command })));
        registry.set_environment(environment);
        registry
    }
}

fn place() -> Place {
    Place::file(Path::new(COMMAND_LINE).into())
}

fn entry(id: Id, kind: Kind) -> Entry {
    Entry {
        id,
        meta: Node::empty(place()),
        config: Node::empty(place()),
        kind,
        lifecycle: Lifecycle::default(),
        place: place(),
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
