//! Which of a project's errors are reported before something of it is called or run: those that
//! matter to it in full, those of the other entries as a number.

use std::collections::HashSet;
use std::sync::Arc;

use super::exit_status::USAGE;
use super::report;
use crate::Runtime;
use crate::registry::{Diagnostic, Entry, Id, Loaded, LookupError, Place};

/// What was reported, and what was only counted.
pub(super) struct ReportedDiagnostics {
    json: bool,
    /// The entries that matter: those that are asked for, and what they need.
    matter: HashSet<Id>,
    /// The entries whose errors were reported.
    told: HashSet<Id>,
    /// The errors of other entries.
    others: usize,
    /// Where the first of them is.
    first_other: Option<Place>,
}

/// The entry that a lookup is about, whether or not it can be used.
pub(super) fn asked_for(found: Result<&Arc<Entry>, LookupError>) -> Option<Id> {
    match found {
        Ok(entry) => Some(entry.id.clone()),
        Err(LookupError::Invalid { id, .. } | LookupError::NotRun { id, .. }) => Some(id),
        Err(_) => None,
    }
}

impl ReportedDiagnostics {
    /// Reports the errors in a project's YAML: all of those that belong to no entry, and those of
    /// `entries` and of what they need.
    ///
    /// # Errors
    /// The exit status, where the command line is invalid: nothing is done then.
    pub(super) fn of_project(
        loaded: &Loaded,
        entries: impl IntoIterator<Item = Id>,
        json: bool,
    ) -> Result<ReportedDiagnostics, u8> {
        let mut reported = ReportedDiagnostics {
            json,
            matter: HashSet::new(),
            told: HashSet::new(),
            others: 0,
            first_other: None,
        };
        for id in entries {
            let needed = loaded.registry.with_dependencies(&id).into_iter().cloned();
            reported.matter.extend(needed);
        }
        reported.tell(&loaded.diagnostics);
        match loaded.is_missing || loaded.has_command_line_errors() {
            true => Err(USAGE),
            false => Ok(reported),
        }
    }

    /// Loads the modules of the entries that matter and tells their errors in the same way, and how many
    /// the other entries have as far as their YAML shows.
    pub(super) async fn of_modules(
        &mut self,
        runtime: &Runtime,
    ) -> Result<(), wippy_dispatcher::Error> {
        let found = runtime.load_entries(&self.matter).await?;
        self.tell(&found);
        self.tell_others();
        Ok(())
    }

    /// Whether an entry's errors were reported already.
    pub(super) fn has_reported(&self, entry: &str) -> bool {
        self.told.iter().any(|id| id.to_string() == entry)
    }

    fn tell(&mut self, found: &[Diagnostic]) {
        let matters = |found: &&Diagnostic| match &found.entry {
            Some(entry) => self.matter.contains(entry),
            None => true,
        };
        let (shown, others): (Vec<_>, Vec<_>) = found.iter().partition(matters);
        for other in others.iter().filter(|found| found.is_error()) {
            self.others += 1;
            if self.first_other.is_none() {
                self.first_other.clone_from(&other.place);
            }
        }
        let errors = shown.iter().filter(|found| found.is_error());
        self.told
            .extend(errors.filter_map(|found| found.entry.clone()));
        report::diagnostics(shown, self.json);
    }

    /// How many errors other entries have, and where the first is, on one line.
    pub(super) fn tell_others(&self) {
        let first = self.first_other.as_ref();
        let text = match (self.others, first) {
            (0, _) => return,
            (1, Some(place)) => {
                format!("another entry has a mistake (at {place}); 'wippy check' shows it")
            }
            (1, None) => "another entry has a mistake; 'wippy check' shows it".to_owned(),
            (many, Some(place)) => format!(
                "other entries have {many} mistakes (the first at {place}); 'wippy check' shows them"
            ),
            (many, None) => {
                format!("other entries have {many} reported; 'wippy check' shows them")
            }
        };
        report::diagnostics([&Diagnostic::warning(text)], self.json);
    }
}

/// Reports the errors of a project where nothing of it is asked for, or nothing that is there.
pub(super) fn of_no_entry(loaded: &Loaded, json: bool) -> Result<ReportedDiagnostics, u8> {
    let reported = ReportedDiagnostics::of_project(loaded, [], json)?;
    reported.tell_others();
    Ok(reported)
}
