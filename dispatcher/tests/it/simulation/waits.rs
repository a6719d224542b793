//! The report of what everyone waits for names all there is to wait for.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use wippy_dispatcher::net::{Family, TcpListener, TcpStream, UdpSocket, resolve};
use wippy_dispatcher::sim::{Fault, TaskState, Waits};
use wippy_dispatcher::{Dispatcher, Error, Event, Handle, Interest, Simulation, WaitSet};

use super::simulation;

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

/// A yield, a task that others wait for, one that can run, one that is held, and the one that asks.
#[test]
fn tasks_say_whether_they_run_and_whom_they_wait_for() {
    let dispatcher = hosts();
    let handle = dispatcher.handle();
    let client = on(&dispatcher, "client");
    let asleep = handle.spawn_named("asleep", handle.sleep(100 * SECOND));
    let asleep = asleep.expect("room");
    let number = asleep.number();
    let waits_for_it = handle.spawn_named("awaits", async move { asleep.await.is_ok() });
    let _waits_for_it = waits_for_it.expect("room");
    let at = client.clone();
    let held = client.spawn_named("held", async move { at.sleep(SECOND / 10).await });
    let _held = held.expect("room");
    let idler = handle.clone();
    let at = handle.clone();
    let asks = handle.spawn_named("asks", async move {
        at.sleep(SECOND).await?;
        let yields = at.clone();
        let yields = at.spawn_named("yields", async move { yields.yield_now().await })?;
        let idles = at.spawn_named("idles", async move { idler.idle().await })?;
        let new = at.spawn_named("new", std::future::pending::<()>())?;
        // The first two are polled once, the third cannot be before this ends.
        let mut yields = pin!(yields);
        let before = at.waits()?;
        let mut polls = 0;
        poll_fn(|cx| {
            polls += 1;
            let _ = yields.as_mut().poll(cx);
            match polls {
                1 => Poll::Pending,
                _ => Poll::Ready(()),
            }
        })
        .await;
        drop((idles, new));
        Ok::<_, Error>((before, at.waits()?))
    });
    run_for(&dispatcher, SECOND / 20);
    dispatcher
        .inject(&Fault::Pause("client".to_owned()))
        .expect("a host");
    let (before, after) = dispatcher
        .block_on(asks.expect("room"))
        .expect("run")
        .expect("not cancelled")
        .expect("own thread");
    let state = |waits: &Waits, name: &str| {
        let mut tasks = waits.tasks().iter();
        let wait = tasks.find(|wait| wait.name.as_deref() == Some(name));
        wait.map(|wait| wait.state)
    };
    assert_eq!(state(&before, "asks"), Some(TaskState::Running));
    assert_eq!(state(&before, "new"), Some(TaskState::Runnable));
    assert_eq!(state(&before, "held"), Some(TaskState::Held));
    assert_eq!(state(&before, "asleep"), Some(TaskState::Waiting));
    let awaits = before
        .tasks()
        .iter()
        .find(|wait| wait.name.as_deref() == Some("awaits"));
    assert_eq!(
        awaits.expect("a task").to_string(),
        format!("task 1 \"awaits\" on default waits since 1.000000000 s for task {number}")
    );
    assert_eq!(before.tasks()[0].task, None, "block_on comes first");
    assert!(before.tasks()[0].to_string().ends_with(" for task 3"));
    assert_eq!(state(&after, "asks"), Some(TaskState::Running));
    assert_eq!(state(&after, "yields"), None);
}

/// A waker around the task's own, as executors within a task make them.
struct Wrapped(Waker);

impl Wake for Wrapped {
    fn wake(self: Arc<Self>) {
        self.0.wake_by_ref();
    }
}

