//! Each topic by itself: its partitions cut into consecutive ranges, one a member.
//!
//! With racks on both sides (KIP-881), members get partitions with a replica in their rack first, as far as the sizes of
//! the ranges allow; topics with the same members and the same number of partitions then go together.
use std::sync::Arc;

use crate::sim::sorted::{SortedMap, sort_by};

use super::{Assignment, Group, ReplicaRacks, Subscription, TopicPartition};

pub(super) fn assign(group: &Group) -> Assignment {
    let mut assignment = group.nothing();
    let members = group.sorted_members();
    let mut topics: Vec<Topic> =
        group.topics.iter().map(|(name, racks)| Topic::new(name, racks, &members)).collect();
    let rack_aware = topics.iter().any(Topic::needs_rack_awareness);
    if rack_aware {
        assign_by_racks(&mut topics, &mut assignment);
    }
    for topic in &mut topics {
        topic.assign_ranges(&mut assignment, |_, _| true);
    }
    if rack_aware {
        assignment.values_mut().for_each(|partitions| sort_by(partitions, TopicPartition::compare));
    }
    assignment
}

/// Topics that share their members and the number of partitions are assigned together.
fn assign_by_racks(topics: &mut [Topic], assignment: &mut Assignment) {
    let mut kinds: SortedMap<(Vec<Arc<str>>, usize), Vec<&mut Topic>> = SortedMap::new();
    for topic in topics {
        let members = topic.members.iter().map(|member| member.id.clone()).collect();
        kinds.entry((members, topic.racks.len())).or_default().push(topic);
    }
    for ((_, partitions), mut topics) in kinds {
        match topics.as_mut_slice() {
            [topic] if topic.needs_rack_awareness() => {
                topic.assign_ranges(assignment, Member::is_in_rack_of);
            }
            [_] => {}
            // Without a rack on the side of the members Kafka looks at no partition here.
            [topic, ..] if topic.members.iter().all(|member| member.rack.is_none()) => {}
            together => assign_together(together, partitions, assignment),
        }
    }
}

/// Gives a partition of all topics to one member, if its rack holds a replica of each of them.
fn assign_together(topics: &mut [&mut Topic], partitions: usize, assignment: &mut Assignment) {
    let mut remaining: Vec<usize> = (0..topics[0].members.len()).collect();
    for partition in 0..partitions {
        let matches = |&member: &usize| {
            topics.iter().all(|topic| {
                topic.members[member].is_in_rack_of(&topic.racks[partition])
                    && topic.max_assignable(member) > 0
            })
        };
        let Some(member) = remaining.iter().copied().find(matches) else { continue };
        for topic in topics.iter_mut() {
            topic.assign(member, &[partition], assignment);
        }
        if topics.iter().all(|topic| topic.max_assignable(member) == 0) {
            remaining.retain(|&other| other != member);
        }
    }
}

/// A topic, and how far it is assigned.
struct Topic<'a> {
    name: &'a Arc<str>,
    racks: &'a [ReplicaRacks],
    members: Vec<Member>,
    unassigned: Vec<usize>,
    partitions_per_member: usize,
    /// How many members may still get one partition more.
    extra: usize,
}

/// A member that subscribes to the topic.
struct Member {
    id: Arc<str>,
    rack: Option<Arc<str>>,
    assigned: usize,
}

