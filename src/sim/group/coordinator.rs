//! The group coordinator of a broker: the groups of every partition of `__consumer_offsets` that it leads.
//!
//! The state of groups changes at once; answers that promise something wait until the records that say so are committed.
//! The broker writes the records and reports each outcome by ticket.
//!
//! Simplification: an elected coordinator loads its partition in no time, so COORDINATOR_LOAD_IN_PROGRESS is never answered.
//! Kafka reads the partition in a background thread meanwhile; at the sizes simulated here that takes a few milliseconds.

use std::collections::VecDeque;
use std::sync::Arc;

use super::classic_group::{ClassicGroup, GroupState, join_error, sync_error};
use super::coordinator_io::CoordinatorEffects;
use super::coordinator_key::partition_for;
use super::offsets::{PendingCommit, commit_error, refused};
use super::record::GroupRecord;
use super::timer::GroupTimer;
use super::turn::{Awaited, Then, Tickets, Turn, append_error};
use crate::sim::config::BrokerConfig;
use crate::sim::effects::{Effects, RequestRef};
use crate::sim::fact::Fact;
use crate::sim::ids::*;
use crate::sim::protocol::group::*;
use crate::sim::protocol::{ErrorCode, Request, Response};
use crate::sim::rng::Rng;
use crate::sim::sorted::SortedMap;
use crate::sim::storage::log::Entry;
use crate::sim::time::{Micros, NodeNow};

/// The group coordinator of one broker.
#[derive(Clone, Debug, Hash)]
pub struct GroupCoordinator {
    node: NodeId,
    config: Arc<BrokerConfig>,
    rng: Rng,
    tickets: Tickets,
    partitions: SortedMap<PartitionIndex, Arc<GroupPartition>>,
    expiry_armed: bool,
}

/// The groups of one partition of `__consumer_offsets`.
#[derive(Clone, Debug, Default, Hash)]
struct GroupPartition {
    leader_epoch: LeaderEpoch,
    groups: SortedMap<Arc<str>, Arc<ClassicGroup>>,
    /// Offsets whose records are not committed yet, in the order of the log.
    pending: VecDeque<PendingCommit>,
}

/// What every input brings along.
struct Entrance<'a> {
    now: NodeNow,
    from: NodeId,
    io: &'a mut CoordinatorEffects,
    out: &'a mut Effects,
}

impl GroupCoordinator {
    /// A coordinator without partitions.
    pub fn new(node: NodeId, config: &BrokerConfig, rng: Rng) -> GroupCoordinator {
        GroupCoordinator {
            node,
            config: Arc::new(config.clone()),
            rng,
            tickets: Tickets::default(),
            partitions: SortedMap::new(),
            expiry_armed: false,
        }
    }

    /// Every group with the partition that holds it.
    pub fn groups(&self) -> impl Iterator<Item = (PartitionIndex, &ClassicGroup)> {
        self.partitions
            .iter()
            .flat_map(|(index, p)| p.groups.values().map(move |group| (*index, &**group)))
    }

    /// A group that this broker coordinates.
    pub fn group(&self, id: &str) -> Option<&ClassicGroup> {
        let partition = self.partitions.get(&self.partition_of(id))?;
        partition.groups.get(id).map(|group| &**group)
    }

    /// Partitions of `__consumer_offsets` that are loaded, with the leader epoch.
    pub fn loaded(&self) -> impl Iterator<Item = (PartitionIndex, LeaderEpoch)> {
        self.partitions.iter().map(|(index, partition)| (*index, partition.leader_epoch))
    }

