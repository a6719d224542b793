//! Each statement of `docs/semantics.md`, in its order, and the tests that show it.
//!
//! A test is named as its binary names it. Before the name stands `lib::` where it is within the
//! library, `dispatcher::` where it is beside the dispatcher, and `dispatcher::lib::` where it is
//! within that.

mod basics;
mod files;
mod http;
mod sockets;

/// A statement, and its tests.
pub type Row = (&'static str, &'static [&'static str]);

/// The rows, in the order of the page.
pub fn rows() -> Vec<Row> {
    [basics::ROWS, files::ROWS, sockets::ROWS, http::ROWS].concat()
}
