//! The work of the rows, over any runtime.

mod churn;
mod echo;
mod ping_pong;
mod sleep;
mod sleepers;
mod spawn;
mod wake;
mod yields;

pub use self::churn::far_deadline;
pub use self::echo::BUFFER;
pub use self::sleepers::phase;

use wippy_report::Round;

use crate::error::Fallible;
use crate::row::Work;
use crate::runtime::Runtime;
use crate::trial::Trial;

/// Does a row's work on a runtime, from within.
///
/// # Errors
/// What the row shows instead of a figure.
pub async fn run<R: Runtime>(runtime: R, trial: Trial) -> Fallible<Round> {
    let budget = trial.budget;
    match trial.work {
        Work::Sleep { nanos } => sleep::run(runtime, nanos, budget).await,
        Work::Sleepers { count, period } => sleepers::run(runtime, count, period, budget).await,
        Work::Churn { count } => churn::run(runtime, count, budget).await,
        Work::Wake => wake::run(&trial).await,
        Work::PingPong => ping_pong::run(runtime, budget).await,
        Work::OwnPingPong => ping_pong::run_own(runtime, budget).await,
        Work::Spawn { at_once } => spawn::run(runtime, at_once, budget).await,
        Work::Yield { among } => yields::run(runtime, among, budget).await,
        Work::OwnYield { among } => yields::run_own(runtime, among, budget).await,
        Work::Echo(load) => echo::run(runtime, load, &trial).await,
        Work::Jitter | Work::Gaps => Err("the machine's own row".into()),
    }
}
