//! The kinds of entries that are run here, one family a file.

mod directory;
mod function;
mod lifecycle;
mod pool;
mod process;
mod wasi;

pub use directory::{FsDirectory, Mode};
pub use function::{Function, Limits, Source, Transport};
pub use pool::{Bound, DEFAULT_WAITING, Pool, PoolType};
pub use process::{Command, Process};
pub use wasi::{CaFile, EnvBinding, Mount, Wasi};

use super::entry::Kind;
use super::fields::{Context, Fields};
use super::nearest::within;
use super::source::SourceRoot;
use super::tree::Node;

const RUN: [&str; 4] = [
    "fs.directory",
    "function.wasm",
    "function.wat",
    "process.wasm",
];

/// True for the kinds whose configuration is read and checked.
pub(crate) fn is_run(kind: &str) -> bool {
    RUN.contains(&kind)
}

/// The kind that an unknown one is almost spelt like.
pub(crate) fn misspelt(kind: &str) -> Option<&'static str> {
    if is_run(kind) {
        return None;
    }
    // Three letters away are other kinds that exist: function.lua.
    within(kind, RUN, 2)
}

/// Reads the configuration of an entry. None only if `cx` has failed.
pub(crate) fn decode(
    kind: &str,
    config: &Node,
    meta: &Node,
    root: &SourceRoot,
    project_dir: &std::path::Path,
    cx: &mut Context<'_>,
) -> Option<Kind> {
    if !is_run(kind) {
        return Some(Kind::NotRun {
            kind: kind.to_owned(),
            config: config.clone(),
        });
    }
    let mut fields = Fields::new(config, "", cx);
    let fields_mut = &mut fields;
    let decoded = match kind {
        "fs.directory" => FsDirectory::decode(fields_mut, project_dir, &root.module_dir, cx)
            .map(Kind::FsDirectory),
        "function.wat" => Function::decode_text(fields_mut, cx).map(Kind::FunctionWat),
        "process.wasm" => Process::decode(fields_mut, meta, cx).map(Kind::ProcessWasm),
        _ => Function::decode_file(fields_mut, cx).map(Kind::FunctionWasm),
    };
    lifecycle::check(fields_mut, cx);
    fields.accept("version");
    fields.finish(cx);
    decoded.filter(|_| !cx.failed)
}

#[cfg(test)]
mod tests;
