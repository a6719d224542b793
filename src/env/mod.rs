//! A project's environment: variables, and the storages that keep their values.
//!
//! Nothing is kept here: every reading asks the storage, so that a call sees what is there when
//! it starts. Reading a file blocks; [`Environment::reads_files`] says whether one would be read.

mod entries;
mod error;
mod file;
mod os;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

pub use entries::{EnvBinding, EnvFile, EnvStorage, EnvVariable};
pub use error::EnvError;
pub use os::OsEnvironment;

use crate::id::Id;
use crate::trust::PathGuard;

/// Routers behind routers that are followed.
const MAX_ROUTERS: usize = 16;
/// Storages that one reading asks at most.
const MAX_ASKED: usize = 1024;

/// The variables and storages of a project.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    variables: BTreeMap<Id, EnvVariable>,
    names: HashMap<String, Id>,
    storages: HashMap<Id, EnvStorage>,
    os: OsEnvironment,
    guard: Arc<PathGuard>,
}

impl Environment {
    /// An environment without variables.
    pub fn new(os: OsEnvironment) -> Self {
        Self {
            os,
            ..Self::default()
        }
    }

    /// Sets the gate through which files are opened.
    pub(crate) fn guarded(mut self, guard: Arc<PathGuard>) -> Self {
        self.guard = guard;
        self
    }

    /// Adds a variable. A public name that another variable has stays with that one.
    pub fn add_variable(&mut self, id: Id, variable: EnvVariable) {
        if let Some(name) = &variable.name {
            let names = self.names.entry(name.clone());
            names.or_insert_with(|| id.clone());
        }
        self.variables.insert(id, variable);
    }

    /// Adds a storage.
    pub fn add_storage(&mut self, id: Id, storage: EnvStorage) {
        self.storages.insert(id, storage);
    }

    /// The variable with this public name or entry ID.
    pub fn find(&self, name: &str) -> Option<&Id> {
        let named = self.names.get(name);
        named.or_else(|| {
            let id = Id::parse(name).ok()?;
            self.variables.get_key_value(&id).map(|(id, _)| id)
        })
    }

    /// The variables, by ID.
    pub fn variables(&self) -> impl ExactSizeIterator<Item = (&Id, &EnvVariable)> {
        self.variables.iter()
    }

    /// The value of a variable: what its storage has, else its default.
    ///
    /// # Errors
    /// `UnknownVariable` when there is no such variable; `UnknownStorage`, `Router` and `File` when its
    /// storage cannot be read.
    pub fn get(&self, id: &Id) -> Result<Option<String>, EnvError> {
        let unknown = || EnvError::UnknownVariable(id.to_string());
        let variable = self.variables.get(id).ok_or_else(unknown)?;
        let mut asked = 0;
        let value = self.read(&variable.storage, &variable.key(id), 0, &mut asked)?;
        Ok(value.or_else(|| variable.default.clone()))
    }

    /// The value of the variable with this public name or entry ID.
    ///
    /// # Errors
    /// As [`Environment::get`].
    pub fn get_named(&self, name: &str) -> Result<Option<String>, EnvError> {
        let unknown = || EnvError::UnknownVariable(name.to_owned());
        self.get(self.find(name).ok_or_else(unknown)?)
    }

    /// The environment of a guest: its names and values in the order of the list. What is not
    /// set and not required is left out.
    ///
    /// # Errors
    /// `Required` for the first required variable that has no value or does not exist, and what a
    /// storage says.
    pub fn bind(&self, bindings: &[EnvBinding]) -> Result<Vec<(String, String)>, EnvError> {
        let mut bound = Vec::new();
        for EnvBinding { id, name, required } in bindings {
            let value = match self.get(id) {
                Err(EnvError::UnknownVariable(_)) => None,
                value => value?,
            };
            match value {
                Some(value) => bound.push((name.clone(), value)),
                None if *required => return Err(EnvError::Required(id.clone())),
                None => {}
            }
        }
        Ok(bound)
    }

    /// Reads the files of the storages that a guest's variables come from; one that would be made is
    /// not. Blocks.
    ///
    /// # Errors
    /// `File` for the first that cannot be used.
    pub fn check_files(&self, bindings: &[EnvBinding]) -> Result<(), EnvError> {
        let variables = bindings.iter().filter_map(|b| self.variables.get(&b.id));
        let mut storages: Vec<&Id> = variables.map(|variable| &variable.storage).collect();
        let mut next = 0;
        while let Some(id) = storages.get(next).copied() {
            next += 1;
            match self.storages.get(id) {
                Some(EnvStorage::File(file)) => file::check(file, &self.guard)?,
                Some(EnvStorage::Router(behind)) => {
                    let new = behind.iter().filter(|id| !storages.contains(id));
                    let new: Vec<&Id> = new.take(MAX_ASKED).collect();
                    storages.extend(new);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// True if reading one of these variables may read a file, which blocks.
    pub fn reads_files(&self, bindings: &[EnvBinding]) -> bool {
        bindings.iter().any(|binding| {
            let variable = self.variables.get(&binding.id);
            variable.is_some_and(|variable| {
                matches!(
                    self.storages.get(&variable.storage),
                    Some(EnvStorage::File(_) | EnvStorage::Router(_))
                )
            })
        })
    }

    fn read(
        &self,
        id: &Id,
        key: &str,
        depth: usize,
        asked: &mut usize,
    ) -> Result<Option<String>, EnvError> {
        let storage = self.storages.get(id);
        *asked += 1;
        match storage.ok_or_else(|| EnvError::UnknownStorage(id.clone()))? {
            EnvStorage::Memory => Ok(None),
            EnvStorage::Os => Ok(self.os.get(key)),
            EnvStorage::Static(values) => Ok(values.get(key).cloned()),
            EnvStorage::File(settings) => file::read(settings, key, &self.guard),
            EnvStorage::Router(storages) => {
                if depth >= MAX_ROUTERS || *asked > MAX_ASKED {
                    return Err(EnvError::Router(id.clone()));
                }
                for storage in storages {
                    if let Some(value) = self.read(storage, key, depth + 1, asked)? {
                        return Ok(Some(value));
                    }
                }
                Ok(None)
            }
        }
    }
}

#[cfg(test)]
mod tests;
