//! The registry: a project's YAML as entries, with every error and its place.
//!
//! Nothing here knows how entries are run. The steps, in their order:
//!
//! * `source` and `lock` find the directories; `settings` reads the settings, which may replace them.
//! * `project` has `listing` read the documents from the top down. `mounts` collects from them the
//!   directories that guests can write, whose files are never read.
//! * `parse` makes a `tree` of each document, with a place for each node, within bounds.
//! * `document` splits the tree into drafts of entries, and `overrides` changes these.
//! * `read` replaces the drafts' placeholders and has `kinds` decode them through `fields`.
//! * `load`, `references`, `route_check` and `paths` check what entries say of each other and of the host's files.

mod context;
mod describe;
mod diagnostic;
mod document;
mod duration;
mod edit;
mod entry;
mod fields;
mod ignore_file;
mod include;
mod index;
mod inputs;
mod kinds;
mod listing;
mod load;
mod loaded;
mod locate;
mod lock;
mod mounts;
mod options;
mod overrides;
mod parse;
mod path;
mod paths;
mod placeholder;
mod project;
mod read;
mod references;
mod route;
mod route_check;
mod route_list;
mod scalar;
mod schema;
mod settings;
mod source;
mod tree;
mod wasm_settings;
mod yaml_text;

pub use crate::id::Id;
pub(crate) use context::Context;
pub(crate) use describe::Shape;
pub use diagnostic::{Diagnostic, Severity};
pub(crate) use duration::{parse as parse_duration, read as read_duration};
pub use edit::{EditError, append_entries, namespace_of, replace_scalar, set_field};
pub use entry::{Entry, Kind};
pub(crate) use fields::Fields;
pub use index::{InvalidEntry, LookupError, Registry};
pub use inputs::Inputs;
#[cfg(test)]
pub(crate) use kinds::KINDS;
pub(crate) use kinds::clean_guest_path;
pub(crate) use kinds::with_article;
pub use kinds::{
    Bound, CaFile, Command, DEFAULT_WAITING, FsDirectory, Function, HttpEndpoint, HttpRouter,
    HttpService, HttpTimeouts, HttpTls, HttpWaiting, Lifecycle, Limits, Mode, Mount, Pool,
    PoolType, Process, ProcessService, Restart, Source, Transport, Wasi,
};
pub use listing::MAX_DIRECTORY_DEPTH;
pub use loaded::Loaded;
pub use options::LoadOptions;
pub use parse::MAX_DOCUMENT_BYTES;
pub(crate) use parse::parse as parse_documents;
pub use project::load;
pub(crate) use route::{Route, RoutePaths, RouteState};
pub use scalar::{Scalar, Style};
pub use schema::schema;
pub(crate) use schema::schema_of;
pub use yaml_text::from_yaml;

pub use settings::Settings;
pub use tree::{COMMAND_LINE, DocumentError, Key, Mapping, Node, Place, Spanned, Value};
pub use wasm_settings::WasmSettings;

#[cfg(test)]
mod tests;
