//! The long way, for members with different topics: keep what is valid, deal out the rest, then move single partitions
//! to members with fewer until that makes nothing better.
use std::sync::Arc;

use super::super::{Group, Subscription, TopicPartition};
use super::movements::{MemberPair, Movements};
use super::racks::Racks;
use super::{Claims, DEFAULT_GENERATION, MemberIndex, partitions_of, remove, unassigned};
use crate::sim::java::hash_map::JavaHashMap;
use crate::sim::java::string;
use crate::sim::sorted::{SortedSet, sort_by};

pub(super) fn assign(
    group: &Group,
    members: &[&Subscription],
    claims: Claims,
    racks: &Racks,
) -> Vec<Vec<TopicPartition>> {
    let previous = previous_owners(members, claims.max_generation);
    let mut builder = Builder::new(group, members, claims.owned, racks);
    let revocation_required = builder.drop_invalid();
    let all = builder.all_partitions();
    let left = builder.unassigned(&all);
    builder.sort_members();
    builder.balance(Partitions { all, left }, &previous, revocation_required);
    builder.assigned
}

/// All partitions, and those that nobody keeps.
struct Partitions {
    all: Vec<TopicPartition>,
    left: Vec<TopicPartition>,
}

/// Who had a partition before members of a newer generation claimed it or it went astray.
type PreviousOwners = JavaHashMap<TopicPartition, (MemberIndex, i32)>;

fn previous_owners(members: &[&Subscription], max_generation: i32) -> PreviousOwners {
    let mut previous = PreviousOwners::new();
    for (index, member) in members.iter().enumerate() {
        let generation = member.generation.unwrap_or(DEFAULT_GENERATION);
        if generation >= max_generation {
            continue;
        }
        for partition in &member.owned {
            if previous.get(partition).is_none_or(|(_, known)| generation > *known) {
                previous.insert(partition.clone(), (index, generation));
            }
        }
    }
    previous
}

struct Builder<'a> {
    group: &'a Group<'a>,
    members: &'a [&'a Subscription],
    racks: &'a Racks<'a>,
    assigned: Vec<Vec<TopicPartition>>,
    owner: JavaHashMap<TopicPartition, MemberIndex>,
    /// The members that subscribe to a topic.
    subscribers: JavaHashMap<Arc<str>, Vec<MemberIndex>>,
    /// The existing topics each member subscribes to.
    topics: Vec<Vec<Arc<str>>>,
    /// The place of each member in the order of member ids.
    rank: Vec<usize>,
    /// The members that take part, by number of partitions, then by member id.
    by_load: SortedSet<(usize, usize, MemberIndex)>,
    movements: Movements,
}

