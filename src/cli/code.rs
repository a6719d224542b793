//! Compiled code on disk: where a command keeps it, and `wippy cache`, which shows or removes it.

use std::fmt::Write;

use serde_json::json;

use super::arguments::{Cache, Options};
use super::exit_status::{FAILED, USAGE};
use super::{output, report};
use crate::program::SlowCompile;
use crate::registry::{Registry, Settings};
use crate::{CodeCache, Program, ProgramOptions};

/// Where the command line and the environment have code kept; none if it is nowhere.
pub(super) fn cache(options: &Options) -> Option<CodeCache> {
    if options.no_cache {
        return None;
    }
    match &options.cache {
        // What cannot be made absolute is refused when it is opened, with a warning.
        Some(path) => Some(CodeCache::at(
            std::path::absolute(path).unwrap_or_else(|_| path.clone()),
        )),
        None => CodeCache::of_user(std::env::var_os("XDG_CACHE_HOME"), std::env::var_os("HOME")),
    }
}

/// A program as commands run it: with its code on disk, and with a line on the terminal while something is
/// compiled.
pub(super) fn program(options: &Options, settings: &Settings, registry: Registry) -> Program {
    let settings = program_options(options, settings, cache(options));
    Program::with_options(registry, settings)
}

/// What the command line and the settings say about a program whose code is kept there.
pub(super) fn program_options(
    options: &Options,
    settings: &Settings,
    cache: Option<CodeCache>,
) -> ProgramOptions {
    let mut settings = ProgramOptions::new().settings(&settings.wasm());
    if let Some(threads) = options.threads {
        settings = settings.threads(threads as usize);
    }
    if let Some(cache) = cache {
        settings = settings.code_cache(cache);
    }
    if options.progress.is_shown() {
        let progress = options.progress.clone();
        settings = settings.on_slow_compile(move |slow| match slow {
            SlowCompile::Continues(entry) => progress.begin(&format!("compiling {entry}…")),
            SlowCompile::Ended(entry) => progress.end(&format!("compiling {entry}…")),
        });
    }
    settings
}

/// Says that there is no directory; the exit status.
pub(super) fn no_directory(options: &Options) -> u8 {
    let text = "there is no directory for compiled code: neither XDG_CACHE_HOME nor HOME is an absolute path; \
                name one with --cache DIR";
    report::message(text, options.json);
    USAGE
}

pub(super) fn main(options: &Options, command: &Cache) -> u8 {
    let Some(cache) = cache(options) else {
        return no_directory(options);
    };
    let done = match command {
        Cache::Show => cache.contents(),
        Cache::Clear => cache.clear(),
    };
    let contents = match done {
        Ok(contents) => contents,
        Err(error) => {
            let text = format!("{}: {error}", cache.path().display());
            report::message(&text, options.json);
            return FAILED;
        }
    };
    let mut text = String::new();
    let (files, bytes) = (contents.files, contents.bytes);
    let path = cache.path().display();
    let _ = match (options.json, command) {
        (true, Cache::Show) => {
            let shown = json!({
                "directory": path.to_string(),
                "files": files,
                "bytes": bytes,
                "limit": cache.bytes_limit(),
                "writable": contents.is_writable,
            });
            writeln!(text, "{shown}")
        }
        (true, Cache::Clear) => {
            let removed = json!({"directory": path.to_string(), "files": files, "bytes": bytes});
            writeln!(text, "{removed}")
        }
        (false, Cache::Show) => {
            let limit = cache.bytes_limit();
            writeln!(
                text,
                "{path}: {files} files, {bytes} bytes of at most {limit}"
            )
        }
        (false, Cache::Clear) => {
            writeln!(text, "{path}: {files} files removed, {bytes} bytes")
        }
    };
    output::print(&text, options.json, 0)
}
