//! monoio.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use monoio::io::{AsyncReadRent, AsyncWriteRentExt};
use monoio::net::{TcpListener, TcpStream};
use monoio::{FusionDriver, IoUringDriver, LegacyDriver, RuntimeBuilder};
use wippy_report::Round;

use crate::error::Fallible;
use crate::runtime::{Runtime, Stream};
use crate::trial::Trial;
use crate::work;

#[derive(Clone)]
struct Monoio;

pub fn run(trial: Trial) -> Fallible<Round> {
    // Without this it would take epoll where io_uring is forbidden, and the row would not say so.
    if !monoio::utils::detect_uring() {
        return Err("there is no io_uring; on epoll it is monoio-epoll".into());
    }
    let mut runtime = RuntimeBuilder::<FusionDriver>::new()
        .enable_timer()
        .build()?;
    runtime.block_on(work_in_task(trial))
}

pub fn run_legacy(trial: Trial) -> Fallible<Round> {
    let mut runtime = RuntimeBuilder::<LegacyDriver>::new()
        .enable_timer()
        .build()?;
    runtime.block_on(work_in_task(trial))
}

pub fn run_tuned(trial: Trial) -> Fallible<Round> {
    let mut ring = io_uring_of_monoio::IoUring::builder();
    ring.setup_single_issuer().setup_coop_taskrun();
    let builder = RuntimeBuilder::<IoUringDriver>::new().uring_builder(ring);
    builder
        .enable_timer()
        .build()?
        .block_on(work_in_task(trial))
}

async fn work_in_task(trial: Trial) -> Fallible<Round> {
    monoio::spawn(work::run(Monoio, trial)).await
}

impl Runtime for Monoio {
    type Listener = TcpListener;
    type Stream = TcpStream;

    fn spawn<F>(&self, future: F) -> impl Future<Output = Fallible<F::Output>> + 'static + use<F>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let task = monoio::spawn(future);
        async { Ok(task.await) }
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = Fallible<()>> + 'static + use<> {
        let sleep = monoio::time::sleep(duration);
        async {
            sleep.await;
            Ok(())
        }
    }

    fn own_yield(&self) -> impl Future<Output = bool> + 'static + use<> {
        async { false }
    }

    fn listen(&self) -> Fallible<(TcpListener, SocketAddr)> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    }

    async fn accept(&self, listener: &TcpListener) -> Fallible<TcpStream> {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

impl Stream for TcpStream {
    async fn read(&mut self, buffer: Vec<u8>) -> (io::Result<usize>, Vec<u8>) {
        AsyncReadRent::read(self, buffer).await
    }

    async fn write_all(&mut self, mut buffer: Vec<u8>, length: usize) -> (io::Result<()>, Vec<u8>) {
        buffer.truncate(length);
        let (written, buffer) = AsyncWriteRentExt::write_all(self, buffer).await;
        (written.map(drop), buffer)
    }
}
