//! Where a module's bytes come from: a file within its filesystem entry's sandbox, or text.

use std::hash::{Hash, Hasher};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use cap_std::ambient_authority;
use cap_std::fs::Dir;

use super::core::{self, CoreExports};
use super::{ComponentInterface, Digest, ExpectedHash, ModuleError, to_binary};
use crate::host::Packages;
use crate::io_reason::io_reason;

/// The largest module that is read, in bytes.
pub const MODULE_MAX: u64 = 256 << 20;

/// What an entry says of its module.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Origin {
    /// A file, and the hash that it must have.
    File {
        /// The root of the filesystem entry.
        directory: PathBuf,
        /// The path below it.
        path: String,
        /// The hash that the entry names.
        expected: ExpectedHash,
    },
    /// Text in the entry itself.
    Text(String),
    /// The bytes themselves: a binary, or text.
    Bytes(GivenBytes),
}

/// A module that is given as bytes, in the keys of tables.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GivenBytes(pub Arc<[u8]>);

impl Hash for GivenBytes {
    /// Not of all of them, which takes milliseconds where they are many: different modules of one
    /// length are rare, and told apart by comparing them.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.len().hash(state);
    }
}

/// A module that was read, compared with its hash, and decoded.
#[derive(Debug)]
pub struct Module {
    /// What is compiled, until it is.
    code: Mutex<Option<Binary>>,
    /// The hash of it, by which compiled modules are shared.
    digest: Digest,
    /// The exports of a core module that stays one: it uses preview 1, or is a command of it.
    pub core: Option<CoreExports>,
    /// Functions of a core module that only `wit` lines could give a type.
    pub untyped: Vec<String>,
    /// What it exports and imports.
    pub interface: ComponentInterface,
}

/// What is compiled of a module.
#[derive(Clone, Debug)]
pub enum Binary {
    /// A component.
    Component(Hashed),
    /// A core module, and a component that gives the types of its exports.
    Core {
        /// The module.
        module: Hashed,
        /// The component.
        types: Hashed,
    },
}

/// Bytes, and the hash by which what is compiled of them is kept.
#[derive(Clone, Debug)]
pub struct Hashed {
    /// The bytes.
    pub bytes: Arc<[u8]>,
    /// Their hash.
    pub digest: Digest,
}

impl Hashed {
    fn of(bytes: Vec<u8>) -> Hashed {
        Hashed {
            digest: Digest::of(&bytes),
            bytes: bytes.into(),
        }
    }
}

/// What an entry says of its module: where it is, and its `wit` lines.
pub type ModuleKey = (Origin, Option<String>);

impl Module {
    fn of_component(
        bytes: Vec<u8>,
        digest: Digest,
        untyped: Vec<String>,
        packages: &Packages,
    ) -> Result<Module, ModuleError> {
        Ok(Module {
            interface: ComponentInterface::of(&bytes, packages)?,
            code: Mutex::new(Some(Binary::Component(Hashed {
                bytes: bytes.into(),
                digest,
            }))),
            digest,
            core: None,
            untyped,
        })
    }

    /// A core module, with the entry's `wit` lines.
    ///
    /// # Errors
    /// `Wit`, `Invalid`.
    pub(super) fn of_core(
        bytes: &[u8],
        wit: Option<&str>,
        packages: &Packages,
    ) -> Result<Module, ModuleError> {
        let loaded = core::load(bytes, wit)?;
        let digest = Digest::of(&loaded.bytes);
        let Some(native) = loaded.native else {
            return Module::of_component(loaded.bytes, digest, loaded.untyped, packages);
        };
        let interface =
            ComponentInterface::of_core(&loaded.bytes, &native.types, native.imports, packages)?;
        let module = Hashed {
            bytes: loaded.bytes.into(),
            digest,
        };
        let types = Hashed::of(native.types);
        // The same module with other types is another one.
        let both = [digest, types.digest].map(|digest| digest.to_string());
        Ok(Module {
            interface,
            code: Mutex::new(Some(Binary::Core { module, types })),
            digest: Digest::of(both.concat().as_bytes()),
            core: Some(native.exports),
            untyped: loaded.untyped,
        })
    }

    /// The hash of its binary.
    pub(crate) fn digest(&self) -> Digest {
        self.digest
    }

