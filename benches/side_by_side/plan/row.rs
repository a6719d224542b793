//! A section of the report, its rows and their goals.

use std::path::Path;

use serde_json::Value;
use wippy_report::{Cell, Round, Samples, Scale};

use crate::contender::Name;
use crate::files::guest_path;
use crate::protocol::{Answer, Request, Way};

/// A section of the report.
#[derive(Default)]
pub struct Section {
    /// A name for files.
    pub id: &'static str,
    /// Its head.
    pub title: &'static str,
    /// What a figure is.
    pub figure: &'static str,
    /// The contenders, in the order of the columns.
    pub columns: &'static [Name],
    /// The servers have a core of their own, and the contenders another: whether the kernel puts
    /// both on one decides more than what is measured.
    pub pinned: bool,
    /// The contenders have room for as many instances at once as the largest crowd has guests.
    pub many: bool,
    /// A row takes so long, and begins with so much that does not count, that a process is warmed up with its first one alone,
    /// and that it is measured in fewer rounds.
    pub long: bool,
    /// The processor time of an operation is of interest.
    pub processor: bool,
    /// Those of them that are not asked, because their guest would never end.
    pub never_ends: &'static [Name],
    /// What to know when reading it.
    pub note: &'static str,
    /// By what number the rows differ, where a picture is to show the cost against it.
    pub parameter: Option<&'static str>,
    /// The measures.
    pub rows: Vec<Row>,
}

/// One measure, asked of each contender.
#[derive(Default)]
pub struct Row {
    /// What it is.
    pub label: String,
    /// The component's name; none for loops without a guest.
    pub guest: Option<&'static str>,
    /// The function.
    pub function: &'static str,
    /// Its arguments.
    pub args: Vec<Value>,
    /// How many calls a round has.
    pub calls: u32,
    /// In what way.
    pub way: Way,
    /// Guest, function and arguments of what another guest does meanwhile.
    pub beside: Option<(&'static str, &'static str, Vec<Value>)>,
    /// How the answer is read.
    pub figure: Figure,
    /// Who of the section's contenders is not asked, because there is nothing of it to measure.
    pub without: &'static [Name],
    /// The value of the section's parameter.
    pub parameter: Option<f64>,
    /// What was promised.
    pub goals: Vec<Goal>,
}

/// Where an answer's figure stands.
#[derive(Clone, Copy, Default)]
pub enum Figure {
    /// The value is a list of nanoseconds.
    #[default]
    Samples,
    /// The value is the nanoseconds of so many operations.
    Total(u32),
    /// The wall time of each call.
    Calls,
}

/// A promise about medians over rounds: of p50, where it does not say processor time.
#[derive(Clone, Copy)]
pub enum Goal {
    /// `of` is at most `most` times `than`.
    AtMost { of: Name, than: Name, most: f64 },
    /// The same where `if_of` is at most `if_most` times `than`; there is no such promise else.
    AtMostIf {
        of: Name,
        than: Name,
        most: f64,
        if_of: Name,
        if_most: f64,
    },
    /// `of` is at most `most` times the `parts` together.
    Within {
        of: Name,
        parts: [Name; 2],
        most: f64,
    },
    /// `of` is at least `least` times as fast as `than`.
    Faster { of: Name, than: Name, least: f64 },
    /// `of` takes at most so many nanoseconds.
    Below { of: Name, nanos: f64 },
    /// `of` is at most `most` times what `than` is in the section's first row.
    OfFirst { of: Name, most: f64 },
    /// The processor time of `of` is at most `most` times that of `than`.
    Processor { of: Name, than: Name, most: f64 },
    /// The processor time of `of` is at most so many nanoseconds.
    ProcessorBelow { of: Name, nanos: f64 },
}

impl Figure {
    /// Whether an answer has single samples, of which there is a distribution.
    pub fn is_distribution(self) -> bool {
        !matches!(self, Figure::Total(_))
    }

    /// Reads an answer.
    pub fn read(self, answer: &Answer) -> Option<Round> {
        let mut wall: u64 = answer.call_ns.iter().sum();
        let (samples, operations) = match self {
            Figure::Samples => {
                let times: Option<Vec<u64>> =
                    answer.value.as_array()?.iter().map(Value::as_u64).collect();
                single(&times?)?
            }
            Figure::Calls => single(&answer.call_ns)?,
            Figure::Total(count) => {
                let total = answer.value.as_u64()?;
                wall = wall.max(total);
                let mut samples = Samples::new(Scale::Picoseconds);
                samples.record(total.saturating_mul(1000) / u64::from(count.max(1)));
                (samples, u64::from(count))
            }
        };
        // Where the processor time is of other operations than the samples, it is made theirs.
        let processor = match answer.cpu_of {
            Some(of) if of > 0.0 => (answer.cpu_ns as f64 / of * operations as f64) as u64,
            _ => answer.cpu_ns,
        };
        Some(Round {
            samples,
            operations,
            processor,
            wall,
            early: 0,
        })
    }
}

