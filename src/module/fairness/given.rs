//! A resource of each kind, for the looping guest. Making one does not count: each is made in a
//! state of its own and moved to the guest's table.

use std::future::Future;
use std::net::Ipv4Addr;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use wasmtime::component::{Linker, LinkerInstance, Resource};
use wasmtime::{Result, StoreContextMut};

use super::looper::GIVEN;
use crate::host::State;
use crate::host::cli::{TerminalInput, TerminalOutput};
use crate::host::filesystem::interfaces::preopens::Host as _;
use crate::host::filesystem::{Descriptor, DirectoryStream};
use crate::host::http::ReceivedRequest;
use crate::host::http::interfaces::types::{HostFields, HostOutgoingRequest, HostOutgoingResponse};
use crate::host::http::{
    FieldsResource, FutureIncomingResponse, FutureTrailers, IncomingBody, IncomingRequest,
    IncomingResponse, OutgoingBody, OutgoingRequest, OutgoingResponse, RequestOptions,
    ResponseOutparam,
};
use crate::host::io::{InputSource, InputStream, IoError, OutputStream};
use crate::host::pipe::pipe;
use crate::host::pollable::Pollable;
use crate::host::sockets::interfaces::ip_name_lookup::Host as _;
use crate::host::sockets::interfaces::network::{
    IpAddressFamily, IpSocketAddress, Ipv4SocketAddress,
};
use crate::host::sockets::interfaces::tcp_create_socket::Host as _;
use crate::host::sockets::interfaces::udp::HostUdpSocket;
use crate::host::sockets::interfaces::udp_create_socket::Host as _;
use crate::host::sockets::{
    IncomingDatagramStream, Network, OutgoingDatagramStream, ResolveAddressStream, TcpSocket,
    UdpSocket,
};
use crate::host::state::tests::{files_view, http_view, sockets_view};
use crate::host::table::HostResource;
use crate::http::{self, BodyReader, Fields};

/// Defines the functions that give out resources. One that is missing here is a trap.
pub fn define(linker: &mut Linker<State>) -> Result<()> {
    linker.allow_shadowing(true);
    let given = &mut linker.instance(GIVEN)?;
    make::<Pollable>(given, |_| Pollable::Ready)?;
    make::<InputStream>(given, input)?;
    make::<OutputStream>(given, |state| {
        OutputStream::new(state.cli.stdio.stdout.clone())
    })?;
    make::<IoError>(given, |_| IoError::new("an error"))?;
    make::<TerminalInput>(given, |_| TerminalInput)?;
    make::<TerminalOutput>(given, |_| TerminalOutput)?;
    make::<Descriptor>(given, directory)?;
    make::<DirectoryStream>(given, |state| DirectoryStream::at_end(directory(state)))?;
    make::<FieldsResource>(given, fields)?;
    make::<IncomingRequest>(given, incoming_request)?;
    make::<OutgoingRequest>(given, outgoing_request)?;
    make::<RequestOptions>(given, |_| RequestOptions::default())?;
    make::<ResponseOutparam>(given, outparam)?;
    make::<IncomingResponse>(given, |state| {
        IncomingResponse::new(200, fields(state), body(state), None)
    })?;
    make::<IncomingBody>(given, |state| IncomingBody::new(body(state), None))?;
    make::<FutureTrailers>(given, |state| FutureTrailers::new(body(state), None))?;
    make::<OutgoingResponse>(given, |state| {
        let response = outgoing_response(state);
        taken(state, response)
    })?;
    make::<OutgoingBody>(given, outgoing_body)?;
    make::<FutureIncomingResponse>(given, |state| {
        FutureIncomingResponse::taken(&state.call.handle)
    })?;
    make::<Network>(given, |_| Network)?;
    make::<ResolveAddressStream>(given, lookup)?;
    make::<TcpSocket>(given, |state| {
        let socket = at_once(sockets_view(state).create_tcp_socket(IpAddressFamily::Ipv4));
        taken(state, socket.expect("a socket"))
    })?;
    make::<UdpSocket>(given, |state| {
        let socket = bound(state);
        taken(state, socket)
    })?;
    make::<IncomingDatagramStream>(given, |state| {
        let (incoming, _) = datagrams(state);
        taken(state, incoming)
    })?;
    make::<OutgoingDatagramStream>(given, |state| {
        let (_, outgoing) = datagrams(state);
        taken(state, outgoing)
    })?;
    linker.allow_shadowing(false);
    Ok(())
}

