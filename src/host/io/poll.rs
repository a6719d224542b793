//! `wasi:io/poll`: how a guest waits.

use wasmtime::component::Resource;
use wasmtime::{Result, bail};
use wippy_dispatcher::{Instant, WaitSet};

use super::OutputStream;
use super::interfaces::poll::{Host, HostPollable};
use crate::activity::{Wait, WaitKind, WaitKinds};
use crate::host::call::Call;
use crate::host::pollable::Pollable;
use crate::http::BodySink;

/// How many pollables are checked or registered before the guest may have to yield.
pub(super) const SLICE: usize = 1024;

/// A list in parts, each with the index of its first.
fn slices(pollables: &[Resource<Pollable>]) -> impl Iterator<Item = (u32, &[Resource<Pollable>])> {
    (0u32..).step_by(SLICE).zip(pollables.chunks(SLICE))
}

impl HostPollable for Call {
    fn ready(&mut self, pollable: Resource<Pollable>) -> Result<bool> {
        if self.is_ready(&pollable)? {
            return Ok(true);
        }
        if self.table.get(&pollable)?.is_timer() {
            return Ok(false);
        }
        self.handle.poll_driver()?;
        self.is_ready(&pollable)
    }

    async fn block(&mut self, pollable: Resource<Pollable>) -> Result<()> {
        self.consume_budget().await?;
        match self.is_ready(&pollable)? {
            true => Ok(()),
            false => self.wait_for_one(pollable).await,
        }
    }

    fn drop(&mut self, pollable: Resource<Pollable>) -> Result<()> {
        self.table.delete(pollable)?;
        Ok(())
    }
}

impl Host for Call {
    /// Scans once; if nothing is ready lets the driver poll I/O once without waiting and scans again;
    /// suspends only if still nothing is ready.
    async fn poll(&mut self, pollables: Vec<Resource<Pollable>>) -> Result<Vec<u32>> {
        if pollables.is_empty() {
            bail!("poll of an empty list would wait forever");
        }
        let bound = self.limits.resources;
        if pollables.len() > bound {
            bail!(
                "poll of {} pollables, where {bound} resources may live (limits.max_resources)",
                pollables.len()
            );
        }
        let ready = self.scan(&pollables).await?;
        if !ready.is_empty() {
            return Ok(ready);
        }
        self.wait_any(&pollables).await
    }
}

impl Call {
    /// Waits for one that was not ready.
    pub(super) async fn wait_for_one(&mut self, pollable: Resource<Pollable>) -> Result<()> {
        if let &Pollable::Deadline(deadline) = self.table.get(&pollable)? {
            let sleep = self.handle.sleep_until(deadline);
            self.parked(Wait::until(deadline), sleep).await?;
            self.reset_budget();
            return Ok(());
        }
        self.wait_any(&[pollable]).await?;
        Ok(())
    }

    pub(super) fn is_ready(&self, pollable: &Resource<Pollable>) -> Result<bool> {
        let handle = &self.handle;
        self.table
            .get(pollable)?
            .is_ready(&self.table, &mut || Ok(handle.now()?))
    }

    /// The indexes of those that are ready now. Other tasks run between the slices of a long list.
    async fn scan(&mut self, pollables: &[Resource<Pollable>]) -> Result<Vec<u32>> {
        let mut ready = Vec::new();
        for (first, slice) in slices(pollables) {
            self.spend_items(slice.len());
            self.consume_budget().await?;
            self.scan_slice(first, slice, &mut ready)?;
        }
        Ok(ready)
    }

    /// Adds those of a slice that are ready, over one reading of the clock.
    pub(super) fn scan_slice(
        &self,
        first: u32,
        slice: &[Resource<Pollable>],
        ready: &mut Vec<u32>,
    ) -> Result<()> {
        let mut now = None;
        let mut clock = || match now {
            Some(now) => Ok(now),
            None => {
                let read: Instant = self.handle.now()?;
                now = Some(read);
                Ok(read)
            }
        };
        for (index, pollable) in (first..).zip(slice) {
            if self
                .table
                .get(pollable)?
                .is_ready(&self.table, &mut clock)?
            {
                ready.push(index);
            }
        }
        Ok(())
    }

