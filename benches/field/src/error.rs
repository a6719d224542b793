//! Whatever goes wrong in a row: it is shown there, and the run goes on.

/// An error as a text is enough: nobody decides by it.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

pub type Fallible<T> = Result<T, Error>;
