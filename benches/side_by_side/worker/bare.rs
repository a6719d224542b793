//! An event loop without guests, behind the protocol.

use std::os::unix::net::UnixStream;

use serde_json::Value;

use super::echo;
use crate::bell::{self, Bell};
use crate::fallible::Fallible;
use crate::protocol::{self, Answer, Request};

/// What the loops are compared in. All times are nanoseconds.
pub trait BareLoop {
    /// How another thread ends the loop's wait; called after the bell has rung.
    type Waker: Fn(&Bell) + Send + 'static;

    /// One line for the report.
    fn about(&self) -> &'static str;

    /// Sleeps until `duration` from now, so many times; how late each ended.
    fn overshoot(&mut self, duration: u64, trials: u32) -> Fallible<Vec<u64>>;

    /// A waker for another thread.
    fn waker(&mut self) -> Fallible<Self::Waker>;

    /// Waits until the bell has rung, so many times, and says so before each.
    fn wait_for(&mut self, bell: &Bell, trials: u32) -> Fallible<Vec<u64>>;

    /// Sends a byte to an echo and waits for it, so many times. The stream does not block.
    fn round_trip(&mut self, stream: UnixStream, trials: u32) -> Fallible<Vec<u64>>;
}

/// Serves requests with a loop.
///
/// # Errors
/// When a stream breaks.
pub fn serve(mut bare: impl BareLoop) -> Fallible<()> {
    Ok(protocol::serve(|request| {
        answer(&mut bare, request).map_err(|error| error.to_string())
    })?)
}

/// Answers one request.
///
/// # Errors
/// When the loop has no such function, or it fails.
pub fn answer(bare: &mut impl BareLoop, request: &Request) -> Fallible<Answer> {
    let number = |at: usize| {
        let number = request.args.get(at).and_then(Value::as_u64);
        number.ok_or_else(|| format!("argument {at} is no number"))
    };
    let value = match request.function.as_str() {
        "about" => bare.about().into(),
        "wake" => {
            let trials = u32::try_from(number(0)?)?;
            let (bell, ringer) = bell::start(bare.waker()?, trials);
            let times = bare.wait_for(&bell, trials)?;
            ringer.join().map_err(|_| "the waking thread panicked")?;
            times.into()
        }
        "round-trip" => {
            let (stream, echo) = echo::start()?;
            let times = bare.round_trip(stream, u32::try_from(number(0)?)?)?;
            echo.join().map_err(|_| "the echo panicked")?;
            times.into()
        }
        // The row of the guest's function: duration in microseconds, trials.
        function if function.ends_with("#overshoot") => bare
            .overshoot(number(0)? * 1000, u32::try_from(number(1)?)?)?
            .into(),
        other => return Err(format!("a bare loop has no {other}").into()),
    };
    Ok(Answer {
        value,
        ..Answer::default()
    })
}
