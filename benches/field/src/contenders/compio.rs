//! compio.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use compio::driver::{DriverType, ProactorBuilder};
use compio::io::{AsyncRead, AsyncWriteExt};
use compio::net::{TcpListener, TcpStream};
use compio::runtime::RuntimeBuilder;
use wippy_report::Round;

use crate::error::Fallible;
use crate::runtime::{Runtime, Stream};
use crate::trial::Trial;
use crate::work;

#[derive(Clone)]
struct Compio;

pub fn run(trial: Trial) -> Fallible<Round> {
    let mut driver = ProactorBuilder::new();
    // Without this it would take epoll where io_uring is forbidden, and the row would not say so.
    driver.driver_type(DriverType::IoUring);
    run_with(driver, trial)
}

pub fn run_tuned(trial: Trial) -> Fallible<Round> {
    let mut driver = ProactorBuilder::new();
    driver
        .driver_type(DriverType::IoUring)
        .single_issuer(true)
        .coop_taskrun(true)
        .taskrun_flag(true);
    run_with(driver, trial)
}

pub fn run_polling(trial: Trial) -> Fallible<Round> {
    let mut driver = ProactorBuilder::new();
    driver.driver_type(DriverType::Poll);
    run_with(driver, trial)
}

fn run_with(driver: ProactorBuilder, trial: Trial) -> Fallible<Round> {
    let runtime = RuntimeBuilder::new().with_proactor(driver).build()?;
    runtime.block_on(async {
        compio::runtime::spawn(work::run(Compio, trial))
            .await
            .map_err(|error| error.to_string())?
    })
}

impl Runtime for Compio {
    type Listener = TcpListener;
    type Stream = TcpStream;

    fn spawn<F>(&self, future: F) -> impl Future<Output = Fallible<F::Output>> + 'static + use<F>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let task = compio::runtime::spawn(future);
        async { Ok(task.await.map_err(|error| error.to_string())?) }
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = Fallible<()>> + 'static + use<> {
        let sleep = compio::time::sleep(duration);
        async {
            sleep.await;
            Ok(())
        }
    }

    fn own_yield(&self) -> impl Future<Output = bool> + 'static + use<> {
        async { false }
    }

    fn listen(&self) -> Fallible<(TcpListener, SocketAddr)> {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        Ok((TcpListener::from_std(listener)?, address))
    }

    async fn accept(&self, listener: &TcpListener) -> Fallible<TcpStream> {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

impl Stream for TcpStream {
    async fn read(&mut self, buffer: Vec<u8>) -> (io::Result<usize>, Vec<u8>) {
        let result = AsyncRead::read(self, buffer).await;
        (result.0, result.1)
    }

    async fn write_all(&mut self, mut buffer: Vec<u8>, length: usize) -> (io::Result<()>, Vec<u8>) {
        // A read makes the buffer longer where it is too short, and never shorter.
        buffer.truncate(length);
        let result = AsyncWriteExt::write_all(self, buffer).await;
        (result.0, result.1)
    }
}
