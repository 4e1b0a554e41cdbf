//! Which partition of an internal topic, and so which broker, coordinates a group, a transaction or a share state.
use crate::sim::java::hash::{JavaHash, abs};

/// Returns the partition that holds the state of `key`.
///
/// One formula serves all three coordinators: a group id on `__consumer_offsets`, a transactional id on
/// `__transaction_state` and `group:topicId:partition` on `__share_group_state`.
///
/// # Panics
/// If `partitions` is not positive.
pub fn partition_for(key: &str, partitions: i32) -> i32 {
    assert!(partitions > 0, "an internal topic has at least one partition, got {partitions}");
    abs(key.hash_code()) % partitions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_land_where_kafka_puts_them() {
        assert_eq!(partition_for("my-group", 50), 12);
        assert_eq!(partition_for("console-consumer-12345", 50), 6);
        assert_eq!(partition_for("🚀", 50), 27);
    }

    #[test]
    fn the_hash_without_absolute_value_lands_on_partition_zero() {
        assert_eq!(partition_for("polygenelubricants", 50), 0);
    }
}
