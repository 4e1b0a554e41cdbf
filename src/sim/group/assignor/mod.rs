//! The client-side assignors of the classic protocol: the leader of a group decides who reads which partition.
mod range;
mod round_robin;
mod sticky;

use std::cmp::Ordering;
use std::sync::Arc;

use self::sticky::Protocol;
use crate::sim::java::hash::JavaHash;
use crate::sim::java::hash_map::{JavaHashMap, JavaHashSet};
use crate::sim::java::string;
use crate::sim::sorted::{SortedMap, SortedSet, sort_by};

/// A partition by the name of its topic.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TopicPartition {
    /// The name of the topic.
    pub topic: Arc<str>,
    /// The number of the partition.
    pub partition: i32,
}

/// What a member tells when it joins.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Subscription {
    /// The member id.
    pub member_id: Arc<str>,
    /// The value of `group.instance.id`.
    pub group_instance_id: Option<Arc<str>>,
    /// The value of `client.rack`.
    pub rack: Option<Arc<str>>,
    /// The subscribed topics.
    pub topics: Vec<Arc<str>>,
    /// The partitions the member had before; only sticky assignors look at them.
    pub owned: Vec<TopicPartition>,
    /// The generation in which it had them.
    pub generation: Option<i32>,
}

/// The racks that hold a replica of a partition.
pub type ReplicaRacks = SortedSet<Arc<str>>;

/// The partitions of each topic in the leader's metadata, in order.
pub type TopicMetadata = SortedMap<Arc<str>, Vec<ReplicaRacks>>;

/// The partitions of each member.
pub type Assignment = SortedMap<Arc<str>, Vec<TopicPartition>>;

/// An assignor of `partition.assignment.strategy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Assignor {
    /// `org.apache.kafka.clients.consumer.RangeAssignor`.
    Range,
    /// `org.apache.kafka.clients.consumer.RoundRobinAssignor`.
    RoundRobin,
    /// `org.apache.kafka.clients.consumer.StickyAssignor`.
    Sticky,
    /// `org.apache.kafka.clients.consumer.CooperativeStickyAssignor`.
    CooperativeSticky,
}

/// An `IllegalStateException` of an assignor, with its message: Kafka's algorithm met claims it cannot cope with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IllegalState(pub String);

impl Assignor {
    /// Returns the name of the assignor in the group's protocols.
    pub fn name(self) -> &'static str {
        match self {
            Assignor::Range => "range",
            Assignor::RoundRobin => "roundrobin",
            Assignor::Sticky => "sticky",
            Assignor::CooperativeSticky => "cooperative-sticky",
        }
    }

    /// Assigns partitions to the members, given in the order in which the coordinator listed them to the leader.
    ///
    /// # Errors
    /// If the claims of the members defeat a sticky assignor, as they then do in Kafka.
    pub fn assign(
        self,
        metadata: &TopicMetadata,
        members: &[Subscription],
    ) -> Result<Assignment, IllegalState> {
        let group = Group::new(metadata, members);
        match self {
            Assignor::Range => Ok(range::assign(&group)),
            Assignor::RoundRobin => Ok(round_robin::assign(&group)),
            Assignor::Sticky => sticky::assign(&group, Protocol::Eager),
            Assignor::CooperativeSticky => sticky::assign(&group, Protocol::Cooperative),
        }
    }
}

/// The input of an assignor, in the order in which the Java client iterates over it.
struct Group<'a> {
    members: JavaHashMap<Arc<str>, &'a Subscription>,
    /// The subscribed topics that exist.
    topics: JavaHashMap<Arc<str>, &'a [ReplicaRacks]>,
}

impl<'a> Group<'a> {
    fn new(metadata: &'a TopicMetadata, members: &'a [Subscription]) -> Group<'a> {
        let members: JavaHashMap<Arc<str>, &Subscription> =
            members.iter().map(|member| (member.member_id.clone(), member)).collect();
        let mut subscribed = JavaHashSet::new();
        for member in members.values() {
            // A subscription lists its topics in order when it is serialized.
            let mut topics = member.topics.clone();
            sort_by(&mut topics, |left, right| string::compare(left, right));
            subscribed.extend(topics);
        }
        let existing = |topic: &Arc<str>| {
            let partitions = metadata.get(topic)?.as_slice();
            (!partitions.is_empty()).then(|| (topic.clone(), partitions))
        };
        Group { topics: subscribed.iter().filter_map(existing).collect(), members }
    }

    /// Returns an assignment of nothing to every member.
    fn nothing(&self) -> Assignment {
        self.members.keys().map(|member| (member.clone(), Vec::new())).collect()
    }

    /// Returns the members, static ones first by instance id, the others by member id.
    fn sorted_members(&self) -> Vec<&'a Subscription> {
        let mut members: Vec<&Subscription> = self.members.values().copied().collect();
        sort_by(&mut members, |left, right| left.compare(right));
        members
    }
}

impl Subscription {
    fn compare(&self, other: &Subscription) -> Ordering {
        match (&self.group_instance_id, &other.group_instance_id) {
            (Some(left), Some(right)) => string::compare(left, right),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => string::compare(&self.member_id, &other.member_id),
        }
    }

    fn is_subscribed(&self, topic: &str) -> bool {
        self.topics.iter().any(|subscribed| &**subscribed == topic)
    }
}

impl TopicPartition {
    /// Compares by topic, then by partition.
    fn compare(&self, other: &TopicPartition) -> Ordering {
        string::compare(&self.topic, &other.topic).then(self.partition.cmp(&other.partition))
    }
}

impl JavaHash for TopicPartition {
    fn hash_code(&self) -> i32 {
        let hash = self.partition.wrapping_add(31);
        hash.wrapping_mul(31).wrapping_add(self.topic.hash_code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn topics(partitions: &[(&str, usize)]) -> TopicMetadata {
        let topic =
            |&(name, count): &(&str, usize)| (name.into(), vec![ReplicaRacks::new(); count]);
        partitions.iter().map(topic).collect()
    }

    pub(super) fn member(id: &str, topics: &[&str]) -> Subscription {
        Subscription {
            member_id: id.into(),
            group_instance_id: None,
            rack: None,
            topics: topics.iter().map(|&topic| topic.into()).collect(),
            owned: Vec::new(),
            generation: None,
        }
    }

    pub(super) fn assigned(assignment: &Assignment, member: &str) -> String {
        let partition = |tp: &TopicPartition| format!("{}-{}", tp.topic, tp.partition);
        assignment[member].iter().map(partition).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn static_members_come_first() {
        let fixed = Subscription { group_instance_id: Some("z".into()), ..member("z", &["t"]) };
        let members = [member("a", &["t"]), fixed];
        let assignment = Assignor::Range.assign(&topics(&[("t", 3)]), &members).expect("range");
        assert_eq!(assigned(&assignment, "z"), "t-0 t-1");
        assert_eq!(assigned(&assignment, "a"), "t-2");
    }

    #[test]
    fn a_topic_that_does_not_exist_is_left_out() {
        for assignor in [Assignor::Range, Assignor::RoundRobin] {
            let members = [member("a", &["t", "gone"]), member("b", &["gone"])];
            let metadata = topics(&[("t", 1), ("gone", 0)]);
            let assignment = assignor.assign(&metadata, &members).expect("no claims");
            assert_eq!(assigned(&assignment, "a"), "t-0");
            assert_eq!(assigned(&assignment, "b"), "");
        }
    }
}
