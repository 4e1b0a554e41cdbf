//! `builtin_partitioner.jsonl`: sticky, adaptive and rack-aware choice of partitions.
use serde::Deserialize;
use serde_json::Value;

use super::{Header, expect_eq, read};
use crate::sim::client::partitioner::{
    AvailablePartition, BuiltInPartitioner, PartitionQueue, Switch, TopicPartitions,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    n: i32,
    batch: i32,
    rack: Option<String>,
    #[serde(default)]
    racks: Vec<Option<String>>,
    ops: Vec<Vec<Value>>,
}

/// One partitioner and the metadata of its producer.
struct Bench {
    partitioner: BuiltInPartitioner,
    topic: TopicPartitions,
    racks: Vec<Option<String>>,
    /// The draws of the operation that are left.
    draws: std::vec::IntoIter<i32>,
}

pub(super) fn check(_: &Header, case: &Value) -> Result<(), String> {
    let case: Case = read(case)?;
    let mut bench = Bench {
        partitioner: BuiltInPartitioner::new(case.batch, case.rack),
        topic: TopicPartitions { count: case.n, available: Vec::new() },
        racks: case.racks,
        draws: Vec::new().into_iter(),
    };
    bench.set_leaders((0..case.n).collect());
    for (number, operation) in case.ops.iter().enumerate() {
        bench.apply(operation).map_err(|error| format!("{number} {operation:?}: {error}"))?;
    }
    Ok(())
}

impl Bench {
    fn apply(&mut self, operation: &[Value]) -> Result<(), String> {
        let [name, arguments @ .., draws] = operation else {
            return Err("an operation has a name and draws".to_string());
        };
        self.draws = read::<Vec<i32>>(draws)?.into_iter();
        match (name.as_str(), arguments) {
            (Some("peek"), [partition]) => expect_eq("partition", self.peek(), read(partition)?)?,
            (Some("append"), [bytes, switch, partition, next]) => {
                expect_eq("partition", self.peek(), read(partition)?)?;
                self.append(read(bytes)?, read(switch)?);
                expect_eq("next partition", self.peek(), read(next)?)?;
            }
            (Some("leaders"), [leaders]) => self.set_leaders(read(leaders)?),
            (Some("load"), [sizes, partitions, length, range_end]) => {
                self.load(read(sizes)?, read(partitions)?, read(length)?);
                let found = self.partitioner.load_range_end();
                expect_eq("range end", found, read(range_end)?)?;
            }
            _ => return Err("unknown operation".to_string()),
        }
        expect_eq("draws left", self.draws.len(), 0)
    }

    fn peek(&mut self) -> i32 {
        self.partitioner
            .peek(&self.topic, &mut || self.draws.next().expect("no more draws than Kafka"))
    }

    fn append(&mut self, bytes: i32, enable_switch: bool) {
        let switch = if enable_switch { Switch::Allowed } else { Switch::Deferred };
        let mut draw = || self.draws.next().expect("no more draws than Kafka");
        self.partitioner.appended(bytes, switch, &self.topic, &mut draw);
    }

    fn set_leaders(&mut self, leaders: Vec<i32>) {
        let leader =
            |partition| AvailablePartition { partition, leader_rack: self.rack(partition) };
        self.topic.available = leaders.into_iter().map(leader).collect();
    }

    fn load(&mut self, sizes: Option<Vec<i32>>, partitions: Option<Vec<i32>>, length: usize) {
        let (Some(sizes), Some(partitions)) = (sizes, partitions) else {
            return self.partitioner.update_load(None, 0);
        };
        let queue = |(&partition, &batches)| PartitionQueue {
            partition,
            leader_rack: self.rack(partition),
            batches,
        };
        let queues: Vec<_> = partitions.iter().zip(&sizes).take(length).map(queue).collect();
        self.partitioner.update_load(Some(&queues), sizes.len());
    }

    fn rack(&self, partition: i32) -> Option<String> {
        self.racks.get(partition as usize).cloned().flatten()
    }
}
