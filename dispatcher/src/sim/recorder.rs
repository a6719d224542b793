//! Where records go: into the trace, into the log, and against the log that is replayed.

use crate::Error;
use crate::sim::log::{LogEnd, LogHeader, LogWriter, Mismatch, Replay};
use crate::sim::record::Record;
use crate::sim::settings::Simulation;
use crate::sim::trace::Trace;

pub(crate) struct Recorder {
    trace: Trace,
    /// The task that runs.
    running: Option<u64>,
    /// `None` where there is only the trace.
    files: Option<Box<Files>>,
    /// Why the run cannot go on. From then on nothing is recorded.
    stopped: Option<Mismatch>,
    /// How the last turn failed.
    failure: Option<String>,
}

struct Files {
    log: Option<LogWriter>,
    replay: Option<Replay>,
}

impl Recorder {
    /// `settings` with the faults that the seed has drawn.
    ///
    /// # Errors
    /// `Log`.
    pub(crate) fn new(settings: &Simulation) -> Result<Recorder, Error> {
        let mut files = None;
        if settings.log.is_some() || settings.replay.is_some() {
            let header = LogHeader::of(settings)?;
            let replay = settings.replay.as_ref();
            let replay = replay.map(|log| Replay::new(log, &header)).transpose()?;
            let log = match &settings.log {
                Some(sink) => Some(LogWriter::start(sink.take()?, &header)?),
                None => None,
            };
            files = Some(Box::new(Files { log, replay }));
        }
        Ok(Recorder {
            trace: Trace::new(settings.trace_capacity),
            running: None,
            files,
            stopped: None,
            failure: None,
        })
    }

    #[inline]
    pub(crate) fn push(&mut self, record: Record) {
        match self.files {
            None => self.trace.push(record),
            Some(_) => self.push_to_files(record),
        }
    }

    #[cold]
    #[inline(never)]
    fn push_to_files(&mut self, record: Record) {
        let (Some(files), None) = (&mut self.files, &self.stopped) else {
            return;
        };
        match files.push(record, self.running) {
            Ok(()) => self.trace.push(record),
            Err(mismatch) => self.stopped = Some(mismatch),
        }
    }

    pub(crate) fn trace(&self) -> &Trace {
        &self.trace
    }

    pub(crate) fn running(&self) -> Option<u64> {
        self.running
    }

    pub(crate) fn set_running(&mut self, running: Option<u64>) {
        self.running = running;
    }

    /// The task that the log says goes next.
    pub(crate) fn recorded_pick(&self) -> Option<u64> {
        self.files.as_ref()?.replay.as_ref()?.recorded_pick()
    }

    /// # Errors
    /// `Log` and `Diverged`: the run cannot go on.
    #[inline]
    pub(crate) fn check(&self) -> Result<(), Error> {
        match &self.stopped {
            None => Ok(()),
            Some(mismatch) => Err(mismatch.clone().into()),
        }
    }

    /// How a turn ended.
    pub(crate) fn note_outcome<T>(&mut self, outcome: &Result<T, Error>) {
        if self.files.is_some() {
            self.failure = outcome.as_ref().err().map(ToString::to_string);
        }
    }

    /// Ends the log and the replay, if they have not ended.
    ///
    /// # Errors
    /// As [`Recorder::check`].
    pub(crate) fn finish(&mut self) -> Result<(), Error> {
        if let Some(files) = self.files.take() {
            let finished = match (&self.stopped, &files.replay) {
                (None, Some(replay)) => replay.finish(),
                _ => Ok(()),
            };
            if let Err(mismatch) = finished {
                self.failure = Some(Error::from(mismatch.clone()).to_string());
                self.stopped = Some(mismatch);
            }
            let end = LogEnd {
                records: self.trace.length(),
                hash: self.trace.hash(),
                error: self.failure.take(),
            };
            let written = files.log.map_or(Ok(()), |log| log.finish(&end));
            if let (Err(error), None) = (written, &self.stopped) {
                self.stopped = Some(error.into());
            }
        }
        self.check()
    }
}

impl Files {
    fn push(&mut self, record: Record, running: Option<u64>) -> Result<(), Mismatch> {
        if let Some(replay) = &mut self.replay {
            replay.check(record, running)?;
        }
        if let Some(log) = &mut self.log {
            let written = log.push(record);
            if written.is_err() {
                // It has no end, so that it is not taken for whole.
                self.log = None;
            }
            written?;
        }
        Ok(())
    }
}
