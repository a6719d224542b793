//! What whoever starts a program decides about it.

use std::time::Duration;

use super::slow_compile::{SlowCompile, SlowCompiles};
use super::stdio_source::StdioSources;
use crate::host::embedder::HostPackage;
use crate::host::{PACKAGES, Packages};
use crate::module::{CodeCache, InstancePool};
use crate::registry::{DEFAULT_WAITING, WasmSettings};

/// How long a guest may stay inside before it is asked to yield.
const DEFAULT_TICK: Duration = Duration::from_millis(1);

/// The most threads that run calls.
pub(crate) const MAX_THREADS: usize = 1024;

/// What applies to all calls of a program, on whatever thread, and is not said by its entries.
///
/// ```
/// use std::time::Duration;
/// use wippy::{Entry, Program, ProgramOptions};
///
/// let entry = Entry::function("file:one").bytes("(module)");
/// let options = ProgramOptions::new().preemption_tick(Duration::from_millis(5));
/// let program = Program::builder().entry(entry).options(options).build()?;
/// # Ok::<(), wippy::EntryError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ProgramOptions {
    pub(crate) tick: Duration,
    /// Whether a thread notices guests that compute.
    pub(crate) preemption: bool,
    pub(crate) threads: usize,
    pub(crate) pin_threads: bool,
    /// How many callers wait for an entry whose pool says nothing else.
    pub(crate) max_waiting: u32,
    pub(crate) code_cache: Option<CodeCache>,
    pub(crate) slow_compiles: Option<SlowCompiles>,
    pub(crate) pool: InstancePool,
    /// Whether the times of calls are counted.
    pub(crate) metrics: bool,
    /// What its guests may import.
    pub(crate) packages: Packages,
    /// The standard streams of entries that are made in code.
    pub(crate) stdio: StdioSources,
}

impl ProgramOptions {
    /// The defaults.
    pub fn new() -> ProgramOptions {
        ProgramOptions {
            tick: DEFAULT_TICK,
            preemption: true,
            threads: 1,
            pin_threads: false,
            max_waiting: DEFAULT_WAITING,
            code_cache: None,
            slow_compiles: None,
            pool: InstancePool::default(),
            metrics: false,
            packages: PACKAGES.clone(),
            stdio: StdioSources::new(),
        }
    }

    /// How long a guest may compute before the other tasks of its dispatcher run, at least 100 µs:
    /// it yields between one and two of these. 1 ms by default.
    pub fn preemption_tick(mut self, tick: Duration) -> ProgramOptions {
        self.tick = tick.max(Duration::from_micros(100));
        self
    }

    /// Whether guests that compute are preempted, which takes a thread that exists while guests run and for
    /// about half a second afterwards. Without it a guest that calls no host function keeps its dispatcher's
    /// thread until it ends, past its deadline as well: for guests that are trusted, in a process that is
    /// to have no other thread. In a simulation guests are always preempted, without a thread. On by
    /// default.
    pub fn preemption(mut self, preempt: bool) -> ProgramOptions {
        self.preemption = preempt;
        self
    }

    /// How many threads run calls, between 1 and 1,024: that of the runtime, and others with dispatchers
    /// of their own, which start when they are needed and end with the runtime. A call goes where the
    /// fewest are, except for those with standard streams of the caller's, which stay. 1 by default.
    pub fn threads(mut self, threads: usize) -> ProgramOptions {
        self.threads = threads.clamp(1, MAX_THREADS);
        self
    }

    /// How many callers may wait for an entry whose pool has no `buffer`, 65,536 by default.
    pub fn max_waiting(mut self, callers: u32) -> ProgramOptions {
        self.max_waiting = callers;
        self
    }

    /// How many instances may live at once over all entries, 1 to 12,000; 4,096 by default. Each takes
    /// 8 GiB of address space, whether it lives or not. Calls beyond wait in order.
    pub fn max_instances(mut self, instances: u32) -> ProgramOptions {
        self.pool = self.pool.with_instances(instances);
        self
    }

    /// How many bytes the places of instances that have ended keep over all of them, so that the next
    /// instances find their memory there; 128 MiB by default. Each place has an equal part: fewer
    /// instances at once keep more each. It holds where each instance has one memory and up to two
    /// tables; where all have two memories and four tables, up to twice as much is kept. What guests
    /// have used of their stacks is kept besides.
    pub fn resident_bytes(mut self, bytes: usize) -> ProgramOptions {
        self.pool = self.pool.with_resident_bytes(bytes);
        self
    }

    /// Whether [`Metrics`](crate::Metrics) say how long calls take, wait, are parked and compute. That
    /// reads the clock each time that a guest goes on. Not by default.
    pub fn metrics(mut self, count: bool) -> ProgramOptions {
        self.metrics = count;
        self
    }

    /// What a project's settings say, where they say something.
    pub fn settings(mut self, settings: &WasmSettings) -> ProgramOptions {
        if let Some(threads) = settings.threads {
            self = self.threads(threads as usize);
        }
        if let Some(tick) = settings.preemption_tick {
            self = self.preemption_tick(tick);
        }
        if let Some(instances) = settings.max_instances {
            self = self.max_instances(instances);
        }
        if let Some(bytes) = settings.resident_bytes {
            self = self.resident_bytes(usize::try_from(bytes).unwrap_or(usize::MAX));
        }
        if let Some(callers) = settings.max_waiting {
            self = self.max_waiting(callers);
        }
        self.pin_threads |= settings.pin_threads;
        self
    }

    /// Whether each of the other threads is bound to one processor. Not by default.
    pub fn pin_threads(mut self, pin: bool) -> ProgramOptions {
        self.pin_threads = pin;
        self
    }

    /// Gives the program's entries a package of host functions beside those of WASI: its name may stand in
    /// their `imports`. One of a name that is there already replaces what it has of the same interfaces,
    /// or all ([`HostPackage::whole`]).
    ///
    /// ```
    /// use wippy::{HostPackage, ProgramOptions};
    ///
    /// let clock = HostPackage::new("wasi:clocks", "0.2.12")
    ///     .func("wall-clock", "resolution", |_, (): ()| Ok(((1u64, 0u32),)));
    /// let options = ProgramOptions::new().package(clock);
    /// ```
    pub fn package(mut self, package: HostPackage) -> ProgramOptions {
        self.packages = self.packages.with(package.into());
        self
    }

    /// Where compiled code is kept for the next program, and taken from. Nowhere by default.
    pub fn code_cache(mut self, cache: CodeCache) -> ProgramOptions {
        self.code_cache = Some(cache);
        self
    }

    /// Has a function called for each compilation that takes longer than 300 ms: once that has passed,
    /// and at its end. It is called on the threads of dispatchers and must not block. Compilations of
    /// simulated dispatchers take no time, and are not told of.
    pub fn on_slow_compile(
        mut self,
        observer: impl Fn(SlowCompile<'_>) + Send + Sync + 'static,
    ) -> ProgramOptions {
        self.slow_compiles = Some(SlowCompiles::new(observer));
        self
    }
}

impl Default for ProgramOptions {
    fn default() -> ProgramOptions {
        ProgramOptions::new()
    }
}
