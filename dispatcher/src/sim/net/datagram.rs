//! UDP.

use std::net::SocketAddr;
use std::time::Duration;

use rustix::io::Errno;

use crate::io::readiness::Interest;
use crate::sim::context::SimContext;
use crate::sim::draws::Choice;
use crate::sim::edits::{Counted, FaultId};
use crate::sim::net::arena::SocketKey;
use crate::sim::net::event::{Datagram, NetEventKind, PortUnreachable};
use crate::sim::net::links::{Parcel, nanos};
use crate::sim::net::network::{Network, is_broadcast, is_mapped, plain};
use crate::sim::net::socket::{SocketKind, Udp};
use crate::sim::record::{Discard, Packet, Record};
use crate::time::instant::Instant;

/// The longest datagrams of IPv4 and IPv6, in bytes.
const MAX_IPV4: usize = 65_507;
const MAX_IPV6: usize = 65_527;
/// What a datagram takes of the receive buffer, and while it is on its way, besides its bytes.
const OVERHEAD: usize = 256;

impl Network {
    fn udp(&mut self, key: SocketKey) -> Result<&mut Udp, Errno> {
        match &mut self.socket_mut(key)?.kind {
            SocketKind::Udp(udp) => Ok(udp),
            _ => Err(Errno::OPNOTSUPP),
        }
    }

    /// Connects it to one peer, or to none again. What it is bound to stays.
    ///
    /// # Errors
    /// `AFNOSUPPORT`, `NETUNREACH`, `ACCESS`, `INVAL`, `ADDRINUSE`.
    pub(crate) fn set_peer(
        &mut self,
        now: Instant,
        key: SocketKey,
        peer: Option<SocketAddr>,
    ) -> Result<(), Errno> {
        let Some(peer) = peer else {
            let udp = self.udp(key)?;
            (udp.peer, udp.source) = (None, None);
            return Ok(());
        };
        let socket = self.socket(key)?;
        if socket.is_ipv4 != peer.is_ipv4() {
            return Err(Errno::AFNOSUPPORT);
        }
        if is_broadcast(peer) {
            return Err(Errno::ACCESS);
        }
        let (source, peer) = self.route_to(socket.host.number, socket.bound, peer)?;
        self.bind_if_needed(now, key)?;
        let udp = self.udp(key)?;
        (udp.peer, udp.source) = (Some(peer), Some(source));
        Ok(())
    }

    fn bind_if_needed(&mut self, now: Instant, key: SocketKey) -> Result<(), Errno> {
        let socket = self.socket(key)?;
        match socket.bound {
            Some(_) => Ok(()),
            None => self.bind(now, key, socket.unspecified()),
        }
    }

    /// Takes the next datagram; its length, and who sent it.
    ///
    /// # Errors
    /// `AGAIN`; `CONNREFUSED` of an earlier one that was sent.
    pub(crate) fn receive_from(
        &mut self,
        cx: &mut SimContext<'_>,
        key: SocketKey,
        buffer: &mut [u8],
    ) -> Result<(usize, SocketAddr), Errno> {
        let udp = self.udp(key)?;
        if let Some(errno) = udp.error.take() {
            self.settle(cx, key, Interest::Readable);
            return Err(errno);
        }
        let Some((sender, bytes)) = udp.received.pop_front() else {
            return self.would_block(cx, key, Interest::Readable);
        };
        udp.held -= weight(bytes.len());
        let length = bytes.len().min(buffer.len());
        buffer[..length].copy_from_slice(&bytes[..length]);
        self.settle(cx, key, Interest::Readable);
        Ok((length, sender))
    }

