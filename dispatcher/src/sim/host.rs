//! A simulated host, as those see it who look from outside.

use std::fmt;
use std::future::Future;
use std::net::IpAddr;

use crate::Error;
use crate::dispatcher::Dispatcher;
use crate::executor::task::Task;
use crate::handle::Handle;
use crate::sim::driver::SimDriver;
use crate::sim::fault::{Crash, Fault};
use crate::sim::host_key::HostKey;
use crate::sim::net::hosts::{HostState, Status};

/// A host of a simulation: code is put on it, and it is crashed, started again, and paused.
///
/// ```
/// use std::time::Duration;
/// use wippy_dispatcher::{Dispatcher, Simulation};
///
/// let simulation = Simulation::new(1).host("server", []);
/// let dispatcher = Dispatcher::builder().simulation(simulation).build()?;
/// let server = dispatcher.host("server")?;
/// let task = server.spawn(std::future::pending::<()>())?;
/// server.crash()?;
/// assert!(!server.is_up());
/// assert!(dispatcher.block_on(task)?.is_err());
/// server.restart()?;
/// assert!(server.is_up());
/// # Ok::<(), wippy_dispatcher::Error>(())
/// ```
#[derive(Clone)]
pub struct Host {
    /// Of the default host.
    handle: Handle,
    name: String,
    number: u32,
}

impl Dispatcher {
    /// The host of that name in a simulation; see [`Handle::simulated_host`].
    ///
    /// # Errors
    /// `NotSimulated`, a [`HostError`](crate::sim::HostError).
    pub fn host(&self, name: &str) -> Result<Host, Error> {
        self.handle().simulated_host(name)
    }

    /// Has a fault take effect now; see [`Handle::inject`].
    ///
    /// # Errors
    /// As [`Handle::inject`].
    pub fn inject(&self, fault: &Fault) -> Result<(), Error> {
        self.handle().inject(fault)
    }
}

impl Handle {
    /// The host of that name in a simulation: one of [`Simulation::host`](crate::Simulation::host), or
    /// [`DEFAULT_HOST`](crate::sim::DEFAULT_HOST).
    ///
    /// # Errors
    /// `NotSimulated`, a [`HostError`](crate::sim::HostError), `WrongThread`, `Closed`.
    pub fn simulated_host(&self, name: &str) -> Result<Host, Error> {
        let core = self.core()?;
        let simulated = core.driver.simulated();
        let simulated = simulated.ok_or(Error::NotSimulated("a host"))?;
        let number = simulated.look(|network| network.hosts.number(name))?;
        Ok(Host {
            handle: self.on_host(HostKey::default()),
            name: simulated.look(|network| network.hosts.get(number).name.clone()),
            number,
        })
    }

    /// Has a fault take effect now.
    ///
    /// # Errors
    /// a [`HostError`](crate::sim::HostError), also for a crash of the default host, and nothing happened;
    /// `NotSimulated`, `WrongThread`, `Closed`; for a restart what the boot function fails with.
    pub fn inject(&self, fault: &Fault) -> Result<(), Error> {
        let core = self.core()?;
        match core.driver.simulated() {
            Some(simulated) => core.apply_fault(simulated, fault),
            None => Err(Error::NotSimulated("a fault")),
        }
    }
}

impl Host {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn look<R>(&self, look: impl FnOnce(&HostState) -> R) -> Option<R> {
        let core = self.handle.core().ok()?;
        let simulated: &SimDriver = core.driver.simulated()?;
        Some(simulated.look(|network| look(network.hosts.get(self.number))))
    }

    /// Its addresses. None off the dispatcher's thread and after its end.
    pub fn addresses(&self) -> Vec<IpAddr> {
        self.look(|host| host.addresses.clone()).unwrap_or_default()
    }

    /// Whether it runs: it is neither paused nor has it crashed. False off the dispatcher's thread and after
    /// its end.
    pub fn is_up(&self) -> bool {
        self.look(|host| host.status == Status::Up).unwrap_or(false)
    }

    /// A reference to the dispatcher that belongs to this host and its present life: what is started and
    /// opened with it ends when the host crashes, and from then on it starts nothing. Off the dispatcher's
    /// thread it belongs to the host's first life.
    pub fn handle(&self) -> Handle {
        let incarnation = self.look(|host| host.incarnation).unwrap_or_default();
        self.handle.on_host(HostKey {
            number: self.number,
            incarnation,
        })
    }

    /// Starts a task on this host; see [`Handle::spawn`].
    ///
    /// # Errors
    /// As [`Handle::spawn`].
    pub fn spawn<F>(&self, future: F) -> Result<Task<F::Output>, Error>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        self.handle().spawn(future)
    }

    /// Starts a task now, and again whenever the host starts again: `main` is called with the handle of
    /// the host's life, and makes the task's future. A host has one such function; a second one takes the
    /// first one's place. In reports the task has the host's name.
    ///
    /// # Errors
    /// As [`Handle::spawn`]. Where a restart of the timetable cannot start the task, the host is up without
    /// it.
    pub fn boot<F, Fut>(&self, mut main: F) -> Result<(), Error>
    where
        F: FnMut(Handle) -> Fut + 'static,
        Fut: Future<Output = ()> + 'static,
    {
        let handle = self.handle();
        let core = handle.core()?;
        let now = handle.host();
        let name = self.name.clone();
        core.boots.set(now, move |key| {
            let handle = handle.on_host(key);
            handle.spawn_named(&name, main(handle.clone()))?.detach();
            Ok(())
        })
    }

    /// Takes the host's power away: its tasks are dropped, its sockets vanish. Whether its peers'
    /// connections are reset is drawn. Nothing happens if it is down already.
    ///
    /// A task of the host itself that calls this goes on to its next wait.
    ///
    /// # Errors
    /// a [`HostError`](crate::sim::HostError) for the default host; `WrongThread`, `Closed`.
    pub fn crash(&self) -> Result<(), Error> {
        self.crash_with(Crash::Drawn)
    }

    /// The same, and says what its peers notice.
    ///
    /// # Errors
    /// As [`Host::crash`].
    pub fn crash_with(&self, crash: Crash) -> Result<(), Error> {
        self.handle.inject(&Fault::Crash(self.name.clone(), crash))
    }

    /// Starts the host again, and calls its boot function. A host that is up crashes first.
    ///
    /// # Errors
    /// As [`Host::boot`].
    pub fn restart(&self) -> Result<(), Error> {
        self.handle.inject(&Fault::Restart(self.name.clone()))
    }

    /// Has the host stand still: its tasks do not run, and what arrives waits. Its clocks go on.
    ///
    /// # Errors
    /// As [`Host::crash`].
    pub fn pause(&self) -> Result<(), Error> {
        self.handle.inject(&Fault::Pause(self.name.clone()))
    }

    /// Ends a pause.
    ///
    /// # Errors
    /// As [`Host::crash`].
    pub fn resume(&self) -> Result<(), Error> {
        self.handle.inject(&Fault::Resume(self.name.clone()))
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host")
            .field("name", &self.name)
            .field("is_up", &self.is_up())
            .finish_non_exhaustive()
    }
}
