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
    let border = Border::of(&converted)?;
    let component = super::compile::compile(&engine, &converted, border.large)?;
    let exported = exports(&component).into_iter().map(|export| {
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
        imports: border.imports,
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
        let command = self.exports.iter().any(|export| is_run(&export.name));
        let (kind, method) = match self.exports.first() {
            _ if command => ("process.wasm", "wasi:cli/run"),
            Some(export) => ("function.wasm", export.name.as_str()),
            None => ("function.wasm", ""),
        };
        let mut text = String::new();
        let _ = writeln!(
            text,
            "  - name: files\n    kind: fs.directory\n    directory: {directory:?}"
        );
        let _ = writeln!(text, "  - name: {stem:?}\n    kind: {kind}");
        if command {
            let _ = writeln!(text, "    meta:\n      command: {{name: {stem:?}}}");
        }
        let path = file.trim_start_matches('/');
        let _ = writeln!(text, "    fs: files\n    path: {:?}", format!("/{path}"));
        let _ = writeln!(
            text,
            "    hash: sha256:{}\n    method: {method:?}",
            self.digest
        );
        if let Some(wit) = &self.wit {
            let _ = writeln!(text, "    wit: {}", Value::from(wit.as_str()));
        }
        let _ = write!(
            text,
            "    imports: [{}]",
            needed_groups(&self.imports).join(", ")
        );
        text
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

fn is_run(name: &str) -> bool {
    name.starts_with("wasi:cli/run@0.2.")
}
