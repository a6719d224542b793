//! How much is measured, in full and in a quick run.

/// How much of everything.
#[derive(Clone, Copy)]
pub(super) struct Counts {
    pub(super) quick: bool,
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
    quick: false,
    sleeps: 200,
    spins: 1000,
    polls: 4000,
    calls: 500,
    loops: 1000,
    files: 10_000,
    trips: 2000,
    mebibytes: 128,
};

/// For percentiles beyond p99.9.
pub(super) const LONG: Counts = Counts {
    sleeps: 2000,
    spins: 10_000,
    calls: 5000,
    loops: 10_000,
    trips: 20_000,
    ..FULL
};

pub(super) const QUICK: Counts = Counts {
    quick: true,
    sleeps: 3,
    spins: 3,
    polls: 20,
    calls: 3,
    loops: 5,
    files: 20,
    trips: 5,
    mebibytes: 1,
};

impl Counts {
    /// Fewer sleeps where each takes long, so that a row takes no longer than the others.
    pub(super) fn sleeps_of(self, micros: u64) -> u32 {
        match micros {
            ..=1000 => self.sleeps,
            _ => (self.sleeps / 4).max(3),
        }
    }
}
