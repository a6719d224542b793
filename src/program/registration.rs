//! How an entry that is made in code becomes one of a registry.

use std::path::Path;
use std::sync::Arc;

use super::directory::Directory;
use super::entry::{Entry, ModuleSource};
use super::entry_error::{EntryError, EntryErrorKind};
use crate::host::Packages;
use crate::id::Id;
use crate::module::{Capabilities, Digest, ExpectedHash, MODULE_MAX};
use crate::network::Allow;
use crate::registry::{
    self, COMMAND_LINE, FsDirectory, Function, Kind, Lifecycle, Mode, Mount, Node, Place, Process,
    Registry, Source, Spanned, Transport, Wasi,
};

/// The place of what is written in code.
const CODE: &str = "code";

/// Adds an entry to the registry of a program with these packages. Its ID. Blocks: it looks at directories,
/// and reads the module's file.
///
/// # Errors
/// See [`EntryErrorKind`]; the registry is as before then.
pub(super) fn add(
    entry: Entry,
    registry: &mut Registry,
    packages: &Packages,
) -> Result<Id, EntryError> {
    let name = entry.id.clone();
    add_checked(entry, registry, packages).map_err(|kind| kind.of(&name))
}

fn add_checked(
    entry: Entry,
    registry: &mut Registry,
    packages: &Packages,
) -> Result<Id, EntryErrorKind> {
    let id = Id::parse(&entry.id)?;
    if registry.has(&id) {
        return Err(EntryErrorKind::Duplicate);
    }
    let names = entry.imports.iter().map(String::as_str);
    if let Some((_, unknown)) = Capabilities::unknown(packages, names).next() {
        return Err(unknown.into());
    }
    check_directories(&entry.directories)?;
    let wasi = Wasi {
        args: entry.args.clone(),
        variables: variables(&entry)?,
        mounts: mounts(&id, &entry.directories),
        network_allow: allow(&entry)?,
        ..Wasi::default()
    };
    let bytes = module(&entry, registry)?;
    let place = place(&entry);
    for (mount, directory) in wasi.mounts.iter().zip(&entry.directories) {
        let kind = Kind::FsDirectory(FsDirectory {
            directory: directory.host.clone(),
            auto_init: false,
            mode: Mode::default(),
        });
        registry.add(registered(mount.fs.clone(), kind, &place));
        if !mount.read_only {
            registry.add_writable(&directory.host, &id);
        }
    }
    let spanned = |value| Spanned {
        value,
        place: place.clone(),
    };
    let function = Function {
        source: Source::Bytes(bytes),
        method: entry.method,
        wit: entry.wit,
        imports: entry.imports.into_iter().map(spanned).collect(),
        pool: entry.pool,
        transport: Transport::default(),
        limits: entry.limits,
        wasi,
    };
    let kind = match entry.is_process {
        true => Kind::ProcessWasm(Process {
            function,
            command: None,
        }),
        false => Kind::FunctionWasm(function),
    };
    registry.add(registered(id.clone(), kind, &place));
    Ok(id)
}

fn check_directories(directories: &[Directory]) -> Result<(), EntryErrorKind> {
    for (number, directory) in directories.iter().enumerate() {
        if let Some(reason) = directory.refusal() {
            let host = directory.host.clone();
            return Err(EntryErrorKind::Directory { host, reason });
        }
        let mut before = directories.iter().take(number);
        if before.any(|other| other.guest == directory.guest) {
            return Err(EntryErrorKind::GuestPath(directory.guest.clone()));
        }
    }
    Ok(())
}

/// The mounts of an entry, each of a filesystem that no document can name: a namespace holds no `:`.
fn mounts(id: &Id, directories: &[Directory]) -> Vec<Mount> {
    let mount = |(number, directory): (usize, &Directory)| Mount {
        fs: Id::new(id.to_string(), format!("dir.{number}")),
        guest: directory.guest.clone(),
        read_only: directory.read_only,
    };
    directories.iter().enumerate().map(mount).collect()
}

fn variables(entry: &Entry) -> Result<Vec<(String, String)>, EntryErrorKind> {
    let is_bad = |(name, value): &&(String, String)| {
        name.is_empty() || name.contains(['=', '\0']) || value.contains('\0')
    };
    match entry.env.iter().find(is_bad) {
        Some((name, _)) => Err(EntryErrorKind::Variable(name.clone())),
        None => Ok(entry.env.clone()),
    }
}

fn allow(entry: &Entry) -> Result<Allow, EntryErrorKind> {
    let Some(rules) = &entry.allow else {
        return Ok(Allow::everything());
    };
    let rules: Result<Vec<_>, _> = rules.iter().map(|rule| rule.parse()).collect();
    Ok(Allow::only(rules?))
}

/// The bytes of an entry's module.
fn module(entry: &Entry, registry: &Registry) -> Result<Arc<[u8]>, EntryErrorKind> {
    let bytes: Arc<[u8]> = match &entry.module {
        None => return Err(EntryErrorKind::NoModule),
        Some(ModuleSource::Bytes(bytes)) => bytes.clone(),
        Some(ModuleSource::File(path)) => {
            let refused = |reason| EntryErrorKind::File {
                path: path.clone(),
                reason,
            };
            // What guests may write is no module, unless it is the one that the hash says.
            let read = match entry.hash {
                Some(_) => registry.unguarded_read(path, MODULE_MAX),
                None => registry.guard().read(path, MODULE_MAX),
            };
            read.map_err(refused)?.into()
        }
    };
    if let Some(hash) = &entry.hash {
        let expected = ExpectedHash::parse(hash).map_err(EntryErrorKind::Hash)?;
        let verified = expected.verify(Digest::of(&bytes));
        verified.map_err(EntryErrorKind::Hash)?;
    }
    Ok(bytes)
}

fn place(entry: &Entry) -> Place {
    let file = match entry.is_of_command_line {
        true => COMMAND_LINE,
        false => CODE,
    };
    Place::file(Path::new(file).into())
}

fn registered(id: Id, kind: Kind, place: &Place) -> registry::Entry {
    registry::Entry {
        id,
        meta: Node::empty(place.clone()),
        config: Node::empty(place.clone()),
        kind,
        lifecycle: Lifecycle::default(),
        place: place.clone(),
    }
}
