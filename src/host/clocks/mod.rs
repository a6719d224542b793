//! `wasi:clocks`: the dispatcher's clocks.

use std::time::Duration;

use wasmtime::Result;
use wasmtime::component::Resource;
use wippy_dispatcher::Instant;

use super::call::Call;
use super::package::{PackageTable, interface};
use super::pollable::Pollable;

/// The generated interfaces.
#[allow(missing_docs)]
pub mod bindings;

pub use bindings::wasi::clocks as interfaces;

use interfaces::{monotonic_clock, wall_clock};

/// What the linker and the `imports` list know of the package.
pub(super) const PACKAGE: PackageTable = PackageTable::wasi(
    "wasi:clocks",
    &[
        interface!(Call, "wall-clock", interfaces::wall_clock),
        interface!(Call, "monotonic-clock", interfaces::monotonic_clock),
    ],
);

impl monotonic_clock::Host for Call {
    fn now(&mut self) -> Result<u64> {
        Ok(self.handle.now()?.as_nanos())
    }

    fn resolution(&mut self) -> Result<u64> {
        Ok(nanos(self.handle.resolution()?))
    }

    fn subscribe_instant(&mut self, when: u64) -> Result<Resource<Pollable>> {
        self.table
            .push(Pollable::Deadline(Instant::from_nanos(when)))
    }

    fn subscribe_duration(&mut self, duration: u64) -> Result<Resource<Pollable>> {
        let pollable = match duration {
            0 => Pollable::Ready,
            _ => Pollable::Deadline(self.handle.now()? + Duration::from_nanos(duration)),
        };
        self.table.push(pollable)
    }
}

impl wall_clock::Host for Call {
    fn now(&mut self) -> Result<wall_clock::Datetime> {
        let now = self.wall_time()?;
        Ok(wall_clock::Datetime {
            seconds: now.seconds,
            nanoseconds: now.nanoseconds,
        })
    }

    fn resolution(&mut self) -> Result<wall_clock::Datetime> {
        let resolution = self.handle.wall_resolution()?;
        Ok(wall_clock::Datetime {
            seconds: resolution.as_secs(),
            nanoseconds: resolution.subsec_nanos(),
        })
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
