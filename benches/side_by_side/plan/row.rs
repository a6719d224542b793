//! A table of the report, its rows and their goals.

use serde_json::Value;

use crate::contender::Name;
use crate::protocol::{Answer, Request};
use crate::statistics::Summary;

/// A table of the report.
pub struct Section {
    /// Its head.
    pub title: &'static str,
    /// What a figure is.
    pub unit: &'static str,
    /// The contenders, in the order of the columns.
    pub columns: &'static [Name],
    /// The servers have a core of their own, and the contenders another: whether the kernel puts
    /// both on one decides more than what is measured.
    pub pinned: bool,
    /// Those of them that are not asked, because their guest would never end.
    pub never_ends: &'static [Name],
    /// What to know when reading it.
    pub note: &'static str,
    /// The measures.
    pub rows: Vec<Row>,
}

/// One measure, asked of each contender.
pub struct Row {
    /// What it is.
    pub label: String,
    /// The component's name; none for loops without a guest.
    pub guest: Option<&'static str>,
    /// The function.
    pub function: &'static str,
    /// Its arguments.
    pub args: Vec<Value>,
    /// In how many fresh instances, in a round.
    pub calls: u32,
    /// Guest, function and arguments of what another guest does meanwhile.
    pub beside: Option<(&'static str, &'static str, Vec<Value>)>,
    /// How the answer is read.
    pub figure: Figure,
    /// What was promised.
    pub goals: Vec<Goal>,
}

/// Where an answer's figure stands.
#[derive(Clone, Copy)]
pub enum Figure {
    /// The value is a list of nanoseconds.
    Samples,
    /// The value is the nanoseconds of so many operations.
    Total(u32),
    /// The wall time of each call.
    Calls,
    /// The processor time of so many operations.
    Cpu(u32),
}

/// A promise about medians of p50.
#[derive(Clone, Copy)]
pub enum Goal {
    /// `of` is at most `most` times `than`.
    AtMost { of: Name, than: Name, most: f64 },
    /// `of` is at most `most` times the `parts` together.
    Within {
        of: Name,
        parts: [Name; 2],
        most: f64,
    },
    /// `of` is at least `least` times as fast as `than`.
    Faster { of: Name, than: Name, least: f64 },
    /// `of` stays below so many nanoseconds.
    Below { of: Name, nanos: f64 },
}

impl Figure {
    /// Reads an answer.
    pub fn read(self, answer: &Answer) -> Option<Summary> {
        match self {
            Figure::Samples => {
                let samples: Option<Vec<u64>> =
                    answer.value.as_array()?.iter().map(Value::as_u64).collect();
                Summary::of_samples(&samples?)
            }
            Figure::Total(count) => {
                Some(Summary::of_total(answer.value.as_u64()?, u64::from(count)))
            }
            Figure::Calls => Summary::of_samples(&answer.call_ns),
            Figure::Cpu(count) => Some(Summary::of_total(answer.cpu_ns, u64::from(count))),
        }
    }
}

impl Row {
    /// A function of this guest, once a round and alone.
    pub(super) fn of(
        guest: &'static str,
        label: &str,
        function: &'static str,
        args: Vec<Value>,
        figure: Figure,
        goals: &[Goal],
    ) -> Row {
        Row {
            label: label.to_owned(),
            guest: Some(guest),
            function,
            args,
            calls: 1,
            beside: None,
            figure,
            goals: goals.to_vec(),
        }
    }

    /// What is asked for it.
    pub fn request(&self, guests: &str) -> Request {
        let beside = self.beside.as_ref().map(|(guest, function, args)| {
            Box::new(Request {
                guest: format!("{guests}/{guest}.wasm"),
                function: (*function).to_owned(),
                args: args.clone(),
                beside: None,
                calls: 1,
            })
        });
        Request {
            beside,
            guest: self
                .guest
                .map(|guest| format!("{guests}/{guest}.wasm"))
                .unwrap_or_default(),
            function: self.function.to_owned(),
            args: self.args.clone(),
            calls: self.calls,
        }
    }
}

pub(super) const ALL: &[Name] = &[
    Name::Wippy,
    Name::Peer,
    Name::PeerPooling,
    Name::Dispatcher,
    Name::Native,
    Name::Polling,
];
pub(super) const GUESTS: &[Name] = &[Name::Wippy, Name::Peer, Name::PeerPooling];
pub(super) const CROSSED: &[Name] = &[Name::Wippy, Name::Peer, Name::PeerPooling, Name::Crossing];
pub(super) const NETWORK: &[Name] = &[Name::Wippy, Name::WippySpinning, Name::Peer, Name::Native];
pub(super) const LOOPS: &[Name] = &[Name::Dispatcher, Name::Native, Name::Polling];
