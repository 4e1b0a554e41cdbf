//! The Kafka release that a run stands for, and the bugs that can be planted into it.

use serde::{Deserialize, Serialize};

/// Kafka releases that differ in what is simulated. Selects defaults and features.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum KafkaVersion {
    /// 3.6: the high watermark advances below min.insync.replicas; no ELR; linger.ms 0.
    V3_6,
    /// 3.9: the last release before 4.0; linger.ms 0.
    V3_9,
    /// 4.0: ELR off by default.
    V4_0,
    /// 4.1: ELR on by default.
    V4_1,
    /// 4.3: the version of the recordings.
    #[default]
    V4_3,
    /// 4.4: the version of the vectors.
    V4_4,
}

impl KafkaVersion {
    /// Whether the high watermark stands still while the ISR is below min.insync.replicas (KAFKA-15583).
    pub fn high_watermark_needs_min_isr(self) -> bool {
        self > KafkaVersion::V3_6
    }

    /// Whether a new cluster has `eligible.leader.replicas.version` 1 (KIP-966).
    pub fn elr_by_default(self) -> bool {
        self >= KafkaVersion::V4_1
    }

    /// Default of the producer's `linger.ms` (KIP-1030).
    pub fn linger_ms(self) -> i64 {
        if self >= KafkaVersion::V4_0 { 5 } else { 0 }
    }
}

/// Historic mistakes that can be switched on, to prove that the judges see them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PlantedBug {
    /// The leader advances the high watermark without waiting for its followers.
    HighWatermarkWithoutFollower,
    /// A follower truncates to its high watermark instead of asking for the epoch's end (before KIP-101).
    TruncateToHighWatermark,
    /// A voter forgets its vote when it restarts.
    UnpersistedVote,
}
