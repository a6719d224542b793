//! A scenario that was read.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::document::{Document, read};
use crate::io_reason::io_reason;
use crate::module::Digest;
use crate::program::{Entry, Program};
use crate::registry::{Diagnostic, MAX_DOCUMENT_BYTES, Place};
use crate::simulation::builder::SimulationBuilder;
use crate::simulation::call::Call;
use crate::simulation::outcome::Outcome;
use crate::simulation::simulated::Simulation;

/// A simulation that is written down as YAML, with what has to hold in every run: `docs/determinism.md`.
///
/// ```
/// use std::path::Path;
/// use wippy::sim::Scenario;
/// use wippy::{Entry, Program};
///
/// let yaml = "
/// hosts:
///   client:
///     run: [{entry: app:one, start: 5s}]
/// expect:
///   calls: [{call: app:one, result: 1, before: 6s}]
/// ";
/// let scenario = Scenario::from_yaml(yaml, Path::new("one.yaml")).expect("no mistakes");
/// let text = r#"(module (func (export "one") (result i32) (i32.const 1)))"#;
/// let program = Program::builder().entry(Entry::function("app:one").bytes(text)).build()?;
/// let outcome = scenario.simulation(program).build()?.run(1)?;
/// assert!(scenario.check(&outcome).is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Scenario {
    document: Document,
    digest: Digest,
    /// The calls, in the order in which they are placed.
    calls: Vec<Call>,
}

impl Scenario {
    /// Reads a scenario from its file.
    ///
    /// # Errors
    /// All that is wrong with it, each with its place.
    pub fn load(path: &Path) -> Result<Scenario, Vec<Diagnostic>> {
        let read = File::open(path).and_then(|file| {
            let mut bytes = Vec::new();
            file.take(MAX_DOCUMENT_BYTES as u64 + 1)
                .read_to_end(&mut bytes)?;
            Ok(bytes)
        });
        let text = match read.map(String::from_utf8) {
            Ok(Ok(text)) => Ok(text),
            Ok(Err(_)) => Err("it is not UTF-8".to_owned()),
            Err(error) => Err(io_reason(&error, "file")),
        };
        let text = text.map_err(|reason| {
            let error = Diagnostic::error(format!("cannot read the scenario: {reason}"));
            vec![error.at(&Place::file(path.into()))]
        })?;
        Scenario::from_yaml(&text, path)
    }

    /// Reads a scenario from text, as if it stood in this file.
    ///
    /// # Errors
    /// As [`Scenario::load`].
    pub fn from_yaml(text: &str, path: &Path) -> Result<Scenario, Vec<Diagnostic>> {
        let document = read(text, path)?;
        let calls = document.hosts.iter().flat_map(|host| &host.calls);
        Ok(Scenario {
            calls: calls.map(|call| call.value.clone()).collect(),
            digest: Digest::of(text.as_bytes()),
            document,
        })
    }

    /// The calls that its hosts make, in the order in which they are placed.
    pub fn calls(&self) -> &[Call] {
        &self.calls
    }

    /// The names of its hosts, in its order, and of the one that is always there.
    pub fn hosts(&self) -> impl Iterator<Item = &str> + Clone {
        let named = self.document.hosts.iter().map(|host| &*host.name.value);
        let default = wippy_dispatcher::sim::DEFAULT_HOST;
        let named = named.filter(move |name| *name != default);
        named.chain([default])
    }

    /// The directory of its project, if it names one.
    pub fn project(&self) -> Option<&PathBuf> {
        self.document.project.as_ref()
    }

    /// The components that it brings along, as entries for the program that it is run with.
    pub fn components(&self) -> impl Iterator<Item = Entry> {
        let components = self.document.components.iter();
        components.map(|component| component.value.clone())
    }

    /// Where a component was written.
    pub fn place_of_component(&self, id: &str) -> Option<Place> {
        let components = self.document.components.iter();
        let component = components.into_iter().find(|it| it.value.id() == id)?;
        Some(component.place.clone())
    }

    /// Where the first call of an entry was written, by its ID or its bare name; else where it is served.
    pub fn place_of_call(&self, entry: &str) -> Option<Place> {
        let hosts = &self.document.hosts;
        let calls = hosts.iter().flat_map(|host| &host.calls);
        let calls = calls.map(|call| (call.value.entry(), &call.place));
        let servers = hosts.iter().flat_map(|host| &host.servers);
        let servers = servers.map(|server| (server.value.entry(), &server.place));
        let bare = entry.rsplit(':').next();
        let mut named = calls.chain(servers);
        let (_, place) = named.find(|(name, _)| *name == entry || Some(*name) == bare)?;
        Some(place.clone())
    }

    /// Where it is said first what goes wrong with the files of an entry.
    pub fn place_of_disk(&self, filesystem: &str) -> Option<Place> {
        let mut disks = self.document.disks.iter();
        let disk = disks.find(|disk| disk.filesystem.value == filesystem)?;
        Some(disk.filesystem.place.clone())
    }

    /// The parts of its simulation, over the entries of a program.
    pub fn simulation(&self, program: Program) -> SimulationBuilder {
        let document = &self.document;
        let mut builder = Simulation::builder(program);
        for host in &document.hosts {
            // One that is only written down to have calls on it is there already.
            if host.name.value != wippy_dispatcher::sim::DEFAULT_HOST {
                builder = builder.host(&host.name.value, host.addresses.iter().copied());
            }
            for call in &host.calls {
                builder = builder.run(&host.name.value, call.value.clone());
            }
            for server in &host.servers {
                builder = builder.serve(&host.name.value, server.value.clone());
            }
        }
        for link in &document.links {
            let [one, other] = &link.between;
            builder = builder.link(&one.value, &other.value, link.link);
        }
        if let Some(link) = document.default_link {
            builder = builder.default_link(link);
        }
        for fault in &document.faults {
            builder = builder.at(fault.at, fault.fault.clone());
        }
        for disk in &document.disks {
            let (host, filesystem) = (&disk.host.value, &disk.filesystem.value);
            builder = builder.disk(host, filesystem, disk.faults.clone());
        }
        if let Some(mix) = &document.swarm {
            builder = builder.swarm(mix.clone());
        }
        if let Some(picker) = document.picker {
            builder = builder.picker(picker);
        }
        if let Some(time) = document.max_time {
            builder = builder.max_time(time);
        }
        if let Some(records) = document.max_records {
            builder = builder.max_records(records);
        }
        if let Some(bytes) = document.max_output {
            builder = builder.max_output(usize::try_from(bytes).unwrap_or(usize::MAX));
        }
        builder
    }

    /// What does not hold of a run: nothing where all does.
    pub fn check(&self, outcome: &Outcome) -> Vec<String> {
        self.document.expectations.check(outcome, &self.calls)
    }

    /// What a run of it depends on beside the seed: a hash of its text, of the modules that its simulation
    /// calls, and of the files that they mount.
    pub fn digest(&self, simulation: &Simulation) -> Digest {
        let mut all = self.digest.to_string();
        for digest in simulation.modules() {
            all.push_str(&digest.to_string());
        }
        all.push_str(&format!("{:016x}", simulation.files()));
        Digest::of(all.as_bytes())
    }
}

impl fmt::Debug for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scenario")
            .field("document", &self.document)
            .finish_non_exhaustive()
    }
}
