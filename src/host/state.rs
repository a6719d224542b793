//! The data of one call's store.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use wasmtime::{Engine, ResourceLimiter, Result, UpdateDeadline, bail};
use wippy_dispatcher::{Flow, Handle, WaitSet};

use super::budget::{BUDGET, Budget};
use super::filesystem::FILE_BYTES;
use super::filesystem::{FileOutput, Mount};
use super::http::Access;
use super::io::Owner;
use super::limits::Limits;
use super::sockets::{LOOKUPS, SOCKET_BYTES};
use super::stdio::Stdio;
use super::table::Table;
use crate::delivery::{Deliveries, DeliveryTracker};
use crate::network::{Allow, LookedUp};
use crate::quota::Quota;
use crate::race::race;

/// What a call is given; resolved when it starts.
#[derive(Clone)]
pub struct Context {
    /// What `get-environment` returns, in order.
    pub env: Arc<[(String, String)]>,
    /// What `get-arguments` returns.
    pub args: Arc<[String]>,
    /// What `initial-cwd` returns.
    pub cwd: Arc<str>,
    /// Standard input, output and error.
    pub stdio: Stdio,
    /// What `get-directories` returns, in order.
    pub mounts: Arc<[Arc<Mount>]>,
    /// Where `wasi:http` leads.
    pub http: Access,
    /// What the call may reach through sockets and HTTP.
    pub network: Allow,
    /// What the call may use.
    pub limits: Limits,
    /// Whose its blocking jobs are: a group an entry, a member a call.
    pub flow: Flow,
}

/// The most elements of one table.
const MAX_TABLE_ELEMENTS: usize = 10_000_000;

/// The most memories of one call, over all its core instances: as many as one module may have. Each
/// takes address space even where it is empty.
pub(crate) const MAX_MEMORIES: usize = 100;

/// What an element of a table counts for.
const BYTES_A_TABLE_ELEMENT: usize = 8;

/// How many bytes of a file or a connection cost as much as a call.
const BYTES_A_CALL: usize = 1024;

/// How many bytes cost as much as a system call that opens or asks.
const BYTES_A_SYSTEM_CALL: usize = 4096;

/// How many bytes cost as much as an item of a list: something small that is looked at, or copied.
const BYTES_AN_ITEM: usize = 128;

/// How far the epoch is from a guest's deadline while its budget lasts.
pub(crate) const EPOCHS: u64 = 1;

/// Everything the host functions of one call work on.
pub struct State {
    pub(crate) handle: Handle,
    pub(crate) table: Table,
    pub(crate) descriptors: Quota,
    /// The bytes that streams of files keep.
    pub(crate) file_bytes: Quota,
    /// Streams of files that were dropped and still have something to write.
    pub(crate) unwritten: Vec<Arc<FileOutput>>,
    /// The bytes that connections have accepted and the system has not taken.
    pub(crate) socket_bytes: Quota,
    /// How many names may be looked up at once.
    pub(crate) lookups: Quota,
    pub(crate) context: Context,
    /// Made at the first poll that suspends, and kept.
    pub(crate) wait_set: Option<WaitSet>,
    /// What `insecure-seed` gave.
    pub(super) insecure_seed: Option<(u64, u64)>,
    pub(crate) fired: Vec<u32>,
    /// What its lookups returned, for the rules that name a host.
    pub(crate) looked_up: LookedUp,
    /// What it has handed over and what is not delivered yet; made at the first need.
    deliveries: Option<Deliveries>,
    /// Where a datagram arrives; made at the first.
    pub(crate) datagram: Vec<u8>,
    budget: Budget,
    /// Whose epoch moves when the budget is used up; none without a guest.
    engine: Option<Engine>,
    /// The bytes of its memories and tables.
    memory: usize,
}

impl State {
    /// The data of a new call.
    pub fn new(handle: Handle, context: Context) -> State {
        State {
            handle,
            table: Table::new(context.limits.resources),
            descriptors: context.limits.descriptor_quota(),
            file_bytes: Quota::new(FILE_BYTES),
            unwritten: Vec::new(),
            socket_bytes: Quota::new(SOCKET_BYTES),
            lookups: Quota::new(LOOKUPS),
            context,
            wait_set: None,
            insecure_seed: None,
            fired: Vec::new(),
            looked_up: LookedUp::default(),
            deliveries: None,
            datagram: Vec::new(),
            budget: Budget::WHOLE,
            engine: None,
            memory: 0,
        }
    }

    /// The handles that the components of the call may hold at once.
    pub(crate) fn max_handles(&self) -> usize {
        self.context.limits.resources.saturating_mul(2)
    }

    /// Permits a memory or table to grow, where all of them together stay within the limit. What is
    /// permitted counts, even where the system has no room for it.
    fn grow(&mut self, current: usize, desired: usize) -> bool {
        let growth = desired.saturating_sub(current);
        let total = self.memory.saturating_add(growth);
        let permitted = total <= self.context.limits.memory;
        if permitted {
            self.memory = total;
        }
        permitted
    }

