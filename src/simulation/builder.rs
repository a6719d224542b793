//! How a simulation is put together.

use std::fmt;
use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use wippy_dispatcher::sim::{Fault, FaultMix, Link, Picker};
use wippy_dispatcher::{Error, Handle};

use super::call::Call;
use super::error::SimulationError;
use super::server::Server;
use super::settings::{Native, Settings};
use super::simulated::{Setup, Simulation};
use super::world::World;
use crate::fs::simulated::{DiskFaults, Snapshots};
use crate::http::simulated_tls::TrustStore;
use crate::program::Program;

/// How much virtual time a run takes at most, where nothing else is said.
const MAX_TIME: Duration = Duration::from_secs(3600);
/// How many bytes of a call's output are kept, where nothing else is said.
const MAX_OUTPUT: usize = 1 << 20;

/// The parts of a [`Simulation`], until it is built: hosts, what runs on them, the network between them, and
/// what goes wrong.
#[must_use = "it has to be built"]
pub struct SimulationBuilder {
    settings: Settings,
    /// What runs on hosts by their names, which may be added later.
    calls: Vec<(String, Call)>,
    natives: Vec<(String, Native)>,
    servers: Vec<(String, Server)>,
    trusts: Vec<(String, TrustStore)>,
    disks: Vec<(String, String, DiskFaults)>,
    setups: Vec<Setup>,
}

impl Simulation {
    /// The parts to put a simulation of a program's entries together from.
    pub fn builder(program: Program) -> SimulationBuilder {
        SimulationBuilder {
            settings: Settings {
                program,
                hosts: Vec::new(),
                links: Vec::new(),
                faults: Vec::new(),
                swarm: None,
                configure: Vec::new(),
                calls: Vec::new(),
                natives: Vec::new(),
                servers: Vec::new(),
                trusts: Vec::new(),
                disks: Vec::new(),
                snapshots: Snapshots::default(),
                max_time: MAX_TIME,
                max_records: None,
                max_output: MAX_OUTPUT,
            },
            calls: Vec::new(),
            natives: Vec::new(),
            servers: Vec::new(),
            trusts: Vec::new(),
            disks: Vec::new(),
            setups: Vec::new(),
        }
    }
}

impl SimulationBuilder {
    /// Adds a host; see [`wippy_dispatcher::Simulation::host`].
    pub fn host(
        mut self,
        name: &str,
        addresses: impl IntoIterator<Item = IpAddr>,
    ) -> SimulationBuilder {
        let addresses = addresses.into_iter().collect();
        self.settings.hosts.push((name.to_owned(), addresses));
        self
    }

    /// The link between two hosts, in both directions.
    pub fn link(mut self, one: &str, other: &str, link: Link) -> SimulationBuilder {
        let link = (one.to_owned(), other.to_owned(), link);
        self.settings.links.push(link);
        self
    }

    /// The link between any two hosts for which no other is set.
    pub fn default_link(self, link: Link) -> SimulationBuilder {
        self.configure(move |simulation| simulation.default_link(link))
    }

    /// Has a fault take effect so long after the start.
    pub fn at(mut self, after: Duration, fault: Fault) -> SimulationBuilder {
        self.settings.faults.push((after, fault));
        self
    }

    /// Has each seed draw which faults there are: see [`FaultMix`].
    pub fn swarm(mut self, mix: FaultMix) -> SimulationBuilder {
        self.settings.swarm = Some(mix);
        self
    }

    /// Which of the tasks that can run goes next; see [`Picker`].
    pub fn picker(self, picker: Picker) -> SimulationBuilder {
        self.configure(move |simulation| simulation.picker(picker))
    }

    /// Changes any other setting of the dispatcher's simulation. It is called for each run.
    pub fn configure(
        mut self,
        change: impl Fn(wippy_dispatcher::Simulation) -> wippy_dispatcher::Simulation
        + Send
        + Sync
        + 'static,
    ) -> SimulationBuilder {
        self.settings.configure.push(Arc::new(change));
        self
    }

