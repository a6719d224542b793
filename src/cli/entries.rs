//! `wippy registry`: the entries of the project.

use std::fmt::Write;

use serde_json::json;

use super::arguments::{Entries, Options};
use super::exit_status::USAGE;
use super::{output, report, routes};
use crate::registry::{Entry, Loaded, LookupError, Registry};

pub(super) fn main(options: &Options, entries: &Entries, loaded: Loaded) -> u8 {
    if let Err(code) = report::project(&loaded, options.json) {
        return code;
    }
    let text = match entries {
        Entries::List => Ok(list(&loaded.registry, options.json)),
        Entries::Routes => Ok(routes::text(
            &loaded.registry,
            &routes::Of::Project,
            options.json,
        )),
        Entries::Show { entry } => show(&loaded.registry, entry, options.json),
    };
    match text {
        Ok(text) => output::print(&text, options.json, 0),
        Err(text) => {
            report::message(&text, options.json);
            USAGE
        }
    }
}

fn list(registry: &Registry, as_json: bool) -> String {
    let mut rows: Vec<(String, String, &str)> = Vec::new();
    for entry in registry.entries() {
        let state = match (
            registry.has_errors(&entry.id),
            registry.is_not_run(&entry.id),
        ) {
            (true, _) => "cannot be used",
            (false, true) => "not run here",
            (false, false) => "",
        };
        rows.push((entry.id.to_string(), entry.kind_name().to_owned(), state));
    }
    for (id, invalid) in registry.invalid_entries() {
        rows.push((id.to_string(), invalid.kind.clone(), "mistaken"));
    }
    let mut text = String::new();
    let width = rows.iter().map(|(id, _, _)| id.len()).max().unwrap_or(0);
    for (id, kind, state) in rows {
        let line = match as_json {
            true => json!({"id": id, "kind": kind, "state": state}).to_string(),
            false => format!("{id:width$}  {kind:16}  {state}"),
        };
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

fn show(registry: &Registry, name: &str, as_json: bool) -> Result<String, String> {
    let entry = registry
        .resolve(name)
        .map_err(|error: LookupError| error.to_string())?;
    let document = document(entry);
    match as_json {
        true => Ok(format!("{document}\n")),
        false => serde_yaml::to_string(&document).map_err(|error| error.to_string()),
    }
}

/// The entry as it was written and overridden: neither includes nor placeholders are replaced.
fn document(entry: &Entry) -> serde_json::Value {
    json!({
        "id": entry.id.to_string(),
        "kind": entry.kind_name(),
        "place": entry.place.to_string(),
        "meta": entry.meta,
        "data": entry.config,
    })
}