    /// The same with what an earlier call has left to it.
    pub(crate) fn with_budget(self, budget: Budget) -> State {
        State {
            budget: budget.at_least_one(),
            ..self
        }
    }

    /// For a guest of this engine.
    pub(crate) fn in_engine(self, engine: &Engine) -> State {
        State {
            engine: Some(engine.clone()),
            ..self
        }
    }

    /// The state of a call of a host function, which counts against the guest's budget: every
    /// function that is bound reaches its state through this, once.
    pub(crate) fn counted(&mut self) -> &mut State {
        self.spend_calls(1);
        self
    }

    /// Takes calls from the budget. When it is used up, the engine's epoch moves on: the guest
    /// notices that at its next loop or function, wherever it is, even if it calls only functions
    /// that cannot suspend it.
    fn spend_calls(&mut self, calls: u32) {
        if self.budget.spend(calls)
            && let Some(engine) = &self.engine
        {
            engine.increment_epoch();
        }
    }

    /// What happens to a guest that notices a new epoch: it lets the others run if it has used up
    /// its budget, and goes on if another guest has moved the epoch.
    pub(crate) fn at_new_epoch(&mut self) -> UpdateDeadline {
        if !self.budget.is_used_up() {
            return UpdateDeadline::Continue(EPOCHS);
        }
        self.suspended();
        let yielding = self.handle.yield_now();
        let others = Box::pin(async move {
            // It fails at the dispatcher's end, which ends this call as well.
            let _ = yielding.await;
        });
        UpdateDeadline::YieldCustom(EPOCHS, others)
    }

    /// Past the budget lets the others run and the driver look at I/O. For functions that can
    /// suspend their guest, before they begin and between the slices of what takes long.
    pub(crate) async fn breathe(&mut self) -> Result<()> {
        if self.budget.is_used_up() {
            self.handle.yield_now().await?;
            self.suspended();
        }
        Ok(())
    }

    /// Counts a system call that was made on the dispatcher's thread: it takes as long as moving
    /// some bytes.
    pub(crate) fn spend_system_call(&mut self) {
        self.spend(BYTES_A_SYSTEM_CALL);
    }

    /// Counts datagrams that were moved on the dispatcher's thread: each costs a call and its bytes.
    pub(crate) fn spend_datagrams(&mut self, datagrams: usize, bytes: usize) {
        self.spend(bytes.saturating_add(datagrams.saturating_mul(BYTES_A_CALL)));
    }

    /// Counts a part of what fills a budget by itself.
    pub(crate) fn spend_part(&mut self, part: usize, whole: usize) {
        let calls = (BUDGET as usize)
            .saturating_mul(part)
            .div_ceil(whole.max(1));
        self.spend_calls(u32::try_from(calls).unwrap_or(u32::MAX));
    }

    /// Counts a text that was copied.
    pub(crate) fn spend_text(&mut self, text: Option<&str>) {
        self.spend(text.map_or(0, str::len));
    }

    /// Counts the items of a list that were made or gone through one by one.
    pub(crate) fn spend_items(&mut self, items: usize) {
        self.spend(items.saturating_mul(BYTES_AN_ITEM));
    }

    /// Counts bytes that were moved on the dispatcher's thread, or copied out of the guest's memory:
    /// a guest that moves many has to let others run sooner.
    pub(crate) fn spend(&mut self, bytes: usize) {
        let calls = u32::try_from(bytes / BYTES_A_CALL).unwrap_or(u32::MAX);
        self.spend_calls(calls);
    }

    /// The guest has really waited: its budget is whole again.
    pub(crate) fn suspended(&mut self) {
        self.budget = Budget::WHOLE;
    }

    /// What it leaves to the next call.
    pub(crate) fn budget(&self) -> Budget {
        self.budget
    }

    /// Where its deliveries begin.
    pub(crate) fn deliveries(&mut self) -> &DeliveryTracker {
        let made = || Deliveries::new(&self.handle);
        self.deliveries.get_or_insert_with(made).tracker()
    }

    /// Whom the bytes count for that its streams accept.
    pub(crate) fn owner(&mut self, bytes: Quota) -> Owner {
        let deliveries = self.deliveries().clone();
        Owner { deliveries, bytes }
    }

    /// The end of the call: drops its resources. What is still to be delivered, if something is.
    pub(crate) fn end(&mut self) -> Option<Outstanding> {
        self.table = Table::new(0);
        let deliveries = self.deliveries.take();
        let open = deliveries.as_ref().is_some_and(|it| it.open() > 0);
        (open || !self.context.stdio.is_delivered()).then(|| Outstanding {
            handle: self.handle.clone(),
            deliveries,
            stdio: self.context.stdio.clone(),
            patience: self.context.limits.delivery,
        })
    }

    /// The standard streams.
    pub fn stdio(&self) -> &Stdio {
        &self.context.stdio
    }

