//! The simulated network: hosts, links, names, TCP and UDP, as state machines over the one heap of
//! events. Nothing here reads a clock or wakes anybody; see [`SimContext`](super::context::SimContext).

pub(crate) mod arena;
mod arrival;
pub(crate) mod connection;
mod datagram;
pub(crate) mod event;
mod handshake;
pub(crate) mod hosts;
mod links;
mod names;
pub(crate) mod network;
mod options;
mod outage;
mod ports;
mod socket;
mod socket_waits;
mod stream;
mod transfer;
