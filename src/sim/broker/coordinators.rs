//! The group coordinator that the broker hosts: where it is, what it hears, and how its records get into
//! `__consumer_offsets`.

use std::sync::Arc;

use super::Broker;
use super::produce::Purpose;
use super::purgatory::ProduceOwner;
use crate::sim::effects::{Effects, RequestRef};
use crate::sim::group::coordinator::GroupCoordinator;
use crate::sim::group::coordinator_io::{CoordinatorAppend, CoordinatorEffects};
use crate::sim::group::coordinator_key::partition_for;
use crate::sim::ids::*;
use crate::sim::protocol::data::Acks;
use crate::sim::protocol::group::{FindCoordinatorRequest, FindCoordinatorResponse};
use crate::sim::protocol::{ErrorCode, Request};
use crate::sim::storage::batch::{Batch, BodyBuilder};
use crate::sim::time::NodeNow;

/// What the coordinator has to hear.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CoordinatorEvent {
    /// The broker began a new epoch as leader of a partition.
    Elected(TopicPartition),
    /// The broker does not lead a partition any more.
    Resigned(TopicPartition),
    /// What became of the coordinator's records.
    Appended {
        ticket: u64,
        error: ErrorCode,
    },
    TopicDeleted(Arc<str>),
}

impl Broker {
    pub(super) fn on_find_coordinator(
        &mut self,
        now: NodeNow,
        at: RequestRef,
        request: &FindCoordinatorRequest,
        out: &mut Effects,
    ) {
        let coordinator = match self.image.topic(OFFSETS_TOPIC) {
            Some(topic) if !topic.partitions.is_empty() => {
                let partition = partition_for(&request.key, topic.partitions.len() as i32);
                let leader = topic.partitions[partition as usize].leader;
                self.image.is_unfenced(leader).then_some(NodeId(leader))
            }
            Some(_) => None,
            None => {
                self.create_missing_topic(now, &OFFSETS_TOPIC.into(), out);
                None
            }
        };
        let error = match coordinator {
            Some(_) => ErrorCode::None,
            None => ErrorCode::CoordinatorNotAvailable,
        };
        let coordinator = coordinator.unwrap_or(NodeId::NONE);
        out.respond(at, FindCoordinatorResponse { error, coordinator });
    }

    pub(super) fn on_group_request(
        &mut self,
        now: NodeNow,
        from: NodeId,
        at: RequestRef,
        request: &Request,
        out: &mut Effects,
    ) {
        self.with_coordinator(now, out, |coordinator, io, out| {
            coordinator.on_request(now, from, at, request, io, out);
        });
    }

    /// Tells the coordinator what has happened, until nothing more happens.
    pub(super) fn run_coordinator(&mut self, now: NodeNow, out: &mut Effects) {
        while let Some(event) = self.coordinator_events.pop_front() {
            match event {
                CoordinatorEvent::Elected(partition) => self.elect_coordinator(now, partition, out),
                CoordinatorEvent::Resigned(partition) => {
                    if self.is_offsets_partition(partition) {
                        self.with_coordinator(now, out, |coordinator, io, out| {
                            coordinator.on_resigned(now, partition.partition, io, out);
                        });
                    }
                }
                CoordinatorEvent::Appended { ticket, error } => {
                    let outcome = if error.is_none() { Ok(()) } else { Err(error) };
                    self.with_coordinator(now, out, |coordinator, io, out| {
                        coordinator.on_append(now, ticket, outcome, io, out);
                    });
                }
                CoordinatorEvent::TopicDeleted(name) => {
                    self.with_coordinator(now, out, |coordinator, io, out| {
                        coordinator.on_topic_deleted(now, &name, io, out);
                    });
                }
            }
        }
    }

    fn elect_coordinator(&mut self, now: NodeNow, partition: TopicPartition, out: &mut Effects) {
        if !self.is_offsets_partition(partition) {
            return;
        }
        let Some(replica) = self.replicas.of(partition).filter(|r| r.leader().is_some()) else {
            return;
        };
        let mut io = CoordinatorEffects::default();
        let mut entries = replica.log.entries_from(replica.log.log_start_offset());
        let (index, epoch) = (partition.partition, replica.leader_epoch);
        self.coordinator.on_elected(now, index, epoch, &mut entries, &mut io, out);
        drop(entries);
        self.carry_out(now, io, out);
    }

    fn is_offsets_partition(&self, partition: TopicPartition) -> bool {
        self.image.topic_ids.get(OFFSETS_TOPIC) == Some(&partition.topic)
    }

    /// Lets the coordinator do something and carries out what it wants.
    pub(super) fn with_coordinator(
        &mut self,
        now: NodeNow,
        out: &mut Effects,
        act: impl FnOnce(&mut GroupCoordinator, &mut CoordinatorEffects, &mut Effects),
    ) {
        let mut io = CoordinatorEffects::default();
        act(&mut self.coordinator, &mut io, out);
        self.carry_out(now, io, out);
    }

    fn carry_out(&mut self, now: NodeNow, io: CoordinatorEffects, out: &mut Effects) {
        for (at, response) in io.replies {
            out.respond_shared(at, response);
        }
        for append in io.appends {
            self.append_for_coordinator(now, append, out);
        }
    }

    fn append_for_coordinator(
        &mut self,
        now: NodeNow,
        append: CoordinatorAppend,
        out: &mut Effects,
    ) {
        let CoordinatorAppend { partition, records, ticket } = append;
        let topic = self.image.topic_ids.get(OFFSETS_TOPIC).copied().unwrap_or_default();
        let mut body = BodyBuilder::default();
        for (key, value) in &records {
            body.push(now.wall_ms, Some(key), value.as_deref());
        }
        let batch = Batch::new(body.build());
        let purpose = Purpose {
            owner: ProduceOwner::Coordinator { ticket },
            acks: Acks::All,
            timeout_ms: self.config.offsets_commit_timeout_ms,
        };
        let batches = [(TopicPartition::new(topic, partition), batch)];
        if let Some(refused) = self.append_batches(now, purpose, &batches, out) {
            let error = refused.partitions.first().map_or(ErrorCode::None, |p| p.error);
            self.coordinator_events.push_back(CoordinatorEvent::Appended { ticket, error });
        }
    }
}
