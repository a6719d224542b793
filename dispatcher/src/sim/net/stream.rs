//! What programs do with connections: read, write, shut down, close.

use std::net::Shutdown;

use rustix::io::Errno;

use crate::io::readiness::Interest;
use crate::sim::context::SimContext;
use crate::sim::net::arena::{ConnectionKey, SocketKey};
use crate::sim::net::connection::{Connection, EndState, Side};
use crate::sim::net::network::Network;
use crate::sim::net::socket::SocketKind;

/// Room that a receiver has gained and does not tell of: two packets.
const SMALL_GAIN: u64 = 2_920;

impl Network {
    fn stream(&mut self, key: SocketKey) -> Result<(ConnectionKey, Side, u32), Errno> {
        let socket = self.socket(key)?;
        match socket.kind {
            SocketKind::Stream(connection, side) => Ok((connection, side, socket.host.number)),
            _ => Err(Errno::NOTCONN),
        }
    }

    fn connection(&mut self, key: ConnectionKey) -> Result<&mut Connection, Errno> {
        self.connections.get_mut(key).ok_or(Errno::NOTCONN)
    }

    /// How many bytes have arrived and were not read.
    ///
    /// # Errors
    /// `NOTCONN` for what is no connection.
    pub(crate) fn unread(&mut self, key: SocketKey) -> Result<usize, Errno> {
        let (connection, side, _) = self.stream(key)?;
        let unread = self.connection(connection)?.incoming(side).unread();
        Ok(usize::try_from(unread).unwrap_or(usize::MAX))
    }

    /// Reads; 0 at the end.
    ///
    /// # Errors
    /// `AGAIN`; `NOTCONN` for what was never connected; `CONNRESET`, `PIPE` and `TIMEDOUT`, once, behind
    /// what has arrived.
    pub(crate) fn receive(
        &mut self,
        cx: &mut SimContext<'_>,
        key: SocketKey,
        buffer: &mut [u8],
    ) -> Result<usize, Errno> {
        let (connection_key, side, host) = self.stream(key)?;
        let connection = self.connection(connection_key)?;
        let unread = connection.incoming(side).unread();
        let most = usize::try_from(unread)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        if most > 0 {
            let length = self.draw_length(cx, host, most);
            let connection = self.connection(connection_key)?;
            let flow = connection.incoming(side);
            take(&mut flow.bytes, &mut buffer[..length]);
            flow.read += length as u64;
            // The sender may be waiting for room.
            let gain = flow.read + flow.receive_limit
                - flow.advertised.min(flow.read + flow.receive_limit);
            let left = flow.advertised.saturating_sub(flow.delivered);
            let tells = left < flow.receive_limit / 2
                && gain >= SMALL_GAIN.min(flow.receive_limit / 2).max(1)
                && !flow.end_delivered;
            if tells {
                self.send_ack(cx, connection_key, side);
            }
            self.settle(cx, key, Interest::Readable);
            return Ok(length);
        }
        let has_end = connection.incoming(side).end_delivered;
        let end = connection.end(side);
        if buffer.is_empty() && end.error.is_none() && unread > 0 {
            return Ok(0);
        }
        if let Some(errno) = end.error.take() {
            return Err(errno);
        }
        match end.state {
            EndState::Closed if !end.was_open => Err(Errno::NOTCONN),
            EndState::Closed => Ok(0),
            _ if has_end || end.read_shut => Ok(0),
            _ => self.would_block(cx, key, Interest::Readable),
        }
    }

