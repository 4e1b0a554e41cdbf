//! The short way, for members that all subscribe to the same topics.
//!
//! Each gets the average rounded down or up. Members keep what they had up to that; the rest goes round those that lack
//! something, near ones first.
use std::sync::Arc;

use super::super::{Group, IllegalState, Subscription, TopicPartition};
use super::racks::Racks;
use super::{Claims, MemberIndex, Transfers, partitions_of, unassigned};
use crate::sim::java::hash_map::{JavaHashMap, JavaHashSet};
use crate::sim::java::string;
use crate::sim::sorted::sort_by;

pub(super) fn assign(
    group: &Group,
    members: &[&Subscription],
    claims: Claims,
    racks: &Racks,
) -> Result<(Vec<Vec<TopicPartition>>, Transfers), IllegalState> {
    let Claims { owned, contested, .. } = claims;
    let mut builder = Builder::new(group, members, contested);
    for (member, partitions) in owned.into_iter().enumerate() {
        builder.keep_owned(member, partitions, racks);
    }
    let mut left = builder.unassigned(group);
    builder.sort_unfilled(members);
    racks.sort(&mut left);
    if racks.in_use() {
        left.retain(|partition| !builder.assign_near(partition, racks));
    }
    builder.assign_round_robin(left)?;
    builder.verify(members)?;
    Ok((builder.assigned, builder.transfers))
}

struct Builder {
    assigned: Vec<Vec<TopicPartition>>,
    contested: JavaHashSet<TopicPartition>,
    /// Partitions that their owner could not keep.
    maybe_revoked: JavaHashMap<TopicPartition, MemberIndex>,
    transfers: Transfers,
    /// Members with fewer partitions than the lower quota.
    below_min: Vec<MemberIndex>,
    /// Members with exactly the lower quota that may get one more.
    at_min: Vec<MemberIndex>,
    min_quota: usize,
    max_quota: usize,
    /// How many members shall get the higher quota, and how many have it.
    over_min_expected: usize,
    over_min: usize,
    /// Where the round over `below_min` goes on.
    next: usize,
}

impl Builder {
    fn new(
        group: &Group,
        members: &[&Subscription],
        contested: JavaHashSet<TopicPartition>,
    ) -> Builder {
        let total: usize = group.topics.values().map(|partitions| partitions.len()).sum();
        Builder {
            assigned: vec![Vec::new(); members.len()],
            contested,
            maybe_revoked: JavaHashMap::new(),
            transfers: Transfers::new(),
            below_min: Vec::new(),
            at_min: Vec::new(),
            min_quota: total / members.len(),
            max_quota: total.div_ceil(members.len()),
            over_min_expected: total % members.len(),
            over_min: 0,
            next: 0,
        }
    }

    /// Leaves a member what it had, up to its quota.
    fn keep_owned(&mut self, member: MemberIndex, owned: Vec<TopicPartition>, racks: &Racks) {
        let (far, mut owned): (Vec<_>, Vec<_>) =
            owned.into_iter().partition(|partition| racks.mismatch(member, partition));
        self.revoke(member, far);
        owned.retain(|partition| !self.contested.contains(partition));
        sort_by(&mut owned, |left, right| {
            left.partition
                .cmp(&right.partition)
                .then_with(|| string::compare(&left.topic, &right.topic))
        });
        let may_exceed = self.over_min < self.over_min_expected;
        let quota = if owned.len() < self.min_quota {
            self.below_min.push(member);
            owned.len()
        } else if owned.len() >= self.max_quota && may_exceed {
            self.count_over_min();
            self.max_quota
        } else {
            if may_exceed {
                self.at_min.push(member);
            }
            self.min_quota
        };
        let surplus = owned.split_off(quota);
        self.revoke(member, surplus);
        self.assigned[member] = owned;
    }

    fn revoke(&mut self, member: MemberIndex, partitions: Vec<TopicPartition>) {
        self.maybe_revoked.extend(partitions.into_iter().map(|partition| (partition, member)));
    }

    /// Once enough members have the higher quota, those with the lower one are complete.
    fn count_over_min(&mut self) {
        self.over_min += 1;
        if self.over_min == self.over_min_expected {
            self.at_min.clear();
        }
    }

