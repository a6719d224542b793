//! A file instead of an entry: `wippy run FILE.wasm`, `wippy call FILE.wasm`.

use std::env::VarError;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::arguments::{Grants, Options};
use crate::io_reason::io_reason;
use crate::module::MODULE_MAX;
use crate::network::Rule;
use crate::program::{Entry, EntryErrorKind, Program};
use crate::registry::{Loaded, from_yaml};

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

/// What every module of the command line may use: nothing of these reaches files or the network.
const IMPORTS: [&str; 4] = ["wasi:cli", "wasi:io", "wasi:clocks", "wasi:random"];

/// The module of such a word with what it may use, as a process of the namespace `file`.
///
/// # Errors
/// A text that names the option.
pub(super) fn entry(word: &str, grants: &Grants) -> Result<Entry, String> {
    granted(word, grants, Entry::process)
}

/// The same as a function.
///
/// # Errors
/// A text that names the option.
pub(super) fn function(word: &str, grants: &Grants) -> Result<Entry, String> {
    granted(word, grants, Entry::function)
}

fn granted(word: &str, grants: &Grants, kind: fn(&str) -> Entry) -> Result<Entry, String> {
    let name = Path::new(word).file_name().unwrap_or_default();
    let id = format!("file:{}", name.to_string_lossy());
    let module = kind(&id).of_command_line();
    let module = module.bytes(read(word, MODULE_MAX)?);
    let mut module = IMPORTS.into_iter().fold(module, Entry::import);
    for text in &grants.directories {
        if text.contains("::") && text.ends_with(":rw") {
            let hint = dir_hint(text);
            return Err(format!(
                "--dir {text}: only `:ro` may stand at the end{hint}"
            ));
        }
        let Ok(directory) = text.parse();
        let granted = checked(module.directory(directory));
        module = granted.map_err(|error| format!("--dir {text}: {error}{}", dir_hint(text)))?;
    }
    for text in &grants.env {
        let granted = match text.split_once('=') {
            Some((name, value)) => module.env(name, value),
            None => module.env(text, &own_variable(text)?),
        };
        module = checked(granted).map_err(|error| format!("--env {text}: {error}"))?;
    }
    for text in &grants.allow {
        let granted = checked(module.allow(text));
        module = granted.map_err(|error| match rule_of_url(text) {
            Some(rule) => format!("--allow {text}: a rule is no URL; give --allow {rule}"),
            None => format!("--allow {text}: {error}"),
        })?;
    }
    for text in &grants.imports {
        let granted = checked(module.import(text));
        module = granted.map_err(|error| format!("--import {text}: {error}"))?;
    }
    if let Some(milliseconds) = grants.max_time {
        module = module.max_execution(Duration::from_millis(milliseconds));
    }
    if let Some(bytes) = grants.max_memory {
        module = module.max_memory(bytes);
    }
    Ok(module)
}

/// The entry, where it can be one of a program.
fn checked(entry: Entry) -> Result<Entry, EntryErrorKind> {
    match Program::builder().entry(entry.clone()).registry() {
        Ok(_) => Ok(entry),
        Err(error) => Err(error.kind),
    }
}

/// A file's entry as a loaded project, with the settings of the command line: `--config`, `--profile`,
/// `--set`. What is wrong with those is among its diagnostics.
///
/// # Errors
/// A text that names the entry, or the option that a file cannot have.
pub(super) fn load(entry: Entry, options: &Options) -> Result<Loaded, String> {
    if let Some(text) = options.overrides.first() {
        return Err(format!(
            "-o {text}: overrides change what a project's YAML says; what a file may use is said by options \
             such as --env, --dir and --allow"
        ));
    }
    let registry = Program::builder().entry(entry).registry();
    let registry = registry.map_err(|error| error.to_string())?;
    Ok(Loaded {
        registry,
        // A project without entries.
        ..from_yaml("", None, &options.load_options())
    })
}

/// The value of a variable of this program's environment.
fn own_variable(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|error| match error {
        VarError::NotPresent => {
            format!("--env {name}: it is not set here; give its value, --env {name}=VALUE")
        }
        VarError::NotUnicode(_) => format!("--env {name}: its value here is not UTF-8"),
    })
}

/// What was probably meant by the value of a `--dir` that is no directory.
fn dir_hint(text: &str) -> String {
    let is_module = text.ends_with(".wasm") || text.ends_with(".wat");
    let (path, is_writable) = match text.strip_suffix(":rw") {
        Some(path) => (path, true),
        None => (text, false),
    };
    let two_colons = path
        .split_once(':')
        .filter(|(_, guest)| !path.contains("::") && *guest != "ro")
        .map(|(host, guest)| format!("{host}::{guest}"));
    let hint = match (two_colons, is_writable) {
        _ if is_module => "a module stands behind the options: --dir DIR FILE".to_owned(),
        (Some(path), false) => {
            format!("the guest's path stands behind two colons: --dir {path}")
        }
        (path_of_guest, true) => {
            let path = path_of_guest.as_deref().unwrap_or(path);
            format!("without `:ro` it may be written already: --dir {path}")
        }
        (None, false) => return String::new(),
    };
    format!(" ({hint})")
}

/// The rule that permits requests to a URL.
fn rule_of_url(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let port = match scheme {
        "http" => 80,
        "https" => 443,
        _ => return None,
    };
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let has_port = host.rsplit(':').next()?.parse::<u16>().is_ok() && host.contains(':');
    let rule = match has_port {
        true => format!("{scheme}:{host}"),
        false => format!("{scheme}:{host}:{port}"),
    };
    rule.parse::<Rule>().is_ok().then_some(rule)
}

/// Refuses options that are for a file where an entry is meant, which says itself what it may use.
///
/// # Errors
/// A text that says so.
pub(super) fn refuse(grants: &Grants) -> Result<(), String> {
    match grants.first() {
        Some(option) => {
            let hint = grants.directories.last().map(|text| dir_hint(text));
            let hint = hint.unwrap_or_default();
            Err(format!(
                "{option} is for a file, such as ./x.wasm; an entry's YAML says what it may use{hint}"
            ))
        }
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
        Ok(0) => Err(format!("{name} is empty; a module is expected there")),
        Ok(_) if bytes.len() as u64 > most => Err(format!("{name}: larger than {most} bytes")),
        Ok(_) => Ok(bytes.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::{is_file, rule_of_url};

    #[test]
    fn the_rule_of_a_url_has_a_host_and_a_port() {
        for (url, rule) in [
            ("https://example.com/a?b#c", Some("https:example.com:443")),
            ("http://user@localhost:8080", Some("http:localhost:8080")),
            ("http://[::1]/", Some("http:[::1]:80")),
            ("http://[::1]:81/", Some("http:[::1]:81")),
            ("ftp://example.com", None),
            ("https://", None),
            ("https:example.com:443", None),
        ] {
            assert_eq!(rule_of_url(url).as_deref(), rule, "{url}");
        }
    }

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
