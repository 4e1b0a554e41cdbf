//! The partition of a record without a key: Kafka's `BuiltInPartitioner`, sticky (KIP-480), adaptive (KIP-794) and
//! rack aware (KIP-1123).
//!
//! Records stick to one partition until about `batch.size` bytes went there. The next one is drawn evenly among the
//! partitions with a leader, or, when their queues differ, with a weight that falls with the length of the queue.

/// What the producer's metadata says about the partitions of the topic.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TopicPartitions {
    /// How many partitions the topic has.
    pub count: i32,
    /// The partitions that have a leader, in order.
    pub available: Vec<AvailablePartition>,
}

/// A partition that has a leader.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AvailablePartition {
    /// The partition.
    pub partition: i32,
    /// The rack of the leader.
    pub leader_rack: Option<String>,
}

/// How many batches wait for a partition that has a leader.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PartitionQueue {
    /// The partition.
    pub partition: i32,
    /// The rack of the leader.
    pub leader_rack: Option<String>,
    /// The batches waiting in the accumulator.
    pub batches: i32,
}

/// Whether the batch just appended to is ready to be sent, so that a switch does not leave a small batch behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Switch {
    /// Switch once `batch.size` bytes went to the partition.
    Allowed,
    /// Switch only when it is twice as much.
    Deferred,
}

/// The built-in partitioner of one topic.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BuiltInPartitioner {
    sticky_batch_size: i32,
    rack: Option<String>,
    sticky: Option<Sticky>,
    load: Option<Load>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Sticky {
    partition: i32,
    produced_bytes: i64,
}

/// The weights in use, among all partitions and among those led from the own rack.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Load {
    all: Weights,
    in_rack: Option<Weights>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Weights {
    partitions: Vec<i32>,
    /// The running sum of the weights.
    cumulative: Vec<i32>,
}

impl BuiltInPartitioner {
    /// Starts without a partition; `rack` is `client.rack` if `partitioner.rack.aware` is true.
    ///
    /// # Panics
    /// If the batch size is not positive.
    pub fn new(sticky_batch_size: i32, rack: Option<String>) -> BuiltInPartitioner {
        assert!(sticky_batch_size >= 1, "stickyBatchSize must be >= 1 but got {sticky_batch_size}");
        BuiltInPartitioner { sticky_batch_size, rack, sticky: None, load: None }
    }

    /// Returns the partition the next record goes to; `draw` returns 31 random bits.
    pub fn peek(&mut self, topic: &TopicPartitions, draw: &mut dyn FnMut() -> i32) -> i32 {
        if let Some(sticky) = self.sticky {
            return sticky.partition;
        }
        self.switch(topic, draw)
    }

    /// Notes bytes appended to the partition of the last [`BuiltInPartitioner::peek`], and switches if it had enough.
    pub fn appended(
        &mut self,
        bytes: i32,
        switch: Switch,
        topic: &TopicPartitions,
        draw: &mut dyn FnMut() -> i32,
    ) {
        let Some(sticky) = &mut self.sticky else { return };
        sticky.produced_bytes += i64::from(bytes);
        let enough = match switch {
            Switch::Allowed => i64::from(self.sticky_batch_size),
            Switch::Deferred => 2 * i64::from(self.sticky_batch_size),
        };
        if sticky.produced_bytes >= enough {
            self.switch(topic, draw);
        }
    }

    /// Adapts to the queues of the partitions that are neither without a leader nor left out for their latency.
    ///
    /// `queues_of_topic` counts all queues of the topic; without `queues` the draw is even again.
    pub fn update_load(&mut self, queues: Option<&[PartitionQueue]>, queues_of_topic: usize) {
        self.load = queues.and_then(|queues| self.load_of(queues, queues_of_topic));
    }

    /// Returns the end of the range of weighted draws, if they are weighted.
    pub fn load_range_end(&self) -> Option<i32> {
        self.load.as_ref().map(|load| load.all.range_end())
    }

    fn load_of(&self, queues: &[PartitionQueue], queues_of_topic: usize) -> Option<Load> {
        let first = queues.first()?;
        let all_equal = queues.iter().all(|queue| queue.batches == first.batches);
        // With partitions left out even equal queues are weighted, so that the draw leaves them out, too.
        let none_left_out = queues.len() == queues_of_topic;
        if queues_of_topic < 2 || (all_equal && none_left_out) {
            return None;
        }
        let in_rack: Vec<&PartitionQueue> =
            queues.iter().filter(|queue| self.is_in_rack(queue.leader_rack.as_deref())).collect();
        let all: Vec<&PartitionQueue> = queues.iter().collect();
        Some(Load { all: Weights::of(&all)?, in_rack: Weights::of(&in_rack) })
    }

    fn switch(&mut self, topic: &TopicPartitions, draw: &mut dyn FnMut() -> i32) -> i32 {
        let random = draw();
        let partition = match &self.load {
            Some(load) => load.in_rack.as_ref().unwrap_or(&load.all).pick(random),
            None => self.pick_evenly(topic, random),
        };
        self.sticky = Some(Sticky { partition, produced_bytes: 0 });
        partition
    }

