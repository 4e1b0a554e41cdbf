//! Configs of topics.

use super::{BrokerConfig, ConfigError, configs};
use crate::sim::controller::metadata::ConfigMap;

configs! {
    /// Configs of a topic that the simulation knows.
    TopicConfig {
        cleanup_policy: String = "delete".to_owned(), "cleanup.policy";
        min_insync_replicas: i32 = 1, "min.insync.replicas";
        unclean_leader_election_enable: bool = false, "unclean.leader.election.enable";
        max_message_bytes: i32 = 1_048_588, "max.message.bytes";
        retention_ms: i64 = 604_800_000, "retention.ms";
        retention_bytes: i64 = -1, "retention.bytes";
        segment_bytes: i32 = 1_073_741_824, "segment.bytes";
        segment_ms: i64 = 604_800_000, "segment.ms";
        compression_type: String = "producer".to_owned(), "compression.type";
    }
}

impl TopicConfig {
    /// Those that decide about something here; the others are kept and told, and nothing follows, because logs are neither
    /// shortened nor compacted nor compressed.
    pub const HONOURED_NAMES: &[&'static str] =
        &["min.insync.replicas", "unclean.leader.election.enable", "max.message.bytes"];

    /// What applies to a topic: its own configs over the broker's.
    ///
    /// # Errors
    /// If a config is unknown or its value does not fit.
    pub fn effective(
        broker: &BrokerConfig,
        own: Option<&ConfigMap>,
    ) -> Result<TopicConfig, ConfigError> {
        let mut config = TopicConfig {
            min_insync_replicas: broker.min_insync_replicas,
            unclean_leader_election_enable: broker.unclean_leader_election_enable,
            max_message_bytes: broker.message_max_bytes,
            ..TopicConfig::default()
        };
        for (name, value) in own.into_iter().flatten() {
            config.set(name, value)?;
        }
        Ok(config)
    }
}
