//! Name lookups.

use std::net::IpAddr;

use wippy_dispatcher::Dispatcher;
use wippy_dispatcher::net::{ResolveError, resolve};

use super::over_both_drivers;

over_both_drivers!(
    a_numeric_address_is_its_own_answer,
    localhost_is_here,
    what_is_no_name_is_not_asked_for,
    a_name_that_nobody_has_is_not_found,
    a_lookup_may_be_dropped,
);

fn look_up(dispatcher: &Dispatcher, name: &str) -> Result<Vec<IpAddr>, ResolveError> {
    let lookup = resolve(&dispatcher.handle(), name);
    dispatcher.block_on(lookup).expect("block_on")
}

fn a_numeric_address_is_its_own_answer(dispatcher: &Dispatcher) {
    for text in ["127.0.0.1", "::1", "2001:db8::7"] {
        let answer = look_up(dispatcher, text).expect("numeric");
        assert_eq!(answer, [text.parse::<IpAddr>().expect("numeric")]);
    }
    assert_eq!(dispatcher.blocking_threads(), 0);
}

fn localhost_is_here(dispatcher: &Dispatcher) {
    for name in ["localhost", "LOCALHOST"] {
        let answer = look_up(dispatcher, name).expect("every system knows it");
        assert!(answer.iter().all(IpAddr::is_loopback), "{answer:?}");
    }
}

fn what_is_no_name_is_not_asked_for(dispatcher: &Dispatcher) {
    for text in ["", "a b", "a\0b", "x..y", "[::1]", "127.0.0.1:80"] {
        let refused = look_up(dispatcher, text);
        assert!(
            matches!(&refused, Err(ResolveError::Invalid(name)) if name == text),
            "{text:?}: {refused:?}"
        );
    }
}

/// `invalid.` exists nowhere, whatever the resolver; without one it cannot say.
fn a_name_that_nobody_has_is_not_found(dispatcher: &Dispatcher) {
    let refused = look_up(dispatcher, "no-such-host.invalid");
    let is_simulated = dispatcher.handle().is_simulated().expect("own thread");
    assert!(
        matches!(refused, Err(ResolveError::NotFound(_)))
            || !is_simulated && matches!(refused, Err(ResolveError::Temporary(_))),
        "{refused:?}"
    );
}

fn a_lookup_may_be_dropped(dispatcher: &Dispatcher) {
    let mut lookup = std::pin::pin!(resolve(&dispatcher.handle(), "localhost"));
    let waker = std::task::Waker::noop();
    let _ = lookup
        .as_mut()
        .poll(&mut std::task::Context::from_waker(waker));
    look_up(dispatcher, "localhost").expect("others go on");
}
