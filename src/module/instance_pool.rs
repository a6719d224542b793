//! The memory for instances: how many there may be at once, and what idle places keep.

use wasmtime::{Enabled, PoolingAllocationConfig};

/// The elements that a pooled table has room for. A module with a larger one is allocated on demand.
pub(super) const POOLED_TABLE_ELEMENTS: u64 = 100_000;

/// The pages of 64 KiB that a pooled memory has room for: 4 GiB.
pub(super) const POOLED_MEMORY_PAGES: u64 = 1 << 16;

/// The instances that may live at once unless a setting says otherwise. The kernel's bound on
/// mappings (`vm.max_map_count`, 65,530 by default, of which an instance takes six) ends at about
/// two and a half times as many.
pub const MAX_INSTANCES: u32 = 4096;

/// The most instances that a setting may ask for: they take 8 GiB of address space each, of which
/// there are 128 TiB.
const MOST_INSTANCES: u32 = 12_000;

/// What all idle places together keep of the memory that their instances have used, unless a setting
/// says otherwise: eight pages each where nothing else is said, six of them of its memory. A small guest in
/// Rust writes three or four: of its stack, of its data and of its heap.
pub const RESIDENT_BYTES: usize = 128 << 20;

/// The memories of a pooled component, over all its core instances.
const POOLED_MEMORIES: u32 = 2;

/// The tables of a pooled component.
const POOLED_TABLES: u32 = 4;

/// The tables with elements of a usual component: the program's, and that of what it imports.
const USUAL_TABLES: usize = 2;

/// The bytes that describe a core instance, its globals included: those of the largest modules that
/// can be read (a million functions, a million globals) fit.
const MAX_CORE_INSTANCE_BYTES: usize = 128 << 20;

/// The bytes that describe a component's instance, over all its core instances.
const MAX_COMPONENT_INSTANCE_BYTES: usize = 256 << 20;

/// What memory is given back in.
const PAGE: usize = 4096;

/// What one memory keeps at most: clearing more by hand costs more than giving it back.
const MAX_MEMORY_RESIDENT: usize = 1 << 20;

/// What one table keeps at most.
const MAX_TABLE_RESIDENT: usize = 64 << 10;

/// How many instances there may be at once, and what the places of those that have ended keep.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InstancePool {
    instances: u32,
    resident_bytes: usize,
}

/// What one memory and one table keep, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Resident {
    memory: usize,
    table: usize,
}

impl InstancePool {
    /// Room for so many instances at once, at least one and at most 12,000.
    #[must_use]
    pub fn with_instances(self, instances: u32) -> InstancePool {
        InstancePool {
            instances: instances.clamp(1, MOST_INSTANCES),
            ..self
        }
    }

    /// What the places keep over all of them, divided evenly: pages that an instance has written are
    /// cleared by hand for the next one instead of being given back and faulted in again.
    #[must_use]
    pub fn with_resident_bytes(self, resident_bytes: usize) -> InstancePool {
        InstancePool {
            resident_bytes,
            ..self
        }
    }

    /// The instances that may live at once.
    pub fn instances(self) -> u32 {
        self.instances
    }

    /// The part of each memory and table, so that places of usual components (one memory, two
    /// tables) stay within the bound. Tables come first: they are small, and giving back costs the
    /// same for each.
    fn resident(self, finds_written_pages: bool) -> Resident {
        let place = self.resident_bytes / self.instances as usize / PAGE;
        let table = match place {
            0..=USUAL_TABLES => 0,
            _ => (place / 16).clamp(1, MAX_TABLE_RESIDENT / PAGE),
        };
        let memory = place - USUAL_TABLES * table;
        let most = match finds_written_pages {
            true => MAX_MEMORY_RESIDENT / PAGE,
            // The first pages are cleared whether they were written or not.
            false => 1,
        };
        Resident {
            memory: memory.min(most) * PAGE,
            table: table * PAGE,
        }
    }

