//! Accepting connections.

use std::io;
use std::rc::Rc;
use std::time::Duration;

use rustix::io::Errno;
use wippy_dispatcher::{Error, WaitSet};

use super::listener::Listener;
use super::placement::Placement;
use super::server_state::ServerState;
use super::wire::TAG;

/// How many connections are accepted before others run.
const BATCH: u32 = 64;
/// How many are accepted once the server stops: as many as the backlog holds, which the system completed before.
const AFTER_STOP: u32 = 1024;
/// How long to wait where the system has no descriptor or no memory for another connection.
const PAUSE: Duration = Duration::from_millis(50);

/// Accepts connections until the server stops, and then those that the system has completed.
///
/// # Errors
/// When the dispatcher, or the simulated host, ends.
pub(super) async fn accept(
    state: Rc<ServerState>,
    placement: Rc<Placement>,
    listener: Listener,
) -> Result<(), Error> {
    let mut set = WaitSet::new(&state.handle)?;
    let (mut batch, mut after_stop) = (0, 0);
    loop {
        let stops = state.stopping.is_set();
        if state.cut.is_set() || after_stop >= AFTER_STOP {
            return Ok(());
        }
        set.clear();
        if state.all_seats.are_taken() {
            set.add_event(state.all_seats.room(), TAG)?;
            set.add_event(&state.cut, TAG)?;
            set.wait().await?;
            continue;
        }
        match placement.accept(&listener) {
            Ok(()) => {
                after_stop += u32::from(stops);
                batch += 1;
                if batch >= BATCH {
                    batch = 0;
                    state.handle.yield_now().await?;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                if stops {
                    return Ok(());
                }
                listener.register(&mut set, TAG)?;
                set.add_event(&state.stopping, TAG)?;
                set.add_event(&state.cut, TAG)?;
                set.wait().await?;
            }
            // The connection is closed: there is no place for its task.
            Err(Error::TooManyTasks(_) | Error::TooManyJobs(_)) => {
                state.handle.sleep(PAUSE).await?
            }
            Err(error) if is_over(&error) => return Err(error),
            Err(error) if is_short(&error) => state.handle.sleep(PAUSE).await?,
            // Of one connection, which its client has broken off.
            Err(_) => state.handle.yield_now().await?,
        }
    }
}

fn is_over(error: &Error) -> bool {
    let errno = error.raw_os_error().map(Errno::from_raw_os_error);
    let is_listener = matches!(errno, Some(Errno::BADF | Errno::INVAL | Errno::NETDOWN));
    is_listener || matches!(error, Error::Closed | Error::WrongThread | Error::HostDown)
}

fn is_short(error: &Error) -> bool {
    let errno = error.raw_os_error().map(Errno::from_raw_os_error);
    let short = [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM];
    errno.is_some_and(|errno| short.contains(&errno)) || matches!(error, Error::TooManySources(_))
}