#[test]
fn waits_with_wakers_of_the_programs_own_are_their_tasks() {
    let dispatcher = hosts();
    let handle = dispatcher.handle();
    let at = handle.clone();
    let task = handle.spawn_named("wraps", async move {
        let event = Event::new(&at)?;
        let mut set = WaitSet::new(&at)?;
        set.add_deadline(at.now()? + 7 * SECOND, 0)?;
        let mut futures = (pin!(event.wait()), pin!(set.wait()));
        let mut sleep = pin!(at.sleep(9 * SECOND));
        poll_fn(|cx| {
            let waker = Waker::from(Arc::new(Wrapped(cx.waker().clone())));
            let mut own = Context::from_waker(&waker);
            let _ = futures.0.as_mut().poll(&mut own);
            let _ = futures.1.as_mut().poll(&mut own);
            sleep.as_mut().poll(&mut own)
        })
        .await
    });
    let _task = task.expect("room");
    run_for(&dispatcher, SECOND / 2);
    assert_eq!(
        line(&dispatcher, "wraps"),
        "task 0 \"wraps\" on default waits since 1.000000000 s for any of 1 (a timer at 8.000000000 s), an \
         event, a timer at 10.000000000 s"
    );
}

#[test]
fn what_no_task_waits_for_is_listed_too() {
    let dispatcher = hosts();
    let mut sleep = pin!(dispatcher.handle().sleep(SECOND));
    let mut context = Context::from_waker(Waker::noop());
    assert!(sleep.as_mut().poll(&mut context).is_pending());
    assert_eq!(
        waits(&dispatcher).to_string(),
        "there are no tasks\na waker of no task known waits for a timer at 2.000000000 s"
    );
}

#[test]
fn boot_tasks_have_the_names_of_their_hosts() {
    let dispatcher = hosts();
    let server = dispatcher.host("server").expect("a host");
    server
        .boot(|handle| async move {
            let _ = handle.sleep(100 * SECOND).await;
        })
        .expect("room");
    server.restart().expect("a boot");
    run_for(&dispatcher, SECOND);
    assert_eq!(
        line(&dispatcher, "server"),
        "task 1 \"server\" on server waits since 1.000000000 s for a timer at 101.000000000 s"
    );
}

#[test]
fn the_program_adds_what_it_knows() {
    let dispatcher = hosts();
    let handle = dispatcher.handle();
    let at = handle.clone();
    let task = dispatcher.spawn(async move {
        let own = at.current_task()?;
        at.describe_waits(move |task| (task == own).then(|| "app:main in poll".to_owned()))?;
        at.sleep(9 * SECOND).await
    });
    let _task = task.expect("room");
    let root = |task: Option<u64>| task.is_none().then(|| "the test".to_owned());
    handle.describe_waits(root).expect("simulated");
    assert_eq!(handle.current_task().expect("own thread"), None);
    run_for(&dispatcher, SECOND);
    assert_eq!(
        waits(&dispatcher).to_string(),
        "task 0 on default waits since 1.000000000 s for a timer at 10.000000000 s\n    app:main in poll"
    );
    let at = handle.clone();
    let waits = dispatcher.block_on(async move { at.waits() }).expect("run");
    let root = waits.expect("own thread").tasks()[0].to_string();
    assert_eq!(root, "block_on runs\n    the test");
}

/// However many tasks there are, the text has a bound; the list has all of them.
#[test]
fn long_reports_are_cut() {
    let dispatcher = hosts();
    for _ in 0..60 {
        dispatcher
            .spawn(std::future::pending::<()>())
            .expect("room")
            .detach();
    }
    run_for(&dispatcher, SECOND);
    let waits = waits(&dispatcher);
    assert_eq!(waits.tasks().len(), 60);
    let text = waits.to_string();
    assert_eq!(text.lines().count(), 51);
    assert!(text.ends_with("\nand 10 more tasks"));
}

/// A report decides nothing: a run in which reports are made is the same run.
#[test]
fn a_report_leaves_the_trace_as_it_is() {
    let run = |reports: bool| {
        let dispatcher = hosts();
        let handle = dispatcher.handle();
        for _ in 0..5 {
            let handle = handle.clone();
            let nap = async move {
                for _ in 0..5 {
                    handle.sleep(SECOND).await.expect("timer");
                    handle.yield_now().await.expect("own thread");
                }
            };
            dispatcher.spawn(nap).expect("room").detach();
        }
        for _ in 0..8 {
            run_for(&dispatcher, SECOND);
            if reports {
                assert!(!waits(&dispatcher).to_string().is_empty());
            }
        }
        dispatcher.trace().expect("a simulation").hash()
    };
    assert_eq!(run(false), run(true));
}
