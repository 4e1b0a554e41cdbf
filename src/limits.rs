//! Every bound of the program, each with its reason; the only place for caps.

/// Brokers and controllers of a setup: the largest cluster that the board shows as tiles.
pub const SERVERS_MAX: usize = 110;
/// Brokers of a setup.
pub const BROKERS_MAX: usize = 100;
/// Partitions of a setup: what still runs at interactive speed with three replicas each.
pub const PARTITIONS_MAX: i32 = 10_000;
/// Client processes of a setup.
pub const CLIENTS_MAX: usize = 500;
/// Bytes of a value that a producer makes up: every record stays in memory until its topic goes.
pub const VALUE_BYTES_MAX: u32 = 10_000;
/// Simulated time of a run, hours: beyond it the action log and the snapshots outgrow a tab.
pub const RUN_HOURS_MAX: u64 = 24;
/// The same in microseconds.
pub const RUN_MICROS_MAX: u64 = RUN_HOURS_MAX * 3_600_000_000;

/// Events pending in a world: the largest setup has a few timers and packets per replica and client.
pub const EVENTS_PENDING_MAX: usize = 1_000_000;
/// Requests of one connection that wait for their answers: a client keeps a handful.
pub const REQUESTS_IN_FLIGHT_MAX: usize = 1_000;

/// Milestones that the journal keeps: a day of a lively cluster.
pub const MILESTONES_KEPT: usize = 20_000;
/// Finer facts that the journal keeps: what an inspector looks back on without a replay.
pub const FINE_FACTS_KEPT: usize = 2_000;

/// Events between two snapshots: replaying them takes about 25 ms at a million events a second, and twice that as wasm.
pub const SNAPSHOT_EVERY_EVENTS: u64 = 25_000;
/// Simulated time between two snapshots at most, microseconds: a quiet cluster is cheap to replay, but a far seek should not
/// depend on it.
pub const SNAPSHOT_EVERY_MICROS: u64 = 15_000_000;
/// Snapshots kept; past it every second one of the older half is dropped.
pub const SNAPSHOTS_MAX: usize = 256;
/// Snapshots that a person asked for.
pub const SNAPSHOTS_KEPT_MAX: usize = 16;
/// Actions in one history: a share link of that many is still below its size cap.
pub const ACTIONS_MAX: usize = 10_000;

/// Points of a metric series; past it neighbours are merged.
pub const SERIES_POINTS_MAX: usize = 4_096;

/// Characters of a share link: every browser's address bar takes them, and most messengers.
pub const LINK_CHARS_MAX: usize = 64 * 1024;
/// Bytes of a saved run, and of what a link holds once it is inflated: ten thousand actions with names and records.
pub const SHARED_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Bytes of one action in a link or a file: a typed record and a few names.
pub const ACTION_BYTES_MAX: usize = 64 * 1024;
/// Records a second that a producer is asked for by a link or a file: more than a simulated broker stores.
pub const PRODUCER_RATE_MAX: u32 = 100_000;
/// Bytes of an exported trace: what a tab can hold as a file to save.
pub const TRACE_BYTES_MAX: u64 = 256 * 1024 * 1024;
