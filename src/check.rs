//! Checking a project without calling anything: every module is loaded and compiled, and what it
//! imports is compared with what its entry enables.

use std::collections::HashSet;
use std::sync::Arc;

use wippy_dispatcher::Error;

use crate::Runtime;
use crate::function::Function;
use crate::mistake::mistakes;
use crate::module::{groups, needed_groups};
use crate::registry::{Diagnostic, Entry, Id};

/// How strictly a project is checked.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct CheckOptions {
    /// A function that a module imports and its entry does not enable is an error.
    pub strict: bool,
}

/// Checks every entry that has a module; the mistakes of its YAML are the loader's to tell.
///
/// # Errors
/// The dispatcher's.
pub async fn check(runtime: &Runtime, options: CheckOptions) -> Result<Vec<Diagnostic>, Error> {
    let mut found = runtime.load().await?;
    let mistaken: HashSet<Id> = found.iter().filter_map(|told| told.entry.clone()).collect();
    let entries: Vec<Arc<Entry>> = runtime.registry().entries().cloned().collect();
    for entry in entries {
        // What has mistakes, or needs what has, was told of already.
        if entry.function().is_none()
            || mistaken.contains(&entry.id)
            || !runtime.registry().mistakes_of(&entry.id).is_empty()
        {
            continue;
        }
        match runtime.prepare(&entry).await {
            Ok(function) => compare(&function, options, &mut found),
            Err(problem) => found.extend(mistakes(&entry, Some(&problem))),
        }
    }
    Ok(found)
}

fn compare(function: &Function, options: CheckOptions, found: &mut Vec<Diagnostic>) {
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
    for import in imports
        .iter()
        .filter(|import| import.is_missing(&function.capabilities))
    {
        let message = format!("the module imports {}, which is not enabled", import.name());
        found.push(report(
            message,
            match import.group {
                Some(group) => format!("add `- {group}`"),
                None => "nothing in imports enables it".to_owned(),
            },
        ));
    }
    let needed = needed_groups(imports);
    for group in groups()
        .iter()
        .filter(|group| !needed.contains(&group.name))
    {
        if function.capabilities.lists(group.name) {
            let message = format!(
                "{} is enabled, and the module imports nothing of it",
                group.name
            );
            let warning = Diagnostic::warning(message)
                .at(entry.place_of("imports"))
                .of(&entry.id);
            found.push(
                warning
                    .field("imports")
                    .hint(format!("remove `- {}`", group.name)),
            );
        }
    }
}
