//! The broker: replicas as leaders and followers, produce, fetch, and the coordinators it hosts.
//!
//! - one replica: `replica` (log and role), `leader` (ISR and followers' progress), `replicas` (the table)
//! - what clients ask: `produce`, `fetch` with `fetch_session`, `offsets`, `metadata`, `producer_ids`, `errors`
//! - when an answer waits: `purgatory`
//! - what is committed and who is in sync: `high_watermark`, `isr`, `checkpoint`
//! - following: `fetcher`, `truncation`
//! - the controller's word: `lifecycle` (registration to shutdown), `publisher` (new metadata), `forward` (admin requests)
//! - `coordinators` the group coordinator and where it is
//!
//! A request or an append costs what it touches, never what exists: sessions and replicas keep lists of what changed.
//! Left out until later issues: retention and cleaning, quotas, several log directories, reading from followers.
mod checkpoint;
mod coordinators;
mod errors;
mod fetch;
mod fetch_session;
mod fetcher;
mod forward;
mod high_watermark;
mod isr;
mod leader;
mod lifecycle;
mod metadata;
mod offsets;
mod produce;
mod producer_ids;
mod publisher;
mod purgatory;
mod replica;
mod replicas;
#[cfg(test)]
mod tests;
mod truncation;

use std::collections::VecDeque;
use std::sync::Arc;

pub use self::leader::{FollowerProgress, LeaderState, PendingIsr};
pub use self::lifecycle::{BrokerState, Lifecycle};
pub use self::replica::{FetchState, FollowerState, Replica, Role};

use self::checkpoint::Checkpoint;
use self::coordinators::CoordinatorEvent;
use self::fetch_session::FetchSessions;
use self::fetcher::ReplicaFetcher;
use self::forward::{Forwarding, refused_config};
use self::isr::IsrChanges;
use self::producer_ids::ProducerIds;
use self::publisher::Delta;
use self::purgatory::Purgatory;
use self::replicas::Replicas;
use crate::sim::config::{BrokerConfig, TopicConfig};
use crate::sim::controller::metadata::MetadataImage;
use crate::sim::effects::{Effects, Line, RequestRef};
use crate::sim::group::GroupTimer;
use crate::sim::group::coordinator::GroupCoordinator;
use crate::sim::ids::*;
use crate::sim::protocol::{Request, Response};
use crate::sim::rng::Rng;
use crate::sim::server::ServerContext;
use crate::sim::sorted::SortedMap;
use crate::sim::storage::disk::Disk;
use crate::sim::storage::log::Log;
use crate::sim::time::NodeNow;
use crate::sim::version::PlantedBug;

/// A timer of a broker.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum BrokerTimer {
    /// The next registration or heartbeat; stale unless it is the last one set.
    Lifecycle {
        timer: u64,
    },
    /// Time to look for followers that lag.
    CheckIsr,
    CheckpointHighWatermarks,
    /// AlterPartition may be sent again.
    RetryAlterPartition,
    /// Some fetch has waited long enough.
    ExpireFetches,
    /// Some produce request with acks=all has waited long enough.
    ExpireProduces,
    /// Partitions from that broker may be fetched again.
    Fetcher {
        source: NodeId,
    },
    /// What is needed to lead partitions is on the disk.
    Lead,
    /// Requests for the controller may be sent again, or are given up.
    Forward,
}

/// The broker role of a server process.
#[derive(Clone, Debug, Hash)]
pub struct Broker {
    node: NodeId,
    context: ServerContext,
    bugs: Bugs,
    /// The configs in effect.
    config: Arc<BrokerConfig>,
    /// Those of the process's own file, before dynamic ones.
    static_config: Arc<BrokerConfig>,
    topic_configs: SortedMap<TopicId, Arc<TopicConfig>>,
    rng: Rng,
    image: MetadataImage,
    /// Whether the broker acts on metadata and serves requests: it has caught up once.
    published: bool,
    /// News that waits until this broker is ready to lead.
    unapplied: Option<Delta>,
    /// Requests that came before that: the socket server does not hand them out yet.
    early: Vec<EarlyRequest>,
    controller: Option<NodeId>,
    replicas: Replicas,
    /// Logs on the disk that the metadata has not assigned to this broker (yet).
    closed_logs: SortedMap<TopicPartition, Arc<Log>>,
    checkpoint: Checkpoint,
    clean_shutdown: Option<BrokerEpoch>,
    sessions: FetchSessions,
    purgatory: Purgatory,
    fetchers: SortedMap<NodeId, Arc<ReplicaFetcher>>,
    isr_changes: IsrChanges,
    lifecycle: Lifecycle,
    forwarding: Forwarding,
    producer_ids: ProducerIds,
    coordinator: GroupCoordinator,
    /// What the coordinator has yet to hear; empty between inputs.
    coordinator_events: VecDeque<CoordinatorEvent>,
}

