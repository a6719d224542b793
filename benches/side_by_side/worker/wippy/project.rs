//! The project of the functions that are measured.

use std::path::Path;

use serde_json::json;
use wippy::Digest;

use crate::fallible::Fallible;
use crate::files::{guest_path, guests_directory, made_directory};
use crate::guest;
use crate::protocol::{Request, Way};

/// More instances at once than the largest crowd has guests.
pub const MANY: u32 = 10_240;

/// What the guests may use.
const IMPORTS: [&str; 7] = [
    "wasi:cli",
    "wasi:io",
    "wasi:clocks",
    "wasi:filesystem",
    "wasi:sockets",
    "wasi:http",
    "bench:host",
];

/// A document with two entries for each function: `f0`, `f1`, … whose instances are fresh, and `s0`, `s1`, … of which an
/// instance is ready.
///
/// # Errors
/// When a component cannot be read.
pub fn document(functions: &[(&str, &str)], files: &Path) -> Fallible<String> {
    let directory =
        |name: &str, path: &Path| json!({"name": name, "kind": "fs.directory", "directory": path});
    let mut entries = vec![
        directory("components", guests_directory()),
        directory("made", &made_directory(files)),
        directory("files", files),
    ];
    for (at, (guest, function)) in functions.iter().enumerate() {
        let path = guest_path(guest, files);
        let bytes = std::fs::read(&path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let storage = match *guest {
            guest::NAME => "made",
            _ => "components",
        };
        let entry = |name: String| {
            json!({
                "name": name,
                "kind": "function.wasm",
                "fs": storage,
                "path": format!("{guest}.wasm"),
                "hash": format!("sha256:{}", Digest::of(&bytes)),
                "method": function,
                "imports": IMPORTS,
                "wasi": {"mounts": [{"fs": "files", "guest": "/"}]},
            })
        };
        let (mut fresh, mut spare) = (entry(format!("f{at}")), entry(format!("s{at}")));
        fresh["pool"] = json!({"type": "lazy", "max_size": MANY});
        spare["pool"] = json!({"type": "static", "workers": 1});
        entries.extend([fresh, spare]);
    }
    // JSON is YAML.
    Ok(json!({"version": "1.0", "namespace": "bench", "entries": entries}).to_string())
}

/// The entry of a request's function.
///
/// # Errors
/// When there is none.
pub fn entry(functions: &[(&str, &str)], request: &Request) -> Result<String, String> {
    let guest = Path::new(&request.guest)
        .file_stem()
        .and_then(|stem| stem.to_str());
    let known =
        |&(name, function): &(&str, &str)| Some(name) == guest && function == request.function;
    let kind = match request.way {
        Way::Spare => 's',
        _ => 'f',
    };
    match functions.iter().position(known) {
        Some(at) => Ok(format!("bench:{kind}{at}")),
        None => Err("no entry for this function".to_owned()),
    }
}
