//! The follower's side: one fetcher per source broker, with one request in flight, copies what this broker follows
//! (`ReplicaFetcherThread`). A request names only partitions whose fetch offset moved; the session knows the others.

use std::sync::Arc;

use super::fetch_session::next_session_epoch;
use super::produce::appended_fact;
use super::replica::{FetchState, Replica};
use super::replicas::Replicas;
use super::{Broker, BrokerTimer, Bugs};
use crate::sim::config::BrokerConfig;
use crate::sim::effects::{Effects, Line};
use crate::sim::fact::Fact;
use crate::sim::ids::*;
use crate::sim::protocol::data::*;
use crate::sim::protocol::{ErrorCode, Request, Response};
use crate::sim::sorted::SortedSet;
use crate::sim::time::{Micros, NodeNow};

/// Copies partitions from one broker.
#[derive(Clone, Debug, Hash)]
pub struct ReplicaFetcher {
    /// Slots of the replicas it copies.
    members: SortedSet<u32>,
    /// Slots that the next request must name.
    changed: Vec<u32>,
    forgotten: Vec<TopicPartition>,
    session_id: i32,
    /// Epoch of the next request; 0 = it names everything.
    session_epoch: i32,
    /// How many partitions the session at the source has.
    in_session: u32,
    in_flight: Option<RequestId>,
    /// Whether the leader is to be asked for the bounds of some logs first.
    out_of_range: bool,
    /// Nothing is sent before that time, after a request that got no answer.
    paused_until: Option<Micros>,
}

impl ReplicaFetcher {
    fn new() -> ReplicaFetcher {
        ReplicaFetcher {
            members: SortedSet::new(),
            changed: Vec::new(),
            forgotten: Vec::new(),
            session_id: 0,
            session_epoch: 0,
            in_session: 0,
            in_flight: None,
            out_of_range: false,
            paused_until: None,
        }
    }
}

impl Broker {
    /// Begins to copy a partition from its leader; the caller sends the request once all are added.
    pub(super) fn start_fetching(&mut self, slot: u32, source: NodeId) {
        let fetcher =
            self.fetchers.entry(source).or_insert_with(|| Arc::new(ReplicaFetcher::new()));
        let fetcher = Arc::make_mut(fetcher);
        fetcher.members.insert(slot);
        fetcher.paused_until = None;
        if let Some(follower) = self.replicas.get_mut(slot).and_then(Replica::follower_mut) {
            follower.fetch = FetchState::Fetching;
        }
        self.mark_changed(source, slot);
    }

    /// Stops to copy a partition.
    pub(super) fn stop_fetching(&mut self, slot: u32, out: &mut Effects) {
        let Some(replica) = self.replicas.get_mut(slot) else { return };
        let partition = replica.partition;
        let Some(follower) = replica.follower_mut() else { return };
        let (source, was_in_session) = (follower.leader, follower.in_session.take().is_some());
        follower.fetch = FetchState::Stopped;
        follower.changed = false;
        let Some(fetcher) = self.fetchers.get_mut(&source).map(Arc::make_mut) else { return };
        fetcher.members.remove(&slot);
        fetcher.changed.retain(|other| *other != slot);
        if was_in_session {
            fetcher.in_session -= 1;
            fetcher.forgotten.push(partition);
        }
        if fetcher.members.is_empty() {
            // An idle fetcher thread is shut down, and its connection with it.
            self.fetchers.remove(&source);
            out.disconnect(source, Line::Replica);
        }
    }

    pub(super) fn mark_changed(&mut self, source: NodeId, slot: u32) {
        let Some(follower) = self.replicas.get_mut(slot).and_then(Replica::follower_mut) else {
            return;
        };
        if !std::mem::replace(&mut follower.changed, true)
            && let Some(fetcher) = self.fetchers.get_mut(&source)
        {
            Arc::make_mut(fetcher).changed.push(slot);
        }
    }