    fn unassigned(&self, group: &Group) -> Vec<TopicPartition> {
        let mut topics: Vec<&Arc<str>> = group.topics.keys().collect();
        sort_by(&mut topics, |left, right| string::compare(left, right));
        let mut assigned: Vec<&TopicPartition> = self.assigned.iter().flatten().collect();
        sort_by(&mut assigned, |left, right| left.compare(right));
        let all = topics.into_iter().flat_map(|topic| partitions_of(group, topic));
        unassigned(all, assigned.into_iter())
    }

    fn sort_unfilled(&mut self, members: &[&Subscription]) {
        let id = |member: &MemberIndex| &members[*member].member_id;
        sort_by(&mut self.below_min, |left, right| string::compare(id(left), id(right)));
        sort_by(&mut self.at_min, |left, right| string::compare(id(left), id(right)));
    }

    /// Gives a partition to a member in one of its racks, if there is one that lacks something.
    fn assign_near(&mut self, partition: &TopicPartition, racks: &Racks) -> bool {
        let member = if let Some(place) = racks.next_member(partition, &self.below_min, self.next) {
            self.take_below_min(place)
        } else if let Some(place) = racks.next_member(partition, &self.at_min, 0) {
            self.take_at_min(place)
        } else {
            return false;
        };
        self.assign_new(partition.clone(), member);
        true
    }

    fn take_below_min(&mut self, place: usize) -> MemberIndex {
        let member = self.below_min[place];
        let count = self.assigned[member].len() + 1;
        let mut next = place;
        if count >= self.min_quota {
            self.below_min.remove(place);
            if count < self.max_quota && self.over_min < self.over_min_expected {
                self.at_min.push(member);
            }
        } else {
            next += 1;
        }
        self.next = if self.below_min.is_empty() { 0 } else { next % self.below_min.len() };
        member
    }

    fn take_at_min(&mut self, place: usize) -> MemberIndex {
        let member = self.at_min[place];
        if self.assigned[member].len() + 1 == self.max_quota {
            self.at_min.remove(place);
            self.count_over_min();
        }
        member
    }

    fn assign_round_robin(&mut self, partitions: Vec<TopicPartition>) -> Result<(), IllegalState> {
        let mut next = 0;
        for partition in partitions {
            if next >= self.below_min.len() {
                next = 0;
            }
            let Some(&member) = self.below_min.get(next) else {
                self.assign_to_first_at_min(partition)?;
                continue;
            };
            if self.assign_new(partition, member) == self.min_quota {
                self.below_min.remove(next);
                self.at_min.push(member);
            } else {
                next += 1;
            }
        }
        Ok(())
    }

    fn assign_to_first_at_min(&mut self, partition: TopicPartition) -> Result<(), IllegalState> {
        if self.at_min.is_empty() {
            return Err(IllegalState("No more unfilled consumers to be assigned.".to_string()));
        }
        let member = self.at_min.remove(0);
        if self.assign_new(partition, member) == self.max_quota {
            self.over_min += 1;
        }
        Ok(())
    }

    fn assign_new(&mut self, partition: TopicPartition, member: MemberIndex) -> usize {
        let former = self.maybe_revoked.get(&partition);
        let moves = former.is_some_and(|former| *former != member);
        if moves || self.contested.contains(&partition) {
            self.transfers.insert(partition.clone(), member);
        }
        self.assigned[member].push(partition);
        self.assigned[member].len()
    }

    fn verify(&self, members: &[&Subscription]) -> Result<(), IllegalState> {
        if self.below_min.is_empty() {
            return Ok(());
        }
        if self.over_min != self.over_min_expected {
            return Err(IllegalState(
                "We haven't reached the expected number of members with more than the minQuota partitions, \
                 but no more partitions to be assigned"
                    .to_string(),
            ));
        }
        let lacks = |member: &&MemberIndex| self.assigned[**member].len() != self.min_quota;
        match self.below_min.iter().find(lacks) {
            Some(&member) => Err(IllegalState(format!(
                "Consumer: [{}] doesn't reach minQuota partitions, and no more partitions to be assigned",
                members[member].member_id
            ))),
            None => Ok(()),
        }
    }
}
