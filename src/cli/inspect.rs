//! `wippy inspect`: what a component exports and imports, and the entry that would run it.

use std::path::Path;

use super::arguments::{Inspect, Options};
use super::{USAGE, output, report};
use crate::module::describe;
use crate::origin;
use crate::registry::{Loaded, Source};

pub(super) fn main(options: &Options, inspect: &Inspect, load: impl FnOnce() -> Loaded) -> u8 {
    match read(inspect, load).and_then(|module| text(&module, options.json)) {
        Ok(text) => output::print(&format!("{text}\n"), options.json, 0),
        Err(text) => {
            report::message(&text, options.json);
            USAGE
        }
    }
}

/// A module, and where it lies.
struct Module {
    bytes: Vec<u8>,
    wit: Option<String>,
    directory: String,
    file: String,
}

fn text(module: &Module, json: bool) -> Result<String, String> {
    let described = describe(&module.bytes, module.wit.as_deref())
        .map_err(|error| format!("{}: {error}", module.file))?;
    Ok(match json {
        true => described.to_json().to_string(),
        false => described.to_text(&module.directory, &module.file),
    })
}

/// A file that exists, or else an entry's.
fn read(inspect: &Inspect, load: impl FnOnce() -> Loaded) -> Result<Module, String> {
    let path = Path::new(&inspect.what);
    if path.is_file() {
        let wrong = |error: std::io::Error| format!("{}: {error}", path.display());
        let absolute = path.canonicalize().map_err(wrong)?;
        let directory = absolute.parent().unwrap_or(Path::new("/"));
        let file = absolute.file_name().unwrap_or_default();
        return Ok(Module {
            bytes: std::fs::read(path).map_err(wrong)?,
            wit: None,
            directory: directory.display().to_string(),
            file: file.to_string_lossy().into_owned(),
        });
    }
    let loaded = load();
    let entry = loaded
        .registry
        .resolve(&inspect.what)
        .map_err(|error| error.to_string())?;
    let function = entry
        .function()
        .ok_or_else(|| format!("a {} has no module", entry.kind_name()))?;
    let wrong = |error: crate::module::ModuleError| format!("{}: {error}", entry.id);
    let (_, bytes) = origin(&loaded.registry, &function.source)
        .and_then(|origin| origin.bytes())
        .map_err(wrong)?;
    let (directory, file) = match &function.source {
        Source::Text(_) | Source::Bytes(_) => (String::new(), entry.id.name.clone()),
        Source::File { fs, path, .. } => {
            let directory = loaded.registry.get(fs).and_then(|fs| fs.fs_directory());
            let directory = directory.map(|directory| directory.directory.display().to_string());
            (directory.unwrap_or_default(), path.clone())
        }
    };
    Ok(Module {
        bytes,
        wit: function.wit.clone(),
        directory,
        file,
    })
}
