//! The dispatcher.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use wippy_dispatcher::net::{TcpListener, TcpStream};
use wippy_dispatcher::{Builder, Dispatcher, Handle};
use wippy_report::Round;

use super::spin::SPIN;
use crate::error::Fallible;
use crate::runtime::{Runtime, Stream};
use crate::trial::Trial;
use crate::work;

#[derive(Clone)]
struct Wippy(Handle);

pub fn run(trial: Trial) -> Fallible<Round> {
    run_with(Dispatcher::builder(), trial)
}

pub fn run_spinning(trial: Trial) -> Fallible<Round> {
    run_with(Dispatcher::builder().spin(SPIN), trial)
}

fn run_with(builder: Builder, trial: Trial) -> Fallible<Round> {
    let dispatcher = builder.build()?;
    let runtime = Wippy(dispatcher.handle());
    let task = dispatcher.spawn(work::run(runtime, trial))?;
    dispatcher.block_on(task)??
}

impl Runtime for Wippy {
    type Listener = TcpListener;
    type Stream = TcpStream;

    fn spawn<F>(&self, future: F) -> impl Future<Output = Fallible<F::Output>> + 'static + use<F>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let task = self.0.spawn(future);
        async { Ok(task?.await?) }
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = Fallible<()>> + 'static + use<> {
        let sleep = self.0.sleep(duration);
        async { Ok(sleep.await?) }
    }

    fn own_yield(&self) -> impl Future<Output = bool> + 'static + use<> {
        let own = self.0.yield_now();
        async { own.await.is_ok() }
    }

    fn listen(&self) -> Fallible<(TcpListener, SocketAddr)> {
        let listener = TcpListener::bind(&self.0, ([127, 0, 0, 1], 0).into())?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    }

    async fn accept(&self, listener: &TcpListener) -> Fallible<TcpStream> {
        let (stream, _) = listener.accept().await?;
        stream.options().set_nodelay(true)?;
        Ok(stream)
    }
}

impl Stream for TcpStream {
    async fn read(&mut self, mut buffer: Vec<u8>) -> (io::Result<usize>, Vec<u8>) {
        let read = TcpStream::read(self, &mut buffer).await;
        (read.map_err(io::Error::other), buffer)
    }

    async fn write_all(&mut self, buffer: Vec<u8>, length: usize) -> (io::Result<()>, Vec<u8>) {
        let bytes = buffer.get(..length).unwrap_or(&buffer);
        let written = TcpStream::write_all(self, bytes).await;
        (written.map_err(io::Error::other), buffer)
    }
}
