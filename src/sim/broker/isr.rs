//! Where the ISR shrinks and grows: the leader sees who lags and who has caught up, and asks the controller to write it
//! down with AlterPartition (KIP-497). One change of a partition is under way at a time, one request of the broker.

use super::fetch_session::SessionPartition;
use super::leader::{FollowerProgress, LeaderState, PendingIsr};
use super::replica::{Replica, Role};
use super::{Broker, BrokerTimer};
use crate::sim::controller::partition_registration::{BrokerIds, LeaderRecoveryState};
use crate::sim::effects::{Effects, Line};
use crate::sim::fact::Fact;
use crate::sim::ids::*;
use crate::sim::protocol::ErrorCode;
use crate::sim::protocol::control::*;
use crate::sim::protocol::data::Fetcher;
use crate::sim::time::{Micros, NodeNow};

/// Wait before AlterPartition is sent again after an error of the whole request (`DefaultAlterPartitionManager`).
const RETRY_AFTER: Micros = Micros(50_000);

/// ISR changes on their way to the controller.
#[derive(Clone, Debug, Default, Hash)]
pub struct IsrChanges {
    /// Proposals that are not answered, by slot and number.
    unanswered: Vec<(u32, u64)>,
    /// The request in flight and how many of `unanswered` it carries.
    in_flight: Option<RequestId>,
    sent: u32,
    next_number: u64,
    /// Whether a timer is set that sends again.
    retrying: bool,
}

impl Broker {
    pub(super) fn replica_lag_time_max(&self) -> Micros {
        Micros::from_ms(self.config.replica_lag_time_max_ms)
    }

    /// Every half of replica.lag.time.max.ms: asks to remove the followers that have not caught up for the whole of it.
    pub(super) fn on_check_isr(&mut self, now: NodeNow, out: &mut Effects) {
        self.schedule_isr_check(out);
        let max_lag = self.replica_lag_time_max();
        let lags = |replica: &Replica| !lagging(replica, now.monotonic, max_lag).is_empty();
        let slots: Vec<u32> =
            self.replicas.iter().filter(|(_, r)| lags(r)).map(|(slot, _)| slot).collect();
        for slot in slots {
            self.shrink_isr(now, slot, out);
        }
    }

    pub(super) fn schedule_isr_check(&self, out: &mut Effects) {
        out.timer(Micros(self.replica_lag_time_max().0 / 2), BrokerTimer::CheckIsr);
    }

    fn shrink_isr(&mut self, now: NodeNow, slot: u32, out: &mut Effects) {
        let max_lag = self.replica_lag_time_max();
        let Some(replica) = self.replicas.get(slot) else { return };
        let Some(leader) = replica.leader() else { return };
        let lagging = lagging(replica, now.monotonic, max_lag);
        let Some(&awaited) = lagging.first() else { return };
        let isr: BrokerIds =
            leader.isr.iter().copied().filter(|id| !lagging.contains(&NodeId(*id))).collect();
        let fact = Fact::IsrChangeAsked {
            broker: self.node,
            partition: replica.partition,
            isr: isr.clone(),
        };
        out.fact_for_silence_of(awaited, fact);
        self.propose_isr(slot, isr, None, out);
    }

    /// Notes how far a follower has got with its fetch; that may commit records and bring it into the ISR.
    pub(super) fn note_follower_fetch(
        &mut self,
        now: NodeNow,
        session: u32,
        partition: &SessionPartition,
        fetcher: Fetcher,
        out: &mut Effects,
    ) {
        let Fetcher::Follower { replica: broker, broker_epoch } = fetcher else { return };
        let (slot, offset) = (partition.slot, partition.request.fetch_offset);
        let Some(replica) = self.replicas.get_mut(slot) else { return };
        let leader_end = replica.log_end_offset();
        let Role::Leader(leader) = &mut replica.role else { return };
        let Some(follower) = leader.follower_mut(broker) else { return };
        let before = follower.log_end_offset;
        follower.note_fetch(now.monotonic, offset, leader_end);
        follower.broker_epoch = Some(broker_epoch);
        follower.session = Some(session);
        self.maybe_expand_isr(slot, broker, out);
        if offset != before {
            self.advance_high_watermark(now, slot, out);
        }
    }

