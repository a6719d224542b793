//! How much a guest may do before other tasks of the dispatcher run.

use std::cell::Cell;
use std::rc::Rc;

use wippy_dispatcher::{Error, Handle};

/// How many host calls a guest may make without suspending before it yields to other tasks.
pub(crate) const BUDGET: u32 = 128;

/// How many host calls the making and the end of an instance count as.
const INSTANCE: u32 = 16;

/// How many host calls are left before the guest yields.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Budget(u32);

impl Budget {
    /// That of a guest that has just waited.
    pub(crate) const FULL: Budget = Budget(BUDGET);

    /// That of an instance which has neither called the host nor yielded: either makes it another.
    pub(crate) const UNUSED: Budget = Budget(BUDGET + 1);

    /// Takes `calls`, or all that are left. True when this takes the last one: once the budget is used
    /// up it is false.
    pub(crate) fn spend(&mut self, calls: u32) -> bool {
        let had = self.0;
        self.0 = had.saturating_sub(calls);
        had > 0 && self.0 == 0
    }

    /// Whether none is left: the guest has to yield.
    pub(crate) fn is_used_up(self) -> bool {
        self.0 == 0
    }

    /// The same, but never used up from the start: [`Budget::spend`] reports only that the last call
    /// is taken.
    pub(crate) fn at_least_one(self) -> Budget {
        Budget(self.0.max(1))
    }
}

/// The budget that one call leaves to the next, so that a loop over calls which never wait yields as
/// often as one call that never waits. Clones are the same budget.
#[derive(Clone)]
pub(crate) struct SharedBudget(Rc<Cell<Budget>>);

impl SharedBudget {
    /// A full one.
    pub(crate) fn new() -> SharedBudget {
        SharedBudget(Rc::new(Cell::new(Budget::FULL)))
    }

    /// What the next call begins with.
    pub(crate) fn get(&self) -> Budget {
        self.0.get()
    }

    /// Stores what a call has left at its end.
    pub(crate) fn set(&self, budget: Budget) {
        self.0.set(budget);
    }

    /// Counts the call itself, which may have made no host call, and yields if nothing is left. To be
    /// called at the end of every call, however it ended.
    ///
    /// # Errors
    /// `Closed` and `WrongThread` of the dispatcher.
    pub(crate) async fn count_instance(&self, handle: &Handle) -> Result<(), Error> {
        match self.spend(INSTANCE) {
            true => self.renew(handle).await,
            false => Ok(()),
        }
    }

    /// Counts a call of an instance that lives on, as a call of the host. Where nothing is left after
    /// it, [`SharedBudget::renew`] is to be called.
    pub(crate) fn is_used_up_by_call(&self) -> bool {
        self.spend(1)
    }

    /// Yields, after which the budget is full again.
    ///
    /// # Errors
    /// `Closed` and `WrongThread` of the dispatcher.
    pub(crate) async fn renew(&self, handle: &Handle) -> Result<(), Error> {
        handle.yield_now().await?;
        self.set(Budget::FULL);
        Ok(())
    }

