//! How much is measured, in full and in a quick run.

/// How much of everything.
#[derive(Clone, Copy)]
pub(super) struct Counts {
    pub(super) sleeps: u32,
    pub(super) spins: u32,
    pub(super) polls: u32,
    pub(super) calls: u32,
    pub(super) loops: u32,
    /// Operations on a file.
    pub(super) files: u32,
    /// Round trips to a server.
    pub(super) trips: u32,
    /// MiB of a transfer.
    pub(super) mebibytes: u32,
}

pub(super) const FULL: Counts = Counts {
    sleeps: 300,
    spins: 1000,
    polls: 4000,
    calls: 500,
    loops: 1000,
    files: 20_000,
    trips: 2000,
    mebibytes: 256,
};

pub(super) const QUICK: Counts = Counts {
    sleeps: 3,
    spins: 3,
    polls: 20,
    calls: 3,
    loops: 5,
    files: 20,
    trips: 5,
    mebibytes: 1,
};
