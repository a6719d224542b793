//! `http.router`: a prefix, and what stands before its endpoints.

use super::meta_reference;
use crate::id::Id;
use crate::nearest::nearest;
use crate::registry::context::Context;
use crate::registry::fields::Fields;
use crate::registry::tree::{Node, Spanned};
use crate::routes::RoutePattern;

/// Middleware that protects nothing: without it a route answers no more than with it.
const HARMLESS: [&str; 5] = ["compress", "cors", "metrics", "otel", "real_ip"];

/// An `http.router` entry: a prefix, and what stands before its endpoints.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpRouter {
    /// `meta.server`, or the project's only server.
    pub server: Option<Id>,
    /// What the paths of its endpoints begin with; empty or beginning with `/`.
    pub prefix: String,
    /// `middleware`, then `post_middleware`. None of it exists here.
    pub middleware: Vec<Spanned<String>>,
}

impl HttpRouter {
    pub(crate) fn decode(fields: &mut Fields<'_>, meta: &Node, cx: &mut Context<'_>) -> Self {
        let prefix = fields.string("prefix", cx);
        let prefix = prefix.filter(|prefix| !prefix.value.is_empty());
        if let Some(prefix) = &prefix
            && let Err(message) = check_prefix(&prefix.value)
        {
            cx.error(&prefix.place, "prefix", message);
        }
        let mut middleware = fields.strings("middleware", cx).unwrap_or_default();
        middleware.extend(fields.strings("post_middleware", cx).unwrap_or_default());
        fields.accept("options", cx);
        fields.accept("post_options", cx);
        Self {
            server: meta_reference(meta, "server", cx),
            prefix: prefix.map_or_else(String::new, |prefix| prefix.value),
            middleware,
        }
    }

    /// The first middleware without which its routes would be less protected than was written.
    pub fn missing_middleware(&self) -> Option<&Spanned<String>> {
        let mut middleware = self.middleware.iter();
        middleware.find(|name| !HttpRouter::is_harmless(&name.value))
    }

    /// The harmless middleware that a name was probably meant to be.
    pub(crate) fn nearest_harmless(middleware: &str) -> Option<&'static str> {
        nearest(middleware, HARMLESS)
    }

    /// Whether a route without this middleware answers no more than with it.
    pub(crate) fn is_harmless(middleware: &str) -> bool {
        HARMLESS.contains(&middleware)
    }
}

fn check_prefix(prefix: &str) -> Result<(), String> {
    if !prefix.starts_with('/') {
        return Err("prefix must begin with /".into());
    }
    // With a segment behind it, so that a parameter that takes the rest is refused.
    let probe = format!("{}/end", prefix.trim_end_matches('/'));
    match RoutePattern::parse(&probe) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("{error}; it is a prefix of paths")),
    }
}