/// A request that waits for the broker to be ready.
#[derive(Clone, Debug, Hash)]
struct EarlyRequest {
    from: NodeId,
    line: Line,
    at: RequestRef,
    request: Arc<Request>,
}

/// Which of the planted bugs concern a broker.
#[derive(Clone, Copy, Debug, Hash)]
struct Bugs {
    high_watermark_without_follower: bool,
    truncate_to_high_watermark: bool,
}

impl Broker {
    /// A broker that has just been started on its disk.
    pub fn boot(
        context: &ServerContext,
        config: BrokerConfig,
        disk: &mut Disk,
        mut rng: Rng,
    ) -> Broker {
        let setup = &context.setup;
        let coordinator = GroupCoordinator::new(context.node, &config, rng.fork("groups"));
        let config = Arc::new(config);
        let file = std::mem::take(&mut disk.high_watermarks);
        Broker {
            node: context.node,
            context: context.clone(),
            bugs: Bugs {
                high_watermark_without_follower: setup
                    .has_bug(PlantedBug::HighWatermarkWithoutFollower),
                truncate_to_high_watermark: setup.has_bug(PlantedBug::TruncateToHighWatermark),
            },
            static_config: config.clone(),
            config,
            topic_configs: SortedMap::new(),
            rng,
            image: MetadataImage::default(),
            published: false,
            unapplied: None,
            early: Vec::new(),
            controller: None,
            replicas: Replicas::default(),
            closed_logs: std::mem::take(&mut disk.logs),
            checkpoint: Checkpoint { file, due: Vec::new() },
            clean_shutdown: None,
            sessions: FetchSessions::default(),
            purgatory: Purgatory::default(),
            fetchers: SortedMap::new(),
            isr_changes: IsrChanges::default(),
            lifecycle: Lifecycle::new(disk.clean_shutdown.take()),
            forwarding: Forwarding::default(),
            producer_ids: ProducerIds::default(),
            coordinator,
            coordinator_events: VecDeque::new(),
        }
    }

    /// Begins to work.
    pub fn start(&mut self, _: NodeNow, out: &mut Effects) {
        self.communicate(out);
        self.schedule_isr_check(out);
        self.schedule_checkpoint(out);
    }

    /// Hears who the active controller is.
    pub fn on_active_controller(
        &mut self,
        _: NodeNow,
        controller: Option<NodeId>,
        out: &mut Effects,
    ) {
        self.controller = controller;
        if controller.is_some() {
            self.resume_lifecycle(out);
            self.send_alter_partition(out);
            self.send_forwarded(out);
        }
    }

    /// Handles a request.
    pub fn on_request(
        &mut self,
        now: NodeNow,
        from: NodeId,
        line: Line,
        at: RequestRef,
        request: &Arc<Request>,
        out: &mut Effects,
    ) {
        if self.published {
            self.serve(now, EarlyRequest { from, line, at, request: request.clone() }, out);
        } else {
            self.early.push(EarlyRequest { from, line, at, request: request.clone() });
        }
    }

    /// Serves what came before the broker was ready.
    fn serve_early(&mut self, now: NodeNow, out: &mut Effects) {
        for early in std::mem::take(&mut self.early) {
            self.serve(now, early, out);
        }
    }

    fn serve(&mut self, now: NodeNow, request: EarlyRequest, out: &mut Effects) {
        let EarlyRequest { from, line, at, request } = request;
        match &*request {
            Request::Produce(request) => self.on_produce(now, at, request, out),
            Request::Fetch(request) => self.on_fetch(now, at, request, out),
            Request::ListOffsets(request) => self.on_list_offsets(line, at, request, out),
            Request::Metadata(request) => self.on_metadata_request(now, at, request, out),
            Request::OffsetForLeaderEpoch(request) => {
                self.on_offset_for_leader_epoch(at, request, out);
            }
            Request::InitProducerId(_) => self.on_init_producer_id(now, at, out),
            Request::FindCoordinator(request) => self.on_find_coordinator(now, at, request, out),
            Request::JoinGroup(_)
            | Request::SyncGroup(_)
            | Request::Heartbeat(_)
            | Request::LeaveGroup(_)
            | Request::OffsetCommit(_)
            | Request::OffsetFetch(_)
            | Request::DescribeGroups(_) => self.on_group_request(now, from, at, &request, out),
            Request::CreateTopics(_)
            | Request::DeleteTopics(_)
            | Request::CreatePartitions(_)
            | Request::ElectLeaders(_) => self.forward(now, at, &request, out),
            Request::IncrementalAlterConfigs(changes) => match refused_config(changes) {
                Some(refused) => out.respond(at, refused),
                None => self.forward(now, at, &request, out),
            },
            Request::Vote(_)
            | Request::BeginQuorumEpoch(_)
            | Request::EndQuorumEpoch(_)
            | Request::AlterPartition(_)
            | Request::FetchMetadata(_)
            | Request::BrokerRegistration(_)
            | Request::BrokerHeartbeat(_)
            | Request::AllocateProducerIds(_) => out.close(at),
        }
        self.run_coordinator(now, out);
    }

