//! One fact in names. Nothing is left out here: what belongs on a timeline is decided elsewhere.

use super::{Teller, client_of_member, node_name};
use crate::apps::training::fact::EPOCH_TESTED;
use crate::sim::act::Fault;
use crate::sim::fact::{Fact, FactRecord};
use crate::sim::ids::{NodeId, TopicPartition};
use crate::view::scene::{Deed, NodeName, What};

impl Teller {
    /// What happened; None for what only a machine cares for.
    pub fn what(&self, record: &FactRecord) -> Option<What> {
        let fact = &record.fact;
        self.partition(fact)
            .or_else(|| self.server(record))
            .or_else(|| self.group(fact))
            .or_else(|| self.client(fact))
    }

    fn partition(&self, fact: &Fact) -> Option<What> {
        let (topic, partition) = self.name(partition_of(fact)?)?;
        Some(match fact {
            Fact::LeaderElected { partition: id, leader, leader_epoch, unclean } => {
                let from = self.led.get(&(*id, leader_epoch - 1)).filter(|from| *from != leader);
                What::LeaderElected {
                    topic,
                    partition,
                    from: from.map(|from| from.0),
                    to: leader.0,
                    leader_epoch: *leader_epoch,
                    unclean: *unclean,
                }
            }
            Fact::PartitionOffline { .. } => What::PartitionOffline { topic, partition },
            Fact::IsrShrunk { removed, .. } => {
                What::IsrShrunk { topic, partitions: vec![partition], brokers: removed.to_vec() }
            }
            Fact::IsrExpanded { added, .. } => {
                What::IsrExpanded { topic, partitions: vec![partition], brokers: added.to_vec() }
            }
            Fact::Truncated { broker, from, to, .. } => {
                What::LogTruncated { topic, partition, broker: broker.0, from: *from, to: *to }
            }
            Fact::UnflushedLost { node, records, .. } => {
                What::UnflushedLost { topic, partition, broker: node.0, records: *records }
            }
            Fact::BecameLeader { broker, leader_epoch, .. } => What::BecameLeader {
                topic,
                partition,
                broker: broker.0,
                leader_epoch: *leader_epoch,
            },
            Fact::IsrChangeAsked { broker, isr, .. } => {
                What::IsrAsked { topic, partition, broker: broker.0, isr: isr.to_vec() }
            }
            Fact::ProduceRefused { broker, error, .. } => What::ProduceRefused {
                topic,
                partition,
                broker: broker.0,
                error: error.name().to_owned(),
            },
            Fact::SendFailed { client, records, error, .. } => What::SendFailed {
                client: self.client_name(*client),
                topic,
                partition,
                records: *records,
                error: error.name().to_owned(),
            },
            Fact::SendRetried { client, error, .. } => What::SendRetried {
                client: self.client_name(*client),
                topic,
                partition,
                error: error.name().to_owned(),
            },
            _ => return None,
        })
    }

    /// A topic's name and the number of the partition.
    fn name(&self, partition: TopicPartition) -> Option<(String, i32)> {
        let name = self.topics.get(&partition.topic)?;
        Some((name.to_string(), partition.partition))
    }

    fn client_name(&self, client: NodeId) -> String {
        match self.node(client) {
            NodeName::Client(name) => name,
            _ => client.to_string(),
        }
    }

    fn server(&self, record: &FactRecord) -> Option<What> {
        Some(match &record.fact {
            Fact::Fault(fault) => self.fault(*fault),
            Fact::ProcessStarted { node } => What::ProcessStarted { node: self.node(*node) },
            Fact::ProcessExited { node } => What::ProcessExited { node: self.node(*node) },
            Fact::QuorumElectionStarted { node, epoch, .. } => {
                What::ElectionStarted { controller: node.0, epoch: *epoch }
            }
            Fact::QuorumLeaderElected { node, epoch } => {
                What::ControllerElected { controller: node.0, epoch: *epoch }
            }
            Fact::QuorumLeaderResigned { node, epoch } => {
                What::ControllerResigned { controller: node.0, epoch: *epoch }
            }
            Fact::BrokerRegistered { broker, .. } => What::BrokerRegistered { broker: broker.0 },
            Fact::BrokerFenced { broker } => What::BrokerFenced { broker: broker.0 },
            Fact::BrokerUnfenced { broker } => What::BrokerUnfenced { broker: broker.0 },
            Fact::BrokerShuttingDown { broker } => What::BrokerShuttingDown { broker: broker.0 },
            Fact::TopicCreated { name, partitions, .. } => {
                What::TopicCreated { topic: name.to_string(), partitions: *partitions }
            }
            Fact::TopicDeleted { name, .. } => What::TopicDeleted { topic: name.to_string() },
            Fact::ConfigChanged { name } => self.config(record.time.0, name),
            _ => return None,
        })
    }

    /// The fact has no more than the name; what a person asked for says the rest.
    fn config(&self, time_us: u64, name: &str) -> What {
        let orders = self.orders.iter().rev();
        let order = orders.into_iter().find(|order| order.time_us <= time_us && order.name == name);
        let value = order.map(|order| (order.topic.clone(), order.value.clone()));
        What::ConfigChanged { name: name.to_owned(), value }
    }

