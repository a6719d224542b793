//! The picker seam: the tasks that can run, and which of them goes next.

mod overtaken;
mod priority_change;
mod put_off;
mod replay;
mod run_queue;
mod uniform;

pub(crate) use run_queue::{OrderOfTasks, RunQueue};
