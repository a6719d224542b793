//! What a call is given: everything that `wasi:` of its entry says, resolved when it starts.

use std::path::PathBuf;
use std::sync::Arc;

use wippy_dispatcher::Flow;

use super::Runtime;
use super::error::CallErrorKind;
use super::fixed_context::{FUNCS, Resolved, trusts_files};
use super::function::Function;
use super::options::{CallOptions, ExtraOptions};
use crate::fs;
use crate::host::CallSettings;
use crate::host::filesystem::Mount;
use crate::http::Roots;
use crate::module::ModuleError;
use crate::program::readable;
use crate::registry::{self, FsDirectory};

/// The largest file of certificates, in bytes.
const CA_MAX: u64 = 1 << 20;

impl Runtime {
    /// What a call of an entry is given whose context is whole: nothing is looked at again.
    ///
    /// # Errors
    /// `Stdio`.
    pub(super) fn whole_context(
        &self,
        function: &Function,
        mut options: CallOptions,
    ) -> Result<CallSettings, CallErrorKind> {
        let flow = self.flow(function);
        let env = options
            .extra()
            .and_then(|extra| environment(&function.fixed.env, extra));
        let resolved = Resolved {
            env,
            ..Resolved::default()
        };
        let (stdio, name) = (options.stdio.take(), options.logged_as.take());
        let stdio = function.fixed.stdio(self.handle(), stdio, name)?;
        Ok(function.fixed.settings(stdio, &options, flow, resolved))
    }

    /// What a call is given.
    pub(super) async fn context(
        &self,
        function: &Function,
        mut options: CallOptions,
    ) -> Result<CallSettings, CallErrorKind> {
        let flow = self.flow(function);
        let mut resolved = match function.linked.entry.function() {
            Some(settings) => self.resolve(function, settings, flow).await?,
            None => Resolved::default(),
        };
        if function.linked.capabilities.allows(FUNCS) {
            resolved.funcs = Some(self.nested_caller(&function.linked.entry.id, &options)?);
        }
        if let Some(extra) = options.extra() {
            let own = resolved.env.as_ref().unwrap_or(&function.fixed.env);
            resolved.env = environment(own, extra).or(resolved.env);
        }
        let (stdio, name) = (options.stdio.take(), options.logged_as.take());
        let stdio = function.fixed.stdio(self.handle(), stdio, name)?;
        Ok(function.fixed.settings(stdio, &options, flow, resolved))
    }

    /// What may have changed since the last call. Most entries say nothing of the kind.
    async fn resolve(
        &self,
        function: &Function,
        settings: &registry::Function,
        flow: Flow,
    ) -> Result<Resolved, CallErrorKind> {
        let mut resolved = Resolved::default();
        // Boxed to keep the common path's future small.
        if trusts_files(&function.linked, settings) {
            resolved.roots = Box::pin(self.trusted(function)).await?;
        }
        if !settings.wasi.env.is_empty() {
            resolved.env = Some(Box::pin(self.environment(function)).await?.into());
        }
        if !settings.wasi.mounts.is_empty() {
            resolved.mounts = Some(self.mounts(function, flow).await?);
        }
        Ok(resolved)
    }

    /// Whose the jobs of a new call are.
    fn flow(&self, function: &Function) -> Flow {
        Flow {
            group: function.group,
            member: self.number(),
        }
    }

