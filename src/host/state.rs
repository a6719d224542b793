//! The data of one call's store.

use std::fmt;
use std::sync::Arc;

use wasmtime::component::HasData;
use wasmtime::{Engine, ResourceLimiter, Result};
use wippy_dispatcher::{Flow, Handle};

use super::budget::Budget;
use super::call::Call;
use super::cli::CliState;
use super::embedder::{EntryPackages, OwnState};
use super::filesystem::{FilesystemState, Mount};
use super::funcs::{EntryCaller, FuncsState};
use super::http::HttpAccess;
use super::limits::CallLimits;
use super::outstanding::Outstanding;
use super::preview1::Preview1State;
use super::random::RandomState;
use super::sockets::SocketsState;
use super::stdio::Stdio;
use super::table::Table;
use super::view::View;
use crate::activity::CallRecord;
use crate::call_group::{CallGroup, GroupError};
use crate::network::NetworkAccess;
use crate::preemption::GuestWatch;
use crate::quota::QuotaPermit;

/// What a call is given; resolved when it starts.
#[derive(Clone)]
pub struct CallSettings {
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
    /// Calls other functions of the project; `None` where the entry may not.
    pub funcs: Option<Arc<dyn EntryCaller>>,
    /// Where `wasi:http` leads.
    pub http: HttpAccess,
    /// What the call may reach through sockets and HTTP.
    pub network: NetworkAccess,
    /// What the call may use.
    pub limits: CallLimits,
    /// Whose its blocking jobs are: a group an entry, a member a call.
    pub flow: Flow,
    /// What the packages of the embedder know of its entry.
    pub packages: Arc<EntryPackages>,
    /// How far its wall clock is ahead of the dispatcher's, in nanoseconds.
    pub clock_offset: i64,
    /// The calls that it shares bounds with.
    pub group: Option<CallGroup>,
}

/// Without environment and arguments, which may hold secrets.
impl fmt::Debug for CallSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallSettings")
            .field("cwd", &self.cwd)
            .field("mounts", &self.mounts.len())
            .field("limits", &self.limits)
            .field("flow", &self.flow)
            .finish_non_exhaustive()
    }
}

/// The most elements of one table.
const MAX_TABLE_ELEMENTS: usize = 10_000_000;

/// The most memories of one call, over all its core instances: as many as one module may have. Each
/// takes address space even where it is empty.
pub(crate) const MAX_MEMORIES: usize = 100;

/// What an element of a table counts for.
const BYTES_A_TABLE_ELEMENT: usize = 8;

/// Everything the host functions of one call work on: what all packages share, and the state of
/// those that have one. It is the data of the engine's store, and what an embedder's own functions are
/// bound over: they reach it through [`HostState::context`](crate::HostState::context).
pub struct State {
    pub(crate) call: Call,
    pub(crate) cli: CliState,
    pub(crate) filesystem: FilesystemState,
    pub(crate) funcs: FuncsState,
    pub(crate) http: HttpAccess,
    pub(crate) own: OwnState,
    pub(crate) preview1: Preview1State,
    pub(crate) random: RandomState,
    pub(crate) sockets: SocketsState,
    /// The bytes of its memories and tables.
    memory: usize,
    /// The same of its group, where it has one.
    group: Option<GroupMemory>,
}

/// The memory that a call has of its group's.
struct GroupMemory {
    group: CallGroup,
    /// None before the first byte.
    permit: Option<QuotaPermit>,
}

impl GroupMemory {
    /// # Errors
    /// `Memory`; what it has stays as it is then.
    fn grow(&mut self, bytes: usize) -> Result<(), GroupError> {
        match &mut self.permit {
            Some(permit) => match permit.try_grow(bytes) {
                true => Ok(()),
                false => Err(self.group.memory_error()),
            },
            None => {
                self.permit = Some(self.group.memory_permit(bytes)?);
                Ok(())
            }
        }
    }
}

/// A package's state, by which its functions' view of a call is found.
pub trait PackageState: HasData {
    /// The package's view of a call.
    fn view(state: &mut State) -> Self::Data<'_>;
}

impl PackageState for Call {
    fn view(state: &mut State) -> &mut Call {
        &mut state.call
    }
}

/// The fields of [`State`] that are the state of a package.
macro_rules! package_states {
    ($($field:ident: $state:ident;)*) => {$(
        impl HasData for $state {
            type Data<'a> = View<'a, $state>;
        }

        impl PackageState for $state {
            fn view(state: &mut State) -> View<'_, $state> {
                View {
                    call: &mut state.call,
                    state: &mut state.$field,
                }
            }
        }
    )*};
}

package_states! {
    cli: CliState;
    filesystem: FilesystemState;
    funcs: FuncsState;
    http: HttpAccess;
    random: RandomState;
    sockets: SocketsState;
}

