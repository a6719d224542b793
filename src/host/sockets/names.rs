//! `wasi:sockets/ip-name-lookup`.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::vec::IntoIter;

use wasmtime::Result;
use wasmtime::component::Resource;
use wippy_dispatcher::net::{ResolveError, host_name, resolve_for};
use wippy_dispatcher::{Event, Task};

use super::SocketsView;
use super::error::ErrorCode;
use super::interfaces::ip_name_lookup::{Host, HostResolveAddressStream};
use super::interfaces::network::IpAddress;
use super::{Network, SocketError};
use crate::activity::WaitKind;
use crate::host::pollable::Pollable;
use crate::host::table::HostResource;
use crate::quota::QuotaPermit;

/// `wasi:sockets/ip-name-lookup#resolve-address-stream`: a lookup, and the addresses that the guest has
/// not taken yet.
pub struct ResolveAddressStream {
    name: String,
    state: Lookup,
}

impl HostResource for ResolveAddressStream {
    const NAME: &'static str = "resolve-address-stream";
}

enum Lookup {
    Running(Running),
    Answered(IntoIter<IpAddr>),
    Failed(ErrorCode),
}

/// A lookup that is under way.
struct Running {
    answer: Arc<Mutex<Option<Answer>>>,
    /// Set once there is an answer.
    arrived: Event,
    /// Waits for the answer. Dropping it cancels the lookup.
    _task: Task<()>,
    /// Counts the lookup for its call.
    _permit: QuotaPermit,
}

type Answer = std::result::Result<Vec<IpAddr>, ResolveError>;

fn lock(answer: &Mutex<Option<Answer>>) -> MutexGuard<'_, Option<Answer>> {
    answer.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ResolveAddressStream {
    /// Takes the answer of a lookup that has ended.
    ///
    /// # Errors
    /// `would-block` until it has; a trap for an error of the dispatcher that has no code.
    fn take_answer(&mut self) -> Result<(), SocketError> {
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

/// An answer, in which IPv4 addresses that are written as IPv6 are IPv4: no IPv6 socket takes those.
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

/// # Errors
/// A trap for an error of the dispatcher that has no code.
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
    /// `invalid-argument` for what is no name; `access-denied`; `temporary-resolver-failure` when the
    /// call has as many lookups under way as it may have.
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
                let permit = self.state.lookups.try_acquire(1);
                let permit = permit.ok_or(ErrorCode::TemporaryResolverFailure)?;
                let lookup = resolve_for(&self.handle, self.flow, &name);
                let answer = Arc::new(Mutex::new(None));
                let arrived = Event::new(&self.handle)?;
                let (result, event) = (answer.clone(), arrived.clone());
                let task = self.handle.spawn(async move {
                    let found = lookup.await;
                    *lock(&result) = Some(found);
                    event.set();
                })?;
                Lookup::Running(Running {
                    answer,
                    arrived,
                    _task: task,
                    _permit: permit,
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
        self.consume_budget().await?;
        let lookup = self.call.table.get_mut(&stream)?;
        lookup.take_answer()?;
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
            Lookup::Running(running) => {
                Pollable::Event(running.arrived.clone(), WaitKind::NameLookup)
            }
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