    /// Sends the next request of a fetcher, if it may.
    pub(super) fn send_fetch(&mut self, now: NodeNow, source: NodeId, out: &mut Effects) {
        let Some(fetcher) = self.fetchers.get_mut(&source).map(Arc::make_mut) else { return };
        let is_paused = fetcher.paused_until.is_some_and(|until| until > now.monotonic);
        if fetcher.in_flight.is_some() || is_paused {
            return;
        }
        if fetcher.out_of_range && self.ask_bounds(source, out) {
            return;
        }
        let Some(fetcher) = self.fetchers.get_mut(&source).map(Arc::make_mut) else { return };
        let partitions = partitions_to_name(fetcher, &mut self.replicas, &self.config, self.bugs);
        let broker_epoch = self.lifecycle.broker_epoch;
        fetcher.in_session += partitions.iter().filter(|(_, is_new)| *is_new).count() as u32;
        if fetcher.in_session == 0 {
            return;
        }
        // What is named again is not forgotten, or the leader would forget it right after it was named.
        let named = |partition: &TopicPartition| {
            partitions.iter().any(|(other, _)| other.partition == *partition)
        };
        let mut forgotten = std::mem::take(&mut fetcher.forgotten);
        forgotten.retain(|partition| !named(partition));
        let request = FetchRequest {
            fetcher: Fetcher::Follower { replica: self.node, broker_epoch },
            max_wait_ms: self.config.replica_fetch_wait_max_ms,
            min_bytes: self.config.replica_fetch_min_bytes,
            max_bytes: self.config.replica_fetch_response_max_bytes,
            isolation: IsolationLevel::ReadUncommitted,
            session_id: fetcher.session_id,
            session_epoch: fetcher.session_epoch,
            partitions: partitions.into_iter().map(|(partition, _)| partition).collect(),
            forgotten,
        };
        let timeout = self.config.replica_socket_timeout_ms;
        fetcher.in_flight = Some(out.send(source, Line::Replica, request, timeout));
    }

    pub(super) fn on_replica_response(
        &mut self,
        now: NodeNow,
        source: NodeId,
        id: RequestId,
        response: &Response,
        out: &mut Effects,
    ) {
        let Some(fetcher) = self.fetchers.get_mut(&source).map(Arc::make_mut) else { return };
        if fetcher.in_flight != Some(id) {
            return;
        }
        fetcher.in_flight = None;
        match response {
            Response::Fetch(response) if response.error.is_none() => {
                fetcher.session_id = response.session_id;
                fetcher.session_epoch = next_session_epoch(fetcher.session_epoch);
                self.on_fetched(now, source, response, out);
            }
            Response::Fetch(response) => {
                let is_gone = response.error == ErrorCode::FetchSessionIdNotFound;
                self.restart_session(source, is_gone);
            }
            Response::ListOffsets(response) => self.on_bounds(now, source, response, out),
            _ => {}
        }
        self.send_fetch(now, source, out);
    }

    fn on_fetched(
        &mut self,
        now: NodeNow,
        source: NodeId,
        response: &FetchResponse,
        out: &mut Effects,
    ) {
        for partition in &response.partitions {
            self.on_partition_fetched(now, source, partition, out);
        }
        if response.session_id == 0 {
            // Without a session every request names everything.
            self.restart_session(source, true);
        }
    }

    /// Lets the next request name every partition and open a session; the old one is closed unless it is gone anyway.
    fn restart_session(&mut self, source: NodeId, is_gone: bool) {
        let Some(fetcher) = self.fetchers.get_mut(&source).map(Arc::make_mut) else { return };
        if is_gone {
            fetcher.session_id = 0;
        }
        fetcher.session_epoch = 0;
        fetcher.in_session = 0;
        fetcher.forgotten.clear();
        fetcher.changed.clear();
        for slot in fetcher.members.clone() {
            if let Some(follower) = self.replicas.get_mut(slot).and_then(Replica::follower_mut) {
                follower.in_session = None;
                follower.changed = false;
            }
            self.mark_changed(source, slot);
        }
    }

