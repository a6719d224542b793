//! A description of a module: its exports, its imports, and an entry that would run it.

use std::fmt::Write;
use std::sync::atomic::AtomicBool;

use serde_json::{Value, json};

use super::{
    Digest, Engine, GivenBytes, Import, ModuleError, Origin, Profile, Source, compile, core,
    exports, needed_groups,
};
use crate::host::Packages;
use crate::values::signature;

/// The description of a module.
#[derive(Debug)]
pub struct Description {
    digest: Digest,
    core: bool,
    wit: Option<String>,
    exports: Vec<Exported>,
    imports: Vec<Import>,
    /// Functions of a core module that only `wit` lines could give a type.
    untyped: Vec<String>,
    packages: Packages,
}

#[derive(Debug)]
struct Exported {
    name: String,
    signature: String,
}

/// Where a module was found.
#[derive(Debug)]
pub enum Location<'a> {
    /// A file, binary or text.
    File {
        /// The directory that contains it.
        directory: &'a str,
        /// Its path in that directory.
        file: &'a str,
        /// Whether it is in the text format.
        text: bool,
    },
    /// The text format, written in an entry.
    Entry {
        /// The entry's name.
        name: &'a str,
        /// The text.
        source: &'a str,
    },
}

impl Location<'_> {
    /// The name of the file or entry.
    fn name(&self) -> &str {
        match self {
            Location::File { file, .. } => file,
            Location::Entry { name, .. } => name,
        }
    }

    /// The entry name to suggest: the file name without its extension.
    fn stem(&self) -> &str {
        let name = self.name();
        let name = name.rsplit('/').next().unwrap_or(name);
        let stem = name.strip_suffix(".wasm").or(name.strip_suffix(".wat"));
        stem.unwrap_or(name)
    }
}

/// Describes a module that may import these packages; `wit` holds the entry's lines for a core module.
/// Compiles it.
///
/// # Errors
/// `Invalid` and `Wit`, as when the module is loaded.
pub fn describe(
    bytes: &[u8],
    wit: Option<&str>,
    packages: &Packages,
) -> Result<Description, ModuleError> {
    let core = core::is_core(bytes);
    let module = Origin::Bytes(GivenBytes(bytes.into())).load(wit, packages)?;
    let engine = Engine::new(Profile::Live)?;
    let Some(code) = module.code() else {
        return Err(ModuleError::Invalid("it has no code".to_owned()));
    };
    let source = Source {
        code: &code,
        large: module.interface.large,
    };
    let compiled = compile(&engine, &source, None, &AtomicBool::default())?;
    let exported = exports(compiled.types()).into_iter().map(|export| {
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
        imports: module.interface.imports,
        untyped: module.untyped,
        packages: packages.clone(),
    })
}

impl Description {
    /// The description as text for a terminal.
    pub fn to_text(&self, location: &Location<'_>) -> String {
        let mut text = String::new();
        let kind = match self.core {
            true => "core module",
            false => "component",
        };
        let _ = match location {
            Location::File { text: false, .. } => {
                writeln!(text, "{}: {kind}, sha256:{}", location.name(), self.digest)
            }
            _ => writeln!(text, "{}: {kind}, as text", location.name()),
        };
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
        for name in &self.untyped {
            let _ = writeln!(
                text,
                "  {name}: not a function of numbers; `wit` has to give its type"
            );
        }
        let _ = writeln!(text, "\nimports");
        for import in &self.imports {
            let groups = match import.groups.as_slice() {
                [] if import.optional => "any".to_owned(),
                [] => "no group".to_owned(),
                groups => groups.join(", "),
            };
            let _ = writeln!(text, "  {groups:16}  {}", import.name());
        }
        let entries = self.entries(location);
        let _ = write!(text, "\nnamespace: app\nentries:\n{entries}");
        text
    }

    /// YAML of entries that would run it, to be pasted into a document.
    fn entries(&self, location: &Location<'_>) -> String {
        let stem = location.stem();
        let method = match self.exports.first() {
            _ if self.has_command() => "wasi:cli/run",
            Some(export) => export.name.as_str(),
            None => "",
        };
        let entries = match location {
            Location::File {
                directory,
                file,
                text: false,
            } => {
                let path = format!("/{}", file.trim_start_matches('/'));
                let fs = if stem == "files" { "modules" } else { "files" };
                fs_entry(fs, directory) + &self.entry(stem, fs, &path, method)
            }
            // `file://` paths start in the directory of the YAML file.
            Location::File { file, .. } => self.text_entry(stem, &format!("file://{file}"), method),
            Location::Entry { source, .. } => self.text_entry(stem, source, method),
        };
        let lines = entries.lines().map(|line| match line {
            "" => "\n".to_owned(),
            line => format!("  {line}\n"),
        });
        lines.collect()
    }

