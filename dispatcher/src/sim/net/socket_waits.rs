//! What is waited for at a socket, for reports.

use std::collections::BTreeMap;

use crate::io::readiness::Interest;
use crate::sim::net::connection::EndState;
use crate::sim::net::network::Network;
use crate::sim::net::socket::{Socket, SocketKind};
use crate::sim::waits::{ConnectionState, WaitFor};

impl Network {
    /// What is waited for at each socket that can wait, by the number of its key in the table of readiness,
    /// and by direction.
    pub(crate) fn waits(&self) -> BTreeMap<usize, [WaitFor; 2]> {
        let waits = self.sockets.values().filter_map(|socket| {
            let key = socket.ready?.to_number();
            let directions = Interest::DIRECTIONS;
            let [readable, writable] = directions.map(|interest| self.wait(socket, interest));
            Some((key, [readable?, writable?]))
        });
        waits.collect()
    }

    /// `None` for a socket at which nothing can be waited for.
    fn wait(&self, socket: &Socket, interest: Interest) -> Option<WaitFor> {
        let local = socket.bound;
        match (&socket.kind, interest) {
            (SocketKind::Stream(key, side), _) => {
                let connection = self.connections.get(*key)?;
                let end = &connection.ends[side.index()];
                let (local, peer) = (end.address, connection.ends[side.other().index()].address);
                let state = match end.state {
                    EndState::SynSent | EndState::SynReceived => ConnectionState::Connecting,
                    EndState::Closed => ConnectionState::Closed,
                    EndState::Open => match connection.flows[side.index()].end_written {
                        true => ConnectionState::WriteShut,
                        false => ConnectionState::Open,
                    },
                };
                Some(match interest.direction() {
                    Interest::Readable => WaitFor::Read { local, peer, state },
                    _ => WaitFor::Write { local, peer, state },
                })
            }
            (SocketKind::Udp(_), Interest::Readable | Interest::ReadClosed) => {
                Some(WaitFor::Receive { local })
            }
            (SocketKind::Udp(_), Interest::Writable | Interest::WriteClosed) => {
                Some(WaitFor::Send { local })
            }
            (SocketKind::Listener(_), _) => Some(WaitFor::Accept { local: local? }),
            (SocketKind::Idle, _) => None,
        }
    }
}
