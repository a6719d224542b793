//! What of a simulated host outlives its crashes: its disks.

use std::any::Any;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use crate::Error;
use crate::handle::Handle;
use crate::sim::draws::Choice;
use crate::sim::driver::SimDriver;
use crate::sim::edits::{Counted, FaultId};
use crate::sim::probability::Probability;
use crate::sim::record::{FileFault, Record};
use crate::time::instant::Instant;

/// The size of what a disk writes as a whole, in bytes: a crash leaves a beginning of a write that ends at a
/// multiple of it.
const SECTOR: u64 = 512;

/// What a simulated host keeps when it crashes, such as its files. It is kept by the dispatcher.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use wippy_dispatcher::sim::Disk;
/// use wippy_dispatcher::{Dispatcher, Handle, Simulation};
///
/// struct Crashes(AtomicU64);
///
/// impl Disk for Crashes {
///     fn crash(&self, _: &Handle) {
///         self.0.fetch_add(1, Ordering::Relaxed);
///     }
/// }
///
/// let simulation = Simulation::new(1).host("a", []);
/// let dispatcher = Dispatcher::builder().simulation(simulation).build()?;
/// let host = dispatcher.host("a")?;
/// host.handle().disk(|| Crashes(AtomicU64::new(0)))?;
/// host.restart()?;
/// let kept = host.handle().disk(|| Crashes(AtomicU64::new(9)))?;
/// assert_eq!(kept.0.load(Ordering::Relaxed), 1);
/// # Ok::<(), wippy_dispatcher::Error>(())
/// ```
pub trait Disk: Any + Send + Sync {
    /// Its host has crashed: tasks and sockets are gone. The handle is for draws; see
    /// [`Handle::draw_unsynced_write`].
    fn crash(&self, handle: &Handle);
}

impl Handle {
    /// The disk of this type that the handle's simulated host has; `make` makes it at the first need. It is the
    /// same in all lives of the host.
    ///
    /// # Errors
    /// `NotSimulated`, `WrongThread`, `Closed`.
    pub fn disk<T: Disk>(&self, make: impl FnOnce() -> T) -> Result<Arc<T>, Error> {
        let core = self.core()?;
        simulated(core.driver.simulated())?;
        let host = self.host().number;
        if let Some(disk) = core.disks.get(host) {
            return Ok(disk);
        }
        let disk = Arc::new(make());
        let (told, handle) = (disk.clone(), self.clone());
        let crash = Rc::new(move || told.crash(&handle));
        core.disks.add(host, disk.clone(), crash);
        Ok(disk)
    }

    /// Draws what a crash of the handle's host leaves of a write that is not on the disk, and records it: how
    /// many bytes from its beginning, or `None` where it is lost. A write within 512 bytes that begin at a
    /// multiple of 512 is kept or lost as a whole.
    ///
    /// # Errors
    /// `NotSimulated`, `WrongThread`, `Closed`.
    pub fn draw_unsynced_write(
        &self,
        file: u64,
        offset: u64,
        length: u64,
    ) -> Result<Option<u64>, Error> {
        let core = self.core()?;
        let simulated = simulated(core.driver.simulated())?;
        let end = offset.saturating_add(length);
        // Where it can be cut off: between its sectors.
        let (first, last) = (offset / SECTOR + 1, end.div_ceil(SECTOR));
        let cuts = last.saturating_sub(first);
        let kept =
            simulated.draw(
                |draws| match draws.up_to(Choice::Disk, if cuts > 0 { 2 } else { 1 }) {
                    0 => None,
                    1 => Some(length),
                    _ => Some((first + draws.up_to(Choice::Disk, cuts - 1)) * SECTOR - offset),
                },
            );
        let kept = self.kept(simulated, file, length, kept, core.clock.now());
        simulated.record(Record::UnsyncedWrite {
            host: self.host().number,
            file: number(file),
            length: number(length),
            kept: kept.map(number),
        });
        Ok(kept)
    }

    /// Draws whether a crash of the handle's host leaves a change of names in a directory that is not on the
    /// disk, and records it.
    ///
    /// # Errors
    /// `NotSimulated`, `WrongThread`, `Closed`.
    pub fn draw_unsynced_name(&self, directory: u64) -> Result<bool, Error> {
        let core = self.core()?;
        let simulated = simulated(core.driver.simulated())?;
        let drawn = simulated.draw(|draws| draws.up_to(Choice::Disk, 1));
        let host = self.host().number;
        let lost = simulated.decide_next(
            Counted::UnsyncedNames(host),
            |change| FaultId::LostName { host, change },
            (drawn == 0).then_some(0),
            core.clock.now(),
            || format!("a change of names in directory {directory}"),
        );
        let is_kept = lost.is_none();
        simulated.record(Record::UnsyncedName {
            host: self.host().number,
            directory: number(directory),
            is_kept,
        });
        Ok(is_kept)
    }