    /// What a call would fail with before its guest runs: mounts, files of variables and
    /// certificates that cannot be used, each with its field. Nothing is made that is missing and
    /// would be made when a call starts; variables that have no value now may have one then.
    pub(crate) async fn verify(&self, function: &Function) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        let settings = function.linked.entry.function();
        for mount in settings.map_or(&[][..], |settings| &settings.wasi.mounts) {
            let entry = self.registry().get(&mount.fs);
            let directory = entry.and_then(|entry| entry.fs_directory());
            let is_missing = |directory| {
                let walk = self.registry().guard().walk(directory);
                walk.is_ok_and(|walk| walk.is_missing())
            };
            if directory.is_some_and(|fs| fs.auto_init && is_missing(&fs.directory)) {
                continue;
            }
            match self.mount(mount, self.flow(function)).await {
                Ok(_) => {}
                // The field is said already.
                Err(CallErrorKind::Mount { guest, error }) => {
                    found.push(("wasi.mounts", format!("{guest}: {error}")));
                }
                Err(problem) => found.push(("wasi.mounts", problem.to_string())),
            }
        }
        if let Some(settings) = settings {
            let (environment, bindings) = (
                self.inner.program.environment().clone(),
                settings.wasi.env.clone(),
            );
            let job = self
                .inner
                .handle
                .unblock(move || environment.check_files(&bindings));
            match job.await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => found.push(("wasi.env", error.to_string())),
                Err(error) => found.push(("wasi.env", error.to_string())),
            }
        }
        match self.trusted(function).await {
            Ok(_) => {}
            Err(CallErrorKind::Certificates(error)) => {
                found.push(("wasi.http.ca", error.to_string()))
            }
            Err(problem) => found.push(("wasi.http.ca", problem.to_string())),
        }
        found
    }

    /// What a guest's `get-environment` returns: resolved when its call starts, on the blocking
    /// pool where a storage is a file.
    async fn environment(
        &self,
        function: &Function,
    ) -> Result<Vec<(String, String)>, CallErrorKind> {
        let Some(settings) = function.linked.entry.function() else {
            return Ok(Vec::new());
        };
        let mut bound = function.fixed.env.to_vec();
        let (environment, bindings) =
            (self.inner.program.environment().clone(), &settings.wasi.env);
        if !environment.reads_files(bindings) {
            bound.extend(environment.bind(bindings)?);
            return Ok(bound);
        }
        let bindings = bindings.clone();
        let job = self
            .inner
            .handle
            .unblock(move || environment.bind(&bindings));
        bound.extend(job.await??);
        Ok(bound)
    }

    /// What a guest's `get-directories` returns: opened when its call starts.
    async fn mounts(
        &self,
        function: &Function,
        flow: Flow,
    ) -> Result<Arc<[Arc<Mount>]>, CallErrorKind> {
        let settings = function.linked.entry.function();
        let listed = settings.map_or(&[][..], |settings| &settings.wasi.mounts);
        let mut mounts = Vec::with_capacity(listed.len());
        for mount in listed {
            mounts.push(Arc::new(self.mount(mount, flow).await?));
        }
        Ok(mounts.into())
    }

    async fn mount(&self, mount: &registry::Mount, flow: Flow) -> Result<Mount, CallErrorKind> {
        let entry = self.registry().get(&mount.fs);
        let Some(directory) = entry.and_then(|entry| entry.fs_directory()) else {
            return Err(CallErrorKind::NoFilesystem {
                guest: mount.guest.clone(),
                fs: mount.fs.to_string(),
            });
        };
        let opened = self.inner.roots.get(&filesystem(directory), flow).await;
        let filesystem = opened.map_err(|error| CallErrorKind::Mount {
            guest: mount.guest.clone(),
            error,
        })?;
        Ok(Mount {
            filesystem,
            guest: mount.guest.clone(),
            read_only: mount.read_only,
        })
    }

    /// Whom a guest's requests over TLS trust beside the system's roots: read when its call starts.
    async fn trusted(&self, function: &Function) -> Result<Roots, CallErrorKind> {
        let files = match function.linked.entry.function() {
            Some(settings) if trusts_files(&function.linked, settings) => &settings.wasi.http_ca,
            _ => return Ok(Roots::default()),
        };
        let mut places = Vec::with_capacity(files.len());
        for file in files {
            let found = readable(self.registry(), &file.fs, &file.path)?;
            places.push((found.directory.clone(), file.path.clone()));
        }
        let guard = self.registry().guard().clone();
        let job = self.inner.handle.unblock(move || {
            let read = |(directory, path): &(PathBuf, String)| {
                let inside = path.trim_start_matches('/');
                let bytes = guard.read_beneath(directory, inside.as_ref(), CA_MAX);
                bytes.map_err(|reason| {
                    let path = path.clone();
                    ModuleError::Read { path, reason }
                })
            };
            let files: Result<Vec<_>, _> = places.iter().map(read).collect();
            Ok::<_, CallErrorKind>(Roots::with_extra(&files?)?)
        });
        job.await?
    }
}

impl Runtime {
    /// How the directories are opened that an entry mounts.
    pub(crate) fn mounted(&self, name: &str) -> Vec<fs::Settings> {
        let entry = self.registry().resolve(name).ok();
        let settings = entry.and_then(|entry| entry.function());
        let mounts = settings.map_or(&[][..], |settings| &settings.wasi.mounts);
        let directory = |mount: &registry::Mount| {
            let entry = self.registry().get(&mount.fs)?;
            Some(filesystem(entry.fs_directory()?))
        };
        mounts.iter().filter_map(directory).collect()
    }
}

/// How an entry's directory is opened.
fn filesystem(directory: &FsDirectory) -> fs::Settings {
    let mode = directory.mode;
    fs::Settings {
        directory: directory.directory.clone(),
        create: directory.auto_init.then_some(mode.bits),
        mask: fs::Mask {
            read: mode.read,
            write: mode.write,
            list: mode.list,
        },
    }
}

/// A call's variables: those of its entry, and its own instead or beside. `None` where it has the
/// entry's.
fn environment(
    entry: &[(String, String)],
    extra: &ExtraOptions,
) -> Option<Arc<[(String, String)]>> {
    if extra.env.is_empty() {
        return None;
    }
    let is_own = |name: &String| extra.env.iter().any(|(own, _)| own == name);
    let others = entry.iter().filter(|(name, _)| !is_own(name));
    Some(others.chain(&extra.env).cloned().collect())
}
