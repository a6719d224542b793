//! What name lookups answer.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::Error;
use crate::sim::fault::NameAnswer;
use crate::sim::host_error::HostError;
use crate::sim::net::hosts::{Hosts, canonical, is_localhost, loopback};

/// The most answers that differ from the hosts' own addresses.
const MAX_ANSWERS: usize = 65_536;

/// Answers that differ from the hosts' own addresses, each with the host that gets it; `None` is all.
#[derive(Default)]
pub(crate) struct Names(BTreeMap<(String, Option<u32>), NameAnswer>);

impl Names {
    /// From now on a host, or all that have no answer of their own, get this one.
    ///
    /// # Errors
    /// a `HostError` where there are as many answers as can be.
    pub(crate) fn set(
        &mut self,
        host: Option<u32>,
        name: &str,
        answer: NameAnswer,
    ) -> Result<(), Error> {
        let key = (canonical(name), host);
        if answer == NameAnswer::Original {
            self.0.remove(&key);
            return Ok(());
        }
        if self.0.len() >= MAX_ANSWERS && !self.0.contains_key(&key) {
            let host = name.to_owned();
            let reason = "there are as many answers to name lookups as can be";
            return Err(HostError::Invalid { host, reason }.into());
        }
        self.0.insert(key, answer);
        Ok(())
    }

    /// The answer for a name on a host.
    pub(crate) fn answer(&self, hosts: &Hosts, host: u32, name: &str) -> NameAnswer {
        let name = canonical(name);
        let mut key = (name, Some(host));
        if let Some(answer) = self.0.get(&key) {
            return answer.clone();
        }
        key.1 = None;
        if let Some(answer) = self.0.get(&key) {
            return answer.clone();
        }
        if is_localhost(&key.0) {
            let families: [IpAddr; 2] = [[0; 4].into(), [0_u8; 16].into()];
            return NameAnswer::Addresses(families.map(loopback).to_vec());
        }
        match hosts.addresses(&key.0) {
            Some(addresses) => NameAnswer::Addresses(addresses.to_vec()),
            None => NameAnswer::NotFound,
        }
    }
}
