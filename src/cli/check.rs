//! `wippy check`: all errors of a project at once.

use std::fmt::Write;

use serde_json::json;
use wippy_dispatcher::Dispatcher;

use super::arguments::{Check, Options};
use super::exit_status::USAGE;
use super::{code, output, report, routes};
use crate::Runtime;
use crate::registry::Loaded;
use crate::runtime::{CheckOptions, check};

pub(super) fn main(options: &Options, check: &Check, loaded: Loaded) -> u8 {
    // A invalid command line is one of the errors that are counted; the rest is reported too.
    let _ = report::project(&loaded, options.json);
    let mut errors = loaded.errors().count();
    let mut warnings = loaded.warnings().count();
    let checked = match run(options, loaded, check.strict) {
        Ok(checked) => checked,
        Err(text) => {
            report::message(&text, options.json);
            return USAGE;
        }
    };
    report::diagnostics(&checked.diagnostics, options.json);
    for diagnostic in &checked.diagnostics {
        match diagnostic.is_error() {
            true => errors += 1,
            false => warnings += 1,
        }
    }
    let mut text = String::new();
    if options.json {
        let summary = json!({
            "entries": checked.entries,
            "compiled": checked.compiled,
            "cached": checked.cached,
            "errors": errors,
            "warnings": warnings,
            "skipped": checked.skipped,
            "routes": checked.routes.json,
        });
        let _ = writeln!(text, "{summary}");
    } else {
        text.push_str(&checked.routes.text);
        for path in &checked.skipped {
            let _ = writeln!(text, "skipped {path}");
        }
        let _ = writeln!(
            text,
            "{}, {} compiled: {}, {}",
            counted(checked.entries as u64, "entry", "entries"),
            counted(checked.compiled, "module", "modules"),
            counted(errors as u64, "error", "errors"),
            counted(warnings as u64, "warning", "warnings"),
        );
    }
    let code = match errors {
        0 => 0,
        _ => USAGE,
    };
    output::print(&text, options.json, code)
}

fn counted(number: u64, one: &str, many: &str) -> String {
    let noun = if number == 1 { one } else { many };
    format!("{number} {noun}")
}

struct Checked {
    diagnostics: Vec<crate::registry::Diagnostic>,
    skipped: Vec<String>,
    routes: Routes,
    entries: usize,
    /// The modules that compile.
    compiled: u64,
    /// Those among them whose code was kept.
    cached: u64,
}

/// The routes of its HTTP services.
struct Routes {
    text: String,
    json: Vec<serde_json::Value>,
}

fn run(options: &Options, loaded: Loaded, strict: bool) -> Result<Checked, String> {
    let dispatcher = Dispatcher::new().map_err(|error| error.to_string())?;
    let entries = loaded.registry.entries().count() + loaded.registry.invalid_entries().count();
    let skipped = loaded
        .skipped
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    let routes = Routes {
        text: routes::text(&loaded.registry, &routes::Of::Project, false),
        json: routes::json(&loaded.registry),
    };
    let runtime = Runtime::on(
        dispatcher.handle(),
        code::program(options, &loaded.settings, loaded.registry),
    )
    .map_err(|error| error.to_string())?;
    let diagnostics = dispatcher.block_on(check(&runtime, CheckOptions { strict }));
    Ok(Checked {
        diagnostics: diagnostics
            .and_then(|found| found)
            .map_err(|error| error.to_string())?,
        skipped,
        routes,
        entries,
        compiled: runtime.compilations() + runtime.found_compiled(),
        cached: runtime.found_compiled(),
    })
}
