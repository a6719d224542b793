//! What a host begins with when it starts again.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::Error;
use crate::sim::host_key::HostKey;

/// Starts a host's tasks, in the life that the key names.
type Boot = Box<dyn FnMut(HostKey) -> Result<(), Error>>;

/// The boot functions, by host.
#[derive(Default)]
pub(crate) struct Boots(RefCell<BTreeMap<u32, Boot>>);

impl Boots {
    /// Calls `boot` for the host's present life, and again for each that begins. One that a host had
    /// before is dropped.
    ///
    /// # Errors
    /// Those of `boot`.
    pub(crate) fn set(
        &self,
        host: HostKey,
        boot: impl FnMut(HostKey) -> Result<(), Error> + 'static,
    ) -> Result<(), Error> {
        let before = self.0.borrow_mut().insert(host.number, Box::new(boot));
        drop(before);
        self.start(host)
    }

    /// Calls a host's boot function, if it has one. Nothing is borrowed meanwhile.
    ///
    /// # Errors
    /// Those of the function.
    pub(crate) fn start(&self, host: HostKey) -> Result<(), Error> {
        let boot = self.0.borrow_mut().remove(&host.number);
        let Some(mut boot) = boot else { return Ok(()) };
        let started = boot(host);
        // It may have set another one.
        self.0.borrow_mut().entry(host.number).or_insert(boot);
        started
    }
}
