//! As balanced as can be, with as few moves as can be: the sticky and the cooperative sticky assignor (KIP-54, KIP-429).
//!
//! Members that all subscribe to the same topics take the short way of [`constrained`], others that of [`general`].
//!
//! Simplification: Kafka's leader also remembers the highest generation of earlier rebalances; here it is the highest
//! that the members name.
mod constrained;
mod general;
mod movements;
mod racks;

use std::sync::Arc;

use super::{Assignment, Group, IllegalState, Subscription, TopicPartition};
use crate::sim::java::hash_map::{JavaHashMap, JavaHashSet};
use racks::Racks;

/// The generation of a member that names none.
const DEFAULT_GENERATION: i32 = -1;

/// A member by its place in the order in which the Java client iterates over the members.
type MemberIndex = usize;

/// A partition that was taken from one member for another, and the new one.
type Transfers = JavaHashMap<TopicPartition, MemberIndex>;

/// Whether partitions may move at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// Everybody has given up everything.
    Eager,
    /// A partition moves only after its old owner has given it up, in the next rebalance.
    Cooperative,
}

pub(super) fn assign(group: &Group, protocol: Protocol) -> Result<Assignment, IllegalState> {
    let members: Vec<&Subscription> = group.members.values().copied().collect();
    let claims = Claims::of(group, &members);
    let racks = Racks::new(group, &members);
    let (mut assigned, transfers) = if claims.equal_subscriptions {
        constrained::assign(group, &members, claims, &racks)?
    } else {
        let assigned = general::assign(group, &members, claims, &racks);
        let transfers = transfers(&members, &assigned);
        (assigned, transfers)
    };
    if protocol == Protocol::Cooperative {
        for (partition, &member) in transfers.iter() {
            remove(&mut assigned[member], partition);
        }
    }
    Ok(members.iter().map(|member| member.member_id.clone()).zip(assigned).collect())
}

/// What the members had, as far as it is valid.
struct Claims {
    /// The partitions of each member whose topic exists and that nobody claims with more right.
    owned: Vec<Vec<TopicPartition>>,
    /// The partitions that two members claim with the same right, so that nobody keeps them.
    contested: JavaHashSet<TopicPartition>,
    equal_subscriptions: bool,
    max_generation: i32,
}

impl Claims {
    fn of(group: &Group, members: &[&Subscription]) -> Claims {
        let generation = |member: &Subscription| member.generation.unwrap_or(DEFAULT_GENERATION);
        let highest = members.iter().map(|member| generation(member)).max();
        let mut claims = Claims {
            owned: vec![Vec::new(); members.len()],
            contested: JavaHashSet::new(),
            equal_subscriptions: have_equal_subscriptions(members),
            max_generation: highest.unwrap_or(DEFAULT_GENERATION),
        };
        let mut owner: JavaHashMap<TopicPartition, MemberIndex> = JavaHashMap::new();
        for (index, member) in members.iter().enumerate() {
            for partition in &member.owned {
                if !group.topics.contains_key(&partition.topic) {
                    continue;
                }
                let other = owner.get(partition).copied();
                let right = other.map(|other| generation(member).cmp(&generation(members[other])));
                if right.is_some_and(|right| right.is_lt()) {
                    continue;
                }
                if let Some(other) = other {
                    remove(&mut claims.owned[other], partition);
                }
                if right.is_some_and(|right| right.is_eq()) {
                    claims.contested.insert(partition.clone());
                } else {
                    claims.owned[index].push(partition.clone());
                }
                owner.insert(partition.clone(), index);
            }
        }
        claims
    }
}

/// Compares each member with the first one that subscribes to something, as Kafka does: members without topics before
/// it are not looked at.
fn have_equal_subscriptions(members: &[&Subscription]) -> bool {
    let mut members = members.iter().skip_while(|member| member.topics.is_empty());
    let Some(first) = members.next() else { return true };
    members.all(|member| {
        member.topics.len() == first.topics.len()
            && member.topics.iter().all(|topic| first.is_subscribed(topic))
    })
}

