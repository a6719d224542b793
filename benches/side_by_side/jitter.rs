//! What the machine does to a thread without any event loop: the baseline of all that waits.

use std::time::Duration;

use rustix::thread::{ClockId, clock_nanosleep_absolute};
use wippy_report::{Cell, Contender, Round, Row, Samples, Scale, Section};

use crate::fallible::Fallible;
use crate::{clock, cpu};

/// From one deadline to the next, in nanoseconds.
const INTERVAL: u64 = 200_000;
const CONTENDER: &str = "machine";

/// The rounds so far.
#[derive(Default)]
pub struct Jitter(Vec<Round>);

impl Jitter {
    /// Another round: how late absolute sleeps end. Deadlines do not wait for earlier ones.
    ///
    /// # Errors
    /// The system's.
    pub fn measure(&mut self, time: Duration) -> Fallible<()> {
        let mut samples = Samples::new(Scale::Nanoseconds);
        let (begun, computed) = (clock::now(), cpu::now());
        let end = begun + u64::try_from(time.as_nanos())?;
        let mut deadline = begun + INTERVAL;
        while deadline < end || samples.is_empty() {
            clock_nanosleep_absolute(ClockId::Monotonic, &clock::timespec(deadline))?;
            samples.record(clock::now().saturating_sub(deadline));
            deadline += INTERVAL;
        }
        self.0.push(Round {
            operations: samples.len(),
            samples,
            processor: cpu::now() - computed,
            wall: clock::now() - begun,
            early: 0,
        });
        Ok(())
    }

    /// For the report.
    pub fn contender() -> Contender {
        let mut contender = Contender::new(
            CONTENDER,
            CONTENDER,
            "a thread that sleeps by system calls, between the others' turns",
        );
        contender.ranked = false;
        contender
    }

    /// The section, which stands first.
    pub fn into_section(self) -> Section {
        let mut row = Row::new("jitter", "clock_nanosleep every 200 µs", "late by");
        row.ranked = false;
        row.cells.push(Cell::measured(CONTENDER, self.0));
        let mut section = Section::new("machine", "The machine by itself").with_rows(vec![row]);
        section.about = "No contender: how late an absolute clock_nanosleep every 200 µs ends, as cyclictest measures it, at \
                         ordinary priority and with the thread's usual timer slack; measured again before each section. \
                         Contenders that arm their timers earlier, or whose timers have no slack, can be better."
            .to_owned();
        section.distributions = true;
        section
    }
}
