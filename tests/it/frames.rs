//! A host that gives guests a part of each of its frames.

use std::time::Duration;

use wippy::{CallOptions, Entry, Program, ProgramOptions, Runtime};
use wippy_dispatcher::{Dispatcher, TurnBudget};

use crate::support::{live, simulated};

const GUESTS: usize = 50;
const FRAME: Duration = Duration::from_millis(1);
/// How long a guest computes before the others run.
const TICK: Duration = Duration::from_millis(1);

/// Guests that compute, for so many rounds of a loop each.
fn busy(dispatcher: &Dispatcher, rounds: i64) -> Vec<wippy::Call<()>> {
    let text = r#"(module (func (export "compute") (param i64)
        (loop $on
            (local.set 0 (i64.sub (local.get 0) (i64.const 1)))
            (br_if $on (i64.gt_s (local.get 0) (i64.const 0))))))"#;
    let program = Program::builder()
        .entry(Entry::function("a:compute").bytes(text))
        .options(ProgramOptions::new().preemption_tick(TICK))
        .build()
        .expect("an entry");
    let runtime = Runtime::on(dispatcher.handle(), program).expect("an engine");
    dispatcher
        .block_on(runtime.prepare("compute"))
        .expect("a dispatcher")
        .expect("a module");
    let start = |_| {
        let call = runtime
            .with(CallOptions::new())
            .start_typed::<(i64,), ()>("compute", (rounds,));
        call.expect("a task")
    };
    (0..GUESTS).map(start).collect()
}

/// In virtual time: no frame is longer than its budget and a tick, and all guests get on together.
#[test]
fn no_frame_is_longer_than_its_budget_and_a_tick() {
    let dispatcher = simulated();
    let handle = dispatcher.handle();
    // Some twenty slices each.
    let mut calls = busy(&dispatcher, 4_000_000);
    let mut frames = 0;
    while !calls.is_empty() {
        let begun = handle.now().expect("the time");
        let turn = dispatcher.turn_within(TurnBudget::new(FRAME), Some(FRAME));
        turn.expect("a turn");
        let passed = handle.now().expect("the time") - begun;
        assert!(passed <= FRAME + TICK, "{passed:?}");
        calls.retain_mut(|call| match call.poll() {
            Some(ended) => {
                ended.expect("an end");
                false
            }
            None => true,
        });
        frames += 1;
        assert!(frames < 100, "all compute at the same time");
    }
    assert!(
        frames > 10,
        "{frames}: they compute for longer than a frame"
    );
}

/// In real time a guest that computes keeps the thread for a tick at least, so that one uses a frame
/// up: the turn ends with it, and the next one is another guest's.
#[test]
fn a_guest_that_computes_uses_its_frame_up() {
    let dispatcher = live();
    let calls = busy(&dispatcher, i64::MAX);
    for _ in 0..10 {
        let budget = TurnBudget::new(FRAME);
        let turn = dispatcher.turn_within(budget, Some(Duration::ZERO));
        let turn = turn.expect("a turn");
        assert_eq!((turn.ran, turn.runnable), (1, GUESTS));
    }
    drop(calls);
}