    /// The engine's settings.
    ///
    /// What takes address space (memories, tables) is bounded so that there is enough for all
    /// instances at once; what has more of it is allocated on demand. The heap of the garbage collector
    /// takes one of the memories: only where two thirds of all instances have one and two memories
    /// besides, the pool can be used up.
    pub(super) fn config(self) -> PoolingAllocationConfig {
        // An ioctl of Linux 6.7, by which what an instance has not written need not be cleared.
        let finds_written_pages = PoolingAllocationConfig::is_pagemap_scan_available();
        let resident = self.resident(finds_written_pages);
        let instances = self.instances;
        let mut config = PoolingAllocationConfig::new();
        config
            .total_component_instances(instances)
            // Those that a store may hold are bounded; here they take nothing.
            .total_core_instances(u32::MAX)
            .max_core_instance_size(MAX_CORE_INSTANCE_BYTES)
            .max_component_instance_size(MAX_COMPONENT_INSTANCE_BYTES)
            .total_memories(instances * POOLED_MEMORIES)
            .max_memories_per_component(POOLED_MEMORIES)
            .max_memories_per_module(POOLED_MEMORIES)
            .total_tables(instances * POOLED_TABLES)
            .max_tables_per_component(POOLED_TABLES)
            .max_tables_per_module(POOLED_TABLES)
            .table_elements(POOLED_TABLE_ELEMENTS as usize)
            .total_gc_heaps(instances)
            .total_stacks(instances)
            .pagemap_scan(match finds_written_pages {
                true => Enabled::Yes,
                false => Enabled::No,
            })
            .linear_memory_keep_resident(resident.memory)
            .table_keep_resident(resident.table);
        config
    }
}

impl Default for InstancePool {
    fn default() -> InstancePool {
        InstancePool {
            instances: MAX_INSTANCES,
            resident_bytes: RESIDENT_BYTES,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use wasmtime::component::{Component, InstancePre, Linker};
    use wasmtime::{Config, Engine, InstanceAllocationStrategy, Store};

    use super::*;
    use crate::module::to_binary;

    #[test]
    fn places_of_usual_components_keep_no_more_than_the_bound() {
        let bounds = [0, 4095, 1 << 20, RESIDENT_BYTES, 1 << 30, usize::MAX];
        for instances in [1, 7, 100, MAX_INSTANCES, u32::MAX] {
            for bytes in bounds {
                let pool = InstancePool::default()
                    .with_instances(instances)
                    .with_resident_bytes(bytes);
                for finds in [true, false] {
                    let Resident { memory, table } = pool.resident(finds);
                    let place = memory + USUAL_TABLES * table;
                    let all = place * pool.instances() as usize;
                    assert!(all <= bytes, "{instances} instances, {bytes} bytes: {all}");
                }
            }
        }
        let default = InstancePool::default().resident(true);
        assert_eq!((default.memory, default.table), (6 * PAGE, PAGE));
    }

    async fn call(store: &mut Store<()>, pre: &InstancePre<()>) -> wasmtime::Result<()> {
        let instance = pre.instantiate_async(&mut *store).await?;
        let f = instance.get_typed_func::<(), ()>(&mut *store, "f")?;
        f.call_async(&mut *store, ()).await
    }

    /// Each writes a MiB and its table's page; all of them live at once, and end together.
    #[test]
    fn what_a_thousand_ended_instances_keep_is_bounded() {
        const INSTANCES: u32 = 1000;
        const GUEST: &str = r#"(component
            (core module $m
                (memory 16)
                (table 8 funcref)
                (elem (i32.const 0) $f)
                (func $f (export "f")
                    (memory.fill (i32.const 0) (i32.const 1) (i32.const 1048576))))
            (core instance $i (instantiate $m))
            (func (export "f") (canon lift (core func $i "f"))))"#;
        // Eight pages a place, of which a table keeps one, for two of them.
        let bound = INSTANCES as usize * 8 * PAGE;
        let pool = InstancePool::default()
            .with_instances(INSTANCES)
            .with_resident_bytes(bound);
        let mut config = Config::new();
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool.config()));
        let engine = Engine::new(&config).expect("an engine");
        let binary = to_binary(GUEST).expect("a component");
        let component = Component::new(&engine, binary).expect("a component");
        let pre = Linker::<()>::new(&engine).instantiate_pre(&component);
        let pre = pre.expect("nothing to import");
        let instances: Vec<_> = (0..INSTANCES)
            .map(|_| {
                let mut store = Store::new(&engine, ());
                let called = call(&mut store, &pre);
                let called = pin!(called).poll(&mut Context::from_waker(Waker::noop()));
                assert!(matches!(called, Poll::Ready(Ok(()))));
                store
            })
            .collect();
        drop(instances);
        let metrics = engine.pooling_allocator_metrics().expect("a pool");
        let kept = metrics.unused_memory_bytes_resident() + metrics.unused_table_bytes_resident();
        let finds = PoolingAllocationConfig::is_pagemap_scan_available();
        let Resident { memory, table } = pool.resident(finds);
        assert_eq!(kept, INSTANCES as usize * (memory + table));
        assert!(kept > 0 && kept <= bound, "{kept} of {bound}");
    }
}
