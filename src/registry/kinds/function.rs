//! `function.wasm` and `function.wat`: a function of a module.

use std::sync::Arc;

use super::pool::Pool;
use super::wasi::Wasi;
use crate::id::Id;
use crate::registry::context::Context;
use crate::registry::describe::Shape;
use crate::registry::fields::Fields;
use crate::registry::tree::Spanned;

/// The configuration that functions and processes share.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// Where the module comes from.
    pub source: Source,
    /// The export to call: `compute`, or `interface#function`. Empty, which no YAML gives: the
    /// command, or else the only function.
    pub method: String,
    /// WIT lines for a core module, such as `answer: func() -> s32;`.
    pub wit: Option<String>,
    /// The host functions that the module may use. The names are not checked here.
    pub imports: Vec<Spanned<String>>,
    /// How many calls run at once.
    pub pool: Pool,
    /// How arguments and results travel.
    pub transport: Transport,
    /// What a call may use.
    pub limits: Limits,
    /// What the guest sees of the world.
    pub wasi: Wasi,
}

/// Where a module comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file of a filesystem entry.
    File {
        /// The filesystem entry.
        fs: Id,
        /// The path within it; a leading `/` is optional.
        path: String,
        /// The expected hash as written, `sha256:<hex>`.
        hash: String,
    },
    /// The text of a core module or component.
    Text(String),
    /// The bytes of a module, or its text; no YAML has them.
    Bytes(Arc<[u8]>),
}

/// How arguments and results travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// Values as arguments and result.
    #[default]
    Payload,
    /// An HTTP request and its response.
    WasiHttp,
}

/// What a call may use. None: this project's default. 0 counts as none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Milliseconds from the start of execution.
    pub max_execution_ms: Option<u64>,
    /// Milliseconds that the end of a call waits for what its guest has handed over.
    pub delivery_ms: Option<u64>,
    /// Bytes of linear memory.
    pub max_memory_bytes: Option<u64>,
    /// Open resources.
    pub max_resources: Option<u64>,
}

impl Function {
    /// Reads a function whose module is a file.
    pub(crate) fn decode_file(fields: &mut Fields<'_>, cx: &mut Context<'_>) -> Option<Self> {
        let elsewhere = "a module that is text belongs to an entry of the kind function.wat";
        let is_file = ["fs", "path", "hash"].iter().any(|name| fields.has(name));
        if fields.refuse("source", elsewhere, cx) && !is_file {
            return Self::decode(None, fields, cx);
        }
        let fs = fields.required("fs", "fs is required", cx);
        let fs = fs.and_then(|fs| cx.reference(&fs, "fs"));
        let path = fields.required("path", "path is required", cx);
        let hash = fields.required("hash", "hash is required", cx);
        let source = match (fs, path, hash) {
            (Some(fs), Some(path), Some(hash)) => Some(Source::File {
                fs,
                path: path.value,
                hash: hash.value,
            }),
            _ => None,
        };
        Self::decode(source, fields, cx)
    }

    /// Reads a function whose module is text.
    pub(crate) fn decode_text(fields: &mut Fields<'_>, cx: &mut Context<'_>) -> Option<Self> {
        let source = fields.required("source", "source is required", cx);
        Self::decode(source.map(|text| Source::Text(text.value)), fields, cx)
    }

    fn decode(
        source: Option<Source>,
        fields: &mut Fields<'_>,
        cx: &mut Context<'_>,
    ) -> Option<Self> {
        let method = fields.required("method", "method is required", cx);
        let wit = fields.string("wit", cx).map(|wit| wit.value);
        let imports = imports(fields, cx);
        let transport = transport(fields, cx);
        let pool = match fields.section("pool", cx) {
            Some(section) => Pool::decode(section, cx),
            None => Pool::default(),
        };
        let limits = Limits::decode(fields, cx);
        let wasi = Wasi::decode(fields, &imports, cx);
        Some(Self {
            source: source?,
            method: method?.value,
            wit: wit.filter(|wit| !wit.trim().is_empty()),
            imports,
            pool,
            transport,
            limits,
            wasi,
        })
    }

    /// The filesystem entries that it refers to, each with its field path.
    pub fn filesystems(&self) -> Vec<(String, &Id)> {
        let mut found = Vec::new();
        if let Source::File { fs, .. } = &self.source {
            found.push(("fs".to_owned(), fs));
        }
        for (i, mount) in self.wasi.mounts.iter().enumerate() {
            found.push((format!("wasi.mounts[{i}].fs"), &mount.fs));
        }
        for (i, ca) in self.wasi.http_ca.iter().enumerate() {
            found.push((format!("wasi.http.ca[{i}]"), &ca.fs));
        }
        found
    }
}

fn imports(fields: &mut Fields<'_>, cx: &mut Context<'_>) -> Vec<Spanned<String>> {
    let imports = fields.strings("imports", cx).unwrap_or_default();
    for import in &imports {
        if import.value.trim().is_empty() {
            cx.error(&import.place, "imports", "import :name cannot be empty");
        }
    }
    imports
}

fn transport(fields: &mut Fields<'_>, cx: &mut Context<'_>) -> Transport {
    let text = fields.string("transport", cx);
    cx.describe_choices(&["payload", "wasi-http"]);
    let Some(text) = text else {
        return Transport::default();
    };
    match text.value.as_str() {
        "payload" | "" => Transport::Payload,
        "wasi-http" => Transport::WasiHttp,
        _ => {
            cx.error(&text.place, "transport", "invalid transport type");
            Transport::default()
        }
    }
}

impl Limits {
    fn decode(fields: &mut Fields<'_>, cx: &mut Context<'_>) -> Self {
        // Older projects write them within `options`, whose other keys have no effect.
        let older = match fields.node("options", Shape::Any, cx) {
            Some(options) => options.at("limits"),
            None => None,
        };
        let section = fields.section("limits", cx);
        let older = older.map(|node| Fields::new(node, "options.limits", cx));
        let Some(mut fields) = section.or(older) else {
            return Self::default();
        };
        let mut read = |name| {
            let limit = fields.integer(name, cx)?;
            let Ok(value) = u64::try_from(limit.value) else {
                let path = fields.path_of(name);
                cx.error(&limit.place, &path, format!("{path} cannot be negative"));
                return None;
            };
            Some(value).filter(|value| *value > 0)
        };
        let limits = Self {
            max_execution_ms: read("max_execution_ms"),
            delivery_ms: read("delivery_ms"),
            max_memory_bytes: read("max_memory_bytes"),
            max_resources: read("max_resources"),
        };
        fields.accept("max_retained_memory_bytes", cx);
        fields.accept("retained_memory_check_interval", cx);
        fields.finish(cx);
        limits
    }
}
