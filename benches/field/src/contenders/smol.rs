//! smol on one thread.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use smol::io::{AsyncReadExt, AsyncWriteExt};
use smol::{Async, LocalExecutor, Timer};
use wippy_report::Round;

use crate::error::Fallible;
use crate::runtime::{Runtime, Stream};
use crate::trial::Trial;
use crate::work;

#[derive(Clone)]
struct Smol(Rc<LocalExecutor<'static>>);

pub fn run(trial: Trial) -> Fallible<Round> {
    let executor = Rc::new(LocalExecutor::new());
    let task = executor.spawn(work::run(Smol(executor.clone()), trial));
    smol::block_on(executor.run(task))
}

impl Runtime for Smol {
    type Listener = Async<std::net::TcpListener>;
    type Stream = Async<std::net::TcpStream>;

    fn spawn<F>(&self, future: F) -> impl Future<Output = Fallible<F::Output>> + 'static + use<F>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let task = self.0.spawn(future);
        async { Ok(task.await) }
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = Fallible<()>> + 'static + use<> {
        let timer = Timer::after(duration);
        async {
            timer.await;
            Ok(())
        }
    }

    fn own_yield(&self) -> impl Future<Output = bool> + 'static + use<> {
        async { false }
    }

    fn listen(&self) -> Fallible<(Self::Listener, SocketAddr)> {
        listen()
    }

    async fn accept(&self, listener: &Self::Listener) -> Fallible<Self::Stream> {
        let (stream, _) = listener.accept().await?;
        stream.get_ref().set_nodelay(true)?;
        Ok(stream)
    }
}

/// A listener on async-io.
pub fn listen() -> Fallible<(Async<std::net::TcpListener>, SocketAddr)> {
    let listener = Async::<std::net::TcpListener>::bind(([127, 0, 0, 1], 0))?;
    let address = listener.get_ref().local_addr()?;
    Ok((listener, address))
}

impl Stream for Async<std::net::TcpStream> {
    async fn read(&mut self, mut buffer: Vec<u8>) -> (io::Result<usize>, Vec<u8>) {
        (AsyncReadExt::read(self, &mut buffer).await, buffer)
    }

    async fn write_all(&mut self, buffer: Vec<u8>, length: usize) -> (io::Result<()>, Vec<u8>) {
        let bytes = buffer.get(..length).unwrap_or(&buffer);
        (AsyncWriteExt::write_all(self, bytes).await, buffer)
    }
}
