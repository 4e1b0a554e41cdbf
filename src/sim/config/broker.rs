//! Configs of server processes: brokers and controllers.

use super::configs;

configs! {
    /// Configs of a broker or controller process, with Kafka's defaults (facts/kafka.md §2-5).
    BrokerConfig {
        broker_heartbeat_interval_ms: i64 = 2000, "broker.heartbeat.interval.ms";
        broker_session_timeout_ms: i64 = 9000, "broker.session.timeout.ms";
        initial_broker_registration_timeout_ms: i64 = 60_000, "initial.broker.registration.timeout.ms";
        controlled_shutdown_enable: bool = true, "controlled.shutdown.enable";
        quorum_election_timeout_ms: i64 = 1000, "controller.quorum.election.timeout.ms";
        quorum_fetch_timeout_ms: i64 = 2000, "controller.quorum.fetch.timeout.ms";
        quorum_election_backoff_max_ms: i64 = 1000, "controller.quorum.election.backoff.max.ms";
        quorum_append_linger_ms: i64 = 25, "controller.quorum.append.linger.ms";
        quorum_request_timeout_ms: i64 = 2000, "controller.quorum.request.timeout.ms";
        quorum_retry_backoff_ms: i64 = 20, "controller.quorum.retry.backoff.ms";
        metadata_max_idle_interval_ms: i64 = 500, "metadata.max.idle.interval.ms";
        auto_leader_rebalance_enable: bool = true, "auto.leader.rebalance.enable";
        leader_imbalance_check_interval_seconds: i64 = 300, "leader.imbalance.check.interval.seconds";
        unclean_leader_election_enable: bool = false, "unclean.leader.election.enable";
        unclean_leader_election_interval_ms: i64 = 300_000, "unclean.leader.election.interval.ms";
        min_insync_replicas: i32 = 1, "min.insync.replicas";
        num_partitions: i32 = 1, "num.partitions";
        default_replication_factor: i32 = 1, "default.replication.factor";
        auto_create_topics_enable: bool = true, "auto.create.topics.enable";
        message_max_bytes: i32 = 1_048_588, "message.max.bytes";
        num_io_threads: i32 = 8, "num.io.threads";
        replica_lag_time_max_ms: i64 = 30_000, "replica.lag.time.max.ms";
        replica_fetch_wait_max_ms: i32 = 500, "replica.fetch.wait.max.ms";
        replica_fetch_min_bytes: i32 = 1, "replica.fetch.min.bytes";
        replica_fetch_max_bytes: i32 = 1_048_576, "replica.fetch.max.bytes";
        replica_fetch_response_max_bytes: i32 = 10_485_760, "replica.fetch.response.max.bytes";
        replica_fetch_backoff_ms: i64 = 1000, "replica.fetch.backoff.ms";
        replica_socket_timeout_ms: i64 = 30_000, "replica.socket.timeout.ms";
        replica_high_watermark_checkpoint_interval_ms: i64 = 5000, "replica.high.watermark.checkpoint.interval.ms";
        controller_socket_timeout_ms: i64 = 30_000, "controller.socket.timeout.ms";
        group_initial_rebalance_delay_ms: i64 = 3000, "group.initial.rebalance.delay.ms";
        group_min_session_timeout_ms: i64 = 6000, "group.min.session.timeout.ms";
        group_max_session_timeout_ms: i64 = 1_800_000, "group.max.session.timeout.ms";
        group_max_size: i32 = 2_147_483_647, "group.max.size";
        offsets_topic_num_partitions: i32 = 50, "offsets.topic.num.partitions";
        offsets_topic_replication_factor: i32 = 3, "offsets.topic.replication.factor";
        offsets_commit_timeout_ms: i64 = 5000, "offsets.commit.timeout.ms";
        offset_metadata_max_bytes: i32 = 4096, "offset.metadata.max.bytes";
        offsets_retention_minutes: i64 = 10_080, "offsets.retention.minutes";
        offsets_retention_check_interval_ms: i64 = 600_000, "offsets.retention.check.interval.ms";
        producer_id_expiration_ms: i64 = 86_400_000, "producer.id.expiration.ms";
        connections_max_idle_ms: i64 = 600_000, "connections.max.idle.ms";
        max_incremental_fetch_session_cache_slots: i32 = 1000, "max.incremental.fetch.session.cache.slots";
    }
}
