//! Configs of producers.

use super::configs;
use crate::sim::protocol::data::Acks;
use crate::sim::version::KafkaVersion;

configs! {
    /// Configs of a producer, with Kafka's defaults (facts/kafka.md §1.3).
    ProducerConfig {
        acks: Acks = Acks::All, "acks";
        enable_idempotence: bool = true, "enable.idempotence";
        retries: i32 = 2_147_483_647, "retries";
        max_in_flight_requests_per_connection: i32 = 5, "max.in.flight.requests.per.connection";
        delivery_timeout_ms: i64 = 120_000, "delivery.timeout.ms";
        request_timeout_ms: i64 = 30_000, "request.timeout.ms";
        linger_ms: i64 = 5, "linger.ms";
        batch_size: i32 = 16_384, "batch.size";
        buffer_memory: i64 = 33_554_432, "buffer.memory";
        max_block_ms: i64 = 60_000, "max.block.ms";
        max_request_size: i32 = 1_048_576, "max.request.size";
        retry_backoff_ms: i64 = 100, "retry.backoff.ms";
        retry_backoff_max_ms: i64 = 1000, "retry.backoff.max.ms";
        reconnect_backoff_ms: i64 = 50, "reconnect.backoff.ms";
        reconnect_backoff_max_ms: i64 = 1000, "reconnect.backoff.max.ms";
        metadata_max_age_ms: i64 = 300_000, "metadata.max.age.ms";
        partitioner_ignore_keys: bool = false, "partitioner.ignore.keys";
        partitioner_adaptive_partitioning_enable: bool = true, "partitioner.adaptive.partitioning.enable";
    }
}

impl ProducerConfig {
    /// The defaults of a release.
    pub fn for_version(version: KafkaVersion) -> ProducerConfig {
        ProducerConfig { linger_ms: version.linger_ms(), ..ProducerConfig::default() }
    }
}
