//! What a reader of a report gets.

mod example;
mod files;
mod page;
mod pictures;
