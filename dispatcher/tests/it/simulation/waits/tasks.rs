//! Whether tasks run, whom they wait for, whose wakers wait, and what the program says of them.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use wippy_dispatcher::sim::{Fault, TaskState, TaskWait, Waits};
use wippy_dispatcher::{Event, Handle, WaitSet};

use super::{SECOND, hosts, line, on, run_for, waits};

fn task<'a>(waits: &'a Waits, name: &str) -> &'a TaskWait {
    let mut tasks = waits.tasks().iter();
    let task = tasks.find(|task| task.name.as_deref() == Some(name));
    task.expect("a task of that name")
}

#[test]
fn tasks_say_whether_they_run_and_whom_they_wait_for() {
    let dispatcher = hosts();
    let handle = dispatcher.handle();
    let client = on(&dispatcher, "client");
    let asleep = handle.spawn_named("asleep", handle.sleep(100 * SECOND));
    let asleep = asleep.expect("room");
    let number = asleep.number();
    let awaits = handle.spawn_named("awaits", async move { asleep.await.is_ok() });
    let _awaits = awaits.expect("room");
    let at = client.clone();
    let held = client.spawn_named("held", async move { at.sleep(SECOND / 10).await });
    let _held = held.expect("room");
    let at = handle.clone();
    let asks = handle.spawn_named("asks", async move {
        at.sleep(SECOND).await?;
        let _new = at.spawn_named("new", std::future::pending::<()>())?;
        at.waits()
    });
    run_for(&dispatcher, SECOND / 20);
    let pause = Fault::Pause("client".to_owned());
    dispatcher.inject(&pause).expect("a host");
    let waits = dispatcher
        .block_on(asks.expect("room"))
        .expect("run")
        .expect("not cancelled")
        .expect("own thread");
    let state = |name| task(&waits, name).state;
    assert_eq!(state("asks"), TaskState::Running);
    assert_eq!(state("new"), TaskState::Runnable);
    assert_eq!(state("held"), TaskState::Held);
    assert_eq!(state("asleep"), TaskState::Waiting);
    assert_eq!(
        task(&waits, "awaits").to_string(),
        format!("task 1 \"awaits\" on default waits since 1.000000000 s for task {number}")
    );
    // The future of `block_on` comes first.
    assert_eq!(waits.tasks()[0].task, None);
    assert_eq!(
        waits.tasks()[0].to_string(),
        "block_on waits since 1.050000000 s for task 3"
    );
}

/// A task that was detached is awaited by nobody, though somebody did before.
#[test]
fn nobody_waits_for_a_task_that_was_detached() {
    let dispatcher = hosts();
    let handle = dispatcher.handle();
    let at = handle.clone();
    let left = handle.spawn_named("left", async move {
        let mut other = at.spawn(std::future::pending::<()>())?;
        poll_fn(|cx| {
            assert!(std::pin::Pin::new(&mut other).poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
        other.detach();
        at.sleep(9 * SECOND).await
    });
    let _left = left.expect("room");
    run_for(&dispatcher, SECOND);
    assert_eq!(
        line(&dispatcher, "left"),
        "task 0 \"left\" on default waits since 1.000000000 s for a timer at 10.000000000 s"
    );
}

/// Lets the tasks that can run go first so often that each has run.
async fn stay_runnable() {
    let mut rounds = 0;
    poll_fn(|cx| {
        rounds += 1;
        cx.waker().wake_by_ref();
        match rounds {
            50 => Poll::Ready(()),
            _ => Poll::Pending,
        }
    })
    .await;
}

#[test]
fn yields_and_waits_for_idleness_have_their_lines() {
    let dispatcher = hosts();
    let handle = dispatcher.handle();
    let spawn_idler = |at: &Handle| {
        let idler = at.clone();
        at.spawn_named("idles", async move { idler.idle().await })
    };
    let at = handle.clone();
    let report = dispatcher.block_on(async move {
        let yields = at.clone();
        let _yields = at.spawn_named("yields", async move { yields.yield_now().await })?;
        let _idles = spawn_idler(&at)?;
        stay_runnable().await;
        at.waits()
    });
    let waits = report.expect("run").expect("own thread");
    assert_eq!(
        task(&waits, "yields").to_string(),
        "task 0 \"yields\" on default waits since 1.000000000 s for the end of a yield at 1.000001000 s"
    );
    assert_eq!(
        task(&waits, "idles").to_string(),
        "task 1 \"idles\" on default waits since 1.000000000 s for nothing else to run"
    );
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