    /// Has a host make a call each time that it boots.
    pub fn run(mut self, host: &str, call: Call) -> SimulationBuilder {
        self.calls.push((host.to_owned(), call));
        self
    }

    /// Has a host start a task of Rust each time that it boots: a peer of the guests. It is shared by all
    /// runs; what only the tasks of one run share is made in a [`setup`](SimulationBuilder::setup).
    pub fn native<F, Fut>(mut self, host: &str, main: F) -> SimulationBuilder
    where
        F: Fn(Handle) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + 'static,
    {
        let native: Native = Arc::new(move |handle| Box::pin(main(handle)));
        self.natives.push((host.to_owned(), native));
        self
    }

    /// Has a host serve an entry over HTTP each time that it boots.
    pub fn serve(mut self, host: &str, server: Server) -> SimulationBuilder {
        self.servers.push((host.to_owned(), server));
        self
    }

    /// Whom the HTTPS requests of a host's guests trust; see
    /// [`Runtime::trust_simulated`](crate::Runtime::trust_simulated).
    pub fn trust(mut self, host: &str, issuers: TrustStore) -> SimulationBuilder {
        self.trusts.push((host.to_owned(), issuers));
        self
    }

    /// What goes wrong with the files of an `fs.directory` entry on a host, by the entry's ID or its bare name.
    pub fn disk(mut self, host: &str, filesystem: &str, faults: DiskFaults) -> SimulationBuilder {
        let disk = (host.to_owned(), filesystem.to_owned(), faults);
        self.disks.push(disk);
        self
    }

    /// Has each run begin with this, before any host boots: what belongs to one run is made here, such as
    /// state that native tasks share with checks.
    pub fn setup(
        mut self,
        setup: impl Fn(&mut World) -> Result<(), Error> + Send + Sync + 'static,
    ) -> SimulationBuilder {
        self.setups.push(Arc::new(setup));
        self
    }

    /// How much virtual time a run takes at most; then it ends with [`End::TimeOver`](crate::sim::End).
    /// Default one hour.
    pub fn max_time(mut self, time: Duration) -> SimulationBuilder {
        self.settings.max_time = time;
        self
    }

    /// How many choices a run has at most; then it ends with
    /// [`End::TooManyRecords`](crate::sim::End). Unbounded otherwise.
    pub fn max_records(mut self, records: u64) -> SimulationBuilder {
        self.settings.max_records = Some(records);
        self
    }

    /// How many bytes of a call's output are kept, standard output and error together; those behind them are
    /// counted. Default 1 MiB.
    pub fn max_output(mut self, bytes: usize) -> SimulationBuilder {
        self.settings.max_output = bytes;
        self
    }

    /// The simulation. What its calls need is read, compiled and linked now, so that no run waits for it. What
    /// the directories hold that they mount is read now, too, and is the same in all runs. Blocks.
    ///
    /// # Errors
    /// See [`SimulationError`].
    pub fn build(self) -> Result<Simulation, SimulationError> {
        let mut settings = self.settings;
        for (host, call) in self.calls {
            let place = settings.place_of(&host)?;
            settings.calls.push((place, call));
        }
        for (host, native) in self.natives {
            let place = settings.place_of(&host)?;
            settings.natives.push((place, native));
        }
        for (host, server) in self.servers {
            settings.add_server(&host, server)?;
        }
        for (host, issuers) in self.trusts {
            let place = settings.place_of(&host)?;
            settings.trusts.push((place, issuers));
        }
        for (host, filesystem, faults) in self.disks {
            let place = settings.place_of(&host)?;
            let directory = settings.directory_of(&filesystem)?;
            settings.disks.push((place, directory, faults));
        }
        Simulation::new(settings, self.setups)
    }
}

impl fmt::Debug for SimulationBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimulationBuilder")
            .field("hosts", &self.settings.hosts)
            .field("calls", &self.calls)
            .finish_non_exhaustive()
    }
}
