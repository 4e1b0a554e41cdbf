//! What a person asks for, as actions of the run; and the cluster's answer, in Kafka's words.

use std::sync::Arc;

use crate::apps::load::{ConsumerCommand, Pace, ProducerCommand};
use crate::apps::tool::{Answer, OneRecord, ToolCommand};
use crate::apps::{AnyCommand, AnyProgram};
use crate::limits::{PRODUCER_RATE_MAX, RUN_MICROS_MAX};
use crate::playground::action::Action;
use crate::playground::history::History;
use crate::playground::setup::TOOL;
use crate::sim::act::Fault;
use crate::sim::client::producer::config::in_force;
use crate::sim::client::program::{AdminCall, AdminResult};
use crate::sim::config::ConsumerConfig;
use crate::sim::ids::{FIRST_CLIENT, NodeId};
use crate::sim::protocol::admin::{ApiError, ConfigResource, NewTopic, Placement};
use crate::sim::protocol::data::Acks;
use crate::sim::time::Micros;
use crate::view::protocol::{Act, Asked, Order, Outcome};

/// An action of a run of the page.
pub type Deed = Action<AnyCommand>;

/// The actions of what was asked, and the token of the answer if one comes.
///
/// # Errors
/// What Kafka says to it before anything is sent, or that it is impossible.
pub fn actions(
    history: &History<AnyProgram>,
    asked: &Asked,
) -> Result<(Vec<Deed>, Option<u64>), Outcome> {
    match asked {
        Asked::Act(act) => Ok((acts(history, *act)?, None)),
        Asked::Order(Order::ClientConfig { node, name, value }) => {
            Ok((vec![client_config(history, NodeId(*node), name, value)?], None))
        }
        Asked::Order(order) => {
            // The setup's own command has the token 1; the tool keeps the answers of every other.
            let token = history.actions().len() as u64 + 2;
            let command = tool_command(order, token).ok_or(Outcome::Impossible)?;
            let command = AnyCommand::Tool(command);
            Ok((vec![Action::Command { client: TOOL, command }], Some(token)))
        }
    }
}

/// Whether the cluster will answer the action.
pub fn is_answered(deed: &Deed) -> bool {
    matches!(deed, Action::Command { command: AnyCommand::Tool(_), .. })
}

fn acts(history: &History<AnyProgram>, act: Act) -> Result<Vec<Deed>, Outcome> {
    let one = |fault: fn(NodeId) -> Fault, node| vec![Action::Fault(fault(NodeId(node)))];
    let tell = |node, command| vec![Action::Command { client: NodeId(node), command }];
    Ok(match act {
        Act::Kill(node) => one(Fault::Kill, node),
        Act::Restart(node) => one(Fault::Start, node),
        Act::Pause(node) => one(Fault::Pause, node),
        Act::Resume(node) => one(Fault::Resume, node),
        Act::PowerLoss(node) => one(Fault::PowerLoss, node),
        Act::Stop(node) => one(Fault::CleanStop, node),
        Act::Wipe(node) => one(Fault::WipeDisk, node),
        Act::Cut(a, b) => both_ways(a, b, |from, to| Fault::CutLink { from, to }),
        Act::Heal(a, b) => both_ways(a, b, |from, to| Fault::HealLink { from, to }),
        Act::Slow(a, b, ms) => {
            let latency = Micros((u64::from(ms) * 1_000).min(RUN_MICROS_MAX));
            let latency = (ms > 0).then_some(latency);
            both_ways(a, b, |from, to| Fault::SetLatency { from, to, latency })
        }
        Act::Reset(a, b) => {
            vec![Action::Fault(Fault::ResetConnections { a: NodeId(a), b: NodeId(b) })]
        }
        Act::Commit(node) => tell(node, ConsumerCommand::CommitNow.into()),
        Act::Rate(node, rate) => {
            let rate = rate.min(PRODUCER_RATE_MAX);
            tell(node, ProducerCommand::SetPace(Pace::Rate(rate)).into())
        }
        Act::AddLike(node) => {
            let like = NodeId(node);
            let name = next_name(history, like).ok_or(Outcome::Impossible)?;
            vec![Action::AddClient { like, name }]
        }
    })
}