    /// Whether nothing is left after these calls.
    fn spend(&self, calls: u32) -> bool {
        let mut budget = self.get();
        budget.spend(calls);
        self.set(budget);
        budget.is_used_up()
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::OwnedFd;

    use wasmtime::component::Resource;
    use wippy_dispatcher::Dispatcher;

    use super::*;
    use crate::host::cli::interfaces::environment::Host as _;
    use crate::host::http::interfaces::types::HostFields;
    use crate::host::io::interfaces::poll::Host as _;
    use crate::host::io::interfaces::streams::{HostInputStream, HostOutputStream};
    use crate::host::io::{InputSource, InputStream, OutputStream, Sink};
    use crate::host::pipe::pipe;
    use crate::host::pollable::Pollable;
    use crate::host::state::tests::{cli_view, http_view, state};
    use crate::host::stdio::{Input, Output, Stdio};

    /// Half of what is moved before others have to run, in bytes.
    const MUCH: usize = 64 * 1024;

    #[test]
    fn the_last_call_is_reported_once() {
        let mut budget = Budget::FULL;
        assert!(!budget.spend(BUDGET - 1) && !budget.is_used_up());
        assert!(budget.spend(5) && budget.is_used_up());
        assert!(!budget.spend(1) && budget.is_used_up());
        assert!(budget.at_least_one().spend(1));
    }

    /// Does it twice: by then others have to run.
    fn twice(dispatcher: &Dispatcher, mut work: impl AsyncFnMut()) {
        for _ in 0..2 {
            dispatcher.block_on(work()).expect("no deadlock");
        }
    }

    #[test]
    fn the_bytes_of_every_kind_of_input_count() {
        let dispatcher = Dispatcher::new().expect("a dispatcher");
        let handle = dispatcher.handle();
        let (reader, writer) = rustix::pipe::pipe().expect("a pipe");
        let device = Input::new(&handle, reader).expect("room");
        let (pipe_reader, pipe_writer) = pipe(&handle, 4 * MUCH).expect("room");
        pipe_writer.write(&vec![0; 2 * MUCH]).expect("a reader");
        for feed in [
            InputSource::Device(device.into()),
            InputSource::Pipe(pipe_reader),
        ] {
            let mut state = state(&dispatcher);
            let is_device = matches!(feed, InputSource::Device(_));
            let stream = state.call.table.push(InputStream::new(feed)).expect("room");
            twice(&dispatcher, async || {
                if is_device {
                    // It holds no more at once.
                    rustix::io::write(&writer, &vec![0; MUCH]).expect("room");
                }
                let again = Resource::new_own(stream.rep());
                let read = HostInputStream::blocking_read(&mut state.call, again, MUCH as u64);
                assert_eq!(read.await.expect("bytes").len(), MUCH);
            });
            assert!(state.call.budget().is_used_up());
        }
    }

    #[test]
    fn the_bytes_of_every_kind_of_output_count() {
        let dispatcher = Dispatcher::new().expect("a dispatcher");
        let handle = dispatcher.handle();
        let null = std::fs::File::options().write(true).open("/dev/null");
        let null = OwnedFd::from(null.expect("a device"));
        let device = Output::new(&handle, Some(null)).expect("room");
        let (_reader, pipe_writer) = pipe(&handle, 4 * MUCH).expect("room");
        let log = Stdio::logged("test:entry").stdout;
        for sink in [Sink::Device(device.into()), Sink::Pipe(pipe_writer), log] {
            let mut state = state(&dispatcher);
            let stream = state
                .call
                .table
                .push(OutputStream::new(sink))
                .expect("room");
            twice(&dispatcher, async || {
                let again = || Resource::new_own(stream.rep());
                let permit = HostOutputStream::check_write(&mut state.call, again()).await;
                assert!(permit.expect("open") >= MUCH as u64);
                let zeroes = HostOutputStream::write_zeroes(&mut state.call, again(), MUCH as u64);
                zeroes.await.expect("room");
            });
            assert!(state.call.budget().is_used_up());
        }
    }

    #[test]
    fn lists_count_by_their_size() {
        let dispatcher = Dispatcher::simulated(1).expect("a dispatcher");
        let mut state = state(&dispatcher);
        state.cli.env = vec![("NAME".to_owned(), "x".repeat(2 * MUCH))].into();
        cli_view(&mut state).get_environment().expect("one");
        assert!(state.call.budget().is_used_up());

        state.call.reset_budget();
        state.cli.args = vec![String::new(); 2048].into();
        cli_view(&mut state).get_arguments().expect("many");
        assert!(state.call.budget().is_used_up());

        state.call.reset_budget();
        let fields = HostFields::new(&mut http_view(&mut state)).expect("room");
        let again = || Resource::new_own(fields.rep());
        let value = vec![b'x'; MUCH - 100];
        HostFields::append(
            &mut http_view(&mut state),
            again(),
            "name".to_owned(),
            value,
        )
        .expect("room")
        .expect("a value");
        HostFields::entries(&mut http_view(&mut state), again()).expect("one");
        HostFields::get(&mut http_view(&mut state), again(), "other".to_owned()).expect("none");
        assert!(state.call.budget().is_used_up());
    }

    /// In a simulation each time that others may run costs a microsecond.
    #[test]
    fn others_run_between_the_slices_of_a_long_poll() {
        let dispatcher = Dispatcher::simulated(1).expect("a dispatcher");
        let handle = dispatcher.handle();
        let mut state = state(&dispatcher);
        let pollable = state.call.table.push(Pollable::Ready).expect("room");
        let pollables = || (0..50_000).map(|_| Resource::new_own(pollable.rep()));
        let start = handle.now().expect("the time");
        let ready = dispatcher
            .block_on(state.call.poll(pollables().collect()))
            .expect("no deadlock")
            .expect("pollables");
        assert_eq!(ready.len(), 50_000);
        let passed = handle.now().expect("the time") - start;
        assert!(passed.as_micros() >= 48, "{passed:?}");
    }
}
