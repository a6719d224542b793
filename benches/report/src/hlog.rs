//! Histograms as logs of HdrHistogram, which its own tools read.

use std::io;
use std::time::{Duration, SystemTime};

use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, Tag};

use crate::cell::Cell;
use crate::model::Row;
use crate::samples::Scale;

/// A log with an interval for each round, tagged with the contender. Values are in the samples' own unit, which a comment names;
/// "max" of each line is in milliseconds.
///
/// # Errors
/// `Io` of the writer.
pub fn write(row: &Row, cell: &Cell, to: &mut impl io::Write) -> io::Result<()> {
    let scale = cell
        .rounds
        .first()
        .map_or(Scale::Nanoseconds, |round| round.samples.scale());
    let mut serializer = V2DeflateSerializer::new();
    let mut builder = IntervalLogWriterBuilder::new();
    builder
        .add_comment(&format!("row {}, contender {}", row.id, cell.contender))
        .add_comment(&format!("values in {}: {}", scale.name(), row.figure))
        .with_base_time(SystemTime::UNIX_EPOCH)
        .with_max_value_divisor(1e6 * scale.per_nanosecond() as f64);
    let mut writer = builder.begin_log_with(to, &mut serializer)?;
    let mut start = Duration::ZERO;
    for round in &cell.rounds {
        let length = Duration::from_nanos(round.wall);
        let written = writer.write_histogram(
            round.samples.histogram(),
            start,
            length,
            Tag::new(&cell.contender),
        );
        written.map_err(|error| io::Error::other(error.to_string()))?;
        start += length;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use hdrhistogram::Histogram;
    use hdrhistogram::serialization::Deserializer;
    use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};

    use super::*;
    use crate::cell::Round;
    use crate::samples::Samples;

    #[test]
    fn what_is_written_is_read_back() {
        let rounds: Vec<Round> = (1..=2)
            .map(|number| {
                let mut samples = Samples::new(Scale::Nanoseconds);
                for value in 0..100 {
                    samples.record(value * number);
                }
                Round {
                    samples,
                    operations: 100,
                    processor: 1,
                    wall: 5_000_000,
                    early: 0,
                }
            })
            .collect();
        let cell = Cell::measured("some", rounds.clone());
        let mut log = Vec::new();
        write(&Row::new("row", "row", "late by"), &cell, &mut log).expect("memory takes all");
        let read: Vec<Histogram<u64>> = IntervalLogIterator::new(&log)
            .filter_map(|entry| match entry.expect("an entry") {
                LogEntry::Interval(interval) => {
                    assert_eq!(interval.tag().map(|tag| tag.as_str()), Some("some"));
                    use base64::Engine;
                    let bytes = base64::engine::general_purpose::STANDARD
                        .decode(interval.encoded_histogram())
                        .expect("base64");
                    let mut bytes = &bytes[..];
                    Some(
                        Deserializer::new()
                            .deserialize(&mut bytes)
                            .expect("a histogram"),
                    )
                }
                _ => None,
            })
            .collect();
        assert_eq!(read.len(), 2);
        for (read, round) in read.iter().zip(&rounds) {
            assert_eq!(read, round.samples.histogram());
        }
    }
}