    /// YAML of an entry that runs the file at `path` of `fs`, as an item of a list.
    pub fn entry(&self, name: &str, fs: &str, path: &str, method: &str) -> String {
        let command = method == "wasi:cli/run" || is_run(method);
        let (name, path) = (quoted(name), quoted(path));
        let mut text = String::new();
        let kind = if command { "process" } else { "function" };
        let _ = writeln!(text, "- name: {name}\n  kind: {kind}.wasm");
        if command {
            let _ = writeln!(text, "  meta:\n    command: {{name: {name}}}");
        }
        let fs = match fs.contains(|c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c)) {
            true => quoted(fs),
            false => fs.to_owned(),
        };
        let _ = writeln!(text, "  fs: {fs}\n  path: {path}");
        let _ = writeln!(text, "  hash: sha256:{}", self.digest);
        self.finish(&mut text, method);
        text
    }

    /// YAML of an entry that runs a module in the text format; `source` is the text itself or a
    /// `file://` reference to it.
    pub fn text_entry(&self, name: &str, source: &str, method: &str) -> String {
        let (name, source) = (quoted(name), literal(source));
        let mut text = format!("- name: {name}\n  kind: function.wat\n  source: {source}\n");
        self.finish(&mut text, method);
        text
    }

    /// Appends the fields that all such entries have.
    fn finish(&self, text: &mut String, method: &str) {
        let _ = writeln!(text, "  method: {}", quoted(method));
        if let Some(wit) = &self.wit {
            let _ = writeln!(text, "  wit: {}", literal(wit));
        }
        let imports = needed_groups(&self.imports, &self.packages).join(", ");
        let _ = writeln!(text, "  imports: [{imports}]");
    }

    /// The full `method` for an abbreviated function name. An empty name means the command, or else
    /// the only function.
    ///
    /// # Errors
    /// `Method` when no function or several match; it lists the exports.
    pub fn method(&self, written: &str) -> Result<String, ModuleError> {
        if written.is_empty() && self.has_command() {
            return Ok("wasi:cli/run".to_owned());
        }
        let names: Vec<&str> = self.exports.iter().map(|export| &*export.name).collect();
        super::choose_typed(&names, &self.untyped, written).map(str::to_owned)
    }

    fn has_command(&self) -> bool {
        self.exports.iter().any(|export| is_run(&export.name))
    }

    /// The description as JSON.
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
                "group": import.groups.first(),
            })).collect::<Vec<_>>(),
            "groups": needed_groups(&self.imports, &self.packages),
        })
    }
}

/// YAML of an `fs.directory` entry, as an item of a list.
pub fn fs_entry(name: &str, directory: &str) -> String {
    let directory = quoted(directory);
    format!("- name: {name}\n  kind: fs.directory\n  directory: {directory}\n")
}

/// Text as a YAML scalar on one line.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn is_run(name: &str) -> bool {
    name.starts_with("wasi:cli/run@0.2.")
}

/// Text as a YAML scalar of a field: a literal block for text of several lines, if that preserves
/// the text exactly, else quoted.
fn literal(text: &str) -> String {
    let odd = |c: char| c.is_control() && c != '\n';
    let body = text.trim_end_matches('\n');
    if !body.contains('\n') || body.starts_with([' ', '\n']) || text.contains(odd) {
        return quoted(text);
    }
    let chomping = match text.len() - body.len() {
        0 => "|-",
        1 => "|",
        _ => return Value::from(text).to_string(),
    };
    let lines = body.lines().map(|line| match line {
        "" => String::new(),
        line => format!("    {line}"),
    });
    let lines: Vec<String> = lines.collect();
    format!("{chomping}\n{}", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::literal;

    #[test]
    fn literals_mean_what_they_were() {
        for text in [
            "a",
            "a\n",
            "(module\n  (func))\n",
            "a\n\n  b",
            " a\nb",
            "a\n\n\n",
            "a\tb\nc",
            "a: b # c\n- d\n",
            "",
        ] {
            let yaml = format!("x:\n  source: {}\n", literal(text));
            let parsed: serde_json::Value = serde_yaml::from_str(&yaml).expect(&yaml);
            assert_eq!(parsed["x"]["source"], text, "{yaml}");
        }
    }
}
