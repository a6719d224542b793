//! Connections that wait for their next exchange.

use std::collections::BTreeMap;
use std::time::Duration;

use wippy_dispatcher::Instant;

use super::connection::Connection;
use crate::http::target::HttpOrigin;

/// The bounds of a client.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClientLimits {
    /// Connections that are in use, are being made or wait. Default 4,096.
    pub connections: usize,
    /// Connections that wait. Default 512.
    pub idle: usize,
    /// Connections to one server that wait. Default 64.
    pub idle_each: usize,
    /// After how long a connection that waits is closed. Default 30 s.
    pub idle_timeout: Duration,
}

impl Default for ClientLimits {
    fn default() -> ClientLimits {
        ClientLimits {
            connections: 4096,
            idle: 512,
            idle_each: 64,
            idle_timeout: Duration::from_secs(30),
        }
    }
}

/// Connections are shared by those who reach the same server and trust the same roots.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Key {
    /// The server.
    pub target: HttpOrigin,
    /// The roots' digest.
    pub roots: [u8; 32],
}

/// The connections that wait.
#[derive(Default, Debug)]
pub struct IdleConnections {
    /// In an order that is the same in each run: of those that wait equally long, it decides who is closed first.
    waiting: BTreeMap<Key, Vec<(Instant, Connection)>>,
    count: usize,
}

impl IdleConnections {
    /// How many wait.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Takes the one that waited the shortest.
    pub fn take(&mut self, key: &Key) -> Option<Connection> {
        let list = self.waiting.get_mut(key)?;
        let taken = list.pop();
        if list.is_empty() {
            self.waiting.remove(key);
        }
        let (_, connection) = taken?;
        self.count -= 1;
        Some(connection)
    }

    /// Puts one in, and takes out the oldest where there is no room for both.
    pub fn put(
        &mut self,
        key: Key,
        connection: Connection,
        now: Instant,
        limits: &ClientLimits,
    ) -> Option<Connection> {
        if limits.idle == 0 || limits.idle_each == 0 {
            return Some(connection);
        }
        let of_its_own = self.waiting.get(&key).map_or(0, Vec::len);
        let displaced = if of_its_own >= limits.idle_each {
            self.take_oldest_of(&key)
        } else if self.count >= limits.idle {
            self.take_oldest()
        } else {
            None
        };
        self.waiting.entry(key).or_default().push((now, connection));
        self.count += 1;
        displaced
    }

    /// Takes the one that waited the longest.
    pub fn take_oldest(&mut self) -> Option<Connection> {
        let since = |list: &[(Instant, Connection)]| list.first().map(|(since, _)| *since);
        let oldest = self.waiting.iter().min_by_key(|(_, list)| since(list));
        let key = oldest?.0.clone();
        self.take_oldest_of(&key)
    }

    fn take_oldest_of(&mut self, key: &Key) -> Option<Connection> {
        let list = self.waiting.get_mut(key)?;
        // The oldest stands in front.
        let oldest = list.drain(..1.min(list.len())).next();
        if list.is_empty() {
            self.waiting.remove(key);
        }
        let (_, connection) = oldest?;
        self.count -= 1;
        Some(connection)
    }

    /// Takes out those that have waited since `before` or longer, and says since when the oldest
    /// of the others waits.
    pub fn expire(&mut self, before: Instant) -> (Vec<Connection>, Option<Instant>) {
        let mut expired = Vec::new();
        let mut oldest = None;
        self.waiting.retain(|_, list| {
            // The oldest stand in front.
            let young = list.partition_point(|(since, _)| *since <= before);
            expired.extend(list.drain(..young).map(|(_, connection)| connection));
            if let Some((since, _)) = list.first() {
                oldest = Some(oldest.map_or(*since, |other: Instant| other.min(*since)));
            }
            !list.is_empty()
        });
        self.count -= expired.len();
        (expired, oldest)
    }
}