    /// Writes a prefix of several buffers, one behind the other.
    ///
    /// # Errors
    /// `AGAIN`; `PIPE` after the writing half was shut down or the connection's end; what broke it off,
    /// once.
    pub(crate) fn send<'b>(
        &mut self,
        cx: &mut SimContext<'_>,
        key: SocketKey,
        buffers: impl Iterator<Item = &'b [u8]> + Clone,
    ) -> Result<usize, Errno> {
        let (connection_key, side, host) = self.stream(key)?;
        let connection = self.connection(connection_key)?;
        let end_written = connection.outgoing(side).end_written;
        let room = connection.outgoing(side).room();
        let end = connection.end(side);
        if let Some(errno) = end.error.take() {
            return Err(errno);
        }
        match end.state {
            EndState::Closed => return Err(Errno::PIPE),
            _ if end_written => return Err(Errno::PIPE),
            EndState::SynSent => return self.would_block(cx, key, Interest::Writable),
            EndState::SynReceived | EndState::Open => {}
        }
        let given: usize = buffers.clone().map(<[u8]>::len).sum();
        if given == 0 {
            return Ok(0);
        }
        let most = usize::try_from(room).unwrap_or(usize::MAX).min(given);
        if most == 0 {
            return self.would_block(cx, key, Interest::Writable);
        }
        let length = self.draw_length(cx, host, most);
        let flow = self.connection(connection_key)?.outgoing(side);
        let mut left = length;
        for buffer in buffers {
            let part = &buffer[..buffer.len().min(left)];
            flow.bytes.extend(part);
            left -= part.len();
        }
        flow.written += length as u64;
        self.transmit(cx, connection_key, side);
        self.settle(cx, key, Interest::Writable);
        Ok(length)
    }

    /// Ends a direction or both.
    ///
    /// # Errors
    /// `NOTCONN`.
    pub(crate) fn shut_down(
        &mut self,
        cx: &mut SimContext<'_>,
        key: SocketKey,
        how: Shutdown,
    ) -> Result<(), Errno> {
        let (connection_key, side, _) = self.stream(key)?;
        let end = self.connection(connection_key)?.end(side);
        if !matches!(end.state, EndState::Open | EndState::SynReceived) {
            return Err(Errno::NOTCONN);
        }
        if how != Shutdown::Write {
            end.read_shut = true;
            self.wake(cx, key, Interest::Readable);
        }
        if how != Shutdown::Read {
            self.end_stream(cx, connection_key, side);
            self.wake(cx, key, Interest::Writable);
        }
        Ok(())
    }

    /// Nothing more is written behind what was.
    fn end_stream(&mut self, cx: &mut SimContext<'_>, key: ConnectionKey, side: Side) {
        if let Some(connection) = self.connections.get_mut(key)
            && !connection.outgoing(side).end_written
        {
            connection.outgoing(side).end_written = true;
            let has_others_end = connection.incoming(side).end_delivered;
            connection.end(side).closes_first = !has_others_end;
            self.transmit(cx, key, side);
        }
    }

    /// From now on, closing it resets the connection.
    ///
    /// # Errors
    /// `INVAL` where there is none.
    pub(crate) fn reset_on_close(&mut self, key: SocketKey) -> Result<(), Errno> {
        let (connection, side, _) = self.stream(key)?;
        self.connection(connection)?.end(side).reset_on_close = true;
        Ok(())
    }

    /// The program drops a socket.
    pub(crate) fn close(&mut self, cx: &mut SimContext<'_>, key: SocketKey) {
        let Some(socket) = self.sockets.remove(key) else {
            return;
        };
        let host = self.hosts.get_mut(socket.host.number);
        host.sockets -= 1;
        if let Some(bound) = socket.bound {
            match socket.kind.is_tcp() {
                true => host.tcp.release(key, bound.port()),
                false => host.udp.release(key, bound.port()),
            }
        }
        match socket.kind {
            SocketKind::Idle | SocketKind::Udp(_) => {}
            SocketKind::Listener(listener) => {
                let connections = listener.half_open.into_iter().chain(listener.waiting);
                for connection in connections {
                    self.close_end(cx, connection, Side::Server, true);
                }
            }
            SocketKind::Stream(connection, side) => self.close_end(cx, connection, side, false),
        }
    }

    /// Nobody has to do with an end any more. What was written is still delivered, unless it is to be
    /// reset or something was not read.
    fn close_end(
        &mut self,
        cx: &mut SimContext<'_>,
        key: ConnectionKey,
        side: Side,
        is_reset: bool,
    ) {
        let Some(connection) = self.connections.get_mut(key) else {
            return;
        };
        let unread = connection.incoming(side).unread();
        let end = connection.end(side);
        end.socket = None;
        end.listener = None;
        match end.state {
            EndState::Closed => {}
            EndState::SynSent => self.vanish(cx, key, side),
            EndState::SynReceived | EndState::Open => {
                if is_reset || end.reset_on_close || unread > 0 {
                    self.send_reset(cx, key, side);
                    self.vanish(cx, key, side);
                } else {
                    self.end_stream(cx, key, side);
                }
            }
        }
        self.forget_if_over(cx, key);
    }
}

/// Moves bytes from the front of a queue to a buffer that is no longer than it.
fn take(queue: &mut std::collections::VecDeque<u8>, buffer: &mut [u8]) {
    let (front, back) = queue.as_slices();
    let from_front = front.len().min(buffer.len());
    let (first, second) = buffer.split_at_mut(from_front);
    first.copy_from_slice(&front[..from_front]);
    second.copy_from_slice(&back[..second.len()]);
    let taken = first.len() + second.len();
    queue.drain(..taken);
}
