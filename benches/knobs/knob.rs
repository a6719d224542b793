//! The settings that are compared, each by itself.

// What rustix has no safe function for: memory that stays, and a scheduling policy.
#![allow(unsafe_code)]

use std::io;
use std::num::NonZeroU64;
use std::time::Duration;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity, set_current_timer_slack};
use wippy::ProgramOptions;
use wippy_dispatcher::{Builder, Dispatcher, TimerLead};

use crate::Fallible;

/// A setting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Knob {
    Default,
    LeadOff,
    LeadFixed,
    Spin,
    Window,
    Slack,
    Pinned,
    Locked,
    Fifo,
    ShortTick,
    LongTick,
    SmallBudget,
}

/// The lowest priority that is before all ordinary threads is 1.
const PRIORITY: i32 = 10;

impl Knob {
    /// All of them.
    pub const ALL: [Knob; 12] = [
        Knob::Default,
        Knob::LeadOff,
        Knob::LeadFixed,
        Knob::Spin,
        Knob::Window,
        Knob::Slack,
        Knob::Pinned,
        Knob::Locked,
        Knob::Fifo,
        Knob::ShortTick,
        Knob::LongTick,
        Knob::SmallBudget,
    ];

    /// Its name in the table.
    pub fn name(self) -> &'static str {
        match self {
            Knob::Default => "the defaults",
            Knob::LeadOff => "`timer_lead(Off)`",
            Knob::LeadFixed => "`timer_lead(Fixed(60 µs))`",
            Knob::Spin => "`spin(200 µs)`",
            Knob::Window => "`timer_window(1 ms)`",
            Knob::Slack => "the thread's timer slack 1 ns",
            Knob::Pinned => "the thread on one core",
            Knob::Locked => "`mlockall(MCL_CURRENT)`",
            Knob::Fifo => "`SCHED_FIFO`, priority 10",
            Knob::ShortTick => "`preemption_tick(200 µs)`",
            Knob::LongTick => "`preemption_tick(5 ms)`",
            Knob::SmallBudget => "`task_budget(8)`",
        }
    }

    /// A dispatcher with it.
    pub fn builder(self) -> Builder {
        let micros = Duration::from_micros;
        let builder = Dispatcher::builder();
        match self {
            Knob::LeadOff => builder.timer_lead(TimerLead::Off),
            Knob::LeadFixed => builder.timer_lead(TimerLead::Fixed(micros(60))),
            Knob::Spin => builder.spin(micros(200)),
            Knob::Window => builder.timer_window(micros(1000)),
            Knob::SmallBudget => builder.task_budget(8),
            _ => builder,
        }
    }

    /// A program with it.
    pub fn options(self) -> ProgramOptions {
        let options = ProgramOptions::new();
        match self {
            Knob::ShortTick => options.preemption_tick(Duration::from_micros(200)),
            Knob::LongTick => options.preemption_tick(Duration::from_millis(5)),
            _ => options,
        }
    }

    /// Sets what is the process's or the thread's, once everything is compiled and allocated.
    ///
    /// # Errors
    /// Where the system does not allow it.
    pub fn apply(self) -> Fallible<()> {
        match self {
            Knob::Slack => Ok(set_current_timer_slack(NonZeroU64::new(1))?),
            Knob::Pinned => {
                let given = sched_getaffinity(None)?;
                let last = (0..CpuSet::MAX_CPU).rev().find(|&core| given.is_set(core));
                let mut one = CpuSet::new();
                one.set(last.ok_or("no core")?);
                Ok(sched_setaffinity(None, &one)?)
            }
            Knob::Locked => {
                // SAFETY: it takes no pointer, and changes only whether pages may leave memory.
                let outcome = unsafe { libc::mlockall(libc::MCL_CURRENT) };
                done(outcome)
            }
            Knob::Fifo => {
                let parameters = libc::sched_param {
                    sched_priority: PRIORITY,
                };
                // SAFETY: the pointer is to a local value, and is read before the call returns.
                let outcome =
                    unsafe { libc::sched_setscheduler(0, libc::SCHED_FIFO, &raw const parameters) };
                done(outcome)
            }
            _ => Ok(()),
        }
    }
}

/// What a system call that answers 0 says.
fn done(outcome: i32) -> Fallible<()> {
    match outcome {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error().into()),
    }
}
