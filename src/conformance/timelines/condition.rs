//! The conditions of `wait_until`.

use std::collections::BTreeSet;

use super::observe;
use super::program::{name, partition_of};
use super::stage::Stage;
use super::view;
use crate::sim::controller::partition_registration::PartitionRegistration;
use crate::sim::ids::NodeId;
use crate::sim::protocol::group::NamedPartition;
use crate::sim::time::{Micros, SimTime};

/// A condition; its text's whole grammar is in `COMPARING.md`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    Leader {
        partition: NamedPartition,
        leader: i32,
    },
    NoLeader {
        partition: NamedPartition,
    },
    Isr {
        partition: NamedPartition,
        isr: BTreeSet<i32>,
    },
    Without {
        partition: NamedPartition,
        broker: i32,
    },
    HighWatermark {
        partition: NamedPartition,
        broker: NodeId,
        at_least: i64,
    },
    LogIsEmpty {
        partition: NamedPartition,
        broker: NodeId,
    },
    FullIsr {
        topic: String,
    },
    Unfenced {
        broker: NodeId,
    },
    QuorumLeader,
    /// The topic that was given more partitions last has all of them.
    PartitionsVisible,
    GroupStable {
        group: String,
        members: usize,
        partitions: usize,
        unchanged: Micros,
    },
}

/// How long a group has looked the same.
#[derive(Clone, Debug, Default)]
pub struct Steadiness {
    last: Option<(String, SimTime)>,
}

impl Condition {
    /// The condition of a text.
    ///
    /// # Errors
    /// If the project has no part that the condition could be about.
    pub fn parse(text: &str) -> Result<Condition, String> {
        parse(text).ok_or_else(|| format!("the condition \"{text}\" is not modelled"))
    }

    /// Whether it holds now.
    pub fn holds(&self, stage: &Stage, steadiness: &mut Steadiness) -> bool {
        let world = stage.world();
        match self {
            Condition::Leader { partition, leader } => {
                registration(stage, partition).is_some_and(|r| r.leader == *leader)
            }
            Condition::NoLeader { partition } => {
                registration(stage, partition).is_some_and(|r| r.leader == -1)
            }
            Condition::Isr { partition, isr } => {
                registration(stage, partition).is_some_and(|r| as_set(&r.isr) == *isr)
            }
            Condition::Without { partition, broker } => registration(stage, partition)
                .is_some_and(|r| !r.isr.contains(broker) && r.leader != *broker),
            Condition::HighWatermark { partition, broker, at_least } => {
                view::replica(world, *broker, partition)
                    .is_some_and(|replica| replica.high_watermark >= *at_least)
            }
            Condition::LogIsEmpty { partition, broker } => view::replica(world, *broker, partition)
                .is_some_and(|replica| replica.log_start == replica.log_end),
            Condition::FullIsr { topic } => has_full_isr(stage, topic),
            Condition::Unfenced { broker } => {
                view::answering(world).contains(broker)
                    && view::metadata(world).is_some_and(|image| image.is_unfenced(broker.0))
            }
            Condition::QuorumLeader => stage.has_quorum_leader(),
            Condition::PartitionsVisible => stage.has_grown(),
            Condition::GroupStable { group, members, partitions, unchanged } => {
                let look = stable_look(stage, group, *members, *partitions);
                steadiness.lasts(look, world.now(), *unchanged)
            }
        }
    }
}

impl Steadiness {
    fn lasts(&mut self, look: Option<String>, now: SimTime, long: Micros) -> bool {
        let Some(look) = look else {
            self.last = None;
            return false;
        };
        match &self.last {
            Some((last, since)) if *last == look => now.since(*since) > long,
            Some(_) | None => {
                self.last = Some((look, now));
                false
            }
        }
    }
}

/// The partition with the leader that brokers tell of.
fn registration(stage: &Stage, partition: &NamedPartition) -> Option<PartitionRegistration> {
    let image = view::metadata(stage.world())?;
    let found = image.topic(&partition.topic)?.partitions.get(partition.partition as usize)?;
    Some(PartitionRegistration { leader: view::leader(image, found), ..(**found).clone() })
}

fn has_full_isr(stage: &Stage, topic: &str) -> bool {
    view::metadata(stage.world())
        .and_then(|image| image.topic(topic))
        .is_some_and(|topic| topic.partitions.iter().all(|r| r.isr.len() == r.replicas.len()))
}

/// What the group looks like to its coordinator and its members, if it is as wanted.
fn stable_look(stage: &Stage, group: &str, members: usize, partitions: usize) -> Option<String> {
    let seen = observe::group(stage.world(), group);
    let listed = seen["members"].as_array()?;
    if listed.len() != members {
        return None;
    }
    let mut look = seen.to_string();
    if members == 0 {
        return Some(look);
    }
    let assigned: usize =
        listed.iter().filter_map(|m| m["assignment"].as_array()).map(Vec::len).sum();
    let mut owned = 0;
    for (client, recorder) in stage.live_members(group) {
        owned += recorder.consumer.assignment.len();
        look += &format!(
            "{client} {} {:?}",
            recorder.consumer.generation, recorder.consumer.assignment
        );
    }
    (seen["state"] == "STABLE" && assigned == partitions && owned == partitions).then_some(look)
}

