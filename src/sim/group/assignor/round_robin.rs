//! All partitions in order, dealt out to the members in a circle.
use std::sync::Arc;

use super::{Assignment, Group, Subscription, TopicPartition};
use crate::sim::java::string;
use crate::sim::sorted::sort_by;

pub(super) fn assign(group: &Group) -> Assignment {
    let mut assignment = group.nothing();
    let members = group.sorted_members();
    let mut circle = members.iter().cycle();
    for partition in partitions_in_order(group) {
        let subscribed = |member: &&&Subscription| member.is_subscribed(&partition.topic);
        let member = circle.find(subscribed).expect("topics are those of the subscriptions");
        assignment.entry(member.member_id.clone()).or_default().push(partition);
    }
    assignment
}

fn partitions_in_order(group: &Group) -> Vec<TopicPartition> {
    let mut topics: Vec<(&Arc<str>, usize)> =
        group.topics.iter().map(|(topic, partitions)| (topic, partitions.len())).collect();
    sort_by(&mut topics, |left, right| string::compare(left.0, right.0));
    let partitions = |(topic, count): (&Arc<str>, usize)| {
        let topic = topic.clone();
        (0..).take(count).map(move |partition| TopicPartition { topic: topic.clone(), partition })
    };
    topics.into_iter().flat_map(partitions).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Assignor;
    use super::super::tests::{assigned, member, topics};

    #[test]
    fn partitions_are_dealt_in_a_circle() {
        let members = [member("C1", &["t0", "t1"]), member("C0", &["t0", "t1"])];
        let metadata = topics(&[("t0", 3), ("t1", 3)]);
        let assignment = Assignor::RoundRobin.assign(&metadata, &members).expect("no claims");
        assert_eq!(assigned(&assignment, "C0"), "t0-0 t0-2 t1-1");
        assert_eq!(assigned(&assignment, "C1"), "t0-1 t1-0 t1-2");
    }

    #[test]
    fn members_are_passed_over_for_topics_they_do_not_want() {
        let members =
            [member("C0", &["t0"]), member("C1", &["t0", "t1"]), member("C2", &["t0", "t1", "t2"])];
        let metadata = topics(&[("t0", 1), ("t1", 2), ("t2", 3)]);
        let assignment = Assignor::RoundRobin.assign(&metadata, &members).expect("no claims");
        assert_eq!(assigned(&assignment, "C0"), "t0-0");
        assert_eq!(assigned(&assignment, "C1"), "t1-0");
        assert_eq!(assigned(&assignment, "C2"), "t1-1 t2-0 t2-1 t2-2");
    }
}
