//! How many partitions may still be created.
//!
//! Simplification: Kafka bounds what one request may create, not what a cluster holds. The bound here is the
//! playground's; it answers where Kafka would ask its `create.topic.policy.class.name`, and with the same error.

use super::metadata::MetadataImage;
use super::topics::error;
use crate::limits::PARTITIONS_MAX;
use crate::sim::ids::is_internal;
use crate::sim::protocol::ErrorCode;
use crate::sim::protocol::admin::ApiError;

/// Partitions that there are, and will be with what the request has created so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    own: i64,
    internal: i64,
}

impl Room {
    /// The room that a cluster has left.
    pub fn of(image: &MetadataImage) -> Room {
        let mut room = Room { own: 0, internal: 0 };
        for topic in image.topics.values() {
            *room.taken(&topic.name) += topic.partitions.len() as i64;
        }
        room
    }

    /// Takes room for more partitions of a topic.
    ///
    /// # Errors
    /// If there is none.
    pub fn take(&mut self, topic: &str, partitions: i32) -> Result<(), ApiError> {
        let taken = self.taken(topic);
        let total = *taken + i64::from(partitions);
        if total > i64::from(PARTITIONS_MAX) {
            let message = format!(
                "The cluster would have {total} partitions, but at most {PARTITIONS_MAX} are allowed. Delete topics or \
                 ask for fewer partitions."
            );
            return Err(error(ErrorCode::PolicyViolation, message));
        }
        *taken = total;
        Ok(())
    }

    /// Internal topics count apart: a full cluster still gets them, but they are not endless either.
    fn taken(&mut self, topic: &str) -> &mut i64 {
        if is_internal(topic) { &mut self.internal } else { &mut self.own }
    }
}