    /// Handles a request of a group's member or of an admin client.
    pub fn on_request(
        &mut self,
        now: NodeNow,
        from: NodeId,
        at: RequestRef,
        request: &Request,
        io: &mut CoordinatorEffects,
        out: &mut Effects,
    ) {
        let mut entrance = Entrance { now, from, io, out };
        match request {
            Request::JoinGroup(request) => self.join(&mut entrance, at, request),
            Request::SyncGroup(request) => {
                let found = self.enter(&mut entrance, &request.group, |group, turn| {
                    group.on_sync(turn, at, request);
                });
                refuse_unless(found, &mut entrance, at, sync_error);
            }
            Request::Heartbeat(request) => {
                let found = self.enter(&mut entrance, &request.group, |group, turn| {
                    group.on_heartbeat(turn, at, request);
                });
                refuse_unless(found, &mut entrance, at, |error| HeartbeatResponse { error }.into());
            }
            Request::LeaveGroup(request) => {
                let found = self.enter(&mut entrance, &request.group, |group, turn| {
                    group.on_leave(turn, at, request);
                });
                refuse_unless(found, &mut entrance, at, |error| {
                    LeaveGroupResponse { error }.into()
                });
            }
            Request::OffsetCommit(request) => self.commit(&mut entrance, at, request),
            Request::OffsetFetch(request) => {
                let response = self.fetch(request);
                entrance.reply(at, response);
            }
            Request::DescribeGroups(request) => {
                let groups = request.groups.iter().map(|id| self.describe(id)).collect();
                entrance.reply(at, DescribeGroupsResponse { groups });
            }
            other => unreachable!("{} is not the group coordinator's", other.api().name()),
        }
    }

    /// Handles a timer.
    pub fn on_timer(
        &mut self,
        now: NodeNow,
        timer: GroupTimer,
        io: &mut CoordinatorEffects,
        out: &mut Effects,
    ) {
        let mut entrance = Entrance { now, from: NodeId::NONE, io, out };
        // A group that is not here any more has no timers.
        let _ = match &timer {
            GroupTimer::Session { group, member, due } => {
                self.enter(&mut entrance, group, |group, turn| {
                    group.on_session_timer(turn, member, *due);
                })
            }
            GroupTimer::Join { group, serial } => {
                self.enter(&mut entrance, group, |group, turn| group.on_join_timer(turn, *serial))
            }
            GroupTimer::PendingSync { group, generation } => {
                self.enter(&mut entrance, group, |group, turn| {
                    group.on_pending_sync_timer(turn, *generation);
                })
            }
            GroupTimer::OffsetExpiry => {
                self.expiry_armed = false;
                self.expire_offsets(&mut entrance);
                self.arm_expiry(&mut entrance);
                Ok(())
            }
        };
    }

    /// Takes the outcome of an append: committed, or refused, or timed out.
    pub fn on_append(
        &mut self,
        now: NodeNow,
        ticket: u64,
        outcome: Result<(), ErrorCode>,
        io: &mut CoordinatorEffects,
        out: &mut Effects,
    ) {
        let Some(Awaited { partition, group, then }) = self.tickets.awaited.remove(&ticket) else {
            return;
        };
        self.settle(partition, ticket, outcome);
        let mut entrance = Entrance { now, from: NodeId::NONE, io, out };
        let created = then == Then::Created;
        let _ = self.enter(&mut entrance, &group, |group, turn| match then {
            Then::Created => group.on_created(turn, outcome),
            Then::Nothing => {}
            Then::Assigned { generation, assignments } => {
                group.on_assigned(turn, outcome, generation, &assignments);
            }
            Then::Replaced { .. } => group.on_replaced(turn, outcome, then),
            Then::Left { at } => {
                let error = outcome.err().map_or(ErrorCode::None, append_error);
                turn.reply(at, LeaveGroupResponse { error });
            }
            Then::Committed(answer) => group.on_committed(turn, outcome, answer),
        });
        if created && outcome.is_err() {
            self.partition_mut(partition).groups.remove(&group);
        }
    }

    /// The broker leads a partition of `__consumer_offsets` now: loads what its log says.
    pub fn on_elected(
        &mut self,
        now: NodeNow,
        partition: PartitionIndex,
        leader_epoch: LeaderEpoch,
        entries: &mut dyn Iterator<Item = &Entry>,
        io: &mut CoordinatorEffects,
        out: &mut Effects,
    ) {
        self.on_resigned(now, partition, io, out);
        let mut entrance = Entrance { now, from: NodeId::NONE, io, out };
        let mut loaded = GroupPartition { leader_epoch, ..GroupPartition::default() };
        for entry in entries.filter(|entry| !entry.batch.header.control) {
            for (_, record) in entry.batch.records() {
                let key = record.key.unwrap_or_default();
                if let Some(record) = GroupRecord::decode(key, record.value) {
                    loaded.replay(record);
                }
            }
        }
        let ids: Vec<_> = loaded.groups.keys().cloned().collect();
        self.partitions.insert(partition, Arc::new(loaded));
        for id in ids {
            let node = self.node;
            let _ = self.enter(&mut entrance, &id, |group, turn| group.on_loaded(turn, node));
        }
        self.arm_expiry(&mut entrance);
    }

