//! `wippy inspect`: what a component exports and imports, and the entry that would run it; of an HTTP entry its routes.

use std::path::Path;

use super::arguments::{Inspect, Options};
use super::exit_status::USAGE;
use super::{output, report, routes};
use crate::host::PACKAGES;
use crate::module::{Location, ModuleError, describe, to_binary};
use crate::program::origin;
use crate::registry::{Loaded, LookupError, Source, with_article};

/// How binary modules begin; anything else is text.
const BINARY: &[u8] = b"\0asm";

pub(super) fn main(options: &Options, inspect: &Inspect, load: impl FnOnce() -> Loaded) -> u8 {
    let what = read(inspect, load, options.json);
    let text = what.and_then(|what| match what {
        Inspected::Module(module) => text(&module, &inspect.what, options.json),
        Inspected::Routes(text) => Ok(text),
    });
    match text {
        Ok(text) => output::print(&text, options.json, 0),
        Err(text) => {
            report::message(&text, options.json);
            USAGE
        }
    }
}

/// What the word on the command line means.
enum Inspected {
    Module(Module),
    /// An HTTP entry's, as text.
    Routes(String),
}

/// A module, and where it lies.
struct Module {
    bytes: Vec<u8>,
    wit: Option<String>,
    place: Place,
}

enum Place {
    File {
        directory: String,
        file: String,
        text: bool,
    },
    Entry {
        name: String,
        source: String,
    },
}

impl Module {
    fn location(&self) -> Location<'_> {
        match &self.place {
            Place::File {
                directory,
                file,
                text,
            } => Location::File {
                directory,
                file,
                text: *text,
            },
            Place::Entry { name, source } => Location::Entry { name, source },
        }
    }
}

fn text(module: &Module, name: &str, json: bool) -> Result<String, String> {
    let described = describe(&module.bytes, module.wit.as_deref(), &PACKAGES)
        .map_err(|error| format!("{name}: {error}"))?;
    Ok(match json {
        true => format!("{}\n", described.to_json()),
        false => described.to_text(&module.location()),
    })
}

/// A file that exists, or else an entry's.
fn read(inspect: &Inspect, load: impl FnOnce() -> Loaded, json: bool) -> Result<Inspected, String> {
    let path = Path::new(&inspect.what);
    if path.is_file() {
        let module = read_file(path).map_err(|error| format!("{}: {error}", path.display()))?;
        return Ok(Inspected::Module(module));
    }
    let loaded = load();
    let entry = loaded
        .registry
        .resolve(&inspect.what)
        .map_err(|error| match error {
            LookupError::Unknown { .. } if path.is_dir() => {
                format!("{} is a directory", path.display())
            }
            LookupError::Unknown { .. } if is_path(&inspect.what) => {
                format!("{}: no such file", path.display())
            }
            error => error.to_string(),
        })?;
    if routes::has_routes(entry) {
        let of = routes::Of::Entry(&entry.id);
        return Ok(Inspected::Routes(routes::text(&loaded.registry, &of, json)));
    }
    let function = entry
        .function()
        .ok_or_else(|| format!("{} has no module", with_article(entry.kind_name())))?;
    let wrong = |error: ModuleError| format!("{}: {error}", entry.id);
    let (_, bytes) = origin(&loaded.registry, &function.source)
        .and_then(|origin| origin.bytes())
        .map_err(wrong)?;
    let place = match &function.source {
        Source::Text(source) => Place::Entry {
            name: entry.id.name.clone(),
            source: source.clone(),
        },
        // No YAML has them.
        Source::Bytes(_) => return Err(format!("{} has no file", entry.id)),
        Source::File { fs, path, .. } => {
            let directory = loaded.registry.get(fs).and_then(|fs| fs.fs_directory());
            let directory = directory.map(|directory| directory.directory.display().to_string());
            Place::File {
                directory: directory.unwrap_or_default(),
                file: path.clone(),
                text: false,
            }
        }
    };
    Ok(Inspected::Module(Module {
        bytes,
        wit: function.wit.clone(),
        place,
    }))
}

fn read_file(path: &Path) -> Result<Module, String> {
    let wrong = |error: std::io::Error| error.to_string();
    let absolute = path.canonicalize().map_err(wrong)?;
    let directory = absolute.parent().unwrap_or(Path::new("/"));
    let file = absolute.file_name().unwrap_or_default();
    let mut bytes = std::fs::read(path).map_err(wrong)?;
    let text = match str::from_utf8(&bytes) {
        Ok(text) if !bytes.starts_with(BINARY) => {
            let binary = to_binary(text).map_err(|error| error.to_string())?;
            bytes = binary;
            true
        }
        _ => false,
    };
    Ok(Module {
        bytes,
        wit: None,
        place: Place::File {
            directory: directory.display().to_string(),
            file: file.to_string_lossy().into_owned(),
            text,
        },
    })
}

/// Whether a name that no entry has was meant to be a file's.
pub(super) fn is_path(name: &str) -> bool {
    name.contains('/') || name.ends_with(".wasm") || name.ends_with(".wat")
}
