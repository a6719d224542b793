//! What another guest does meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::runtime::Runtime;
use wasmtime::{Engine, Result};

use crate::loaded::Loaded;
use crate::protocol::Request;
use crate::set_up::SetUp;
use crate::ways;

/// How often the engine counts epochs, as the main project does.
const TICK: Duration = Duration::from_millis(1);

/// A guest that works on the same runtime, and the thread that has it yield, where the set-up has that. Both end with it.
pub struct Beside {
    task: tokio::task::JoinHandle<()>,
    is_over: Arc<AtomicBool>,
    ticker: Option<JoinHandle<()>>,
}

impl Beside {
    /// Has a guest called again and again.
    pub fn start(
        runtime: &Runtime,
        engine: &Engine,
        set_up: SetUp,
        loaded: Arc<Loaded>,
        request: &Request,
    ) -> Beside {
        let is_over = Arc::new(AtomicBool::new(false));
        let request = request.clone();
        let task = runtime.spawn(async move {
            while again(&loaded, set_up, &request).await.is_ok() {
                tokio::task::yield_now().await;
            }
        });
        let ticker = set_up.epochs().then(|| {
            let (is_over, engine) = (is_over.clone(), engine.clone());
            thread::spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    thread::sleep(TICK);
                    engine.increment_epoch();
                }
            })
        });
        Beside {
            task,
            is_over,
            ticker,
        }
    }
}

async fn again(loaded: &Arc<Loaded>, set_up: SetUp, request: &Request) -> Result<()> {
    ways::answer(loaded.clone(), set_up, request)
        .await
        .map(drop)
}

impl Drop for Beside {
    fn drop(&mut self) {
        self.task.abort();
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(ticker) = self.ticker.take() {
            // It cannot panic.
            let _ = ticker.join();
        }
    }
}
