//! `demo ai_data`: the walk of the article on streaming data for AI: a topic, a message, a subscriber.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use lexopt::prelude::*;
use serde::Deserialize;

use super::topic;
use crate::apps::AnyProgram;
use crate::apps::tool::{Answer, OneRecord, ReadRecord, Source, Tool, ToolCommand};
use crate::sim::client::ClientSpec;
use crate::sim::client::program::{AdminCall, AdminResult};
use crate::sim::ids::{FIRST_CLIENT, NodeId};
use crate::sim::protocol::ErrorCode;
use crate::sim::protocol::admin::{NewTopic, Placement};
use crate::sim::protocol::data::Acks;
use crate::sim::setup::ClusterSetup;
use crate::sim::time::{Micros, SimTime};
use crate::sim::world::World;

/// What `--help` says.
pub const USAGE: &str = "\
usage: kafka-playground demo ai_data [--seed S]

Creates the topic ai_data with 4 partitions on a simulated cluster of three brokers, publishes one message, subscribes and
prints what arrives, each step beside the command of Kafka's own tools that does the same.";

const TOPIC: &str = "ai_data";
const GROUP: &str = "ai_readers";
const TOOL: NodeId = NodeId(FIRST_CLIENT);
/// Simulated time after which an answer is no longer expected.
const PATIENCE: Micros = Micros(120_000_000);

/// The article's message.
const MESSAGE: &str = r#"{"text": "This is a sample text.", "label": 1}"#;

/// What is in it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Sample {
    text: String,
    label: i64,
}

/// `demo ai_data [--seed S]`.
///
/// # Errors
/// If an argument is wrong.
pub fn demo(parser: &mut lexopt::Parser, out: &mut impl Write) -> Result<ExitCode, lexopt::Error> {
    let (mut name, mut seed) = (None, 1);
    while let Some(argument) = parser.next()? {
        match argument {
            Value(value) if name.is_none() => name = Some(value.string()?),
            Long("seed") => seed = parser.value()?.parse()?,
            Short('h') | Long("help") => {
                return Ok(print(out, USAGE));
            }
            other => return Err(other.unexpected()),
        }
    }
    match name.as_deref() {
        Some(TOPIC) => {}
        Some(other) => return Err(format!("no demo is called {other}; there is {TOPIC}").into()),
        None => return Err(format!("which demo? There is {TOPIC}").into()),
    }
    Ok(match Walk::new(seed).walk(out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            print(out, &format!("failed: {problem}"));
            ExitCode::FAILURE
        }
    })
}

fn print(out: &mut impl Write, text: &str) -> ExitCode {
    // A reader that closed its end wants no more text; that is no failure of the walk.
    let _ = writeln!(out, "{text}");
    ExitCode::SUCCESS
}

/// Why the walk stopped.
type Problem = String;

struct Walk {
    world: World<AnyProgram>,
    next_token: u64,
}

impl Walk {
    fn new(seed: u64) -> Walk {
        let program = AnyProgram::from(Tool::default());
        let clients = vec![ClientSpec { name: Arc::from("tool"), program }];
        let world = World::new(ClusterSetup::split(seed, 3, 1), clients);
        Walk { world: world.expect("four servers are within the limits"), next_token: 1 }
    }

    fn walk(&mut self, out: &mut impl Write) -> Result<(), Problem> {
        print(out, "A cluster of three brokers and one controller starts.\n");
        self.create(out)?;
        self.describe(out)?;
        self.publish(out)?;
        self.subscribe(out)
    }

    fn create(&mut self, out: &mut impl Write) -> Result<(), Problem> {
        command(
            out,
            &format!(
                "kafka-topics.sh --bootstrap-server localhost:9092 --create --topic {TOPIC} --partitions 4 --replication-factor 1"
            ),
        );
        // Brokers may still be registering; a person would try again.
        loop {
            let error = self.try_create()?;
            match error {
                ErrorCode::None => break,
                ErrorCode::InvalidReplicationFactor if self.world.now() < SimTime(PATIENCE.0) => {
                    self.world.run_until(self.world.now() + Micros(500_000));
                }
                other => return Err(format!("the topic was not created: {}", other.name())),
            }
        }
        print(
            out,
            "WARNING: Due to limitations in metric names, topics with a period ('.') or underscore ('_') could collide. To avoid issues it is best to use either, but not both.",
        );
        print(out, &format!("Created topic {TOPIC}.\n"));
        Ok(())
    }

    fn try_create(&mut self) -> Result<ErrorCode, Problem> {
        let topic = NewTopic {
            name: Arc::from(TOPIC),
            placement: Placement::Count { partitions: 4, replication_factor: 1 },
            configs: Vec::new(),
        };
        match self.admin(AdminCall::CreateTopics(vec![topic]))? {
            AdminResult::Topics(topics) => Ok(topics[0].1.error),
            other => Err(format!("an unexpected answer: {other:?}")),
        }
    }

    fn describe(&mut self, out: &mut impl Write) -> Result<(), Problem> {
        command(
            out,
            &format!(
                "kafka-topics.sh --bootstrap-server localhost:9092 --describe --topic {TOPIC}"
            ),
        );
        // The metadata of the broker that is asked may lag behind the controller's.
        while !self.is_described()? {
            if self.world.now() >= SimTime(PATIENCE.0) {
                return Err("no broker knows the topic".to_owned());
            }
            self.world.run_until(self.world.now() + Micros(100_000));
        }
        let image = self.world.metadata().ok_or("no broker is up")?;
        let topic = image.topic(TOPIC).ok_or("no broker knows the topic")?;
        print(out, &topic::describe(image, topic, self.world.setup().seed));
        Ok(())
    }

