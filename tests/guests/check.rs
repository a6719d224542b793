//! Compares the committed guests with `manifest.json`: does each component belong to the sources beside it?
//! Needs no guest toolchain. `build` writes the manifest and computes the same digests with `sha256sum`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};

/// Folders of `tests/guests` that are no guest by themselves.
const SHARED: [&str; 5] = ["components", "optional", "support", "target", "wit"];

/// Everything that is wrong with the guests below `guests` (the folder `tests/guests`), a sentence each; empty
/// where all is well. An unreadable file is such a sentence too.
#[must_use]
pub fn mismatches(guests: &Path) -> Vec<String> {
    let entries = match manifest(&guests.join("manifest.json")) {
        Ok(entries) => entries,
        Err(problem) => return vec![problem],
    };
    let mut found: Vec<String> = entries
        .iter()
        .flat_map(|entry| [entry.check_sources(guests), entry.check_component(guests)])
        .filter_map(Result::err)
        .collect();
    found.extend(
        unlisted(guests, &entries)
            .unwrap_or_else(|error| vec![format!("{}: {error}", guests.display())]),
    );
    found
}

/// One guest of the manifest.
struct Entry {
    name: String,
    sources: Vec<String>,
    sources_sha256: String,
    component_sha256: String,
}

impl Entry {
    fn from_json(name: &str, value: &Value) -> Option<Self> {
        let text = |key: &str| value.get(key)?.as_str().map(str::to_owned);
        let sources = value.get("sources")?.as_array()?;
        Some(Self {
            name: name.to_owned(),
            sources: sources
                .iter()
                .map(|path| path.as_str().map(str::to_owned))
                .collect::<Option<_>>()?,
            sources_sha256: text("sources_sha256")?,
            component_sha256: text("component_sha256")?,
        })
    }

    fn check_sources(&self, guests: &Path) -> Result<(), String> {
        let actual = sources_digest(guests, &self.sources).map_err(|(path, error)| {
            format!("{}: source {}: {error}", self.name, path.display())
        })?;
        if actual == self.sources_sha256 {
            return Ok(());
        }
        Err(format!(
            "{}: the sources changed since the component was built; run tests/guests/build",
            self.name
        ))
    }

    fn check_component(&self, guests: &Path) -> Result<(), String> {
        let path = guests
            .join("components")
            .join(format!("{}.wasm", self.name));
        let bytes =
            fs::read(&path).map_err(|error| format!("{}: component: {error}", self.name))?;
        let actual = hex(&Sha256::digest(&bytes));
        if actual == self.component_sha256 {
            return Ok(());
        }
        Err(format!(
            "{}: the component is {actual}, the manifest says {}",
            self.name, self.component_sha256
        ))
    }
}

fn manifest(path: &Path) -> Result<Vec<Entry>, String> {
    let said = |problem: &dyn std::fmt::Display| format!("{}: {problem}", path.display());
    let text = fs::read_to_string(path).map_err(|error| said(&error))?;
    let value: Value = serde_json::from_str(&text).map_err(|error| said(&error))?;
    let guests = value
        .as_object()
        .ok_or_else(|| said(&"not an object of guests"))?;
    guests
        .iter()
        .map(|(name, entry)| {
            Entry::from_json(name, entry)
                .ok_or_else(|| said(&format_args!("malformed entry {name}")))
        })
        .collect()
}

/// Components without an entry, and guest folders that no entry was built from.
fn unlisted(guests: &Path, entries: &[Entry]) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    for name in names(&guests.join("components"))? {
        let listed = name
            .strip_suffix(".wasm")
            .is_some_and(|stem| entries.iter().any(|entry| entry.name == stem));
        if !listed {
            found.push(format!("components/{name} has no entry in the manifest"));
        }
    }
    for name in names(guests)? {
        let is_guest = guests.join(&name).is_dir() && !SHARED.contains(&name.as_str());
        if is_guest && !entries.iter().any(|entry| entry.sources.contains(&name)) {
            found.push(format!("{name}/ belongs to no entry of the manifest"));
        }
    }
    Ok(found)
}

/// The names in a folder, sorted.
fn names(folder: &Path) -> io::Result<BTreeSet<String>> {
    fs::read_dir(folder)?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect()
}

/// The sha256 over a line `<sha256>  <path>` for each file below `sources`, in the order of the paths' bytes;
/// paths are relative to `guests` and written as the manifest writes them.
fn sources_digest(guests: &Path, sources: &[String]) -> Result<String, (PathBuf, io::Error)> {
    let mut files = BTreeSet::new();
    for source in sources {
        collect(guests, source, &mut files).map_err(|error| (PathBuf::from(source), error))?;
    }
    let mut lines = String::new();
    for file in files {
        let bytes = fs::read(guests.join(&file)).map_err(|error| (PathBuf::from(&file), error))?;
        // Writing to a String cannot fail.
        let _ = writeln!(lines, "{}  {file}", hex(&Sha256::digest(&bytes)));
    }
    Ok(hex(&Sha256::digest(lines.as_bytes())))
}

fn collect(guests: &Path, path: &str, files: &mut BTreeSet<String>) -> io::Result<()> {
    if !guests.join(path).is_dir() {
        files.insert(path.to_owned());
        return Ok(());
    }
    names(&guests.join(path))?
        .iter()
        .try_for_each(|name| collect(guests, &format!("{path}/{name}"), files))
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
