//! What those who run a project's HTTP services say about them, and see of them.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use wippy_dispatcher::Handle;

use crate::http::server::{
    AccessLog, Health, Meters, Phase, ServerLimits, ServerSettings, ServerTls, TlsFiles,
    TrustedProxies, to_prometheus,
};
use crate::registry::Id;

/// What those who run a project's HTTP services say about all of them, and see of them. Clones are the same.
#[derive(Clone, Default)]
pub struct Operations(Rc<Inner>);

#[derive(Default)]
struct Inner {
    log: Option<AccessLog>,
    proxies: TrustedProxies,
    limits: Option<ServerLimits>,
    /// What each service has counted in all of its runs.
    meters: RefCell<BTreeMap<Id, Arc<Meters>>>,
    /// The certificates that are in use.
    certificates: RefCell<BTreeMap<Id, TlsFiles>>,
    /// How many services there are.
    services: Cell<usize>,
    /// Those that have listened.
    listening: RefCell<BTreeSet<Id>>,
    health: Health,
}

impl Operations {
    /// A line for each request in this log, and these proxies believed about their clients. Of the limits, the bound on
    /// connections and the time for clients that are half closed hold, for each service.
    pub fn new(
        log: Option<AccessLog>,
        proxies: TrustedProxies,
        limits: ServerLimits,
    ) -> Operations {
        Operations(Rc::new(Inner {
            log,
            proxies,
            limits: Some(limits),
            ..Inner::default()
        }))
    }

    /// What probes are told: ready once all services have listened.
    pub fn health(&self) -> &Health {
        &self.0.health
    }

    /// What all services have done, for Prometheus.
    pub fn metrics(&self) -> String {
        let meters = self.0.meters.borrow();
        let meters: Vec<_> = meters
            .iter()
            .map(|(id, meters)| (id.to_string(), meters.clone()))
            .collect();
        to_prometheus("service", &meters, self.0.log.as_ref())
    }

    /// Reads the certificates of all services again; new connections have them from then on. What is wrong with one is
    /// logged, and the old one is used on.
    pub async fn reload(&self, handle: &Handle) {
        let certificates = self.0.certificates.borrow().clone();
        for (id, files) in certificates {
            let reloaded = match handle.unblock(move || files.reload()).await {
                Ok(reloaded) => reloaded.map_err(|error| error.to_string()),
                Err(error) => Err(error.to_string()),
            };
            match reloaded {
                Ok(()) => tracing::info!(target: "service", "{id}: the certificate was read again"),
                Err(error) => tracing::error!(
                    target: "service",
                    "{id}: {error}; the certificate that was used before is used on"
                ),
            }
        }
    }

    /// There are so many services.
    pub(in crate::runtime) fn expect(&self, services: usize) {
        self.0.services.set(services);
        self.look();
    }

    /// How a service treats its connections.
    pub(super) fn settings(
        &self,
        id: &Id,
        mut limits: ServerLimits,
        tls: Option<TlsFiles>,
    ) -> ServerSettings {
        if let Some(ours) = &self.0.limits {
            limits.connections = ours.connections;
            limits.timeouts.half_close = ours.timeouts.half_close;
        }
        if let Some(files) = &tls {
            let mut certificates = self.0.certificates.borrow_mut();
            certificates.insert(id.clone(), files.clone());
        }
        let mut meters = self.0.meters.borrow_mut();
        ServerSettings {
            limits,
            tls: tls.map(ServerTls::Files),
            log: self.0.log.clone(),
            proxies: self.0.proxies.clone(),
            request_ids: true,
            meters: meters.entry(id.clone()).or_default().clone(),
        }
    }

    /// A service listens.
    pub(super) fn listens(&self, id: &Id) {
        self.0.listening.borrow_mut().insert(id.clone());
        self.look();
    }

    fn look(&self) {
        if self.0.listening.borrow().len() >= self.0.services.get() {
            self.0.health.set(Phase::Ready);
        }
    }
}

impl fmt::Debug for Operations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operations")
            .field("listening", &self.0.listening.borrow())
            .field("health", &self.0.health.phase())
            .finish_non_exhaustive()
    }
}
