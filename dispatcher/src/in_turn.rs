//! That a turn is going on, in which no other may begin.

use crate::Error;
use crate::core::Core;

/// Marks the core as being in a turn until it is dropped.
pub(crate) struct InTurn<'a>(&'a Core);

impl InTurn<'_> {
    pub(crate) fn enter(core: &Core) -> Result<InTurn<'_>, Error> {
        match core.in_turn.replace(true) {
            true => Err(Error::Reentrant),
            false => Ok(InTurn(core)),
        }
    }
}

impl Drop for InTurn<'_> {
    fn drop(&mut self) {
        self.0.in_turn.set(false);
    }
}
