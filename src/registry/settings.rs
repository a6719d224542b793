//! `.wippy.yaml`: settings of a project, its profiles, and what the command line adds.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::diagnostic::Diagnostic;
use super::options::LoadOptions;
use super::parse::{Parsed, parse};
use super::placeholder::{Placeholder, expand};
use super::scalar::{Scalar, Style};
use super::source::{ControlFile, read};
use super::tree::{COMMAND_LINE, Key, Mapping, Node, Place, Value, shorten};
use super::wasm_settings::{self, WasmSettings};
use crate::nearest::{nearest, within};
use crate::trust::Base;

/// The name of a project's settings file.
pub const SETTINGS_FILE: &str = ".wippy.yaml";
const VERSION: &str = "1.0";
/// The sections that this program reads.
const SECTIONS: [&str; 6] = ["version", "override", "disable", "vars", "wasm", "profiles"];
/// What all placeholders of the settings may give, in bytes.
const MAX_EXPANDED: usize = 1 << 20;

/// The settings that apply: all files merged, the profile over them, then the command line;
/// placeholders replaced.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    tree: Option<Node>,
    files: Vec<PathBuf>,
    wasm: WasmSettings,
}

impl Settings {
    /// The value at a path such as `http.address`. Sections that this program does not know
    /// are there too.
    pub fn at(&self, path: &str) -> Option<&Node> {
        self.tree.as_ref()?.at(path)
    }

    /// How calls run, whatever their entries say.
    pub fn wasm(&self) -> WasmSettings {
        self.wasm
    }

    /// The files that were read.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// The overrides, in the order of the files.
    pub(crate) fn overrides(&self) -> &[(Key, Node)] {
        let section = self.at("override").and_then(Node::as_mapping);
        section.map_or(&[], |section| &section.entries)
    }
}

/// Reads the settings. Without `--config` it is the project's own file, where there is one and
/// `own` allows it.
pub(crate) fn load(
    project_dir: &Path,
    base: &Base,
    own: bool,
    options: &LoadOptions,
    found: &mut Vec<Diagnostic>,
) -> (Settings, Vec<ControlFile>) {
    let mut files = options.config_files.clone();
    let default = project_dir.join(SETTINGS_FILE);
    if own && files.is_empty() && default.exists() {
        files.push(default);
    }
    let place = Place::file(Path::new(COMMAND_LINE).into());
    let mut tree = Node::empty(place.clone());
    let mut controls = Vec::new();
    for file in &files {
        if !file.exists() {
            let error = Diagnostic::error(format!("--config {}: no such file", file.display()));
            found.push(error.at(&place));
            continue;
        }
        let (parsed, control) = read("the settings file", file, base);
        controls.push(control);
        for document in documents(parsed, found) {
            tree = merge(&tree, &document);
        }
    }
    tree = select_profile(&tree, options.profile.as_deref(), &place, found);
    for setting in &options.settings {
        match set(&tree, setting, &place) {
            Ok(changed) => tree = changed,
            Err(message) => {
                let error = Diagnostic::error(format!("--set {setting}: {message}"));
                found.push(error.at(&place));
            }
        }
    }
    let tree = resolve(tree, options, found);
    check_sections(&tree, found);
    let wasm = tree.get(wasm_settings::SECTION);
    let wasm = wasm.map(|section| WasmSettings::decode(section, found));
    let settings = Settings {
        tree: Some(tree),
        files,
        wasm: wasm.unwrap_or_default(),
    };
    (settings, controls)
}

fn documents(parsed: Parsed, found: &mut Vec<Diagnostic>) -> Vec<Node> {
    found.extend(parsed.error);
    let mut documents = Vec::new();
    for document in parsed.documents {
        document.problems(&mut |problem| {
            found.push(Diagnostic::error(problem.message.clone()).at(&problem.place));
        });
        if document.as_mapping().is_none() {
            if !document.is_null() {
                let message = format!("expected a mapping, found {}", document.describe());
                found.push(Diagnostic::error(message).at(&document.place));
            }
            continue;
        }
        if let Some(version) = document.get("version")
            && !matches!(&version.value, Value::Scalar(s) if &*s.text == VERSION)
        {
            let message = format!("expected version {VERSION:?}, found {}", version.describe());
            let warning = Diagnostic::warning(message).at(&version.place);
            found.push(warning.field("version"));
        }
        documents.push(document);
    }
    documents
}

