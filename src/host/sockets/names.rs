//! `wasi:sockets/ip-name-lookup`.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::vec::IntoIter;

use wasmtime::Result;
use wasmtime::component::Resource;
use wippy_dispatcher::net::{ResolveError, host_name, resolve_for};
use wippy_dispatcher::{Signal, Task};

use super::SocketsView;
use super::error::ErrorCode;
use super::interfaces::ip_name_lookup::{Host, HostResolveAddressStream};
use super::interfaces::network::IpAddress;
use super::{Network, SocketError};
use crate::host::pollable::Pollable;
use crate::host::table::Kind;
use crate::quota::QuotaPermit;

/// `wasi:sockets/ip-name-lookup#resolve-address-stream`: a lookup and what is left of its answer.
pub struct ResolveAddressStream {
    name: String,
    state: Lookup,
}

impl Kind for ResolveAddressStream {
    const NAME: &'static str = "resolve-address-stream";
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
    _place: QuotaPermit,
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
            Ok(addresses) => answered(addresses),
            Err(error) => Lookup::Failed(code(error)?),
        };
        Ok(())
    }
}

/// What was found, without IPv4 addresses that are written as IPv6: no socket takes those.
fn answered(addresses: Vec<IpAddr>) -> Lookup {
    let addresses: Vec<IpAddr> = addresses.iter().map(IpAddr::to_canonical).collect();
    Lookup::Answered(addresses.into_iter())
}

/// A name without the brackets that stand around an IPv6 address in a URL.
fn unbracketed(name: &str) -> &str {
    let inside = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'));
    match inside {
        Some(inside) if inside.parse::<Ipv6Addr>().is_ok() => inside,
        _ => name,
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

impl Host for SocketsView<'_> {
    /// Returns at once: a numeric address is its own answer, anything else is looked up meanwhile.
    ///
    /// # Errors
    /// `temporary-resolver-failure` while as many lookups of the call as it may have are not asked
    /// for their answers, and those of the interface.
    fn resolve_addresses(
        &mut self,
        network: Resource<Network>,
        name: String,
    ) -> Result<Resource<ResolveAddressStream>, SocketError> {
        self.spend(name.len());
        self.table.get(&network)?;
        let name = unbracketed(&name);
        let numeric = name.parse::<IpAddr>().ok();
        let name = match numeric {
            Some(_) => name.to_owned(),
            None => host_name(name).ok_or(ErrorCode::InvalidArgument)?,
        };
        if !self.network.looks_up(&name) {
            return Err(ErrorCode::AccessDenied.into());
        }
        let state = match numeric {
            Some(address) => answered(vec![address]),
            None => {
                let place = self.state.lookups.try_acquire(1);
                let place = place.ok_or(ErrorCode::TemporaryResolverFailure)?;
                let lookup = resolve_for(&self.handle, self.flow, &name);
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
                    _place: place,
                })
            }
        };
        Ok(self.table.push(ResolveAddressStream { name, state })?)
    }
}

impl HostResolveAddressStream for SocketsView<'_> {
    async fn resolve_next_address(
        &mut self,
        stream: Resource<ResolveAddressStream>,
    ) -> Result<Option<IpAddress>, SocketError> {
        self.breathe().await?;
        let lookup = self.call.table.get_mut(&stream)?;
        lookup.settle()?;
        match &mut lookup.state {
            Lookup::Running(_) => Err(ErrorCode::WouldBlock.into()),
            Lookup::Failed(code) => Err((*code).into()),
            Lookup::Answered(addresses) => {
                let next = addresses.next();
                if let Some(address) = next {
                    let allow = &self.call.network;
                    allow.remember(&mut self.state.looked_up, &lookup.name, address);
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

#[cfg(test)]
mod tests {
    use wippy_dispatcher::Dispatcher;

    use super::*;
    use crate::host::sockets::interfaces::instance_network;
    use crate::host::sockets::state::LOOKUPS;
    use crate::host::state::tests::{sockets_view, state};

    /// What a numeric name answers with.
    fn literal(name: &str) -> Result<Option<IpAddr>, ErrorCode> {
        let dispatcher = Dispatcher::new().expect("a dispatcher");
        let mut state = state(&dispatcher);
        let mut state = sockets_view(&mut state);
        let network = instance_network::Host::instance_network(&mut state).expect("room");
        let stream = match state.resolve_addresses(network, name.to_owned()) {
            Ok(stream) => stream,
            Err(SocketError::Code(code)) => return Err(code),
            Err(_) => panic!("a trap"),
        };
        match &mut state.table.get_mut(&stream).expect("there").state {
            Lookup::Answered(addresses) => Ok(addresses.next()),
            _ => panic!("{name} is no address"),
        }
    }

    #[test]
    fn brackets_are_taken_off_and_mapped_addresses_are_ipv4() {
        for (name, address) in [
            ("[::]", "::"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("::ffff:1.2.3.4", "1.2.3.4"),
            ("[::ffff:1.2.3.4]", "1.2.3.4"),
            ("::1.2.3.4", "::102:304"),
        ] {
            assert_eq!(literal(name), Ok(address.parse().ok()), "{name}");
        }
        for name in [
            "[::1]:80",
            "[localhost]",
            "[127.0.0.1]",
            "[::1",
            "[]",
            "[[::1]]",
        ] {
            assert_eq!(literal(name), Err(ErrorCode::InvalidArgument), "{name}");
        }
    }

    #[test]
    fn one_call_does_not_take_all_places_at_the_resolver() {
        let dispatcher = Dispatcher::new().expect("a dispatcher");
        let mut state = state(&dispatcher);
        let mut state = sockets_view(&mut state);
        let network = instance_network::Host::instance_network(&mut state).expect("room");
        let again = || Resource::<Network>::new_own(network.rep());
        // Nothing runs before the dispatcher's next turn, so nobody is asked.
        let look_up = |state: &mut SocketsView<'_>, name: &str| {
            state.resolve_addresses(again(), name.to_owned())
        };
        let mut lookups = Vec::new();
        for _ in 0..LOOKUPS {
            lookups.push(look_up(&mut state, "nobody.invalid").expect("a place"));
        }
        let refused = look_up(&mut state, "nobody.invalid");
        assert!(matches!(
            refused,
            Err(SocketError::Code(ErrorCode::TemporaryResolverFailure))
        ));
        look_up(&mut state, "127.0.0.1").expect("its own answer");
        let given_up = lookups.pop().expect("one");
        HostResolveAddressStream::drop(&mut state, given_up).expect("its owner");
        look_up(&mut state, "nobody.invalid").expect("a place");
    }
}
