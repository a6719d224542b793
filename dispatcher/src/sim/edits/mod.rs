//! Edits of a run: which of its faults do not happen, which happen besides, in what order its tasks run, and
//! where it is cut.
//!
//! A run is its settings, its seed and its edits. Each fault that a seed may draw has a place in the run by
//! which it is named ([`FaultId`]): a packet by the link's direction and its number there, a read or write by its
//! host and its number there, a fault of the timetable by its place in the timetable. An edit at such a place
//! overrules what is drawn. What is drawn is drawn all the same, from the same stream, so that an edit of one
//! place shifts the draws of no other.
//!
//! [`Edits::only_listed`] turns all drawn faults off but those that are listed, each with its amount: how much a
//! packet is late, how short a read is. A run whose faults are all listed is the same run, and what is left of it after
//! some were taken out of the list does not depend on what the seed draws.
//!
//! The order of tasks is edited in the same way: with [`Edits::order`] tasks run first in, first out, but for
//! those runs that are put off ([`Switch`]). A task's run is named by the task's number and by how often the task has run
//! before. Any order is such a list: each run that another one overtakes is put off until the last of those
//! that overtake it.
//!
//! * `fault_id`, `switch` and `cut` are what edits name, `run_edits` is all of them, `text` how they are written;
//! * `injected` applies them while a run goes on, `timetable` to the faults of the timetable;
//! * `notes` is which faults and switches a run had.

mod cut;
mod fault_id;
mod fault_text;
mod injected;
mod invalid_edit;
mod notes;
mod run_edits;
mod settings;
mod switch;
mod text;
mod timetable;

pub(crate) use injected::{Counted, Injected};
pub(crate) use notes::MAX_NOTED;
pub(crate) use timetable::Timetable;

pub use cut::Cut;
pub use fault_id::FaultId;
pub use fault_text::InvalidFault;
pub use invalid_edit::InvalidEdit;
pub use notes::{FoundFault, FoundSwitch, RunNotes};
pub use run_edits::Edits;
pub use switch::Switch;
