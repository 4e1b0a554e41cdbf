//! Membership of a classic group: joining, syncing, being told to rebalance. The poll loop drives it, as in the Java consumer.

use std::sync::Arc;

use super::Consumer;
use super::assignment::Subscription as How;
use super::coordinator::Coordinator;
use super::offsets::Offsets;
use crate::sim::client::io::{Io, MachineEvent, earlier};
use crate::sim::client::metadata::Metadata;
use crate::sim::fact::Fact;
use crate::sim::group::assignor::{self, Assignor};
use crate::sim::ids::*;
use crate::sim::protocol::ErrorCode;
use crate::sim::protocol::group::*;
use crate::sim::sorted::{SortedMap, sort};
use crate::sim::time::Micros;

/// Time that a JoinGroup request gets beyond the rebalance timeout.
const JOIN_GROUP_TIMEOUT_LAPSE_MS: i64 = 5000;

/// Kafka's `MemberState`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum MemberState {
    /// Not a member.
    #[default]
    Unjoined,
    /// A JoinGroup request is in flight.
    PreparingRebalance(RequestId),
    /// The leader waits for metadata before it can assign.
    Assigning,
    /// A SyncGroup request is in flight.
    CompletingRebalance(RequestId),
    /// A member with an assignment.
    Stable,
}

/// How far the preparation of a join has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Preparation {
    #[default]
    Needed,
    /// The positions are being committed.
    Committing,
    /// The program has been told that it loses its partitions.
    Revoking,
    Done,
}

/// A consumer's side of its group.
#[derive(Clone, Debug, Hash)]
pub struct Membership {
    pub group: Arc<str>,
    pub instance_id: Option<Arc<str>>,
    /// Whether partitions are kept through a rebalance (KIP-429): if every assignor of the member can.
    is_cooperative: bool,
    pub state: MemberState,
    /// Empty = none yet.
    pub member_id: Arc<str>,
    /// -1 = none.
    pub generation: i32,
    pub coordinator: Coordinator,
    pub offsets: Offsets,
    /// Whether the member must join (again).
    must_rejoin: bool,
    preparation: Preparation,
    retry_at: Micros,
    attempts: u32,
    /// The join response that a leader still has to make an assignment for.
    leading: Option<JoinGroupResponse>,
    /// Of the leader: partition counts that the assignment was made from.
    snapshot: Option<SortedMap<Arc<str>, i32>>,
    joined_topics: Vec<Arc<str>>,
    /// An assignment that the program has not been told.
    received: Option<Arc<Assignment>>,
    /// Whether the program has been told what that assignment takes away.
    has_revoked: bool,
    /// The last assignment and its generation, for the sticky assignor.
    last: (Arc<[NamedPartition]>, i32),
    pub heartbeat: Option<RequestId>,
    pub heartbeat_due: Micros,
    pub session_end: Micros,
    /// The group refuses the member for good.
    is_fatal: bool,
}

impl Membership {
    /// No member yet.
    pub fn new(group: Arc<str>, instance_id: &str, strategies: &str) -> Membership {
        let cooperative = Assignor::CooperativeSticky.name();
        Membership {
            group,
            is_cooperative: strategies.split(',').all(|name| name.trim() == cooperative),
            instance_id: (!instance_id.is_empty()).then(|| Arc::from(instance_id)),
            state: MemberState::Unjoined,
            member_id: Arc::from(""),
            generation: -1,
            coordinator: Coordinator::default(),
            offsets: Offsets::default(),
            must_rejoin: true,
            preparation: Preparation::Needed,
            retry_at: Micros::ZERO,
            attempts: 0,
            leading: None,
            snapshot: None,
            joined_topics: Vec::new(),
            received: None,
            has_revoked: false,
            last: (Arc::from([]), -1),
            heartbeat: None,
            heartbeat_due: Micros::ZERO,
            session_end: Micros::ZERO,
            is_fatal: false,
        }
    }

    /// Joins again at the next poll.
    pub fn request_rejoin(&mut self) {
        self.must_rejoin = true;
    }

    /// Whether the member has lost its place in the group, so that others may own what it had.
    pub fn is_out(&self) -> bool {
        self.generation < 0 || self.member_id.is_empty()
    }

