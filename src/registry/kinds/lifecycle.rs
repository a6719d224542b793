//! `lifecycle`: accepted by every kind; checked for its form.

use crate::registry::fields::{Context, Fields};
use crate::registry::tree::Value;

/// Checks the `lifecycle` section: the names and shapes of its fields.
pub(crate) fn check(fields: &mut Fields<'_>, cx: &mut Context<'_>) {
    let Some(mut fields) = fields.section("lifecycle", cx) else {
        return;
    };
    fields.flag("auto_start", cx);
    for name in ["start_timeout", "stop_timeout", "stable_threshold"] {
        scalar(&mut fields, name, "a duration such as \"10s\"", cx);
    }
    fields.strings("depends_on", cx);
    fields.strings("requires", cx);
    if let Some(mut restart) = fields.section("restart", cx) {
        for name in ["initial_delay", "max_delay"] {
            scalar(&mut restart, name, "a duration such as \"10s\"", cx);
        }
        scalar(&mut restart, "backoff_factor", "a number", cx);
        restart.integer("max_attempts", cx);
        restart.finish(cx);
    }
    fields.finish(cx);
}

fn scalar(fields: &mut Fields<'_>, name: &'static str, what: &str, cx: &mut Context<'_>) {
    if let Some(node) = fields.node(name)
        && !matches!(node.value, Value::Scalar(_))
    {
        let message = format!("expected {what}, found {}", node.describe());
        cx.error(&node.place, &fields.path_of(name), message);
    }
}