    /// The broker does not lead the partition any more: whoever waits must look for the new coordinator.
    pub fn on_resigned(
        &mut self,
        now: NodeNow,
        partition: PartitionIndex,
        io: &mut CoordinatorEffects,
        out: &mut Effects,
    ) {
        let ids: Vec<_> =
            self.partitions.get(&partition).iter().flat_map(|p| p.groups.keys().cloned()).collect();
        let mut entrance = Entrance { now, from: NodeId::NONE, io, out };
        for id in ids {
            let _ = self.enter(&mut entrance, &id, |group, turn| group.on_unloaded(turn));
        }
        self.partitions.remove(&partition);
        let lost: Vec<u64> = self
            .tickets
            .awaited
            .iter()
            .filter(|(_, awaited)| awaited.partition == partition)
            .map(|(ticket, _)| *ticket)
            .collect();
        for ticket in lost {
            if let Some(awaited) = self.tickets.awaited.remove(&ticket) {
                entrance.reply_not_coordinator(awaited.then);
            }
        }
    }

    /// A topic was deleted: no group keeps offsets of it.
    pub fn on_topic_deleted(
        &mut self,
        now: NodeNow,
        topic: &str,
        io: &mut CoordinatorEffects,
        out: &mut Effects,
    ) {
        let mut entrance = Entrance { now, from: NodeId::NONE, io, out };
        for id in self.ids() {
            let _ = self.enter(&mut entrance, &id, |group, turn| {
                let tombstones = group.forget_topic(topic);
                if !tombstones.is_empty() {
                    turn.append(&group.id, &tombstones, Then::Nothing);
                }
            });
        }
    }

    fn join(&mut self, entrance: &mut Entrance<'_>, at: RequestRef, request: &JoinGroupRequest) {
        let refuse = |error| join_error(error, request.member_id.clone());
        if request.group.is_empty() {
            return entrance.reply(at, refuse(ErrorCode::InvalidGroupId));
        }
        let allowed =
            self.config.group_min_session_timeout_ms..=self.config.group_max_session_timeout_ms;
        if !allowed.contains(&i64::from(request.session_timeout_ms)) {
            return entrance.reply(at, refuse(ErrorCode::InvalidSessionTimeout));
        }
        let created = request.member_id.is_empty() && self.create(&request.group);
        let found = self.enter(entrance, &request.group, |group, turn| {
            let appends_before = turn.io.appends.len();
            group.on_join(turn, at, request);
            if created && turn.io.appends.len() == appends_before {
                let record = group.record(|m| m.assignment.clone(), turn.now.wall_ms);
                turn.append(&group.id.clone(), &[record], Then::Created);
            }
        });
        refuse_unless(found, entrance, at, refuse);
    }

    fn commit(
        &mut self,
        entrance: &mut Entrance<'_>,
        at: RequestRef,
        request: &OffsetCommitRequest,
    ) {
        // A commit without a generation may come first: the group then only holds offsets.
        if request.generation < 0 {
            self.create(&request.group);
        }
        let pending =
            self.enter(entrance, &request.group, |group, turn| group.on_commit(turn, at, request));
        match pending {
            Ok(Some(pending)) => {
                let partition = self.partition_of(&request.group);
                self.partition_mut(partition).pending.push_back(pending);
            }
            Ok(None) => {}
            Err(error) => {
                // Only a consumer that was a member once asks with the generation of a group that is gone.
                let error = match error {
                    ErrorCode::UnknownMemberId => ErrorCode::IllegalGeneration,
                    other => other,
                };
                entrance.out.fact(refused(request, error));
                entrance.reply(at, commit_error(request, error));
            }
        }
    }

