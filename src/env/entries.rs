//! What entries say of variables and of the storages that keep their values.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::id::Id;

/// An `env.variable` entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvVariable {
    /// `variable`: the public name, if it has one.
    pub name: Option<String>,
    /// Where its value is kept.
    pub storage: Id,
    /// Its value where the storage has none.
    pub default: Option<String>,
    /// It is not to be written.
    pub readonly: bool,
}

/// An `env.storage.*` entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvStorage {
    /// `env.storage.memory`: empty at start.
    Memory,
    /// `env.storage.os`: the environment of this program.
    Os,
    /// `env.storage.static`: values that the entry itself holds.
    Static(BTreeMap<String, String>),
    /// `env.storage.file`: a file of `KEY=VALUE` lines.
    File(EnvFile),
    /// `env.storage.router`: other storages in order; the first that has the key wins.
    Router(Vec<Id>),
}

/// The file of an `env.storage.file` entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvFile {
    /// `file_path`, relative to the working directory if the project's path was.
    pub path: PathBuf,
    /// A missing file is made, empty, when it is first read.
    pub auto_create: bool,
    /// The permission bits of a file that is made.
    pub file_mode: u32,
    /// The permission bits of directories that are made.
    pub dir_mode: u32,
}

/// One variable of a guest's environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvBinding {
    /// The variable's entry, or the public name of a variable completed like a reference.
    pub id: Id,
    /// The guest's name for it.
    pub name: String,
    /// A call fails if it is missing.
    pub required: bool,
}

impl EnvVariable {
    /// The key in its storage: the public name, else the entry's ID.
    pub fn key(&self, id: &Id) -> String {
        match &self.name {
            Some(name) => name.clone(),
            None => id.to_string(),
        }
    }
}

impl EnvStorage {
    /// The kind of its entry.
    pub fn kind_name(&self) -> &'static str {
        match self {
            Self::Memory => "env.storage.memory",
            Self::Os => "env.storage.os",
            Self::Static(_) => "env.storage.static",
            Self::File(_) => "env.storage.file",
            Self::Router(_) => "env.storage.router",
        }
    }
}
