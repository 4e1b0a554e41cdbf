//! Reading `params`: everybody reads every record, so there is no group; whoever starts begins with the newest record.

use super::job::{PARAMS, RETRY, ask, consumer_config, first_of};
use super::message::Snapshot;
use crate::ml::Model;
use crate::sim::client::program::{
    AdminCall, AdminResult, Call, ClientCalls, ClientEvent, PolledRecords, SeekTo,
};
use crate::sim::ids::Offset;
use crate::sim::protocol::data::OffsetSpec;

/// Token of the reader's admin calls and timers; the programs' own tokens differ.
const TOKEN: u64 = u64::MAX - 1;

/// A consumer of `params` that begins with its newest record.
#[derive(Clone, Debug, Hash)]
pub struct ParamsReader {
    consumer: u16,
}

impl ParamsReader {
    /// A reader that uses this consumer number.
    pub fn new(consumer: u16) -> ParamsReader {
        ParamsReader { consumer }
    }

    /// Asks where the topic ends.
    pub fn open(&self, calls: &mut ClientCalls) {
        let latest = vec![(first_of(PARAMS), OffsetSpec::Latest)];
        ask(AdminCall::ListOffsets(latest), TOKEN, calls);
    }

    /// Handles an event; once, the number of records that the topic held when reading began.
    pub fn on<C>(&self, event: &ClientEvent<C>, calls: &mut ClientCalls) -> Option<Offset> {
        match event {
            ClientEvent::Woken { token: TOKEN } => self.open(calls),
            ClientEvent::Admin { token: TOKEN, result } => {
                let Some(end) = end_of(result) else {
                    calls.timer(RETRY, TOKEN);
                    return None;
                };
                self.read_from((end - 1).max(0), calls);
                return Some(end);
            }
            _ => {}
        }
        None
    }

    fn read_from(&self, offset: Offset, calls: &mut ClientCalls) {
        let consumer = self.consumer;
        calls.call(Call::CreateConsumer { consumer, group: None, config: consumer_config() });
        calls.call(Call::Assign { consumer, partitions: vec![first_of(PARAMS)] });
        let (partition, to) = (first_of(PARAMS), SeekTo::Offset(offset));
        calls.call(Call::Seek { consumer, partition, to });
    }

    /// The snapshots of a poll, oldest first; what cannot be read is left out.
    pub fn snapshots(model: &Model, polled: &[PolledRecords]) -> Vec<Snapshot> {
        let records = polled.iter().flat_map(PolledRecords::records);
        records.filter_map(|(.., record)| Snapshot::decode(model, record.value?).ok()).collect()
    }
}

fn end_of(result: &AdminResult) -> Option<Offset> {
    let AdminResult::Offsets(offsets) = result else { return None };
    offsets.first()?.1.ok()
}
