//! The settings of a dispatcher, and how its parts are put together.

use std::cell::Cell;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::time::Duration;

use crate::Error;
use crate::blocking::pool::Pool;
use crate::core::{Bounds, Core, Seams};
use crate::dispatcher::Dispatcher;
use crate::driver::Driver;
use crate::entropy::Entropy;
use crate::executor::park::ParkFlag;
use crate::executor::picker::{OrderOfTasks, RunQueue};
use crate::io::spin::Spin;
use crate::io::system_driver::{SystemDriver, SystemSettings};
use crate::net::{Lookups, ResolveError, Resolver};
use crate::shared::Shared;
use crate::sim::driver::SimDriver;
use crate::sim::settings::Simulation;
use crate::thread_bound::ThreadBound;
use crate::time::clock::Clock;
use crate::time::lead::TimerLead;

impl Dispatcher {
    /// A dispatcher with the default settings.
    ///
    /// # Errors
    /// As [`Builder::build`].
    pub fn new() -> Result<Dispatcher, Error> {
        Dispatcher::builder().build()
    }

    /// A simulation of this seed with the default settings.
    ///
    /// # Errors
    /// As [`Builder::build`].
    pub fn simulated(seed: u64) -> Result<Dispatcher, Error> {
        Dispatcher::builder()
            .simulation(Simulation::new(seed))
            .build()
    }

    /// Settings to start from.
    pub fn builder() -> Builder {
        Builder::default()
    }
}

/// The settings of a dispatcher.
///
/// ```
/// use wippy_dispatcher::{Dispatcher, Error};
///
/// let dispatcher = Dispatcher::builder().max_tasks(1).build()?;
/// let _first = dispatcher.spawn(async {})?;
/// assert!(matches!(dispatcher.spawn(async {}), Err(Error::TooManyTasks(1))));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Builder {
    simulation: Option<Simulation>,
    spin: Option<Duration>,
    timer_lead: Option<TimerLead>,
    timer_window: Duration,
    task_budget: usize,
    max_tasks: usize,
    max_timers: usize,
    max_sources: usize,
    max_wait_sets: usize,
    max_wait_set_members: usize,
    blocking_threads: usize,
    blocking_queue: usize,
    blocking_idle: Duration,
    resolver: Resolver,
    timer_overshoot: bool,
}

impl Default for Builder {
    fn default() -> Builder {
        Builder {
            simulation: None,
            spin: None,
            timer_lead: None,
            timer_window: Duration::ZERO,
            task_budget: 64,
            max_tasks: 1 << 20,
            max_timers: 1 << 22,
            max_sources: 1 << 20,
            max_wait_sets: 1 << 20,
            max_wait_set_members: 1 << 20,
            blocking_threads: 16,
            blocking_queue: 1 << 16,
            blocking_idle: Duration::from_millis(500),
            resolver: Resolver::default(),
            timer_overshoot: false,
        }
    }
}

impl Builder {
    /// Time, order, readiness and randomness from a seed instead of the system.
    pub fn simulation(mut self, simulation: Simulation) -> Builder {
        self.simulation = Some(simulation);
        self
    }

    /// How long to busy-poll I/O and timers before each park, and before the deadline that ends the
    /// wait. This spends CPU time for lower latency; zero never spins. Default: 10 µs, about what a
    /// park costs, while I/O keeps coming within that time, and before deadlines that are no further
    /// away than that.
    pub fn spin(mut self, spin: Duration) -> Builder {
        self.spin = Some(spin);
        self
    }

    /// How much earlier than a deadline the dispatcher is woken, so that it looks for the deadline instead of
    /// being late by what waking takes. Default: [`TimerLead::Adaptive`]; the time of [`Builder::spin`] where that is
    /// set, and [`TimerLead::Off`] with a [`Builder::timer_window`]. Without effect in a simulation.
    pub fn timer_lead(mut self, lead: TimerLead) -> Builder {
        self.timer_lead = Some(lead);
        self
    }

    /// By how much timers may be late so that one wake of the thread serves several: it parks until the
    /// last deadline that is within the window after the earliest. Never early, and where no other deadline is
    /// within the window not late either. A timer whose deadline has passed fires as soon as the thread is woken
    /// by anything. Default: zero, each deadline wakes it. Without effect in a simulation.
    pub fn timer_window(mut self, window: Duration) -> Builder {
        self.timer_window = window;
        self
    }

    /// How many task runs a turn does before it looks at I/O and timers again. Default 64.
    pub fn task_budget(mut self, runs: usize) -> Builder {
        self.task_budget = runs.max(1);
        self
    }

    /// The bound on live tasks, and on remote spawns not yet taken. Default 1,048,576.
    pub fn max_tasks(mut self, tasks: usize) -> Builder {
        self.max_tasks = tasks;
        self
    }

    /// The bound on armed timers; in a simulation on all events to come, packets on their way included.
    /// Default 4,194,304.
    pub fn max_timers(mut self, timers: usize) -> Builder {
        self.max_timers = timers;
        self
    }

    /// The bound on sources and events. Default 1,048,576.
    pub fn max_sources(mut self, sources: usize) -> Builder {
        self.max_sources = sources;
        self
    }

