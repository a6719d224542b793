//! The roots of a project, opened once and looked at again when a call starts.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use rustix::fs::{
    AtFlags, CWD, Mode, OFlags, ResolveFlags, Statx, StatxFlags, openat, openat2, statx,
};
use wippy_dispatcher::{Flow, Handle, Lane};

use super::simulated::{HostDisk, Snapshots};
use super::{DeferredClose, Filesystem, OpenError, Settings, lane};
use crate::trust::PathGuard;

/// What opening a root can fail with.
#[derive(Clone, Debug, thiserror::Error)]
pub enum OpenDirError {
    /// It cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The dispatcher could not do the work.
    #[error(transparent)]
    Dispatcher(#[from] Arc<wippy_dispatcher::Error>),
}

/// The filesystems of a project: as many as its entries name.
pub struct RootCache {
    handle: Handle,
    guard: Arc<PathGuard>,
    known: RefCell<HashMap<Settings, Root>>,
    /// Those of a simulated host.
    simulated: RefCell<HashMap<Settings, Arc<Filesystem>>>,
}

struct Root {
    lane: Lane,
    deferred_close: DeferredClose,
    opened: Option<Opened>,
}

#[derive(Clone)]
struct Opened {
    filesystem: Arc<Filesystem>,
    identity: DirectoryIdentity,
}

/// Which directory it was.
#[derive(Clone, Copy, PartialEq, Eq)]
struct DirectoryIdentity {
    device: (u32, u32),
    inode: u64,
}

impl RootCache {
    /// None opened yet; they are opened through `guard`.
    pub fn new(handle: Handle, guard: Arc<PathGuard>) -> RootCache {
        RootCache {
            handle,
            guard,
            known: RefCell::default(),
            simulated: RefCell::default(),
        }
    }

    /// The filesystem, opened anew only where its path means another directory than last time. What
    /// that takes is a job of `flow`.
    ///
    /// # Errors
    /// [`OpenDirError`].
    pub async fn get(
        &self,
        settings: &Settings,
        flow: Flow,
    ) -> Result<Arc<Filesystem>, OpenDirError> {
        if self.handle.is_simulated().map_err(Arc::new)? {
            return self.get_simulated(settings, flow).await;
        }
        let (lane, deferred_close, opened) = {
            let mut known = self.known.borrow_mut();
            let root = known.entry(settings.clone()).or_insert_with(|| Root {
                lane: lane(&self.handle),
                deferred_close: DeferredClose::new(),
                opened: None,
            });
            (
                root.lane.clone(),
                root.deferred_close.clone(),
                root.opened.clone(),
            )
        };
        if let Some(opened) = &opened
            && opened.filesystem.remembers()
            && DirectoryIdentity::cached(settings) == Some(opened.identity)
        {
            return Ok(opened.filesystem.clone());
        }
        let (wanted, own, guard) = (settings.clone(), lane.clone(), self.guard.clone());
        let opening = lane.unblock_for(flow, move || {
            if let Some(opened) = opened
                && DirectoryIdentity::now(&wanted) == Some(opened.identity)
            {
                return Ok((opened.filesystem, Some(opened.identity)));
            }
            let filesystem = Filesystem::open(&wanted, &guard, own, deferred_close)?;
            let identity = filesystem.root().and_then(DirectoryIdentity::of);
            Ok::<_, OpenError>((Arc::new(filesystem), identity))
        });
        let (filesystem, identity) = opening.await.map_err(Arc::new)??;
        if let Some(root) = self.known.borrow_mut().get_mut(settings) {
            root.opened = identity.map(|identity| Opened {
                filesystem: filesystem.clone(),
                identity,
            });
        }
        Ok(filesystem)
    }
}

impl RootCache {
    /// That of a simulated host: the same for all that ask in one life of the host.
    async fn get_simulated(
        &self,
        settings: &Settings,
        flow: Flow,
    ) -> Result<Arc<Filesystem>, OpenDirError> {
        let opened = self.simulated.borrow().get(settings).cloned();
        let disk = || HostDisk::new(Snapshots::default(), BTreeMap::new());
        let disk = self.handle.disk(disk).map_err(Arc::new)?;
        let (handle, guard) = (self.handle.clone(), self.guard.clone());
        let own = match &opened {
            Some(opened) => opened.lane().clone(),
            None => lane(&self.handle),
        };
        let wanted = settings.clone();
        let opening = own.clone().unblock_for(flow, move || match opened {
            Some(opened) => Ok(opened),
            None => Filesystem::simulated(&wanted, &guard, (&disk, handle), own).map(Arc::new),
        });
        let filesystem = opening.await.map_err(Arc::new)??;
        let mut known = self.simulated.borrow_mut();
        // Another call may have opened it meanwhile.
        let first = known.entry(settings.clone()).or_insert(filesystem);
        Ok(first.clone())
    }
}

const PLACE: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

impl DirectoryIdentity {
    /// What the path means now, as far as the kernel knows without asking a disk or a network. Of
    /// filesystems that remember only.
    fn cached(settings: &Settings) -> Option<DirectoryIdentity> {
        let cached = ResolveFlags::CACHED;
        let fd = openat2(CWD, &settings.directory, PLACE, Mode::empty(), cached).ok()?;
        DirectoryIdentity::of(&fd)
    }

    /// What the path means now. Blocks.
    fn now(settings: &Settings) -> Option<DirectoryIdentity> {
        let fd = openat(CWD, &settings.directory, PLACE, Mode::empty()).ok()?;
        DirectoryIdentity::of(&fd)
    }

    fn of(fd: impl std::os::fd::AsFd) -> Option<DirectoryIdentity> {
        let flags = AtFlags::EMPTY_PATH | AtFlags::STATX_DONT_SYNC;
        let found: Statx = statx(fd, "", flags, StatxFlags::INO).ok()?;
        Some(DirectoryIdentity {
            device: (found.stx_dev_major, found.stx_dev_minor),
            inode: found.stx_ino,
        })
    }
}
