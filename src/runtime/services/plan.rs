//! Which services are started, and in what order.

use std::collections::HashMap;
use std::sync::Arc;

use crate::registry::{Entry, Id, Kind, Registry};

/// The services of a project that are started with it, each behind those that it depends on.
///
/// ```
/// use wippy::project::{LoadOptions, from_yaml};
/// use wippy::services::Plan;
///
/// # let dir = tempfile::tempdir()?;
/// # let module = wippy::to_binary(r#"(module (func (export "work")))"#)?;
/// # std::fs::write(dir.path().join("work.wasm"), &module)?;
/// # let hash = wippy::Digest::of(&module);
/// let yaml = format!(r#"
/// version: "1.0"
/// namespace: app
/// entries:
///   - {{name: host, kind: process.host}}
///   - {{name: files, kind: fs.directory, directory: .}}
///   - name: work
///     kind: process.wasm
///     fs: files
///     path: /work.wasm
///     hash: sha256:{hash}
///     method: work
///   - name: worker
///     kind: process.service
///     process: work
///     host: host
///     lifecycle: {{auto_start: true}}
/// "#);
/// let loaded = from_yaml(&yaml, Some(dir.path()), &LoadOptions::default());
/// let plan = Plan::new(&loaded.registry)?;
/// assert_eq!(plan.services[0].id.to_string(), "app:worker");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Plan {
    /// Well-formed services.
    pub services: Vec<Arc<Entry>>,
    /// Services that would be started if they, and what they need, had no errors.
    pub invalid: Vec<Id>,
    /// Services that are not run here, because they refer to a kind that is not.
    pub not_run: Vec<Id>,
}

/// Why no order can be found.
///
/// ```
/// use wippy::project::Id;
/// use wippy::services::PlanError;
///
/// let error = PlanError::Cycle(vec![Id::new("app", "a"), Id::new("app", "a")]);
/// assert!(error.to_string().contains("app:a → app:a"));
/// ```
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// Services depend on each other.
    #[error("lifecycle.depends_on has a cycle: {}; remove one of these", list(.0))]
    Cycle(Vec<Id>),
}

fn list(ids: &[Id]) -> String {
    let ids: Vec<_> = ids.iter().map(Id::to_string).collect();
    ids.join(" → ")
}

/// Where the search is with an entry.
#[derive(Clone, Copy, PartialEq)]
enum Mark {
    Open,
    Done,
}

impl Plan {
    /// The services with `lifecycle.auto_start`, and those that they depend on.
    ///
    /// # Errors
    /// `Cycle` when services depend on each other.
    pub fn new(registry: &Registry) -> Result<Plan, PlanError> {
        let mut plan = Plan {
            services: Vec::new(),
            invalid: Vec::new(),
            not_run: Vec::new(),
        };
        let mut marks = HashMap::new();
        for entry in registry.entries() {
            if is_service(entry) && entry.lifecycle.auto_start {
                plan.add(registry, entry, &mut marks)?;
            }
        }
        Ok(plan)
    }

    /// Depth first, without recursion: a chain of entries may be long.
    fn add(
        &mut self,
        registry: &Registry,
        first: &Arc<Entry>,
        marks: &mut HashMap<Id, Mark>,
    ) -> Result<(), PlanError> {
        let mut path: Vec<(&Arc<Entry>, usize)> = vec![(first, 0)];
        if marks.contains_key(&first.id) {
            return Ok(());
        }
        marks.insert(first.id.clone(), Mark::Open);
        while let Some((entry, next)) = path.last_mut() {
            let Some(dependency) = entry.lifecycle.depends_on.get(*next) else {
                let entry = *entry;
                path.pop();
                marks.insert(entry.id.clone(), Mark::Done);
                if is_service(entry) {
                    let id = &entry.id;
                    match (registry.has_errors(id), registry.is_not_run(id)) {
                        (true, _) => self.invalid.push(id.clone()),
                        (false, true) => self.not_run.push(id.clone()),
                        (false, false) => self.services.push(entry.clone()),
                    }
                }
                continue;
            };
            *next += 1;
            match marks.get(dependency) {
                Some(Mark::Done) => {}
                Some(Mark::Open) => {
                    let from = path.iter().position(|(entry, _)| entry.id == *dependency);
                    let cycle = path.iter().skip(from.unwrap_or(0));
                    let mut cycle: Vec<_> = cycle.map(|(entry, _)| entry.id.clone()).collect();
                    cycle.push(dependency.clone());
                    return Err(PlanError::Cycle(cycle));
                }
                None => {
                    if let Some(entry) = registry.get(dependency) {
                        marks.insert(entry.id.clone(), Mark::Open);
                        path.push((entry, 0));
                    }
                }
            }
        }
        Ok(())
    }
}

fn is_service(entry: &Entry) -> bool {
    matches!(entry.kind, Kind::ProcessService(_) | Kind::HttpService(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{LoadOptions, from_yaml};

    fn plan(services: &[(&str, bool, &str)]) -> Result<String, String> {
        let mut yaml = "namespace: app\nentries:\n  - {name: host, kind: process.host}\n\
            \x20 - {name: p, kind: process.wasm, fs: files, path: p.wasm, hash: \"sha256:0\", method: run}\n\
            \x20 - {name: files, kind: fs.directory, directory: .}\n"
            .to_owned();
        for (name, auto, depends) in services {
            yaml.push_str(&format!(
                "  - {{name: {name}, kind: process.service, process: p, host: host, \
                 lifecycle: {{auto_start: {auto}, depends_on: [{depends}]}}}}\n"
            ));
        }
        let loaded = from_yaml(&yaml, None, &LoadOptions::default());
        let errors: Vec<_> = loaded.errors().map(ToString::to_string).collect();
        assert_eq!(errors, [] as [String; 0]);
        let plan = Plan::new(&loaded.registry).map_err(|error| error.to_string())?;
        let names = plan.services.iter().map(|entry| entry.id.name.clone());
        Ok(names.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn dependencies_come_first_and_only_what_is_needed_starts() {
        let services = [
            ("web", true, "cache, store"),
            ("store", false, "disk"),
            ("cache", true, "disk"),
            ("disk", false, ""),
            ("unused", false, ""),
        ];
        assert_eq!(plan(&services), Ok("disk cache store web".to_owned()));
        assert_eq!(plan(&[]), Ok(String::new()));
    }

    #[test]
    fn every_service_of_a_cycle_is_named() {
        let services = [("a", true, "b"), ("b", false, "c"), ("c", false, "b")];
        let text = "lifecycle.depends_on has a cycle: app:b → app:c → app:b; remove one of these";
        assert_eq!(plan(&services), Err(text.to_owned()));
    }
}