    fn maybe_expand_isr(&mut self, slot: u32, broker: NodeId, out: &mut Effects) {
        let Some(replica) = self.replicas.get(slot) else { return };
        let Some(leader) = replica.leader() else { return };
        if leader.pending.is_some() || leader.is_in_isr(broker) {
            return;
        }
        let Some(follower) = leader.follower(broker) else { return };
        let in_sync = follower.log_end_offset >= replica.high_watermark
            && follower.log_end_offset >= leader.epoch_start_offset;
        if !in_sync || !self.may_join_isr(follower) {
            return;
        }
        let isr: BrokerIds = leader.isr.iter().copied().chain([broker.0]).collect();
        out.fact(Fact::IsrChangeAsked {
            broker: self.node,
            partition: replica.partition,
            isr: isr.clone(),
        });
        self.propose_isr(slot, isr, Some(broker), out);
    }

    /// Whether a follower may be in the ISR as far as its broker is concerned: unfenced, not shutting down, and the process
    /// that fetches is the one that is registered (KIP-903).
    pub(super) fn may_join_isr(&self, follower: &FollowerProgress) -> bool {
        let Some(registered) = self.image.brokers.get(&follower.broker) else { return false };
        registered.is_active()
            && follower
                .broker_epoch
                .is_some_and(|epoch| epoch == -1 || epoch == registered.broker_epoch)
    }

    fn propose_isr(&mut self, slot: u32, isr: BrokerIds, added: Option<NodeId>, out: &mut Effects) {
        self.isr_changes.next_number += 1;
        let number = self.isr_changes.next_number;
        let Some(Role::Leader(leader)) = self.replicas.get_mut(slot).map(|r| &mut r.role) else {
            return;
        };
        leader.pending = Some(PendingIsr { number, isr, added });
        self.isr_changes.unanswered.push((slot, number));
        self.send_alter_partition(out);
    }

    /// Sends what is not under way yet. While there is no controller it waits for one.
    pub(super) fn send_alter_partition(&mut self, out: &mut Effects) {
        let changes = &self.isr_changes;
        if changes.in_flight.is_some() || changes.retrying || changes.unanswered.is_empty() {
            return;
        }
        let Some(controller) = self.controller else { return };
        self.drop_overtaken_proposals();
        let proposals = &self.isr_changes.unanswered;
        let partitions: Vec<_> =
            proposals.iter().filter_map(|(slot, _)| self.alter_partition_data(*slot)).collect();
        if partitions.is_empty() {
            return;
        }
        self.isr_changes.sent = partitions.len() as u32;
        let request = AlterPartitionRequest {
            broker: self.node,
            broker_epoch: self.lifecycle.broker_epoch,
            partitions,
        };
        let timeout = self.config.controller_socket_timeout_ms;
        let id = out.send(controller, Line::AlterPartition, request, timeout);
        self.isr_changes.in_flight = Some(id);
    }

    /// Forgets proposals that the metadata has overtaken.
    fn drop_overtaken_proposals(&mut self) {
        let replicas = &self.replicas;
        self.isr_changes
            .unanswered
            .retain(|(slot, number)| replicas.get(*slot).is_some_and(|r| is_pending(r, *number)));
    }

    fn alter_partition_data(&self, slot: u32) -> Option<AlterPartitionData> {
        let replica = self.replicas.get(slot)?;
        let leader = replica.leader()?;
        let pending = leader.pending.as_ref()?;
        let member = |id: &i32| (NodeId(*id), self.known_broker_epoch(leader, NodeId(*id)));
        Some(AlterPartitionData {
            partition: replica.partition,
            leader_epoch: replica.leader_epoch,
            partition_epoch: replica.partition_epoch,
            new_isr: pending.isr.iter().map(member).collect(),
            leader_recovery_state: LeaderRecoveryState::Recovered,
        })
    }

    fn known_broker_epoch(&self, leader: &LeaderState, broker: NodeId) -> BrokerEpoch {
        if broker == self.node {
            return self.lifecycle.broker_epoch;
        }
        leader.follower(broker).and_then(|follower| follower.broker_epoch).unwrap_or(-1)
    }

    pub(super) fn on_alter_partition_response(
        &mut self,
        now: NodeNow,
        id: RequestId,
        response: &AlterPartitionResponse,
        out: &mut Effects,
    ) {
        if self.isr_changes.in_flight != Some(id) {
            return;
        }
        self.isr_changes.in_flight = None;
        if !response.error.is_none() {
            return self.retry_alter_partition(out);
        }
        let sent = (self.isr_changes.sent as usize).min(self.isr_changes.unanswered.len());
        let proposals: Vec<_> = self.isr_changes.unanswered.drain(..sent).collect();
        for (slot, number) in proposals {
            self.settle_proposal(now, slot, number, response, out);
        }
        self.send_alter_partition(out);
    }

