//! What is the same for all calls of an entry, resolved once.

use std::sync::Arc;
use std::time::Duration;

use wippy_dispatcher::{Flow, Handle};

use super::error::CallErrorKind;
use super::options::CallOptions;
use crate::host::embedder::EntryPackages;
use crate::host::filesystem::Mount;
use crate::host::funcs::EntryCaller;
use crate::host::http::HttpAccess;
use crate::host::stdio::Stdio;
use crate::host::{CallLimits, CallSettings, State};
use crate::http::{Client, Roots};
use crate::network::NetworkAccess;
use crate::program::{LinkedFunction, StdioSource};
use crate::registry::{Function, Wasi};

/// The interface that sends requests.
const HANDLER: &str = "wasi:http/outgoing-handler";
/// The interface that calls other functions.
pub(super) const FUNCS: &str = "wippy:runtime/funcs";

/// What is the same for all calls of an entry.
pub(crate) struct FixedContext {
    /// Nothing is looked at again when a call starts, and the guest calls no other function.
    pub(super) is_whole: bool,
    /// The entry's ID, for its log lines.
    name: Arc<str>,
    /// What `wasi.args` says, or what the guest sees where the caller gives no arguments either.
    args: Arc<[String]>,
    /// Whether the caller's arguments are the guest's.
    takes_argv: bool,
    cwd: Arc<str>,
    network: NetworkAccess,
    /// What a call may use.
    pub(crate) limits: CallLimits,
    /// The variables whose values its entry has, shared by all calls that are given no others.
    pub(super) env: Arc<[(String, String)]>,
    /// None, shared by all calls that are given none.
    no_mounts: Arc<[Arc<Mount>]>,
    /// The standard streams of instances without a call, which nobody writes.
    unused_stdio: Stdio,
    /// Where calls get their standard streams from that are given none.
    stdio: Option<StdioSource>,
    client: Client,
    /// What the embedder's packages know of the entry.
    packages: Arc<EntryPackages>,
}

/// What an entry says that each call looks at again when it starts: files, variables, directories.
#[derive(Default)]
pub(super) struct Resolved {
    pub(super) env: Option<Arc<[(String, String)]>>,
    pub(super) mounts: Option<Arc<[Arc<Mount>]>>,
    pub(super) roots: Roots,
    /// Calls other functions for the guest, where it may call them.
    pub(super) funcs: Option<Arc<dyn EntryCaller>>,
}

impl FixedContext {
    /// That of an entry of a program whose calls may use these limits.
    pub(super) fn new(
        linked: &LinkedFunction,
        limits: CallLimits,
        client: Client,
        stdio: Option<StdioSource>,
    ) -> FixedContext {
        let default = Wasi::default();
        let wasi = linked.entry.function().map_or(&default, |it| &it.wasi);
        let settings = linked.entry.function();
        let looks_again = settings.is_some_and(|settings| {
            let wasi = &settings.wasi;
            !wasi.env.is_empty() || !wasi.mounts.is_empty() || trusts_files(linked, settings)
        });
        FixedContext {
            is_whole: !looks_again && !linked.capabilities.allows(FUNCS),
            name: linked.entry.id.to_string().into(),
            args: arguments(linked, wasi),
            takes_argv: wasi.args.is_none(),
            cwd: wasi.cwd.as_str().into(),
            network: network(linked, wasi),
            limits: self::limits(limits, linked),
            env: wasi.variables.as_slice().into(),
            no_mounts: [].into(),
            unused_stdio: Stdio::logged_as(linked.entry.id.to_string().into()),
            stdio,
            client,
            packages: Arc::new(EntryPackages {
                entry: linked.entry.id.clone(),
                factories: linked.capabilities.packages().states(),
            }),
        }
    }

