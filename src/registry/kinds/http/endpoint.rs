//! `http.endpoint`: a function at a path.

use super::meta_reference;
use crate::id::Id;
use crate::registry::context::Context;
use crate::registry::fields::Fields;
use crate::registry::tree::{Node, Spanned};
use crate::routes::RoutePattern;

/// A method that is any.
const ANY_METHOD: &str = "*";

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
    /// The first field that is not known: it may be meant to protect the route, which is not served then.
    pub unknown: Option<Spanned<String>>,
}

impl HttpEndpoint {
    pub(crate) fn decode(
        fields: &mut Fields<'_>,
        meta: &Node,
        cx: &mut Context<'_>,
    ) -> Option<Self> {
        let method = fields.string("method", cx);
        let method = method.filter(|method| !matches!(method.value.as_str(), "" | ANY_METHOD));
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
            unknown: None,
        })
    }
}

/// The method that an entry means whose other fields may be mistaken; `None`: any, or nobody knows.
pub(crate) fn method_of(config: &Node) -> Option<String> {
    let method = config.get("method")?.as_str()?;
    let is_one = method != ANY_METHOD && !method.is_empty() && method.bytes().all(is_token);
    is_one.then(|| method.to_ascii_uppercase())
}

fn is_token(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b)
}
