//! A bug, the faults under which it shows, and the search for it.

use std::time::Duration;

use wippy_dispatcher::Simulation;
use wippy_dispatcher::sim::{FaultMix, Picker, Seeds};

use super::world::World;

/// One of the programs of the guest `planted`, and the world around it.
#[derive(Clone, Copy)]
pub struct Bug {
    pub name: &'static str,
    pub hosts: &'static [&'static str],
    pub faults: fn() -> FaultMix,
    /// The virtual time within which all has ended.
    pub most: Duration,
    /// Runs `buggy` or `fixed`, and says what is wrong with the outcome.
    pub play: fn(&World, &str) -> Result<(), String>,
}

/// When a bug shows for the first time.
pub struct Found {
    pub seed: u64,
    /// How many seeds it took.
    pub seeds: u64,
    pub reason: String,
}

impl Bug {
    fn simulation(&self, seed: u64) -> Simulation {
        let hosts = self.hosts.iter();
        let simulation = Simulation::new(seed).trace_capacity(0).max_time(self.most);
        hosts.fold(simulation, |simulation, host| simulation.host(host, []))
    }

    /// A run over this machine's own network.
    pub fn live(&self, variant: &str) -> Result<(), String> {
        (self.play)(&World::live(), variant)
    }

    /// A run in which nothing unusual happens, and tasks run in the order in which they can.
    pub fn without_faults(&self, seed: u64, variant: &str) -> Result<(), String> {
        let simulation = self.simulation(seed).picker(Picker::RoundRobin);
        let simulation = simulation.short_io(0.0).spurious_readiness(0.0);
        (self.play)(&World::simulated(simulation), variant)
    }

    /// A run whose faults the seed draws.
    pub fn with_faults(&self, seed: u64, picker: Picker, variant: &str) -> Result<(), String> {
        self.with_settings(seed, variant, |simulation| simulation.picker(picker))
    }

    /// The same, with other settings than those of every run.
    pub fn with_settings(
        &self,
        seed: u64,
        variant: &str,
        settings: impl FnOnce(Simulation) -> Simulation,
    ) -> Result<(), String> {
        let simulation = self.simulation(seed).swarm((self.faults)());
        (self.play)(&World::simulated(settings(simulation)), variant)
    }

    /// Goes through so many seeds until the bug shows.
    pub fn search(&self, first: u64, most: u64, picker: Picker) -> Option<Found> {
        let seeds = Seeds::new(first..first + most).stop_after(1);
        let report = seeds.run(|seed| self.with_faults(seed, picker, "buggy"));
        let report = report.expect("no file is involved");
        let failure = report.failures().first()?;
        Some(Found {
            seed: failure.seed,
            seeds: report.ran(),
            reason: failure.reason.clone(),
        })
    }

    /// How many seeds it takes on average, from so many places on. One that is not found counts as all of its
    /// thousand seeds.
    pub fn average(&self, searches: u64, picker: Picker) -> f64 {
        let search = |search| {
            let found = self.search(search * 1_000, 1_000, picker);
            found.map_or(1_000, |found| found.seeds)
        };
        let total: u64 = (0..searches).map(search).sum();
        total as f64 / searches as f64
    }
}

pub const fn milliseconds(number: u64) -> Duration {
    Duration::from_millis(number)
}