    /// Draws whether an operation on a file fails, and records it if it does. Where the seed has drawn that all
    /// files fail more often ([`FaultMix::file_errors`](crate::sim::FaultMix::file_errors)), that holds.
    ///
    /// # Errors
    /// `NotSimulated`, `WrongThread`, `Closed`.
    pub fn draw_file_error(&self, file: u64, probability: f64) -> Result<bool, Error> {
        let core = self.core()?;
        let simulated = simulated(core.driver.simulated())?;
        let (of_all, _) = simulated.file_faults;
        let probability = Probability::of(probability).max(of_all);
        let drawn = simulated.draw(|draws| draws.chance(Choice::FileError, probability));
        let host = self.host().number;
        let fails = simulated.decide_next(
            Counted::FileErrors(host),
            |operation| FaultId::FileError { host, operation },
            drawn.then_some(0),
            core.clock.now(),
            || on_file(file),
        );
        let fails = fails.is_some();
        if fails {
            self.record_file_fault(simulated, file, FileFault::Error);
        }
        Ok(fails)
    }

    /// Draws how much longer than others an operation on a file takes, both bounds included, and what the seed has
    /// drawn for all files ([`FaultMix::file_delay`](crate::sim::FaultMix::file_delay)) beside that; records it
    /// where it can be anything but zero.
    ///
    /// # Errors
    /// `NotSimulated`, `WrongThread`, `Closed`.
    pub fn draw_file_delay(
        &self,
        file: u64,
        least: Duration,
        most: Duration,
    ) -> Result<Duration, Error> {
        let core = self.core()?;
        let simulated = simulated(core.driver.simulated())?;
        let (_, of_all) = simulated.file_faults;
        let most = most.max(least).saturating_add(of_all);
        let span = most.saturating_sub(least).as_nanos();
        let span = u64::try_from(span).unwrap_or(u64::MAX);
        let drawn = simulated.draw(|draws| draws.up_to(Choice::FileDelay, span));
        let host = self.host().number;
        let longer = simulated.decide_next(
            Counted::FileDelays(host),
            |operation| FaultId::FileDelay { host, operation },
            (drawn > 0).then_some(drawn),
            core.clock.now(),
            || on_file(file),
        );
        let delay = least.saturating_add(Duration::from_nanos(longer.unwrap_or(0)));
        if most.is_zero() && delay.is_zero() {
            return Ok(delay);
        }
        let nanos = u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX);
        self.record_file_fault(simulated, file, FileFault::Delay { nanos });
        Ok(delay)
    }

    /// What edits of the run leave of a write of which a crash keeps so much.
    fn kept(
        &self,
        simulated: &SimDriver,
        file: u64,
        length: u64,
        drawn: Option<u64>,
        now: Instant,
    ) -> Option<u64> {
        // As a fault it has an amount where not all is kept.
        let drawn = match drawn {
            None => Some(0),
            Some(kept) => (kept < length).then_some(kept),
        };
        let host = self.host().number;
        let mut injected = simulated.injected.borrow_mut();
        let write = injected.count(Counted::UnsyncedWrites(host));
        let fault = FaultId::LostWrite { host, write };
        // An edit may leave as much as there is, or more: then nothing is lost, and there is no fault to note.
        let left = injected.amount(fault, drawn);
        if left.is_some_and(|left| left > 0 && left >= length) {
            return Some(length);
        }
        let left = injected.decide(fault, drawn, now, || match length {
            0 => format!("a change of the size of file {file}"),
            _ => format!("a write of {length} bytes to file {file}"),
        });
        match left {
            None => Some(length),
            Some(0) => None,
            Some(left) => Some(left),
        }
    }

    fn record_file_fault(&self, simulated: &SimDriver, file: u64, fault: FileFault) {
        simulated.record(Record::FileFault {
            host: self.host().number,
            file: number(file),
            fault,
        });
    }
}

fn on_file(file: u64) -> String {
    format!("an operation on file {file}")
}

fn simulated(driver: Option<&SimDriver>) -> Result<&SimDriver, Error> {
    driver.ok_or(Error::NotSimulated("a disk"))
}

/// A number as records have it. No run has so many files, and no write so many bytes, that it does not fit.
fn number(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
