//! `process.service`: a process that `run` starts and supervises.

use crate::id::Id;
use crate::registry::context::Context;
use crate::registry::describe::Shape;
use crate::registry::fields::Fields;
use crate::registry::tree::Node;

/// A `process.service` entry. Its `lifecycle` is the entry's.
#[derive(Clone, Debug, PartialEq)]
pub struct ProcessService {
    /// The process to start.
    pub process: Id,
    /// The host that it runs on.
    pub host: Id,
    /// Its arguments.
    pub input: Vec<Node>,
}

impl ProcessService {
    pub(crate) fn decode(fields: &mut Fields<'_>, cx: &mut Context<'_>) -> Option<Self> {
        let process = fields.required("process", "process is required", cx);
        let process = process.and_then(|process| cx.reference(&process, "process"));
        let host = fields.required("host", "host is required", cx);
        let host = host.and_then(|host| cx.reference(&host, "host"));
        let input = match fields.node("input", Shape::List, cx) {
            None => Vec::new(),
            Some(node) => match node.as_sequence() {
                Some(items) => items.to_vec(),
                None => {
                    cx.expected(node, "input", "a list of arguments");
                    Vec::new()
                }
            },
        };
        Some(Self {
            process: process?,
            host: host?,
            input,
        })
    }
}
