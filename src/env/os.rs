//! The environment of this program, or one that stands in for it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Where operating system variables are looked up: in this program's environment, or in fixed
/// values.
#[derive(Clone, Default)]
pub struct OsEnvironment {
    fixed: Option<Arc<BTreeMap<String, String>>>,
}

impl OsEnvironment {
    /// Fixed values, and nothing of this program's environment.
    pub fn fixed<K, V>(values: impl IntoIterator<Item = (K, V)>) -> Self
    where
        K: Into<String>,
        V: Into<String>,
    {
        let values = values.into_iter().map(|(k, v)| (k.into(), v.into()));
        Self {
            fixed: Some(Arc::new(values.collect())),
        }
    }

    /// The value of a variable. One that is not Unicode counts as not set.
    pub fn get(&self, name: &str) -> Option<String> {
        match &self.fixed {
            Some(values) => values.get(name).cloned(),
            // The system's call takes no such names.
            None if name.is_empty() || name.contains(['=', '\0']) => None,
            None => std::env::var(name).ok(),
        }
    }
}

impl fmt::Debug for OsEnvironment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The values may be secrets.
        f.write_str(match self.fixed {
            Some(_) => "OsEnvironment(fixed)",
            None => "OsEnvironment(program)",
        })
    }
}