impl<'a> Builder<'a> {
    fn new(
        group: &'a Group<'a>,
        members: &'a [&'a Subscription],
        assigned: Vec<Vec<TopicPartition>>,
        racks: &'a Racks<'a>,
    ) -> Builder<'a> {
        let mut subscribers: JavaHashMap<Arc<str>, Vec<MemberIndex>> = JavaHashMap::new();
        let mut topics = vec![Vec::new(); members.len()];
        for topic in group.topics.keys() {
            subscribers.insert(topic.clone(), Vec::new());
        }
        for (index, member) in members.iter().enumerate() {
            for topic in &member.topics {
                if let Some(subscribers) = subscribers.get_mut(topic) {
                    subscribers.push(index);
                    topics[index].push(topic.clone());
                }
            }
        }
        let mut owner = JavaHashMap::new();
        for (index, partitions) in assigned.iter().enumerate() {
            owner.extend(partitions.iter().map(|partition| (partition.clone(), index)));
        }
        let (rank, by_load, movements) = (ranks(members), SortedSet::new(), Movements::default());
        Builder {
            group,
            members,
            racks,
            assigned,
            owner,
            subscribers,
            topics,
            rank,
            by_load,
            movements,
        }
    }

    /// Takes from members what they do not subscribe to any more or is in the wrong rack, and tells whether it did.
    fn drop_invalid(&mut self) -> bool {
        let before: usize = self.assigned.iter().map(Vec::len).sum();
        for (index, partitions) in self.assigned.iter_mut().enumerate() {
            partitions.retain(|partition| {
                self.members[index].is_subscribed(&partition.topic)
                    && !self.racks.mismatch(index, partition)
            });
        }
        let after: usize = self.assigned.iter().map(Vec::len).sum();
        before != after
    }

    /// Returns all partitions, topics with few subscribers first.
    fn all_partitions(&self) -> Vec<TopicPartition> {
        let mut topics: Vec<&Arc<str>> = self.subscribers.keys().collect();
        sort_by(&mut topics, |left, right| {
            let count = |topic| self.subscribers_of(topic).len();
            count(left).cmp(&count(right)).then_with(|| string::compare(left, right))
        });
        topics.into_iter().flat_map(|topic| partitions_of(self.group, topic)).collect()
    }

    fn unassigned(&self, all: &[TopicPartition]) -> Vec<TopicPartition> {
        let mut assigned: Vec<&TopicPartition> = self.assigned.iter().flatten().collect();
        sort_by(&mut assigned, |left, right| {
            let count = |partition: &TopicPartition| self.subscribers_of(&partition.topic).len();
            count(left).cmp(&count(right)).then_with(|| left.compare(right))
        });
        unassigned(all.iter().cloned(), assigned.into_iter())
    }

    fn sort_members(&mut self) {
        self.by_load = (0..self.members.len()).map(|member| self.load(member)).collect();
    }

    fn balance(
        &mut self,
        partitions: Partitions,
        previous: &PreviousOwners,
        revocation_required: bool,
    ) {
        let Partitions { mut all, mut left } = partitions;
        let initializing = self.assigned.iter().all(Vec::is_empty);
        self.assign_left(&left);
        all.retain(|partition| self.is_movable(&partition.topic));
        left.retain(|partition| self.is_movable(&partition.topic));
        let fixed: Vec<bool> =
            (0..self.members.len()).map(|member| !self.takes_part(member)).collect();
        self.by_load.retain(|&(_, _, member)| !fixed[member]);
        let before = self.assigned.clone();
        if !revocation_required {
            self.move_while_it_helps(&left, previous, &fixed);
        }
        let moved = self.move_while_it_helps(&all, previous, &fixed);
        let score = |assigned: &[Vec<TopicPartition>]| balance_score(assigned, &fixed);
        if !initializing && moved && score(&self.assigned) >= score(&before) {
            self.assigned = before;
        }
    }

    /// Gives each partition to the member with the fewest, in two rounds if racks decide.
    fn assign_left(&mut self, left: &[TopicPartition]) {
        let far: Vec<&TopicPartition> = if self.racks.in_use() {
            left.iter().filter(|partition| !self.assign_to_least(partition, true)).collect()
        } else {
            left.iter().collect()
        };
        for partition in far {
            self.assign_to_least(partition, false);
        }
    }

    fn assign_to_least(&mut self, partition: &TopicPartition, near_only: bool) -> bool {
        let may_take = |&(_, _, member): &(usize, usize, MemberIndex)| {
            self.topics[member].contains(&partition.topic)
                && !(near_only && self.racks.mismatch(member, partition))
        };
        let Some((_, _, member)) = self.by_load.iter().copied().find(may_take) else {
            return false;
        };
        self.by_load.remove(&self.load(member));
        self.assigned[member].push(partition.clone());
        self.by_load.insert(self.load(member));
        self.owner.insert(partition.clone(), member);
        true
    }

    /// A topic with one subscriber stays where it is.
    fn is_movable(&self, topic: &Arc<str>) -> bool {
        self.subscribers_of(topic).len() >= 2
    }

    /// A member takes part if it may get more or has something that may move.
    fn takes_part(&self, member: MemberIndex) -> bool {
        self.assigned[member].len() < self.max_assignable(member)
            || self.assigned[member].iter().any(|partition| self.is_movable(&partition.topic))
    }

    fn max_assignable(&self, member: MemberIndex) -> usize {
        let count = |topic| self.group.topics.get(topic).map_or(0, |partitions| partitions.len());
        self.topics[member].iter().map(count).sum()
    }

    fn move_while_it_helps(
        &mut self,
        partitions: &[TopicPartition],
        previous: &PreviousOwners,
        fixed: &[bool],
    ) -> bool {
        let mut moved = false;
        loop {
            let mut modified = false;
            for partition in partitions {
                if self.is_balanced(fixed) {
                    break;
                }
                modified |= self.move_if_it_helps(partition, previous, fixed);
            }
            if !modified {
                return moved;
            }
            moved = true;
        }
    }

    fn move_if_it_helps(
        &mut self,
        partition: &TopicPartition,
        previous: &PreviousOwners,
        fixed: &[bool],
    ) -> bool {
        let Some(&owner) = self.owner.get(partition) else { return false };
        let has_fewer = |other: MemberIndex| {
            !fixed[other] && self.assigned[owner].len() > self.assigned[other].len() + 1
        };
        if let Some(&(former, _)) = previous.get(partition)
            && has_fewer(former)
        {
            self.reassign(partition, former);
            return true;
        }
        // Kafka first looks for such a member near the partition; either way the one with the fewest gets it.
        if !self.subscribers_of(&partition.topic).iter().any(|&other| has_fewer(other)) {
            return false;
        }
        let subscribed = |&(_, _, member): &(usize, usize, MemberIndex)| {
            self.topics[member].contains(&partition.topic)
        };
        let least = self.by_load.iter().copied().find(subscribed);
        let (_, _, least) = least.expect("a subscriber with fewer partitions was just seen");
        self.reassign(partition, least);
        true
    }

    fn reassign(&mut self, partition: &TopicPartition, to: MemberIndex) {
        let id = |member: MemberIndex| self.members[member].member_id.clone();
        let owner =
            |partition| self.owner.get(partition).copied().expect("only owned partitions move");
        let pair = MemberPair { from: id(owner(partition)), to: id(to) };
        let partition = self.movements.actual(partition, pair);
        let from = owner(&partition);
        self.movements.add(&partition, MemberPair { from: id(from), to: id(to) });
        for member in [from, to] {
            self.by_load.remove(&self.load(member));
        }
        remove(&mut self.assigned[from], &partition);
        self.assigned[to].push(partition.clone());
        for member in [from, to] {
            self.by_load.insert(self.load(member));
        }
        self.owner.insert(partition, to);
    }

    /// Tells whether no member could get a partition of one with two more.
    fn is_balanced(&self, fixed: &[bool]) -> bool {
        let (Some(least), Some(most)) = (self.by_load.first(), self.by_load.last()) else {
            return true;
        };
        if least.0 + 1 >= most.0 {
            return true;
        }
        let mut holder: JavaHashMap<&TopicPartition, MemberIndex> = JavaHashMap::new();
        for (member, partitions) in self.assigned.iter().enumerate().filter(|(m, _)| !fixed[*m]) {
            holder.extend(partitions.iter().map(|partition| (partition, member)));
        }
        self.by_load.iter().all(|&(count, _, member)| {
            count == self.max_assignable(member) || !self.could_get_more(member, &holder)
        })
    }

    fn could_get_more(
        &self,
        member: MemberIndex,
        holder: &JavaHashMap<&TopicPartition, MemberIndex>,
    ) -> bool {
        let mine = &self.assigned[member];
        let partitions =
            self.topics[member].iter().flat_map(|topic| partitions_of(self.group, topic));
        let mut others = partitions.filter(|partition| !mine.contains(partition));
        others.any(|partition| {
            let other = holder.get(&&partition);
            other.is_some_and(|&other| mine.len() + 1 < self.assigned[other].len())
        })
    }

    fn subscribers_of(&self, topic: &Arc<str>) -> &[MemberIndex] {
        self.subscribers.get(topic).map_or(&[], Vec::as_slice)
    }

    fn load(&self, member: MemberIndex) -> (usize, usize, MemberIndex) {
        (self.assigned[member].len(), self.rank[member], member)
    }
}

/// Returns the place of each member in the order of member ids.
fn ranks(members: &[&Subscription]) -> Vec<usize> {
    let mut order: Vec<MemberIndex> = (0..members.len()).collect();
    sort_by(&mut order, |&left, &right| {
        string::compare(&members[left].member_id, &members[right].member_id)
    });
    let mut ranks = vec![0; members.len()];
    for (rank, member) in order.into_iter().enumerate() {
        ranks[member] = rank;
    }
    ranks
}

/// Sums the differences between all members that take part; 0 is perfect.
fn balance_score(assigned: &[Vec<TopicPartition>], fixed: &[bool]) -> usize {
    let taking_part = assigned.iter().zip(fixed).filter(|(_, fixed)| !**fixed);
    let sizes: Vec<usize> = taking_part.map(|(partitions, _)| partitions.len()).collect();
    let pairs = sizes.iter().enumerate();
    pairs
        .flat_map(|(place, left)| sizes[place + 1..].iter().map(|right| left.abs_diff(*right)))
        .sum()
}