fn both_ways(a: i32, b: i32, fault: impl Fn(NodeId, NodeId) -> Fault) -> Vec<Deed> {
    let (a, b) = (NodeId(a), NodeId(b));
    vec![Action::Fault(fault(a, b)), Action::Fault(fault(b, a))]
}

/// The name of one more client like `c2`: `c3`, or the first number that is free.
fn next_name(history: &History<AnyProgram>, like: NodeId) -> Option<Arc<str>> {
    let specs = history.run().world.client_specs();
    let model = &specs.get(usize::try_from(like.0 - FIRST_CLIENT).ok()?)?.name;
    let stem = model.trim_end_matches(|c: char| c.is_ascii_digit());
    let mut names = (2..=specs.len() + 2).map(|number| format!("{stem}{number}"));
    let free = names.find(|name| specs.iter().all(|spec| *spec.name != **name))?;
    Some(Arc::from(free))
}

fn client_config(
    history: &History<AnyProgram>,
    client: NodeId,
    name: &str,
    value: &str,
) -> Result<Deed, Outcome> {
    let program = history.run().world.node(client).and_then(|node| Some(&node.client()?.program));
    let (name_, value_) = (name.to_owned(), value.to_owned());
    let command = match program.ok_or(Outcome::Impossible)? {
        AnyProgram::ProducerLoad(load) => {
            let mut config = load.spec().config.clone();
            config.set(name, value).map_err(refused)?;
            if name == "acks" {
                config.enable_idempotence = config.acks == Acks::All;
            }
            in_force(&config, &[name]).map_err(refused)?;
            ProducerCommand::SetConfig { name: name_, value: value_ }.into()
        }
        AnyProgram::ConsumerLoad(load) => {
            let mut config = load.spec().config.clone();
            config.set(name, value).map_err(refused)?;
            check_consumer(&config)?;
            ConsumerCommand::SetConfig { name: name_, value: value_ }.into()
        }
        _ => return Err(Outcome::Impossible),
    };
    Ok(Action::Command { client, command })
}

/// As the constructor of Kafka's `Heartbeat` has it.
fn check_consumer(config: &ConsumerConfig) -> Result<(), Outcome> {
    match config.heartbeat_interval_ms < config.session_timeout_ms {
        true => Ok(()),
        false => Err(refused("Heartbeat must be set lower than the session timeout")),
    }
}

fn refused(why: impl ToString) -> Outcome {
    Outcome::Refused(why.to_string())
}

fn tool_command(order: &Order, token: u64) -> Option<ToolCommand> {
    let admin = |call| Some(ToolCommand::Admin { token, call });
    match order {
        Order::TopicConfig { topic, name, value } => admin(AdminCall::AlterConfigs {
            resource: ConfigResource::Topic(topic.as_str().into()),
            changes: vec![(name.as_str().into(), Some(value.as_str().into()))],
        }),
        Order::CreateTopic { name, partitions, copies } => {
            let placement =
                Placement::Count { partitions: *partitions, replication_factor: *copies };
            let topic = NewTopic { name: name.as_str().into(), placement, configs: Vec::new() };
            admin(AdminCall::CreateTopics(vec![topic]))
        }
        Order::DeleteTopic(name) => admin(AdminCall::DeleteTopics(vec![name.as_str().into()])),
        Order::Send { topic, key, value } => {
            let key = (!key.is_empty()).then(|| key.clone().into_bytes());
            let value = Some(value.clone().into_bytes());
            let record = OneRecord { topic: topic.as_str().into(), partition: None, key, value };
            Some(ToolCommand::Send { token, record, acks: Acks::All })
        }
        Order::ClientConfig { .. } => None,
    }
}

/// The answer with this token, once it is there.
pub fn outcome(history: &History<AnyProgram>, token: u64) -> Option<Outcome> {
    let client = history.run().world.node(TOOL)?.client()?;
    let AnyProgram::Tool(tool) = &client.program else { return None };
    Some(match tool.answer(token)? {
        Answer::Sent(partition, Ok(offset)) => {
            Outcome::Stored { partition: *partition, offset: *offset }
        }
        Answer::Sent(_, Err(error)) => said(&(*error).into()),
        Answer::Admin(AdminResult::Failed(error)) => said(&(*error).into()),
        Answer::Admin(AdminResult::ConfigsAltered(result)) => said(result),
        Answer::Admin(AdminResult::Topics(topics)) => {
            topics.first().map_or(Outcome::Done, |(_, result)| said(result))
        }
        Answer::Admin(_) | Answer::Read(_) => Outcome::Done,
    })
}