    /// Who sent the next datagram, which stays.
    ///
    /// # Errors
    /// As [`Network::receive_from`].
    pub(crate) fn peek_sender(
        &mut self,
        cx: &mut SimContext<'_>,
        key: SocketKey,
    ) -> Result<SocketAddr, Errno> {
        let udp = self.udp(key)?;
        if let Some(errno) = udp.error.take() {
            self.settle(cx, key, Interest::Readable);
            return Err(errno);
        }
        match udp.received.front() {
            Some((sender, _)) => Ok(*sender),
            None => self.would_block(cx, key, Interest::Readable),
        }
    }

    /// Sends a datagram, `None` to the peer that it is connected to.
    ///
    /// # Errors
    /// `MSGSIZE`, `DESTADDRREQ`, `AFNOSUPPORT`, `NETUNREACH`, `ACCESS`, `INVAL`; `NOBUFS` when as many bytes are
    /// on their way as may; `CONNREFUSED` of an earlier one.
    pub(crate) fn send_to(
        &mut self,
        cx: &mut SimContext<'_>,
        key: SocketKey,
        bytes: &[u8],
        to: Option<SocketAddr>,
    ) -> Result<usize, Errno> {
        let udp = self.udp(key)?;
        let peer = to.or(udp.peer).map(plain).ok_or(Errno::DESTADDRREQ)?;
        let error = udp.error.take();
        let socket = self.socket(key)?;
        let (host, is_ipv4) = (socket.host.number, socket.is_ipv4);
        if let Some(errno) = error {
            self.settle(cx, key, Interest::Readable);
            return Err(errno);
        }
        let socket = self.socket(key)?;
        if is_ipv4 && !peer.is_ipv4() {
            return Err(Errno::AFNOSUPPORT);
        }
        if !is_ipv4 && (peer.is_ipv4() || is_mapped(peer.ip())) {
            return Err(Errno::NETUNREACH);
        }
        if peer.port() == 0 {
            return Err(Errno::INVAL);
        }
        if is_broadcast(peer) {
            return Err(Errno::ACCESS);
        }
        let most = if is_ipv4 { MAX_IPV4 } else { MAX_IPV6 };
        if bytes.len() > most {
            return Err(Errno::MSGSIZE);
        }
        let (source, peer) = self.route_to(host, socket.bound, peer)?;
        if self.datagram_bytes + weight(bytes.len()) > self.settings.max_datagram_bytes as u64
            || cx.events.bound_reached().is_some()
        {
            return Err(Errno::NOBUFS);
        }
        self.bind_if_needed(cx.now, key)?;
        let port = self.socket(key)?.bound.map_or(0, |bound| bound.port());
        // Nobody is there, and nobody says so.
        let Some(to_host) = self.hosts.route(host, peer.ip()) else {
            return Ok(bytes.len());
        };
        let datagram = Datagram {
            from: SocketAddr::new(source, port),
            from_host: host,
            to: peer,
            bytes: bytes.to_vec(),
        };
        self.carry(cx, to_host, datagram);
        Ok(bytes.len())
    }

    /// Sends a datagram, once or as often as is drawn.
    fn carry(&mut self, cx: &mut SimContext<'_>, to: u32, datagram: Datagram) {
        let link = self.links.link(datagram.from_host, to);
        let from = datagram.from_host;
        let packet = cx.injected.next(Counted::Packets(from, to));
        let drawn = cx.chance(Choice::Duplication, link.duplication);
        let duplicate = FaultId::Duplicate { from, to, packet };
        let words = || format!("datagram of {} bytes", datagram.bytes.len());
        if cx.decide(duplicate, drawn.then_some(0), words).is_some() {
            self.carry_one(cx, to, datagram.clone());
        }
        self.carry_one(cx, to, datagram);
    }

