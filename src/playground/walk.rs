//! The walk of the article on streaming data for AI: a topic, a message, a subscriber, one after the other on `ai_data`.

use std::sync::Arc;

use crate::apps::tool::{OneRecord, Source, Tool, ToolCommand};
use crate::playground::setup::{Setup, client};
use crate::sim::client::program::AdminCall;
use crate::sim::protocol::admin::{NewTopic, Placement};
use crate::sim::protocol::data::Acks;
use crate::sim::setup::{ClusterSetup, NetworkSpec};
use crate::sim::time::{Micros, SimTime};

/// The article's topic.
pub const TOPIC: &str = "ai_data";
/// The article's message.
pub const MESSAGE: &str = r#"{"text": "This is a sample text.", "label": 1}"#;
/// Who subscribes.
pub const GROUP: &str = "ai_readers";
/// When each step begins: the topic, the message, the subscriber. Before each of them the walk stops.
pub const STEPS_US: [u64; 3] = [6_000_000, 10_000_000, 16_000_000];
/// When the last step is done.
pub const END_US: u64 = 30_000_000;
/// Tokens of the tool's commands: the number of the step, from 1.
pub const STORED: u64 = 2;
/// The token of the reading.
pub const PRINTED: u64 = 3;
/// How long the subscriber waits.
const PATIENCE: Micros = Micros(60_000_000);

/// The setup of the walk: three brokers on the teaching network, and the tool that stands for Kafka's command line.
pub fn ai_data(seed: u64) -> Setup {
    let mut cluster = ClusterSetup::split(seed, 3, 3);
    cluster.network = NetworkSpec::TEACHING;
    cluster.costs.boot = Micros(300_000);
    let commands = [create(), publish(), subscribe()];
    let script = STEPS_US.into_iter().map(SimTime).zip(commands).collect();
    Setup { cluster, clients: vec![client("tool", Tool::default())], script, faults: Vec::new() }
}

fn create() -> ToolCommand {
    let topic = NewTopic {
        name: Arc::from(TOPIC),
        placement: Placement::Count { partitions: 4, replication_factor: 1 },
        configs: Vec::new(),
    };
    ToolCommand::Admin { token: 1, call: AdminCall::CreateTopics(vec![topic]) }
}

fn publish() -> ToolCommand {
    let value = Some(MESSAGE.as_bytes().to_vec());
    let record = OneRecord { topic: Arc::from(TOPIC), partition: None, key: None, value };
    ToolCommand::Send { token: STORED, record, acks: Acks::All }
}

fn subscribe() -> ToolCommand {
    let source = Source::Group { group: Arc::from(GROUP), topics: vec![Arc::from(TOPIC)] };
    ToolCommand::Read { token: PRINTED, source, limit: 1, within: PATIENCE }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apps::AnyProgram;
    use crate::apps::tool::Answer;
    use crate::playground::history::History;
    use crate::playground::setup::TOOL;

    #[test]
    fn each_step_is_answered_before_the_next_begins_with_any_seed() {
        for seed in 1..=12 {
            let mut history = ai_data(seed).open().expect("within the limits");
            let ends = [STEPS_US[1], STEPS_US[2], END_US];
            for (token, end) in (1..).zip(ends) {
                history.seek(SimTime(end));
                assert_answered(&history, seed, token);
            }
        }
    }

    fn assert_answered(history: &History<AnyProgram>, seed: u64, token: u64) {
        let node = history.run().world.node(TOOL).expect("the tool is there");
        let Some(AnyProgram::Tool(tool)) = node.client().map(|client| &client.program) else {
            panic!("the first client is the tool");
        };
        let answer = tool.answer(token);
        assert!(answer.is_some(), "seed {seed}, step {token}");
        if let Some(Answer::Read(records)) = answer {
            assert_eq!(records[0].value.as_deref(), Some(MESSAGE.as_bytes()));
        }
    }
}
