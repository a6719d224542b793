//! The name of a host function of an embedder's.

use std::fmt;
use std::sync::Arc;

/// The name of a host function of an embedder's, as `package/interface#function`.
///
/// ```
/// use wippy::activity::{HostFunction, Wait};
///
/// const STEP: HostFunction = HostFunction::new("acme:game/physics#step");
/// assert_eq!(Wait::Host(STEP).to_string(), "the host function acme:game/physics#step");
/// assert_eq!(STEP, HostFunction::shared("acme:game/physics#step"));
/// ```
#[derive(Clone)]
pub struct HostFunction(Name);

#[derive(Clone)]
enum Name {
    Static(&'static str),
    Shared(Arc<str>),
}

impl HostFunction {
    /// A name that is known when the program is compiled.
    pub const fn new(name: &'static str) -> HostFunction {
        HostFunction(Name::Static(name))
    }

    /// Any name. Clones share the text.
    pub fn shared(name: impl Into<Arc<str>>) -> HostFunction {
        HostFunction(Name::Shared(name.into()))
    }

    /// The name.
    pub fn name(&self) -> &str {
        match &self.0 {
            Name::Static(name) => name,
            Name::Shared(name) => name,
        }
    }
}

impl PartialEq for HostFunction {
    fn eq(&self, other: &HostFunction) -> bool {
        self.name() == other.name()
    }
}

impl Eq for HostFunction {}

impl fmt::Debug for HostFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.name(), f)
    }
}

impl fmt::Display for HostFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
