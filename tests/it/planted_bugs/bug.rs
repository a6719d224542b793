//! A bug, the faults under which it shows, and the search for it.

use std::time::Duration;

use wippy_dispatcher::Simulation;
use wippy_dispatcher::sim::FaultMix;

use super::world::World;

/// One of the programs of the guest `planted`, and the world around it.
#[derive(Clone, Copy)]
pub struct Bug {
    pub name: &'static str,
    pub hosts: &'static [&'static str],
    pub faults: fn() -> FaultMix,
    /// Runs `buggy` or `fixed`, and says what is wrong with the outcome.
    pub play: fn(&World, &str) -> Result<(), String>,
}

impl Bug {
    fn simulation(&self, seed: u64) -> Simulation {
        let hosts = self.hosts.iter();
        let simulation = Simulation::new(seed).trace_capacity(0);
        hosts.fold(simulation, |simulation, host| simulation.host(host, []))
    }

    /// A run over this machine's own network.
    pub fn live(&self, variant: &str) -> Result<(), String> {
        (self.play)(&World::live(), variant)
    }

    /// A run in which nothing unusual happens.
    pub fn without_faults(&self, seed: u64, variant: &str) -> Result<(), String> {
        let simulation = self.simulation(seed).short_io(0.0).spurious_readiness(0.0);
        (self.play)(&World::simulated(simulation), variant)
    }

    /// A run whose faults the seed draws.
    pub fn with_faults(&self, seed: u64, variant: &str) -> Result<(), String> {
        let simulation = self.simulation(seed).swarm((self.faults)());
        (self.play)(&World::simulated(simulation), variant)
    }

    /// How many of these seeds it takes until the bug shows, and how it does.
    pub fn search(&self, from: u64, most: u64) -> Option<(u64, String)> {
        (0..most).find_map(|tried| {
            let failure = self.with_faults(from + tried, "buggy").err()?;
            Some((tried + 1, failure))
        })
    }
}

pub const fn milliseconds(number: u64) -> Duration {
    Duration::from_millis(number)
}