    fn is_described(&mut self) -> Result<bool, Problem> {
        match self.admin(AdminCall::DescribeTopics(Some(vec![Arc::from(TOPIC)])))? {
            AdminResult::Described(topics) => {
                Ok(topics.iter().any(|topic| topic.error == ErrorCode::None))
            }
            other => Err(format!("an unexpected answer: {other:?}")),
        }
    }

    fn publish(&mut self, out: &mut impl Write) -> Result<(), Problem> {
        command(
            out,
            &format!(
                "echo '{MESSAGE}' | kafka-console-producer.sh --bootstrap-server localhost:9092 --topic {TOPIC}"
            ),
        );
        let value = Some(MESSAGE.as_bytes().to_vec());
        let record = OneRecord { topic: Arc::from(TOPIC), partition: None, key: None, value };
        let token = self.token();
        match self.ask(ToolCommand::Send { token, record, acks: Acks::All }, token)? {
            Answer::Sent(partition, Ok(offset)) => {
                let at = self.world.now();
                print(
                    out,
                    &format!(
                        "stored in partition {partition} at offset {offset}, acknowledged at {at}\n"
                    ),
                );
                Ok(())
            }
            other => Err(format!("the message was not stored: {other:?}")),
        }
    }

    fn subscribe(&mut self, out: &mut impl Write) -> Result<(), Problem> {
        command(
            out,
            &format!(
                "kafka-console-consumer.sh --bootstrap-server localhost:9092 --topic {TOPIC} --group {GROUP} --from-beginning --max-messages 1 --formatter-property print.partition=true --formatter-property print.offset=true"
            ),
        );
        let source = Source::Group { group: Arc::from(GROUP), topics: vec![Arc::from(TOPIC)] };
        let token = self.token();
        let read = ToolCommand::Read { token, source, limit: 1, within: Micros(60_000_000) };
        let Answer::Read(records) = self.ask(read, token)? else {
            return Err("the subscription failed".to_owned());
        };
        let record = records.first().ok_or("nothing arrived within a minute")?;
        let value = record.value.as_deref().unwrap_or_default();
        print(out, &consumer_line(record));
        print(out, "Processed a total of 1 messages\n");
        let sample: Sample = serde_json::from_slice(value).map_err(|error| error.to_string())?;
        print(out, &format!("decoded: text = {:?}, label = {}", sample.text, sample.label));
        print(out, &format!("simulated time: {}", self.world.now()));
        print(out, &format!("world hash: {:016x}", self.world.hash()));
        Ok(())
    }

    fn admin(&mut self, call: AdminCall) -> Result<AdminResult, Problem> {
        let token = self.token();
        match self.ask(ToolCommand::Admin { token, call }, token)? {
            Answer::Admin(AdminResult::Failed(error)) => Err(error.name().to_owned()),
            Answer::Admin(result) => Ok(result),
            other => Err(format!("an unexpected answer: {other:?}")),
        }
    }

    fn token(&mut self) -> u64 {
        self.next_token += 1;
        self.next_token - 1
    }

    /// Gives the tool a command and lets the world run until its answer is there.
    fn ask(&mut self, command: ToolCommand, token: u64) -> Result<Answer, Problem> {
        let until = self.world.now() + PATIENCE;
        // A client process starts with its first event; before that it hears nothing.
        while self.tool().is_none() && self.world.step() {}
        self.world.command(TOOL, command.into());
        while self.world.now() <= until {
            if let Some(answer) = self.tool().and_then(|tool| tool.answer(token)) {
                return Ok(answer.clone());
            }
            if !self.world.step() {
                break;
            }
        }
        Err("no answer came".to_owned())
    }

    fn tool(&self) -> Option<&Tool> {
        match &self.world.node(TOOL)?.client()?.program {
            AnyProgram::Tool(tool) => Some(tool),
            _ => None,
        }
    }
}

fn command(out: &mut impl Write, text: &str) {
    print(out, &format!("$ {text}"));
}

/// A record as the console consumer prints it with partition and offset.
fn consumer_line(record: &ReadRecord) -> String {
    let value = String::from_utf8_lossy(record.value.as_deref().unwrap_or_default());
    format!("Partition:{}\tOffset:{}\t{value}", record.partition.partition, record.offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_walk_ends_with_the_message_that_was_published() {
        let mut out = Vec::new();
        let code = demo(&mut lexopt::Parser::from_args(["ai_data"]), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(code, ExitCode::SUCCESS, "{text}");
        assert!(text.contains(&format!("\tOffset:0\t{MESSAGE}\n")), "{text}");
        assert!(text.contains("decoded: text = \"This is a sample text.\", label = 1"), "{text}");
        assert_eq!(text.matches("\tLeader: ").count(), 4, "{text}");
        assert_eq!(text.matches("\tElr: \tLastKnownElr: \n").count(), 4, "{text}");
        let line = text.lines().find(|line| line.starts_with("Topic: ai_data\tTopicId: ")).unwrap();
        let end = "\tPartitionCount: 4\tReplicationFactor: 1\tConfigs: min.insync.replicas=1";
        assert!(line.ends_with(end), "{line}");
    }

    #[test]
    fn another_demo_is_an_error() {
        let error = demo(&mut lexopt::Parser::from_args(["orders"]), &mut Vec::new()).unwrap_err();
        assert!(error.to_string().contains("ai_data"), "{error}");
    }
}
