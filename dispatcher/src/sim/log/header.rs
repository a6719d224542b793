//! What stands at the beginning of a log.

use super::varint::{Bytes, put};
use super::{LogError, MAX_EDITS, MAX_HEADER, MAX_LABEL};
use crate::sim::edits::Edits;
use crate::sim::picker::{Picker, PickerSettings};

/// The most bytes of a version or a target.
const MAX_NAME: usize = 128;

/// By which program a log was recorded, and of which simulation.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct LogHeader {
    /// The version of the log's format.
    pub format: u32,
    /// The version of this package.
    pub crate_version: String,
    /// The machine, such as `x86_64-unknown-linux-gnu`. Runs are the same on all of them.
    pub target: String,
    /// The simulation's seed.
    pub seed: u64,
    /// How the next task was chosen.
    pub picker: Picker,
    /// Among how many picks priorities changed, where that was set
    /// ([`Simulation::priority_change_steps`](crate::Simulation::priority_change_steps)).
    pub priority_change_steps: Option<u64>,
    /// A hash of the other settings: hosts, links, faults, delays and bounds.
    pub settings: u64,
    /// The edits of the run ([`Simulation::edits`](crate::Simulation::edits)).
    pub edits: Edits,
    /// What [`Simulation::label`](crate::Simulation::label) has set.
    pub label: Vec<u8>,
}

impl LogHeader {
    /// All but the format's version.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for text in [&self.crate_version, &self.target] {
            put(&mut out, text.len() as u64);
            out.extend(text.as_bytes());
        }
        out.extend(self.seed.to_le_bytes());
        match self.picker {
            Picker::Uniform => out.push(0),
            Picker::RoundRobin => out.push(1),
            Picker::PriorityChange { depth } => {
                out.push(2);
                put(&mut out, depth.into());
            }
        }
        match self.priority_change_steps {
            None => out.push(0),
            Some(steps) => {
                out.push(1);
                put(&mut out, steps);
            }
        }
        out.extend(self.settings.to_le_bytes());
        let edits = self.edits.to_string();
        put(&mut out, edits.len() as u64);
        out.extend(edits.as_bytes());
        put(&mut out, self.label.len() as u64);
        out.extend(&self.label);
        debug_assert!(out.len() <= MAX_HEADER, "the bound covers all parts");
        out
    }

    pub(super) fn decode(format: u32, bytes: &mut Bytes<'_>) -> Result<LogHeader, &'static str> {
        Ok(LogHeader {
            format,
            crate_version: bytes.text(MAX_NAME)?,
            target: bytes.text(MAX_NAME)?,
            seed: bytes.fixed()?,
            picker: match bytes.byte()? {
                0 => Picker::Uniform,
                1 => Picker::RoundRobin,
                2 => Picker::PriorityChange {
                    depth: bytes.varint32()?,
                },
                _ => return Err("an unknown picker"),
            },
            priority_change_steps: match bytes.byte()? {
                0 => None,
                1 => Some(bytes.varint()?),
                _ => return Err("an unknown setting of the picker"),
            },
            settings: bytes.fixed()?,
            edits: edits(&bytes.text(MAX_EDITS)?)?,
            label: bytes.sized(MAX_LABEL)?.to_vec(),
        })
    }

    /// Whether a simulation can replay the log.
    ///
    /// # Errors
    /// `OtherSeed`, `OtherSettings`.
    pub(crate) fn check(&self, simulation: &LogHeader) -> Result<(), LogError> {
        if self.seed != simulation.seed {
            return Err(LogError::OtherSeed {
                log: self.seed,
                simulation: simulation.seed,
            });
        }
        if self.settings != simulation.settings {
            return Err(LogError::OtherSettings {
                log: self.settings,
                simulation: simulation.settings,
            });
        }
        Ok(())
    }

    /// In what two headers differ, a line each.
    pub(super) fn differences(&self, other: &LogHeader) -> Vec<String> {
        let steps = |header: &LogHeader| {
            let picker = PickerSettings {
                picker: header.picker,
                steps: header.priority_change_steps,
            };
            picker.to_string()
        };
        let hash = |header: &LogHeader| format!("{:016x}", header.settings);
        let edits_of = |header: &LogHeader| match header.edits.is_empty() {
            true => "none".to_owned(),
            false => one_line(&header.edits.to_string()),
        };
        let label = |header: &LogHeader| format!("\"{}\"", header.label.escape_ascii());
        let pairs = [
            (
                "versions",
                one_line(&self.crate_version),
                one_line(&other.crate_version),
            ),
            ("targets", one_line(&self.target), one_line(&other.target)),
            ("seeds", self.seed.to_string(), other.seed.to_string()),
            ("pickers", steps(self), steps(other)),
            ("hashes of the settings", hash(self), hash(other)),
            ("edits", edits_of(self), edits_of(other)),
            ("labels", label(self), label(other)),
        ];
        let differing = pairs.into_iter().filter(|(_, one, other)| one != other);
        let line = |(what, one, other)| format!("the {what} differ: {one} and {other}");
        differing.map(line).collect()
    }
}

fn edits(text: &str) -> Result<Edits, &'static str> {
    let edits = text.parse();
    edits.map_err(|_| "an edit of the run is none")
}

/// A text of a file, which anybody may have written, without what a terminal acts upon.
pub(super) fn one_line(text: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().map(plain).collect()
}
