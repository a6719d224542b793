//! The lookups under way on a dispatcher: a name is asked for once, however many requests want it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Poll, Waker};

use slab::Slab;

use super::{ResolveError, Resolver};
use crate::Error;
use crate::blocking::flow::Flow;
use crate::blocking::pool::{Pool, catch_panic};
use crate::blocking::semaphore::{Acquired, Permit, Semaphore, Waiter};
use crate::blocking::workers::Work;
use crate::executor::wake::{discard, wake};

/// How many names are with the resolver at a time, abandoned ones not counted. Each blocks a thread,
/// for some ten seconds if no server answers.
const RUNNING: usize = 256;
/// How many more requests may wait for a thread.
const WAITING: usize = 1 << 16;

type Answer = Result<Vec<IpAddr>, ResolveError>;

/// The table of lookups. Clones share it.
#[derive(Clone)]
pub(crate) struct Lookups(Arc<Inner>);

struct Inner {
    resolver: Resolver,
    semaphore: Semaphore,
    pool: Pool,
    /// By name. A lookup is in here until it is answered, or has neither a request nor a thread.
    pending: Mutex<HashMap<String, PendingLookup>>,
}

/// One name, and the requests for its addresses.
struct PendingLookup {
    requests: Slab<Arc<RequestState>>,
    /// Alive while a thread is in the resolver.
    permit: Option<Weak<Permit>>,
}

/// What a request and the thread that answers it share.
#[derive(Default)]
struct RequestState(Mutex<Progress>);

#[derive(Default)]
struct Progress {
    waker: Option<Waker>,
    /// A thread is in the resolver for this name: the request needs no permit of its own.
    started: bool,
    answer: Option<Answer>,
}

impl RequestState {
    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes its progress and wakes the task that waits for it.
    fn notify(&self, change: impl FnOnce(&mut Progress)) {
        let mut progress = self.lock();
        change(&mut progress);
        let waker = progress.waker.take();
        drop(progress);
        waker.into_iter().for_each(wake);
    }
}

impl Lookups {
    pub(crate) fn new(resolver: Resolver, pool: &Pool) -> Lookups {
        let semaphore = Semaphore::new(RUNNING, WAITING, pool.counts().clone());
        Lookups(Arc::new(Inner {
            resolver,
            pool: pool.for_permits(semaphore.max_threads()),
            semaphore,
            pending: Mutex::default(),
        }))
    }

    /// Lets idle threads go.
    pub(crate) fn close(&self) {
        self.0.pool.close();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, PendingLookup>> {
        let pending = self.0.pending.lock();
        pending.unwrap_or_else(PoisonError::into_inner)
    }

    /// Requests a name's addresses. Requests of the same name share one lookup.
    ///
    /// # Errors
    /// `LaneFull` where the flow may not wait.
    pub(super) fn request(&self, flow: Option<Flow>, name: String) -> Result<LookupRequest, Error> {
        let mut pending = self.lock();
        let lookup = pending
            .entry(name.clone())
            .or_insert_with(|| PendingLookup {
                requests: Slab::new(),
                permit: None,
            });
        let state = Arc::new(RequestState::default());
        let started = lookup.permit.is_some();
        state.lock().started = started;
        let key = lookup.requests.insert(state.clone());
        drop(pending);
        let mut request = LookupRequest {
            lookups: self.clone(),
            name,
            key,
            state,
            waiter: None,
        };
        if !started {
            match self.0.semaphore.acquire(flow)? {
                Acquired::Permit(permit) => request.start(permit),
                Acquired::Queued(waiter) => request.waiter = Some(waiter),
            }
        }
        Ok(request)
    }

    /// Answers all requests of a name.
    fn answer(&self, name: &str, answer: &Answer) {
        let lookup = self.lock().remove(name);
        for (_, request) in lookup.into_iter().flat_map(|lookup| lookup.requests) {
            request.notify(|progress| progress.answer = Some(copy(answer)));
        }
    }
}

/// The same answer for one more request. An error of the dispatcher cannot be cloned, and becomes its
/// text.
fn copy(answer: &Answer) -> Answer {
    match answer {
        Ok(addresses) => Ok(addresses.clone()),
        Err(ResolveError::Invalid(name)) => Err(ResolveError::Invalid(name.clone())),
        Err(ResolveError::NotFound(name)) => Err(ResolveError::NotFound(name.clone())),
        Err(ResolveError::Temporary(text)) => Err(ResolveError::Temporary(text.clone())),
        Err(ResolveError::Permanent(text)) => Err(ResolveError::Permanent(text.clone())),
        Err(ResolveError::Dispatcher(error)) => Err(ResolveError::Temporary(error.to_string())),
    }
}

/// A request for a name's addresses; dropping it cancels it. The last request that leaves a lookup
/// abandons it, whichever began it.
pub(super) struct LookupRequest {
    lookups: Lookups,
    name: String,
    key: usize,
    state: Arc<RequestState>,
    /// Its place in the queue for a thread, until one has begun with the name.
    waiter: Option<Waiter>,
}

impl LookupRequest {
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn poll(&mut self, waker: &Waker) -> Poll<Answer> {
        let own = waker.clone();
        let mut progress = self.state.lock();
        if let Some(answer) = progress.answer.take() {
            drop(progress);
            self.waiter = None;
            return Poll::Ready(answer);
        }
        let (old, started) = (progress.waker.replace(own), progress.started);
        drop(progress);
        discard(old);
        match &self.waiter {
            Some(_) if started => self.waiter = None,
            Some(waiter) => {
                if let Some(permit) = waiter.try_acquire(waker) {
                    self.waiter = None;
                    self.start(permit);
                }
            }
            None => {}
        }
        Poll::Pending
    }