/// An error as the tools print it: the exception, and the message if there is one.
fn said(result: &ApiError) -> Outcome {
    let exception = result.error.exception();
    match (exception, &*result.message) {
        ("", _) => Outcome::Done,
        (exception, "") => Outcome::Refused(exception.to_owned()),
        (exception, message) => Outcome::Refused(format!("{exception}: {message}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playground::setup;
    use crate::sim::time::SimTime;

    fn running() -> History<AnyProgram> {
        let mut history = setup::orders(1).open().unwrap();
        history.run_until(SimTime(20_000_000));
        history
    }

    fn ask(history: &mut History<AnyProgram>, asked: Asked) -> Outcome {
        let (deeds, token) = match actions(history, &asked) {
            Ok(actions) => actions,
            Err(outcome) => return outcome,
        };
        for deed in deeds {
            history.act(deed).expect("everything runs");
        }
        history.run_until(SimTime(history.position().time.0 + 5_000_000));
        token.and_then(|token| outcome(history, token)).unwrap_or(Outcome::Done)
    }

    #[test]
    fn topics_are_made_and_refused_in_kafkas_words() {
        let mut history = running();
        let create = |name: &str, copies| {
            Asked::Order(Order::CreateTopic { name: name.into(), partitions: 2, copies })
        };
        assert_eq!(ask(&mut history, create("payments", 3)), Outcome::Done);
        let again = ask(&mut history, create("payments", 3));
        assert_eq!(again, refused("TopicExistsException: Topic 'payments' already exists."));
        let Outcome::Refused(too_many) = ask(&mut history, create("wide", 4)) else {
            panic!("three brokers hold no four copies")
        };
        assert!(too_many.starts_with("InvalidReplicationFactorException: Unable to replicate"));
        let gone = Asked::Order(Order::DeleteTopic("payments".into()));
        assert_eq!(ask(&mut history, gone), Outcome::Done);
    }

    #[test]
    fn a_typed_record_is_stored_where_its_key_leads() {
        let mut history = running();
        let send = Order::Send { topic: "orders".into(), key: "ella".into(), value: "hi".into() };
        let first = ask(&mut history, Asked::Order(send.clone()));
        let second = ask(&mut history, Asked::Order(send));
        let (Outcome::Stored { partition: a, .. }, Outcome::Stored { partition: b, .. }) =
            (&first, &second)
        else {
            panic!("{first:?} {second:?}")
        };
        assert_eq!(a, b);
    }

    #[test]
    fn configs_are_checked_as_kafka_checks_them() {
        let mut history = running();
        let topic = |value: &str| {
            Asked::Order(Order::TopicConfig {
                topic: "orders".into(),
                name: "min.insync.replicas".into(),
                value: value.into(),
            })
        };
        assert_eq!(
            ask(&mut history, topic("0")),
            refused(
                "InvalidConfigurationException: Invalid value 0 for configuration min.insync.replicas: Value must be at least 1"
            )
        );
        assert_eq!(ask(&mut history, topic("3")), Outcome::Done);
        let client = |name: &str, value: &str| {
            Asked::Order(Order::ClientConfig {
                node: TOOL.0 + 1,
                name: name.into(),
                value: value.into(),
            })
        };
        assert_eq!(ask(&mut history, client("acks", "1")), Outcome::Done);
        let Outcome::Refused(idempotence) = ask(&mut history, client("enable.idempotence", "true"))
        else {
            panic!("acks=1 excludes idempotence")
        };
        assert!(idempotence.starts_with("Must set acks to all"), "{idempotence}");
    }

    #[test]
    fn one_more_member_divides_the_partitions_anew() {
        let mut history = running();
        let c1 = TOOL.0 + 2;
        assert_eq!(ask(&mut history, Asked::Act(Act::AddLike(c1))), Outcome::Done);
        let specs = history.run().world.client_specs();
        assert_eq!(&*specs.last().expect("five clients and one more").name, "c3");
        history.run_until(SimTime(45_000_000));
        let group = crate::view::compose::access::group(&history.run().world, "billing");
        assert_eq!(group.expect("it is coordinated").members.len(), 3);
        assert!(history.verify());
    }
}