    fn on_partition_fetched(
        &mut self,
        now: NodeNow,
        source: NodeId,
        answer: &FetchPartitionResponse,
        out: &mut Effects,
    ) {
        let Some(slot) = self.replicas.find(answer.partition) else { return };
        let Some(replica) = self.replicas.get(slot) else { return };
        let Some(follower) = replica.follower() else { return };
        // The answer is for another epoch or another end of the log than the replica has by now.
        let is_current = follower.leader == source
            && follower.fetch == FetchState::Fetching
            && follower.in_session == Some((replica.leader_epoch, replica.log_end_offset()));
        if !is_current {
            return;
        }
        match (answer.error, answer.diverging_epoch) {
            (ErrorCode::None, Some(end)) => self.truncate_on_fetch(now, slot, source, end, out),
            (ErrorCode::None, None) => self.copy(now, slot, source, answer, out),
            (ErrorCode::OffsetOutOfRange, _) => {
                self.leave_session(slot, source, FetchState::OutOfRange);
            }
            // An older epoch than the leader's: the metadata that tells the new one starts the fetcher again.
            (ErrorCode::FencedLeaderEpoch, _) => {
                self.leave_session(slot, source, FetchState::Stopped);
            }
            (_, _) => self.delay(now, slot, source, out),
        }
    }

    /// Appends what the leader sent and takes over its high watermark.
    fn copy(
        &mut self,
        now: NodeNow,
        slot: u32,
        source: NodeId,
        answer: &FetchPartitionResponse,
        out: &mut Effects,
    ) {
        let node = self.node;
        let Some(replica) = self.replicas.get_mut(slot) else { return };
        for batch in &answer.batches {
            if batch.header.base_offset < replica.log_end_offset() {
                continue;
            }
            out.charge_write(
                self.context
                    .setup
                    .costs
                    .of_records(batch.count().into(), batch.size_bytes().into()),
            );
            out.fact(appended_fact(node, replica.partition, batch, false));
            replica.append_as_follower(batch.clone(), now.monotonic);
        }
        replica.log.advance_log_start(answer.log_start_offset);
        let (partition, before) = (replica.partition, replica.high_watermark);
        let start = replica.log.log_start_offset();
        let high_watermark = answer.high_watermark.min(replica.log_end_offset()).max(start);
        if high_watermark != before {
            self.set_high_watermark(slot, high_watermark);
        }
        if high_watermark > before {
            let broker = node;
            let as_leader = false;
            out.fact(Fact::HighWatermarkAdvanced { broker, partition, high_watermark, as_leader });
        }
        if !answer.batches.is_empty() {
            self.mark_changed(source, slot);
        }
    }

    /// Takes a partition out of the session without forgetting that it is to be copied.
    fn leave_session(&mut self, slot: u32, source: NodeId, state: FetchState) {
        let Some(replica) = self.replicas.get_mut(slot) else { return };
        let partition = replica.partition;
        let Some(follower) = replica.follower_mut() else { return };
        follower.fetch = state;
        let was_in_session = follower.in_session.take().is_some();
        let Some(fetcher) = self.fetchers.get_mut(&source).map(Arc::make_mut) else { return };
        fetcher.out_of_range |= state == FetchState::OutOfRange;
        if was_in_session {
            fetcher.in_session -= 1;
            fetcher.forgotten.push(partition);
        }
    }

    /// Leaves a partition alone for replica.fetch.backoff.ms.
    pub(super) fn delay(&mut self, now: NodeNow, slot: u32, source: NodeId, out: &mut Effects) {
        let backoff = Micros::from_ms(self.config.replica_fetch_backoff_ms);
        self.leave_session(slot, source, FetchState::Delayed(now.monotonic + backoff));
        out.timer(backoff, BrokerTimer::Fetcher { source });
    }

