//! Decodes and scales raw records.

use std::collections::VecDeque;
use std::sync::Arc;

use super::fact::RECORD_REFUSED;
use super::job::{
    FEATURES, PREPROCESS_TIME, PREPROCESSORS, TRAIN, TrainingJob, consumer_config, producer_config,
};
use super::message::{is_end, row_of};
use crate::apps::NoCommand;
use crate::apps::topics::TopicWait;
use crate::ml::codec;
use crate::ml::data::digits::Digit;
use crate::sim::client::program::{
    Call, ClientCalls, ClientEvent, PolledRecords, ProducerRecord, Program, SeekTo,
};
use crate::sim::ids::{Offset, PartitionIndex};
use crate::sim::protocol::group::{CommittedOffset, NamedPartition};
use crate::sim::sorted::SortedMap;
use crate::sim::storage::batch::Record;
use crate::sim::time::{Micros, NodeNow};

const CONSUMER: u16 = 0;
const PRODUCER: u16 = 0;

/// Reads `digits-train` as a member of a group and writes `digits-features`, partition by partition.
///
/// It is at-least-once: an offset is committed only when everything made of the records before it is stored. A record that
/// could not be stored is read again.
#[derive(Clone, Debug, Hash)]
pub struct Preprocessor {
    job: Arc<TrainingJob>,
    wait: TopicWait,
    features: Arc<str>,
    /// Next offset to commit by partition, of what has been sent.
    sent: SortedMap<PartitionIndex, Offset>,
    /// What `sent` was at each flush that is not done yet.
    flushing: VecDeque<SortedMap<PartitionIndex, Offset>>,
    records: u64,
}

impl Preprocessor {
    /// A member that has not joined yet.
    pub fn new(job: Arc<TrainingJob>) -> Preprocessor {
        let wait = TopicWait::new([Arc::from(TRAIN), Arc::from(FEATURES)]);
        let (sent, flushing) = (SortedMap::new(), VecDeque::new());
        Preprocessor { job, wait, features: Arc::from(FEATURES), sent, flushing, records: 0 }
    }

    /// Records made into features.
    pub fn records(&self) -> u64 {
        self.records
    }

    fn join(&self, calls: &mut ClientCalls) {
        calls.call(Call::CreateProducer { producer: PRODUCER, config: producer_config() });
        let group = Some(Arc::from(PREPROCESSORS));
        calls.call(Call::CreateConsumer { consumer: CONSUMER, group, config: consumer_config() });
        calls.call(Call::Subscribe { consumer: CONSUMER, topics: vec![Arc::from(TRAIN)] });
    }

    fn on_records(&mut self, polled: &[PolledRecords], calls: &mut ClientCalls) {
        let mut count = 0;
        for part in polled {
            let partition = part.partition.partition;
            for (offset, _, record) in part.records() {
                self.on_record(partition, offset, &record, calls);
                count += 1;
            }
            self.sent.insert(partition, part.next);
        }
        self.records += count;
        calls.call(Call::Flush { producer: PRODUCER });
        self.flushing.push_back(self.sent.clone());
        calls.busy_for(Micros(PREPROCESS_TIME.0 * count));
    }

    fn on_record(
        &self,
        partition: PartitionIndex,
        offset: Offset,
        record: &Record<'_>,
        calls: &mut ClientCalls,
    ) {
        let value = if is_end(record) { Some(Vec::new()) } else { self.features(record) };
        let Some(value) = value else {
            let values = [partition.into(), offset, 0];
            return calls.call(Call::Fact { code: RECORD_REFUSED, values });
        };
        let (key, value) = (record.key, Some(value.as_slice()));
        let record = ProducerRecord { partition: Some(partition), key, value, timestamp: None };
        calls.send(PRODUCER, &self.features, record, token_of(partition, offset));
    }

    fn features(&self, record: &Record<'_>) -> Option<Vec<u8>> {
        let row = row_of(record.key)?;
        let digit = Digit::parse(row.into(), record.value?).ok()?;
        Some(codec::encode_example(&digit.features(), digit.label))
    }

    fn on_flushed(&mut self, calls: &mut ClientCalls) {
        let Some(done) = self.flushing.pop_front() else { return };
        let offsets = done.into_iter().filter(|(partition, next)| {
            // What was given up meanwhile, or belongs to somebody else by now, is not committed.
            self.sent.get(partition).is_some_and(|sent| sent >= next)
        });
        let offsets: Vec<_> = offsets
            .map(|(partition, offset)| {
                let metadata = Arc::from("");
                (self.raw(partition), CommittedOffset { offset, leader_epoch: -1, metadata })
            })
            .collect();
        if !offsets.is_empty() {
            calls.call(Call::Commit { consumer: CONSUMER, offsets: Some(offsets), token: 0 });
        }
    }

    /// The producer gave a record up: reads on from it, and commits nothing behind it before it is stored.
    fn read_again(&mut self, token: u64, calls: &mut ClientCalls) {
        let (partition, offset) = place_of(token);
        if let Some(next) = self.sent.get_mut(&partition) {
            *next = (*next).min(offset);
            for flush in &mut self.flushing {
                flush.remove(&partition);
            }
            let partition = self.raw(partition);
            calls.call(Call::Seek { consumer: CONSUMER, partition, to: SeekTo::Offset(offset) });
        }
    }

