//! The records of one partition with their keys, from every copy.

use crate::apps::AnyProgram;
use crate::sim::controller::metadata::TopicImage;
use crate::sim::ids::TopicPartition;
use crate::sim::node::Node;
use crate::sim::storage::batch::Batch;
use crate::view::scene::{BatchDetail, Detail, Scene};
use crate::view::session::Session;
use crate::view::window::FOCUS_SLOTS;

use super::access;

/// Characters of a key that are shown.
const KEY_CHARS: usize = 24;

/// The latest records of the partition that a person looks at most closely.
pub fn detail(session: &Session, scene: &Scene, topic: &TopicImage) -> Option<Detail> {
    let partition = session.viewport.detail?;
    let place = scene.columns.iter().position(|column| column.partition == partition)?;
    let cells = || {
        scene
            .brokers
            .iter()
            .filter_map(|broker| Some((broker.id, broker.cells.get(place)?.as_ref()?)))
    };
    let end = cells().map(|(_, cell)| cell.log_end).max()?;
    let world = &session.history.run().world;
    let key = TopicPartition::new(topic.id, partition);
    let copies = cells().filter_map(|(id, _)| {
        let node = world.node(crate::sim::ids::NodeId(id))?;
        Some((id, batches(node, key, end - FOCUS_SLOTS)))
    });
    Some(Detail { partition, copies: copies.collect() })
}

fn batches(node: &Node<AnyProgram>, partition: TopicPartition, from: i64) -> Vec<BatchDetail> {
    let Some(log) = access::log(node, partition) else { return Vec::new() };
    log.entries_from(from).map(|entry| batch(&entry.batch, from)).collect()
}

fn batch(batch: &Batch, from: i64) -> BatchDetail {
    let header = batch.header;
    let first = header.base_offset.max(from);
    let skipped = first - header.base_offset;
    let keys = batch.records().skip(skipped as usize).map(|(_, record)| record.key.map(text));
    BatchDetail {
        first,
        cut: skipped > 0,
        epoch: header.leader_epoch,
        producer_id: header.producer_id,
        sequence: match header.base_sequence {
            none @ ..0 => none,
            base => ((i64::from(base) + skipped) % (1 << 31)) as i32,
        },
        keys: keys.collect(),
    }
}

fn text(key: &[u8]) -> String {
    String::from_utf8_lossy(key).chars().take(KEY_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::storage::batch::{BatchHeader, BodyBuilder};

    #[test]
    fn a_batch_that_begins_out_of_sight_keeps_its_sequence_numbers() {
        let mut body = BodyBuilder::default();
        for key in ["ivan", "alice", "rupert"] {
            body.push(0, Some(key.as_bytes()), None);
        }
        let built = Batch::new(body.build());
        let header = BatchHeader { base_offset: 18, base_sequence: 18, ..built.header };
        let seen = batch(&Batch { header, ..built }, 19);
        assert_eq!((seen.first, seen.cut, seen.sequence), (19, true, 19));
        assert_eq!(seen.keys, [Some("alice".to_owned()), Some("rupert".to_owned())]);
    }
}