    /// Leaves the generation; `forget_id` = the member id is void, too.
    pub fn reset(&mut self, forget_id: bool) {
        self.state = MemberState::Unjoined;
        self.generation = -1;
        if forget_id {
            self.member_id = Arc::from("");
        }
        self.must_rejoin = true;
        self.leading = None;
        self.received = None;
        self.has_revoked = false;
        if self.preparation == Preparation::Done {
            // Nothing is owned: there is nothing to prepare.
            return;
        }
        self.preparation = Preparation::Needed;
    }

    /// Whether the heartbeat thread has something to do.
    pub fn has_joined(&self) -> bool {
        match self.state {
            MemberState::Unjoined | MemberState::PreparingRebalance(_) => false,
            MemberState::Assigning | MemberState::CompletingRebalance(_) | MemberState::Stable => {
                true
            }
        }
    }

    /// A join or sync ended without a use; it is tried again, after the backoff if `wait` says when.
    pub fn join_failed(&mut self, wait: Option<Micros>) {
        self.state = MemberState::Unjoined;
        self.must_rejoin = true;
        self.leading = None;
        self.retry_at = wait.unwrap_or(Micros::ZERO);
    }

    fn is_pending(&self) -> bool {
        matches!(
            self.state,
            MemberState::PreparingRebalance(_)
                | MemberState::Assigning
                | MemberState::CompletingRebalance(_)
        )
    }
}

impl Consumer {
    /// Brings the membership forward as far as it goes without waiting. Returns when to look again.
    pub(super) fn poll_group(&mut self, io: &mut Io<'_>) -> Option<Micros> {
        let How::Topics(topics) = &self.subscription else { return None };
        let membership = self.group.as_mut()?;
        if membership.is_fatal || topics.iter().any(|t| self.metadata.answer(t).is_none()) {
            return None;
        }
        if membership.state == MemberState::Stable
            && (membership.joined_topics != *topics
                || membership.has_new_partitions(&self.metadata))
        {
            membership.must_rejoin = true;
        }
        if let Some(assignment) = membership.received.clone() {
            self.complete_join(io, &assignment);
            if !io.events.is_empty() {
                return None;
            }
        }
        self.lead(io);
        let membership = self.group.as_mut()?;
        if !membership.must_rejoin || membership.is_pending() {
            return None;
        }
        self.rejoin(io)
    }

    fn rejoin(&mut self, io: &mut Io<'_>) -> Option<Micros> {
        let now = io.monotonic();
        loop {
            let membership = self.group.as_ref()?;
            let is_committing = !membership.offsets.is_idle();
            match membership.preparation {
                Preparation::Needed => self.prepare_commit(io),
                Preparation::Committing if !is_committing => {
                    if !self.revoke(io) {
                        return None;
                    }
                }
                Preparation::Revoking if !is_committing => self.give_up_partitions(),
                Preparation::Committing | Preparation::Revoking => return None,
                Preparation::Done => break,
            }
        }
        let membership = self.group.as_ref()?;
        if membership.retry_at > now {
            return Some(membership.retry_at);
        }
        self.send_join(io);
        None
    }

    /// Commits before the partitions go, if the membership still allows it.
    fn prepare_commit(&mut self, io: &mut Io<'_>) {
        let Some(membership) = self.group.as_mut() else { return };
        membership.preparation = Preparation::Committing;
        if self.config.enable_auto_commit && membership.state == MemberState::Stable {
            self.auto_commit(io);
        }
    }

    /// Tells the program what it loses; true if it is not told. Eager members give up everything before a join.
    fn revoke(&mut self, io: &mut Io<'_>) -> bool {
        let Some(membership) = self.group.as_mut() else { return true };
        let lost = membership.is_out();
        if membership.is_cooperative && !lost {
            membership.preparation = Preparation::Done;
            return true;
        }
        membership.preparation = Preparation::Revoking;
        let partitions: Arc<[NamedPartition]> = self.assignment.names().cloned().collect();
        // Kafka calls onPartitionsRevoked before a join even if there are none, onPartitionsLost only if there are some.
        if partitions.is_empty() && lost {
            return true;
        }
        self.tell_revoked(io, partitions, lost);
        false
    }

    /// A consumer that is closed revokes what it owns, whether it leaves the group or not.
    pub(super) fn revoke_at_close(&mut self, io: &mut Io<'_>) {
        let Some(membership) = &self.group else { return };
        let lost = membership.is_out();
        if matches!(self.subscription, super::assignment::Subscription::Topics(_))
            && !self.assignment.is_empty()
        {
            self.tell_revoked(io, self.assignment.names().cloned().collect(), lost);
        }
    }

