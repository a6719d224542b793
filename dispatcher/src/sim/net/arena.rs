//! Values with keys that stay unique when places are used again.

use std::marker::PhantomData;

use slab::Slab;

/// Names a value of the arena for `K`. The key of one that was removed names nothing.
pub(crate) struct Key<K> {
    slot: u32,
    generation: u32,
    kind: PhantomData<fn() -> K>,
}

impl<K> Clone for Key<K> {
    fn clone(&self) -> Key<K> {
        *self
    }
}

impl<K> Copy for Key<K> {}

impl<K> PartialEq for Key<K> {
    fn eq(&self, other: &Key<K>) -> bool {
        (self.slot, self.generation) == (other.slot, other.generation)
    }
}

impl<K> Eq for Key<K> {}

impl<K> std::fmt::Debug for Key<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.slot, self.generation)
    }
}

/// What of a simulation there are many of: the owner bounds how many.
pub(crate) struct Arena<K, T> {
    slots: Slab<(u32, T)>,
    next_generation: u32,
    kind: PhantomData<fn() -> K>,
}

impl<K, T> Default for Arena<K, T> {
    fn default() -> Arena<K, T> {
        Arena {
            slots: Slab::new(),
            next_generation: 0,
            kind: PhantomData,
        }
    }
}

impl<K, T> Arena<K, T> {
    pub(crate) fn insert(&mut self, value: T) -> Key<K> {
        let generation = self.next_generation;
        self.next_generation = generation.wrapping_add(1);
        let slot = self.slots.insert((generation, value));
        debug_assert!(u32::try_from(slot).is_ok(), "the owner bounds them");
        Key {
            slot: slot as u32,
            generation,
            kind: PhantomData,
        }
    }

    pub(crate) fn get(&self, key: Key<K>) -> Option<&T> {
        let (generation, value) = self.slots.get(key.slot as usize)?;
        (*generation == key.generation).then_some(value)
    }

    pub(crate) fn get_mut(&mut self, key: Key<K>) -> Option<&mut T> {
        let (generation, value) = self.slots.get_mut(key.slot as usize)?;
        (*generation == key.generation).then_some(value)
    }

    pub(crate) fn remove(&mut self, key: Key<K>) -> Option<T> {
        self.get(key)?;
        Some(self.slots.remove(key.slot as usize).1)
    }

    /// All of them, in the order of their places.
    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.slots.iter().map(|(_, (_, value))| value)
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// The keys of those for which `is_wanted`, in the order of their places.
    pub(crate) fn keys_where(&self, is_wanted: impl Fn(&T) -> bool) -> Vec<Key<K>> {
        let wanted = self.slots.iter().filter(|(_, (_, value))| is_wanted(value));
        let key = |(slot, (generation, _)): (usize, &(u32, T))| Key {
            slot: slot as u32,
            generation: *generation,
            kind: PhantomData,
        };
        wanted.map(key).collect()
    }
}

/// What stands for sockets in their keys.
pub(crate) enum OfSockets {}
/// What stands for connections in their keys.
pub(crate) enum OfConnections {}

pub(crate) type SocketKey = Key<OfSockets>;
pub(crate) type ConnectionKey = Key<OfConnections>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_names_nothing_after_its_value() {
        let mut arena = Arena::<(), i32>::default();
        let first = arena.insert(1);
        assert_eq!(arena.remove(first), Some(1));
        let second = arena.insert(2);
        assert_eq!(arena.get(first), None);
        assert_eq!(arena.remove(first), None);
        assert_eq!(arena.get(second), Some(&2));
        assert_eq!(arena.keys_where(|value| *value == 2), [second]);
        assert_eq!(arena.len(), 1);
    }
}