    /// Handles the answer to one of its requests.
    pub fn on_response(
        &mut self,
        now: NodeNow,
        from: NodeId,
        line: Line,
        id: RequestId,
        response: &Arc<Response>,
        out: &mut Effects,
    ) {
        match (line, &**response) {
            (Line::Replica, response) => self.on_replica_response(now, from, id, response, out),
            (Line::Heartbeat, response) => {
                self.on_lifecycle_response(now, from, id, response, out);
            }
            (Line::AlterPartition, Response::AlterPartition(response)) => {
                self.on_alter_partition_response(now, id, response, out);
            }
            (Line::Forward, _) => self.on_forward_response(now, id, response, out),
            (_, _) => {}
        }
        self.run_coordinator(now, out);
    }

    /// Handles that one of its requests got no answer.
    #[expect(clippy::too_many_arguments, reason = "what the kernel tells of a failure")]
    pub fn on_failed(
        &mut self,
        now: NodeNow,
        to: NodeId,
        line: Line,
        id: RequestId,
        request: &Arc<Request>,
        _timed_out: bool,
        out: &mut Effects,
    ) {
        match line {
            Line::Replica => self.on_replica_failed(now, to, id, request, out),
            Line::Heartbeat => self.on_lifecycle_failed(id, out),
            Line::AlterPartition => self.on_alter_partition_failed(id, out),
            Line::Forward => self.on_forward_failed(now, id, out),
            Line::Quorum
            | Line::Producer(_)
            | Line::Consumer(_)
            | Line::Coordinator(_)
            | Line::Admin => {}
        }
    }

    /// Handles one of its timers.
    pub fn on_timer(&mut self, now: NodeNow, timer: BrokerTimer, out: &mut Effects) {
        match timer {
            BrokerTimer::Lifecycle { timer } => self.on_lifecycle_timer(timer, out),
            BrokerTimer::CheckIsr => self.on_check_isr(now, out),
            BrokerTimer::CheckpointHighWatermarks => self.on_checkpoint(out),
            BrokerTimer::RetryAlterPartition => self.on_retry_alter_partition(out),
            BrokerTimer::ExpireFetches => self.on_expire_fetches(now, out),
            BrokerTimer::ExpireProduces => self.on_expire_produces(now, out),
            BrokerTimer::Fetcher { source } => self.on_fetcher_timer(now, source, out),
            BrokerTimer::Lead => self.on_ready_to_lead(now, out),
            BrokerTimer::Forward => self.on_forward_timer(now, out),
        }
        self.run_coordinator(now, out);
    }

    /// Handles a timer of its group coordinator.
    pub fn on_group_timer(&mut self, now: NodeNow, timer: GroupTimer, out: &mut Effects) {
        self.with_coordinator(now, out, |coordinator, io, out| {
            coordinator.on_timer(now, timer, io, out);
        });
        self.run_coordinator(now, out);
    }

    /// Leaves the disk as the dead process does.
    pub fn crash(mut self, disk: &mut Disk) {
        disk.logs = self.closed_logs;
        for replica in self.replicas.take_all() {
            let replica = Arc::try_unwrap(replica).unwrap_or_else(|shared| (*shared).clone());
            disk.logs.insert(replica.partition, Arc::new(replica.log));
        }
        disk.high_watermarks = self.checkpoint.file;
        disk.clean_shutdown = self.clean_shutdown;
    }

    /// The broker's id.
    pub fn node(&self) -> NodeId {
        self.node
    }

    /// The replicas on this broker.
    pub fn replicas(&self) -> impl Iterator<Item = &Replica> {
        self.replicas.iter().map(|(_, replica)| replica)
    }

    /// The replica of a partition, if there is one here.
    pub fn replica(&self, partition: TopicPartition) -> Option<&Replica> {
        self.replicas.of(partition)
    }

    /// A log on the disk that the metadata has not assigned to this broker (yet), and its checkpointed high watermark.
    pub fn closed_log(&self, partition: TopicPartition) -> Option<(&Log, Offset)> {
        let high_watermark = self.checkpoint.file.get(&partition).copied().unwrap_or(0);
        self.closed_logs.get(&partition).map(|log| (&**log, high_watermark))
    }

    /// The metadata that the broker has applied.
    pub fn image(&self) -> &MetadataImage {
        &self.image
    }

    /// What the broker and the active controller have told each other.
    pub fn lifecycle(&self) -> &Lifecycle {
        &self.lifecycle
    }

    /// The groups that the broker coordinates.
    pub fn coordinator(&self) -> &GroupCoordinator {
        &self.coordinator
    }

    /// Number of fetch sessions that the broker keeps.
    pub fn fetch_session_count(&self) -> usize {
        self.sessions.count()
    }
}