    fn carry_one(&mut self, cx: &mut SimContext<'_>, to: u32, datagram: Datagram) {
        let link = self.links.link(datagram.from_host, to);
        // Drawn before the packet's fate, which records when it arrives.
        let is_drawn = cx.chance(Choice::Reordering, link.reordering);
        let most = nanos(link.reorder_delay);
        let drawn = is_drawn.then(|| cx.draws.up_to(Choice::Reordering, most));
        let from = datagram.from_host;
        let packet = cx.injected.next(Counted::Packets(from, to));
        let reorder = FaultId::Reorder { from, to, packet };
        let words = || format!("datagram of {} bytes", datagram.bytes.len());
        let held_back = cx.decide(reorder, drawn, words).unwrap_or(0);
        let parcel = Parcel {
            from: datagram.from_host,
            to,
            kind: Packet::Datagram,
            length: datagram.bytes.len(),
        };
        if let Some(at) = self.links.send(cx, parcel, Duration::from_nanos(held_back)) {
            let length = datagram.bytes.len();
            let kind = NetEventKind::Datagram(Box::new(datagram));
            if Network::schedule(cx, at, to, kind).is_some() {
                self.datagram_bytes += weight(length);
            }
        }
    }

    pub(super) fn on_datagram(&mut self, cx: &mut SimContext<'_>, datagram: Datagram) {
        self.datagram_bytes -= weight(datagram.bytes.len());
        let Some(number) = self.hosts.route(datagram.from_host, datagram.to.ip()) else {
            return;
        };
        let discard = |reason| Record::Discard {
            host: number,
            kind: Packet::Datagram,
            reason,
        };
        let bound = self.hosts.get(number).udp.bound_to(datagram.to);
        let takes = |key: &SocketKey| match self.sockets.get(*key).map(|socket| &socket.kind) {
            Some(SocketKind::Udp(udp)) => udp.peer.is_none_or(|peer| peer == datagram.from),
            _ => false,
        };
        let Some(key) = bound.map(|binding| binding.socket).find(takes) else {
            cx.record(discard(Discard::NoSocket));
            return self.report_unreachable(cx, number, &datagram);
        };
        let Ok(socket) = self.socket_mut(key) else {
            return;
        };
        let limit = socket.options.receive_limit();
        let SocketKind::Udp(udp) = &mut socket.kind else {
            return;
        };
        let takes = weight(datagram.bytes.len());
        if udp.held + takes > limit {
            return cx.record(discard(Discard::ReceiveBufferFull));
        }
        udp.held += takes;
        udp.received.push_back((datagram.from, datagram.bytes));
        self.wake(cx, key, Interest::Readable);
    }

    fn report_unreachable(&mut self, cx: &mut SimContext<'_>, from: u32, datagram: &Datagram) {
        let parcel = Parcel {
            from,
            to: datagram.from_host,
            kind: Packet::PortUnreachable,
            length: 0,
        };
        if let Some(at) = self.links.send(cx, parcel, Duration::ZERO) {
            let notice = PortUnreachable {
                host: datagram.from_host,
                sender: datagram.from,
                to: datagram.to,
            };
            let kind = NetEventKind::PortUnreachable(Box::new(notice));
            // There is room: the links lose what would find none.
            Network::schedule(cx, at, datagram.from_host, kind);
        }
    }

    /// A connected socket learns that nobody listens at its peer's address.
    pub(super) fn on_port_unreachable(
        &mut self,
        cx: &mut SimContext<'_>,
        notice: &PortUnreachable,
    ) {
        let bound = self.hosts.get(notice.host).udp.bound_to(notice.sender);
        let is_concerned = |key: &SocketKey| match self.sockets.get(*key).map(|it| &it.kind) {
            Some(SocketKind::Udp(udp)) => udp.peer == Some(notice.to),
            _ => false,
        };
        let found = bound.map(|binding| binding.socket).find(is_concerned);
        if let Some(key) = found
            && let Ok(udp) = self.udp(key)
        {
            udp.error = Some(Errno::CONNREFUSED);
            self.wake(cx, key, Interest::Readable);
            self.wake(cx, key, Interest::Writable);
        }
    }
}

/// What a datagram of so many bytes takes.
pub(super) fn weight(length: usize) -> u64 {
    (length + OVERHEAD) as u64
}
