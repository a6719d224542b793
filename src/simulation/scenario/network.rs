//! A scenario's links.

use std::time::Duration;

use wippy_dispatcher::sim::Link;

use crate::registry::{Context, Fields, Spanned, read_duration};

/// The link between two hosts.
#[derive(Clone, Debug)]
pub(super) struct ScenarioLink {
    pub(super) between: [Spanned<String>; 2],
    pub(super) link: Link,
}

/// Reads the links.
pub(super) fn links(fields: &mut Fields<'_>, cx: &mut Context<'_>) -> Vec<ScenarioLink> {
    let mut links = Vec::new();
    for mut fields in fields.sections("links", cx) {
        let between = pair(&mut fields, "between", cx);
        let link = link(&mut fields, cx);
        fields.finish(cx);
        if let Some(between) = between {
            links.push(ScenarioLink { between, link });
        }
    }
    links
}

/// The names of two hosts, which have to be there.
pub(super) fn pair(
    fields: &mut Fields<'_>,
    name: &'static str,
    cx: &mut Context<'_>,
) -> Option<[Spanned<String>; 2]> {
    let place = fields.place.clone();
    let path = fields.path_of(name);
    match fields.strings(name, cx)?.try_into() {
        Ok(pair) => Some(pair),
        Err(_) => {
            cx.error(&place, &path, "expected the names of two hosts");
            None
        }
    }
}

/// Reads what a link is like.
pub(super) fn link(fields: &mut Fields<'_>, cx: &mut Context<'_>) -> Link {
    let mut link = Link::new();
    let mut duration = |name, cx: &mut Context<'_>| read_duration(fields, name, cx);
    let (latency, jitter) = (duration("latency", cx), duration("jitter", cx));
    let reorder_delay = duration("reorder_delay", cx);
    let set = |link: Link, time: Option<Duration>, set: fn(Link, Duration) -> Link| match time {
        Some(time) => set(link, time),
        None => link,
    };
    link = set(link, latency, Link::latency);
    link = set(link, jitter, Link::jitter);
    link = set(link, reorder_delay, Link::reorder_delay);
    if let Some(bandwidth) = count(fields, "bandwidth", cx) {
        link = link.bandwidth(bandwidth);
    }
    if let Some(queue) = count(fields, "queue", cx) {
        link = link.queue(queue);
    }
    for (name, set) in [
        ("loss", Link::loss as fn(Link, f64) -> Link),
        ("duplication", Link::duplication),
        ("reordering", Link::reordering),
    ] {
        if let Some(probability) = probability(fields, name, cx) {
            link = set(link, probability);
        }
    }
    link
}

/// A number between 0 and 1.
pub(super) fn probability(
    fields: &mut Fields<'_>,
    name: &'static str,
    cx: &mut Context<'_>,
) -> Option<f64> {
    let number = fields.number(name, cx)?;
    if !(0.0..=1.0).contains(&number.value) {
        let path = fields.path_of(name);
        cx.error(&number.place, &path, "expected a probability from 0 to 1");
        return None;
    }
    Some(number.value)
}

/// An integer that is not negative.
pub(super) fn count(
    fields: &mut Fields<'_>,
    name: &'static str,
    cx: &mut Context<'_>,
) -> Option<u64> {
    let number = fields.integer(name, cx)?;
    let count = u64::try_from(number.value).ok();
    if count.is_none() {
        let path = fields.path_of(name);
        cx.error(&number.place, &path, "expected a number from 0 on");
    }
    count
}