    /// What is compiled, until it is.
    pub(crate) fn code(&self) -> Option<Binary> {
        self.code
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Frees its binary.
    pub(crate) fn forget_code(&self) {
        self.code
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
    }
}

impl Origin {
    /// The module: the bytes that were hashed, or what they are loaded as if they are a core module,
    /// with the entry's `wit` lines. Its imports are compared with these packages. Blocks.
    ///
    /// # Errors
    /// `Read`, `HashMismatch`, `Wit`, `Invalid`.
    pub fn load(self, wit: Option<&str>, packages: &Packages) -> Result<Module, ModuleError> {
        let (digest, bytes) = self.bytes()?;
        if !bytes.starts_with(b"\0asm") {
            let text = "it does not begin like WebAssembly".to_owned();
            return Err(ModuleError::Invalid(text));
        }
        match core::is_core(&bytes) {
            true => Module::of_core(&bytes, wit, packages),
            false => Module::of_component(bytes, digest, Vec::new(), packages),
        }
    }

    /// The bytes as they are, once they have the right hash, and that hash. Blocks.
    ///
    /// # Errors
    /// `Read`, `HashMismatch`, `Invalid` for text that is none.
    pub fn bytes(self) -> Result<(Digest, Vec<u8>), ModuleError> {
        match self {
            Origin::File {
                directory,
                path,
                expected,
            } => {
                let bytes = read(&directory, &path, MODULE_MAX)?;
                let digest = Digest::of(&bytes);
                expected.verify(digest)?;
                Ok((digest, bytes))
            }
            Origin::Text(text) => {
                let bytes = to_binary(&text)?;
                Ok((Digest::of(&bytes), bytes))
            }
            Origin::Bytes(GivenBytes(bytes)) if bytes.starts_with(b"\0") => {
                Ok((Digest::of(&bytes), bytes.to_vec()))
            }
            Origin::Bytes(GivenBytes(bytes)) => match std::str::from_utf8(&bytes) {
                Ok(text) => Origin::Text(text.to_owned()).bytes(),
                Err(_) => Err(ModuleError::Invalid(
                    "it is neither WebAssembly nor its text".to_owned(),
                )),
            },
        }
    }
}

/// Reads the file at `path` below `directory`, once. A leading `/` means the directory itself;
/// neither `..` nor a symbolic link leads out of it. A file of more than `most` bytes is refused.
/// Blocks.
///
/// # Errors
/// `Read`, with what the system or the sandbox said.
pub fn read(directory: &Path, path: &str, most: u64) -> Result<Vec<u8>, ModuleError> {
    let refuse = |reason: String| ModuleError::Read {
        path: path.to_owned(),
        reason,
    };
    let root = Dir::open_ambient_dir(directory, ambient_authority()).map_err(|error| {
        refuse(format!(
            "{}: {}",
            directory.display(),
            io_reason(&error, "directory")
        ))
    })?;
    let inside = match path.trim_start_matches('/') {
        "" => ".",
        inside => inside,
    };
    let metadata = root
        .metadata(inside)
        .map_err(|error| refuse(io_reason(&error, "file")))?;
    if !metadata.is_file() {
        return Err(refuse("not a regular file".to_owned()));
    }
    let file = root
        .open(inside)
        .map_err(|error| refuse(io_reason(&error, "file")))?;
    tracing::debug!(target: "read", "{}", directory.join(inside).display());
    let expected = usize::try_from(metadata.len().min(most)).unwrap_or_default();
    // One more, so that its end is found without more room.
    let mut bytes = Vec::with_capacity(expected + 1);
    let read = file.take(most.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|error| refuse(io_reason(&error, "file")))?;
    if bytes.len() as u64 > most {
        return Err(refuse(format!("larger than {most} bytes")));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(directory: &Path, path: &str) -> String {
        match read(directory, path, MODULE_MAX) {
            Ok(_) => "read".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_module_stays_inside_its_filesystem() {
        let outer = tempfile::tempdir().expect("a directory");
        let inner = outer.path().join("inner");
        std::fs::create_dir(&inner).expect("a directory");
        std::fs::write(outer.path().join("secret"), "x").expect("a file");
        std::fs::write(inner.join("ok"), "x").expect("a file");
        std::os::unix::fs::symlink("../secret", inner.join("link")).expect("a link");
        assert_eq!(reason(&inner, "ok"), "read");
        assert_eq!(reason(&inner, "/ok"), "read");
        assert_ne!(reason(&inner, "../secret"), "read");
        assert_ne!(reason(&inner, "link"), "read");
        assert!(reason(&inner, "/").contains("not a regular file"));
        assert!(reason(&inner, "none").contains("cannot read none: "));
        assert!(reason(&outer.path().join("nowhere"), "ok").contains("nowhere"));
    }
}
