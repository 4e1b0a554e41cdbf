//! The file `replication-offset-checkpoint`: high watermarks every five seconds, so that a restart does not begin at zero.

use std::sync::Arc;

use super::{Broker, BrokerTimer};
use crate::sim::effects::Effects;
use crate::sim::ids::*;
use crate::sim::sorted::SortedMap;
use crate::sim::time::Micros;

/// The file's content and what has changed since.
#[derive(Clone, Debug, Default, Hash)]
pub struct Checkpoint {
    pub file: Arc<SortedMap<TopicPartition, Offset>>,
    /// Slots of replicas whose high watermark differs from the file.
    pub due: Vec<u32>,
}

impl Broker {
    pub(super) fn schedule_checkpoint(&self, out: &mut Effects) {
        let interval = self.config.replica_high_watermark_checkpoint_interval_ms;
        out.timer(Micros::from_ms(interval), BrokerTimer::CheckpointHighWatermarks);
    }

    pub(super) fn on_checkpoint(&mut self, out: &mut Effects) {
        self.write_checkpoint();
        self.schedule_checkpoint(out);
    }

    /// Puts a replica whose high watermark was lowered on the list.
    pub(super) fn note_checkpoint_due(&mut self, slot: u32) {
        let Some(high_watermark) = self.replicas.get(slot).map(|r| r.high_watermark) else {
            return;
        };
        if let Some(replica) = self.replicas.get_mut(slot) {
            replica.checkpoint_due = false;
        }
        self.set_high_watermark(slot, high_watermark);
    }

    pub(super) fn write_checkpoint(&mut self) {
        for slot in std::mem::take(&mut self.checkpoint.due) {
            let Some(replica) = self.replicas.get_mut(slot) else { continue };
            if std::mem::take(&mut replica.checkpoint_due) {
                let (partition, high_watermark) = (replica.partition, replica.high_watermark);
                Arc::make_mut(&mut self.checkpoint.file).insert(partition, high_watermark);
            }
        }
    }
}
