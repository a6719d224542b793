//! Why a run cannot be shrunk.

/// Why a run cannot be shrunk.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ShrinkError {
    /// It does not fail.
    #[error("the run of seed {0} does not fail, so there is nothing to shrink")]
    Passes(u64),
    /// The same run with all its faults and switches listed is another one: the program depends on something that the
    /// simulation does not decide, or its simulation was made without `Trial::set`.
    #[error(
        "a second run of seed {0} is another one: the program depends on something that the seed does not decide, or \
         its simulation was made without Trial::set"
    )]
    OtherRun(u64),
    /// It has more faults or switches than are noted of a run.
    #[error("the run has more faults or switches than {0}, which are too many to shrink")]
    TooLong(usize),
}
