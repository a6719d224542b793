//! `http.endpoint`: a function at a path.

use super::meta_reference;
use crate::id::Id;
use crate::registry::context::Context;
use crate::registry::fields::Fields;
use crate::registry::tree::{Node, Spanned};
use crate::routes::RoutePattern;

/// An `http.endpoint` entry: a function at a path.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpEndpoint {
    /// `meta.router`, or the project's only router.
    pub router: Option<Id>,
    /// The request method, in capitals. None: any.
    pub method: Option<String>,
    /// The path with its parameters, as written.
    pub path: Spanned<String>,
    /// The function that answers.
    pub func: Id,
}

impl HttpEndpoint {
    pub(crate) fn decode(
        fields: &mut Fields<'_>,
        meta: &Node,
        cx: &mut Context<'_>,
    ) -> Option<Self> {
        let method = fields.string("method", cx);
        let method = method.filter(|method| !method.value.is_empty());
        if let Some(method) = &method
            && !method.value.bytes().all(is_token)
        {
            let message = format!("expected a request method, found {:?}", method.value);
            cx.error(&method.place, "method", message);
        }
        let path = fields.required("path", "path is required", cx);
        if let Some(path) = &path
            && let Err(error) = RoutePattern::parse(&path.value)
        {
            cx.error(&path.place, "path", error.to_string());
        }
        let func = fields.required("func", "func is required", cx);
        let func = func.and_then(|func| cx.reference(&func, "func"));
        let router = meta_reference(meta, "router", cx);
        Some(Self {
            router,
            method: method.map(|method| method.value.to_ascii_uppercase()),
            path: path?,
            func: func?,
        })
    }
}

fn is_token(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b)
}
