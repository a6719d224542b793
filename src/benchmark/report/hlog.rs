//! A measurement as a log of HdrHistogram, which its own tools read.

use std::time::{Duration, SystemTime};

use hdrhistogram::Histogram;
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::IntervalLogWriterBuilder;

use crate::benchmark::distribution::Distribution;
use crate::benchmark::measured::Measured;
use crate::benchmark::nanoseconds::whole;
use crate::benchmark::settings::MAX_TIME;

/// What the log begins with, behind the sign of a comment.
const HEADER: &str = "wippy benchmark";

/// Whether a text is what [`Measured::to_hlog`] writes, as far as its beginning shows.
pub fn is_hlog(text: &[u8]) -> bool {
    let rest = text.strip_prefix(b"#");
    rest.is_some_and(|rest| rest.starts_with(HEADER.as_bytes()))
}

impl Measured {
    /// As a log of HdrHistogram (`.hlog`): an interval for each round, whose histogram is of the latencies in
    /// nanoseconds. Times are from the end of the warm-up; the "max" of a line is in milliseconds.
    pub fn to_hlog(&self) -> String {
        let mut builder = IntervalLogWriterBuilder::new();
        builder
            .add_comment(HEADER)
            // A log's comments end with their line.
            .add_comment(&self.heading().replace(char::is_control, " "))
            .add_comment("latencies in nanoseconds")
            .with_base_time(SystemTime::UNIX_EPOCH)
            .with_max_value_divisor(1e6);
        let (mut log, mut serializer) = (Vec::new(), V2DeflateSerializer::new());
        if let Ok(mut writer) = builder.begin_log_with(&mut log, &mut serializer) {
            let mut start = Duration::ZERO;
            for round in &self.rounds {
                // Memory takes everything, and the histogram's bounds fit the format.
                let _ = writer.write_histogram(
                    &histogram(&round.latencies),
                    start,
                    round.duration,
                    None,
                );
                start = start.saturating_add(round.duration);
            }
        }
        String::from_utf8(log).unwrap_or_default()
    }
}

fn histogram(latencies: &Distribution) -> Histogram<u64> {
    let mut histogram = match Histogram::new_with_max(whole(MAX_TIME), 3) {
        Ok(histogram) => histogram,
        // The bounds are those that it was recorded with.
        Err(_) => unreachable!("a bound of hours and three digits are allowed"),
    };
    for (nanos, count) in latencies.buckets() {
        histogram.saturating_record_n(nanos, count);
    }
    histogram
}
