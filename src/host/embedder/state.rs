//! What the packages of an embedder keep of one call.

use std::any::{Any, TypeId, type_name};
use std::fmt;
use std::sync::Arc;

use wasmtime::{Result, format_err};
use wippy_dispatcher::Handle;

use super::call_info::CallInfo;
use crate::id::Id;

/// Makes a package's state of a call.
#[derive(Clone)]
pub struct StateFactory {
    made: TypeId,
    make: Arc<MakeState>,
}

type MakeState = dyn Fn(&CallInfo<'_>) -> Box<dyn Any + Send> + Send + Sync;

impl StateFactory {
    /// One that makes values of this type.
    pub fn new<T: Send + 'static>(
        make: impl Fn(&CallInfo<'_>) -> T + Send + Sync + 'static,
    ) -> StateFactory {
        StateFactory {
            made: TypeId::of::<T>(),
            make: Arc::new(move |call| Box::new(make(call))),
        }
    }
}

impl fmt::Debug for StateFactory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StateFactory").finish_non_exhaustive()
    }
}

/// What is the same for all calls of an entry.
#[derive(Debug)]
pub struct EntryPackages {
    /// The entry.
    pub entry: Id,
    /// Makes the states of the program's packages.
    pub factories: Vec<StateFactory>,
}

/// The states of one call, each made when it is first asked for.
#[derive(Debug)]
pub struct OwnState {
    shared: Arc<EntryPackages>,
    made: Vec<Box<dyn Any + Send>>,
}

impl OwnState {
    /// Of a new call.
    pub fn new(shared: Arc<EntryPackages>) -> OwnState {
        OwnState {
            shared,
            made: Vec::new(),
        }
    }

    /// What is the same for all calls of the entry.
    pub fn shared(&self) -> &Arc<EntryPackages> {
        &self.shared
    }

    /// Drops the states: the call has ended.
    pub fn clear(&mut self) {
        self.made = Vec::new();
    }

    /// The state of a type, made if it is not there yet.
    ///
    /// # Errors
    /// When no package has a state of this type; the guest traps.
    pub fn get<T: Send + 'static>(&mut self, handle: &Handle) -> Result<&mut T> {
        let index = match self.made.iter().position(|state| (**state).is::<T>()) {
            Some(index) => index,
            None => {
                let mut factories = self.shared.factories.iter();
                let factory = factories.find(|factory| factory.made == TypeId::of::<T>());
                let factory = factory.ok_or_else(missing::<T>)?;
                let entry = &self.shared.entry;
                let state = (factory.make)(&CallInfo { entry, handle });
                self.made.push(state);
                self.made.len() - 1
            }
        };
        let state = self.made.get_mut(index);
        state
            .and_then(|state| state.downcast_mut())
            .ok_or_else(missing::<T>)
    }
}

fn missing<T>() -> wasmtime::Error {
    format_err!(
        "no package of this program has a state of the type {}; give it one with HostPackage::state",
        type_name::<T>()
    )
}
