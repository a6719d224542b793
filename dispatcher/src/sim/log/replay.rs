//! A run against the log of another.

use super::history::History;
use super::{Difference, Log, LogError, LogHeader, Records};
use crate::Error;
use crate::sim::record::Record;

/// Why a run cannot go on.
#[derive(Clone)]
pub(crate) enum Mismatch {
    Log(LogError),
    Diverged(Box<Difference>),
}

impl From<LogError> for Mismatch {
    fn from(error: LogError) -> Mismatch {
        Mismatch::Log(error)
    }
}

impl From<Mismatch> for Error {
    fn from(mismatch: Mismatch) -> Error {
        match mismatch {
            Mismatch::Log(error) => error.into(),
            Mismatch::Diverged(difference) => Error::Diverged(difference),
        }
    }
}

const NAMES: [&str; 2] = ["log", "run"];

/// The log, read in step with the run.
pub(crate) struct Replay {
    records: Records,
    /// The next record of the log; an error counts when the run needs the record.
    next: Result<Option<Record>, LogError>,
    history: History,
    /// In what the log's header differs from the run's.
    notes: Vec<String>,
}

impl Replay {
    /// # Errors
    /// `OtherSeed`, `OtherSettings`.
    pub(crate) fn new(log: &Log, header: &LogHeader) -> Result<Replay, LogError> {
        log.header().check(header)?;
        let mut records = log.records();
        Ok(Replay {
            next: records.next().transpose(),
            records,
            history: History::new(),
            notes: log.header().differences(header),
        })
    }

    /// The task that the log says goes next, if it says so.
    pub(crate) fn recorded_pick(&self) -> Option<u64> {
        match self.next {
            Ok(Some(Record::Pick { task, .. })) => Some(task),
            _ => None,
        }
    }

    /// Compares a record of the run, made while `running` ran, with the next one of the log.
    pub(crate) fn check(&mut self, record: Record, running: Option<u64>) -> Result<(), Mismatch> {
        match &self.next {
            Ok(Some(next)) if *next == record => {
                self.history.push(record);
                self.next = self.records.next().transpose();
                Ok(())
            }
            Ok(next) => Err(self.differs([*next, Some(record)], running)),
            Err(error) => Err(error.clone().into()),
        }
    }

    /// The run is over: the log has to be, too.
    pub(crate) fn finish(&self) -> Result<(), Mismatch> {
        match &self.next {
            Ok(None) => Ok(()),
            Ok(next) => Err(self.differs([*next, None], None)),
            Err(error) => Err(error.clone().into()),
        }
    }

    fn differs(&self, records: [Option<Record>; 2], running: Option<u64>) -> Mismatch {
        let notes = self.notes.clone();
        let history = &self.history;
        Mismatch::Diverged(Box::new(history.difference(NAMES, records, running, notes)))
    }
}
