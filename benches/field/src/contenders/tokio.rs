//! tokio's current-thread runtime.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::mpsc;
use tokio::task;
use wippy_report::Round;

use crate::error::Fallible;
use crate::runtime::{Runtime, Stream};
use crate::trial::Trial;
use crate::work;

#[derive(Clone)]
struct Tokio;

pub fn run(trial: Trial) -> Fallible<Round> {
    run_with(&mut Builder::new_current_thread(), trial)
}

pub fn run_eager(trial: Trial) -> Fallible<Round> {
    let mut builder = Builder::new_current_thread();
    run_with(builder.event_interval(8).global_queue_interval(8), trial)
}

fn run_with(builder: &mut Builder, trial: Trial) -> Fallible<Round> {
    let runtime = builder.enable_all().build_local(LocalOptions::default())?;
    runtime.block_on(async { task::spawn_local(work::run(Tokio, trial)).await? })
}

impl Runtime for Tokio {
    type Listener = TcpListener;
    type Stream = TcpStream;

    fn spawn<F>(&self, future: F) -> impl Future<Output = Fallible<F::Output>> + 'static + use<F>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let task = task::spawn_local(future);
        async { Ok(task.await?) }
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = Fallible<()>> + 'static + use<> {
        let sleep = tokio::time::sleep(duration);
        async {
            sleep.await;
            Ok(())
        }
    }

    fn own_yield(&self) -> impl Future<Output = bool> + 'static + use<> {
        async {
            task::yield_now().await;
            true
        }
    }

    fn listen(&self) -> Fallible<(TcpListener, SocketAddr)> {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        Ok((TcpListener::from_std(listener)?, address))
    }

    async fn accept(&self, listener: &TcpListener) -> Fallible<TcpStream> {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    async fn own_ping_pong(&self, rounds: u64) -> Fallible<bool> {
        let (there, mut arrives) = mpsc::channel(1);
        let (back, mut returns) = mpsc::channel(1);
        let other = task::spawn_local(async move {
            while let Some(number) = arrives.recv().await {
                if back.send(number).await.is_err() {
                    break;
                }
            }
        });
        for number in 0..rounds {
            there.send(number).await?;
            if returns.recv().await != Some(number) {
                return Err("another number came back".into());
            }
        }
        drop(there);
        other.await?;
        Ok(true)
    }
}

impl Stream for TcpStream {
    async fn read(&mut self, mut buffer: Vec<u8>) -> (io::Result<usize>, Vec<u8>) {
        (AsyncReadExt::read(self, &mut buffer).await, buffer)
    }

    async fn write_all(&mut self, buffer: Vec<u8>, length: usize) -> (io::Result<()>, Vec<u8>) {
        let bytes = buffer.get(..length).unwrap_or(&buffer);
        (AsyncWriteExt::write_all(self, bytes).await, buffer)
    }
}
