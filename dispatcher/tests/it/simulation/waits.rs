//! The report of what everyone waits for names all there is to wait for.

use std::future::{Future, poll_fn};
use std::task::Poll;
use std::time::Duration;

use wippy_dispatcher::net::{Family, TcpListener, TcpStream, UdpSocket, resolve};
use wippy_dispatcher::sim::{Fault, Waits};
use wippy_dispatcher::{Dispatcher, Event, Handle, Interest, Simulation, WaitSet};

use super::simulation;

mod tasks;

const SECOND: Duration = Duration::from_secs(1);

/// Three hosts, on which no read is short and nothing is ready without a reason.
fn hosts() -> Dispatcher {
    simulation(
        Simulation::new(1)
            .host("server", [])
            .host("client", [])
            .short_io(0.0)
            .spurious_readiness(0.0)
            .lookup_delay(SECOND, SECOND)
            .job_delay(SECOND, SECOND),
    )
}

fn on(dispatcher: &Dispatcher, host: &str) -> Handle {
    dispatcher.host(host).expect("a host").handle()
}

fn waits(dispatcher: &Dispatcher) -> Waits {
    dispatcher.waits().expect("a simulation")
}

/// Runs tasks until none can run, for at most so long.
fn run_for(dispatcher: &Dispatcher, time: Duration) {
    dispatcher
        .block_on(dispatcher.handle().sleep(time))
        .expect("run")
        .expect("timer");
}

fn line(dispatcher: &Dispatcher, name: &str) -> String {
    let waits = waits(dispatcher);
    let wait = waits
        .tasks()
        .iter()
        .find(|wait| wait.name.as_deref() == Some(name));
    wait.expect("a task of that name").to_string()
}

#[test]
fn every_kind_of_wait_has_its_line() {
    let dispatcher = hosts();
    let (server, client) = (on(&dispatcher, "server"), on(&dispatcher, "client"));
    let spawn =
        |handle: &Handle, name: &str, future: std::pin::Pin<Box<dyn Future<Output = ()>>>| {
            handle.spawn_named(name, future).expect("room").detach();
        };
    let at = server.clone();
    spawn(
        &server,
        "accepts",
        Box::pin(async move {
            let listener = TcpListener::bind(&at, ([0, 0, 0, 0], 80).into()).expect("a port");
            let mut kept = Vec::new();
            while let Ok((stream, _)) = listener.accept().await {
                kept.push(stream);
            }
        }),
    );
    let at = client.clone();
    spawn(
        &client,
        "reads",
        Box::pin(async move {
            let stream = TcpStream::connect(&at, ([10, 0, 0, 2], 80).into()).await;
            let _ = stream.expect("a connection").read(&mut [0; 8]).await;
        }),
    );
    let at = client.clone();
    spawn(
        &client,
        "writes",
        Box::pin(async move {
            let stream = TcpStream::connect(&at, ([10, 0, 0, 2], 80).into()).await;
            let _ = stream.expect("a connection").write_all(&[0; 1 << 20]).await;
        }),
    );
    let at = client.clone();
    spawn(
        &client,
        "receives",
        Box::pin(async move {
            let socket = UdpSocket::new(&at, Family::V4).expect("room");
            socket.bind(([0, 0, 0, 0], 53).into()).expect("a port");
            let _ = socket.readable().await;
        }),
    );
    let at = client.clone();
    spawn(
        &client,
        "looks up",
        Box::pin(async move {
            run_for_ever(&at, |at| async move { drop(resolve(&at, "server").await) }).await;
        }),
    );
    let at = client.clone();
    spawn(
        &client,
        "works",
        Box::pin(async move {
            run_for_ever(
                &at,
                |at| async move { at.unblock(|| ()).await.expect("job") },
            )
            .await;
        }),
    );
    let at = client.clone();
    spawn(
        &client,
        "sleeps",
        Box::pin(async move {
            at.sleep(3600 * SECOND).await.expect("timer");
        }),
    );
    let event = Event::new(&client).expect("room");
    spawn(
        &client,
        "waits",
        Box::pin(async move {
            let _ = event.wait().await;
        }),
    );
    spawn(&client, "channel", Box::pin(std::future::pending()));
    run_for(&dispatcher, SECOND * 5 / 2);

    let line = |name| line(&dispatcher, name);
    assert_eq!(
        line("accepts"),
        "task 0 \"accepts\" on server waits since 1.003000000 s for a connection to accept on 0.0.0.0:80"
    );
    assert_eq!(
        line("receives"),
        "task 3 \"receives\" on client waits since 1.000000000 s for a datagram on 0.0.0.0:53"
    );
    assert_eq!(
        line("looks up"),
        "task 4 \"looks up\" on client waits since 3.000000000 s for the lookup of \"server\", which ends at \
         4.000000000 s"
    );
    assert_eq!(
        line("works"),
        "task 5 \"works\" on client waits since 3.000000000 s for a blocking job that ends at 4.000000000 s"
    );
    assert_eq!(
        line("sleeps"),
        "task 6 \"sleeps\" on client waits since 1.000000000 s for a timer at 3601.000000000 s"
    );
    assert_eq!(
        line("waits"),
        "task 7 \"waits\" on client waits since 1.000000000 s for an event"
    );
    assert_eq!(
        line("channel"),
        "task 8 \"channel\" on client waits since 1.000000000 s for a waker of the program's own, such as a \
         channel"
    );
    let reads = line("reads");
    assert!(
        reads.starts_with("task 1 \"reads\" on client waits since 1.002000000 s for bytes from 10.0.0.2:80 on 10.0.0.3:"),
        "{reads}"
    );
    assert!(reads.ends_with(" (open)"), "{reads}");
    let writes = line("writes");
    assert!(
        writes.contains(" for room to write to 10.0.0.2:80 on 10.0.0.3:"),
        "{writes}"
    );
}