/// `above` over `below`: mappings key by key, anything else as a whole.
fn merge(below: &Node, above: &Node) -> Node {
    let (Some(low), Some(high)) = (below.as_mapping(), above.as_mapping()) else {
        return above.clone();
    };
    let mut entries = low.entries.clone();
    let keys = entries.iter().enumerate();
    let index: HashMap<_, _> = keys.map(|(i, (key, _))| (key.text.clone(), i)).collect();
    for (key, node) in &high.entries {
        let known = index.get(&key.text).and_then(|i| entries.get_mut(*i));
        match known {
            Some((known, value)) => {
                *value = merge(value, node);
                *known = key.clone();
            }
            None => entries.push((key.clone(), node.clone())),
        }
    }
    let problems = Vec::new();
    Node::mapping(above.place.clone(), Mapping { entries, problems })
}

/// The settings with the profile over them, and without the profiles.
fn select_profile(
    tree: &Node,
    name: Option<&str>,
    place: &Place,
    found: &mut Vec<Diagnostic>,
) -> Node {
    let profiles = tree.get("profiles").and_then(Node::as_mapping);
    let mut rest = tree.as_mapping().cloned().unwrap_or_default();
    rest.entries.retain(|(key, _)| &*key.text != "profiles");
    let rest = Node::mapping(tree.place.clone(), rest);
    let Some(name) = name else { return rest };
    if let Some(profile) = profiles.and_then(|profiles| profiles.get(name)) {
        return merge(&rest, profile);
    }
    let names = || {
        profiles
            .iter()
            .flat_map(|p| &p.entries)
            .map(|(k, _)| &*k.text)
    };
    let error = Diagnostic::error(format!("--profile {name}: there is no such profile"));
    let list: Vec<_> = names().collect();
    let hint = match nearest(name, names()) {
        Some(near) => format!("did you mean {near:?}?"),
        None if list.is_empty() => "the settings have no profiles".into(),
        None => format!("there are {}", list.join(", ")),
    };
    found.push(error.at(place).hint(hint));
    rest
}

/// The settings with one `section.path=value`. The keys of `override` hold dots themselves.
fn set(tree: &Node, setting: &str, place: &Place) -> Result<Node, String> {
    let (path, value) = setting
        .split_once('=')
        .ok_or("expected section.path=value")?;
    let value = command_line_value(value, place);
    let Some(key) = path.strip_prefix("override.") else {
        return tree.with(path, value);
    };
    let key = Key {
        text: key.into(),
        place: place.clone(),
    };
    let section = Mapping {
        entries: vec![(key, value)],
        problems: Vec::new(),
    };
    let section = Node::mapping(place.clone(), section);
    Ok(merge(
        tree,
        &Node::empty(place.clone()).with("override", section)?,
    ))
}

/// A value as the command line gives it: a list or mapping in YAML's flow style, or a text that
/// takes the type of its field.
pub(crate) fn command_line_value(text: &str, place: &Place) -> Node {
    if text.starts_with(['[', '{']) {
        let parsed = parse(text, &place.file);
        if let ([node], None) = (&parsed.documents[..], &parsed.error) {
            let mut problems = 0;
            node.problems(&mut |_| problems += 1);
            if problems == 0 {
                return Node {
                    place: place.clone(),
                    value: node.value.clone(),
                };
            }
        }
    }
    Node {
        place: place.clone(),
        value: Value::Scalar(Scalar {
            text: text.into(),
            style: Style::Coerced,
        }),
    }
}

