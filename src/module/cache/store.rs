//! The compiled code of one program, on disk.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::code_cache::CodeCache;
use super::directory::{Directory, Make};
use super::error::CacheError;
use super::key::Key;
use super::machine_code::MachineCode;
use crate::module::{Digest, Engine};
use crate::trust::{PathGuard, Walk, WritableDir};

/// A directory is swept when it may hold more than it should, and that is seen by listing it: after each
/// of so many parts of its bound.
const SWEEPS: u64 = 64;

/// A directory is swept after so many files, however small.
const FILES_PER_SWEEP: u64 = 256;

/// A directory that a mount lets guests write.
#[derive(Clone, Debug)]
pub(crate) struct MountedDir {
    /// Its path.
    pub path: PathBuf,
    /// The entry whose guests may write there.
    pub entry: String,
}

/// The compiled code of one program, on disk, for all its threads. Whatever fails, there is no code: one
/// warning says why, and a debug line each time.
#[derive(Debug)]
pub(crate) struct CodeStore {
    cache: CodeCache,
    guard: Arc<PathGuard>,
    mounted: Vec<MountedDir>,
    /// Opened at first need; none if it cannot be used.
    directory: OnceLock<Option<Directory>>,
    unswept: Mutex<Unswept>,
    has_warned: AtomicBool,
    written: AtomicU64,
}

/// What was written since the directory was swept.
#[derive(Debug, Default)]
struct Unswept {
    has_swept: bool,
    bytes: u64,
    files: u64,
}

impl CodeStore {
    /// For a program whose guests may write `mounted`, and what `guard` knows of. Nothing is opened yet.
    pub(crate) fn new(
        cache: CodeCache,
        guard: Arc<PathGuard>,
        mounted: Vec<MountedDir>,
    ) -> CodeStore {
        CodeStore {
            cache,
            guard,
            mounted,
            directory: OnceLock::new(),
            unswept: Mutex::default(),
            has_warned: AtomicBool::new(false),
            written: AtomicU64::new(0),
        }
    }

    /// How many files were written so far.
    pub(crate) fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// The code of a module for `compiler`, one of the two of `engine`. Blocks.
    pub(crate) fn find<T: MachineCode>(
        &self,
        engine: &Engine,
        compiler: &wasmtime::Engine,
        module: Digest,
    ) -> Option<T> {
        let directory = self.directory()?;
        let key = Key::new(engine, compiler, module);
        let file = match directory.find(&key) {
            Ok(file) => file?,
            Err(error) => {
                self.warn(&format!("compiled code {key}"), &error.to_string());
                return None;
            }
        };
        match T::map(compiler, &file) {
            Ok(code) => {
                file.touch();
                Some(code)
            }
            Err(error) => {
                self.warn(&format!("compiled code {key}"), &format!("{error:#}"));
                // Should the code be kept under another key, this file would be found again and again.
                directory.discard(&key);
                None
            }
        }
    }

    /// Keeps the code of a module. Blocks.
    pub(crate) fn keep(
        &self,
        engine: &Engine,
        compiler: &wasmtime::Engine,
        digest: Digest,
        code: &impl MachineCode,
    ) {
        let Some(directory) = self.directory().filter(|it| it.is_writable()) else {
            return;
        };
        let code = match code.to_bytes() {
            Ok(code) => code,
            Err(error) => {
                self.warn("compiled code", &format!("{error:#}"));
                return;
            }
        };
        if code.len() as u64 > self.bytes_after_sweep() {
            tracing::debug!(
                "{} bytes of compiled code are more than is kept",
                code.len()
            );
            return;
        }
        let key = Key::new(engine, compiler, digest);
        let kept = directory.write(&key, &code);
        let kept = kept.and_then(|()| {
            self.written.fetch_add(1, Ordering::Relaxed);
            self.sweep(directory, code.len() as u64)
        });
        if let Err(error) = kept {
            self.warn_of_directory(&error);
        }
    }

    fn directory(&self) -> Option<&Directory> {
        let opened = self.directory.get_or_init(|| {
            let opened = self.cache.open(&self.guard(), Make::Missing);
            opened.unwrap_or_else(|error| {
                self.warn_of_directory(&error);
                None
            })
        });
        opened.as_ref()
    }

    /// A guard that knows the mounted directories, too.
    fn guard(&self) -> PathGuard {
        let mut guard = PathGuard::clone(&self.guard);
        for dir in &self.mounted {
            // What cannot be found can be mounted by no guest either.
            if let Ok(walk) = Walk::new(None, &dir.path) {
                guard.add(WritableDir {
                    path: dir.path.clone(),
                    location: walk.location(),
                    entry: dir.entry.clone(),
                });
            }
        }
        guard
    }

    /// Sweeps when enough was written; the first time at once, because others may have written before.
    fn sweep(&self, directory: &Directory, written: u64) -> Result<(), CacheError> {
        let step = self.cache.bytes_limit() / SWEEPS;
        {
            // Nobody waits while others sweep.
            let mut unswept = self.unswept.lock().unwrap_or_else(PoisonError::into_inner);
            unswept.bytes += written;
            unswept.files += 1;
            let enough = unswept.bytes > step || unswept.files > FILES_PER_SWEEP;
            if unswept.has_swept && !enough {
                return Ok(());
            }
            *unswept = Unswept {
                has_swept: true,
                ..Unswept::default()
            };
        }
        directory.sweep(self.bytes_after_sweep())
    }

    /// What a sweep leaves, so that there is room for what is written before the next.
    fn bytes_after_sweep(&self) -> u64 {
        self.cache.bytes_limit() - self.cache.bytes_limit() / SWEEPS
    }

    fn warn_of_directory(&self, error: &CacheError) {
        let path = self.cache.path().display().to_string();
        match error.is_read_only() {
            true => tracing::debug!("compiled code is not kept: {path}: {error}"),
            false => self.warn("compiled code is not kept", &format!("{path}: {error}")),
        }
    }

    /// The first time a warning.
    fn warn(&self, what: &str, why: &str) {
        match self.has_warned.swap(true, Ordering::Relaxed) {
            false => tracing::warn!("{what}: {why}"),
            true => tracing::debug!("{what}: {why}"),
        }
    }
}
