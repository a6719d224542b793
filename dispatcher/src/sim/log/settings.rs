//! What of a simulation's settings is a log's concern.

use std::fmt::Write as _;
use std::io::Write;

use super::{FORMAT, Log, LogError, LogHeader, LogSink, LogWriter, MAX_EDITS, MAX_LABEL, Replay};
use crate::Error;
use crate::sim::hash::hash_of;
use crate::sim::net::hosts::DEFAULT_HOST;
use crate::sim::picture::sketch::Sketch;
use crate::sim::recorder::Recorder;
use crate::sim::settings::Simulation;

impl Simulation {
    /// Writes every record of the run to `sink` while it is made: the decision log. It is written in blocks
    /// of 32 KiB, which are buffered here, and ends with
    /// [`Dispatcher::finish_log`](crate::Dispatcher::finish_log) or the dispatcher. An error of the sink
    /// ends the run with [`Error::Log`]. One log is for one dispatcher. The sink must not
    /// use the dispatcher that writes to it.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wippy_dispatcher::sim::Log;
    /// use wippy_dispatcher::{Dispatcher, Error, Simulation};
    ///
    /// let path = std::env::temp_dir().join(format!("wippy-{}.log", std::process::id()));
    /// let run = |settings: Simulation| {
    ///     let dispatcher = Dispatcher::builder().simulation(settings).build()?;
    ///     let handle = dispatcher.handle();
    ///     dispatcher.block_on(handle.sleep(Duration::from_secs(1)))??;
    ///     dispatcher.finish_log()
    /// };
    /// let file = std::fs::File::create(&path)?;
    /// run(Simulation::new(7).label(b"one second").log(file))?;
    ///
    /// let log = Log::open(&path)?;
    /// assert_eq!((log.header().seed, &log.header().label[..]), (7, &b"one second"[..]));
    /// // An advance of time, the timer that is due, and that `block_on` has seen it.
    /// assert_eq!(log.records().count(), 3);
    /// run(Simulation::new(7).replay(log))?;
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn log(mut self, sink: impl Write + Send + 'static) -> Simulation {
        self.log = Some(LogSink::new(sink));
        self
    }

    /// Has the run be that of a log: the log says which task goes next, whatever the picker, everything
    /// else is drawn from the seed, and each record is compared with the log's. The first that differs ends
    /// the run with [`Error::Diverged`], a log that is damaged with
    /// [`Error::Log`](crate::Error::Log). [`Builder::build`](crate::Builder::build) fails with `Log` where
    /// the log is of another seed or of other settings.
    pub fn replay(mut self, log: Log) -> Simulation {
        self.replay = Some(log);
        self
    }

    /// Bytes for the header of the log, 65,536 at most, by which a program recognises what it has recorded.
    pub fn label(mut self, label: &[u8]) -> Simulation {
        self.label = label.to_vec();
        self
    }

    /// Where the records of a run with these settings go. The faults that the seed draws are among them
    /// already.
    ///
    /// # Errors
    /// `Log`.
    pub(crate) fn recorder(&self) -> Result<Recorder, Error> {
        let sketch = self.picture.map(|records| {
            let named = self.hosts.iter().map(|(name, _)| name.clone());
            let names = std::iter::once(DEFAULT_HOST.to_owned()).chain(named);
            Sketch::new(self.seed, names.collect(), records)
        });
        if self.log.is_none() && self.replay.is_none() {
            return Ok(Recorder::new(self.trace_capacity, None, None, sketch));
        }
        let header = self.log_header()?;
        let replay = self.replay.as_ref();
        let replay = replay.map(|log| Replay::new(log, &header)).transpose()?;
        let log = match &self.log {
            Some(sink) => Some(LogWriter::start(sink.take()?, &header)?),
            None => None,
        };
        Ok(Recorder::new(self.trace_capacity, log, replay, sketch))
    }

    fn log_header(&self) -> Result<LogHeader, LogError> {
        if self.label.len() > MAX_LABEL {
            return Err(LogError::LabelTooLong(self.label.len()));
        }
        let edits = self.edits_in_force();
        let length = edits.to_string().len();
        if length > MAX_EDITS {
            return Err(LogError::EditsTooLong(length));
        }
        Ok(LogHeader {
            format: FORMAT,
            crate_version: env!("CARGO_PKG_VERSION").to_owned(),
            target: target(),
            seed: self.seed,
            picker: self.picker.picker,
            priority_change_steps: self.picker.steps,
            settings: self.settings_hash(),
            edits,
            label: self.label.clone(),
        })
    }

    /// A hash of all that is drawn with, the seed and the picker excepted. The faults that a seed draws
    /// have been drawn before.
    fn settings_hash(&self) -> u64 {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = write!(
            text,
            "yield {} job {} {} lookup {} {} io {} {} bounds {} {} default {} loopback {}",
            self.yield_cost.as_nanos(),
            self.job_delay.0.as_nanos(),
            self.job_delay.1.as_nanos(),
            self.lookup_delay.0.as_nanos(),
            self.lookup_delay.1.as_nanos(),
            self.short_io.parts(),
            self.spurious.parts(),
            self.max_sockets,
            self.max_datagram_bytes,
            self.default_link,
            self.loopback,
        );
        if self.file_errors.parts() > 0 || !self.file_delay.is_zero() {
            let (errors, delay) = (self.file_errors.parts(), self.file_delay.as_nanos());
            let _ = write!(text, "\nfiles {errors} {delay}");
        }
        for (name, addresses) in &self.hosts {
            let _ = write!(text, "\nhost {name}");
            for address in addresses {
                let _ = write!(text, " {address}");
            }
        }
        for (one, other, link) in &self.links {
            let _ = write!(text, "\nlink {one} {other} {link}");
        }
        for timed in &self.timetable {
            let _ = write!(text, "\nat {} {}", timed.after.as_nanos(), timed.fault);
        }
        hash_of(text.as_bytes())
    }
}

/// The machine that this program is for.
fn target() -> String {
    let environment = match cfg!(target_env = "musl") {
        true => "musl",
        false => "gnu",
    };
    let (machine, system) = (std::env::consts::ARCH, std::env::consts::OS);
    format!("{machine}-unknown-{system}-{environment}")
}