    fn raw(&self, partition: PartitionIndex) -> NamedPartition {
        NamedPartition { topic: Arc::from(TRAIN), partition }
    }
}

impl Program for Preprocessor {
    type Command = NoCommand;

    fn on(&mut self, _now: NodeNow, event: ClientEvent<NoCommand>, calls: &mut ClientCalls) {
        if self.wait.on(&event, calls) {
            self.join(calls);
        }
        match event {
            ClientEvent::Records { records, .. } => self.on_records(&records, calls),
            ClientEvent::Flushed { .. } => self.on_flushed(calls),
            ClientEvent::Sent { token, result: Err(_), .. } => self.read_again(token, calls),
            ClientEvent::Revoked { partitions, .. } => {
                self.sent.retain(|owned, _| partitions.iter().all(|gone| gone.partition != *owned));
            }
            ClientEvent::Closing => {
                calls.call(Call::CloseConsumer { consumer: CONSUMER, leave: true });
                calls.call(Call::Exit);
            }
            _ => {}
        }
    }
}

/// Says in a token which raw record a record was made of. Partitions are fewer than 65,536.
fn token_of(partition: PartitionIndex, offset: Offset) -> u64 {
    (offset as u64 + 1) << 16 | partition as u64
}

fn place_of(token: u64) -> (PartitionIndex, Offset) {
    ((token & 0xffff) as PartitionIndex, (token >> 16) as Offset - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apps::testing::{described, on, polled, sends};
    use crate::ml::data::digits;
    use crate::sim::protocol::ErrorCode;

    #[test]
    fn features_keep_key_and_partition_and_the_end_is_passed_on() {
        let mut preprocessor = joined();
        let digit = digits::train().next().expect("there are digits");
        let value = digit.value();
        let records =
            polled(TRAIN, 2, 0, &[(Some(b"0"), &value), (Some(b"1"), b"poison"), (None, b"")]);
        let calls = on(&mut preprocessor, ClientEvent::Records { consumer: 0, records });
        let sent = sends(&calls);
        assert_eq!(sent.iter().map(|send| send.partition).collect::<Vec<_>>(), [Some(2), Some(2)]);
        let first = calls.record(&sent[0]);
        let (key, value) = (first.key, first.value);
        let (features, label) = codec::decode_example(&digits::softmax(), value.unwrap()).unwrap();
        assert_eq!((key, label), (Some(&b"0"[..]), digit.label));
        assert_eq!(features, digit.features());
        let end = calls.record(&sent[1]);
        assert_eq!((end.key, end.value), (None, Some(&b""[..])));
        assert!(
            calls
                .made()
                .iter()
                .any(|call| matches!(call, Call::Fact { code: RECORD_REFUSED, values: [2, 1, 0] }))
        );
    }

    #[test]
    fn an_offset_is_committed_when_its_features_are_stored() {
        let mut preprocessor = joined();
        read(&mut preprocessor, 0);
        read(&mut preprocessor, 1);
        assert_eq!(
            committed(&on(&mut preprocessor, ClientEvent::Flushed { producer: 0 })),
            Some(1)
        );
        assert_eq!(
            committed(&on(&mut preprocessor, ClientEvent::Flushed { producer: 0 })),
            Some(2)
        );
    }

    #[test]
    fn a_record_that_was_given_up_is_read_again_and_not_committed() {
        let mut preprocessor = joined();
        read(&mut preprocessor, 0);
        let (token, result) = (token_of(2, 0), Err(ErrorCode::RequestTimedOut));
        let failed = ClientEvent::Sent { producer: 0, token, partition: 2, result };
        let calls = on(&mut preprocessor, failed);
        assert!(matches!(calls.made(), [Call::Seek { to: SeekTo::Offset(0), .. }]));
        assert_eq!(committed(&on(&mut preprocessor, ClientEvent::Flushed { producer: 0 })), None);
    }

    #[test]
    fn nothing_is_committed_for_a_partition_that_went_away() {
        let mut preprocessor = joined();
        read(&mut preprocessor, 0);
        let partitions = Arc::from([preprocessor.raw(2)]);
        on(&mut preprocessor, ClientEvent::Revoked { consumer: 0, partitions, lost: false });
        assert_eq!(committed(&on(&mut preprocessor, ClientEvent::Flushed { producer: 0 })), None);
    }

    fn joined() -> Preprocessor {
        let mut preprocessor = Preprocessor::new(Arc::new(TrainingJob::digits(1)));
        on(&mut preprocessor, ClientEvent::Started);
        on(&mut preprocessor, described(&[TRAIN, FEATURES]));
        preprocessor
    }

    fn read(preprocessor: &mut Preprocessor, offset: Offset) {
        let value = digits::train().next().expect("there are digits").value();
        let records = polled(TRAIN, 2, offset, &[(Some(b"0"), &value)]);
        on(preprocessor, ClientEvent::Records { consumer: 0, records });
    }

    fn committed(calls: &ClientCalls) -> Option<Offset> {
        calls.made().iter().find_map(|call| match call {
            Call::Commit { offsets: Some(offsets), .. } => Some(offsets[0].1.offset),
            _ => None,
        })
    }
}
