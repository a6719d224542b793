//! What a server has done, as Prometheus reads it.

use std::sync::Arc;

use wippy_dispatcher::Histogram;

use super::access_log::AccessLog;
use super::meters::{Meters, ServerCounts};
use super::refusal::Refusal;
use crate::prometheus::{Labels, Text};

const CLASSES: [&str; 6] = ["1xx", "2xx", "3xx", "4xx", "5xx", "other"];

/// What the parts of a server, or several servers, have counted, as text. Connections are shown of each, with its value
/// of the label.
pub(crate) fn to_prometheus(
    label: &str,
    parts: &[(String, Arc<Meters>)],
    log: Option<&AccessLog>,
) -> String {
    let (mut counts, mut durations) = (ServerCounts::default(), Histogram::default());
    let mut open = Vec::new();
    for (value, meters) in parts {
        let of_part = meters.counts();
        counts.add(&of_part);
        durations.add(&meters.durations());
        open.push((value, of_part.open));
    }

    let (mut text, none) = (Text::default(), Labels::default());
    let name = "wippy_http_connections";
    text.family(
        name,
        "gauge",
        "Connections that are open, by what serves them.",
    );
    for (value, connections) in open {
        text.sample(name, &none.clone().and(label, value), connections);
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
