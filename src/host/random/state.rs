//! What `wasi:random` keeps of a call.

use crate::host::view::View;

/// What is `wasi:random`'s own of a call.
#[derive(Default, Debug)]
pub struct RandomState {
    /// What `insecure-seed` gave.
    pub(super) insecure_seed: Option<(u64, u64)>,
}

/// What the functions of `wasi:random` work on.
pub type RandomView<'a> = View<'a, RandomState>;
