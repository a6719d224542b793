//! `wasi:sockets/ip-name-lookup`.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::vec::IntoIter;

use wasmtime::Result;
use wasmtime::component::Resource;
use wippy_dispatcher::net::{ResolveError, resolve};
use wippy_dispatcher::{Signal, Task};

use super::error::ErrorCode;
use super::interfaces::ip_name_lookup::{Host, HostResolveAddressStream};
use super::interfaces::network::IpAddress;
use super::{Network, SocketError};
use crate::host::State;
use crate::host::pollable::Pollable;

/// `wasi:sockets/ip-name-lookup#resolve-address-stream`: a lookup and what is left of its answer.
pub struct ResolveAddressStream {
    name: String,
    state: Lookup,
}

enum Lookup {
    Running(Running),
    Answered(IntoIter<IpAddr>),
    Failed(ErrorCode),
}

/// A lookup on the blocking pool.
struct Running {
    answer: Arc<Mutex<Option<Answer>>>,
    arrived: Signal,
    /// Its end abandons the lookup.
    _task: Task<()>,
}

type Answer = std::result::Result<Vec<IpAddr>, ResolveError>;

fn lock(answer: &Mutex<Option<Answer>>) -> MutexGuard<'_, Option<Answer>> {
    answer.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ResolveAddressStream {
    fn settle(&mut self) -> Result<(), SocketError> {
        let Lookup::Running(running) = &self.state else {
            return Ok(());
        };
        let Some(answer) = lock(&running.answer).take() else {
            return Err(ErrorCode::WouldBlock.into());
        };
        self.state = match answer {
            Ok(addresses) => Lookup::Answered(addresses.into_iter()),
            Err(error) => Lookup::Failed(code(error)?),
        };
        Ok(())
    }
}

fn code(error: ResolveError) -> Result<ErrorCode, SocketError> {
    Ok(match error {
        ResolveError::Invalid(_) => ErrorCode::InvalidArgument,
        ResolveError::NotFound(_) => ErrorCode::NameUnresolvable,
        ResolveError::Temporary(_) => ErrorCode::TemporaryResolverFailure,
        ResolveError::Dispatcher(error) => match SocketError::from(error) {
            SocketError::Code(code) => code,
            trap => return Err(trap),
        },
        _ => ErrorCode::PermanentResolverFailure,
    })
}

impl Host for State {
    /// Returns at once: a numeric address is its own answer, anything else is looked up meanwhile.
    fn resolve_addresses(
        &mut self,
        network: Resource<Network>,
        name: String,
    ) -> Result<Resource<ResolveAddressStream>, SocketError> {
        self.table.get(&network)?;
        if !wippy_dispatcher::net::is_name(&name) && name.parse::<IpAddr>().is_err() {
            return Err(ErrorCode::InvalidArgument.into());
        }
        if !self.context.network.looks_up(&name) {
            return Err(ErrorCode::AccessDenied.into());
        }
        let state = match name.parse::<IpAddr>() {
            Ok(address) => Lookup::Answered(vec![address].into_iter()),
            Err(_) => {
                let lookup = resolve(&self.handle, &name);
                let answer = Arc::new(Mutex::new(None));
                let arrived = Signal::new(&self.handle)?;
                let (theirs, tell) = (answer.clone(), arrived.clone());
                let task = self.handle.spawn(async move {
                    let found = lookup.await;
                    *lock(&theirs) = Some(found);
                    tell.set();
                })?;
                Lookup::Running(Running {
                    answer,
                    arrived,
                    _task: task,
                })
            }
        };
        Ok(self.table.push(ResolveAddressStream { name, state })?)
    }
}

impl HostResolveAddressStream for State {
    async fn resolve_next_address(
        &mut self,
        stream: Resource<ResolveAddressStream>,
    ) -> Result<Option<IpAddress>, SocketError> {
        self.breathe().await?;
        let lookup = self.table.get_mut(&stream)?;
        lookup.settle()?;
        match &mut lookup.state {
            Lookup::Running(_) => Err(ErrorCode::WouldBlock.into()),
            Lookup::Failed(code) => Err((*code).into()),
            Lookup::Answered(addresses) => {
                let next = addresses.next();
                if let Some(address) = next {
                    let allow = &self.context.network;
                    allow.remember(&mut self.looked_up, &lookup.name, address);
                }
                Ok(next.map(IpAddress::from))
            }
        }
    }

    fn subscribe(&mut self, stream: Resource<ResolveAddressStream>) -> Result<Resource<Pollable>> {
        let pollable = match &self.table.get(&stream)?.state {
            Lookup::Running(running) => Pollable::Signal(running.arrived.clone()),
            Lookup::Answered(_) | Lookup::Failed(_) => Pollable::Ready,
        };
        self.table.push_child(pollable, &stream)
    }

    fn drop(&mut self, stream: Resource<ResolveAddressStream>) -> Result<()> {
        self.table.delete(stream)?;
        Ok(())
    }
}