    /// Refuses a host allocation that the guest could not hold anyway.
    pub(crate) fn check_length(&self, bytes: u64, what: &str) -> Result<usize> {
        match usize::try_from(bytes) {
            Ok(bytes) if bytes <= self.context.limits.memory => Ok(bytes),
            _ => bail!(
                "{what} of {bytes} bytes is beyond the memory limit of {} bytes (limits.max_memory_bytes)",
                self.context.limits.memory
            ),
        }
    }
}

/// What a call has handed over and what was not delivered by its end: bytes that its streams have
/// accepted, and HTTP requests whose bodies are finished, for whose answers nobody waits.
pub(crate) struct Outstanding {
    handle: Handle,
    deliveries: Option<Deliveries>,
    stdio: Stdio,
    patience: Duration,
}

impl Outstanding {
    /// Waits until it is delivered, cannot be, or the time for it has passed. What is the call's own
    /// is given up then; what its standard streams have accepted stays with them.
    pub(crate) async fn delivered(self) {
        let all = async {
            if let Some(deliveries) = &self.deliveries {
                let _ = deliveries.ended().await;
            }
            self.stdio.delivered().await;
        };
        let late = self.handle.sleep(self.patience);
        race(all, late).await;
    }
}

impl ResourceLimiter for State {
    fn instances(&self) -> usize {
        self.context.limits.instances
    }

    fn memories(&self) -> usize {
        MAX_MEMORIES
    }

    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        // What its type refuses anyway must not count.
        let possible = maximum.is_none_or(|maximum| desired <= maximum);
        Ok(possible && self.grow(current, desired))
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        let most = maximum.map_or(MAX_TABLE_ELEMENTS, |most| most.min(MAX_TABLE_ELEMENTS));
        let bytes = |elements: usize| elements.saturating_mul(BYTES_A_TABLE_ELEMENT);
        Ok(desired <= most && self.grow(bytes(current), bytes(desired)))
    }
}

/// How `wasi:cli/exit` ends a call: carried as the trap of the guest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Exit(pub u8);

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit status {}", self.0)
    }
}

impl std::error::Error for Exit {}

#[cfg(test)]
pub(crate) mod tests {
    use std::path::Path;

    use wippy_dispatcher::Dispatcher;

    use super::*;
    use crate::fs::{self, Closer, Filesystem, Mask};
    use crate::http::{Client, ClientLimits, Roots};
    use crate::trust::PathGuard;

    #[test]
    fn only_what_can_grow_counts_and_nothing_is_given_back() {
        let dispatcher = Dispatcher::new().expect("a dispatcher");
        let mut state = state(&dispatcher);
        let limit = state.context.limits.memory;
        let mut grow = |current, desired, maximum| {
            let grown = state.memory_growing(current, desired, maximum);
            grown.expect("no trap")
        };
        assert!(!grow(0, limit, Some(limit - 1)), "beyond its type");
        assert!(grow(0, limit - 8, None));
        assert!(!grow(0, 9, None));
        let mut tables = |current, desired, maximum| {
            let grown = state.table_growing(current, desired, maximum);
            grown.expect("no trap")
        };
        assert!(!tables(0, 1, Some(0)), "beyond its type");
        assert!(!tables(0, 2, None));
        assert!(tables(0, 1, None));
        // The engine tells of growth that failed before it asked: that gives nothing back.
        let failed = state.memory_grow_failed(wasmtime::format_err!("beyond its type"));
        failed.expect("no trap");
        assert!(!state.memory_growing(0, 1, None).expect("no trap"));
    }

    /// A call without a guest.
    pub fn state(dispatcher: &Dispatcher) -> State {
        let handle = dispatcher.handle();
        let client = Client::new(&handle, ClientLimits::default());
        State::new(
            handle,
            Context {
                env: Vec::new().into(),
                args: Vec::new().into(),
                cwd: "/".into(),
                stdio: Stdio::logged("test:entry"),
                http: Access::new(client, Roots::default()),
                network: Allow::everything(),
                mounts: [].into(),
                limits: Limits::default(),
                flow: Flow {
                    group: 0,
                    member: 0,
                },
            },
        )
    }

    /// The same with a directory of the host as `/`, where everything is permitted.
    pub fn mounted(dispatcher: &Dispatcher, directory: &Path, closer: Closer) -> State {
        let settings = fs::Settings {
            directory: directory.to_owned(),
            create: None,
            mask: Mask {
                read: true,
                write: true,
                list: true,
            },
        };
        let lane = fs::lane(&dispatcher.handle());
        let filesystem = Filesystem::open(&settings, &PathGuard::default(), lane, closer);
        let mut call = state(dispatcher);
        call.context.mounts = [Arc::new(Mount {
            filesystem: Arc::new(filesystem.expect("a directory")),
            guest: "/".to_owned(),
            read_only: false,
        })]
        .into();
        call
    }
}
