//! The table of replicas. A replica keeps its slot while it exists, so that sessions and fetchers can name it by number.

use std::sync::Arc;

use super::replica::Replica;
use crate::sim::ids::TopicPartition;
use crate::sim::sorted::SortedMap;

/// The slot of a partition that has no replica here.
pub const NO_SLOT: u32 = u32::MAX;

/// The replicas of a broker.
#[derive(Clone, Debug, Default, Hash)]
pub struct Replicas {
    slots: Vec<Option<Arc<Replica>>>,
    index: Arc<SortedMap<TopicPartition, u32>>,
    free: Vec<u32>,
}

impl Replicas {
    /// The slot of a partition.
    pub fn find(&self, partition: TopicPartition) -> Option<u32> {
        self.index.get(&partition).copied()
    }

    /// The replica in a slot.
    pub fn get(&self, slot: u32) -> Option<&Replica> {
        self.slots.get(slot as usize)?.as_deref()
    }

    /// The replica in a slot, to change.
    pub fn get_mut(&mut self, slot: u32) -> Option<&mut Replica> {
        self.slots.get_mut(slot as usize)?.as_mut().map(Arc::make_mut)
    }

    /// The replica of a partition.
    pub fn of(&self, partition: TopicPartition) -> Option<&Replica> {
        self.get(self.find(partition)?)
    }

    /// Adds a replica and returns its slot.
    pub fn insert(&mut self, replica: Replica) -> u32 {
        let partition = replica.partition;
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() as u32 - 1
        });
        self.slots[slot as usize] = Some(Arc::new(replica));
        Arc::make_mut(&mut self.index).insert(partition, slot);
        slot
    }

    /// Takes a replica out.
    pub fn remove(&mut self, slot: u32) -> Option<Arc<Replica>> {
        let replica = self.slots.get_mut(slot as usize)?.take()?;
        Arc::make_mut(&mut self.index).remove(&replica.partition);
        self.free.push(slot);
        Some(replica)
    }

    /// All replicas with their slots.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &Replica)> {
        let slots = self.slots.iter().enumerate();
        slots.filter_map(|(slot, replica)| Some((slot as u32, &**replica.as_ref()?)))
    }

    /// All slots in use.
    pub fn slots(&self) -> Vec<u32> {
        self.iter().map(|(slot, _)| slot).collect()
    }

    /// Empties the table.
    pub fn take_all(&mut self) -> impl Iterator<Item = Arc<Replica>> {
        self.index = Arc::default();
        self.free.clear();
        std::mem::take(&mut self.slots).into_iter().flatten()
    }
}
