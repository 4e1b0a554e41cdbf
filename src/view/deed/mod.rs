//! What a person asks for, as actions of the run; and the cluster's answer, in Kafka's words.

use std::sync::Arc;

use crate::apps::load::{ConsumerCommand, Pace, ProducerCommand};
use crate::apps::tool::{Answer, OneRecord, ToolCommand};
use crate::apps::{AnyCommand, AnyProgram};
use crate::limits::{PRODUCER_RATE_MAX, RUN_MICROS_MAX, VALUE_BYTES_MAX};
use crate::playground::action::{Action, Stamped};
use crate::playground::history::History;
use crate::playground::setup::TOOL;
use crate::sim::act::Fault;
use crate::sim::client::producer::config::in_force;
use crate::sim::client::program::{AdminCall, AdminResult};
use crate::sim::config::ConsumerConfig;
use crate::sim::ids::{FIRST_CLIENT, NodeId};
use crate::sim::protocol::ErrorCode;
use crate::sim::protocol::admin::{ApiError, ConfigResource, ElectionType, NewTopic, Placement};
use crate::sim::protocol::data::Acks;
use crate::sim::time::Micros;
use crate::view::compose::events::ConfigOrder;
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
        Asked::Act(Act::Elect { unclean }) => {
            let election = if *unclean { ElectionType::Unclean } else { ElectionType::Preferred };
            Ok(by_tool(history, |token| ToolCommand::Admin {
                token,
                call: AdminCall::ElectLeaders { election, partitions: None },
            }))
        }
        Asked::Order(Order::ClientConfig { node, name, value }) => {
            Ok((vec![client_config(history, NodeId(*node), name, value)?], None))
        }
        Asked::Act(act) => Ok((acts(history, *act)?, None)),
        Asked::Order(order) => Ok(by_tool(history, |token| tool_command(order, token))),
    }
}

/// What the tool does, with the token of its answer.
fn by_tool(
    history: &History<AnyProgram>,
    command: impl FnOnce(u64) -> ToolCommand,
) -> (Vec<Deed>, Option<u64>) {
    // The setup's own command has the token 1; the tool keeps the answers of every other.
    let token = history.actions().len() as u64 + 2;
    let command = AnyCommand::Tool(command(token));
    (vec![Action::Command { client: TOOL, command }], Some(token))
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
            let latency = (ms > 0).then_some(millis(ms));
            both_ways(a, b, |from, to| Fault::SetLatency { from, to, latency })
        }
        Act::Reset(a, b) => {
            vec![Action::Fault(Fault::ResetConnections { a: NodeId(a), b: NodeId(b) })]
        }
        Act::Commit(node) => tell(node, ConsumerCommand::CommitNow.into()),
        Act::Rate(node, rate) => {
            let pace = Pace::Rate(up_to(rate, PRODUCER_RATE_MAX)?);
            tell(node, ProducerCommand::SetPace(pace).into())
        }
        Act::Keys(node, keys) => {
            let keys = up_to(keys, PRODUCER_RATE_MAX)?;
            tell(node, ProducerCommand::SetKeys(keys).into())
        }
        Act::ValueBytes(node, bytes) => {
            let bytes = up_to(bytes, VALUE_BYTES_MAX)?;
            tell(node, ProducerCommand::SetValueBytes(bytes).into())
        }
        Act::Processing(node, ms) => tell(node, ConsumerCommand::SetProcessing(millis(ms)).into()),
        Act::SlowDisk(node, ms) => {
            let write = (ms > 0).then_some(millis(ms));
            vec![Action::Fault(Fault::SlowDisk { node: NodeId(node), write })]
        }
        Act::Network(latency_us) => {
            vec![Action::Fault(Fault::SetNetwork { latency: Micros(u64::from(latency_us)) })]
        }
        Act::Elect { .. } => return Err(Outcome::Impossible),
        Act::AddLike(node) => {
            let like = NodeId(node);
            let name = next_name(history, like).ok_or(Outcome::Impossible)?;
            vec![Action::AddClient { like, name }]
        }
    })
}

fn millis(ms: u32) -> Micros {
    Micros((u64::from(ms) * 1_000).min(RUN_MICROS_MAX))
}

fn up_to(asked: u32, limit: u32) -> Result<u32, Outcome> {
    if asked > limit { Err(Outcome::Limit(limit)) } else { Ok(asked) }
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

fn tool_command(order: &Order, token: u64) -> ToolCommand {
    let admin = |call| ToolCommand::Admin { token, call };
    let alter = |resource, name: &str, value: Option<&str>| {
        let changes = vec![(name.into(), value.map(Arc::from))];
        admin(AdminCall::AlterConfigs { resource, changes })
    };
    match order {
        Order::TopicConfig { topic, name, value } => {
            alter(ConfigResource::Topic(topic.as_str().into()), name, value.as_deref())
        }
        Order::BrokerConfig { broker: Some(id), name, value } => {
            alter(ConfigResource::Broker(NodeId(*id)), name, value.as_deref())
        }
        Order::BrokerConfig { broker: None, name, value } => {
            alter(ConfigResource::Cluster, name, value.as_deref())
        }
        Order::AddPartitions { topic, total } => {
            admin(AdminCall::CreatePartitions { topic: topic.as_str().into(), total: *total })
        }
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
            ToolCommand::Send { token, record, acks: Acks::All }
        }
        Order::ClientConfig { .. } => unreachable!("a client's configs are not the tool's"),
    }
}

/// The changes of topics' configs among the actions of a run.
pub fn config_orders(actions: &[Stamped<AnyCommand>]) -> Vec<ConfigOrder> {
    let mut orders = Vec::new();
    for stamped in actions {
        let Action::Command { command: AnyCommand::Tool(ToolCommand::Admin { call, .. }), .. } =
            &stamped.action
        else {
            continue;
        };
        let AdminCall::AlterConfigs { resource, changes } = call else { continue };
        let of = match resource {
            ConfigResource::Topic(topic) => topic.to_string(),
            ConfigResource::Broker(id) => format!("broker {id}"),
            ConfigResource::Cluster => "brokers".to_owned(),
        };
        orders.extend(changes.iter().map(|(name, value)| ConfigOrder {
            time_us: stamped.time.0,
            topic: of.clone(),
            name: name.to_string(),
            value: value.as_deref().unwrap_or_default().to_owned(),
        }));
    }
    orders
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
        Answer::Admin(AdminResult::Elected(results)) => elected(results),
        Answer::Admin(_) | Answer::Read(_) => Outcome::Done,
    })
}

/// Done if every leader is as wished now; else why not, with the partitions that have the same trouble as the first.
fn elected(results: &[(Arc<str>, i32, ApiError)]) -> Outcome {
    let bad = |error: ErrorCode| !matches!(error, ErrorCode::None | ErrorCode::ElectionNotNeeded);
    let Some((_, _, first)) = results.iter().find(|(_, _, result)| bad(result.error)) else {
        return Outcome::Done;
    };
    let alike = results.iter().filter(|(_, _, result)| result.error == first.error);
    let names: Vec<String> = alike.map(|(topic, number, _)| format!("{topic}-{number}")).collect();
    let words = match first.error {
        ErrorCode::PreferredLeaderNotAvailable => "The preferred leader was not available.",
        ErrorCode::EligibleLeadersNotAvailable => {
            "Eligible topic partition leaders are not available."
        }
        _ => &first.message,
    };
    Outcome::Refused(format!("{}: {words} ({})", first.error.exception(), names.join(", ")))
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
mod tests;
