//! A scenario's faults: those of its timetable, and those that each seed draws.

use std::time::Duration;

use wippy_dispatcher::sim::{Crash, Fault, FaultMix, NameAnswer};

use super::hosts::addresses;
use super::network::{link, pair, probability};
use crate::registry::{
    Context, Fields, Node, Place, Shape, Spanned, parse_duration, read_duration,
};

/// A fault of the timetable, and the hosts that it names with their places.
#[derive(Clone, Debug)]
pub(super) struct ScenarioFault {
    pub(super) at: Duration,
    pub(super) fault: Fault,
    pub(super) hosts: Vec<Spanned<String>>,
}

/// What one item of the timetable says, of all that it may say.
type Found = Option<(Fault, Vec<Spanned<String>>)>;

/// Reads the timetable.
pub(super) fn faults(fields: &mut Fields<'_>, cx: &mut Context<'_>) -> Vec<ScenarioFault> {
    let mut faults = Vec::new();
    for mut fields in fields.sections("faults", cx) {
        let at = read_duration(&mut fields, "at", cx);
        let place = fields.place.clone();
        let errors = cx.found.len();
        let mut found = Vec::new();
        for (name, read) in KINDS {
            let is_there = fields.has(name);
            if let Some(fault) = read(&mut fields, name, cx).filter(|_| is_there) {
                found.push(fault);
            }
        }
        fields.finish(cx);
        if cx.describes() || cx.found.len() > errors {
            continue;
        }
        let Some(at) = at else {
            cx.error(&place, "faults", "at is required: when it happens");
            continue;
        };
        match found.len() {
            1 => faults.extend(found.into_iter().map(|(fault, hosts)| ScenarioFault {
                at,
                fault,
                hosts,
            })),
            0 => {
                let names = KINDS.map(|(name, _)| name).join(", ");
                cx.error(&place, "faults", format!("expected one of {names}"));
            }
            _ => cx.error(
                &place,
                "faults",
                "expected one fault; each has an item of its own",
            ),
        }
    }
    faults
}

/// How far clocks may drift, in parts per million: half of the time.
const MAX_DRIFT: u32 = 500_000;

/// How each kind of fault is read, by its field.
const KINDS: [(&str, Reader); 11] = [
    ("partition", |fields, name, cx| {
        groups(fields, name, cx, Fault::Partition)
    }),
    ("partition_one_way", |fields, name, cx| {
        groups(fields, name, cx, Fault::PartitionOneWay)
    }),
    ("heal", |fields, name, cx| {
        groups(fields, name, cx, Fault::Heal)
    }),
    ("crash", |fields, name, cx| {
        let host = fields.string(name, cx);
        let peers = fields.string("peers", cx);
        cx.describe_choices(&["reset", "silent"]);
        let crash = match peers.as_ref().map(|peers| peers.value.as_str()) {
            None => Crash::Drawn,
            Some("reset") => Crash::Reset,
            Some("silent") => Crash::Silent,
            Some(_) => {
                let place = &peers.as_ref()?.place;
                cx.error(place, &fields.path_of("peers"), "expected reset or silent");
                return None;
            }
        };
        named(host?, |host| Fault::Crash(host, crash))
    }),
    ("restart", |fields, name, cx| {
        named(fields.string(name, cx)?, Fault::Restart)
    }),
    ("pause", |fields, name, cx| {
        named(fields.string(name, cx)?, Fault::Pause)
    }),
    ("resume", |fields, name, cx| {
        named(fields.string(name, cx)?, Fault::Resume)
    }),
    ("clock_drift", |fields, name, cx| {
        let mut fields = fields.section(name, cx)?;
        let host = fields.required("host", "host is required", cx);
        let ppm = fields.signed("ppm", cx);
        let path = fields.path_of("ppm");
        fields.finish(cx);
        let ppm = ppm?;
        let in_range = i32::try_from(ppm.value).ok();
        let Some(drift) = in_range.filter(|drift| drift.unsigned_abs() <= MAX_DRIFT) else {
            let message = format!("expected parts per million from -{MAX_DRIFT} to {MAX_DRIFT}");
            cx.error(&ppm.place, &path, message);
            return None;
        };
        named(host?, |host| Fault::ClockDrift(host, drift))
    }),
    ("wall_clock", |fields, name, cx| {
        let mut fields = fields.section(name, cx)?;
        let host = fields.required("host", "host is required", cx);
        let by = fields.required("by", "by is required, such as 1h or -30s", cx);
        let path = fields.path_of("by");
        fields.finish(cx);
        let by = by?;
        let Some(step) = signed_nanos(&by.value) else {
            cx.error(&by.place, &path, "expected a duration, such as 1h or -30s");
            return None;
        };
        named(host?, |host| Fault::WallClockStep(host, step))
    }),
    ("link", |fields, name, cx| {
        let mut fields = fields.section(name, cx)?;
        let between = pair(&mut fields, "between", cx);
        let link = link(&mut fields, cx);
        fields.finish(cx);
        let [one, other] = between?;
        let fault = Fault::Link(one.value.clone(), other.value.clone(), link);
        Some((fault, vec![one, other]))
    }),
    ("lookup", |fields, name, cx| {
        let mut fields = fields.section(name, cx)?;
        lookup(&mut fields, cx)
    }),
];