    fn fetch(&self, request: &OffsetFetchRequest) -> OffsetFetchResponse {
        if !self.partitions.contains_key(&self.partition_of(&request.group)) {
            return OffsetFetchResponse { error: ErrorCode::NotCoordinator, offsets: Vec::new() };
        }
        let wanted = request.partitions.as_deref();
        match self.group(&request.group) {
            Some(group) => group.fetch_offsets(wanted),
            None => ClassicGroup::new(request.group.clone()).fetch_offsets(wanted),
        }
    }

    fn describe(&self, id: &Arc<str>) -> DescribedGroup {
        if let Some(group) = self.group(id) {
            return group.describe();
        }
        let here = self.partitions.contains_key(&self.partition_of(id));
        let error = if here { ErrorCode::GroupIdNotFound } else { ErrorCode::NotCoordinator };
        DescribedGroup {
            error,
            state: GroupState::Dead.name(),
            ..ClassicGroup::new(id.clone()).describe()
        }
    }

    /// Makes an empty group if there is none; tells whether it did.
    fn create(&mut self, id: &Arc<str>) -> bool {
        let index = self.partition_of(id);
        match self.partitions.get(&index) {
            Some(partition) if !partition.groups.contains_key(id) => {
                let group = Arc::new(ClassicGroup::new(id.clone()));
                self.partition_mut(index).groups.insert(id.clone(), group);
                true
            }
            Some(_) | None => false,
        }
    }

    /// Applies the pending offsets up to a ticket, or drops those of the ticket if its records are not in the log.
    fn settle(&mut self, partition: PartitionIndex, ticket: u64, outcome: Result<(), ErrorCode>) {
        if !self.partitions.contains_key(&partition) {
            return;
        }
        let partition = self.partition_mut(partition);
        match outcome {
            // The log is ordered: what was written before is committed as well.
            Ok(()) => {
                while partition.pending.front().is_some_and(|pending| pending.ticket <= ticket)
                    && let Some(PendingCommit { group, offsets, .. }) =
                        partition.pending.pop_front()
                {
                    if let Some(group) = partition.groups.get_mut(&group) {
                        Arc::make_mut(group).offsets.extend(offsets);
                    }
                }
            }
            // The records are in the log and may be committed later.
            Err(ErrorCode::RequestTimedOut | ErrorCode::NotEnoughReplicasAfterAppend) => {}
            Err(_) => partition.pending.retain(|pending| pending.ticket != ticket),
        }
    }

    fn expire_offsets(&mut self, entrance: &mut Entrance<'_>) {
        for id in self.ids() {
            let index = self.partition_of(&id);
            let busy = self.partition_mut(index).pending.iter().any(|pending| pending.group == id);
            let _ = self.enter(entrance, &id, |group, turn| {
                let mut tombstones = group.expire_offsets(turn.config, turn.now.wall_ms);
                if group.is_vacant() && !busy {
                    tombstones.push(GroupRecord::Group { group: group.id.clone(), value: None });
                    group.transition_to(GroupState::Dead, turn.now.wall_ms);
                }
                if !tombstones.is_empty() {
                    turn.append(&group.id, &tombstones, Then::Nothing);
                }
            });
        }
    }

    fn arm_expiry(&mut self, entrance: &mut Entrance<'_>) {
        if !self.expiry_armed && !self.partitions.is_empty() {
            self.expiry_armed = true;
            let interval = Micros::from_ms(self.config.offsets_retention_check_interval_ms);
            entrance.out.timer(interval, GroupTimer::OffsetExpiry);
        }
    }

    fn ids(&self) -> Vec<Arc<str>> {
        self.groups().map(|(_, group)| group.id.clone()).collect()
    }

    fn partition_of(&self, group: &str) -> PartitionIndex {
        partition_for(group, self.config.offsets_topic_num_partitions)
    }

    fn partition_mut(&mut self, index: PartitionIndex) -> &mut GroupPartition {
        Arc::make_mut(self.partitions.get_mut(&index).expect("the partition is loaded"))
    }

