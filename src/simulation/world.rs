//! One run of a simulation.

use std::cell::Cell;
use std::fmt;
use std::future::{Future, poll_fn};
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use wippy_dispatcher::sim::picture::Picture;
use wippy_dispatcher::{Dispatcher, Error, Handle};

use super::call::Call;
use super::error::SimulationError;
use super::journal::Journal;
use super::life::{Host, OwnNative};
use super::outcome::{AttemptEnd, End, Outcome};
use super::settings::{Settings, part_of};

/// One run of a simulation, before it begins. It stays on the thread that made it.
///
/// ```
/// use std::cell::Cell;
/// use std::rc::Rc;
/// use std::time::Duration;
/// use wippy::Program;
/// use wippy::sim::Simulation;
///
/// let simulation = Simulation::builder(Program::new(Default::default()))
///     .host("a", [])
///     .setup(|world| {
///         // Of this run alone.
///         let boots = Rc::new(Cell::new(0));
///         world.native("a", move |handle| {
///             boots.set(boots.get() + 1);
///             async move { handle.sleep(Duration::from_secs(1)).await.expect("a timer") }
///         });
///         Ok(())
///     })
///     .build()?;
/// let outcome = simulation.start(3)?.run();
/// assert_eq!(outcome.time, Duration::from_secs(1));
/// # Ok::<(), wippy::sim::SimulationError>(())
/// ```
pub struct World {
    seed: u64,
    settings: Arc<Settings>,
    dispatcher: Dispatcher,
    journal: Rc<Journal>,
    /// By their hosts' places.
    natives: Vec<(usize, OwnNative)>,
    /// The places of hosts on which nothing starts.
    left_out: Vec<usize>,
    /// A host that a setup has named and that there is not.
    problem: Option<SimulationError>,
}

impl World {
    pub(super) fn new(
        seed: u64,
        settings: Arc<Settings>,
        simulation: wippy_dispatcher::Simulation,
    ) -> Result<World, SimulationError> {
        let dispatcher = Dispatcher::builder().simulation(simulation).build()?;
        for (place, name) in settings.host_names().enumerate() {
            let handle = dispatcher.host(name)?.handle();
            handle.disk(|| settings.disk_of(place))?;
        }
        let natives = settings.natives.iter().map(|(place, native)| {
            let native = native.clone();
            let native: OwnNative = Rc::new(move |handle| native(handle));
            (*place, native)
        });
        let edits = dispatcher.edits()?;
        let hosts = settings.host_names().enumerate();
        let left_out = hosts.filter(|(_, name)| edits.leaves_out(&part_of(name)));
        Ok(World {
            seed,
            left_out: left_out.map(|(place, _)| place).collect(),
            natives: natives.collect(),
            journal: Rc::new(Journal::new(dispatcher.handle(), &settings)),
            dispatcher,
            settings,
            problem: None,
        })
    }

    /// Its seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Its dispatcher.
    pub fn dispatcher(&self) -> &Dispatcher {
        &self.dispatcher
    }

    /// Has a host start a task each time that it boots, beside those of the simulation.
    pub fn native<F, Fut>(&mut self, host: &str, main: F)
    where
        F: Fn(Handle) -> Fut + 'static,
        Fut: Future<Output = ()> + 'static,
    {
        match self.settings.place_of(host) {
            Ok(place) => {
                let native: OwnNative = Rc::new(move |handle| Box::pin(main(handle)));
                self.natives.push((place, native));
            }
            Err(problem) => {
                self.problem.get_or_insert(problem);
            }
        }
    }

    /// Boots the hosts, and runs until all calls have ended or it ends otherwise.
    pub fn run(self) -> Outcome {
        self.run_to_end().0
    }

    /// The same; and the picture of the run, with what its calls wrote, where the settings of the dispatcher's
    /// simulation have one made ([`wippy_dispatcher::Simulation::picture`]).
    pub fn run_drawn(self) -> (Outcome, Option<Picture>) {
        let (outcome, world) = self.run_to_end();
        let mut picture = world.dispatcher.picture();
        if let Some(picture) = &mut picture {
            world.journal.draw(&world.settings, picture);
            let lines = outcome.to_string();
            picture
                .summary
                .splice(0..0, lines.lines().map(str::to_owned));
        }
        (outcome, picture)
    }

    fn run_to_end(mut self) -> (Outcome, World) {
        let end = match self.problem.take() {
            Some(problem) => End::Failed(problem.to_string()),
            None => self.end(),
        };
        (self.outcome(end), self)
    }

    fn end(&self) -> End {
        if let Err(error) = self.boot() {
            return End::of_error(&error);
        }
        match self.dispatcher.block_on(self.completed()) {
            Ok(Ok(())) => End::Completed,
            Ok(Err(error)) | Err(error) => End::of_error(&error),
        }
    }

