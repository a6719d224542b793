//! What a simulation is put together from, without its seed. Runs share it.

use std::collections::BTreeSet;
use std::future::Future;
use std::net::IpAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use wippy_dispatcher::sim::{DEFAULT_HOST, Fault, FaultMix, Link};
use wippy_dispatcher::{Handle, Simulation};

use super::call::Call;
use super::error::SimulationError;
use super::server::Server;
use crate::fs::simulated::{DiskFaults, HostDisk, Snapshots};
use crate::http::simulated_tls::TrustStore;
use crate::nearest::nearest;
use crate::program::Program;

/// A native task of a host, made each time that the host boots.
pub(super) type Native = Arc<dyn Fn(Handle) -> NativeFuture + Send + Sync>;
/// What it does.
pub(super) type NativeFuture = Pin<Box<dyn Future<Output = ()>>>;
/// What changes the dispatcher's settings of a run.
pub(super) type Configure = Arc<dyn Fn(Simulation) -> Simulation + Send + Sync>;

/// What a simulation is put together from.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) program: Program,
    pub(super) hosts: Vec<(String, Vec<IpAddr>)>,
    pub(super) links: Vec<(String, String, Link)>,
    pub(super) faults: Vec<(Duration, Fault)>,
    pub(super) swarm: Option<FaultMix>,
    pub(super) configure: Vec<Configure>,
    /// By their hosts' places among the hosts, 0 the default host.
    pub(super) calls: Vec<(usize, Call)>,
    pub(super) natives: Vec<(usize, Native)>,
    /// The entries that hosts serve, by their places.
    pub(super) servers: Vec<(usize, Server)>,
    /// Whom hosts trust, by their places.
    pub(super) trusts: Vec<(usize, TrustStore)>,
    /// What goes wrong with the files of directories, by their hosts' places.
    pub(super) disks: Vec<(usize, PathBuf, DiskFaults)>,
    /// What directories hold when a run begins.
    pub(super) snapshots: Snapshots,
    pub(super) max_time: Duration,
    pub(super) max_records: Option<u64>,
    pub(super) max_output: usize,
}

/// A host as a part that edits leave out.
pub(super) fn part_of(host: &str) -> String {
    format!("host {host}")
}

impl Settings {
    /// The dispatcher's settings of a seed.
    pub(super) fn of_seed(&self, seed: u64) -> Simulation {
        let mut simulation = Simulation::new(seed);
        for (name, addresses) in &self.hosts {
            simulation = simulation.host(name, addresses.iter().copied());
        }
        for (one, other, link) in &self.links {
            simulation = simulation.link(one, other, *link);
        }
        for (after, fault) in &self.faults {
            simulation = simulation.at(*after, fault.clone());
        }
        if let Some(mix) = &self.swarm {
            simulation = simulation.swarm(mix.clone());
        }
        simulation = simulation.max_time(self.max_time);
        if let Some(records) = self.max_records {
            simulation = simulation.max_records(records);
        }
        let changes = self.configure.iter();
        changes.fold(simulation, |simulation, change| change(simulation))
    }

    /// The names of all hosts, the default host first.
    pub(super) fn host_names(&self) -> impl Iterator<Item = &str> {
        let named = self.hosts.iter().map(|(name, _)| name.as_str());
        std::iter::once(DEFAULT_HOST).chain(named)
    }

    /// The parts that edits may leave out: the hosts on which something was placed.
    pub(super) fn parts(&self) -> Vec<String> {
        let natives = self.natives.iter().map(|(place, _)| *place);
        let calls = self.calls.iter().map(|(place, _)| *place);
        let servers = self.servers.iter().map(|(place, _)| *place);
        let used: BTreeSet<usize> = natives.chain(calls).chain(servers).collect();
        let hosts = self.host_names().enumerate();
        let used = hosts.filter(|(place, _)| used.contains(place));
        used.map(|(_, name)| part_of(name)).collect()
    }

    /// A host's place among all.
    ///
    /// # Errors
    /// `UnknownHost`.
    pub(super) fn place_of(&self, host: &str) -> Result<usize, SimulationError> {
        let place = self.host_names().position(|name| name == host);
        place.ok_or_else(|| {
            let near = nearest(host, self.host_names()).or(self.hosts.first().map(|(it, _)| &**it));
            SimulationError::UnknownHost {
                host: host.to_owned(),
                hint: near.map_or(String::new(), |near| format!(" (did you mean {near:?}?)")),
            }
        })
    }

    /// Adds a server of a host.
    ///
    /// # Errors
    /// `UnknownHost`; `PortInUse` where the host has a server on this port already.
    pub(super) fn add_server(&mut self, host: &str, server: Server) -> Result<(), SimulationError> {
        let place = self.place_of(host)?;
        let port = server.listens_on();
        let mut others = self.servers.iter();
        if others.any(|(other, it)| *other == place && it.listens_on() == port) {
            let host = host.to_owned();
            return Err(SimulationError::PortInUse { host, port });
        }
        self.servers.push((place, server));
        Ok(())
    }

    /// What a host serves, by its place.
    pub(super) fn servers_of(&self, host: usize) -> impl Iterator<Item = &Server> {
        let servers = self.servers.iter();
        servers.filter_map(move |(place, server)| (*place == host).then_some(server))
    }

    /// The directory of an `fs.directory` entry.
    ///
    /// # Errors
    /// `NoFilesystem`.
    pub(super) fn directory_of(&self, filesystem: &str) -> Result<PathBuf, SimulationError> {
        let registry = self.program.registry();
        let failed = |reason| SimulationError::NoFilesystem {
            filesystem: filesystem.to_owned(),
            reason,
        };
        let entry = registry.resolve(filesystem);
        let entry = entry.map_err(|error| failed(error.to_string()))?;
        match entry.fs_directory() {
            Some(directory) => Ok(directory.directory.clone()),
            None => Err(failed(format!("{} is no fs.directory", entry.id))),
        }
    }

    /// The filesystems of a host, by its place.
    pub(super) fn disk_of(&self, host: usize) -> HostDisk {
        let own = self.disks.iter().filter(|(place, ..)| *place == host);
        let faults = own.map(|(_, directory, faults)| (directory.clone(), faults.clone()));
        HostDisk::new(self.snapshots.clone(), faults.collect())
    }

    /// The last time at which a host may boot again.
    pub(super) fn last_restart(&self, host: &str) -> Option<Duration> {
        let restarts = self.faults.iter().filter_map(|(after, fault)| match fault {
            Fault::Restart(name) if name == host => Some(*after),
            _ => None,
        });
        restarts
            .chain(self.swarm.iter().map(FaultMix::horizon))
            .max()
    }
}
