//! Guests in a simulation: entries of a program on hosts, native tasks as their peers, faults, and what
//! became of all that.
//!
//! * `builder` and `call` are what a simulation is put together from, `settings` that without its seed;
//! * `server` is an entry that a host serves over HTTP;
//! * `world` is one run of it, `life` what a host starts each time that it boots, `shrink` makes a failing one smaller;
//! * `scenario/` reads simulations that are written down as YAML;
//! * `journal` takes note of what the calls do, `outcome` is what is known at the end.

mod builder;
mod call;
mod error;
mod journal;
mod life;
mod outcome;
mod picker;
mod scenario;
mod server;
mod settings;
mod shrink;
mod simulated;
mod world;

pub use builder::SimulationBuilder;
pub use call::Call;
pub use error::SimulationError;
pub use outcome::{Attempt, AttemptEnd, CallOutcome, End, GuestWait, Outcome};
pub(crate) use picker::{parse_picker, picker_name};
pub use scenario::{Scenario, scenario_schema};
pub use server::Server;
pub use simulated::Simulation;
pub use world::World;
