//! glommio.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::io::{AsyncReadExt, AsyncWriteExt};
use glommio::channels::local_channel;
use glommio::net::{TcpListener, TcpStream};
use glommio::timer::Timer;
use glommio::{LocalExecutorBuilder, Placement, spawn_local};
use wippy_report::Round;

use super::spin::SPIN;
use crate::core;
use crate::error::Fallible;
use crate::runtime::{Runtime, Stream};
use crate::trial::Trial;
use crate::work;

#[derive(Clone)]
struct Glommio;

pub fn run(trial: Trial) -> Fallible<Round> {
    run_with(LocalExecutorBuilder::new(Placement::Unbound), trial)
}

pub fn run_spinning(trial: Trial) -> Fallible<Round> {
    let core = trial.cores.get(core::CONTENDER).copied().unwrap_or(0);
    run_with(
        LocalExecutorBuilder::new(Placement::Fixed(core)).spin_before_park(SPIN),
        trial,
    )
}

fn run_with(builder: LocalExecutorBuilder, trial: Trial) -> Fallible<Round> {
    let executor = builder.make().map_err(|error| error.to_string())?;
    executor.run(async { spawn_local(work::run(Glommio, trial)).await })
}

impl Runtime for Glommio {
    type Listener = TcpListener;
    type Stream = TcpStream;

    fn spawn<F>(&self, future: F) -> impl Future<Output = Fallible<F::Output>> + 'static + use<F>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let task = spawn_local(future);
        async { Ok(task.await) }
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = Fallible<()>> + 'static + use<> {
        let timer = Timer::new(duration);
        async {
            timer.await;
            Ok(())
        }
    }

    fn own_yield(&self) -> impl Future<Output = bool> + 'static + use<> {
        async { false }
    }

    fn listen(&self) -> Fallible<(TcpListener, SocketAddr)> {
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        Ok((listener, address))
    }

    async fn accept(&self, listener: &TcpListener) -> Fallible<TcpStream> {
        let stream = listener.accept().await.map_err(|error| error.to_string())?;
        stream
            .set_nodelay(true)
            .map_err(|error| error.to_string())?;
        Ok(stream)
    }

    async fn own_ping_pong(&self, rounds: u64) -> Fallible<bool> {
        let (there, arrives) = local_channel::new_bounded(1);
        let (back, returns) = local_channel::new_bounded(1);
        let other = spawn_local(async move {
            while let Some(number) = arrives.recv().await {
                if back.send(number).await.is_err() {
                    break;
                }
            }
        });
        for number in 0..rounds {
            there
                .send(number)
                .await
                .map_err(|error| error.to_string())?;
            if returns.recv().await != Some(number) {
                return Err("another number came back".into());
            }
        }
        drop(there);
        other.await;
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
