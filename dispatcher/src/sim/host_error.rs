//! What can be wrong with hosts of a simulation.

use std::io;

use crate::Error;

/// Why hosts cannot be simulated as asked. It comes as an [`Error::Io`] of the kind `InvalidInput`, whose
/// inner error it is, so that the dispatcher's own error stays small.
///
/// ```
/// use wippy_dispatcher::sim::HostError;
/// use wippy_dispatcher::{Dispatcher, Error};
///
/// let dispatcher = Dispatcher::simulated(1)?;
/// let Err(Error::Io(error)) = dispatcher.host("nobody") else {
///     panic!("there is no such host");
/// };
/// let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<HostError>());
/// assert_eq!(inner, Some(&HostError::Unknown("nobody".to_owned())));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// A simulation has no host of this name.
    #[error("the simulation has no host {0:?}; add it with Simulation::host")]
    Unknown(String),
    /// A host's name, one of its addresses, or what is asked of a host cannot be.
    #[error("host {host:?} cannot be simulated so: {reason}")]
    Invalid {
        /// Its name.
        host: String,
        /// What is wrong.
        reason: &'static str,
    },
}

impl From<HostError> for Error {
    fn from(error: HostError) -> Error {
        Error::Io(io::Error::new(io::ErrorKind::InvalidInput, error))
    }
}
