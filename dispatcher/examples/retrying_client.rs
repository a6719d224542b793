//! A client that tries again until it has an answer, and a server that carries each request out once, over a
//! network that loses packets, is cut, and whose server crashes: checked over 200 seeds in less than a second.
//!
//! ```text
//! cargo run --release -p wippy-dispatcher --example retrying_client
//! cargo run --release -p wippy-dispatcher --example retrying_client -- --forgetful
//! ```
//!
//! The second command has a server that does not remember which requests it has carried out, and shows the seeds
//! in which an answer was lost. `WIPPY_SEED=17` in front of it runs one of them alone.

use std::cell::RefCell;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::process::ExitCode;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use wippy_dispatcher::net::{TcpListener, TcpStream};
use wippy_dispatcher::sim::{FaultMix, Seeds, SweepError};
use wippy_dispatcher::{Dispatcher, Error, Handle, Simulation};

/// How many requests the client makes, one after the other.
const REQUESTS: u8 = 10;
/// How long it waits for an answer, and before it tries again.
const PATIENCE: Duration = Duration::from_millis(400);
const PAUSE: Duration = Duration::from_millis(50);

/// What outlives a crash of the server: the requests that it has carried out, in their order.
type Disk = Rc<RefCell<Vec<u8>>>;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Server {
    Remembers,
    Forgets,
}

async fn serve(handle: Handle, disk: Disk, kind: Server) -> Result<(), Error> {
    let listener = TcpListener::bind(&handle, ([0, 0, 0, 0], 80).into())?;
    loop {
        let (stream, _) = listener.accept().await?;
        let disk = disk.clone();
        let answer = async move {
            let mut request = [0];
            // No byte comes from a client that has given up.
            if let Ok(1) = stream.read(&mut request).await {
                let [number] = request;
                let is_done = kind == Server::Remembers && disk.borrow().contains(&number);
                if !is_done {
                    disk.borrow_mut().push(number);
                }
                // If this fails the client asks again.
                let _ = stream.write_all(&[number]).await;
            }
        };
        handle.spawn_named("answer", answer)?.detach();
    }
}

/// One attempt: true if the answer came.
async fn ask(handle: &Handle, number: u8) -> Result<bool, Error> {
    let stream = TcpStream::connect(handle, ([10, 0, 0, 2], 80).into()).await?;
    stream.write_all(&[number]).await?;
    Ok(stream.read(&mut [0]).await? == 1)
}

/// Asks until the answer comes; how often it took.
async fn ask_until_answered(handle: &Handle, number: u8) -> Result<u32, Error> {
    let mut attempts = 1;
    loop {
        if let Some(Ok(true)) = within(handle, PATIENCE, ask(handle, number)).await? {
            return Ok(attempts);
        }
        handle.sleep(PAUSE).await?;
        attempts += 1;
    }
}

/// What a future gives, unless it takes longer.
async fn within<T>(
    handle: &Handle,
    time: Duration,
    future: impl Future<Output = T>,
) -> Result<Option<T>, Error> {
    let (mut future, mut sleep) = (pin!(future), pin!(handle.sleep(time)));
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Ok(Some(output))),
        Poll::Pending => sleep.as_mut().poll(cx).map(|slept| slept.map(|()| None)),
    })
    .await
}

/// What a run ends with.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    AtOnce,
    WithRetries,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Outcome::AtOnce => "every answer came at once",
            Outcome::WithRetries => "some requests were made again",
        })
    }
}

fn run(seed: u64, kind: Server) -> Result<Outcome, Error> {
    let faults = FaultMix::new(Duration::from_secs(3))
        .jitter(Duration::from_millis(50))
        .loss(0.2)
        .partitions(3)
        .crashes(2);
    let simulation = Simulation::new(seed)
        .host("server", [])
        .swarm(faults)
        .max_time(Duration::from_secs(120));
    let dispatcher = Dispatcher::builder().simulation(simulation).build()?;

    let disk = Disk::default();
    let seen = disk.clone();
    dispatcher.invariant("each request is carried out once", move || {
        let done = seen.borrow();
        match done.is_sorted_by(|one, next| one < next) {
            true => Ok(()),
            false => Err(format!("they were {done:?}")),
        }
    })?;
    dispatcher.host("server")?.boot(move |handle| {
        let serving = serve(handle, disk.clone(), kind);
        async move { serving.await.expect("a free port, and room for tasks") }
    })?;

    let client = dispatcher.handle();
    let attempts = dispatcher.block_on(async move {
        let mut attempts = 0;
        for number in 0..REQUESTS {
            attempts += ask_until_answered(&client, number).await?;
        }
        Ok::<u32, Error>(attempts)
    })??;
    Ok(match attempts == u32::from(REQUESTS) {
        true => Outcome::AtOnce,
        false => Outcome::WithRetries,
    })
}

fn main() -> Result<ExitCode, SweepError> {
    let kind = match std::env::args().nth(1).as_deref() {
        Some("--forgetful") => Server::Forgets,
        _ => Server::Remembers,
    };
    let seeds = Seeds::new(0..200).jobs(2).stop_after(3).with_env()?;
    let report = seeds.run(|seed| run(seed, kind))?;
    for (outcome, count) in report.outcomes() {
        println!("{count} seeds: {outcome}");
    }
    println!("{report}");
    Ok(match report.is_ok() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}
