//! How the functions of a package reach the data of a call.

use std::fmt;
use std::ops::{Deref, DerefMut};

use wasmtime::component::HasData;

use super::call::Call;

/// What the functions of a package with a state of its own work on: the call, and that state.
pub struct View<'a, S> {
    /// What all packages share.
    pub(crate) call: &'a mut Call,
    /// What is the package's own.
    pub(crate) state: &'a mut S,
}

impl<S> Deref for View<'_, S> {
    type Target = Call;

    fn deref(&self) -> &Call {
        self.call
    }
}

impl<S> DerefMut for View<'_, S> {
    fn deref_mut(&mut self) -> &mut Call {
        self.call
    }
}

impl<S> fmt::Debug for View<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View")
            .field("call", &self.call)
            .finish_non_exhaustive()
    }
}

/// For a package without a state of its own: the call is all that it works on.
impl HasData for Call {
    type Data<'a> = &'a mut Call;
}
