//! `process.wasm`: a process, and the command that starts it.

use super::function::Function;
use crate::registry::context::Context;
use crate::registry::describe::Shape;
use crate::registry::fields::Fields;
use crate::registry::tree::Node;

/// A `process.wasm` entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Process {
    /// The module and its surroundings. `pool` is accepted and has no effect.
    pub function: Function,
    /// `meta.command`, if the process is a command of `wippy run`.
    pub command: Option<Command>,
}

/// A command of `wippy run`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The name after `wippy run`; unique in a project.
    pub name: String,
    /// One line for `wippy run list`.
    pub short: Option<String>,
    /// The project's main command.
    pub main: bool,
    /// What it is for, such as `test`.
    pub use_case: Option<String>,
}

impl Process {
    pub(crate) fn decode(
        fields: &mut Fields<'_>,
        meta: &Node,
        cx: &mut Context<'_>,
    ) -> Option<Self> {
        let function = Function::decode_file(fields, cx);
        let command = Command::decode(meta, cx);
        Some(Self {
            function: function?,
            command,
        })
    }
}

impl Command {
    fn decode(meta: &Node, cx: &mut Context<'_>) -> Option<Self> {
        let node = meta.get("command").filter(|node| !node.is_null());
        cx.describe("meta.command".into(), Shape::Section, false);
        let node = match node {
            None if cx.describes() => meta,
            node => node?,
        };
        let mut fields = Fields::new(node, "meta.command", cx);
        let name = fields.required("name", "meta.command.name is required", cx);
        let short = fields.string("short", cx).map(|short| short.value);
        let main = fields.flag("main", cx);
        let use_case = fields.string("use_case", cx).map(|case| case.value);
        fields.finish(cx);
        Some(Self {
            name: name?.value,
            short,
            main,
            use_case,
        })
    }
}