/// Returns the partitions that one member got and another one gave up.
fn transfers(members: &[&Subscription], assigned: &[Vec<TopicPartition>]) -> Transfers {
    let mut added = Vec::new();
    let mut revoked = JavaHashSet::new();
    for (index, (member, assigned)) in members.iter().zip(assigned).enumerate() {
        let owned = JavaHashSet::copy_of(member.owned.iter());
        let kept = JavaHashSet::copy_of(assigned.iter());
        let new = assigned.iter().filter(|partition| !owned.contains(partition));
        added.extend(new.map(|partition| (partition, index)));
        revoked.extend(member.owned.iter().filter(|partition| !kept.contains(partition)));
    }
    let moved = added.into_iter().filter(|(partition, _)| revoked.contains(partition));
    moved.map(|(partition, member)| (partition.clone(), member)).collect()
}

fn remove(partitions: &mut Vec<TopicPartition>, partition: &TopicPartition) {
    if let Some(place) = partitions.iter().position(|other| other == partition) {
        partitions.remove(place);
    }
}

/// Returns the sorted partitions that are not in the sorted `assigned`.
///
/// Like Kafka, goes through both lists once: an assigned partition that does not exist ends the comparison.
fn unassigned<'a>(
    all: impl Iterator<Item = TopicPartition>,
    assigned: impl Iterator<Item = &'a TopicPartition>,
) -> Vec<TopicPartition> {
    let mut assigned = assigned.peekable();
    all.filter(|partition| assigned.next_if(|next| *next == partition).is_none()).collect()
}