    /// Waits until at least one of them, none of which was ready, is.
    pub(crate) async fn wait_any(&mut self, pollables: &[Resource<Pollable>]) -> Result<Vec<u32>> {
        let mut timers_only = true;
        for pollable in pollables {
            timers_only &= self.table.get(pollable)?.is_timer();
        }
        if !timers_only {
            self.handle.poll_driver()?;
            let mut ready = self.scan(pollables).await?;
            if ready.is_empty() && self.fail_stuck(pollables)? {
                ready = self.scan(pollables).await?;
            }
            if !ready.is_empty() {
                return Ok(ready);
            }
        }
        let mut set = self.take_wait_set()?;
        let ready = loop {
            let (mut kinds, mut deadline) = (WaitKinds::default(), None::<Instant>);
            for (first, slice) in slices(pollables) {
                self.spend_items(slice.len());
                self.consume_budget().await?;
                for (tag, pollable) in (first..).zip(slice) {
                    let pollable = self.table.get(pollable)?;
                    pollable.register(&self.table, &mut set, tag)?;
                    kinds.insert(pollable.wait_kind(&self.table)?);
                    if let Pollable::Deadline(at) = pollable {
                        deadline = Some(deadline.map_or(*at, |earliest| earliest.min(*at)));
                    }
                }
            }
            let waiting = Wait::Any {
                count: u32::try_from(pollables.len()).unwrap_or(u32::MAX),
                kinds,
                deadline,
            };
            self.parked(waiting, set.wait()).await?;
            let ready = self.confirm(&mut set, pollables)?;
            set.clear();
            if !ready.is_empty() {
                break ready;
            }
        };
        self.wait_set = Some(set);
        self.reset_budget();
        Ok(ready)
    }

    /// If all of them wait for room in bodies of messages that are not handed over yet, nobody will
    /// ever make room: fails these bodies, so that the guest gets an error instead of waiting for
    /// ever. Returns whether it did.
    fn fail_stuck(&self, pollables: &[Resource<Pollable>]) -> Result<bool> {
        for pollable in pollables {
            if self.stuck(pollable)?.is_none() {
                return Ok(false);
            }
        }
        for pollable in pollables {
            if let Some(body) = self.stuck(pollable)? {
                body.fail_if_stuck();
            }
        }
        Ok(true)
    }

    fn stuck(&self, pollable: &Resource<Pollable>) -> Result<Option<&BodySink>> {
        Ok(match self.table.get(pollable)? {
            Pollable::Output(parent) => {
                self.table.by_index::<OutputStream>(*parent)?.sink().stuck()
            }
            _ => None,
        })
    }

    /// Waits for what `register` adds to the wait set, of the kind that it gives. A wake may be spurious: the caller tries again.
    pub(crate) async fn wait_once(
        &mut self,
        register: impl FnOnce(&Call, &mut WaitSet) -> Result<WaitKind>,
    ) -> Result<()> {
        self.wait_for(|call, set| register(call, set).map(Wait::one))
            .await
    }

    /// The same for several things, which `register` tells of.
    pub(crate) async fn wait_for(
        &mut self,
        register: impl FnOnce(&Call, &mut WaitSet) -> Result<Wait>,
    ) -> Result<()> {
        let mut set = self.take_wait_set()?;
        let wait = register(self, &mut set)?;
        self.parked(wait, set.wait()).await?;
        set.clear();
        self.wait_set = Some(set);
        self.reset_budget();
        Ok(())
    }

    fn take_wait_set(&mut self) -> Result<WaitSet> {
        Ok(match self.wait_set.take() {
            Some(set) => set,
            None => WaitSet::new(&self.handle)?,
        })
    }

    /// Of those that fired, the ones that are ready: a wake may be spurious.
    fn confirm(&mut self, set: &mut WaitSet, pollables: &[Resource<Pollable>]) -> Result<Vec<u32>> {
        self.fired.clear();
        set.take_fired(&mut self.fired)?;
        self.fired.sort_unstable();
        self.fired.dedup();
        let now = self.handle.now()?;
        let mut ready = Vec::with_capacity(self.fired.len());
        for &tag in &self.fired {
            if let Some(pollable) = pollables.get(tag as usize)
                && self
                    .table
                    .get(pollable)?
                    .is_ready(&self.table, &mut || Ok(now))?
            {
                ready.push(tag);
            }
        }
        Ok(ready)
    }
}
