//! A simulation that can be run with any seed.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use wippy_dispatcher::sim::picture::Picture;
use wippy_dispatcher::{Dispatcher, Error};

use super::error::SimulationError;
use super::outcome::Outcome;
use super::settings::Settings;
use super::world::World;
use crate::module::Digest;
use crate::runtime::Runtime;

/// What begins a run.
pub(super) type Setup = Arc<dyn Fn(&mut World) -> Result<(), Error> + Send + Sync>;

/// A simulation of a program's entries on hosts, which is run with a seed: the same seed does the same,
/// whatever else the process does. Clones are the same simulation; any number of threads may run it at
/// once.
///
/// ```
/// use std::time::Duration;
/// use wippy::sim::{Call, Simulation};
/// use wippy::{Entry, Program};
/// use wippy_dispatcher::net::{TcpListener, TcpStream, resolve};
///
/// let text = r#"(module (func (export "one") (result i32) (i32.const 1)))"#;
/// let program = Program::builder().entry(Entry::function("app:one").bytes(text)).build()?;
/// let simulation = Simulation::builder(program)
///     .host("server", [])
///     .host("client", [])
///     .native("server", |handle| async move {
///         let listener = TcpListener::bind(&handle, ([0, 0, 0, 0], 80).into()).expect("a free port");
///         while listener.accept().await.is_ok() {}
///     })
///     .run("client", Call::new("app:one").start(Duration::from_secs(5)))
///     .build()?;
/// let outcome = simulation.run(7)?;
/// assert!(outcome.is_completed());
/// assert_eq!(outcome.calls[0].result(), Some(&1.into()));
/// assert_eq!(outcome.time, Duration::from_secs(5));
/// assert_eq!(outcome, simulation.run(7)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Simulation {
    settings: Arc<Settings>,
    setups: Arc<[Setup]>,
    modules: Arc<[Digest]>,
    /// A hash of the files that its calls mount.
    files: u64,
}

impl Simulation {
    /// Reads, compiles and links what calls and servers need, and makes a dispatcher to see that hosts, links and
    /// faults fit together.
    pub(super) fn new(
        settings: Settings,
        setups: Vec<Setup>,
    ) -> Result<Simulation, SimulationError> {
        let dispatcher = Dispatcher::builder()
            .simulation(settings.of_seed(0))
            .build()?;
        let runtime = Runtime::on(dispatcher.handle(), settings.program.clone())?;
        let names = settings.calls.iter().map(|(_, call)| call.entry.as_str());
        let servers = settings.servers.iter().map(|(_, server)| server.entry());
        for name in servers.clone() {
            dispatcher.block_on(runtime.http_handler(name))??;
        }
        let names = names.chain(servers);
        let mut modules = Vec::new();
        for name in names.collect::<BTreeSet<_>>() {
            dispatcher.block_on(runtime.prepare(name))??;
            modules.extend(runtime.module_digest(name));
            for directory in runtime.mounted(name) {
                let guard = settings.program.registry().guard();
                settings.snapshots.get(&directory, guard)?;
            }
        }
        Ok(Simulation {
            files: settings.snapshots.hash(),
            settings: Arc::new(settings),
            setups: setups.into(),
            modules: modules.into(),
        })
    }

    /// The hashes of the modules that its calls run, in the order of the entries' names.
    pub(super) fn modules(&self) -> &[Digest] {
        &self.modules
    }

    /// A hash of what the directories held that its calls mount.
    pub(super) fn files(&self) -> u64 {
        self.files
    }

    /// What of it edits may leave out.
    pub(super) fn parts(&self) -> Vec<String> {
        self.settings.parts()
    }

    /// Runs it with a seed until all calls have ended, or it ends otherwise: see
    /// [`End`](crate::sim::End).
    ///
    /// # Errors
    /// What a setup fails with.
    pub fn run(&self, seed: u64) -> Result<Outcome, SimulationError> {
        Ok(self.start(seed)?.run())
    }

    /// The beginning of a run: the hosts are there, setups have been called, and nothing has booted.
    ///
    /// # Errors
    /// What a setup fails with.
    pub fn start(&self, seed: u64) -> Result<World, SimulationError> {
        self.start_with(seed, |simulation| simulation)
    }

    /// Runs it with a seed as [`Simulation::run`], and makes a picture of the first so many records of the run.
    ///
    /// ```
    /// use wippy::Program;
    /// use wippy::sim::Simulation;
    ///
    /// let simulation = Simulation::builder(Program::new(Default::default()))
    ///     .host("a", [])
    ///     .native("a", |handle| async move { handle.yield_now().await.expect("a timer") })
    ///     .build()?;
    /// let (outcome, picture) = simulation.draw(3, 100_000)?;
    /// assert!(outcome.is_completed());
    /// assert_eq!(picture.expect("it was made").hosts[1].name, "a");
    /// # Ok::<(), wippy::sim::SimulationError>(())
    /// ```
    ///
    /// # Errors
    /// As [`Simulation::run`].
    pub fn draw(
        &self,
        seed: u64,
        records: u64,
    ) -> Result<(Outcome, Option<Picture>), SimulationError> {
        let world = self.start_with(seed, |simulation| simulation.picture(records))?;
        Ok(world.run_drawn())
    }

    /// The same as [`Simulation::start`] with other settings of the dispatcher's simulation for this run, such as a log of it.
    ///
    /// # Errors
    /// What a setup fails with, and what the settings are refused with.
    pub fn start_with(
        &self,
        seed: u64,
        change: impl FnOnce(wippy_dispatcher::Simulation) -> wippy_dispatcher::Simulation,
    ) -> Result<World, SimulationError> {
        let simulation = change(self.settings.of_seed(seed));
        let mut world = World::new(seed, self.settings.clone(), simulation)?;
        for setup in self.setups.iter() {
            setup(&mut world)?;
        }
        Ok(world)
    }
}

impl fmt::Debug for Simulation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulation")
            .field("hosts", &self.settings.hosts)
            .finish_non_exhaustive()
    }
}
