//! `http.service`, `http.router`, `http.endpoint`: functions over HTTP.

mod endpoint;
mod protection;
mod router;
mod service;

pub use endpoint::HttpEndpoint;
pub(crate) use endpoint::method_of;
pub(crate) use protection::{check_meta, effect_of_unknown, note_unknown};
pub use router::HttpRouter;
pub(crate) use router::prefix_of;
pub use service::{HttpService, HttpTimeouts, HttpTls, HttpWaiting};

use crate::id::Id;
use crate::registry::context::Context;
use crate::registry::describe::Shape;
use crate::registry::tree::{Node, Spanned};

/// A reference in an entry's `meta`.
fn meta_reference(meta: &Node, name: &str, cx: &mut Context<'_>) -> Option<Id> {
    let field = format!("meta.{name}");
    cx.describe(field.clone(), Shape::String, false);
    let node = meta.get(name).filter(|node| !node.is_null())?;
    let Some(text) = node.as_str() else {
        cx.expected(node, &field, "a string");
        return None;
    };
    let text = Spanned {
        value: text.to_owned(),
        place: node.place.clone(),
    };
    cx.reference(&text, &field)
}
