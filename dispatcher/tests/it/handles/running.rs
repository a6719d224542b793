//! Nested runs, panicking tasks, and the bound on them.

use super::*;

#[test]
fn runs_do_not_nest() {
    let dispatcher = Rc::new(Dispatcher::new().expect("dispatcher"));
    let reentrant = |dispatcher: &Dispatcher| {
        assert!(matches!(
            dispatcher.block_on(async {}),
            Err(Error::Reentrant)
        ));
        assert!(matches!(
            dispatcher.turn(Some(Duration::ZERO)),
            Err(Error::Reentrant)
        ));
        assert!(matches!(dispatcher.turn(None), Err(Error::Reentrant)));
    };
    for _ in 0..2 {
        let within = dispatcher.clone();
        let task = dispatcher
            .spawn(async move { reentrant(&within) })
            .expect("spawn");
        let inner = &dispatcher;
        dispatcher
            .block_on(async move {
                reentrant(inner);
                task.await.expect("not cancelled");
                reentrant(inner);
            })
            .expect("block_on");
        let within = dispatcher.clone();
        let task = dispatcher
            .spawn(async move { reentrant(&within) })
            .expect("spawn");
        assert_eq!(dispatcher.turn(Some(Duration::ZERO)).expect("turn").ran, 1);
        assert!(task.is_finished());
    }
}

#[test]
fn dispatchers_nest_in_each_other() {
    let (outer, inner) = (
        Dispatcher::new().expect("dispatcher"),
        Dispatcher::new().expect("dispatcher"),
    );
    let (one, two) = (outer.handle(), inner.handle());
    let sum = outer.block_on(async {
        one.sleep(Duration::from_micros(10)).await.expect("sleep");
        let within = inner.block_on(async {
            two.sleep(Duration::from_micros(10)).await.expect("sleep");
            2
        });
        1 + within.expect("block_on")
    });
    assert_eq!(sum.expect("block_on"), 3);
}

#[test]
fn a_tasks_panic_comes_out_where_it_is_awaited() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let task: Task<()> = dispatcher
        .spawn(async { panic!("from the task") })
        .expect("spawn");
    dispatcher
        .turn(Some(Duration::ZERO))
        .expect("the turn goes on");
    let awaited = catch_unwind(AssertUnwindSafe(|| dispatcher.block_on(task)));
    let payload = awaited.expect_err("the panic");
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"from the task"));
    assert_eq!(
        dispatcher
            .block_on(async { 4 })
            .expect("the dispatcher works on"),
        4
    );
}

#[test]
fn a_tasks_panic_goes_through_the_task_that_awaits_it() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let inner: Task<()> = dispatcher
        .spawn(async { panic!("innermost") })
        .expect("spawn");
    let outer = dispatcher.spawn(inner).expect("spawn");
    let awaited = catch_unwind(AssertUnwindSafe(|| dispatcher.block_on(outer)));
    assert_eq!(
        awaited.expect_err("the panic").downcast_ref::<&str>(),
        Some(&"innermost")
    );
}

#[test]
fn a_detached_tasks_panic_ends_nobody_else() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let handle = dispatcher.handle();
    dispatcher
        .spawn(async { panic!("unseen") })
        .expect("spawn")
        .detach();
    let remote = dispatcher.remote();
    remote
        .spawn(|_| async { panic!("unseen too") })
        .expect("spawn");
    remote
        .spawn(|_: &Handle| -> std::future::Ready<()> { panic!("before there is a task") })
        .expect("spawn");
    let witness = dispatcher.spawn(async move { handle.sleep(Duration::from_micros(50)).await });
    let slept = dispatcher
        .block_on(witness.expect("spawn"))
        .expect("block_on");
    slept.expect("not cancelled").expect("sleep");
}

#[test]
fn a_panic_in_block_on_leaves_the_dispatcher_usable() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let handle = dispatcher.handle();
    let task = dispatcher.spawn(async move { handle.sleep(Duration::from_micros(50)).await });
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        dispatcher.block_on(async { panic!("the root") })
    }));
    assert!(unwound.is_err());
    let slept = dispatcher.block_on(task.expect("spawn")).expect("block_on");
    slept.expect("not cancelled").expect("sleep");
}

#[test]
fn the_bound_on_tasks_has_a_name_and_room_comes_back() {
    let dispatcher = Dispatcher::builder()
        .max_tasks(2)
        .build()
        .expect("dispatcher");
    let first = dispatcher.spawn(pending::<()>()).expect("room");
    let second = dispatcher.spawn(async { 2 }).expect("room");
    assert!(matches!(
        dispatcher.spawn(async {}),
        Err(Error::TooManyTasks(2))
    ));
    assert_eq!(dispatcher.block_on(second).expect("block_on"), Ok(2));
    let third = dispatcher.spawn(async { 3 }).expect("room of the second");
    drop(first);
    dispatcher.turn(Some(Duration::ZERO)).expect("turn");
    let fourth = dispatcher
        .spawn(pending::<()>())
        .expect("room of the first");
    assert_eq!(dispatcher.block_on(third).expect("block_on"), Ok(3));
    drop(dispatcher);
    assert_eq!(
        Dispatcher::new()
            .expect("dispatcher")
            .block_on(fourth)
            .expect("block_on"),
        Err(Cancelled)
    );
}
