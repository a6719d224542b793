//! Names: creating, linking, renaming and removing them.
//!
//! A path is followed to the directory that holds its last component, inside the sandbox; the
//! component itself is then used by a call that does not follow links. That is a single name, so
//! nothing that changes meanwhile can lead out.

use std::io;

use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt};
use rustix::fs::{
    AtFlags, Mode, OFlags, linkat, mkdirat, readlinkat, renameat, symlinkat, unlinkat,
};
use rustix::io::Errno;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use wasmtime::component::Resource;

use super::Descriptor;
use super::FilesystemView;
use super::descriptor::Directory;
use super::error::{ErrorCode, FsError};
use super::interfaces::types::PathFlags;
use super::mount::Operation;

/// With which permissions directories are created, before the process's mask.
const DIRECTORY_MODE: Mode = Mode::from_raw_mode(0o777);

/// Refuses a path that begins at a root: guests have none.
pub(super) fn relative(path: &str) -> Result<(), FsError> {
    match is_relative(path) {
        true => Ok(()),
        false => Err(ErrorCode::NotPermitted.into()),
    }
}

fn is_relative(path: &str) -> bool {
    !path.starts_with('/')
}

/// The directory that holds a path's last component.
pub(super) enum Parent<'a> {
    Base(&'a Dir),
    Opened(Dir),
}

impl std::ops::Deref for Parent<'_> {
    type Target = Dir;

    fn deref(&self) -> &Dir {
        match self {
            Parent::Base(dir) => dir,
            Parent::Opened(dir) => dir,
        }
    }
}

/// Follows a path up to its last component. The component keeps its trailing slashes, by which the
/// system knows that a directory is meant. Blocks.
///
/// # Errors
/// `ENOENT` for an empty path, `PermissionDenied` for one that leads out of the sandbox, and what the
/// system reports of its directories.
pub(super) fn parent<'a, 'p>(base: &'a Dir, path: &'p str) -> io::Result<(Parent<'a>, &'p str)> {
    let bare = path.trim_end_matches('/');
    if bare.is_empty() {
        return Err(Errno::NOENT.into());
    }
    let start = bare.rfind('/').map_or(0, |slash| slash + 1);
    let (above, name) = path.split_at_checked(start).unwrap_or(("", path));
    // The name of a parent directory says nothing about where that is: the sandbox follows it.
    if name.trim_end_matches('/') == ".." {
        return Ok((Parent::Opened(base.open_dir(bare)?), "."));
    }
    match above.is_empty() {
        true => Ok((Parent::Base(base), name)),
        false => Ok((Parent::Opened(base.open_dir(above)?), name)),
    }
}

/// Follows a path, links at its end included, to an `O_PATH` descriptor. Blocks.
///
/// # Errors
/// `PermissionDenied` for a path that leads out of the sandbox, and what the system reports of it.
pub(super) fn follow(base: &Dir, path: &str) -> io::Result<OwnedFd> {
    let mut options = OpenOptions::new();
    options
        .read(true)
        .custom_flags((OFlags::PATH | OFlags::CLOEXEC).bits().cast_signed());
    Ok(base.open_with(path, &options)?.into_std().into())
}

/// The target of a symbolic link. Blocks.
fn read_link(base: &Dir, path: &str) -> io::Result<String> {
    let (parent, name) = parent(base, path)?;
    if name.ends_with('/') {
        // With a slash behind it the link itself would be followed, by the system.
        follow(base, path)?;
        return Err(Errno::INVAL.into());
    }
    let text = readlinkat(&*parent, name, Vec::new())?;
    let text = text.into_string().map_err(|_| Errno::ILSEQ)?;
    match text.starts_with('/') {
        true => Err(Errno::PERM.into()),
        false => Ok(text),
    }
}

fn link(old: &Directory, old_path: &str, new: &Directory, new_path: &str) -> io::Result<()> {
    if let (Some(old), Some(new)) = (old.inode(), new.inode()) {
        return Ok(old.link(old_path, new, new_path)?);
    }
    let (old, new) = (old.dir()?, new.dir()?);
    let (old_parent, old_name) = parent(old, old_path)?;
    let (new_parent, new_name) = parent(new, new_path)?;
    if old_name.ends_with('/') {
        // It can only be a directory, which has one name.
        let opened = follow(old, old_path)?;
        drop(opened);
        return Err(Errno::PERM.into());
    }
    linkat(
        &*old_parent,
        old_name,
        &*new_parent,
        new_name,
        AtFlags::empty(),
    )?;
    Ok(())
}

fn rename(old: &Directory, old_path: &str, new: &Directory, new_path: &str) -> io::Result<()> {
    if let (Some(old), Some(new)) = (old.inode(), new.inode()) {
        return Ok(old.rename(old_path, new, new_path)?);
    }
    let (old, new) = (old.dir()?, new.dir()?);
    let (old_parent, old_name) = parent(old, old_path)?;
    let (new_parent, new_name) = parent(new, new_path)?;
    renameat(&*old_parent, old_name, &*new_parent, new_name)?;
    Ok(())
}