fn make<T: HostResource>(
    given: &mut LinkerInstance<'_, State>,
    make: fn(&mut State) -> T,
) -> Result<()> {
    let name = format!("make-{}", T::NAME);
    given.func_wrap(
        &name,
        move |mut store: StoreContextMut<'_, State>, (): ()| {
            let state = store.data_mut();
            let mut apart = state.fresh();
            let made = make(&mut apart);
            Ok((state.call.table.push(made)?,))
        },
    )
}

/// A resource out of the table of the state that made it.
fn taken<T: HostResource>(state: &mut State, resource: Resource<T>) -> T {
    state.call.table.delete(resource).expect("made")
}

/// The result of a function that could wait and does not.
fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

fn input(state: &mut State) -> InputStream {
    let (reader, writer) = pipe(&state.call.handle, 1 << 16).expect("room");
    writer.write(&[0; 1 << 10]).expect("a reader");
    InputStream::new(InputSource::Pipe(reader))
}

fn directory(state: &mut State) -> Descriptor {
    let mut directories = files_view(state).get_directories().expect("room");
    let (directory, _) = directories.pop().expect("a mount");
    taken(state, directory)
}

fn body(state: &mut State) -> BodyReader {
    http::body(&state.call.handle, 1, None).expect("room").1
}

fn fields(state: &mut State) -> FieldsResource {
    let fields = HostFields::new(&mut http_view(state)).expect("room");
    taken(state, fields)
}

fn incoming_request(state: &mut State) -> IncomingRequest {
    let request = ReceivedRequest {
        method: http::Method::Get,
        path_with_query: Some("/".into()),
        secure: false,
        authority: Some("example.test".into()),
        fields: Fields::new(),
        body: body(state),
    };
    let request = http_view(state).incoming_request(request).expect("room");
    taken(state, request)
}

fn outgoing_request(state: &mut State) -> OutgoingRequest {
    let fields = HostFields::new(&mut http_view(state)).expect("room");
    let request = HostOutgoingRequest::new(&mut http_view(state), fields).expect("room");
    taken(state, request)
}

fn outparam(state: &mut State) -> ResponseOutparam {
    let (answer, _) = http::reply(&state.call.handle).expect("room");
    let outparam = http_view(state).response_outparam(answer).expect("room");
    taken(state, outparam)
}

fn outgoing_response(state: &mut State) -> Resource<OutgoingResponse> {
    let fields = HostFields::new(&mut http_view(state)).expect("room");
    HostOutgoingResponse::new(&mut http_view(state), fields).expect("room")
}

fn outgoing_body(state: &mut State) -> OutgoingBody {
    let response = outgoing_response(state);
    let body = HostOutgoingResponse::body(&mut http_view(state), response).expect("room");
    taken(state, body.expect("the first time"))
}

fn lookup(state: &mut State) -> ResolveAddressStream {
    let network = state.call.table.push(Network).expect("room");
    let lookup = sockets_view(state).resolve_addresses(network, Ipv4Addr::LOCALHOST.to_string());
    taken(state, lookup.expect("its own answer"))
}

fn bound(state: &mut State) -> Resource<UdpSocket> {
    let socket =
        at_once(sockets_view(state).create_udp_socket(IpAddressFamily::Ipv4)).expect("a socket");
    let network = state.call.table.push(Network).expect("room");
    let address = IpSocketAddress::Ipv4(Ipv4SocketAddress {
        port: 0,
        address: (127, 0, 0, 1),
    });
    let again = || Resource::new_own(socket.rep());
    HostUdpSocket::start_bind(&mut sockets_view(state), again(), network, address)
        .expect("an address");
    HostUdpSocket::finish_bind(&mut sockets_view(state), again()).expect("bound");
    socket
}

fn datagrams(
    state: &mut State,
) -> (
    Resource<IncomingDatagramStream>,
    Resource<OutgoingDatagramStream>,
) {
    let socket = bound(state);
    HostUdpSocket::stream(&mut sockets_view(state), socket, None).expect("bound")
}
