//! One more thread of a server.

use std::error::Error as StdError;
use std::rc::Rc;
use std::sync::Arc;

use wippy_dispatcher::{Dispatcher, Error, Event, Handle, Local};

use super::handler::Handler;
use super::meters::Meters;
use super::placement::ServingThread;
use super::seats::Seats;
use super::server_state::ServerState;
use super::settings::ServerSettings;
use crate::oneshot::{Receiver, Sender, oneshot};

/// Why a thread has no handler: whatever makes handlers says so.
pub type HandlerError = Box<dyn StdError + Send + Sync>;

/// Makes the handler of one thread, on that thread.
pub(super) type MakeHandler =
    dyn Fn(&Handle) -> Result<Box<dyn Handler>, HandlerError> + Send + Sync;

/// Why a thread does not serve.
#[derive(Debug)]
pub(super) enum ThreadError {
    Dispatcher(Error),
    Handler(HandlerError),
}

impl From<Error> for ThreadError {
    fn from(error: Error) -> ThreadError {
        ThreadError::Dispatcher(error)
    }
}

/// A thread that serves connections, until it is told that no more come and the last has ended. Dropped, it cuts them.
pub(super) struct GroupThread {
    pub(super) meters: Arc<Meters>,
    pub(super) stopping: Event,
    pub(super) cut: Event,
    /// Says that no more connections come.
    pub(super) no_more: Option<Sender<()>>,
    /// The thread has ended, and dropped all it had.
    pub(super) ended: Receiver<()>,
    /// That was seen.
    pub(super) has_ended: bool,
}

struct Started {
    thread: ServingThread,
    stopping: Event,
    cut: Event,
}

impl GroupThread {
    /// Starts a thread; `number` is part of its name.
    pub(super) async fn start(
        number: usize,
        settings: ServerSettings,
        all_seats: Arc<Seats>,
        make: Arc<MakeHandler>,
    ) -> Result<(GroupThread, ServingThread), ThreadError> {
        let meters = settings.meters.clone();
        let (start, started) = oneshot();
        let (no_more, told) = oneshot();
        let (end, ended) = oneshot();
        let run = move || {
            serve(settings, all_seats, &*make, start, told);
            end.send(());
        };
        let name = format!("wippy-serve-{number}");
        let thread = std::thread::Builder::new().name(name).spawn(run);
        // Its end is waited for by `ended`, which takes no thread.
        drop(thread.map_err(Error::Io)?);
        let Started {
            thread,
            stopping,
            cut,
        } = started.await.map_err(|_| Error::Closed)??;
        let group = GroupThread {
            meters,
            stopping,
            cut,
            no_more: Some(no_more),
            ended,
            has_ended: false,
        };
        Ok((group, thread))
    }
}

/// What the thread does.
fn serve(
    settings: ServerSettings,
    all_seats: Arc<Seats>,
    make: &MakeHandler,
    start: Sender<Result<Started, ThreadError>>,
    told: Receiver<()>,
) {
    let (dispatcher, state) = match prepare(settings, all_seats, make) {
        Ok((dispatcher, state, started)) => {
            start.send(Ok(started));
            (dispatcher, state)
        }
        Err(error) => return start.send(Err(error)),
    };
    // Only a dispatcher that cannot park ends this early, and its connections with it.
    let _ = dispatcher.block_on(async {
        if told.await.is_err() {
            state.cut.set();
        }
        state.quiet().await
    });
}

fn prepare(
    settings: ServerSettings,
    all_seats: Arc<Seats>,
    make: &MakeHandler,
) -> Result<(Dispatcher, Rc<ServerState>, Started), ThreadError> {
    let dispatcher = Dispatcher::new()?;
    let handle = dispatcher.handle();
    let handler = make(&handle).map_err(ThreadError::Handler)?;
    let state = Rc::new(ServerState::new(&handle, settings, all_seats, handler)?);
    let started = Started {
        thread: ServingThread::new(
            handle.remote(),
            state.seats.clone(),
            Local::new(&handle, state.clone())?,
        ),
        stopping: state.stopping.clone(),
        cut: state.cut.clone(),
    };
    Ok((dispatcher, state, started))
}