    /// Runs something on a group. A group that is dead afterwards is gone.
    fn enter<R>(
        &mut self,
        entrance: &mut Entrance<'_>,
        id: &str,
        run: impl FnOnce(&mut ClassicGroup, &mut Turn<'_>) -> R,
    ) -> Result<R, ErrorCode> {
        let index = self.partition_of(id);
        let partition = self.partitions.get_mut(&index).ok_or(ErrorCode::NotCoordinator)?;
        let partition = Arc::make_mut(partition);
        let group = partition.groups.get_mut(id).ok_or(ErrorCode::UnknownMemberId)?;
        let group = Arc::make_mut(group);
        let mut turn = Turn {
            now: entrance.now,
            from: entrance.from,
            config: &self.config,
            partition: index,
            rng: &mut self.rng,
            tickets: &mut self.tickets,
            io: entrance.io,
            out: entrance.out,
        };
        let result = run(group, &mut turn);
        if group.state == GroupState::Dead {
            partition.groups.remove(id);
        }
        Ok(result)
    }
}

impl GroupPartition {
    fn replay(&mut self, record: GroupRecord) {
        match record {
            GroupRecord::Offset { group, partition, value: Some(offset) } => {
                self.group_mut(group).offsets.insert(partition, offset);
            }
            GroupRecord::Offset { group, partition, value: None } => {
                if let Some(group) = self.groups.get_mut(&group) {
                    Arc::make_mut(group).offsets.remove(&partition);
                }
            }
            GroupRecord::Group { group, value: Some(metadata) } => {
                self.group_mut(group).load(metadata);
            }
            GroupRecord::Group { group, value: None } => {
                self.groups.remove(&group);
            }
        }
    }

    fn group_mut(&mut self, id: Arc<str>) -> &mut ClassicGroup {
        let fresh = || Arc::new(ClassicGroup::new(id.clone()));
        Arc::make_mut(self.groups.entry(id.clone()).or_insert_with(fresh))
    }
}

impl ClassicGroup {
    /// Whether nothing would be missed without the group.
    fn is_vacant(&self) -> bool {
        self.state == GroupState::Empty
            && self.offsets.is_empty()
            && self.pending_members.is_empty()
    }

    /// The new group's first record is written; without it there is no group.
    fn on_created(&mut self, turn: &mut Turn<'_>, outcome: Result<(), ErrorCode>) {
        if let Err(error) = outcome {
            self.refuse_all(turn, append_error(error));
        }
    }

    /// Members keep their generation; their sessions begin anew.
    fn on_loaded(&mut self, turn: &mut Turn<'_>, coordinator: NodeId) {
        self.extend_all_sessions(turn);
        let (group, generation) = (self.id.clone(), self.generation);
        turn.fact(Fact::GroupLoaded { coordinator, group, generation });
    }

    fn on_unloaded(&mut self, turn: &mut Turn<'_>) {
        self.refuse_all(turn, ErrorCode::NotCoordinator);
    }

    fn refuse_all(&mut self, turn: &mut Turn<'_>, error: ErrorCode) {
        for member in self.members.values_mut() {
            if let Some(at) = member.awaiting_join.take() {
                turn.reply(at, join_error(error, member.member_id.clone()));
            }
        }
        self.refuse_syncs(turn, error);
    }
}

impl Entrance<'_> {
    fn reply(&mut self, at: RequestRef, response: impl Into<Response>) {
        self.io.replies.push((at, Arc::new(response.into())));
    }

    fn reply_not_coordinator(&mut self, then: Then) {
        let error = ErrorCode::NotCoordinator;
        match then {
            // Their members have been answered with the group.
            Then::Created | Then::Nothing | Then::Assigned { .. } | Then::Replaced { .. } => {}
            Then::Left { at } => self.reply(at, LeaveGroupResponse { error }),
            Then::Committed(answer) => {
                let partitions = answer.partitions.into_iter().map(|(p, _)| (p, error)).collect();
                self.reply(answer.at, OffsetCommitResponse { partitions });
            }
        }
    }
}

/// Answers a request whose group is not here, or not at all.
fn refuse_unless(
    found: Result<(), ErrorCode>,
    entrance: &mut Entrance<'_>,
    at: RequestRef,
    response: impl FnOnce(ErrorCode) -> Response,
) {
    if let Err(error) = found {
        entrance.reply(at, response(error));
    }
}
