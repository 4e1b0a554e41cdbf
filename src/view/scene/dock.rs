//! The dock: time axis and charts.

use serde::{Deserialize, Serialize};

use super::event::Glyph;

/// The time axis: what is known of the run, and what stands on it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Timeline {
    /// How far the run is known; later than the scene's time after a rewind.
    pub known_us: u64,
    pub marks: Vec<Mark>,
    /// The times of the snapshots a seek can start from.
    pub snapshots: Vec<u64>,
    /// Those of them that a person asked for.
    pub kept: Vec<u64>,
}

/// One or more events at one place of the timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    pub time_us: u64,
    pub glyph: Glyph,
    /// How many events it stands for.
    pub count: u32,
}

/// A chart of the dock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chart {
    pub kind: ChartKind,
    pub lines: Vec<Line>,
}

/// What a chart shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChartKind {
    /// Records a second: written, and read by a group.
    Throughput { group: Option<String> },
    /// Lag of a group, per partition.
    Lag { group: String },
    /// Partitions whose ISR is smaller than their replicas.
    UnderReplicated { partitions: u32 },
    /// What a person chose.
    Metric(Metric),
}

/// A chart to choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Metric {
    Records,
    Bytes,
    Lag,
    Drain,
    Partitions,
    Isr,
    Latency,
    Rebalances,
    Elections,
    Errors,
}

impl Metric {
    /// All, in the order of the chooser.
    pub const ALL: [Metric; 10] = [
        Metric::Records,
        Metric::Bytes,
        Metric::Lag,
        Metric::Drain,
        Metric::Partitions,
        Metric::Isr,
        Metric::Latency,
        Metric::Rebalances,
        Metric::Elections,
        Metric::Errors,
    ];

    /// The names of its lines, as Kafka's metrics are called where Kafka has them; lag has a line per partition.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Metric::Records => &["MessagesInPerSec", "records-consumed-rate"],
            Metric::Bytes => &["BytesInPerSec"],
            Metric::Lag => &["records-lag"],
            Metric::Drain => &["time to drain, s"],
            Metric::Partitions => &["UnderReplicatedPartitions", "OfflinePartitionsCount"],
            Metric::Isr => &["IsrShrinksPerSec", "IsrExpandsPerSec"],
            Metric::Latency => &["Produce TotalTimeMs p50", "Produce TotalTimeMs p99"],
            Metric::Rebalances => &["rebalance-total"],
            Metric::Elections => &["LeaderElections", "UncleanLeaderElections"],
            Metric::Errors => &["records given up", "records truncated"],
        }
    }
}

/// A line of a chart: points of (virtual microseconds, value).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// The column whose hue it wears; `None` is ink.
    pub column: Option<u16>,
    pub points: Vec<(u64, f32)>,
}