/// Returns the partitions of a topic in order.
fn partitions_of(group: &Group, topic: &Arc<str>) -> impl Iterator<Item = TopicPartition> {
    let count = group.topics.get(topic).map_or(0, |partitions| partitions.len());
    let topic = topic.clone();
    (0..).take(count).map(move |partition| TopicPartition { topic: topic.clone(), partition })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{assigned, member, topics};
    use super::super::{Assignment, Assignor, Subscription, TopicMetadata, TopicPartition};

    /// Members that had these partitions of topic `t` in generation 1.
    fn members_of_t(owned: &[(&str, &[i32])]) -> Vec<Subscription> {
        let partition = |&partition: &i32| TopicPartition { topic: "t".into(), partition };
        let member = |(id, owned): &(&str, &[i32])| Subscription {
            owned: owned.iter().map(partition).collect(),
            generation: Some(1),
            ..member(id, &["t"])
        };
        owned.iter().map(member).collect()
    }

    fn assign(
        assignor: Assignor,
        metadata: &TopicMetadata,
        members: &[Subscription],
    ) -> Assignment {
        assignor.assign(metadata, members).expect("enough members for all partitions")
    }

    /// The rebalances of `06-classic-sticky`, recorded from a real cluster: members and what they then had.
    const RECORDED: [&[(&str, &str)]; 7] = [
        &[(M1, "t0-0 t0-1 t0-2 t1-0 t1-1 t1-2 t1-3")],
        &[(M1, "t0-0 t0-1 t1-0 t1-1"), (M2, "t0-2 t1-2 t1-3")],
        &[(M1, "t0-0 t1-0"), (M2, "t0-2 t1-2 t1-3"), (M3, "t0-1 t1-1")],
        &[(M1, "t0-0 t0-2 t1-0 t1-3"), (M3, "t0-1 t1-1 t1-2")],
        &[(M1, "t0-0 t1-0"), (M2_AGAIN, "t0-2 t1-3"), (M3, "t0-1 t1-1 t1-2")],
        &[(M2_AGAIN, "t0-0 t0-2 t1-3"), (M3, "t0-1 t1-0 t1-1 t1-2")],
        &[(M2_AGAIN, "t0-0 t0-1 t0-2 t1-0 t1-1 t1-2 t1-3")],
    ];
    const M1: &str = "m1-52eb4008-c27b-466f-83cf-b8d81313b1f8";
    const M2: &str = "m2-e64f5428-d35b-4a97-928f-187d900133c4";
    const M2_AGAIN: &str = "m2-42c96687-208e-4b7c-a993-2637afc50c97";
    const M3: &str = "m3-2fa9a45d-b799-4063-bc74-f54456cd9366";

    #[test]
    fn partitions_stick_as_on_a_real_cluster() {
        let metadata = topics(&[("t0", 3), ("t1", 4)]);
        let mut before = Assignment::new();
        for (generation, expected) in (0..).zip(RECORDED) {
            let rejoin = |&(id, _): &(&str, &str)| Subscription {
                owned: before.get(id).cloned().unwrap_or_default(),
                generation: before.contains_key(id).then_some(generation),
                ..member(id, &["t0", "t1"])
            };
            let members: Vec<Subscription> = expected.iter().map(rejoin).collect();
            before = assign(Assignor::Sticky, &metadata, &members);
            before.values_mut().for_each(|partitions| partitions.sort_by(TopicPartition::compare));
            for (id, partitions) in expected {
                assert_eq!(
                    assigned(&before, id),
                    *partitions,
                    "{id} in generation {}",
                    generation + 1
                );
            }
        }
    }

    #[test]
    fn without_history_partitions_go_round() {
        let members = ["C0", "C1", "C2"].map(|id| member(id, &["t0", "t1", "t2", "t3"]));
        let metadata = topics(&[("t0", 2), ("t1", 2), ("t2", 2), ("t3", 2)]);
        let assignment = assign(Assignor::Sticky, &metadata, &members);
        assert_eq!(assigned(&assignment, "C0"), "t0-0 t1-1 t3-0");
        assert_eq!(assigned(&assignment, "C1"), "t0-1 t2-0 t3-1");
        assert_eq!(assigned(&assignment, "C2"), "t1-0 t2-1");
    }

    #[test]
    fn a_new_member_takes_only_its_share() {
        let members = members_of_t(&[("A", &[0, 2, 4]), ("B", &[1, 3, 5]), ("C", &[])]);
        let assignment = assign(Assignor::Sticky, &topics(&[("t", 6)]), &members);
        assert_eq!(assigned(&assignment, "A"), "t-0 t-2");
        assert_eq!(assigned(&assignment, "B"), "t-1 t-3");
        assert_eq!(assigned(&assignment, "C"), "t-4 t-5");
    }

    #[test]
    fn cooperative_members_wait_until_the_old_owner_gave_up() {
        let metadata = topics(&[("t", 6)]);
        let members = members_of_t(&[("A", &[0, 2, 4]), ("B", &[1, 3, 5]), ("C", &[])]);
        let first = assign(Assignor::CooperativeSticky, &metadata, &members);
        assert_eq!(assigned(&first, "A"), "t-0 t-2");
        assert_eq!(assigned(&first, "C"), "");
        let members = members_of_t(&[("A", &[0, 2]), ("B", &[1, 3]), ("C", &[])]);
        let second = assign(Assignor::CooperativeSticky, &metadata, &members);
        assert_eq!(assigned(&second, "A"), "t-0 t-2");
        assert_eq!(assigned(&second, "C"), "t-4 t-5");
    }

    #[test]
    fn the_newer_claim_wins_and_equal_ones_lose() {
        let metadata = topics(&[("t", 2)]);
        let mut members = members_of_t(&[("A", &[0, 1]), ("B", &[0])]);
        members[1].generation = Some(2);
        let assignment = assign(Assignor::Sticky, &metadata, &members);
        assert_eq!(assigned(&assignment, "B"), "t-0");
        let members = members_of_t(&[("A", &[1]), ("B", &[1, 0])]);
        let assignment = assign(Assignor::CooperativeSticky, &metadata, &members);
        assert_eq!(assigned(&assignment, "A"), "", "the contested partition waits a round");
        assert_eq!(assigned(&assignment, "B"), "t-0");
    }

    #[test]
    fn members_with_different_topics_are_balanced_too() {
        let members =
            [member("A", &["t0"]), member("B", &["t0", "t1"]), member("C", &["t0", "t1", "t2"])];
        let metadata = topics(&[("t0", 1), ("t1", 2), ("t2", 3)]);
        let assignment = assign(Assignor::Sticky, &metadata, &members);
        assert_eq!(assigned(&assignment, "A"), "t0-0");
        assert_eq!(assigned(&assignment, "B"), "t1-0 t1-1");
        assert_eq!(assigned(&assignment, "C"), "t2-0 t2-1 t2-2");
    }
}
