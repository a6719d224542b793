//! Checking a project without calling anything: every module is loaded and compiled, and what it
//! imports is compared with what its entry enables.

use std::collections::HashSet;
use std::sync::Arc;

use wippy_dispatcher::Error;

use super::Runtime;
use super::diagnostics::errors;
use crate::host::packages::Name;
use crate::module::{Import, needed_groups};
use crate::program::LinkedFunction;
use crate::registry::{Diagnostic, Entry, Id};

/// How strictly a project is checked.
///
/// ```
/// use wippy::CheckOptions;
///
/// assert!(!CheckOptions::default().strict);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct CheckOptions {
    /// A function that a module imports and its entry does not enable is an error.
    pub strict: bool,
}

/// Checks every entry that has a module. The errors of its YAML are not repeated: they are among
/// those of loading it.
///
/// ```
/// use wippy::project::{LoadOptions, from_yaml};
/// use wippy::{CheckOptions, Runtime, check};
///
/// # let dispatcher = wippy_dispatcher::Dispatcher::new()?;
/// let yaml = r#"
/// version: "1.0"
/// namespace: app
/// entries:
///   - {name: one, kind: function.wat, method: two, source: '(module (func (export "one")))'}
/// "#;
/// let loaded = from_yaml(yaml, None, &LoadOptions::default());
/// let runtime = Runtime::new(dispatcher.handle(), loaded.registry)?;
/// // The module exports no function `two`.
/// let found = dispatcher.block_on(check(&runtime, CheckOptions::default()))??;
/// assert_eq!(found[0].field.as_deref(), Some("method"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`Runtime::load`].
pub async fn check(runtime: &Runtime, options: CheckOptions) -> Result<Vec<Diagnostic>, Error> {
    let mut found = runtime.load().await?;
    let invalid: HashSet<Id> = found
        .iter()
        .filter_map(|error| error.entry.clone())
        .collect();
    let entries: Vec<Arc<Entry>> = runtime.registry().entries().cloned().collect();
    for entry in entries {
        // Entries that have errors, or need one that has, are in `found` or were reported on loading.
        if entry.function().is_none()
            || invalid.contains(&entry.id)
            || !runtime.registry().errors_of(&entry.id).is_empty()
        {
            continue;
        }
        match runtime.function(&entry).await {
            Ok(function) => {
                compare(&function.linked, options, &mut found);
                for (field, message) in runtime.verify(&function).await {
                    found.push(entry.error_at(field, message));
                }
            }
            Err(problem) => {
                let packages = &runtime.inner.program.options().packages;
                found.extend(errors(&entry, Some(&problem), packages));
            }
        }
    }
    Ok(found)
}

fn compare(function: &LinkedFunction, options: CheckOptions, found: &mut Vec<Diagnostic>) {
    let entry = &function.entry;
    let imports = function.imports();
    let report = |message: String, hint: String| {
        let diagnostic = match options.strict {
            true => Diagnostic::error(message),
            false => Diagnostic::warning(message),
        };
        let place = entry.place_of("imports");
        diagnostic
            .at(place)
            .of(&entry.id)
            .field("imports")
            .hint(hint)
    };
    let missing = imports.iter();
    let missing = missing.filter(|import| import.is_missing(&function.capabilities));
    let missing: Vec<&Import> = missing.collect();
    if !missing.is_empty() {
        let message = format!(
            "the module imports what is not enabled: {}",
            names(&missing)
        );
        found.push(report(message, remedy(&missing)));
    }
    let packages = function.capabilities.packages();
    let needed = needed_groups(imports, packages);
    let groups = packages.iter().map(|package| package.group());
    for group in groups.filter(|group| !needed.contains(group)) {
        if function.capabilities.lists(group) {
            let message = format!("{group} is enabled, and the module imports nothing of it");
            let warning = Diagnostic::warning(message)
                .at(entry.place_of("imports"))
                .of(&entry.id);
            found.push(warning.field("imports").hint(format!("remove `- {group}`")));
        }
    }
}

/// The functions, those of an interface together.
fn names(imports: &[&Import]) -> String {
    let mut interfaces: Vec<(&str, Vec<&str>)> = Vec::new();
    for import in imports {
        match interfaces
            .iter_mut()
            .find(|(name, _)| *name == import.interface)
        {
            Some((_, functions)) => functions.push(&import.function),
            None => interfaces.push((&import.interface, vec![&import.function])),
        }
    }
    let names = interfaces
        .iter()
        .map(|(interface, functions)| match functions[..] {
            [""] => (*interface).to_owned(),
            [function] => format!("{interface}#{function}"),
            _ => format!("{interface}#{{{}}}", functions.join(", ")),
        });
    names.collect::<Vec<_>>().join(", ")
}

/// The lines of `imports` that would enable them.
fn remedy(imports: &[&Import]) -> String {
    let groups = imports.iter().flat_map(|import| import.groups.iter());
    let mut groups: Vec<&Name> = groups.collect();
    groups.sort_unstable();
    groups.dedup();
    let lines: Vec<String> = groups.iter().map(|group| format!("`- {group}`")).collect();
    let beyond = imports.iter().any(|import| import.groups.is_empty());
    match (lines.is_empty(), beyond) {
        (true, _) => "nothing in imports enables it".to_owned(),
        (false, false) => format!("add {}", lines.join(", ")),
        (false, true) => format!("add {}; nothing enables the rest", lines.join(", ")),
    }
}
