//! A node's disk: what outlives its process.

use std::sync::Arc;

use crate::sim::controller::quorum::QuorumDisk;
use crate::sim::ids::*;
use crate::sim::sorted::SortedMap;
use crate::sim::storage::log::Log;
use crate::sim::time::Micros;

/// Files of one node.
#[derive(Clone, Debug, Default, Hash)]
pub struct Disk {
    /// `__cluster_metadata-0` and `quorum-state`.
    pub quorum: QuorumDisk,
    /// Partition logs.
    pub logs: SortedMap<TopicPartition, Arc<Log>>,
    /// `replication-offset-checkpoint`.
    pub high_watermarks: Arc<SortedMap<TopicPartition, Offset>>,
    /// `.kafka_cleanshutdown` with the broker epoch of the run it ended (KIP-966).
    pub clean_shutdown: Option<BrokerEpoch>,
}

impl Disk {
    /// Loses what was not on the medium; returns per partition how many records went and the new end.
    pub fn lose_unflushed(
        &mut self,
        now: Micros,
        writeback: Micros,
    ) -> Vec<(TopicPartition, u64, Offset)> {
        let mut lost = Vec::new();
        for (partition, log) in &mut self.logs {
            let mut shorter = (**log).clone();
            let records = shorter.lose_unflushed(now, writeback);
            if records > 0 {
                lost.push((*partition, records, shorter.log_end_offset()));
                *log = Arc::new(shorter);
            }
        }
        lost
    }
}
