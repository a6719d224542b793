//! Where an entry's module comes from: its filesystem entry, its path and its hash.

use crate::module::{
    self, Digest, ExpectedHash, GivenBytes, MODULE_MAX, ModuleError, ModuleKey, Origin,
};
use crate::registry::{self, Entry, FsDirectory, Id, Registry, Source};

pub(super) fn settings(entry: &Entry) -> Result<&registry::Function, ModuleError> {
    let none = || ModuleError::Invalid("the entry has no module".to_owned());
    entry.function().ok_or_else(none)
}

/// What an entry says of its module.
pub(crate) fn module_key(registry: &Registry, entry: &Entry) -> Result<ModuleKey, ModuleError> {
    let settings = settings(entry)?;
    let origin = origin(registry, &settings.source)?;
    Ok((origin, settings.wit.clone()))
}

/// Where the bytes of an entry's module are.
///
/// # Errors
/// `Read` when the filesystem entry is none or its mode does not let files be read, and the errors
/// of a hash's form.
pub fn origin(registry: &Registry, source: &Source) -> Result<Origin, ModuleError> {
    let (fs, path, hash) = match source {
        Source::Text(text) => return Ok(Origin::Text(text.clone())),
        Source::Bytes(bytes) => return Ok(Origin::Bytes(GivenBytes(bytes.clone()))),
        Source::File { fs, path, hash } => (fs, path, hash),
    };
    Ok(Origin::File {
        directory: readable(registry, fs, path)?.directory.clone(),
        path: path.clone(),
        expected: ExpectedHash::parse(hash)?,
    })
}

/// The digest of a module's file as it is. Blocks.
///
/// # Errors
/// `Read`.
pub(crate) fn digest(registry: &Registry, fs: &Id, path: &str) -> Result<Digest, ModuleError> {
    let directory = &readable(registry, fs, path)?.directory;
    Ok(Digest::of(&module::read(directory, path, MODULE_MAX)?))
}

/// The filesystem entry that `path` is read from.
pub(crate) fn readable<'a>(
    registry: &'a Registry,
    fs: &Id,
    path: &str,
) -> Result<&'a FsDirectory, ModuleError> {
    let refused = |reason: String| ModuleError::Read {
        path: path.to_owned(),
        reason,
    };
    let entry = registry.get(fs);
    match entry.and_then(|entry| entry.fs_directory()) {
        Some(found) if found.mode.read => Ok(found),
        Some(_) => Err(refused(format!(
            "the mode of {fs} does not let files be read"
        ))),
        None => Err(refused(format!("{fs} is no filesystem"))),
    }
}