    pub(super) fn on_alter_partition_failed(&mut self, id: RequestId, out: &mut Effects) {
        if self.isr_changes.in_flight == Some(id) {
            self.isr_changes.in_flight = None;
            self.retry_alter_partition(out);
        }
    }

    fn retry_alter_partition(&mut self, out: &mut Effects) {
        self.isr_changes.retrying = true;
        out.timer(RETRY_AFTER, BrokerTimer::RetryAlterPartition);
    }

    pub(super) fn on_retry_alter_partition(&mut self, out: &mut Effects) {
        self.isr_changes.retrying = false;
        self.send_alter_partition(out);
    }

    fn settle_proposal(
        &mut self,
        now: NodeNow,
        slot: u32,
        number: u64,
        response: &AlterPartitionResponse,
        out: &mut Effects,
    ) {
        let Some(replica) = self.replicas.get(slot).filter(|r| is_pending(r, number)) else {
            return;
        };
        let partition = replica.partition;
        match response.partitions.iter().find(|result| result.partition == partition) {
            Some(result) if result.error.is_none() => self.commit_isr(now, slot, result, out),
            Some(result) => self.refuse_isr(slot, result.error, out),
            None => self.refuse_isr(slot, ErrorCode::UnknownServerError, out),
        }
    }

    fn commit_isr(
        &mut self,
        now: NodeNow,
        slot: u32,
        result: &AlterPartitionResult,
        out: &mut Effects,
    ) {
        let Some(replica) = self.replicas.get_mut(slot) else { return };
        let is_stale = result.leader_epoch != replica.leader_epoch
            || result.partition_epoch < replica.partition_epoch;
        if is_stale {
            return;
        }
        replica.partition_epoch = result.partition_epoch;
        if let Role::Leader(leader) = &mut replica.role {
            leader.isr = result.isr.clone();
            leader.pending = None;
        }
        self.mark_out_of_sync(slot);
        self.advance_high_watermark(now, slot, out);
        self.complete_produces(slot, out);
    }

    /// What the leader makes of a refusal. Only where the controller vouches that nothing was written is the old ISR certain;
    /// where the leader's view is outdated the metadata will tell; what is unknown is tried again.
    fn refuse_isr(&mut self, slot: u32, error: ErrorCode, out: &mut Effects) {
        let Some(replica) = self.replicas.get_mut(slot) else { return };
        let Role::Leader(leader) = &mut replica.role else { return };
        match error {
            ErrorCode::OperationNotAttempted | ErrorCode::IneligibleReplica => {
                leader.pending = None;
                self.mark_out_of_sync(slot);
            }
            ErrorCode::UnknownTopicOrPartition
            | ErrorCode::UnknownTopicId
            | ErrorCode::FencedLeaderEpoch
            | ErrorCode::InvalidUpdateVersion
            | ErrorCode::InvalidRequest
            | ErrorCode::NewLeaderElected => {}
            _ => {
                if let Some(pending) = &leader.pending {
                    self.isr_changes.unanswered.push((slot, pending.number));
                    self.retry_alter_partition(out);
                }
            }
        }
    }

    /// Lets the next fetch of every follower outside the ISR look at the partition, so that it can join.
    pub(super) fn mark_out_of_sync(&mut self, slot: u32) {
        let Some(replica) = self.replicas.get(slot) else { return };
        let Some(leader) = replica.leader() else { return };
        for watcher in replica.watchers.iter().filter(|watcher| watcher.is_follower) {
            if let Some(session) = self.sessions.get_mut(watcher.session)
                && let Fetcher::Follower { replica: broker, .. } = session.fetcher
                && !leader.is_in_isr(broker)
            {
                session.mark(watcher.place);
            }
        }
    }
}

/// The followers in the ISR that have been behind for longer than allowed.
fn lagging(replica: &Replica, now: Micros, max_lag: Micros) -> Vec<NodeId> {
    let Some(leader) = replica.leader().filter(|leader| leader.pending.is_none()) else {
        return Vec::new();
    };
    let leader_end = replica.log_end_offset();
    let lags = |follower: &&FollowerProgress| {
        leader.is_in_isr(follower.broker) && !follower.is_caught_up(leader_end, now, max_lag)
    };
    leader.followers.iter().filter(lags).map(|follower| follower.broker).collect()
}

fn is_pending(replica: &Replica, number: u64) -> bool {
    let pending = replica.leader().and_then(|leader| leader.pending.as_ref());
    pending.is_some_and(|pending| pending.number == number)
}
