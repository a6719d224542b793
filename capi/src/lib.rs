//! The C library: guests inside a C program's own event loop. `include/wippy.h` is made of this crate by cbindgen, and
//! `docs/c.md` is its page. Rust programs use the crate `wippy` instead.
//!
//! Every exported function is safe to call with any handle on any thread: handles are numbers that are looked up in a
//! table of the calling thread, panics become a status, and addresses that C gives are read in `pointers.rs` only.

// What C sees is named as C names it.
#![allow(non_camel_case_types)]

mod api;
mod arguments;
mod builder;
mod failure;
mod guard;
mod handles;
mod host_function;
mod kept_instance;
mod objects;
mod pointers;
mod reply;
mod running;
mod status;
mod table;

pub use api::*;
pub use handles::*;
pub use pointers::{Text, wippy_buffer, wippy_bytes};
pub use status::{wippy_call_state, wippy_error_kind, wippy_pool_kind, wippy_status};