    fn tell_revoked(&mut self, io: &mut Io<'_>, partitions: Arc<[NamedPartition]>, lost: bool) {
        let Some(membership) = self.group.as_mut() else { return };
        io.out.fact(Fact::PartitionsRevoked {
            client: io.node,
            consumer: u32::from(self.number),
            group: membership.group.clone(),
            partitions: partitions.clone(),
            lost,
        });
        io.events.push_back(MachineEvent::Revoked { consumer: self.number, partitions, lost });
    }

    fn give_up_partitions(&mut self) {
        self.assignment.replace(&[], &self.metadata);
        if let Some(membership) = self.group.as_mut() {
            membership.preparation = Preparation::Done;
        }
    }

    fn send_join(&mut self, io: &mut Io<'_>) {
        let How::Topics(topics) = &self.subscription else { return };
        let Some(membership) = self.group.as_mut() else { return };
        let Some(node) = membership.coordinator.ready(io.monotonic()) else { return };
        membership.joined_topics.clone_from(topics);
        membership.must_rejoin = false;
        let names = self.config.partition_assignment_strategy.split(',').map(str::trim);
        let owned: Vec<NamedPartition> = self.assignment.names().cloned().collect();
        let generation = membership.generation;
        let subscription = |name: &str| {
            // The eager sticky assignor puts what it had before the revocation into its user data.
            let (owned, generation) = match name == Assignor::Sticky.name() {
                true => (membership.last.0.to_vec(), membership.last.1),
                false => (owned.clone(), generation),
            };
            Arc::new(Subscription { topics: topics.clone(), owned, generation })
        };
        let protocols = names.map(|name| (Arc::from(name), subscription(name))).collect();
        let max_poll = i32::try_from(self.config.max_poll_interval_ms).unwrap_or(i32::MAX);
        let request = JoinGroupRequest {
            group: membership.group.clone(),
            session_timeout_ms: i32::try_from(self.config.session_timeout_ms).unwrap_or(i32::MAX),
            rebalance_timeout_ms: max_poll,
            member_id: membership.member_id.clone(),
            group_instance_id: membership.instance_id.clone(),
            client_id: self.client_id.clone(),
            protocols,
        };
        let patience = self.config.max_poll_interval_ms + JOIN_GROUP_TIMEOUT_LAPSE_MS;
        let timeout = patience.max(self.config.request_timeout_ms);
        let id = membership.coordinator.send(io, self.number, node, request, timeout);
        membership.state = MemberState::PreparingRebalance(id);
    }

    pub(super) fn on_join_response(
        &mut self,
        io: &mut Io<'_>,
        id: RequestId,
        answer: &JoinGroupResponse,
    ) {
        let now = io.monotonic();
        let wait = now + self.group_backoff();
        let session_timeout = Micros::from_ms(self.config.session_timeout_ms);
        let interval = Micros::from_ms(self.config.heartbeat_interval_ms);
        let Some(membership) = self.group.as_mut() else { return };
        if membership.state != MemberState::PreparingRebalance(id) {
            return;
        }
        match answer.error {
            ErrorCode::None => {
                membership.attempts = 0;
                membership.generation = answer.generation;
                membership.member_id = answer.member_id.clone();
                membership.session_end = now + session_timeout;
                membership.heartbeat_due = now + interval;
                membership.snapshot = None;
                if answer.leader == answer.member_id {
                    membership.state = MemberState::Assigning;
                    membership.leading = Some(answer.clone());
                    self.lead(io);
                } else {
                    self.send_sync(io, Vec::new());
                }
            }
            ErrorCode::MemberIdRequired => {
                membership.member_id = answer.member_id.clone();
                membership.join_failed(None);
            }
            ErrorCode::UnknownMemberId => {
                membership.reset(true);
                membership.retry_at = Micros::ZERO;
            }
            ErrorCode::CoordinatorLoadInProgress | ErrorCode::RebalanceInProgress => {
                membership.join_failed(Some(wait));
            }
            ErrorCode::CoordinatorNotAvailable | ErrorCode::NotCoordinator => {
                membership.join_failed(Some(wait));
                self.lose_coordinator(io);
            }
            error => self.fail_membership(error),
        }
    }

