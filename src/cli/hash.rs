//! `wippy hash`: what an entry's `hash` field wants; with `--write` the fields themselves.

use std::fmt::Write;
use std::io::{BufRead, ErrorKind};

use rustix::stdio::{stderr, stdin};
use rustix::termios::isatty;
use serde_json::json;

use super::arguments::{Hash, Options};
use super::exit_status::{FAILED, USAGE};
use super::{inspect, output, report};
use crate::edits::{HashChange, hash_changes, write_hashes};
use crate::io_reason::io_reason;
use crate::module::Digest;
use crate::registry::{Id, Loaded, LookupError, Registry};

pub(super) fn main(options: &Options, hash: &Hash, load: impl FnOnce() -> Loaded) -> u8 {
    match hash.write {
        true => write(options, hash, load()),
        false => files(options, hash, load),
    }
}

fn files(options: &Options, hash: &Hash, load: impl FnOnce() -> Loaded) -> u8 {
    let (mut text, mut code) = (String::new(), 0);
    let mut load = Some(load);
    for path in &hash.what {
        match std::fs::read(path) {
            Ok(bytes) => {
                let _ = writeln!(text, "sha256:{}  {path}", Digest::of(&bytes));
            }
            Err(error) => {
                let reason = io_reason(&error, "file");
                let is_missing = error.kind() == ErrorKind::NotFound;
                // Only the first is looked up: the project is loaded once at most.
                let hint = match load.take_if(|_| is_missing && !inspect::is_path(path)) {
                    Some(load) => entry_hint(&load().registry, path),
                    None => String::new(),
                };
                report::message(&format!("{path}: {reason}{hint}"), options.json);
                code = USAGE;
            }
        }
    }
    output::print(&text, options.json, code)
}

/// What to do with a word that is no file: the entry that it names, or almost names.
fn entry_hint(registry: &Registry, word: &str) -> String {
    match registry.resolve(word) {
        Ok(entry) => written(&entry.id),
        Err(LookupError::Invalid { id, .. }) => written(&id),
        Err(LookupError::Unknown {
            nearest: Some(near),
            ..
        }) => format!(" (did you mean the entry {near}?)"),
        Err(_) => String::new(),
    }
}

fn written(id: &Id) -> String {
    format!(" ({id} is an entry: 'wippy hash --write {id}' writes its hash)")
}

/// Shows what would change, asks, and changes it.
fn write(options: &Options, hash: &Hash, loaded: Loaded) -> u8 {
    let json = options.json;
    if let Err(code) = report::project(&loaded, json) {
        return code;
    }
    let registry = &loaded.registry;
    let mut chosen = Vec::new();
    for name in &hash.what {
        let found = registry.resolve(name).map(|entry| &entry.id);
        match found {
            Ok(id) => chosen.push(id.clone()),
            // Its hash may be what it lacks.
            Err(LookupError::Invalid { id, .. }) => chosen.push(id),
            Err(error) => {
                report::message(&error.to_string(), json);
                return USAGE;
            }
        }
    }
    if hash.what.is_empty() {
        chosen.extend(registry.entries().map(|entry| entry.id.clone()));
        chosen.extend(registry.invalid_entries().map(|(id, _)| id.clone()));
    }
    let (changes, errors) = hash_changes(registry, chosen);
    report::diagnostics(&errors, json);
    let code = if errors.is_empty() { 0 } else { USAGE };
    if changes.is_empty() {
        let text = if json || code != 0 {
            ""
        } else {
            "all hashes are those of their files\n"
        };
        return output::print(text, json, code);
    }
    let shown = output::print(&text(&changes, json), json, 0);
    if shown != 0 {
        return shown;
    }
    if !hash.yes {
        if !isatty(stdin()) || !isatty(stderr()) {
            let text = "nothing is written: nobody can be asked here; --yes answers";
            report::message(text, json);
            return USAGE;
        }
        if !is_confirmed(changes.len()) {
            return FAILED;
        }
    }
    match write_hashes(&changes) {
        Ok(()) => code,
        Err(error) => {
            report::message(&error.to_string(), json);
            FAILED
        }
    }
}

fn text(changes: &[HashChange], json: bool) -> String {
    let mut text = String::new();
    for change in changes {
        let HashChange {
            entry,
            place,
            old,
            new,
        } = change;
        let _ = match json {
            true => {
                let line = json!({
                    "entry": entry.to_string(),
                    "file": place.file.display().to_string(),
                    "line": place.line,
                    "column": place.column,
                    "old": old,
                    "new": new,
                });
                writeln!(text, "{line}")
            }
            false if old.is_empty() => writeln!(text, "{place}: {entry}\n  + {new}"),
            false => writeln!(text, "{place}: {entry}\n  - {old}\n  + {new}"),
        };
    }
    text
}

/// Asks on the terminal.
fn is_confirmed(changes: usize) -> bool {
    let noun = if changes == 1 { "hash" } else { "hashes" };
    report::prompt(&format!("write {changes} {noun}? [y/N] "));
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
}
