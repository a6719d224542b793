//! The files of a crate, and which file uses which.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::Path;

use super::imports::FileImports;

/// That a file names something which another file defines.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Use {
    /// Relative to the crate's sources.
    pub file: String,
    pub used: String,
    /// Of the first such name.
    pub line: usize,
}

/// A module that is a file.
struct Module {
    file: String,
    imports: FileImports,
}

pub struct CrateSources {
    /// By the module's path: `""` is the crate's root, `"io/source"` a file in a folder.
    modules: BTreeMap<String, Module>,
}

impl CrateSources {
    /// Reads all sources below a directory, tests left out.
    pub fn read(directory: &Path, crate_root: &Path) -> CrateSources {
        let mut modules = BTreeMap::new();
        let mut waiting = vec![directory.to_owned()];
        while let Some(directory_now) = waiting.pop() {
            for entry in fs::read_dir(&directory_now).expect("a directory of sources") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    waiting.push(path);
                    continue;
                }
                let inside = path.strip_prefix(directory).expect("below it");
                if path.extension().is_none_or(|it| it != "rs")
                    || inside == Path::new("main.rs") && crate_root != inside
                {
                    continue;
                }
                let file = inside.to_str().expect("UTF-8").to_owned();
                let module = match inside == crate_root {
                    true => String::new(),
                    false => file
                        .trim_end_matches(".rs")
                        .trim_end_matches("/mod")
                        .to_owned(),
                };
                let text = fs::read_to_string(&path).expect("UTF-8");
                let imports = FileImports::read(&text);
                modules.insert(module, Module { file, imports });
            }
        }
        let mut sources = CrateSources { modules };
        sources.leave_out_tests();
        sources
    }

    fn leave_out_tests(&mut self) {
        let mut of_tests = HashSet::new();
        for (path, module) in &self.modules {
            of_tests.extend(
                module
                    .imports
                    .test_modules
                    .iter()
                    .map(|name| below(path, name)),
            );
        }
        let is_of_tests = |path: &str| {
            let with_parents = path
                .match_indices('/')
                .map(|(at, _)| &path[..at])
                .chain([path]);
            with_parents.into_iter().any(|part| of_tests.contains(part))
        };
        self.modules.retain(|path, _| !is_of_tests(path));
    }

    /// Each use of one file by another, once.
    pub fn uses(&self) -> Vec<Use> {
        let mut found = BTreeMap::new();
        for (path, module) in &self.modules {
            // Generated code: it names the types of resources, whose functions it calls.
            if module.file.ends_with("bindings.rs") {
                continue;
            }
            // Modules that `use` makes known by their name alone.
            let mut aliases = BTreeMap::new();
            for import in &module.imports.imports {
                if let (Some(name), Some(full)) = (&import.name, self.absolute(path, &import.path))
                    && self.modules.contains_key(&full.join("/"))
                {
                    aliases.insert(name.clone(), full);
                }
            }
            for import in module.imports.imports.iter().filter(|it| !it.is_reexport) {
                let full = match aliases.get(&import.path[0]) {
                    Some(alias) if import.name.is_none() => {
                        Some(alias.iter().chain(&import.path[1..]).cloned().collect())
                    }
                    _ => self.absolute(path, &import.path),
                };
                let Some(full) = full else { continue };
                // A module by itself: `use` of it, or `pub(in …)`.
                if self.modules.contains_key(&full.join("/")) {
                    continue;
                }
                let Some(used) = self.file_of(&full, 0) else {
                    continue;
                };
                if used != module.file {
                    found
                        .entry((module.file.clone(), used))
                        .or_insert(import.line);
                }
            }
        }
        let as_use = |((file, used), line)| Use { file, used, line };
        found.into_iter().map(as_use).collect()
    }

    /// A path from the crate's root; nothing where it leads to another crate.
    fn absolute(&self, module: &str, path: &[String]) -> Option<Vec<String>> {
        let mut here: Vec<String> = module
            .split('/')
            .filter(|it| !it.is_empty())
            .map(String::from)
            .collect();
        let mut rest = path;
        match path[0].as_str() {
            "crate" => {
                here.clear();
                rest = &rest[1..];
            }
            "self" => rest = &rest[1..],
            "super" => {
                while rest.first().is_some_and(|it| it == "super") {
                    here.pop();
                    rest = &rest[1..];
                }
            }
            // A child, named without `self`.
            child if self.modules.contains_key(&below(module, child)) => {}
            _ => return None,
        }
        here.extend(rest.iter().cloned());
        Some(here)
    }

    /// The file that defines what a path names: the longest module in it, and where that only passes
    /// the next name on, the file that it comes from.
    fn file_of(&self, path: &[String], depth: usize) -> Option<String> {
        let length = (0..=path.len())
            .rev()
            .find(|&length| self.modules.contains_key(&path[..length].join("/")))?;
        let module_path = path[..length].join("/");
        let module = &self.modules[&module_path];
        let next = path.get(length);
        // A module with a path of its own is another crate's file.
        if next.is_some_and(|name| module.imports.modules.contains(name)) {
            return None;
        }
        let passed_on = path.get(length).filter(|_| depth < 8).and_then(|name| {
            let mut imports = module.imports.imports.iter();
            imports.find(|it| it.name.as_ref() == Some(name))
        });
        if let Some(import) = passed_on
            && let Some(mut origin) = self.absolute(&module_path, &import.path)
        {
            origin.extend_from_slice(&path[length + 1..]);
            return self.file_of(&origin, depth + 1);
        }
        Some(module.file.clone())
    }
}

fn below(module: &str, child: &str) -> String {
    match module {
        "" => child.to_owned(),
        module => format!("{module}/{child}"),
    }
}