    /// The leader assigns once it knows every topic of the group.
    fn lead(&mut self, io: &mut Io<'_>) {
        let Some(membership) = self.group.as_mut() else { return };
        let Some(join) = &membership.leading else { return };
        let topics = join.members.iter().flat_map(|member| &member.subscription.topics);
        let mut is_known = true;
        for topic in topics {
            self.metadata.want(topic);
            is_known &= self.metadata.answer(topic).is_some();
        }
        if !is_known {
            return;
        }
        let Some(join) = membership.leading.take() else { return };
        let Some(assignor) = assignor_of(&join.protocol) else {
            return self.fail_membership(ErrorCode::UnsupportedAssignor);
        };
        let snapshot = partition_counts(&join, &self.metadata);
        let dealt = deal(assignor, &join, &snapshot);
        membership.snapshot = Some(snapshot);
        match dealt {
            Ok(assignments) => self.send_sync(io, assignments),
            // The assignor threw: so does the poll.
            Err(_) => self.fail_membership(ErrorCode::UnknownServerError),
        }
    }

    fn send_sync(&mut self, io: &mut Io<'_>, assignments: Dealt) {
        let Some(membership) = self.group.as_mut() else { return };
        let Some(node) = membership.coordinator.ready(io.monotonic()) else {
            return membership.join_failed(None);
        };
        let request = SyncGroupRequest {
            group: membership.group.clone(),
            generation: membership.generation,
            member_id: membership.member_id.clone(),
            group_instance_id: membership.instance_id.clone(),
            assignments,
        };
        let timeout = self.config.request_timeout_ms;
        let id = membership.coordinator.send(io, self.number, node, request, timeout);
        membership.state = MemberState::CompletingRebalance(id);
    }

    pub(super) fn on_sync_response(
        &mut self,
        io: &mut Io<'_>,
        id: RequestId,
        answer: &SyncGroupResponse,
    ) {
        let wait = io.monotonic() + self.group_backoff();
        let Some(membership) = self.group.as_mut() else { return };
        if membership.state != MemberState::CompletingRebalance(id) {
            return;
        }
        match answer.error {
            ErrorCode::None => {
                membership.state = MemberState::Stable;
                membership.received = Some(answer.assignment.clone());
            }
            ErrorCode::RebalanceInProgress => membership.join_failed(None),
            ErrorCode::UnknownMemberId => membership.reset(true),
            ErrorCode::IllegalGeneration => membership.reset(false),
            ErrorCode::CoordinatorNotAvailable | ErrorCode::NotCoordinator => {
                membership.join_failed(Some(wait));
                self.lose_coordinator(io);
            }
            ErrorCode::CoordinatorLoadInProgress => membership.join_failed(Some(wait)),
            error => self.fail_membership(error),
        }
    }

    /// Takes the assignment over and tells the program: first what it loses, then what it gets.
    fn complete_join(&mut self, io: &mut Io<'_>, assignment: &Assignment) {
        let mut assigned = assignment.clone();
        sort(&mut assigned);
        let owned: Vec<NamedPartition> = self.assignment.names().cloned().collect();
        let Some(membership) = self.group.as_mut() else { return };
        if !std::mem::replace(&mut membership.has_revoked, true) {
            let gone = |name: &&NamedPartition| assigned.binary_search(name).is_err();
            let gone: Arc<[NamedPartition]> = owned.iter().filter(gone).cloned().collect();
            // What was given up can be dealt out in another round only (KIP-429).
            membership.must_rejoin |= !gone.is_empty();
            if !gone.is_empty() {
                return self.tell_revoked(io, gone, false);
            }
        }
        for partition in &assigned {
            self.metadata.want(&partition.topic);
        }
        self.assignment.replace(&assigned, &self.metadata);
        let interval = Micros::from_ms(self.config.auto_commit_interval_ms);
        let Some(membership) = self.group.as_mut() else { return };
        membership.received = None;
        membership.has_revoked = false;
        membership.preparation = Preparation::Needed;
        membership.offsets.next_auto_commit = io.monotonic() + interval;
        membership.last = (assigned.as_slice().into(), membership.generation);
        let is_new = |name: &NamedPartition| owned.binary_search(name).is_err();
        let partitions: Arc<[NamedPartition]> = assigned.into_iter().filter(is_new).collect();
        io.out.fact(Fact::PartitionsAssigned {
            client: io.node,
            consumer: u32::from(self.number),
            group: membership.group.clone(),
            generation: membership.generation,
            partitions: partitions.clone(),
        });
        let (consumer, generation) = (self.number, membership.generation);
        io.events.push_back(MachineEvent::Assigned { consumer, generation, partitions });
    }

