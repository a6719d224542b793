//! A picture from a log alone.

use super::model::Picture;
use super::sketch::Sketch;
use crate::sim::log::{Log, LogError};
use crate::sim::record::Record;

impl Picture {
    /// A picture of the first `records` records of a log. Hosts and tasks have numbers and no names, and what
    /// tasks waited for is not known; a task's host is the one from which it first sent something. A picture of
    /// the run that is made again has all that.
    ///
    /// # Errors
    /// `Read`, `Cut` and `Damaged` where the log cannot be read to its end.
    pub fn of_log(log: &Log, records: u64) -> Result<Picture, LogError> {
        let mut sketch = Sketch::new(log.header().seed, Vec::new(), records);
        let mut read = log.records();
        let mut running = None;
        for record in &mut read {
            let record = record?;
            match record {
                Record::Pick { .. } | Record::Advance { .. } => running = None,
                _ => {}
            }
            sketch.push(record, running);
            if let Record::Pick { task, .. } = record {
                running = Some(task);
            }
        }
        let mut picture = sketch.picture();
        if let Some(error) = read.end().and_then(|end| end.error.as_ref()) {
            picture.summary.push(error.clone());
        }
        Ok(picture)
    }
}
