//! Configs of consumers.

use serde::{Deserialize, Serialize};

use super::{ConfigValue, configs};
use crate::sim::protocol::data::IsolationLevel;

/// Where a consumer begins without a committed offset, or with one out of range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AutoOffsetReset {
    Earliest,
    Latest,
    None,
}

impl ConfigValue for AutoOffsetReset {
    fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "earliest" => Some(AutoOffsetReset::Earliest),
            "latest" => Some(AutoOffsetReset::Latest),
            "none" => Some(AutoOffsetReset::None),
            _ => None,
        }
    }
    fn text(&self) -> String {
        match self {
            AutoOffsetReset::Earliest => "earliest",
            AutoOffsetReset::Latest => "latest",
            AutoOffsetReset::None => "none",
        }
        .to_owned()
    }
}

configs! {
    /// Configs of a consumer, with Kafka's defaults (facts/kafka.md §5.1).
    ConsumerConfig {
        partition_assignment_strategy: String = "range,cooperative-sticky".to_owned(), "partition.assignment.strategy";
        session_timeout_ms: i64 = 45_000, "session.timeout.ms";
        heartbeat_interval_ms: i64 = 3000, "heartbeat.interval.ms";
        max_poll_interval_ms: i64 = 300_000, "max.poll.interval.ms";
        max_poll_records: i32 = 500, "max.poll.records";
        enable_auto_commit: bool = true, "enable.auto.commit";
        auto_commit_interval_ms: i64 = 5000, "auto.commit.interval.ms";
        auto_offset_reset: AutoOffsetReset = AutoOffsetReset::Latest, "auto.offset.reset";
        fetch_min_bytes: i32 = 1, "fetch.min.bytes";
        fetch_max_wait_ms: i32 = 500, "fetch.max.wait.ms";
        fetch_max_bytes: i32 = 52_428_800, "fetch.max.bytes";
        max_partition_fetch_bytes: i32 = 1_048_576, "max.partition.fetch.bytes";
        isolation_level: IsolationLevel = IsolationLevel::ReadUncommitted, "isolation.level";
        request_timeout_ms: i64 = 30_000, "request.timeout.ms";
        default_api_timeout_ms: i64 = 60_000, "default.api.timeout.ms";
        retry_backoff_ms: i64 = 100, "retry.backoff.ms";
        retry_backoff_max_ms: i64 = 1000, "retry.backoff.max.ms";
        reconnect_backoff_ms: i64 = 50, "reconnect.backoff.ms";
        reconnect_backoff_max_ms: i64 = 1000, "reconnect.backoff.max.ms";
        metadata_max_age_ms: i64 = 300_000, "metadata.max.age.ms";
        allow_auto_create_topics: bool = true, "allow.auto.create.topics";
        client_id: String = String::new(), "client.id";
        group_instance_id: String = String::new(), "group.instance.id";
    }
}
