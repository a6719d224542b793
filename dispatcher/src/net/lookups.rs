//! The lookups of a dispatcher that are under way: each name is asked for once, however many want it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Poll, Waker};

use slab::Slab;

use super::resolve::{ResolveError, Resolver};
use crate::Error;
use crate::blocking::flow::Flow;
use crate::blocking::pool::{Pool, catch_panic};
use crate::blocking::semaphore::{Acquired, Permit, Semaphore, Waiter};
use crate::blocking::workers::Work;
use crate::executor::wake::{discard, wake};

/// How many names are asked for at once, those beside that nobody waits for any more not counted.
/// The resolver blocks a thread for each, for some ten seconds where no server answers.
const RUNNING: usize = 256;
/// How many more may wait for a thread.
const WAITING: usize = 1 << 16;

pub(super) type Answer = Result<Vec<IpAddr>, ResolveError>;

/// Clones are the same.
#[derive(Clone)]
pub(crate) struct Lookups(Arc<Inner>);

struct Inner {
    resolver: Resolver,
    semaphore: Semaphore,
    pool: Pool,
    /// By name. A lookup is in here until it is answered, or nobody wants it and nobody does it.
    pending: Mutex<HashMap<String, Lookup>>,
}

/// One name, and those who want its addresses.
struct Lookup {
    askers: Slab<Arc<Asker>>,
    /// Alive while a thread asks the resolver.
    permit: Option<Weak<Permit>>,
}

#[derive(Default)]
struct Asker(Mutex<Asked>);

#[derive(Default)]
struct Asked {
    waker: Option<Waker>,
    /// A thread asks: no permit of this asker's own is needed.
    started: bool,
    answer: Option<Answer>,
}

impl Asker {
    fn lock(&self) -> MutexGuard<'_, Asked> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what it knows, and wakes it.
    fn tell(&self, change: impl FnOnce(&mut Asked)) {
        let mut asked = self.lock();
        change(&mut asked);
        let waker = asked.waker.take();
        drop(asked);
        waker.into_iter().for_each(wake);
    }
}

impl Lookups {
    pub(crate) fn new(resolver: Resolver, pool: &Pool) -> Lookups {
        let semaphore = Semaphore::new(RUNNING, WAITING);
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

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Lookup>> {
        let pending = self.0.pending.lock();
        pending.unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for a name, together with all who ask for it already.
    ///
    /// # Errors
    /// `LaneFull` where the flow may not wait.
    pub(super) fn ask(&self, flow: Option<Flow>, name: String) -> Result<Question, Error> {
        let mut pending = self.lock();
        let lookup = pending.entry(name.clone()).or_insert_with(|| Lookup {
            askers: Slab::new(),
            permit: None,
        });
        let asker = Arc::new(Asker::default());
        let started = lookup.permit.is_some();
        asker.lock().started = started;
        let key = lookup.askers.insert(asker.clone());
        drop(pending);
        let mut question = Question {
            lookups: self.clone(),
            name,
            key,
            asker,
            waiter: None,
        };
        if !started {
            match self.0.semaphore.acquire(flow)? {
                Acquired::Permit(permit) => question.start(permit),
                Acquired::Queued(waiter) => question.waiter = Some(waiter),
            }
        }
        Ok(question)
    }

    /// Answers all who ask for a name.
    fn answer(&self, name: &str, answer: &Answer) {
        let lookup = self.lock().remove(name);
        for (_, asker) in lookup.into_iter().flat_map(|lookup| lookup.askers) {
            asker.tell(|asked| asked.answer = Some(copy(answer)));
        }
    }
}

/// The same answer for one more asker.
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

/// One asker's wait for one name; dropped, it asks no more. The last who leaves a lookup gives up its
/// place, whoever began it.
pub(super) struct Question {
    lookups: Lookups,
    name: String,
    key: usize,
    asker: Arc<Asker>,
    /// Its place in the queue, where nobody has begun with the name.
    waiter: Option<Waiter>,
}

impl Question {
    pub(super) fn poll(&mut self, waker: &Waker) -> Poll<Answer> {
        let own = waker.clone();
        let mut asked = self.asker.lock();
        if let Some(answer) = asked.answer.take() {
            drop(asked);
            self.waiter = None;
            return Poll::Ready(answer);
        }
        let (old, started) = (asked.waker.replace(own), asked.started);
        drop(asked);
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

    /// Has a thread ask the resolver, unless one does already: then the permit goes to the next.
    fn start(&self, permit: Arc<Permit>) {
        let mut pending = self.lookups.lock();
        let lookup = pending.get_mut(&self.name);
        let Some(lookup) = lookup.filter(|lookup| lookup.permit.is_none()) else {
            drop(pending);
            return;
        };
        lookup.permit = Some(Arc::downgrade(&permit));
        let others = lookup.askers.iter().filter(|&(key, _)| key != self.key);
        let others: Vec<Arc<Asker>> = others.map(|(_, asker)| asker.clone()).collect();
        drop(pending);
        // Where there is no thread for it, its end is the answer.
        let _ = self.lookups.0.pool.submit(Box::new(Asking {
            lookups: self.lookups.clone(),
            name: self.name.clone(),
            permit: Some(permit),
            answer: Some(Err(ResolveError::Temporary("no thread is left".to_owned()))),
        }));
        for asker in others {
            asker.tell(|asked| asked.started = true);
        }
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        let mut pending = self.lookups.lock();
        let mut permit = None;
        // Answered, it is in there no longer; another of the same name may be.
        if let Some(lookup) = pending.get_mut(&self.name)
            && let Some(asker) = lookup.askers.get(self.key)
            && Arc::ptr_eq(asker, &self.asker)
        {
            lookup.askers.remove(self.key);
            if lookup.askers.is_empty() {
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
        discard(self.asker.lock().waker.take());
    }
}

/// A name on its way to the resolver, on a thread.
struct Asking {
    lookups: Lookups,
    name: String,
    permit: Option<Arc<Permit>>,
    /// What its end answers; none where nobody asks.
    answer: Option<Answer>,
}

impl Work for Asking {
    fn run(&mut self) {
        let mut pending = self.lookups.lock();
        let lookup = pending.get(&self.name);
        if lookup.is_none_or(|lookup| lookup.askers.is_empty()) {
            // Whoever asks from now on begins anew.
            pending.remove(&self.name);
            drop(pending);
            self.answer = None;
            return;
        }
        drop(pending);
        let answer = catch_panic(|| self.lookups.0.resolver.ask(&self.name));
        // A panic is the resolver's failure.
        let failed = |error: Error| Err(ResolveError::Permanent(error.to_string()));
        self.answer = Some(answer.unwrap_or_else(failed));
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        // Before the answer is seen: whoever sees it finds room for the next name.
        drop(self.permit.take());
        if let Some(answer) = self.answer.take() {
            self.lookups.answer(&self.name, &answer);
        }
    }
}