    fn pick_evenly(&self, topic: &TopicPartitions, random: i32) -> i32 {
        let all = topic.available.iter();
        let in_rack: Vec<&AvailablePartition> = all
            .clone()
            .filter(|available| self.is_in_rack(available.leader_rack.as_deref()))
            .collect();
        let candidates = if in_rack.is_empty() { all.collect() } else { in_rack };
        match candidates.len() as i32 {
            0 => random % topic.count,
            len => candidates[(random % len) as usize].partition,
        }
    }

    fn is_in_rack(&self, leader_rack: Option<&str>) -> bool {
        self.rack.is_some() && self.rack.as_deref() == leader_rack
    }
}

impl Weights {
    /// A queue weighs how much shorter it is than the longest, plus one.
    fn of(queues: &[&PartitionQueue]) -> Option<Weights> {
        let longest = queues.iter().map(|queue| queue.batches).max()?;
        let running_sum = |sum: &mut i32, queue: &&PartitionQueue| {
            *sum += longest + 1 - queue.batches;
            Some(*sum)
        };
        Some(Weights {
            partitions: queues.iter().map(|queue| queue.partition).collect(),
            cumulative: queues.iter().scan(0, running_sum).collect(),
        })
    }

    fn range_end(&self) -> i32 {
        self.cumulative.last().copied().expect("weights have at least one partition")
    }

    fn pick(&self, random: i32) -> i32 {
        let weighted = random % self.range_end();
        self.partitions[self.cumulative.partition_point(|&sum| sum <= weighted)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(count: i32, available: &[(i32, Option<&str>)]) -> TopicPartitions {
        let available = available.iter().map(|&(partition, rack)| AvailablePartition {
            partition,
            leader_rack: rack.map(str::to_string),
        });
        TopicPartitions { count, available: available.collect() }
    }

    fn queues(batches: &[i32]) -> Vec<PartitionQueue> {
        let queue =
            |(partition, &batches)| PartitionQueue { partition, leader_rack: None, batches };
        (0..).zip(batches).map(queue).collect()
    }

    /// Draws each number once, and counts the partitions.
    fn pick_all(partitioner: &BuiltInPartitioner, topic: &TopicPartitions, draws: i32) -> Vec<i32> {
        let pick = |draw| partitioner.clone().peek(topic, &mut || draw);
        (0..draws).map(pick).collect()
    }

    #[test]
    fn records_stick_until_a_batch_is_full() {
        let topic = topic(3, &[(0, None), (1, None), (2, None)]);
        let mut next = 0;
        let mut draw = || {
            next += 1;
            next
        };
        let mut partitioner = BuiltInPartitioner::new(100, None);
        assert_eq!(partitioner.peek(&topic, &mut draw), 1);
        partitioner.appended(99, Switch::Allowed, &topic, &mut draw);
        assert_eq!(partitioner.peek(&topic, &mut draw), 1);
        partitioner.appended(1, Switch::Deferred, &topic, &mut draw);
        assert_eq!(partitioner.peek(&topic, &mut draw), 1);
        partitioner.appended(1, Switch::Allowed, &topic, &mut draw);
        assert_eq!(partitioner.peek(&topic, &mut draw), 2);
        partitioner.appended(200, Switch::Deferred, &topic, &mut draw);
        assert_eq!(partitioner.peek(&topic, &mut draw), 0);
    }

    #[test]
    fn a_partition_without_a_leader_is_avoided_unless_all_are() {
        let partitioner = BuiltInPartitioner::new(100, None);
        assert_eq!(pick_all(&partitioner, &topic(3, &[(0, None), (2, None)]), 4), [0, 2, 0, 2]);
        assert_eq!(pick_all(&partitioner, &topic(3, &[]), 4), [0, 1, 2, 0]);
    }

    #[test]
    fn shorter_queues_are_drawn_more_often() {
        let topic = topic(3, &[(0, None), (1, None), (2, None)]);
        let mut partitioner = BuiltInPartitioner::new(100, None);
        partitioner.update_load(Some(&queues(&[0, 3, 1])), 3);
        assert_eq!(partitioner.load_range_end(), Some(8));
        assert_eq!(pick_all(&partitioner, &topic, 8), [0, 0, 0, 0, 1, 2, 2, 2]);
        partitioner.update_load(Some(&queues(&[2, 2, 2])), 3);
        assert_eq!(partitioner.load_range_end(), None);
        partitioner.update_load(Some(&queues(&[2, 2])), 3);
        assert_eq!(pick_all(&partitioner, &topic, 4), [0, 1, 0, 1], "partition 2 is left out");
    }

    #[test]
    fn a_rack_aware_producer_stays_in_its_rack_if_it_can() {
        let partitioner = BuiltInPartitioner::new(100, Some("a".to_string()));
        let racks = [(0, Some("b")), (1, Some("a")), (2, None)];
        assert_eq!(pick_all(&partitioner, &topic(3, &racks), 3), [1, 1, 1]);
        assert_eq!(pick_all(&partitioner, &topic(3, &[racks[0], racks[2]]), 3), [0, 2, 0]);
    }
}
