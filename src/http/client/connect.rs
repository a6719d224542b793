//! From a target to a connection: its name, its addresses, TCP and TLS.

use std::future::{Future, poll_fn};
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use rustix::io::Errno;
use wippy_dispatcher::net::{ResolveError, TcpStream, resolve_for};
use wippy_dispatcher::{Error, Flow, Handle, Sleep};

use super::stream::Stream;
use crate::http::error::{DnsError, ErrorCode};
use crate::http::session::Session;
use crate::http::socket::Socket;
use crate::http::target::HttpOrigin;

/// The most addresses of one name that are tried.
const ADDRESSES_MAX: usize = 16;
/// How long one address is tried alone before the next is tried beside it.
const HEAD_START: Duration = Duration::from_millis(250);

/// The addresses of a target, the families taking turns in the resolver's order; those of IPv4 that
/// are written as IPv6 are IPv4.
///
/// # Errors
/// `DNS-error`.
pub async fn addresses(
    handle: &Handle,
    flow: Flow,
    target: &HttpOrigin,
) -> Result<Vec<SocketAddr>, ErrorCode> {
    let found = match target.address() {
        Some(address) => vec![address],
        None => {
            let lookup = resolve_for(handle, flow, &target.host);
            lookup.await.map_err(dns_code)?
        }
    };
    let found = found.iter().map(IpAddr::to_canonical).collect();
    Ok(take_turns(found)
        .map(|address| SocketAddr::new(address, target.port))
        .collect())
}

fn take_turns(found: Vec<IpAddr>) -> impl Iterator<Item = IpAddr> {
    let first_is_v6 = found.first().is_some_and(IpAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) = found
        .into_iter()
        .partition(|address| address.is_ipv6() == first_is_v6);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut turn = false;
    std::iter::from_fn(move || {
        turn = !turn;
        match turn {
            true => first.next().or_else(|| second.next()),
            false => second.next().or_else(|| first.next()),
        }
    })
    .take(ADDRESSES_MAX)
}

type Attempt = Pin<Box<dyn Future<Output = Result<TcpStream, Error>>>>;

/// The first connection that succeeds. Each address gets a head start over the next, which a
/// failure cuts short.
///
/// # Errors
/// That of the address that failed first.
pub async fn connect_any(
    handle: &Handle,
    addresses: Vec<SocketAddr>,
) -> Result<TcpStream, ErrorCode> {
    if let &[address] = addresses.as_slice() {
        return TcpStream::connect(handle, address).await.map_err(tcp_error);
    }
    let mut waiting = addresses.into_iter();
    let mut attempts: Vec<Attempt> = Vec::new();
    let mut first_error = None;
    let mut head_start: Option<Sleep> = None;
    poll_fn(|cx| {
        loop {
            let over = match &mut head_start {
                Some(sleep) => Pin::new(sleep).poll(cx).is_ready(),
                None => true,
            };
            if over || attempts.is_empty() {
                head_start = None;
                if let Some(address) = waiting.next() {
                    let handle_of_attempt = handle.clone();
                    attempts.push(Box::pin(async move {
                        TcpStream::connect(&handle_of_attempt, address).await
                    }));
                    head_start = Some(handle.sleep(HEAD_START));
                    // The new sleep has to be polled as well.
                    if let Some(sleep) = &mut head_start {
                        let _ = Pin::new(sleep).poll(cx);
                    }
                }
            }
            let mut failed = false;
            let mut index = 0;
            while let Some(attempt) = attempts.get_mut(index) {
                match attempt.as_mut().poll(cx) {
                    Poll::Ready(Ok(stream)) => return Poll::Ready(Ok(stream)),
                    Poll::Ready(Err(error)) => {
                        first_error.get_or_insert(tcp_error(error));
                        drop(attempts.remove(index));
                        failed = true;
                    }
                    Poll::Pending => index += 1,
                }
            }
            if !failed {
                return Poll::Pending;
            }
            if attempts.is_empty() && waiting.len() == 0 {
                let error = first_error.take();
                return Poll::Ready(Err(error.unwrap_or(ErrorCode::DestinationNotFound)));
            }
            head_start = None;
        }
    })
    .await
}

/// Agrees with the server on a TLS session.
///
/// # Errors
/// The errors of TLS; `connection-terminated` when the server goes away.
pub async fn secure(tcp: TcpStream, mut session: Session) -> Result<Stream, ErrorCode> {
    loop {
        let flushed = session.flush(&mut Socket(&tcp))?;
        if !session.is_handshaking() {
            return Ok(Stream::secure(tcp, session));
        }
        let advanced = session.handshake(&mut Socket(&tcp));
        if advanced.is_err() {
            // Sends the server the TLS alert, as far as the socket takes it now.
            let _ = session.flush(&mut Socket(&tcp));
        }
        if advanced? {
            continue;
        }
        let waited = match flushed {
            true => tcp.readable().await,
            false => tcp.writable().await,
        };
        waited.map_err(tcp_error)?;
    }
}

fn dns_code(error: ResolveError) -> ErrorCode {
    let rcode = match &error {
        ResolveError::Invalid(_) => return ErrorCode::HttpRequestUriInvalid,
        ResolveError::NotFound(_) => "NXDOMAIN",
        ResolveError::Temporary(_) => "SERVFAIL",
        ResolveError::Permanent(_) => "REFUSED",
        _ => return ErrorCode::internal(error),
    };
    ErrorCode::DnsError(DnsError {
        rcode: Some(rcode.to_owned()),
        info_code: None,
    })
}

/// What a failure of TCP means for the request that needs the connection.
fn tcp_error(error: Error) -> ErrorCode {
    match error.raw_os_error().map(Errno::from_raw_os_error) {
        Some(Errno::CONNREFUSED) => ErrorCode::ConnectionRefused,
        Some(Errno::TIMEDOUT) => ErrorCode::ConnectionTimeout,
        Some(Errno::HOSTUNREACH | Errno::NETUNREACH | Errno::NETDOWN | Errno::AFNOSUPPORT) => {
            ErrorCode::DestinationIpUnroutable
        }
        Some(Errno::ACCESS | Errno::PERM) => ErrorCode::DestinationIpProhibited,
        Some(Errno::MFILE | Errno::NFILE | Errno::ADDRNOTAVAIL | Errno::NOBUFS) => {
            ErrorCode::ConnectionLimitReached
        }
        Some(Errno::CONNRESET | Errno::PIPE) => ErrorCode::ConnectionTerminated,
        Some(_) => ErrorCode::DestinationUnavailable,
        None => ErrorCode::internal(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns() {
        let of = |list: &[&str]| -> Vec<IpAddr> {
            list.iter()
                .map(|text| text.parse().expect("an address"))
                .collect()
        };
        let found = of(&["::1", "::2", "::3", "1.1.1.1"]);
        let turns: Vec<IpAddr> = take_turns(found).collect();
        assert_eq!(turns, of(&["::1", "1.1.1.1", "::2", "::3"]));
        let many = vec![IpAddr::from([1, 1, 1, 1]); 100];
        assert_eq!(take_turns(many).count(), ADDRESSES_MAX);
    }
}
