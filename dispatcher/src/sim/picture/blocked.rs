//! Which partitions are in force, to know when each was healed.

use std::collections::BTreeSet;

use crate::sim::fault::Fault;

/// The partitions that have not been healed.
#[derive(Clone, Default)]
pub(super) struct Blocked(Vec<Partition>);

/// A partition, and the ways from one host to another that are still blocked of it.
#[derive(Clone)]
struct Partition {
    /// Its place among the faults of the picture.
    fault: usize,
    ways: BTreeSet<(String, String)>,
}

impl Blocked {
    /// A fault takes effect, which has this place among the faults. Gives the places of the partitions that it
    /// heals.
    pub(super) fn fault(&mut self, place: usize, fault: &Fault) -> Vec<usize> {
        match fault {
            Fault::Partition(one, other) => {
                let mut ways = ways(one, other);
                ways.extend(self::ways(other, one));
                self.0.push(Partition { fault: place, ways });
            }
            Fault::PartitionOneWay(from, to) => {
                let ways = ways(from, to);
                self.0.push(Partition { fault: place, ways });
            }
            Fault::Heal(one, other) => return self.heal(one, other),
            _ => {}
        }
        Vec::new()
    }

    fn heal(&mut self, one: &[String], other: &[String]) -> Vec<usize> {
        let mut healed = Vec::new();
        let mut open = ways(one, other);
        open.extend(ways(other, one));
        self.0.retain_mut(|partition| {
            partition.ways.retain(|way| !open.contains(way));
            if partition.ways.is_empty() {
                healed.push(partition.fault);
            }
            !partition.ways.is_empty()
        });
        healed
    }
}

fn ways(from: &[String], to: &[String]) -> BTreeSet<(String, String)> {
    let ways = from
        .iter()
        .flat_map(|from| to.iter().map(move |to| (from, to)));
    ways.map(|(from, to)| (from.clone(), to.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_ends_when_all_of_it_is_healed() {
        let mut blocked = Blocked::default();
        let apart = Fault::partition(["a"], ["b", "c"]);
        assert_eq!(blocked.fault(0, &apart), []);
        assert_eq!(blocked.fault(1, &Fault::heal(["b"], ["a"])), []);
        assert_eq!(
            blocked.fault(2, &Fault::partition_one_way(["d"], ["a"])),
            []
        );
        assert_eq!(blocked.fault(3, &Fault::heal(["a"], ["c", "d"])), [0, 2]);
        assert_eq!(blocked.fault(4, &Fault::heal(["a"], ["c", "d"])), []);
    }
}
