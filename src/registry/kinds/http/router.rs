//! `http.router`: a prefix, and what stands before its endpoints.

use super::meta_reference;
use crate::id::Id;
use crate::nearest::nearest;
use crate::registry::context::Context;
use crate::registry::describe::Shape;
use crate::registry::fields::Fields;
use crate::registry::tree::{Node, Spanned, is_extension};
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
    /// The first field that is not known: it may be meant to protect the routes, which are not served then.
    pub unknown: Option<Spanned<String>>,
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
        for name in ["options", "post_options"] {
            if let Some(options) = fields.node(name, Shape::Any, cx) {
                check_options(options, name, &middleware, cx);
            }
        }
        Self {
            server: meta_reference(meta, "server", cx),
            prefix: prefix.map_or_else(String::new, |prefix| prefix.value),
            middleware,
            unknown: None,
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

/// Options of middleware that is not in a router's lists, which may be forgotten there.
fn check_options(options: &Node, name: &str, middleware: &[Spanned<String>], cx: &mut Context<'_>) {
    let Some(mapping) = options.as_mapping() else {
        cx.expected(options, name, "a mapping");
        return;
    };
    let is_listed = |key: &str| {
        let known = middleware.iter().map(|it| it.value.as_str());
        known.chain(HARMLESS).any(|name| is_option_of(key, name))
    };
    for (key, _) in &mapping.entries {
        if !is_extension(&key.text) && !is_listed(&key.text) {
            let message = "an option of no middleware in `middleware` or `post_middleware`";
            cx.without_protection(key, name, message);
        }
    }
}

/// Whether a key is of a middleware: `cors.max.age`, or `cors_max_age` as it was written earlier.
fn is_option_of(key: &str, middleware: &str) -> bool {
    let rest = key.strip_prefix(middleware);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '_']))
}

/// The prefix that an entry means whose other fields may be mistaken; `None` where nobody knows.
pub(crate) fn prefix_of(config: &Node) -> Option<String> {
    let Some(prefix) = config.get("prefix").filter(|prefix| !prefix.is_null()) else {
        return Some(String::new());
    };
    let prefix = prefix.as_str()?;
    let is_one = prefix.is_empty() || check_prefix(prefix).is_ok();
    is_one.then(|| prefix.to_owned())
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