    /// Has a thread ask the resolver, unless one does already: then the permit is dropped, which gives
    /// it to the next.
    fn start(&self, permit: Arc<Permit>) {
        let mut pending = self.lookups.lock();
        let lookup = pending.get_mut(&self.name);
        let Some(lookup) = lookup.filter(|lookup| lookup.permit.is_none()) else {
            drop(pending);
            return;
        };
        lookup.permit = Some(Arc::downgrade(&permit));
        let others = lookup.requests.iter().filter(|&(key, _)| key != self.key);
        let others: Vec<Arc<RequestState>> = others.map(|(_, request)| request.clone()).collect();
        drop(pending);
        // A job that the pool refuses is dropped, and so gives its answer.
        let _ = self.lookups.0.pool.submit(Box::new(LookupJob {
            lookups: self.lookups.clone(),
            name: self.name.clone(),
            permit: Some(permit),
            answer: Some(Err(ResolveError::Temporary("no thread is left".to_owned()))),
        }));
        for request in others {
            request.notify(|progress| progress.started = true);
        }
    }
}

impl Drop for LookupRequest {
    fn drop(&mut self) {
        let mut pending = self.lookups.lock();
        let mut permit = None;
        // An answered lookup is not in the table any more, but a later one of the same name may be.
        if let Some(lookup) = pending.get_mut(&self.name)
            && let Some(state) = lookup.requests.get(self.key)
            && Arc::ptr_eq(state, &self.state)
        {
            lookup.requests.remove(self.key);
            if lookup.requests.is_empty() {
                permit = lookup.permit.as_ref().and_then(Weak::upgrade);
                if lookup.permit.is_none() {
                    pending.remove(&self.name);
                }
            }
        }
        drop(pending);
        if let Some(permit) = permit {
            permit.abandon();
        }
        discard(self.state.lock().waker.take());
    }
}

/// The blocking job that asks the resolver for a name. Dropping it delivers its answer.
struct LookupJob {
    lookups: Lookups,
    name: String,
    permit: Option<Arc<Permit>>,
    /// What is answered when it is dropped; none if no request is left.
    answer: Option<Answer>,
}

impl Work for LookupJob {
    fn run(&mut self) {
        let mut pending = self.lookups.lock();
        let lookup = pending.get(&self.name);
        if lookup.is_none_or(|lookup| lookup.requests.is_empty()) {
            // A request from now on begins a new lookup.
            pending.remove(&self.name);
            drop(pending);
            self.answer = None;
            return;
        }
        drop(pending);
        let answer = catch_panic(|| self.lookups.0.resolver.resolve(&self.name));
        // A panic of the resolver counts as its failure.
        let failed = |error: Error| Err(ResolveError::Permanent(error.to_string()));
        self.answer = Some(answer.unwrap_or_else(failed));
    }
}

impl Drop for LookupJob {
    fn drop(&mut self) {
        // Before the answer is visible, so that a task that sees it finds a free permit.
        drop(self.permit.take());
        if let Some(answer) = self.answer.take() {
            self.lookups.answer(&self.name, &answer);
        }
    }
}
