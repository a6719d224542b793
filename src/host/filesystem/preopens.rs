//! `wasi:filesystem/preopens`: the mounts of a call, in the order of its entry's list.

use std::sync::Arc;

use wasmtime::Result;
use wasmtime::component::Resource;

use super::Descriptor;
use super::FilesystemView;
use super::descriptor::{Directory, Node};
use super::interfaces::preopens::Host;
use super::interfaces::types::DescriptorFlags;

impl Host for FilesystemView<'_> {
    fn get_directories(&mut self) -> Result<Vec<(Resource<Descriptor>, String)>> {
        let mounts = self.state.mounts.clone();
        self.spend_items(mounts.len());
        let mut directories = Vec::with_capacity(mounts.len());
        for mount in mounts.iter() {
            let directory = Directory::root(&mount.filesystem);
            let flags = match mount.is_writable() {
                true => DescriptorFlags::READ | DescriptorFlags::MUTATE_DIRECTORY,
                false => DescriptorFlags::READ,
            };
            let descriptor = Descriptor {
                node: Node::Directory(Arc::new(directory)),
                flags,
                mount: mount.clone(),
            };
            directories.push((self.table.push(descriptor)?, mount.guest.clone()));
        }
        Ok(directories)
    }
}
