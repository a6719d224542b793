//! Pictures of a run: hosts, tasks, messages, faults and output over virtual time, as a page for a browser or as a
//! trace for viewers of traces.
//!
//! A picture needs more than the decision log has: names, which task runs where, what each waits for. So it is
//! made while a run goes on ([`Simulation::picture`](crate::Simulation::picture)); a run that is over is run again, by its seed or
//! by its log. [`Picture::of_log`] does with what a log has.
//!
//! ```
//! use std::time::Duration;
//! use wippy_dispatcher::{Dispatcher, Simulation};
//!
//! let simulation = Simulation::new(7).picture(100_000);
//! let dispatcher = Dispatcher::builder().simulation(simulation).build()?;
//! let handle = dispatcher.handle();
//! let nap = handle.clone().spawn_named("nap", async move {
//!     handle.sleep(Duration::from_millis(20)).await
//! })?;
//! dispatcher.block_on(nap)?.expect("not cancelled")?;
//!
//! let picture = dispatcher.picture().expect("one is made");
//! let task = &picture.tasks[0];
//! assert_eq!(task.name.as_deref(), Some("nap"));
//! assert_eq!(task.waits[0].text, "a timer, until 20ms");
//! assert!(picture.html().starts_with("<!DOCTYPE html>"));
//! assert!(picture.perfetto().starts_with("{"));
//! # Ok::<(), wippy_dispatcher::Error>(())
//! ```
//!
//! * `model` is what a picture has, `sketch` and `noted` how it is put together from the records of a run, `of_log`
//!   from those of a log;
//! * `waiting` notes what tasks wait for when time is about to move, `reason` says it in words;
//! * `perfetto` and `page` are the two forms, over `json`; what the page does in a browser is in `page/`.

mod access;
mod blocked;
mod data;
mod json;
mod model;
mod noted;
mod of_log;
mod page;
mod perfetto;
mod reason;
pub(crate) mod sketch;
mod waiting;
mod words;

pub use model::{
    Fault, Host, HostSpan, HostState, Mark, Message, Output, Picture, Run, Task, TaskEnd, Wait,
};