impl FilesystemView<'_> {
    pub(super) async fn create_directory(
        &mut self,
        base: Resource<Descriptor>,
        path: String,
    ) -> Result<(), FsError> {
        self.at(&base, Operation::CreateDirectory, path, |base, path| {
            if let Some(inode) = base.inode() {
                return Ok(inode.make_directory(path)?);
            }
            let (parent, name) = parent(base.dir()?, path)?;
            mkdirat(&*parent, name, DIRECTORY_MODE)?;
            Ok(())
        })
        .await
    }

    pub(super) async fn remove_directory(
        &mut self,
        base: Resource<Descriptor>,
        path: String,
    ) -> Result<(), FsError> {
        self.remove(base, path, AtFlags::REMOVEDIR).await
    }

    pub(super) async fn unlink_file(
        &mut self,
        base: Resource<Descriptor>,
        path: String,
    ) -> Result<(), FsError> {
        self.remove(base, path, AtFlags::empty()).await
    }

    async fn remove(
        &mut self,
        base: Resource<Descriptor>,
        path: String,
        flags: AtFlags,
    ) -> Result<(), FsError> {
        self.at(&base, Operation::Change, path, move |base, path| {
            if let Some(inode) = base.inode() {
                match flags.contains(AtFlags::REMOVEDIR) {
                    true => inode.remove_directory(path)?,
                    false => inode.unlink(path)?,
                }
                return Ok(());
            }
            let (parent, name) = parent(base.dir()?, path)?;
            unlinkat(&*parent, name, flags)?;
            Ok(())
        })
        .await
    }

    /// A link's target may lead anywhere but from the root; following it is what the sandbox
    /// refuses.
    pub(super) async fn symlink(
        &mut self,
        base: Resource<Descriptor>,
        target: String,
        path: String,
    ) -> Result<(), FsError> {
        self.spend(target.len());
        self.at(&base, Operation::Change, path, move |base, path| {
            if !is_relative(&target) {
                return Err(Errno::PERM.into());
            }
            if let Some(inode) = base.inode() {
                return Ok(inode.make_link(&target, path)?);
            }
            let (parent, name) = parent(base.dir()?, path)?;
            symlinkat(&target, &*parent, name)?;
            Ok(())
        })
        .await
    }

    pub(super) async fn readlink(
        &mut self,
        base: Resource<Descriptor>,
        path: String,
    ) -> Result<String, FsError> {
        self.spend(path.len());
        self.consume_budget().await?;
        let (directory, mount) = self.directory(&base)?;
        relative(&path)?;
        self.on_pool(&mount, move || match directory.inode() {
            Some(inode) => Ok(inode.read_link(&path)?),
            None => read_link(directory.dir()?, &path),
        })
        .await
    }

    pub(super) async fn link(
        &mut self,
        old: Resource<Descriptor>,
        flags: PathFlags,
        old_path: String,
        new: Resource<Descriptor>,
        new_path: String,
    ) -> Result<(), FsError> {
        let job: fn(&Directory, &str, &Directory, &str) -> io::Result<()> =
            match flags.contains(PathFlags::SYMLINK_FOLLOW) {
                true => |_, _, _, _| Err(Errno::INVAL.into()),
                false => link,
            };
        self.two(&old, old_path, &new, new_path, job).await
    }

    pub(super) async fn rename(
        &mut self,
        old: Resource<Descriptor>,
        old_path: String,
        new: Resource<Descriptor>,
        new_path: String,
    ) -> Result<(), FsError> {
        self.two(&old, old_path, &new, new_path, rename).await
    }

    /// A change at one path.
    async fn at<T: Send + 'static>(
        &mut self,
        base: &Resource<Descriptor>,
        operation: Operation,
        path: String,
        job: impl FnOnce(&Directory, &str) -> io::Result<T> + Send + 'static,
    ) -> Result<T, FsError> {
        self.spend(path.len());
        self.consume_budget().await?;
        let (directory, mount) = self.directory(base)?;
        mount.permit(operation)?;
        relative(&path)?;
        self.on_pool(&mount, move || job(&directory, &path)).await
    }

    /// A change that two paths have part in: both mounts must permit it, and they must be one.
    async fn two(
        &mut self,
        old: &Resource<Descriptor>,
        old_path: String,
        new: &Resource<Descriptor>,
        new_path: String,
        job: fn(&Directory, &str, &Directory, &str) -> io::Result<()>,
    ) -> Result<(), FsError> {
        self.spend(old_path.len().saturating_add(new_path.len()));
        self.consume_budget().await?;
        let (old, mount) = self.directory(old)?;
        let (new, new_mount) = self.directory(new)?;
        mount.permit(Operation::Change)?;
        new_mount.permit(Operation::Change)?;
        relative(&old_path)?;
        relative(&new_path)?;
        if !Arc::ptr_eq(&mount, &new_mount) {
            return Err(ErrorCode::CrossDevice.into());
        }
        self.on_pool(&mount, move || job(&old, &old_path, &new, &new_path))
            .await
    }
}
