//! Where records go: into the trace, into the log, and against the log that is replayed.

use crate::Error;
use crate::sim::log::{LogEnd, LogWriter, Mismatch, Replay};
use crate::sim::picture::sketch::Sketch;
use crate::sim::record::Record;
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
    /// The picture of a log that has ended.
    finished: Option<Sketch>,
}

struct Files {
    log: Option<LogWriter>,
    replay: Option<Replay>,
    sketch: Option<Sketch>,
}

impl Recorder {
    /// The trace keeps so many records. A log has been begun, the log of a replay is at its first record.
    pub(crate) fn new(
        trace_capacity: usize,
        log: Option<LogWriter>,
        replay: Option<Replay>,
        sketch: Option<Sketch>,
    ) -> Recorder {
        let has_files = log.is_some() || replay.is_some() || sketch.is_some();
        Recorder {
            trace: Trace::new(trace_capacity),
            running: None,
            files: has_files.then(|| {
                Box::new(Files {
                    log,
                    replay,
                    sketch,
                })
            }),
            stopped: None,
            failure: None,
            finished: None,
        }
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

    /// The picture that is made of the run.
    pub(crate) fn sketch(&mut self) -> Option<&mut Sketch> {
        let files = self.files.as_mut().and_then(|files| files.sketch.as_mut());
        files.or(self.finished.as_mut())
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
            Some(mismatch) => Err(error_of(mismatch)),
        }
    }

    /// How a turn ended.
    pub(crate) fn note_outcome<T>(&mut self, outcome: &Result<T, Error>) {
        if self.files.is_some() {
            self.failure = outcome.as_ref().err().map(ToString::to_string);
        }
    }

    /// Ends the log and the replay, if they have not ended. The log of a replay may go on where the run was cut.
    ///
    /// # Errors
    /// As [`Recorder::check`].
    pub(crate) fn finish(&mut self, is_cut: bool) -> Result<(), Error> {
        if let Some(files) = self.files.take() {
            self.finished = files.sketch;
            let finished = match (&self.stopped, &files.replay) {
                (None, Some(replay)) if !is_cut => replay.finish(),
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
        if let Some(sketch) = &mut self.sketch {
            sketch.push(record, running);
        }
        Ok(())
    }
}

#[cold]
fn error_of(mismatch: &Mismatch) -> Error {
    mismatch.clone().into()
}
