//! Each statement of `docs/semantics.md`, `docs/calls.md` and `docs/http-entries.md`, in its order, and the tests that show it.
//!
//! A test is named as its binary names it. Before the name stands `lib::` where it is within the
//! library, `dispatcher::` where it is beside the dispatcher, and `dispatcher::lib::` where it is
//! within that.

mod basics;
mod calls;
mod files;
mod http;
mod http_entries;
mod serving;
mod sockets;

/// A statement, and its tests.
pub type Row = (&'static str, &'static [&'static str]);

/// The pages, and their rows in the order of each.
pub fn pages() -> [(&'static str, Vec<Row>); 3] {
    let semantics = [
        basics::ROWS,
        files::ROWS,
        sockets::ROWS,
        http::ROWS,
        serving::ROWS,
    ];
    let semantics = semantics.concat();
    [
        ("docs/semantics.md", semantics),
        ("docs/calls.md", calls::ROWS.to_vec()),
        ("docs/http-entries.md", http_entries::ROWS.to_vec()),
    ]
}
