//! `open-at`: how WASI's flags become the system's.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt};
use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt};
use rustix::fs::OFlags;
use wasmtime::component::Resource;

use super::Descriptor;
use super::FilesystemView;
use super::descriptor::{Directory, Node};
use super::error::{ErrorCode, FsError};
use super::interfaces::types::{DescriptorFlags, OpenFlags, PathFlags};
use super::mount::{Mount, Operation};
use super::path::relative;
use crate::fs::Class;
use crate::fs::simulated::OpenRequest;
use crate::quota::QuotaPermit;

/// With which permissions files are created, before the process's mask.
const FILE_MODE: u32 = 0o666;

/// One `open-at`.
struct Request {
    path: String,
    follow: bool,
    open: OpenFlags,
    flags: DescriptorFlags,
}

impl Request {
    /// The flags of `open(2)`. With `O_NONBLOCK`, so that opening a FIFO or a device never waits.
    fn system_flags(&self) -> OFlags {
        let mut flags = match (self.flags.contains(DescriptorFlags::READ), self.writes()) {
            (true, true) => OFlags::RDWR,
            (false, true) => OFlags::WRONLY,
            (_, false) => OFlags::RDONLY,
        };
        flags |= self.extra_flags();
        let create = self.open.contains(OpenFlags::CREATE);
        flags.set(OFlags::CREATE, create);
        // Without `O_CREAT` it is undefined for files and means something else for devices.
        flags.set(
            OFlags::EXCL,
            create && self.open.contains(OpenFlags::EXCLUSIVE),
        );
        flags.set(OFlags::TRUNC, self.open.contains(OpenFlags::TRUNCATE));
        flags.set(OFlags::NOFOLLOW, !self.follow);
        flags
    }

    /// Those that the sandbox takes as they are.
    fn extra_flags(&self) -> OFlags {
        let mut flags = OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        flags.set(OFlags::DIRECTORY, self.open.contains(OpenFlags::DIRECTORY));
        let integrity =
            DescriptorFlags::FILE_INTEGRITY_SYNC | DescriptorFlags::REQUESTED_WRITE_SYNC;
        flags.set(OFlags::SYNC, self.flags.intersects(integrity));
        flags.set(
            OFlags::DSYNC,
            self.flags.contains(DescriptorFlags::DATA_INTEGRITY_SYNC),
        );
        flags
    }

    /// Creating and truncating need a file that is open for writing, whatever its guest may do
    /// with the descriptor.
    fn writes(&self) -> bool {
        self.flags.contains(DescriptorFlags::WRITE) || self.changes_names()
    }

    fn changes_names(&self) -> bool {
        self.open
            .intersects(OpenFlags::CREATE | OpenFlags::TRUNCATE)
    }

    fn changes(&self) -> bool {
        self.writes() || self.flags.contains(DescriptorFlags::MUTATE_DIRECTORY)
    }

    /// Refuses what can be refused without a system call.
    ///
    /// # Errors
    /// `not-permitted`, `access`, `invalid`.
    fn check(&self, mount: &Mount) -> Result<(), FsError> {
        if self.changes() {
            mount.permit(Operation::Change)?;
        }
        // What is created or truncated is a file; of the rest that is known once it is open.
        if self.changes_names() && self.flags.contains(DescriptorFlags::READ) {
            mount.permit(Operation::Read)?;
        }
        relative(&self.path)?;
        let files = OpenFlags::CREATE | OpenFlags::EXCLUSIVE | OpenFlags::TRUNCATE;
        match self.open.contains(OpenFlags::DIRECTORY) && self.open.intersects(files) {
            true => Err(ErrorCode::Invalid.into()),
            false => Ok(()),
        }
    }

    /// Opens beneath the directory. Blocks.
    fn open(&self, dir: &Dir) -> io::Result<OwnedFd> {
        let mut options = OpenOptions::new();
        let (create, exclusive) = (
            self.open.contains(OpenFlags::CREATE),
            self.open.contains(OpenFlags::EXCLUSIVE),
        );
        options
            .read(self.flags.contains(DescriptorFlags::READ) || !self.writes())
            .write(self.writes())
            .truncate(self.open.contains(OpenFlags::TRUNCATE))
            .create(create)
            .create_new(create && exclusive)
            .mode(FILE_MODE)
            .custom_flags(self.extra_flags().bits().cast_signed())
            .follow(match self.follow {
                true => FollowSymlinks::Yes,
                false => FollowSymlinks::No,
            });
        // Without `openat2` the sandbox follows links itself, and knows by the slash alone that a
        // link is to lead to a directory.
        let slash = match self.follow && self.open.contains(OpenFlags::DIRECTORY) {
            true if !self.path.is_empty() => "/",
            _ => "",
        };
        let opened = dir.open_with(format!("{}{slash}", self.path), &options)?;
        Ok(opened.into_std().into())
    }

    /// The same for a simulated filesystem.
    fn simulated(&self) -> OpenRequest {
        OpenRequest {
            follows: self.follow,
            creates: self.open.contains(OpenFlags::CREATE),
            is_exclusive: self.open.contains(OpenFlags::EXCLUSIVE),
            truncates: self.open.contains(OpenFlags::TRUNCATE),
            is_directory: self.open.contains(OpenFlags::DIRECTORY),
            writes: self.writes(),
        }
    }

    fn open_node(
        &self,
        directory: &Directory,
        mount: &Mount,
        held: QuotaPermit,
    ) -> io::Result<Node> {
        if let Some(inode) = directory.inode() {
            let opened = inode.open(&self.path, self.simulated())?;
            return Ok(Node::simulated((opened, held), self.system_flags()));
        }
        let fd = self.open(directory.dir()?)?;
        let class = Class::of(&fd);
        Node::new(&mount.filesystem, (fd, held), self.system_flags(), class)
    }
}

impl FilesystemView<'_> {
    pub(super) async fn open(
        &mut self,
        base: Resource<Descriptor>,
        path_flags: PathFlags,
        path: String,
        open: OpenFlags,
        flags: DescriptorFlags,
    ) -> Result<Resource<Descriptor>, FsError> {
        self.spend(path.len());
        self.consume_budget().await?;
        let (directory, mount) = self.directory(&base)?;
        let request = Request {
            path,
            follow: path_flags.contains(PathFlags::SYMLINK_FOLLOW),
            open,
            flags,
        };
        request.check(&mount)?;
        let node = self.open_request(request, &directory, &mount).await?;
        if let Node::File(_) = &node
            && flags.contains(DescriptorFlags::READ)
        {
            mount.permit(Operation::Read)?;
        }
        let mutates = matches!(&node, Node::Directory(_)) && mount.is_writable();
        let flags = match mutates {
            true => flags | DescriptorFlags::MUTATE_DIRECTORY,
            false => flags & !DescriptorFlags::MUTATE_DIRECTORY,
        };
        Ok(self.table.push(Descriptor { node, flags, mount })?)
    }

    async fn open_request(
        &mut self,
        request: Request,
        directory: &Arc<Directory>,
        mount: &Arc<Mount>,
    ) -> Result<Node, FsError> {
        let held = self.hold(mount)?;
        // The caches neither create nor truncate.
        let flags = request.system_flags();
        if !request.changes_names()
            && let Some(fd) = self.open_cached(directory, &request.path, flags)?
        {
            let class = directory.class;
            return Ok(Node::new(&mount.filesystem, (fd, held), flags, class)?);
        }
        let (own, directory) = (mount.clone(), directory.clone());
        self.on_pool(mount, move || request.open_node(&directory, &own, held))
            .await
    }
}
