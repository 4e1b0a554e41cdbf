//! One input on its way through the coordinator, and the answers that wait for records to be committed.

use std::sync::Arc;

use super::coordinator_io::{CoordinatorAppend, CoordinatorEffects};
use super::member::Protocols;
use super::record::GroupRecord;
use super::timer::GroupTimer;
use crate::sim::config::BrokerConfig;
use crate::sim::effects::{Effects, RequestRef};
use crate::sim::fact::Fact;
use crate::sim::ids::{NodeId, PartitionIndex};
use crate::sim::protocol::group::Assignment;
use crate::sim::protocol::{ErrorCode, Response};
use crate::sim::rng::Rng;
use crate::sim::sorted::SortedMap;
use crate::sim::time::{Micros, NodeNow};

/// What to do once the records of a group are committed, or are not.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Then {
    /// The group is new; without its record it is not there.
    Created,
    /// Nobody waits.
    Nothing,
    /// The leader's assignment can be given out.
    Assigned { generation: i32, assignments: Vec<(Arc<str>, Arc<Assignment>)> },
    /// A static member has a new member id.
    Replaced { at: RequestRef, old: Arc<str>, new: Arc<str>, old_protocols: Protocols },
    /// A member has left.
    Left { at: RequestRef },
    /// Offsets are committed.
    Committed(super::offsets::CommitAnswer),
}

/// A ticket that has been given out.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Awaited {
    pub partition: PartitionIndex,
    pub group: Arc<str>,
    pub then: Then,
}

/// Tickets whose outcome is not known yet.
#[derive(Clone, Debug, Default, Hash)]
pub struct Tickets {
    next: u64,
    pub awaited: SortedMap<u64, Awaited>,
}

/// One input being handled, with what a group may use for it.
pub struct Turn<'a> {
    pub now: NodeNow,
    /// The client process that sent the request; none for timers and outcomes.
    pub from: NodeId,
    pub config: &'a BrokerConfig,
    /// Partition of `__consumer_offsets`.
    pub partition: PartitionIndex,
    pub(super) rng: &'a mut Rng,
    pub(super) tickets: &'a mut Tickets,
    pub(super) io: &'a mut CoordinatorEffects,
    pub(super) out: &'a mut Effects,
}

impl Turn<'_> {
    /// Answers a request.
    pub fn reply(&mut self, at: RequestRef, response: impl Into<Response>) {
        self.io.replies.push((at, Arc::new(response.into())));
    }

    /// Writes records of one group; returns the ticket.
    pub fn append(&mut self, group: &Arc<str>, records: &[GroupRecord], then: Then) -> u64 {
        let ticket = self.tickets.next;
        self.tickets.next += 1;
        let records = records.iter().map(GroupRecord::encode).collect();
        self.io.appends.push(CoordinatorAppend { partition: self.partition, records, ticket });
        let awaited = Awaited { partition: self.partition, group: group.clone(), then };
        self.tickets.awaited.insert(ticket, awaited);
        ticket
    }

    /// Sets a timer on the coordinator's clock.
    pub fn timer_ms(&mut self, after_ms: i64, timer: GroupTimer) {
        self.out.timer(Micros::from_ms(after_ms), timer);
    }

    /// Records a fact.
    pub fn fact(&mut self, fact: Fact) {
        self.out.fact(fact);
    }

    /// A fresh member id: a name, then 128 random bits in the form of a UUID.
    pub fn new_member_id(&mut self, name: &str) -> Arc<str> {
        let (high, low) = (self.rng.bits(), self.rng.bits());
        let hex = format!("{high:016x}{low:016x}");
        let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
        format!("{name}-{}", parts.join("-")).into()
    }
}

/// What a client is told when the coordinator's records could not be written.
pub fn append_error(error: ErrorCode) -> ErrorCode {
    match error {
        ErrorCode::UnknownTopicOrPartition
        | ErrorCode::NotEnoughReplicas
        | ErrorCode::NotEnoughReplicasAfterAppend
        | ErrorCode::RequestTimedOut => ErrorCode::CoordinatorNotAvailable,
        ErrorCode::NotLeaderOrFollower | ErrorCode::KafkaStorageError => ErrorCode::NotCoordinator,
        ErrorCode::MessageTooLarge
        | ErrorCode::RecordListTooLarge
        | ErrorCode::InvalidFetchSize => ErrorCode::UnknownServerError,
        other => other,
    }
}