    /// Boots every host on which something was placed.
    fn boot(&self) -> Result<(), Error> {
        let names: Vec<&str> = self.settings.host_names().collect();
        for (place, name) in names.into_iter().enumerate() {
            let own = |of: usize| of == place;
            let natives = self.natives.iter().filter(|(of, _)| own(*of));
            let calls = self.settings.calls.iter().enumerate();
            let host = Host {
                place,
                settings: self.settings.clone(),
                journal: self.journal.clone(),
                natives: natives.map(|(_, native)| native.clone()).collect(),
                calls: calls
                    .filter(|(_, (of, _))| own(*of))
                    .map(|(number, _)| number)
                    .collect(),
                has_booted: Cell::new(false),
            };
            let serves = self.settings.servers_of(place).next().is_some();
            let has_nothing = host.natives.is_empty() && host.calls.is_empty() && !serves;
            if has_nothing || self.left_out.contains(&place) {
                continue;
            }
            let host = Rc::new(host);
            self.dispatcher.host(name)?.boot(move |handle| {
                let host = host.clone();
                async move {
                    if let Err(error) = host.boot(&handle) {
                        host.journal.fail(error);
                    }
                }
            })?;
        }
        Ok(())
    }

    /// Waits until all calls have ended.
    ///
    /// # Errors
    /// What a host fails with when it boots.
    async fn completed(&self) -> Result<(), Error> {
        let hosts = self.settings.host_names();
        let last = hosts
            .filter_map(|host| self.settings.last_restart(host))
            .max();
        // Then the calls of hosts that are down are over as well.
        let mut no_restart = last.map(|last| {
            let handle = self.dispatcher.handle();
            Box::pin(async move { sleep_beyond(&handle, last).await })
        });
        poll_fn(|cx| {
            if let Some(waiting) = &mut no_restart
                && let Poll::Ready(slept) = waiting.as_mut().poll(cx)
            {
                slept?;
                no_restart = None;
            }
            if let Some(error) = self.journal.take_failure() {
                return Poll::Ready(Err(error));
            }
            match self.is_complete() {
                true => Poll::Ready(Ok(())),
                false => {
                    self.journal.set_waker(cx.waker());
                    Poll::Pending
                }
            }
        })
        .await
    }

    fn is_complete(&self) -> bool {
        let calls = &self.settings.calls;
        if calls.is_empty() {
            let (begun, running) = self.journal.natives();
            let natives = self.natives.iter();
            let natives = natives.filter(|(place, _)| !self.left_out.contains(place));
            return begun >= natives.count() && running == 0;
        }
        let now = self.dispatcher.handle().elapsed().unwrap_or_default();
        let names: Vec<&str> = self.settings.host_names().collect();
        let all = calls.iter().all(|(_, call)| call.is_background);
        let waited_for = |call: &Call| all || !call.is_background;
        calls.iter().enumerate().all(|(number, (place, call))| {
            !waited_for(call)
                || self.left_out.contains(place)
                || match self.journal.last_end(number) {
                    None | Some(AttemptEnd::Unfinished) => false,
                    Some(AttemptEnd::Crashed) => {
                        let host = names.get(*place).copied().unwrap_or_default();
                        let last = self.settings.last_restart(host);
                        !call.restarts || last.is_none_or(|last| last < now)
                    }
                    Some(_) => true,
                }
        })
    }

    fn outcome(&self, end: End) -> Outcome {
        self.journal.close();
        let end = match (self.dispatcher.finish_log(), end) {
            (Err(error), End::Completed) => End::of_error(&error),
            (_, end) => end,
        };
        let trace = self.dispatcher.trace();
        let (records, hash) = trace.map_or((0, 0), |trace| (trace.length(), trace.hash()));
        let waits = match end {
            End::Completed => Vec::new(),
            _ => self.journal.waits(&self.settings),
        };
        Outcome {
            seed: self.seed,
            time: self.dispatcher.handle().elapsed().unwrap_or_default(),
            records,
            hash,
            calls: self.journal.outcomes(&self.settings, &self.left_out),
            waits,
            end,
        }
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World")
            .field("seed", &self.seed)
            .field("dispatcher", &self.dispatcher)
            .finish_non_exhaustive()
    }
}

/// Waits until more virtual time than this has passed, whatever the clock of the default host says.
async fn sleep_beyond(handle: &Handle, time: Duration) -> Result<(), Error> {
    loop {
        let passed = handle.elapsed()?;
        if passed > time {
            return Ok(());
        }
        handle
            .sleep(time - passed + Duration::from_nanos(1))
            .await?;
    }
}
