//! Names that nobody answers, asked of a resolver that answers when the test lets it.

use std::future::{Future, poll_fn};
use std::net::IpAddr;
use std::sync::{Arc, Condvar, Mutex};
use std::task::Poll;
use std::time::Duration;

use wippy_dispatcher::net::{Resolve, ResolveError, resolve_for};
use wippy_dispatcher::{Dispatcher, Flow};

const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

#[derive(Default)]
struct Server {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    asked: Vec<String>,
    answers: bool,
}

impl Server {
    /// Answers `fast…` at once, and `slow…` once it is let.
    fn answer(&self, name: &str) -> Result<Vec<IpAddr>, ResolveError> {
        assert!(!name.starts_with("panic"), "on purpose");
        let mut state = self.state.lock().expect("lock");
        state.asked.push(name.to_owned());
        self.changed.notify_all();
        while name.starts_with("slow") && !state.answers {
            state = self.changed.wait(state).expect("lock");
        }
        Ok(vec![HERE, HERE])
    }

    fn asked(&self) -> usize {
        self.state.lock().expect("lock").asked.len()
    }

    fn let_answer(&self) {
        self.state.lock().expect("lock").answers = true;
        self.changed.notify_all();
    }

    /// Waits until so many questions have come.
    fn wait_for(&self, questions: usize) {
        let state = self.state.lock().expect("lock");
        let too_long = Duration::from_secs(30);
        let (state, _) = self
            .changed
            .wait_timeout_while(state, too_long, |state| state.asked.len() < questions)
            .expect("lock");
        assert_eq!(state.asked.len(), questions);
    }
}

fn with_server() -> (Arc<Server>, Dispatcher) {
    let server = Arc::new(Server::default());
    let asked = server.clone();
    let dispatcher = Dispatcher::builder()
        .resolver(move |name| asked.answer(name))
        .build()
        .expect("dispatcher");
    (server, dispatcher)
}

fn ask(dispatcher: &Dispatcher, flow: (u64, u64), name: &str) -> Resolve {
    let (group, member) = flow;
    resolve_for(&dispatcher.handle(), Flow { group, member }, name)
}

/// Looks once, as a task does that was woken.
fn look(dispatcher: &Dispatcher, lookup: &mut Resolve) -> Poll<Vec<IpAddr>> {
    let mut lookup = std::pin::Pin::new(lookup);
    let polled = dispatcher.block_on(poll_fn(|cx| Poll::Ready(lookup.as_mut().poll(cx))));
    polled
        .expect("block_on")
        .map(|answer| answer.expect("found"))
}

fn answer(dispatcher: &Dispatcher, lookup: Resolve) -> Vec<IpAddr> {
    let answer = dispatcher.block_on(lookup).expect("block_on");
    answer.expect("found")
}

/// Twenty members of one group, and of twenty groups, with sixty-four slow names each.
#[test]
fn slow_names_stop_nobody_elses() {
    for groups in [1, 20] {
        let (server, dispatcher) = with_server();
        let mut slow = Vec::new();
        for asker in 0..20 {
            for number in 0..64 {
                let name = format!("slow{number}.of{asker}.test");
                slow.push(ask(&dispatcher, (asker % groups, asker), &name));
            }
        }
        for round in 0..10 {
            for flow in [(0, 100 + round), (100 + round, 0)] {
                let fast = ask(&dispatcher, flow, &format!("fast{round}.test"));
                assert_eq!(answer(&dispatcher, fast), [HERE], "{flow:?}");
            }
        }
        for lookup in &mut slow {
            assert!(look(&dispatcher, lookup).is_pending());
        }
        server.let_answer();
        dispatcher
            .block_on(async {
                for lookup in slow {
                    assert_eq!(lookup.await.expect("found"), [HERE]);
                }
            })
            .expect("block_on");
        assert_eq!(server.asked(), 20 * 64 + 20);
    }
}

#[test]
fn a_name_is_asked_for_once_however_many_want_it() {
    let (server, dispatcher) = with_server();
    let lookups: Vec<_> = (0..1000)
        .map(|member| ask(&dispatcher, (1, member), "slow.test"))
        .collect();
    server.wait_for(1);
    server.let_answer();
    for lookup in lookups {
        assert_eq!(answer(&dispatcher, lookup), [HERE]);
    }
    assert_eq!(server.asked(), 1);
    // Nothing is remembered.
    assert_eq!(
        answer(&dispatcher, ask(&dispatcher, (1, 1), "slow.test")),
        [HERE]
    );
    assert_eq!(server.asked(), 2);
}

#[test]
fn the_last_who_leaves_a_lookup_gives_up_its_place() {
    let (server, dispatcher) = with_server();
    let slow = |number: usize| ask(&dispatcher, (1, 1), &format!("slow{number}.test"));
    // As many as one flow may have at once, and one more.
    let mut lookups: Vec<_> = (0..15).map(slow).collect();
    server.wait_for(15);
    let mut waiting = slow(15);
    let joined = ask(&dispatcher, (2, 1), "slow0.test");
    drop(lookups.remove(0));
    assert!(look(&dispatcher, &mut waiting).is_pending());
    drop(joined);
    assert!(look(&dispatcher, &mut waiting).is_pending());
    server.wait_for(16);
    // The question is still under way: whoever asks again joins it.
    let again = ask(&dispatcher, (1, 1), "slow0.test");
    server.let_answer();
    assert_eq!(answer(&dispatcher, again), [HERE]);
    assert_eq!(answer(&dispatcher, waiting), [HERE]);
    assert_eq!(server.asked(), 16);
}

#[test]
fn who_waits_behind_slow_names_shares_what_another_begins() {
    let (server, dispatcher) = with_server();
    let slow = |number: usize| ask(&dispatcher, (1, 1), &format!("slow{number}.test"));
    let _lookups: Vec<_> = (0..15).map(slow).collect();
    server.wait_for(15);
    let mut behind = ask(&dispatcher, (1, 1), "fast.test");
    assert!(look(&dispatcher, &mut behind).is_pending());
    assert_eq!(
        answer(&dispatcher, ask(&dispatcher, (2, 1), "fast.test")),
        [HERE]
    );
    assert_eq!(answer(&dispatcher, behind), [HERE]);
    assert_eq!(server.asked(), 16);
    server.let_answer();
}

/// Whoever asks and leaves, again and again, keeps threads busy, and only its own places.
#[test]
fn names_that_were_given_up_stop_nobody_elses() {
    let (server, dispatcher) = with_server();
    for number in 0..1000 {
        drop(ask(&dispatcher, (1, number), &format!("slow{number}.test")));
    }
    for flow in [(2, 1), (3, 1)] {
        let fast = ask(&dispatcher, flow, "fast.test");
        assert_eq!(answer(&dispatcher, fast), [HERE]);
    }
    assert!(dispatcher.blocking_threads() <= 256 + 64);
    server.let_answer();
}

#[test]
fn a_resolver_that_panics_has_failed_and_goes_on() {
    let (_, dispatcher) = with_server();
    let lookup = ask(&dispatcher, (1, 1), "panic.test");
    let failed = dispatcher.block_on(lookup).expect("block_on");
    assert!(
        matches!(&failed, Err(ResolveError::Permanent(text)) if text.contains("on purpose")),
        "{failed:?}"
    );
    assert_eq!(
        answer(&dispatcher, ask(&dispatcher, (1, 1), "fast.test")),
        [HERE]
    );
}
