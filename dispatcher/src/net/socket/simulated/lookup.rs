//! Name lookups in a simulation: the answer is known, and comes when the drawn time has passed.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use crate::Error;
use crate::handle::Handle;
use crate::net::ResolveError;
use crate::sim::NameAnswer;
use crate::time::sleep::Sleep;
use crate::time::timer_heap::DeadlineKind;

/// Dropping it cancels it.
pub(in crate::net) struct Lookup {
    handle: Handle,
    name: String,
    delay: Sleep,
}

impl Lookup {
    pub(in crate::net) fn start(handle: &Handle, name: String) -> Result<Lookup, Error> {
        let core = handle.core()?;
        let simulated = core.driver.simulated().ok_or(Error::Closed)?;
        let delay = simulated.draw_lookup_delay(handle.host().number, core.clock.now());
        let end = handle.now()? + delay;
        Ok(Lookup {
            handle: handle.clone(),
            name,
            delay: Sleep::new(handle.clone(), DeadlineKind::Lookup, end),
        })
    }

    pub(in crate::net) fn name(&self) -> &str {
        &self.name
    }

    pub(in crate::net) fn poll(
        &mut self,
        waker: &Waker,
    ) -> Poll<Result<Vec<IpAddr>, ResolveError>> {
        match Pin::new(&mut self.delay).poll(&mut Context::from_waker(waker)) {
            Poll::Pending => {
                self.name_timer();
                Poll::Pending
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error.into())),
            Poll::Ready(Ok(())) => Poll::Ready(self.answer()),
        }
    }

    /// Reports of what is waited for have the name.
    fn name_timer(&self) {
        if let (Some(timer), Ok(core)) = (self.delay.timer(), self.handle.core())
            && let Some(simulated) = core.driver.simulated()
        {
            simulated.name_lookup(timer, &self.name);
        }
    }

    fn answer(&self) -> Result<Vec<IpAddr>, ResolveError> {
        let core = self.handle.core()?;
        let simulated = core.driver.simulated().ok_or(Error::Closed)?;
        let host = self.handle.host().number;
        let not_found = || ResolveError::NotFound(self.name.clone());
        match simulated.look(|network| network.look_up(host, &self.name)) {
            NameAnswer::Addresses(addresses) if !addresses.is_empty() => Ok(addresses),
            NameAnswer::Addresses(_) | NameAnswer::NotFound | NameAnswer::Original => {
                Err(not_found())
            }
            NameAnswer::Temporary => Err(ResolveError::Temporary("as simulated".to_owned())),
            NameAnswer::Permanent => Err(ResolveError::Permanent("as simulated".to_owned())),
        }
    }
}