/// Replaces `${env:X}` by the operating system's variables and `${x}` by `vars`.
fn resolve(tree: Node, options: &LoadOptions, found: &mut Vec<Diagnostic>) -> Node {
    let mut left = MAX_EXPANDED;
    let vars = tree.get("vars").map(|vars| {
        replace(vars, "vars", &mut left, found, &mut |name| {
            name.env.then(|| options.os.get(name.name)).flatten()
        })
    });
    let mut value = |placeholder: &Placeholder<'_>| match placeholder.env {
        true => options.os.get(placeholder.name),
        false => match &vars.as_ref()?.get(placeholder.name)?.value {
            Value::Scalar(scalar) => Some(scalar.text.to_string()),
            _ => None,
        },
    };
    let mut mapping = tree.as_mapping().cloned().unwrap_or_default();
    for (key, node) in &mut mapping.entries {
        *node = match (&*key.text, &vars) {
            ("vars", Some(vars)) => vars.clone(),
            (field, _) => replace(node, field, &mut left, found, &mut value),
        };
    }
    Node::mapping(tree.place.clone(), mapping)
}

fn replace(
    node: &Node,
    path: &str,
    left: &mut usize,
    found: &mut Vec<Diagnostic>,
    value: &mut dyn FnMut(&Placeholder<'_>) -> Option<String>,
) -> Node {
    let replaced = node.replace_strings(path, &mut |text, place, field| {
        let expanded = expand(text, &mut |placeholder| {
            let Placeholder { env, name, default } = *placeholder;
            let given = value(placeholder).or_else(|| default.map(str::to_owned));
            let Some(given) = given else {
                let message = match env {
                    true => format!("the environment variable {name:?} is not set"),
                    false => format!("vars has no value {name:?}"),
                };
                return Err(Diagnostic::error(message).into());
            };
            *left = left.saturating_sub(given.len());
            if *left == 0 {
                let message = format!("placeholders give more than {MAX_EXPANDED} bytes");
                return Err(Diagnostic::error(message).into());
            }
            Ok(Some(given))
        });
        expanded.unwrap_or_else(|errors| {
            let errors = errors.into_iter();
            found.extend(errors.map(|error| error.at(place).field(field)));
            None
        })
    });
    replaced.unwrap_or_else(|| node.clone())
}

/// Checks the shapes of the sections that this program reads.
fn check_sections(tree: &Node, found: &mut Vec<Diagnostic>) {
    sections_of_other_names(tree, found);
    let mut check = |path: &str, fits: fn(&Node) -> bool, what: &str| {
        let node = tree.at(path).filter(|node| !node.is_null());
        if let Some(node) = node.filter(|node| !fits(node)) {
            let message = format!("expected {what}, found {}", node.describe());
            found.push(Diagnostic::error(message).at(&node.place).field(path));
        }
    };
    for section in ["override", "disable", "vars"] {
        check(section, |node| node.as_mapping().is_some(), "a mapping");
    }
    for list in ["disable.namespaces", "disable.entries"] {
        let strings = |node: &Node| {
            let items = node.as_sequence();
            items.is_some_and(|items| items.iter().all(|item| item.as_str().is_some()))
        };
        check(list, strings, "a list of strings");
    }
}

/// Warns of sections that are almost spelt like one of this program's. Others are for other
/// programs, which may share the file.
fn sections_of_other_names(tree: &Node, found: &mut Vec<Diagnostic>) {
    let sections = tree.as_mapping().into_iter().flat_map(|it| &it.entries);
    for (key, _) in sections {
        let name = &*key.text;
        if let Some(near) = within(name, SECTIONS, 1).filter(|near| *near != name) {
            let warning = Diagnostic::warning(format!("unknown section {:?}", shorten(name)));
            let hint = format!("did you mean {near:?}?");
            found.push(warning.at(&key.place).field(shorten(name)).hint(hint));
        }
    }
}

/// The place of what the command line says.
pub(crate) fn command_line() -> Place {
    Place::file(Arc::from(Path::new(COMMAND_LINE)))
}
