//! A file instead of an entry: `wippy run FILE.wasm`, `wippy call FILE.wasm`.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use super::arguments::Grants;
use crate::Standalone;
use crate::io_reason::io_reason;
use crate::module::MODULE_MAX;

/// The word for standard input.
pub(super) const STDIN: &str = "-";

/// Whether a word means a file, or standard input, rather than an entry or a command: a path that
/// begins with `/`, `./` or `../`; a name that ends in `.wasm` or `.wat`, or that holds a `/` and is
/// there. A full ID is never one.
pub(super) fn is_file(word: &str) -> bool {
    let is_path = ["/", "./", "../"]
        .iter()
        .any(|start| word.starts_with(start));
    let is_module = || word.ends_with(".wasm") || word.ends_with(".wat");
    let is_there = || word.contains('/') && Path::new(word).is_file();
    word == STDIN || is_path || (!word.contains(':') && (is_module() || is_there()))
}

/// The module of such a word with what it may use.
///
/// # Errors
/// A text that names the option.
pub(super) fn standalone(word: &str, grants: &Grants) -> Result<Standalone, String> {
    let name = Path::new(word).file_name().unwrap_or_default();
    let mut module = Standalone::new(&name.to_string_lossy(), read(word, MODULE_MAX)?);
    for text in &grants.directories {
        let Ok(directory) = text.parse();
        let granted = module.directory(directory);
        module = granted.map_err(|error| format!("--dir {text}: {error}"))?;
    }
    for text in &grants.env {
        module = match text.split_once('=') {
            Some((name, value)) => module.env(name, value),
            None => {
                let value =
                    std::env::var(text).map_err(|error| format!("--env {text}: {error}"))?;
                module.env(text, &value)
            }
        };
    }
    for text in &grants.allow {
        let granted = module.allow(text);
        module = granted.map_err(|error| format!("--allow {text}: {error}"))?;
    }
    for text in &grants.imports {
        let granted = module.import(text);
        module = granted.map_err(|error| format!("--import {text}: {error}"))?;
    }
    if let Some(bytes) = grants.max_memory {
        module = module.max_memory(bytes);
    }
    Ok(module)
}

/// Refuses options that are for a file where an entry is meant, which says itself what it may use.
///
/// # Errors
/// A text that says so.
pub(super) fn refuse(grants: &Grants) -> Result<(), String> {
    match grants.first() {
        Some(option) => Err(format!(
            "{option} is for a file, such as ./x.wasm; an entry's YAML says what it may use"
        )),
        None => Ok(()),
    }
}

/// A file's bytes, or those of standard input; `most` at most.
///
/// # Errors
/// A text that names the file.
pub(super) fn read(word: &str, most: u64) -> Result<Arc<[u8]>, String> {
    let (mut bytes, limit) = (Vec::new(), most.saturating_add(1));
    let read = match word {
        STDIN => std::io::stdin().take(limit).read_to_end(&mut bytes),
        path => std::fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes)),
    };
    let name = match word {
        STDIN => "standard input",
        path => path,
    };
    match read {
        Err(error) => Err(format!("{name}: {}", io_reason(&error, "file"))),
        Ok(_) if bytes.len() as u64 > most => Err(format!("{name}: larger than {most} bytes")),
        Ok(_) => Ok(bytes.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::is_file;

    #[test]
    fn a_word_is_a_file_an_id_or_a_name() {
        for word in ["-", "a.wasm", "a.wat", "src/lib.rs", "./a:b", "../x", "/x"] {
            assert!(is_file(word), "{word}");
        }
        for word in ["add", "app:add", "app:x/y.wasm", "x/y", "list"] {
            assert!(!is_file(word), "{word}");
        }
    }
}
