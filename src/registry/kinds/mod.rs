//! The kinds of entries that are known here, one family a file.

mod directory;
mod env;
mod function;
mod http;
mod lifecycle;
mod pool;
mod process;
mod service;
mod wasi;
mod wasi_effect;

use std::path::{Path, PathBuf};

pub use directory::{FsDirectory, Mode};
pub use function::{Function, Limits, Source, Transport};
pub use http::{HttpEndpoint, HttpRouter, HttpService, HttpTimeouts, HttpTls, HttpWaiting};
pub(crate) use http::{method_of, prefix_of};
pub use lifecycle::{Lifecycle, Restart};
pub use pool::{Bound, DEFAULT_WAITING, Pool, PoolType};
pub use process::{Command, Process};
pub use service::ProcessService;
pub(crate) use wasi::clean as clean_guest_path;
pub use wasi::{CaFile, Mount, Wasi};

use super::context::Context;
use super::describe::Field;
use super::entry::Kind;
use super::fields::Fields;
use super::source::SourceRoot;
use super::tree::{Node, Place};
use crate::env::{EnvStorage, EnvVariable};
use crate::id::Id;
use crate::nearest::within;

/// The kinds whose configuration is read and checked. Each is one arm of `decode`, whose
/// reading through `Fields` describes their fields, too.
pub const KINDS: [&str; 16] = [
    "env.storage.file",
    "env.storage.memory",
    "env.storage.os",
    "env.storage.router",
    "env.storage.static",
    "env.variable",
    "fs.directory",
    "function.wasm",
    "function.wat",
    "http.endpoint",
    "http.router",
    "http.service",
    "process.host",
    "process.service",
    "process.wasm",
    "terminal.host",
];

/// True for the kinds whose configuration is read and checked.
pub(crate) fn is_run(kind: &str) -> bool {
    KINDS.contains(&kind)
}

/// True for the kinds that hold data only, which is kept as written.
pub(crate) fn is_data(kind: &str) -> bool {
    kind == "registry.entry" || kind.starts_with("ns.")
}

/// A kind with its article: `a function.wasm`, `an fs.directory`.
pub(crate) fn with_article(kind: &str) -> String {
    // Abbreviations are read letter by letter: "ef-es", "aitch-tee-tee-pee".
    let vowel = ["a", "e", "i", "o", "u", "fs", "ns", "http"];
    let article = match vowel.iter().any(|start| kind.starts_with(start)) {
        true => "an",
        false => "a",
    };
    format!("{article} {kind}")
}

/// The kind that an unknown one is almost spelt like.
pub(crate) fn misspelt(kind: &str) -> Option<&'static str> {
    if is_run(kind) || is_data(kind) {
        return None;
    }
    // Three letters away are other kinds that exist: function.lua, process.lua; and of a short
    // last word even two: env.storage.s3.
    let near = within(kind, KINDS, 2)?;
    let last = |kind: &str| kind.rsplit('.').next().map_or(0, str::len);
    let allowed = last(kind).min(last(near)) / 2;
    within(kind, [near], allowed.min(2)).and(Some(near))
}

/// The kind that an entry has, or was probably meant to have.
pub(crate) fn meant(kind: &str) -> &str {
    misspelt(kind).unwrap_or(kind)
}

/// Reads the configuration of an entry. None only if `cx` has failed.
pub(crate) fn decode(
    kind: &str,
    config: &Node,
    meta: &Node,
    root: &SourceRoot,
    project_dir: &Path,
    cx: &mut Context<'_>,
) -> Option<(Kind, Lifecycle)> {
    let config_of = |kind: &str| (kind.to_owned(), config.clone());
    if !is_run(kind) {
        let (name, config) = config_of(kind);
        let kind = match is_data(kind) {
            true => Kind::Data { kind: name, config },
            false => Kind::NotRun { kind: name, config },
        };
        return Some((kind, Lifecycle::default()));
    }
    cx.unknown_effect = http::effect_of_unknown(kind);
    let is_http = cx.unknown_effect.is_some();
    let mut fields = Fields::new(config, "", cx);
    let of = &mut fields;
    let decoded = match kind {
        "fs.directory" => {
            FsDirectory::decode(of, project_dir, &root.module_dir, cx).map(Kind::FsDirectory)
        }
        "function.wasm" => Function::decode_file(of, cx).map(Kind::FunctionWasm),
        "function.wat" => Function::decode_text(of, cx).map(Kind::FunctionWat),
        "process.wasm" => Process::decode(of, meta, cx).map(Kind::ProcessWasm),
        "process.service" => ProcessService::decode(of, cx).map(Kind::ProcessService),
        "process.host" => Some(Kind::ProcessHost(config.clone())),
        "terminal.host" => Some(Kind::TerminalHost(config.clone())),
        "http.service" => HttpService::decode(of, cx).map(Kind::HttpService),
        "http.router" => Some(Kind::HttpRouter(HttpRouter::decode(of, meta, cx))),
        "http.endpoint" => HttpEndpoint::decode(of, meta, cx).map(Kind::HttpEndpoint),
        "env.variable" => EnvVariable::decode(of, cx).map(Kind::EnvVariable),
        _ => EnvStorage::decode(kind, of, project_dir, cx).map(Kind::EnvStorage),
    };
    let lifecycle = Lifecycle::decode(of, cx);
    fields.accept("version", cx);
    // An HTTP entry has it in its `lifecycle` only; elsewhere it may be meant to protect routes.
    if !is_http {
        fields.accept("security", cx);
    }
    // What hosts are reported besides is for schedulers that are not this one.
    if !matches!(kind, "process.host" | "terminal.host") {
        fields.finish(cx);
    }
    if !cx.unknown_fields.is_empty() {
        cx.hint_at_other_levels(&describe(kind));
    }
    if is_http {
        http::check_meta(meta, cx);
    }
    let mut kind = decoded.filter(|_| !cx.failed)?;
    http::note_unknown(&mut kind, cx.first_unknown.take());
    Some((kind, lifecycle))
}

/// The fields that a kind of [`KINDS`] has, as its own reading asks for them.
pub(crate) fn describe(kind: &str) -> Vec<Field> {
    let id = Id::new("any", "any");
    let mut cx = Context::describing(&id);
    let nothing = Node::empty(Place::file(Path::new("").into()));
    let root = SourceRoot {
        source_dir: PathBuf::new(),
        module_dir: PathBuf::new(),
    };
    let _ = decode(kind, &nothing, &nothing, &root, Path::new(""), &mut cx);
    cx.into_described()
}

#[cfg(test)]
mod tests;