    fn group(&self, fact: &Fact) -> Option<What> {
        let member = |id: &str| client_of_member(id).to_owned();
        Some(match fact {
            Fact::MemberJoined { group, member: id, .. } => {
                What::MemberJoined { group: group.to_string(), member: member(id) }
            }
            Fact::MemberRemoved { group, member: id, expired } => What::MemberRemoved {
                group: group.to_string(),
                member: member(id),
                expired: *expired,
            },
            Fact::RebalanceStarted { group, .. } => {
                What::GroupRebalancing { group: group.to_string() }
            }
            Fact::GenerationStable { group, generation, members } => What::GroupStable {
                group: group.to_string(),
                generation: *generation,
                members: *members,
            },
            Fact::GroupEmpty { group, .. } => What::GroupEmpty { group: group.to_string() },
            Fact::GroupLoaded { coordinator, group, .. } => {
                What::GroupLoaded { group: group.to_string(), broker: coordinator.0 }
            }
            Fact::CommitRefused { group, member: id, error } => What::CommitRefused {
                group: group.to_string(),
                member: member(id),
                error: error.name().to_owned(),
            },
            Fact::PartitionsAssigned { client, partitions, .. } => What::PartitionsAssigned {
                member: self.client_name(*client),
                count: partitions.len() as u32,
            },
            Fact::PartitionsRevoked { client, partitions, .. } => What::PartitionsRevoked {
                member: self.client_name(*client),
                count: partitions.len() as u32,
            },
            _ => return None,
        })
    }

    fn client(&self, fact: &Fact) -> Option<What> {
        Some(match fact {
            Fact::Program { code: EPOCH_TESTED, values: [epoch, _, share], .. } => {
                What::Evaluated { epoch: (*epoch).max(0) as u32, accuracy: *share as f32 / 1e6 }
            }
            Fact::RequestFailed { from, to, api, timed_out } => What::RequestFailed {
                from: self.node(*from),
                to: self.node(*to),
                api: (*api).to_owned(),
                timed_out: *timed_out,
            },
            _ => return None,
        })
    }

    fn fault(&self, fault: Fault) -> What {
        let acted = |deed, node| What::Acted { deed, node: self.node(node) };
        let [from, to] = match fault {
            Fault::Kill(node) => return acted(Deed::Killed, node),
            Fault::PowerLoss(node) => return acted(Deed::PoweredOff, node),
            Fault::CleanStop(node) => return acted(Deed::Stopped, node),
            Fault::Pause(node) => return acted(Deed::Paused, node),
            Fault::Resume(node) => return acted(Deed::Resumed, node),
            Fault::Start(node) => return acted(Deed::Started, node),
            Fault::WipeDisk(node) => return acted(Deed::Wiped, node),
            Fault::SlowDisk { node, write: Some(_) } => return acted(Deed::DiskSlowed, node),
            Fault::SlowDisk { node, write: None } => return acted(Deed::DiskRestored, node),
            Fault::SetNetwork { latency } => {
                return What::NetworkChanged { latency_us: latency.0 as u32 };
            }
            Fault::CutLink { from, to }
            | Fault::HealLink { from, to }
            | Fault::SetLatency { from, to, .. }
            | Fault::ResetConnections { a: from, b: to } => [from, to],
        };
        let [from, to] = [from, to].map(|node| self.node(node));
        match fault {
            Fault::CutLink { .. } => What::LinkCut { from, to },
            Fault::HealLink { .. } => What::LinkHealed { from, to },
            Fault::SetLatency { latency, .. } => {
                let latency_ms = latency.map(|latency| (latency.0 / 1_000) as u32);
                What::LinkSlowed { from, to, latency_ms }
            }
            _ => What::LinkReset { from, to },
        }
    }

    /// The name of a process.
    pub fn node(&self, node: NodeId) -> NodeName {
        node_name(node, &self.clients)
    }
}

/// The partition that a fact is about.
pub(super) fn partition_of(fact: &Fact) -> Option<TopicPartition> {
    match fact {
        Fact::LeaderElected { partition, .. }
        | Fact::PartitionOffline { partition, .. }
        | Fact::IsrShrunk { partition, .. }
        | Fact::IsrExpanded { partition, .. }
        | Fact::Truncated { partition, .. }
        | Fact::UnflushedLost { partition, .. }
        | Fact::BecameLeader { partition, .. }
        | Fact::IsrChangeAsked { partition, .. }
        | Fact::ProduceRefused { partition, .. }
        | Fact::SendFailed { partition, .. }
        | Fact::SendRetried { partition, .. } => Some(*partition),
        _ => None,
    }
}

/// The same done to the other direction of a link.
pub(super) fn other_way(what: &What) -> Option<What> {
    let swapped = |from: &NodeName, to: &NodeName| (to.clone(), from.clone());
    Some(match what {
        What::LinkCut { from, to } => {
            let (from, to) = swapped(from, to);
            What::LinkCut { from, to }
        }
        What::LinkHealed { from, to } => {
            let (from, to) = swapped(from, to);
            What::LinkHealed { from, to }
        }
        What::LinkSlowed { from, to, latency_ms } => {
            let (from, to) = swapped(from, to);
            What::LinkSlowed { from, to, latency_ms: *latency_ms }
        }
        What::LinkReset { from, to } => {
            let (from, to) = swapped(from, to);
            What::LinkReset { from, to }
        }
        _ => return None,
    })
}
