//! What sockets and names promise, over both drivers from one source: the system's loopback interface,
//! and simulated ones of several seeds.

mod names;
mod tcp;
mod tcp_ends;
mod udp;

use std::cell::RefCell;
use std::future::Future;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::rc::Rc;

use wippy_dispatcher::net::{TcpListener, TcpStream, UdpSocket};
use wippy_dispatcher::{Dispatcher, Error, Handle, Simulation};

/// Makes two tests of each function: one over the system, one over simulations of several seeds, some of
/// them with many short reads and spurious reports of readiness.
macro_rules! over_both_drivers {
    ($($name:ident),* $(,)?) => {
        mod system {
            $(#[test]
            fn $name() {
                super::$name(&crate::conformance::system());
            })*
        }

        mod simulated {
            $(#[test]
            fn $name() {
                crate::conformance::simulations().for_each(|dispatcher| super::$name(&dispatcher));
            })*
        }
    };
}
pub(super) use over_both_drivers;

fn system() -> Dispatcher {
    Dispatcher::new().expect("dispatcher")
}

fn simulations() -> impl Iterator<Item = Dispatcher> {
    (0..12).map(|seed| {
        let rate = f64::from(seed as u32 % 4) * 0.2;
        let simulation = Simulation::new(seed)
            .short_io(rate)
            .spurious_readiness(rate);
        let builder = Dispatcher::builder().simulation(simulation);
        builder.build().expect("simulation")
    })
}

/// Any port of the loopback addresses that there are.
fn loopbacks(handle: &Handle) -> Vec<SocketAddr> {
    let any = [
        SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        SocketAddr::from((Ipv6Addr::LOCALHOST, 0)),
    ];
    let mut any = any.to_vec();
    any.retain(|address| UdpSocket::bound(handle, *address).is_ok());
    any
}

fn run<T>(
    dispatcher: &Dispatcher,
    future: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    dispatcher.block_on(future).expect("block_on")
}

/// A listener and its address.
fn listener(handle: &Handle, any: SocketAddr) -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind(handle, any).expect("bind");
    let address = listener.local_addr().expect("address");
    (listener, address)
}

/// A connection: the client's end and the server's.
fn connected(dispatcher: &Dispatcher, any: SocketAddr) -> (TcpStream, TcpStream) {
    let handle = dispatcher.handle();
    let (listener, address) = listener(&handle, any);
    let both = async {
        let client = TcpStream::connect(&handle, address).await?;
        let (server, _) = listener.accept().await?;
        Ok((client, server))
    };
    run(dispatcher, both).expect("a connection")
}

/// Starts a task and gives where its output will be.
fn spawn<T: 'static>(
    dispatcher: &Dispatcher,
    future: impl Future<Output = T> + 'static,
) -> impl Future<Output = Result<T, Error>> {
    let output = Rc::new(RefCell::new(None));
    let place = output.clone();
    let task = dispatcher.spawn(async move {
        let done = future.await;
        place.borrow_mut().replace(done);
    });
    let task = task.expect("room");
    async move {
        task.await.expect("not cancelled");
        Ok(output.take().expect("it has ended"))
    }
}

/// Reads to the end.
async fn read_all(stream: &TcpStream) -> Result<Vec<u8>, Error> {
    let (mut all, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(all),
            read => all.extend_from_slice(&buffer[..read]),
        }
    }
}

/// Reads so many bytes.
async fn read_exactly(stream: &TcpStream, length: usize) -> Result<Vec<u8>, Error> {
    let mut all = vec![0; length];
    let mut filled = 0;
    while filled < length {
        match stream.read(&mut all[filled..]).await? {
            0 => break,
            read => filled += read,
        }
    }
    all.truncate(filled);
    Ok(all)
}