impl<'a> Topic<'a> {
    fn new(name: &'a Arc<str>, racks: &'a [ReplicaRacks], members: &[&Subscription]) -> Topic<'a> {
        let subscribed = members.iter().filter(|member| member.is_subscribed(name));
        let members: Vec<Member> = subscribed.map(|member| Member::new(member)).collect();
        let (partitions, count) = (racks.len(), members.len());
        Topic {
            name,
            racks,
            unassigned: (0..partitions).collect(),
            partitions_per_member: partitions / count,
            extra: partitions % count,
            members,
        }
    }

    /// Racks matter if some are on both sides and not every partition is in all of them.
    fn needs_rack_awareness(&self) -> bool {
        let all: ReplicaRacks = self.racks.iter().flatten().cloned().collect();
        let mut member_racks = self.members.iter().filter_map(|member| member.rack.as_ref());
        member_racks.any(|rack| all.contains(rack)) && self.racks.iter().any(|racks| *racks != all)
    }

    fn assign_ranges(
        &mut self,
        assignment: &mut Assignment,
        may_assign: fn(&Member, &ReplicaRacks) -> bool,
    ) {
        for member in 0..self.members.len() {
            let assignable =
                |&&partition: &&usize| may_assign(&self.members[member], &self.racks[partition]);
            let range = self.unassigned.iter().filter(assignable).take(self.max_assignable(member));
            let range: Vec<usize> = range.copied().collect();
            if !range.is_empty() {
                self.assign(member, &range, assignment);
            }
        }
    }

    fn max_assignable(&self, member: usize) -> usize {
        let most = self.partitions_per_member + usize::from(self.extra > 0);
        most.saturating_sub(self.members[member].assigned)
    }

    fn assign(&mut self, member: usize, partitions: &[usize], assignment: &mut Assignment) {
        let member = &mut self.members[member];
        member.assigned += partitions.len();
        if member.assigned > self.partitions_per_member {
            self.extra -= 1;
        }
        self.unassigned.retain(|partition| !partitions.contains(partition));
        let partition = |&partition: &usize| TopicPartition {
            topic: self.name.clone(),
            partition: partition as i32,
        };
        assignment.entry(member.id.clone()).or_default().extend(partitions.iter().map(partition));
    }
}

impl Member {
    fn new(subscription: &Subscription) -> Member {
        Member {
            id: subscription.member_id.clone(),
            rack: subscription.rack.clone().filter(|rack| !rack.is_empty()),
            assigned: 0,
        }
    }

    /// Tells whether a replica is in the rack; a member without a rack is at home everywhere.
    fn is_in_rack_of(&self, racks: &ReplicaRacks) -> bool {
        self.rack.as_ref().is_none_or(|rack| racks.contains(rack))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{assigned, member, topics};
    use super::super::{Assignor, Subscription, TopicMetadata};

    fn range(partitions: &[(&str, usize)], members: &[Subscription], of: &str) -> String {
        assigned(&Assignor::Range.assign(&topics(partitions), members).expect("range"), of)
    }

    #[test]
    fn the_first_members_get_one_more() {
        let members = ["B", "A", "C"].map(|id| member(id, &["t"]));
        assert_eq!(range(&[("t", 7)], &members, "A"), "t-0 t-1 t-2");
        assert_eq!(range(&[("t", 7)], &members, "B"), "t-3 t-4");
        assert_eq!(range(&[("t", 7)], &members, "C"), "t-5 t-6");
        assert_eq!(range(&[("t", 2)], &members, "C"), "");
    }

    #[test]
    fn each_topic_counts_for_itself() {
        let members = ["C0", "C1"].map(|id| member(id, &["t0", "t1"]));
        let partitions = [("t0", 3), ("t1", 3)];
        assert_eq!(range(&partitions, &members, "C0"), "t0-0 t0-1 t1-0 t1-1");
        assert_eq!(range(&partitions, &members, "C1"), "t0-2 t1-2");
    }

    #[test]
    fn only_subscribers_count() {
        let members = [member("A", &["t0"]), member("B", &["t0", "t1"])];
        let partitions = [("t0", 3), ("t1", 2)];
        assert_eq!(range(&partitions, &members, "A"), "t0-0 t0-1");
        assert_eq!(range(&partitions, &members, "B"), "t0-2 t1-0 t1-1");
    }

    #[test]
    fn a_member_prefers_partitions_of_its_rack() {
        let racks = ["b", "a", "b", "a"].map(|rack| [rack.into()].into_iter().collect());
        let metadata: TopicMetadata = [("t".into(), racks.to_vec())].into_iter().collect();
        let members =
            ["a", "b"].map(|id| Subscription { rack: Some(id.into()), ..member(id, &["t"]) });
        let assignment = Assignor::Range.assign(&metadata, &members).expect("range");
        assert_eq!(assigned(&assignment, "a"), "t-1 t-3");
        assert_eq!(assigned(&assignment, "b"), "t-0 t-2");
    }
}
