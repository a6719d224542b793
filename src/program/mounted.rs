//! The directories that a registry's entries let guests write.

use crate::module::MountedDir;
use crate::registry::Registry;

/// Those of all entries that can be called. A project's guard knows more, those of mistaken entries, for instance; a
/// registry that was made in code has none.
pub(super) fn writable(registry: &Registry) -> Vec<MountedDir> {
    let mut found = Vec::new();
    for entry in registry.entries() {
        let mounts = entry.function().into_iter().flat_map(|it| &it.wasi.mounts);
        for mount in mounts.filter(|mount| !mount.read_only) {
            let fs = registry.get(&mount.fs).and_then(|fs| fs.fs_directory());
            found.extend(fs.map(|fs| MountedDir {
                path: fs.directory.clone(),
                entry: entry.id.to_string(),
            }));
        }
    }
    found
}