    /// The bound on wait sets. Default 1,048,576.
    pub fn max_wait_sets(mut self, sets: usize) -> Builder {
        self.max_wait_sets = sets;
        self
    }

    /// The bound on the members of one wait set, those that have fired included. Default 1,048,576.
    pub fn max_wait_set_members(mut self, members: usize) -> Builder {
        self.max_wait_set_members = members;
        self
    }

    /// The most threads of the blocking pool, at least one. Default 16.
    pub fn blocking_threads(mut self, threads: usize) -> Builder {
        self.blocking_threads = threads;
        self
    }

    /// The most blocking jobs that wait for a thread. Default 65,536.
    pub fn blocking_queue(mut self, jobs: usize) -> Builder {
        self.blocking_queue = jobs;
        self
    }

    /// After how long without work a thread for blocking jobs ends. Default 500 ms.
    pub fn blocking_idle(mut self, idle: Duration) -> Builder {
        self.blocking_idle = idle;
        self
    }

    /// Resolves names instead of the system's resolver. It is called on threads for lookups, on many
    /// at once, and may block; its panic is `ResolveError::Permanent`. Numeric addresses are never
    /// passed to it, and names are passed as [`host_name`](crate::net::host_name) returns them. A simulation
    /// does not call it: its names are those of its hosts.
    pub fn resolver<F>(mut self, resolver: F) -> Builder
    where
        F: Fn(&str) -> Result<Vec<IpAddr>, ResolveError> + Send + Sync + 'static,
    {
        self.resolver = Resolver::new(resolver);
        self
    }

    /// Whether [`Stats`](crate::Stats) say how late timers fire, which costs a few instructions each.
    /// Not by default.
    pub fn timer_overshoot(mut self, count: bool) -> Builder {
        self.timer_overshoot = count;
        self
    }

    /// Makes the dispatcher, on this thread.
    ///
    /// # Errors
    /// `Io` when the system has no epoll set, eventfd or timerfd left. For a simulation a
    /// `sim::HostError`; `TooManyTimers` where its timetable is beyond the bound; `Log` where its log cannot be
    /// written or its replay is of another simulation.
    pub fn build(self) -> Result<Dispatcher, Error> {
        let (sender, messages) = crossbeam_channel::unbounded();
        let pool = Pool::new(
            self.blocking_threads,
            self.blocking_queue,
            self.blocking_idle,
        );
        let bounds = Bounds {
            max_tasks: self.max_tasks,
            max_sources: self.max_sources,
            max_wait_sets: self.max_wait_sets,
            max_wait_set_members: self.max_wait_set_members,
        };
        let settings = SystemSettings {
            max_timers: self.max_timers,
            lead: self.timer_lead.unwrap_or(match self.spin {
                Some(spin) if spin.is_zero() => TimerLead::Off,
                Some(spin) => TimerLead::Fixed(spin),
                None if self.timer_window.is_zero() => TimerLead::Adaptive,
                None => TimerLead::Off,
            }),
            window: self.timer_window,
        };
        let seams = seams(self.simulation, &settings)?;
        let reactor = match &seams.driver {
            Driver::System(system) => Some(system.reactor.remote()),
            Driver::Simulated(_) => None,
        };
        let lookups = Lookups::new(self.resolver, &pool);
        let core = Rc::new(Core::new(
            seams,
            &bounds,
            lookups,
            self.timer_overshoot.then(Box::default),
        ));
        let shared = Arc::new(Shared {
            core: ThreadBound::empty(),
            sender,
            park: ParkFlag::new(),
            reactor,
            root_woken: AtomicBool::new(false),
            pool,
            spawns: AtomicUsize::new(0),
            max_spawns: self.max_tasks,
        });
        shared.core.set(core.clone());
        Ok(Dispatcher {
            core,
            messages,
            shared,
            spin: Spin::new(self.spin),
            task_budget: self.task_budget,
            blocked_on: Cell::new(false),
        })
    }
}

/// The four seams: those of the system, or of a simulation.
fn seams(simulation: Option<Simulation>, settings: &SystemSettings) -> Result<Seams, Error> {
    Ok(match simulation {
        Some(simulation) => {
            let clock = Clock::simulated();
            let entropy = Entropy::seeded(simulation.seed);
            let edits = simulation.edits_in_force();
            let order = match (&simulation.replay, edits.switches()) {
                (Some(_), _) => OrderOfTasks::Recorded,
                (None, Some(switches)) => OrderOfTasks::Edited(switches),
                (None, None) => OrderOfTasks::Picked(&simulation.picker),
            };
            let queue = RunQueue::simulated(order, simulation.notes.is_some(), &entropy)?;
            let driver = SimDriver::new(simulation, settings.max_timers, clock.now())?;
            Seams {
                entropy,
                queue,
                driver: Driver::Simulated(Box::new(driver)),
                clock,
            }
        }
        None => Seams {
            clock: Clock::system(),
            entropy: Entropy::system(),
            queue: RunQueue::system(),
            driver: Driver::System(SystemDriver::new(settings)?),
        },
    })
}
