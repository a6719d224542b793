//! What the core does with a simulation: it takes what has happened, and notifies those who wait for it.

use crate::core::Core;
use crate::sim::context::SimContext;
use crate::sim::driver::SimDriver;
use crate::sim::event::Due;
use crate::sim::net::arena::SocketKey;
use crate::sim::net::network::Network;

impl Core {
    /// Everything of a simulation that has happened until now.
    #[cold]
    #[inline(never)]
    pub(crate) fn take_events(&self, simulated: &SimDriver) {
        let now = self.clock.now();
        loop {
            let Some((deadline, due)) = simulated.pop_due(now) else {
                break;
            };
            match due {
                Due::Notify(_, listener) => {
                    if let Some(overshoot) = &self.overshoot {
                        overshoot.record(now - deadline);
                    }
                    self.notify(listener);
                }
                Due::Network(event) => {
                    self.simulate(simulated, |network, cx| network.handle(cx, event));
                }
                Due::Fault(place) => {
                    if let Some(fault) = simulated.take_fault(place, now) {
                        // Its hosts are known. A boot function that fails leaves its host without
                        // tasks.
                        let _ = self.apply_fault(simulated, &fault);
                    }
                }
                Due::Check(key) => self.run_check(simulated, key),
            }
            if simulated.limits.has_ended() {
                break;
            }
        }
    }

    /// Does something with the simulated network, and then marks what has become ready.
    pub(crate) fn simulate<R>(
        &self,
        simulated: &SimDriver,
        operation: impl FnOnce(&mut Network, &mut SimContext<'_>) -> R,
    ) -> R {
        let (result, mut marks) = simulated.operate(self.clock.now(), operation);
        for mark in marks.drain(..) {
            match mark.ready {
                true => self.mark_ready(mark.key, mark.interest),
                false => self.ready.borrow_mut().clear(mark.key, mark.interest),
            }
        }
        simulated.keep(marks);
        result
    }

    /// Closes a socket of the simulated network.
    #[cold]
    #[inline(never)]
    pub(crate) fn close_simulated(&self, key: SocketKey) {
        if let Some(simulated) = self.driver.simulated() {
            self.simulate(simulated, |network, cx| network.close(cx, key));
        }
    }
}
