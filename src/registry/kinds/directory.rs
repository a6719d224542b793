//! `fs.directory`: a directory of the host as a filesystem.

use std::path::{Path, PathBuf};

use crate::registry::context::Context;
use crate::registry::describe::Shape;
use crate::registry::fields::Fields;
use crate::registry::scalar::Style;
use crate::registry::tree::{Node, Value};

/// An `fs.directory` entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FsDirectory {
    /// The directory, relative to the working directory if the project's path was.
    pub directory: PathBuf,
    /// Create the directory when it is first used.
    pub auto_init: bool,
    /// What may be done in it.
    pub mode: Mode,
}

/// The capability mask of a filesystem: the owner bits of an octal mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mode {
    /// Files may be read (4).
    pub read: bool,
    /// Files may be written (2).
    pub write: bool,
    /// Directories may be listed and created (1).
    pub list: bool,
    /// All the permission bits, for a directory that `auto_init` creates.
    pub bits: u32,
}

impl Mode {
    /// The mask of a mode. Execute is added where all read bits are set.
    pub fn from_bits(bits: u32) -> Self {
        let bits = if bits & 0o444 == 0o444 {
            bits | 0o111
        } else {
            bits
        };
        Self {
            read: bits & 0o400 != 0,
            write: bits & 0o200 != 0,
            list: bits & 0o100 != 0,
            bits,
        }
    }
}

/// Reads an octal mode: the permission bits, at most 0o777.
pub(crate) fn octal(
    fields: &mut Fields<'_>,
    name: &'static str,
    cx: &mut Context<'_>,
) -> Option<u32> {
    let node = fields.node(name, Shape::Mode, cx)?;
    let bits = permission_bits(node);
    if bits.is_none() {
        let found = node.describe();
        let message = format!("expected an octal mode such as \"0755\", found {found}");
        cx.error(&node.place, &fields.path_of(name), message);
    }
    bits
}

fn permission_bits(node: &Node) -> Option<u32> {
    let Value::Scalar(scalar) = &node.value else {
        return None;
    };
    let text = &*scalar.text;
    let digits = match text.strip_prefix("0o") {
        Some(digits) => digits,
        // A plain 755 is the decimal number to any YAML reader.
        None if scalar.style == Style::Plain && !text.starts_with('0') => return None,
        None => text,
    };
    if digits.is_empty() || !digits.bytes().all(|b| matches!(b, b'0'..=b'7')) {
        return None;
    }
    let bits = u32::from_str_radix(digits, 8).ok()?;
    Some(bits).filter(|bits| *bits <= 0o777)
}

impl Default for Mode {
    fn default() -> Self {
        Self::from_bits(0o755)
    }
}

impl FsDirectory {
    pub(crate) fn decode(
        fields: &mut Fields<'_>,
        project_dir: &Path,
        module_dir: &Path,
        cx: &mut Context<'_>,
    ) -> Option<Self> {
        let directory = fields.required("directory", "empty directory path", cx);
        let base = fields.string("base", cx);
        cx.describe_choices(&["project", "module"]);
        let base = match base {
            None => project_dir,
            Some(base) => match base.value.as_str() {
                "project" | "" => project_dir,
                "module" => module_dir,
                other => {
                    let message = format!("expected project or module, found {other:?}");
                    cx.error(&base.place, &fields.path_of("base"), message);
                    project_dir
                }
            },
        };
        let auto_init = fields.flag("auto_init", cx);
        let mode = octal(fields, "mode", cx).map_or_else(Mode::default, Mode::from_bits);
        Some(Self {
            directory: base.join(directory?.value),
            auto_init,
            mode,
        })
    }
}