    /// The fetch got no answer. The thread sleeps replica.fetch.backoff.ms, and then every partition is delayed by as much
    /// again, so that the wait is twice the backoff (a comment in `AbstractFetcherThread` regrets it).
    pub(super) fn on_replica_failed(
        &mut self,
        now: NodeNow,
        source: NodeId,
        id: RequestId,
        request: &Request,
        out: &mut Effects,
    ) {
        let backoff = Micros::from_ms(self.config.replica_fetch_backoff_ms);
        let Some(fetcher) = self.fetchers.get_mut(&source).map(Arc::make_mut) else { return };
        if fetcher.in_flight != Some(id) {
            return;
        }
        fetcher.in_flight = None;
        let wait = backoff + backoff;
        fetcher.paused_until = Some(now.monotonic + wait);
        fetcher.out_of_range |= matches!(request, Request::ListOffsets(_));
        self.restart_session(source, false);
        out.timer(wait, BrokerTimer::Fetcher { source });
    }

    /// Partitions whose delay is over are fetched again.
    pub(super) fn on_fetcher_timer(&mut self, now: NodeNow, source: NodeId, out: &mut Effects) {
        let Some(fetcher) = self.fetchers.get(&source) else { return };
        let over = |slot: &u32| {
            let follower = self.replicas.get(*slot).and_then(Replica::follower);
            let fetch = follower.map(|follower| follower.fetch);
            matches!(fetch, Some(FetchState::Delayed(until)) if until <= now.monotonic)
        };
        let slots: Vec<u32> = fetcher.members.iter().copied().filter(over).collect();
        for slot in slots {
            if let Some(follower) = self.replicas.get_mut(slot).and_then(Replica::follower_mut) {
                follower.fetch = FetchState::Fetching;
            }
            self.mark_changed(source, slot);
        }
        self.send_fetch(now, source, out);
    }

    /// Asks the leader for the bounds of logs that ours do not fit into; false if there is none.
    fn ask_bounds(&mut self, source: NodeId, out: &mut Effects) -> bool {
        let Some(fetcher) = self.fetchers.get_mut(&source).map(Arc::make_mut) else { return false };
        let out_of_range = |slot: &u32| {
            let replica = self.replicas.get(*slot)?;
            let is_it = replica.follower()?.fetch == FetchState::OutOfRange;
            is_it.then_some((replica.partition, replica.leader_epoch))
        };
        let ask = |(partition, current_leader_epoch)| {
            [OffsetSpec::Earliest, OffsetSpec::Latest].map(|spec| ListOffsetsPartition {
                partition,
                current_leader_epoch,
                spec,
            })
        };
        let partitions: Vec<_> =
            fetcher.members.iter().filter_map(out_of_range).flat_map(ask).collect();
        fetcher.out_of_range = false;
        if partitions.is_empty() {
            return false;
        }
        let request = ListOffsetsRequest { isolation: IsolationLevel::ReadUncommitted, partitions };
        let timeout = self.config.replica_socket_timeout_ms;
        fetcher.in_flight = Some(out.send(source, Line::Replica, request, timeout));
        true
    }
}

/// The partitions that the next request names, with whether each is new in the session.
fn partitions_to_name(
    fetcher: &mut ReplicaFetcher,
    replicas: &mut Replicas,
    config: &BrokerConfig,
    bugs: Bugs,
) -> Vec<(FetchPartition, bool)> {
    let mut partitions = Vec::with_capacity(fetcher.changed.len());
    for slot in fetcher.changed.drain(..) {
        let Some(replica) = replicas.get_mut(slot) else { continue };
        let (leader_epoch, offset) = (replica.leader_epoch, replica.log_end_offset());
        let latest_epoch = replica.epochs.latest_epoch();
        let latest_epoch = latest_epoch.filter(|_| !bugs.truncate_to_high_watermark);
        let (partition, log_start_offset) = (replica.partition, replica.log.log_start_offset());
        let Some(follower) = replica.follower_mut() else { continue };
        follower.changed = false;
        if follower.fetch != FetchState::Fetching {
            continue;
        }
        let is_new = follower.in_session.replace((leader_epoch, offset)).is_none();
        let request = FetchPartition {
            partition,
            current_leader_epoch: leader_epoch,
            fetch_offset: offset,
            last_fetched_epoch: latest_epoch.unwrap_or(-1),
            log_start_offset,
            max_bytes: config.replica_fetch_max_bytes,
        };
        partitions.push((request, is_new));
    }
    partitions
}
