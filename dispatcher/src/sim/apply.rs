//! How faults take effect: on the network, on tasks, on clocks.

use crate::Error;
use crate::core::Core;
use crate::sim::driver::SimDriver;
use crate::sim::fault::{Crash, Fault};
use crate::sim::hash::hash_of;
use crate::sim::record::Record;

impl Core {
    /// A fault takes effect, and is recorded.
    ///
    /// # Errors
    /// a `HostError`, and nothing happened; those of a boot function.
    pub(crate) fn apply_fault(&self, simulated: &SimDriver, fault: &Fault) -> Result<(), Error> {
        simulated.check(fault)?;
        simulated.sketch(|sketch| sketch.fault(fault));
        simulated.record(Record::Fault {
            kind: fault.kind(),
            hash: hash_of(fault.to_string().as_bytes()),
        });
        let number = |name: &str| simulated.look(|network| network.hosts.number(name));
        match fault {
            Fault::Partition(one, other) => {
                block(simulated, one, other, true)?;
                block(simulated, other, one, true)
            }
            Fault::PartitionOneWay(from, to) => block(simulated, from, to, true),
            Fault::Heal(one, other) => {
                block(simulated, one, other, false)?;
                block(simulated, other, one, false)
            }
            Fault::Link(one, other, link) => {
                let (one, other) = (number(one)?, number(other)?);
                simulated.look(|network| network.links.set(one, other, *link));
                Ok(())
            }
            Fault::Crash(host, crash) => {
                self.crash_host(simulated, number(host)?, *crash);
                Ok(())
            }
            Fault::Restart(host) => self.restart_host(simulated, number(host)?),
            Fault::Pause(host) => {
                let host = number(host)?;
                if simulated.look(|network| network.pause(host)) {
                    self.executor.pause_host(host);
                }
                Ok(())
            }
            Fault::Resume(host) => {
                let host = number(host)?;
                if self.simulate(simulated, |network, cx| network.resume(cx, host)) {
                    self.executor.resume_host(host);
                }
                Ok(())
            }
            Fault::ClockDrift(host, parts_per_million) => {
                let parts_per_billion = i64::from(*parts_per_million) * 1_000;
                self.clock.set_drift(number(host)?, parts_per_billion);
                Ok(())
            }
            Fault::WallClockStep(host, step) => {
                self.clock.step_wall(number(host)?, i128::from(*step));
                Ok(())
            }
            Fault::Name(host, name, answer) => {
                let host = host.as_deref().map(number).transpose()?;
                let answer = answer.clone();
                simulated.look(|network| network.names.set(host, name, answer))
            }
        }
    }

    /// Connections and sockets go before tasks, so that what the tasks drop closes nothing in order.
    fn crash_host(&self, simulated: &SimDriver, host: u32, crash: Crash) {
        let crashed = self.simulate(simulated, |network, cx| network.crash(cx, host, crash));
        if let Some(next_incarnation) = crashed {
            self.executor.crash_host(host, next_incarnation);
            self.disks.crash(host);
        }
    }

    fn restart_host(&self, simulated: &SimDriver, host: u32) -> Result<(), Error> {
        self.crash_host(simulated, host, Crash::Drawn);
        let key = simulated.look(|network| {
            network.restart(host);
            network.hosts.key(host)
        });
        self.executor.restart_host(host);
        self.boots.start(key)
    }
}

fn block(
    simulated: &SimDriver,
    from: &[String],
    to: &[String],
    is_blocked: bool,
) -> Result<(), Error> {
    simulated.look(|network| {
        for from in from {
            for to in to {
                let (from, to) = (network.hosts.number(from)?, network.hosts.number(to)?);
                network.links.block(from, to, is_blocked);
            }
        }
        Ok(())
    })
}
