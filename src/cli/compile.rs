//! `wippy compile`: compiles a file, or all modules of a project, before they are needed.

use std::path::Path;

use serde_json::json;
use wippy_dispatcher::Dispatcher;

use super::arguments::{Compile, Grants, Options};
use super::exit_status::{FAILED, USAGE};
use super::{code, file, output, report};
use crate::registry::{Diagnostic, Loaded};
use crate::{Program, Runtime};

pub(super) fn main(options: &Options, compile: &Compile, load: impl FnOnce(&Path) -> Loaded) -> u8 {
    let cache = match (code::cache(options), &options.cache) {
        // Made for others: all of it is kept, and all users may read it.
        (Some(cache), Some(_)) => cache.max_bytes(u64::MAX).readable_by_all(),
        (Some(cache), None) => cache,
        (None, _) if options.no_cache => {
            report::message(
                "--no-cache leaves nowhere to put compiled code",
                options.json,
            );
            return USAGE;
        }
        (None, _) => return code::no_directory(options),
    };
    let directory = cache.path().display().to_string();
    let loaded = match &compile.what {
        None => load(&options.directory),
        Some(word) if Path::new(word).is_dir() => load(Path::new(word)),
        Some(word) => match file::entry(word, &Grants::default())
            .and_then(|module| file::load(module, options))
        {
            Ok(loaded) => loaded,
            Err(text) => {
                report::message(&text, options.json);
                return USAGE;
            }
        },
    };
    let reported = report::project(&loaded, options.json);
    let mut errors = loaded.errors().count();
    if let Err(code) = reported {
        return code;
    }
    let settings = code::program_options(options, &loaded.settings, Some(cache));
    let program = Program::with_options(loaded.registry, settings);
    let compiled = Dispatcher::new()
        .map_err(|error| error.to_string())
        .and_then(|dispatcher| run(&dispatcher, &program));
    let Compiled {
        diagnostics,
        compiled,
        found,
    } = match compiled {
        Ok(compiled) => compiled,
        Err(text) => {
            report::message(&text, options.json);
            return FAILED;
        }
    };
    report::diagnostics(&diagnostics, options.json);
    errors += diagnostics.iter().filter(|it| it.is_error()).count();
    let lost = compiled.saturating_sub(program.written());
    if lost > 0 {
        let text = format!("{directory}: {lost} of {compiled} compiled modules could not be kept");
        report::message(&text, options.json);
    }
    let text = match options.json {
        true => {
            let summary = json!({
                "directory": directory,
                "compiled": compiled,
                "found": found,
                "errors": errors,
            });
            format!("{summary}\n")
        }
        false => format!("{directory}: {compiled} modules compiled, {found} were there\n"),
    };
    let code = match (errors, lost) {
        (0, 0) => 0,
        (0, _) => FAILED,
        _ => USAGE,
    };
    output::print(&text, options.json, code)
}

struct Compiled {
    diagnostics: Vec<Diagnostic>,
    compiled: u64,
    found: u64,
}

fn run(dispatcher: &Dispatcher, program: &crate::Program) -> Result<Compiled, String> {
    let runtime = Runtime::on(dispatcher.handle(), program.clone());
    let runtime = runtime.map_err(|error| error.to_string())?;
    let diagnostics = dispatcher.block_on(runtime.compile());
    Ok(Compiled {
        diagnostics: diagnostics
            .and_then(|found| found)
            .map_err(|error| error.to_string())?,
        compiled: runtime.compilations(),
        found: runtime.found_compiled(),
    })
}
