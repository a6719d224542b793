use std::net::IpAddr;

use wippy_dispatcher::Dispatcher;
use wippy_dispatcher::net::{ResolveError, resolve};

use super::live;

fn look_up(dispatcher: &Dispatcher, name: &str) -> Result<Vec<IpAddr>, ResolveError> {
    let lookup = resolve(&dispatcher.handle(), name);
    dispatcher.block_on(lookup).expect("block_on")
}

#[test]
fn a_numeric_address_is_its_own_answer_and_costs_no_thread() {
    let dispatcher = live();
    for text in ["127.0.0.1", "::1", "2001:db8::7"] {
        let answer = look_up(&dispatcher, text).expect("numeric");
        assert_eq!(answer, [text.parse::<IpAddr>().expect("numeric")]);
    }
    assert_eq!(dispatcher.blocking_threads(), 0);
}

#[test]
fn localhost_is_here() {
    let answer = look_up(&live(), "localhost").expect("every system knows it");
    assert!(answer.iter().all(IpAddr::is_loopback), "{answer:?}");
    let mut once = answer.clone();
    once.dedup();
    assert_eq!(once, answer);
}

#[test]
fn what_is_no_name_is_not_asked_for() {
    let dispatcher = live();
    for text in ["", "a b", "a\0b", "x..y", "[::1]", "127.0.0.1:80"] {
        let refused = look_up(&dispatcher, text);
        assert!(
            matches!(&refused, Err(ResolveError::Invalid(name)) if name == text),
            "{text:?}: {refused:?}"
        );
    }
    assert_eq!(dispatcher.blocking_threads(), 0);
}

/// `invalid.` exists nowhere, whatever the resolver; without one it cannot say.
#[test]
fn a_name_that_nobody_has_is_not_found() {
    let refused = look_up(&live(), "no-such-host.invalid");
    assert!(
        matches!(
            refused,
            Err(ResolveError::NotFound(_) | ResolveError::Temporary(_))
        ),
        "{refused:?}"
    );
}
