//! Measurements in, a report out: one self-contained page with pictures, the same pictures as SVG files, a Markdown table,
//! every histogram as JSON and as `.hlog`.
//!
//! The types are plain data with serde. A benchmark fills a [`Report`] with [`Section`]s of [`Row`]s; a row has a
//! [`Cell`] for each [`Contender`], and a cell a [`Round`] for each time that it was measured, or the reason why it was not.
//! [`Report::write`] makes the files. Nothing here measures, starts threads or waits.
//!
//! ```
//! use wippy_report::{Cell, Contender, Machine, Report, Round, Row, Samples, Scale, Section};
//!
//! let mut samples = Samples::new(Scale::Nanoseconds);
//! for nanos in [52_000, 53_500, 61_000] {
//!     samples.record(nanos);
//! }
//! let round = Round { samples, operations: 3, processor: 90_000, wall: 3_200_000, early: 0 };
//! let mut row = Row::new("sleep-1ms", "sleep 1 ms", "late by");
//! row.cells.push(Cell::measured("epoll", vec![round]));
//! let mut report = Report::new("An example", Machine::look());
//! report.contenders.push(Contender::new("epoll", "epoll", "epoll and a timerfd"));
//! report.sections.push(Section::new("sleep", "Sleep").with_rows(vec![row]));
//! assert!(report.to_html().contains("sleep 1 ms"));
//! assert!(report.to_markdown().contains("53.5 µs"));
//! ```

mod activity;
mod bootstrap;
mod cell;
mod cell_text;
mod chart;
mod contender;
mod format;
mod goal;
mod hlog;
mod look;
mod machine;
mod markdown;
mod model;
pub mod noise;
pub mod origin;
mod page;
mod samples;
mod verdict;
mod write;

pub use activity::Activity;
pub use bootstrap::Estimate;
pub use cell::{Cell, Round};
pub use contender::Contender;
pub use format::duration;
pub use goal::Goal;
pub use machine::{IdleState, Machine, Warning};
pub use model::{Parameter, Report, Row, Section};
pub use samples::{ParseSamplesError, Samples, Scale};
pub use write::WriteError;