    /// The group refuses the member for good: the next poll throws.
    pub(super) fn fail_membership(&mut self, error: ErrorCode) {
        if let Some(membership) = self.group.as_mut() {
            membership.state = MemberState::Unjoined;
            membership.generation = -1;
            membership.is_fatal = true;
        }
        self.errors.push_back(error);
    }

    /// The next delay of joins that fail in a row.
    fn group_backoff(&mut self) -> Micros {
        let backoff = self.backoff();
        let Some(membership) = self.group.as_mut() else { return Micros::ZERO };
        let delay = backoff.after(membership.attempts, &mut self.rng);
        membership.attempts = membership.attempts.saturating_add(1);
        delay
    }

    /// When the membership wants to be looked at, whoever polls.
    pub(super) fn membership_wake(&self, away_since: Option<Micros>) -> Option<Micros> {
        let membership = self.group.as_ref().filter(|membership| membership.has_joined())?;
        let max_poll = Micros::from_ms(self.config.max_poll_interval_ms);
        let heartbeat = match membership.heartbeat {
            Some(_) => membership.session_end,
            None => membership.heartbeat_due.min(membership.session_end),
        };
        earlier(Some(heartbeat), away_since.map(|since| since + max_poll))
    }
}

impl Membership {
    /// Of the leader: whether the topics have other partitions than when it assigned them.
    fn has_new_partitions(&self, metadata: &Metadata) -> bool {
        self.snapshot.as_ref().is_some_and(|snapshot| {
            snapshot.iter().any(|(topic, count)| partition_count(metadata, topic) != *count)
        })
    }
}

fn partition_count(metadata: &Metadata, topic: &str) -> i32 {
    metadata.topic(topic).map_or(0, |topic| topic.partitions.len() as i32)
}

fn assignor_of(name: &str) -> Option<Assignor> {
    let all =
        [Assignor::Range, Assignor::RoundRobin, Assignor::Sticky, Assignor::CooperativeSticky];
    all.into_iter().find(|assignor| assignor.name() == name)
}

/// How many partitions the topics of the group have.
fn partition_counts(join: &JoinGroupResponse, metadata: &Metadata) -> SortedMap<Arc<str>, i32> {
    let topics = join.members.iter().flat_map(|member| &member.subscription.topics);
    topics.map(|topic| (topic.clone(), partition_count(metadata, topic))).collect()
}

/// The partitions of each member.
type Dealt = Vec<(Arc<str>, Arc<Assignment>)>;

/// Deals the partitions out to the members.
fn deal(
    assignor: Assignor,
    join: &JoinGroupResponse,
    counts: &SortedMap<Arc<str>, i32>,
) -> Result<Dealt, assignor::IllegalState> {
    let racks = |count: i32| vec![assignor::ReplicaRacks::new(); count.max(0) as usize];
    let partitions = counts.iter().map(|(topic, count)| (topic.clone(), racks(*count))).collect();
    let members: Vec<assignor::Subscription> = join.members.iter().map(subscription_of).collect();
    let named = |partition: assignor::TopicPartition| NamedPartition {
        topic: partition.topic,
        partition: partition.partition,
    };
    let dealt = assignor.assign(&partitions, &members)?;
    let dealt = dealt.into_iter();
    Ok(dealt.map(|(id, got)| (id, Arc::new(got.into_iter().map(named).collect()))).collect())
}

fn subscription_of(member: &JoinGroupMember) -> assignor::Subscription {
    let owned = member.subscription.owned.iter().map(|name| assignor::TopicPartition {
        topic: name.topic.clone(),
        partition: name.partition,
    });
    assignor::Subscription {
        member_id: member.member_id.clone(),
        group_instance_id: member.group_instance_id.clone(),
        rack: None,
        topics: member.subscription.topics.clone(),
        owned: owned.collect(),
        generation: Some(member.subscription.generation).filter(|generation| *generation >= 0),
    }
}
