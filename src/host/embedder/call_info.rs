//! What a package is told of a call whose state it makes.

use wippy_dispatcher::Handle;

use crate::id::Id;

/// What a package is told of a call whose state it makes.
///
/// ```
/// use wippy::HostPackage;
///
/// struct Player(String);
///
/// let package = HostPackage::new("acme:game", "1.0.0")
///     .state(|call| Player(call.entry().to_string()));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct CallInfo<'a> {
    pub(super) entry: &'a Id,
    pub(super) handle: &'a Handle,
}

impl<'a> CallInfo<'a> {
    /// The entry that is called.
    pub fn entry(&self) -> &'a Id {
        self.entry
    }

    /// The dispatcher on which it is called.
    pub fn handle(&self) -> &'a Handle {
        self.handle
    }
}