type Reader = fn(&mut Fields<'_>, &'static str, &mut Context<'_>) -> Found;

fn named(host: Spanned<String>, fault: impl FnOnce(String) -> Fault) -> Found {
    Some((fault(host.value.clone()), vec![host]))
}

/// Two lists of hosts.
fn groups(
    fields: &mut Fields<'_>,
    name: &'static str,
    cx: &mut Context<'_>,
    fault: fn(Vec<String>, Vec<String>) -> Fault,
) -> Found {
    let node = fields.node(name, Shape::List, cx)?;
    let path = fields.path_of(name);
    let lists = node.as_sequence().and_then(|items| match items {
        [one, other] => Some((strings(one)?, strings(other)?)),
        _ => None,
    });
    let Some((one, other)) = lists else {
        cx.expected(node, &path, "two lists of hosts, such as [[a, b], [c]]");
        return None;
    };
    let names = |hosts: &[Spanned<String>]| hosts.iter().map(|it| it.value.clone()).collect();
    let fault = fault(names(&one), names(&other));
    Some((fault, one.into_iter().chain(other).collect()))
}

fn strings(node: &Node) -> Option<Vec<Spanned<String>>> {
    let string = |node: &Node| {
        Some(Spanned {
            value: node.as_str()?.to_owned(),
            place: node.place.clone(),
        })
    };
    node.as_sequence()?.iter().map(string).collect()
}

/// What a lookup answers from now on.
fn lookup(fields: &mut Fields<'_>, cx: &mut Context<'_>) -> Found {
    let name = fields.required("name", "name is required: the name that is looked up", cx);
    let host = fields.string("host", cx);
    let answers = addresses(fields, "addresses", cx);
    let failure = fields.string("failure", cx);
    cx.describe_choices(&["not_found", "temporary", "permanent", "none"]);
    let answer = match failure.as_ref().map(|failure| failure.value.as_str()) {
        None if answers.is_empty() => Err(fields.place.clone()),
        None => Ok(NameAnswer::Addresses(answers)),
        Some("not_found") => Ok(NameAnswer::NotFound),
        Some("temporary") => Ok(NameAnswer::Temporary),
        Some("permanent") => Ok(NameAnswer::Permanent),
        Some("none") => Ok(NameAnswer::Original),
        Some(_) => Err(failure.map_or_else(|| fields.place.clone(), |it| it.place)),
    };
    let (place, path): (Place, String) = match answer {
        Ok(answer) => {
            let hosts = host.iter().cloned().collect();
            let host = host.map(|host| host.value);
            return Some((Fault::Name(host, name?.value, answer), hosts));
        }
        Err(place) => (place, fields.path_of("failure")),
    };
    let message = "expected addresses, or not_found, temporary, permanent, or none, which ends an earlier one";
    if !cx.describes() {
        cx.error(&place, &path, message);
    }
    None
}

/// A duration that may be negative, in nanoseconds.
fn signed_nanos(text: &str) -> Option<i64> {
    let (text, sign) = match text.strip_prefix('-') {
        Some(text) => (text, -1),
        None => (text, 1),
    };
    let nanos = i64::try_from(parse_duration(text)?.as_nanos()).ok()?;
    Some(sign * nanos)
}

/// Sets one of a swarm's bounds.
type Set<T> = fn(FaultMix, T) -> FaultMix;

/// Reads the bounds within which each seed draws faults.
pub(super) fn swarm(fields: &mut Fields<'_>, cx: &mut Context<'_>) -> Option<FaultMix> {
    let mut fields = fields.section("swarm", cx)?;
    let place = fields.place.clone();
    let within = read_duration(&mut fields, "within", cx);
    if within.is_none() && !cx.describes() && !fields.has("within") {
        let message = "within is required: until when faults begin and end, such as 60s";
        cx.error(&place, &fields.path_of("within"), message);
    }
    let mut mix = FaultMix::new(within.unwrap_or_default());
    let times: [(&str, Set<Duration>); 3] = [
        ("latency", FaultMix::latency),
        ("jitter", FaultMix::jitter),
        ("file_delay", FaultMix::file_delay),
    ];
    for (name, set) in times {
        if let Some(most) = read_duration(&mut fields, name, cx) {
            mix = set(mix, most);
        }
    }
    let probabilities: [(&str, Set<f64>); 6] = [
        ("loss", FaultMix::loss),
        ("duplication", FaultMix::duplication),
        ("reordering", FaultMix::reordering),
        ("short_io", FaultMix::short_io),
        ("spurious_readiness", FaultMix::spurious_readiness),
        ("file_errors", FaultMix::file_errors),
    ];
    for (name, set) in probabilities {
        if let Some(most) = probability(&mut fields, name, cx) {
            mix = set(mix, most);
        }
    }
    let counts: [(&str, u32, Set<u32>); 5] = [
        ("partitions", FaultMix::MAX_COUNT, FaultMix::partitions),
        ("crashes", FaultMix::MAX_COUNT, FaultMix::crashes),
        ("pauses", FaultMix::MAX_COUNT, FaultMix::pauses),
        ("clock_drift", MAX_DRIFT, FaultMix::clock_drift),
        (
            "wall_clock_steps",
            FaultMix::MAX_COUNT,
            FaultMix::wall_clock_steps,
        ),
    ];
    for (name, bound, set) in counts {
        let Some(most) = fields.integer(name, cx) else {
            continue;
        };
        match u32::try_from(most.value).ok().filter(|it| *it <= bound) {
            Some(most) => mix = set(mix, most),
            None => {
                let path = fields.path_of(name);
                let message = format!("expected a number from 0 to {bound}");
                cx.error(&most.place, &path, message);
            }
        }
    }
    fields.finish(cx);
    Some(mix)
}
