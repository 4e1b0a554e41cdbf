//! Waiting for topics to exist.
//!
//! A consumer that subscribes to a missing topic may create it with the broker's defaults, one partition as a rule; so a
//! program looks first.

use std::sync::Arc;

use crate::sim::client::program::{AdminCall, AdminResult, Call, ClientCalls, ClientEvent};
use crate::sim::ids::NodeId;
use crate::sim::protocol::ErrorCode;
use crate::sim::protocol::data::MetadataTopic;
use crate::sim::time::Micros;

/// Token of the wait's admin calls and timers; the programs' own tokens are smaller.
pub const TOKEN: u64 = u64::MAX;

/// How long to wait before asking again.
const RETRY: Micros = Micros(200_000);

/// Asks for topics until all of them have leaders.
#[derive(Clone, Debug, Hash)]
pub struct TopicWait {
    topics: Vec<Arc<str>>,
    ready: bool,
}

impl TopicWait {
    /// Waits for these topics.
    pub fn new(topics: impl IntoIterator<Item = Arc<str>>) -> TopicWait {
        TopicWait { topics: topics.into_iter().collect(), ready: false }
    }

    /// Whether all topics have been seen.
    pub fn is_ready(&self) -> bool {
        self.ready
    }

    /// Handles an event; true once, when the last topic has been seen.
    pub fn on<C>(&mut self, event: &ClientEvent<C>, calls: &mut ClientCalls) -> bool {
        match event {
            ClientEvent::Started => self.ask(calls),
            ClientEvent::Woken { token: TOKEN } if !self.ready => self.ask(calls),
            ClientEvent::Admin { token: TOKEN, result } if !self.ready => {
                self.ready = self.exist(result);
                if !self.ready {
                    calls.timer(RETRY, TOKEN);
                }
                return self.ready;
            }
            _ => {}
        }
        false
    }

    fn ask(&self, calls: &mut ClientCalls) {
        let call = Box::new(AdminCall::DescribeTopics(Some(self.topics.clone())));
        calls.call(Call::Admin { call, token: TOKEN });
    }

    fn exist(&self, result: &AdminResult) -> bool {
        let AdminResult::Described(found) = result else { return false };
        self.topics
            .iter()
            .all(|name| found.iter().any(|topic| topic.name == *name && usable(topic)))
    }
}

fn usable(topic: &MetadataTopic) -> bool {
    let led = topic.partitions.iter().all(|partition| partition.leader != NodeId::NONE);
    topic.error == ErrorCode::None && !topic.partitions.is_empty() && led
}
