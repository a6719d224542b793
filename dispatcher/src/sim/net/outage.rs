//! Hosts that crash, start again, and stand still.

use crate::io::readiness::Interest;
use crate::sim::context::SimContext;
use crate::sim::draws::{Choice, Draws};
use crate::sim::edits::{Counted, FaultId};
use crate::sim::fault::{Crash, Fault};
use crate::sim::net::connection::{EndState, Side};
use crate::sim::net::hosts::Status;
use crate::sim::net::network::Network;
use crate::sim::net::ports::Ports;
use crate::sim::probability::Probability;
use crate::sim::record::Record;

impl Network {
    /// Draws what a crash would draw that does not happen.
    pub(crate) fn skip_crash(&self, draws: &mut Draws, fault: &Fault) {
        if let Fault::Crash(host, Crash::Drawn) = fault
            && let Ok(number) = self.hosts.number(host)
            && self.hosts.get(number).status != Status::Down
        {
            draws.chance(Choice::Crash, Probability::EVEN);
        }
    }

    /// A host loses its power. Gives the number of its next life; `None` if it is down already.
    pub(crate) fn crash(
        &mut self,
        cx: &mut SimContext<'_>,
        number: u32,
        crash: Crash,
    ) -> Option<u32> {
        if self.hosts.get(number).status == Status::Down {
            return None;
        }
        let nth = cx.injected.count(Counted::Crashes(number));
        let has_resets = match crash {
            Crash::Silent => false,
            Crash::Reset => true,
            Crash::Drawn => {
                let drawn = cx.chance(Choice::Crash, Probability::EVEN);
                let reset = FaultId::Reset {
                    host: number,
                    crash: nth,
                };
                cx.decide(reset, drawn.then_some(0), String::new).is_some()
            }
        };
        cx.record(Record::Crash {
            host: number,
            has_resets,
        });
        let host = self.hosts.get_mut(number);
        host.status = Status::Down;
        host.incarnation = host.incarnation.wrapping_add(1);
        host.tcp = Ports::default();
        host.udp = Ports::default();
        (host.sockets, host.connections) = (0, 0);
        let (next, inbox) = (host.incarnation, std::mem::take(&mut host.inbox));
        // Its programs find their sockets gone.
        for key in self
            .sockets
            .keys_where(|socket| socket.host.number == number)
        {
            if let Some(socket) = self.sockets.remove(key) {
                for interest in Interest::ALL {
                    cx.mark(socket.ready, interest);
                }
            }
        }
        let connections = self.connections.keys_where(|connection| {
            let mut ends = connection.ends.iter();
            ends.any(|end| end.host.number == number)
        });
        for key in connections {
            for side in [Side::Client, Side::Server] {
                let Some(connection) = self.connections.get_mut(key) else {
                    continue;
                };
                let end = connection.end(side);
                // One that is still to come reaches the next life.
                if end.host.number != number || end.state == EndState::Closed && end.is_abandoned()
                {
                    continue;
                }
                let was_open = matches!(end.state, EndState::Open | EndState::SynReceived);
                end.socket = None;
                end.listener = None;
                if was_open && has_resets {
                    self.send_reset(cx, key, side);
                }
                self.vanish(cx, key, side);
            }
            self.forget_if_over(cx, key);
        }
        // What had come during a pause is lost as what comes from now on.
        for event in inbox {
            self.handle(cx, event);
        }
        Some(next)
    }

    /// A host that was down is up. False: it was up.
    pub(crate) fn restart(&mut self, number: u32) -> bool {
        let host = self.hosts.get_mut(number);
        let was_down = host.status == Status::Down;
        if was_down {
            host.status = Status::Up;
        }
        was_down
    }

    /// A host stands still. False: it did already, or is down.
    pub(crate) fn pause(&mut self, number: u32) -> bool {
        let host = self.hosts.get_mut(number);
        let was_up = host.status == Status::Up;
        if was_up {
            host.status = Status::Paused;
        }
        was_up
    }

    /// A host goes on, and takes what has come meanwhile. False: it was not paused.
    pub(crate) fn resume(&mut self, cx: &mut SimContext<'_>, number: u32) -> bool {
        let host = self.hosts.get_mut(number);
        if host.status != Status::Paused {
            return false;
        }
        host.status = Status::Up;
        for event in std::mem::take(&mut host.inbox) {
            self.handle(cx, event);
        }
        true
    }
}
