//! async-io by itself: a reactor and `block_on`, no tasks.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use async_io::{Async, Timer};
use wippy_report::Round;

use super::smol;
use crate::error::Fallible;
use crate::row::Work;
use crate::runtime::Runtime;
use crate::trial::Trial;
use crate::work;

#[derive(Clone)]
struct AsyncIo;

const NO_TASKS: &str = "it runs no tasks; smol is this reactor with an executor";

pub fn run(trial: Trial) -> Fallible<Round> {
    match trial.work {
        Work::Sleep { .. } | Work::Churn { .. } | Work::Wake => {
            async_io::block_on(work::run(AsyncIo, trial))
        }
        _ => Err(NO_TASKS.into()),
    }
}

impl Runtime for AsyncIo {
    type Listener = Async<std::net::TcpListener>;
    type Stream = Async<std::net::TcpStream>;

    fn spawn<F>(&self, _: F) -> impl Future<Output = Fallible<F::Output>> + 'static + use<F>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        async { Err(NO_TASKS.into()) }
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
        smol::listen()
    }

    async fn accept(&self, _: &Self::Listener) -> Fallible<Self::Stream> {
        Err(NO_TASKS.into())
    }
}