impl State {
    /// The data of a new call.
    #[doc(hidden)]
    pub fn new(handle: Handle, context: CallSettings) -> State {
        State {
            call: Call::new(
                handle,
                &context.limits,
                context.network,
                context.flow,
                context.group.as_ref(),
            )
            .with_clock_offset(context.clock_offset),
            cli: CliState {
                env: context.env,
                args: context.args,
                cwd: context.cwd,
                stdio: context.stdio,
            },
            filesystem: FilesystemState::new(context.mounts),
            funcs: FuncsState {
                caller: context.funcs,
            },
            http: context.http,
            own: OwnState::new(context.packages),
            preview1: Preview1State::default(),
            random: RandomState::default(),
            sockets: SocketsState::default(),
            memory: 0,
            group: context.group.map(|group| GroupMemory {
                group,
                permit: None,
            }),
        }
    }

    /// The data of an instance whose call comes later.
    pub(crate) fn unused(handle: Handle, context: CallSettings) -> State {
        State::new(handle, context).with_budget(Budget::UNUSED)
    }

    /// Whether its instance has neither called the host nor yielded.
    pub(crate) fn is_unused(&self) -> bool {
        self.call.budget() == Budget::UNUSED
    }

    /// Whether its instance has yielded, and not called the host since.
    pub(crate) fn has_yielded(&self) -> bool {
        self.call.budget() == Budget::FULL
    }

    /// The call of an instance that was unused begins. What its memories take still counts.
    ///
    /// # Errors
    /// `Memory` where its group has no room for that.
    pub(crate) fn begin(
        &mut self,
        context: CallSettings,
        budget: Budget,
    ) -> Result<(), GroupError> {
        let mut begun = State::new(self.call.handle.clone(), context).with_budget(budget);
        begun.call.continue_guest(&mut self.call);
        begun.memory = self.memory;
        if let Some(group) = &mut begun.group {
            group.grow(self.memory)?;
        }
        *self = begun;
        Ok(())
    }

    /// The handles that the components of the call may hold at once.
    pub(crate) fn max_handles(&self) -> usize {
        self.call.limits.resources.saturating_mul(2)
    }

    /// Permits a memory or table to grow, where all of them together stay within the limit. What is
    /// permitted counts, even where the system has no room for it.
    ///
    /// # Errors
    /// `Memory` where the call's group has no room; the guest traps.
    fn grow(&mut self, current: usize, desired: usize) -> Result<bool> {
        debug_assert!(
            current <= desired,
            "the engine never shrinks a memory or table"
        );
        let growth = desired.saturating_sub(current);
        let total = self.memory.saturating_add(growth);
        let permitted = total <= self.call.limits.memory;
        if permitted {
            if let Some(group) = &mut self.group {
                group.grow(growth)?;
            }
            self.memory = total;
        }
        Ok(permitted)
    }

    /// The same, beginning with what an earlier call has left of its budget.
    pub(crate) fn with_budget(mut self, budget: Budget) -> State {
        self.call.set_budget(budget);
        self
    }

    /// The next call of its instance begins, with what others have left of the budget.
    #[inline]
    pub(crate) fn resume_budget(&mut self, budget: Budget) {
        self.call.set_budget(budget);
    }

    /// For a guest that is watched there.
    pub(crate) fn watched(mut self, watch: Arc<GuestWatch>) -> State {
        self.call.set_watch(watch);
        self
    }

    /// For a call that says what it waits for.
    pub(crate) fn set_record(&mut self, record: Arc<CallRecord>) {
        self.call.set_record(Some(record));
    }

    /// For a guest of this engine.
    pub(crate) fn in_engine(mut self, engine: &Engine) -> State {
        self.call.set_engine(engine);
        self
    }

    /// The state of a call of a host function, which counts against the guest's budget: every
    /// function that is bound reaches its state through this, once.
    pub(crate) fn counted(&mut self) -> &mut State {
        self.call.spend_calls(1);
        self
    }

    /// The end of the call: drops its resources. What is still to be delivered, if something is.
    pub(crate) fn end(&mut self) -> Option<Outstanding> {
        self.call.table = Table::new(0);
        self.group = None;
        self.call.set_record(None);
        self.preview1 = Preview1State::default();
        self.own.clear();
        let deliveries = self.call.take_deliveries();
        let stdio = &self.cli.stdio;
        Outstanding::new(&self.call, deliveries, stdio)
    }

    /// Lets go of what outlives the call, where its instance is dropped later.
    pub(crate) fn let_go(&mut self, stdio: Stdio, mounts: Arc<[Arc<Mount>]>) {
        self.call.wait_set = None;
        self.funcs.caller = None;
        self.cli.stdio = stdio;
        self.filesystem.let_go(mounts);
        self.sockets.datagram = Vec::new();
    }

    /// A new call that is given the same.
    #[cfg(test)]
    pub(crate) fn fresh(&self) -> State {
        let context = CallSettings {
            env: self.cli.env.clone(),
            args: self.cli.args.clone(),
            cwd: self.cli.cwd.clone(),
            stdio: self.cli.stdio.clone(),
            mounts: self.filesystem.mounts.clone(),
            funcs: self.funcs.caller.clone(),
            http: self.http.clone(),
            network: self.call.network.clone(),
            limits: self.call.limits,
            flow: self.call.flow,
            packages: self.own.shared().clone(),
            clock_offset: 0,
            group: None,
        };
        State::new(self.call.handle.clone(), context)
    }

