//! What a server has done, as Prometheus reads it.

use std::sync::Arc;

use wippy_dispatcher::Histogram;

use super::access_log::AccessLog;
use super::meters::{Meters, ServerCounts};
use super::refusal::Refusal;
use crate::prometheus::{Labels, Text};

const CLASSES: [&str; 6] = ["1xx", "2xx", "3xx", "4xx", "5xx", "other"];

/// What the threads of a server have counted, as text.
pub(super) fn to_prometheus(threads: &[Arc<Meters>], log: Option<&AccessLog>) -> String {
    let (mut counts, mut durations) = (ServerCounts::default(), Histogram::default());
    let each: Vec<ServerCounts> = threads.iter().map(|meters| meters.counts()).collect();
    each.iter().for_each(|of_thread| counts.add(of_thread));
    threads
        .iter()
        .for_each(|meters| durations.add(&meters.durations()));

    let (mut text, none) = (Text::default(), Labels::default());
    let name = "wippy_http_connections";
    text.family(
        name,
        "gauge",
        "Connections that are open, by the thread that serves them.",
    );
    for (number, of_thread) in each.iter().enumerate() {
        text.sample(
            name,
            &none.clone().and("thread", &number.to_string()),
            of_thread.open,
        );
    }
    let name = "wippy_http_requests_in_flight";
    text.family(name, "gauge", "Requests that have begun and not ended.");
    text.sample(name, &none, counts.in_flight());
    let counters = [
        (
            "connections",
            "Connections that were accepted.",
            counts.accepted,
        ),
        (
            "handshakes_failed",
            "Connections that ended before they had agreed on TLS.",
            counts.handshakes_failed,
        ),
        (
            "requests",
            "Requests whose head was taken.",
            counts.requests,
        ),
        (
            "answered",
            "Requests whose response was written to its end.",
            counts.answered,
        ),
        (
            "cut",
            "Requests that ended before their response did.",
            counts.cut,
        ),
        (
            "timeouts",
            "Requests whose handler took too long.",
            counts.timeouts,
        ),
        ("panics", "Requests whose handler panicked.", counts.panics),
        (
            "received_bytes",
            "Bytes of HTTP that were read.",
            counts.received,
        ),
        (
            "sent_bytes",
            "Bytes of HTTP that were written.",
            counts.sent,
        ),
    ];
    for (what, help, count) in counters {
        let name = format!("wippy_http_{what}_total");
        text.family(&name, "counter", help);
        text.sample(&name, &none, count);
    }
    let name = "wippy_http_responses_total";
    text.family(name, "counter", "Responses, by the class of their status.");
    for (class, count) in CLASSES.iter().zip(counts.statuses) {
        text.sample(name, &none.clone().and("class", class), count);
    }
    let name = "wippy_http_refused_total";
    text.family(
        name,
        "counter",
        "Requests that were refused, by the reason.",
    );
    for (refusal, count) in Refusal::ALL.iter().zip(counts.refused_by_name) {
        text.sample(name, &none.clone().and("reason", refusal.name()), count);
    }
    let name = "wippy_http_request_duration_seconds";
    text.family(
        name,
        "histogram",
        "How long requests took from their head to the end of their response.",
    );
    text.histogram(name, &none, &durations);
    if let Some(log) = log {
        let lost = [("dropped", log.dropped()), ("failed", log.failed())];
        let name = "wippy_http_log_lines_lost_total";
        text.family(
            name,
            "counter",
            "Lines of the log that were not written, by the reason.",
        );
        for (reason, count) in lost {
            text.sample(name, &none.clone().and("reason", reason), count);
        }
    }
    text.finish()
}