async fn run_for_ever<F: Future<Output = ()>>(handle: &Handle, once: impl Fn(Handle) -> F) {
    loop {
        once(handle.clone()).await;
    }
}

#[test]
fn connections_that_are_not_made_or_are_ending_say_so() {
    let dispatcher = hosts();
    let client = on(&dispatcher, "client");
    dispatcher
        .inject(&Fault::partition(["client"], ["server"]))
        .expect("hosts");
    let at = client.clone();
    let connect = client.spawn_named("connects", async move {
        TcpStream::connect(&at, ([10, 0, 0, 2], 80).into())
            .await
            .map(drop)
    });
    let _connect = connect.expect("room");
    // To itself nothing is partitioned.
    let at = client.clone();
    let half = client.spawn_named("half", async move {
        let listener = TcpListener::bind(&at, ([127, 0, 0, 1], 7).into())?;
        let stream = TcpStream::connect(&at, listener.local_addr()?).await?;
        stream.shutdown(std::net::Shutdown::Write)?;
        stream.read(&mut [0]).await
    });
    let _half = half.expect("room");
    run_for(&dispatcher, Duration::from_millis(10));
    let connects = line(&dispatcher, "connects");
    assert!(
        connects.contains(" for the connection from 10.0.0.3:"),
        "{connects}"
    );
    assert!(connects.ends_with(" to 10.0.0.2:80"), "{connects}");
    let half = line(&dispatcher, "half");
    assert!(
        half.contains(" for bytes from 127.0.0.1:7 on 127.0.0.1:"),
        "{half}"
    );
    assert!(half.ends_with(" (its own stream ended)"), "{half}");
}

#[test]
fn a_wait_set_lists_its_first_members() {
    let dispatcher = hosts();
    let handle = dispatcher.handle();
    let at = handle.clone();
    let task = handle.spawn_named("polls", async move {
        let mut set = WaitSet::new(&at)?;
        let events: Vec<Event> = (0..3).map(|_| Event::new(&at)).collect::<Result<_, _>>()?;
        for event in &events {
            set.add_event(event, 0)?;
        }
        for seconds in 1..4 {
            set.add_deadline(at.now()? + seconds * SECOND, 1)?;
        }
        let socket = UdpSocket::new(&at, Family::V4)?;
        socket.bind(([0, 0, 0, 0], 53).into())?;
        socket.register(&mut set, Interest::Readable, 2)?;
        set.wait().await
    });
    let _task = task.expect("room");
    run_for(&dispatcher, SECOND / 2);
    assert_eq!(
        line(&dispatcher, "polls"),
        "task 0 \"polls\" on default waits since 1.000000000 s for any of 7 (an event; an event; an event; a \
         datagram on 0.0.0.0:53; ...)"
    );
}

#[test]
fn several_waits_of_a_task_are_listed_and_counted() {
    let dispatcher = hosts();
    let handle = dispatcher.handle();
    let task = handle.clone().spawn_named("many", async move {
        let mut sleeps: Vec<_> = (1..=10)
            .map(|n| Box::pin(handle.sleep(n * SECOND)))
            .collect();
        poll_fn(|cx| {
            for sleep in &mut sleeps {
                if sleep.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(());
                }
            }
            Poll::Pending
        })
        .await;
    });
    let _task = task.expect("room");
    run_for(&dispatcher, SECOND / 2);
    let waits = waits(&dispatcher);
    let wait = &waits.tasks()[0];
    assert_eq!((wait.waits_for.len(), wait.more), (8, 2));
    let text = wait.to_string();
    assert!(
        text.ends_with("a timer at 8.000000000 s, a timer at 9.000000000 s and 2 more"),
        "{text}"
    );
}