fn single(times: &[u64]) -> Option<(Samples, u64)> {
    let mut samples = Samples::new(Scale::Nanoseconds);
    for &time in times {
        samples.record(time);
    }
    (!samples.is_empty()).then(|| {
        let count = samples.len();
        (samples, count)
    })
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
            figure,
            goals: goals.to_vec(),
            ..Row::default()
        }
    }

    /// The same with the section's parameter.
    pub(super) fn with(self, parameter: f64) -> Row {
        Row {
            parameter: Some(parameter),
            ..self
        }
    }

    /// The same so often, in this way.
    pub(super) fn calls(self, calls: u32, way: Way) -> Row {
        Row { calls, way, ..self }
    }

    /// The same without these.
    pub(super) fn without(self, without: &'static [Name]) -> Row {
        Row { without, ..self }
    }

    /// The same beside another guest.
    pub(super) fn beside(
        self,
        guest: &'static str,
        function: &'static str,
        args: Vec<Value>,
    ) -> Row {
        let beside = Some((guest, function, args));
        Row { beside, ..self }
    }

    /// What is asked for it.
    pub fn request(&self, files: &Path) -> Request {
        let path = |guest: &str| guest_path(guest, files).to_string_lossy().into_owned();
        let beside = self.beside.as_ref().map(|(guest, function, args)| {
            Box::new(Request {
                guest: path(guest),
                function: (*function).to_owned(),
                args: args.clone(),
                beside: None,
                calls: 1,
                way: Way::Fresh,
            })
        });
        Request {
            beside,
            guest: self.guest.map(path).unwrap_or_default(),
            function: self.function.to_owned(),
            args: self.args.clone(),
            calls: self.calls,
            way: self.way,
        }
    }

    /// A name for files, within its section's.
    pub fn id(&self, section: &Section) -> String {
        let mut id = format!("{}-", section.id);
        for letter in self.label.chars() {
            match letter {
                'µ' => id.push('u'),
                letter if letter.is_ascii_alphanumeric() => id.push(letter.to_ascii_lowercase()),
                _ if !id.ends_with('-') => id.push('-'),
                _ => {}
            }
        }
        id.trim_end_matches('-').to_owned()
    }
}

impl Goal {
    /// In words with the figures, and whether it is met; nothing where a contender has none. `first` are the cells of the section's
    /// first row.
    pub fn judge(self, cells: &[Cell], first: &[Cell]) -> Option<wippy_report::Goal> {
        let (text, is_met) = self.outcome(cells, first)?;
        Some(wippy_report::Goal { text, is_met })
    }

    fn outcome(self, cells: &[Cell], first: &[Cell]) -> Option<(String, bool)> {
        let p50 = |name| median(cells, name);
        let processor = |name| Some(cell(cells, name)?.processor()?.value).filter(|&it| it > 0.0);
        let duration = wippy_report::duration;
        Some(match self {
            Goal::AtMost { of, than, most } => {
                let ratio = p50(of)? / p50(than)?;
                (at_most(of, ratio, than.label(), most), ratio <= most)
            }
            Goal::AtMostIf {
                of,
                than,
                most,
                if_of,
                if_most,
            } => {
                if p50(if_of)? / p50(than)? > if_most {
                    return None;
                }
                let ratio = p50(of)? / p50(than)?;
                (at_most(of, ratio, than.label(), most), ratio <= most)
            }
            Goal::Within { of, parts, most } => {
                let [one, other] = parts;
                let ratio = p50(of)? / (p50(one)? + p50(other)?);
                let parts = format!("{} and {} together", one.label(), other.label());
                (at_most(of, ratio, &parts, most), ratio <= most)
            }
            Goal::Faster { of, than, least } => {
                let ratio = p50(than)? / p50(of)?;
                let text = format!(
                    "{} is {ratio:.2} times as fast as {}; goal: at least {least}",
                    of.label(),
                    than.label()
                );
                (text, ratio >= least)
            }
            Goal::Below { of, nanos } => {
                let figure = p50(of)?;
                let (is, most) = (duration(figure), duration(nanos));
                (
                    format!("{} takes {is}; goal: at most {most}", of.label()),
                    figure <= nanos,
                )
            }
            Goal::OfFirst { of, most } => {
                let ratio = p50(of)? / median(first, of)?;
                (
                    at_most(of, ratio, "what it is in the first row", most),
                    ratio <= most,
                )
            }
            Goal::Processor { of, than, most } => {
                let ratio = processor(of)? / processor(than)?;
                let text = format!(
                    "{} takes {ratio:.2} of the processor time of {}; goal: at most {most}",
                    of.label(),
                    than.label()
                );
                (text, ratio <= most)
            }
            Goal::ProcessorBelow { of, nanos } => {
                let figure = processor(of)?;
                let (is, most) = (duration(figure), duration(nanos));
                let text = format!(
                    "{} takes {is} of processor time; goal: at most {most}",
                    of.label()
                );
                (text, figure <= nanos)
            }
        })
    }
}

fn at_most(of: Name, ratio: f64, than: &str, most: f64) -> String {
    let of = of.label();
    match ratio < 0.1 {
        true => format!("{of} is {ratio:.3} of {than}; goal: at most {most:.3}"),
        false => format!("{of} is {ratio:.2} of {than}; goal: at most {most}"),
    }
}

fn cell(cells: &[Cell], name: Name) -> Option<&Cell> {
    cells.iter().find(|cell| cell.contender == name.id())
}

fn median(cells: &[Cell], name: Name) -> Option<f64> {
    Some(cell(cells, name)?.quantile(0.5)?.value)
}

pub(super) const GUESTS: &[Name] = &[
    Name::Wippy,
    Name::Peer,
    Name::PeerPooling,
    Name::PeerThreads,
];
pub(super) const CROSSED: &[Name] = &[Name::Wippy, Name::Peer, Name::PeerPooling, Name::Crossing];
pub(super) const NETWORK: &[Name] = &[Name::Wippy, Name::WippySpinning, Name::Peer, Name::Native];
pub(super) const LOOPS: &[Name] = &[Name::Dispatcher, Name::Native, Name::Polling];