    /// A call's standard streams: the caller's, or the entry's own, or an empty input and log lines
    /// under a name, if there is one, or the entry's.
    ///
    /// # Errors
    /// `Stdio`.
    pub(super) fn stdio(
        &self,
        handle: &Handle,
        of_call: Option<Stdio>,
        logged_as: Option<Arc<str>>,
    ) -> Result<Stdio, CallErrorKind> {
        match (of_call, &self.stdio) {
            (Some(stdio), _) => Ok(stdio),
            (None, Some(source)) => source.open(handle).map_err(CallErrorKind::Stdio),
            (None, None) => {
                let name = logged_as.unwrap_or_else(|| self.name.clone());
                Ok(Stdio::logged_as(name))
            }
        }
    }

    /// What an instance is given that has no call yet or none any more: nothing.
    pub(super) fn unused(&self) -> CallSettings {
        let nobody = Flow {
            group: 0,
            member: 0,
        };
        let stdio = self.unused_stdio.clone();
        self.settings(stdio, &CallOptions::new(), nobody, Resolved::default())
    }

    /// Lets go of what a call was given, where its instance is dropped later.
    pub(super) fn let_go(&self, state: &mut State) {
        state.let_go(self.unused_stdio.clone(), self.no_mounts.clone());
    }

    /// What a call is given.
    pub(super) fn settings(
        &self,
        stdio: Stdio,
        options: &CallOptions,
        flow: Flow,
        resolved: Resolved,
    ) -> CallSettings {
        CallSettings {
            env: resolved.env.unwrap_or_else(|| self.env.clone()),
            args: match self.takes_argv && !options.argv.is_empty() {
                true => options.argv.as_slice().into(),
                false => self.args.clone(),
            },
            cwd: self.cwd.clone(),
            stdio,
            mounts: resolved.mounts.unwrap_or_else(|| self.no_mounts.clone()),
            funcs: resolved.funcs,
            http: HttpAccess::new(self.client.clone(), resolved.roots),
            network: self.network.clone(),
            limits: self.limits,
            flow,
            packages: self.packages.clone(),
            clock_offset: options.extra().map_or(0, |extra| extra.clock_offset),
            group: options.call_group().cloned(),
        }
    }
}

/// Whether a function sends requests whose servers files of `http.ca` vouch for.
pub(super) fn trusts_files(linked: &LinkedFunction, settings: &Function) -> bool {
    !settings.wasi.http_ca.is_empty() && linked.capabilities.allows(HANDLER)
}

/// What a call may reach.
fn network(linked: &LinkedFunction, wasi: &Wasi) -> NetworkAccess {
    let allow = wasi.network_allow.clone();
    // Without rules nothing is refused, and no call needs the ID.
    if !allow.is_limited() {
        return allow.into();
    }
    let entry = &linked.entry;
    NetworkAccess::new(allow, entry.id.to_string(), entry.is_of_command_line())
}

/// What the guest sees where the caller gives no arguments. A preview 1 module takes its first argument
/// for its own name.
fn arguments(linked: &LinkedFunction, wasi: &Wasi) -> Arc<[String]> {
    let name = linked
        .module
        .core
        .is_some()
        .then(|| linked.entry.id.name.clone());
    let list = wasi.args.iter().flatten().cloned();
    name.into_iter().chain(list).collect()
}

/// What a call may use, where the program's calls may use these.
fn limits(mut limits: CallLimits, linked: &LinkedFunction) -> CallLimits {
    limits.instances = linked.module.interface.max_core_instances();
    if let Some(settings) = linked.entry.function() {
        let size = |limit: u64| usize::try_from(limit).unwrap_or(usize::MAX);
        limits.memory = settings.limits.max_memory_bytes.map_or(limits.memory, size);
        limits.execution = settings.limits.max_execution_ms.map(Duration::from_millis);
        limits.delivery = settings
            .limits
            .delivery_ms
            .map_or(limits.delivery, Duration::from_millis);
        limits.resources = settings.limits.max_resources.map_or(limits.resources, size);
    }
    limits
}
