//! A batch of the metadata log.

use std::hash::{Hash, Hasher};

use super::{MetadataImage, MetadataRecord};
use crate::sim::hash::digest_of;
use crate::sim::ids::*;
use crate::sim::storage::batch::BATCH_OVERHEAD;

/// Records that are appended, replicated and committed together.
///
/// A batch without records stands for a snapshot: what came before it is not told again, only the image counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetadataBatch {
    /// Epoch of the quorum leader that wrote the batch.
    pub epoch: QuorumEpoch,
    /// Offset of the first record.
    pub base_offset: Offset,
    /// The records.
    pub records: Box<[MetadataRecord]>,
    /// The cluster after the last record.
    pub image: MetadataImage,
}

impl MetadataBatch {
    /// The batch that follows `before` with `records`, written by the leader of `epoch`.
    ///
    /// # Panics
    /// Without records.
    pub fn after(
        before: &MetadataImage,
        epoch: QuorumEpoch,
        records: Vec<MetadataRecord>,
    ) -> MetadataBatch {
        assert!(!records.is_empty(), "a batch holds at least one record");
        let base_offset = before.next_offset;
        let mut image = before.clone();
        for record in &records {
            image.apply(record);
        }
        image.epoch = epoch;
        image.log_digest = digest_of(&(before.log_digest, epoch, base_offset, &records));
        MetadataBatch { epoch, base_offset, records: records.into(), image }
    }

    /// What a node is told that begins with a snapshot.
    pub fn snapshot(image: MetadataImage) -> MetadataBatch {
        MetadataBatch {
            epoch: image.epoch,
            base_offset: image.next_offset,
            records: Box::default(),
            image,
        }
    }

    /// Whether this is a snapshot.
    pub fn is_snapshot(&self) -> bool {
        self.records.is_empty()
    }

    /// Digest of the whole log up to and with this batch.
    pub fn digest(&self) -> u64 {
        self.image.log_digest
    }

    /// Offset after the last record.
    pub fn next_offset(&self) -> Offset {
        self.base_offset + self.records.len() as Offset
    }

    /// Bytes on the wire.
    pub fn size_bytes(&self) -> u32 {
        BATCH_OVERHEAD + self.records.iter().map(MetadataRecord::size_bytes).sum::<u32>()
    }
}

impl Hash for MetadataBatch {
    /// The digest stands for the content; the image follows from it and from the batches before.
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.digest());
    }
}
