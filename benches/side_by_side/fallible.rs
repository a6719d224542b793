//! The error of this benchmark: a text that ends it.

use std::error::Error;

/// What can go wrong here ends the benchmark with its text.
pub type Fallible<T> = Result<T, Box<dyn Error>>;