fn parse(text: &str) -> Option<Condition> {
    if let Some(rest) = text.strip_prefix("group ") {
        return parse_group(rest);
    }
    if let Some(rest) = text.strip_prefix("every partition of ") {
        let topic = rest.strip_suffix(" has its full ISR")?.to_owned();
        return Some(Condition::FullIsr { topic });
    }
    if let Some(rest) = text.strip_prefix("broker ") {
        let broker = rest.strip_suffix(" is unfenced and answers")?;
        return Some(Condition::Unfenced { broker: NodeId(broker.parse().ok()?) });
    }
    match text {
        "a quorum leader answers" => return Some(Condition::QuorumLeader),
        "partitions visible" => return Some(Condition::PartitionsVisible),
        _ => {}
    }
    let (partition, rest) = text.split_once(' ')?;
    parse_partition(partition_of(partition)?, rest)
}

fn parse_partition(partition: NamedPartition, rest: &str) -> Option<Condition> {
    if rest == "has no leader" {
        return Some(Condition::NoLeader { partition });
    }
    if let Some(leader) = rest.strip_prefix("leader=") {
        return Some(Condition::Leader { partition, leader: leader.parse().ok()? });
    }
    if let Some(list) = rest.strip_prefix("isr=[") {
        let isr = list.strip_suffix(']')?.split(", ").map(|b| b.parse().ok());
        return Some(Condition::Isr { partition, isr: isr.collect::<Option<_>>()? });
    }
    if let Some(rest) = rest.strip_prefix("isr has no ") {
        let (gone, leader) = rest.split_once(" and leader is not ")?;
        let broker = gone.parse().ok().filter(|_| gone == leader)?;
        return Some(Condition::Without { partition, broker });
    }
    if let Some(rest) = rest.strip_prefix("high watermark on broker ") {
        let (broker, at_least) = rest.split_once(" >= ")?;
        let broker = NodeId(broker.parse().ok()?);
        return Some(Condition::HighWatermark {
            partition,
            broker,
            at_least: at_least.parse().ok()?,
        });
    }
    let broker = rest.strip_prefix("log start = log end on broker ")?;
    Some(Condition::LogIsEmpty { partition, broker: NodeId(broker.parse().ok()?) })
}

fn parse_group(rest: &str) -> Option<Condition> {
    let (group, rest) = rest.split_once(" stable with ")?;
    let (members, rest) = rest.split_once(" members and ")?;
    let (partitions, rest) = rest.split_once(" partitions assigned, unchanged for ")?;
    let unchanged = rest.strip_suffix(" ms")?.parse().ok()?;
    Some(Condition::GroupStable {
        group: group.to_owned(),
        members: members.parse().ok()?,
        partitions: partitions.parse().ok()?,
        unchanged: Micros::from_ms(unchanged),
    })
}

fn as_set(brokers: &[i32]) -> BTreeSet<i32> {
    brokers.iter().copied().collect()
}

impl std::fmt::Display for Condition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Condition::Leader { partition, leader } => {
                write!(f, "{} leader={leader}", name(partition))
            }
            other => write!(f, "{other:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tp(topic: &str) -> NamedPartition {
        NamedPartition { topic: topic.into(), partition: 0 }
    }

    #[test]
    fn every_text_of_the_grammar_that_is_modelled_is_read() {
        let read = |text: &str| Condition::parse(text).expect(text);
        assert_eq!(read("t01-0 leader=2"), Condition::Leader { partition: tp("t01"), leader: 2 });
        assert_eq!(read("a-b-0 has no leader"), Condition::NoLeader { partition: tp("a-b") });
        assert_eq!(
            read("t-0 isr=[1, 3]"),
            Condition::Isr { partition: tp("t"), isr: BTreeSet::from([1, 3]) }
        );
        assert_eq!(
            read("t-0 isr has no 3 and leader is not 3"),
            Condition::Without { partition: tp("t"), broker: 3 }
        );
        assert_eq!(
            read("t-0 high watermark on broker 1 >= 10"),
            Condition::HighWatermark { partition: tp("t"), broker: NodeId(1), at_least: 10 }
        );
        assert_eq!(
            read("every partition of t has its full ISR"),
            Condition::FullIsr { topic: "t".to_owned() }
        );
        assert_eq!(
            read(
                "group g6-range stable with 2 members and 7 partitions assigned, unchanged for 1500 ms"
            ),
            Condition::GroupStable {
                group: "g6-range".to_owned(),
                members: 2,
                partitions: 7,
                unchanged: Micros::from_ms(1500)
            }
        );
        assert!(Condition::parse("t-0 on broker 1 was compacted").is_err());
        assert!(Condition::parse("nothing ongoing").is_err());
    }

    #[test]
    fn a_change_starts_the_time_again() {
        let mut steadiness = Steadiness::default();
        let mut at = |ms: u64, look: &str| {
            let look = Some(look.to_owned()).filter(|look| !look.is_empty());
            steadiness.lasts(look, SimTime(ms * 1000), Micros::from_ms(1500))
        };
        assert!(!at(0, "a") && !at(1500, "a"));
        assert!(at(1501, "a"));
        assert!(!at(1502, "b") && !at(3002, "b"));
        assert!(!at(3003, "") && !at(9000, "b"));
    }
}
