//! A tokio program that has guests run on a dispatcher on another thread.
//!
//! tokio's tasks send calls through a `Remote` and await their answers; the guests wait on the dispatcher. Neither
//! runtime knows of the other: what goes between them is a closure that makes a task there, and a channel back.

use std::error::Error;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;
use wippy::{CallError, Entry, Program, Runtime};
use wippy_dispatcher::{Dispatcher, Event, Local, Remote};

type AnyError = Box<dyn Error + Send + Sync>;

/// The guests' thread, as tokio's tasks see it.
#[derive(Clone)]
struct Guests {
    remote: Remote,
    runtime: Local<Runtime>,
}

impl Guests {
    /// Has a guest sleep, and gives the nanoseconds that it took.
    async fn sleep(&self, microseconds: u64) -> Result<u64, AnyError> {
        let (answer, answered) = oneshot::channel();
        let runtime = self.runtime.clone();
        self.remote.spawn(move |_| async move {
            // The runtime is the dispatcher's; here is its thread.
            if let Ok(runtime) = runtime.get() {
                let call = runtime.call_typed::<_, (u64,)>("sleeper", (vec![microseconds],));
                // Nobody waits any more where this fails.
                let _ = answer.send(call.await);
            }
        })?;
        let result: Result<(u64,), CallError> = answered.await?;
        Ok(result?.0)
    }
}

fn main() -> Result<(), AnyError> {
    let (send, receive) = mpsc::channel();
    let thread = thread::spawn(move || -> Result<(), AnyError> {
        let dispatcher = Dispatcher::new()?;
        let stop = Event::new(&dispatcher.handle())?;
        send.send((guests(&dispatcher)?, stop.clone()))?;
        Ok(dispatcher.block_on(stop.wait())??)
    });
    let Ok((guests, stop)) = receive.recv() else {
        return match thread.join() {
            Ok(ended) => ended,
            Err(_) => Err("the guests' thread has panicked".into()),
        };
    };

    let tokio = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    let (slept, ticks) = tokio.block_on(async {
        let calls = (0..10).map(|_| {
            let guests = guests.clone();
            tokio::spawn(async move { guests.sleep(20_000).await })
        });
        let calls: Vec<_> = calls.collect();
        // tokio's own timers go on meanwhile.
        let mut ticks = 0;
        while !calls.iter().all(tokio::task::JoinHandle::is_finished) {
            tokio::time::sleep(Duration::from_millis(2)).await;
            ticks += 1;
        }
        let mut slept = Vec::new();
        for call in calls {
            slept.push(call.await??);
        }
        Ok::<_, AnyError>((slept, ticks))
    })?;
    println!("{} guests slept beside {ticks} ticks of tokio", slept.len());
    assert_eq!(slept.len(), 10);
    assert!(
        slept.iter().all(|nanoseconds| *nanoseconds >= 20_000_000),
        "{slept:?}"
    );
    assert!(ticks > 0);

    stop.set();
    thread
        .join()
        .map_err(|_| "the guests' thread has panicked")?
}

/// The runtime of the guests' thread, with one entry.
fn guests(dispatcher: &Dispatcher) -> Result<Guests, AnyError> {
    let components = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/guests/components");
    let entry = Entry::function("app:sleeper")
        .file(components.join("sleeper.wasm"))
        .method("sleeper#sleep-series")
        .import("wasi:io")
        .import("wasi:clocks");
    let handle = dispatcher.handle();
    let runtime = Runtime::on(handle.clone(), Program::builder().entry(entry).build()?)?;
    Ok(Guests {
        remote: dispatcher.remote(),
        runtime: Local::new(&handle, runtime)?,
    })
}
