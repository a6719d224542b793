//! What a module is, for people: exports, imports, and the entry that would run it.

use std::fmt::Write;

use serde_json::{Value, json};

use super::{Border, Digest, Engine, Import, ModuleError, Profile, core, exports, needed_groups};
use crate::function::values::signature;

/// A module by its bytes.
pub struct Description {
    digest: Digest,
    core: bool,
    wit: Option<String>,
    exports: Vec<Exported>,
    imports: Vec<Import>,
}

struct Exported {
    name: String,
    signature: String,
}

/// Describes a module, a core one with its entry's `wit` lines.
///
/// # Errors
/// `Invalid`.
pub fn describe(bytes: &[u8], wit: Option<&str>) -> Result<Description, ModuleError> {
    let core = core::is_core(bytes);
    let converted = match core {
        true => core::to_component(bytes, wit)?.bytes,
        false => bytes.to_vec(),
    };
    let engine = Engine::new(Profile::Live)?;
    let component = super::compile::compile(&engine, &converted)?;
    let exported = exports(&engine, &component).into_iter().map(|export| {
        let function = export.name.rsplit('#').next().unwrap_or(&export.name);
        let params: Vec<_> = export
            .ty
            .params()
            .map(|(name, ty)| (name.to_owned(), ty))
            .collect();
        let result = export.ty.results().next();
        Exported {
            signature: signature(function, &params, result.as_ref()),
            name: export.name,
        }
    });
    Ok(Description {
        digest: Digest::of(bytes),
        core,
        wit: wit.map(str::to_owned),
        exports: exported.collect(),
        imports: Border::of(&converted)?.imports,
    })
}

impl Description {
    /// For people. `directory` and `file` are where the module lies.
    pub fn to_text(&self, directory: &str, file: &str) -> String {
        let mut text = String::new();
        let kind = match self.core {
            true => "core module",
            false => "component",
        };
        let _ = writeln!(text, "{file}: {kind}, sha256:{}", self.digest);
        let _ = writeln!(text, "\nexports");
        for export in &self.exports {
            match export.name.split_once('#') {
                Some((interface, _)) => {
                    let _ = writeln!(text, "  {interface}#{}", export.signature);
                }
                None => {
                    let _ = writeln!(text, "  {}", export.signature);
                }
            }
        }
        let _ = writeln!(text, "\nimports");
        for import in &self.imports {
            let group = import.group.unwrap_or("no group");
            let _ = writeln!(text, "  {group:16}  {}", import.name());
        }
        let _ = writeln!(text, "\nentries:\n{}", self.entries(directory, file));
        text
    }

    /// The entries that would run it, ready to paste.
    fn entries(&self, directory: &str, file: &str) -> String {
        let stem = file
            .rsplit('/')
            .next()
            .unwrap_or(file)
            .trim_end_matches(".wasm");
        let method = match self.exports.first() {
            _ if self.has_command() => "wasi:cli/run",
            Some(export) => export.name.as_str(),
            None => "",
        };
        let path = format!("/{}", file.trim_start_matches('/'));
        let entries = fs_entry("files", directory) + &self.entry(stem, "files", &path, method);
        let lines: Vec<_> = entries.lines().map(|line| format!("  {line}")).collect();
        lines.join("\n")
    }

    /// The entry that runs it, as an item of a list.
    pub fn entry(&self, name: &str, fs: &str, path: &str, method: &str) -> String {
        let command = method == "wasi:cli/run" || is_run(method);
        let (name, path, method) = (quoted(name), quoted(path), quoted(method));
        let mut text = String::new();
        let kind = match command {
            true => "process.wasm",
            false => "function.wasm",
        };
        let _ = writeln!(text, "- name: {name}\n  kind: {kind}");
        if command {
            let _ = writeln!(text, "  meta:\n    command: {{name: {name}}}");
        }
        let fs = match fs.contains(|c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c)) {
            true => quoted(fs),
            false => fs.to_owned(),
        };
        let _ = writeln!(text, "  fs: {fs}\n  path: {path}");
        let _ = writeln!(text, "  hash: sha256:{}\n  method: {method}", self.digest);
        if let Some(wit) = &self.wit {
            let _ = writeln!(text, "  wit: {}", quoted(wit));
        }
        let groups = needed_groups(&self.imports).join(", ");
        let _ = writeln!(text, "  imports: [{groups}]");
        text
    }

    /// What an entry's `method` says for a function that is `written` in short; for nothing, the
    /// command, or else the only function.
    ///
    /// # Errors
    /// `Method`, listing what there is.
    pub fn method(&self, written: &str) -> Result<String, ModuleError> {
        if written.is_empty() && self.has_command() {
            return Ok("wasi:cli/run".to_owned());
        }
        let names: Vec<&str> = self.exports.iter().map(|export| &*export.name).collect();
        super::choose(&names, written).map(str::to_owned)
    }

    fn has_command(&self) -> bool {
        self.exports.iter().any(|export| is_run(&export.name))
    }

    /// For programs.
    pub fn to_json(&self) -> Value {
        json!({
            "sha256": self.digest.to_string(),
            "core": self.core,
            "exports": self.exports.iter().map(|export| json!({
                "method": export.name,
                "signature": export.signature,
            })).collect::<Vec<_>>(),
            "imports": self.imports.iter().map(|import| json!({
                "interface": import.interface,
                "function": import.function,
                "group": import.group,
            })).collect::<Vec<_>>(),
            "groups": needed_groups(&self.imports),
        })
    }
}

/// The filesystem entry of a directory, as an item of a list.
pub fn fs_entry(name: &str, directory: &str) -> String {
    let directory = quoted(directory);
    format!("- name: {name}\n  kind: fs.directory\n  directory: {directory}\n")
}

/// A text as a scalar of YAML.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn is_run(name: &str) -> bool {
    name.starts_with("wasi:cli/run@0.2.")
}