    /// The standard streams.
    #[doc(hidden)]
    pub fn stdio(&self) -> &Stdio {
        &self.cli.stdio
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostState")
            .field("call", &self.call)
            .field("memory", &self.memory)
            .finish_non_exhaustive()
    }
}

impl ResourceLimiter for State {
    fn instances(&self) -> usize {
        self.call.limits.instances
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
        match possible {
            true => self.grow(current, desired),
            false => Ok(false),
        }
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        let most = maximum.map_or(MAX_TABLE_ELEMENTS, |most| most.min(MAX_TABLE_ELEMENTS));
        let bytes = |elements: usize| elements.saturating_mul(BYTES_A_TABLE_ELEMENT);
        match desired <= most {
            true => self.grow(bytes(current), bytes(desired)),
            false => Ok(false),
        }
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> Result<()> {
        self.grow_failed(error)
    }

    fn table_grow_failed(&mut self, error: wasmtime::Error) -> Result<()> {
        self.grow_failed(error)
    }
}

/// What the engine says where a guest asked for more than the type of its memory or table allows, which
/// is the same on every machine.
const BEYOND_ITS_TYPE: [&str; 4] = [
    "memory growth exceeds memory type's limits",
    "Memory maximum size exceeded",
    "overflow calculating new table size",
    "Table maximum size exceeded",
];

impl State {
    /// A memory or a table could not grow. What the machine has left is no part of a simulation: its
    /// guest traps rather than see -1 here and not elsewhere.
    ///
    /// # Errors
    /// In a simulation the failure of the machine.
    fn grow_failed(&self, error: wasmtime::Error) -> Result<()> {
        let is_simulated = self.call.handle.is_simulated().unwrap_or_default();
        let text = error.to_string();
        match is_simulated && !BEYOND_ITS_TYPE.contains(&text.as_str()) {
            true => Err(wasmtime::format_err!(
                "this machine has no memory left for a guest: {error:#}"
            )),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::path::Path;

    use wippy_dispatcher::Dispatcher;

    use super::*;
    use crate::fs::{self, DeferredClose, Filesystem, Mask};
    use crate::http::{Client, ClientLimits, Roots};
    use crate::id::Id;
    use crate::network::Allow;
    use crate::trust::PathGuard;

    #[test]
    fn only_what_can_grow_counts_and_nothing_is_given_back() {
        let dispatcher = Dispatcher::new().expect("a dispatcher");
        let mut state = state(&dispatcher);
        let limit = state.call.limits.memory;
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
        // The engine also reports growth that failed before the limiter was asked: nothing is given back.
        let failed = state.memory_grow_failed(wasmtime::format_err!("beyond its type"));
        failed.expect("no trap");
        assert!(!state.memory_growing(0, 1, None).expect("no trap"));
    }

    /// What the functions of `wasi:cli` work on.
    pub fn cli_view(state: &mut State) -> View<'_, CliState> {
        CliState::view(state)
    }

    /// What the functions of `wasi:filesystem` work on.
    pub fn files_view(state: &mut State) -> View<'_, FilesystemState> {
        FilesystemState::view(state)
    }

    /// What the functions of `wasi:http` work on.
    pub fn http_view(state: &mut State) -> View<'_, HttpAccess> {
        HttpAccess::view(state)
    }

    /// What the functions of `wasi:sockets` work on.
    pub fn sockets_view(state: &mut State) -> View<'_, SocketsState> {
        SocketsState::view(state)
    }

    /// A call without a guest.
    pub fn state(dispatcher: &Dispatcher) -> State {
        let handle = dispatcher.handle();
        let client = Client::new(&handle, ClientLimits::default());
        State::new(
            handle,
            CallSettings {
                funcs: None,
                env: Vec::new().into(),
                args: Vec::new().into(),
                cwd: "/".into(),
                stdio: Stdio::logged("test:entry"),
                http: HttpAccess::new(client, Roots::default()),
                network: NetworkAccess::from(Allow::everything()),
                mounts: [].into(),
                limits: CallLimits::default(),
                flow: Flow {
                    group: 0,
                    member: 0,
                },
                packages: Arc::new(EntryPackages {
                    entry: Id::new("test", "entry"),
                    factories: Vec::new(),
                }),
                clock_offset: 0,
                group: None,
            },
        )
    }

    /// The same with a directory of the host as `/`, where everything is permitted.
    pub fn mounted(
        dispatcher: &Dispatcher,
        directory: &Path,
        deferred_close: DeferredClose,
    ) -> State {
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
        let filesystem = Filesystem::open(&settings, &PathGuard::default(), lane, deferred_close);
        let mut call = state(dispatcher);
        call.filesystem.mounts = [Arc::new(Mount {
            filesystem: Arc::new(filesystem.expect("a directory")),
            guest: "/".to_owned(),
            read_only: false,
        })]
        .into();
        call
    }
}
