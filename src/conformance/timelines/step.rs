//! The steps of a recording, done to the world. Each returns what its doer was told.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::args::Args;
use super::condition::{Condition, Steadiness};
use super::program::{Habit, Order, Outgoing, name};
use super::recording::Step;
use super::stage::{Member, OpenProducer, Producers, Stage};
use super::view;
use crate::sim::act::Fault;
use crate::sim::client::program::{AdminCall, AdminResult, SeekTo};
use crate::sim::ids::NodeId;
use crate::sim::protocol::ErrorCode;
use crate::sim::protocol::admin::{ApiError, ConfigResource, ElectionType, NewTopic, Placement};
use crate::sim::protocol::group::NamedPartition;
use crate::sim::time::Micros;

/// Time that the world may take more than the recording did.
const GRACE: Micros = Micros(60_000_000);
/// A reader stops when nothing has come for so long: at first, and after records.
const READ_PATIENCE: [Micros; 2] = [Micros(2_500_000), Micros(1_000_000)];

/// How long a step, or what is seen after it, may take.
pub fn limit(step: &Step) -> Micros {
    Micros::from_ms(step.took_ms.max(0) * 2) + GRACE
}

/// Does a step.
///
/// # Errors
/// If the project has no part that could do it, or the step never ends.
pub fn perform(stage: &mut Stage, step: &Step) -> Result<Value, String> {
    let args = Args(&step.args);
    match step.op.as_str() {
        "create_topic" => create_topic(stage, step, args),
        "create_partitions" => create_partitions(stage, step, args),
        "alter_config" => alter_config(stage, step, args),
        "kill_node" | "stop_node_clean" | "freeze_node" | "thaw_node" | "start_node" => {
            node(stage, step, args)
        }
        "wait_until" => wait_until(stage, step, args),
        "sleep" => {
            stage.pass(Micros::from_ms(args.number("ms")?));
            Ok("done".into())
        }
        "produce" => produce(stage, step, args),
        "produce_start" => produce_start(stage, args),
        "produce_finish" => produce_finish(stage, step),
        "produce_keys" => produce_keys(stage, step, args),
        "read" => read(stage, step, args),
        "elect_leaders" => elect_leaders(stage, step, args),
        "join_group" => join_group(stage, args),
        "leave_group" | "crash_member" | "close_static_member" => close_member(stage, step, args),
        "slow_processing" => slow_processing(stage, args),
        "consume_manual" => consume_manual(stage, step, args),
        "consume_group" => consume_group(stage, step, args),
        "commit_offset" => commit_offset(stage, step, args),
        "list_offsets" => list_offsets(stage, step, args),
        other => Err(format!("the step {other} is not modelled")),
    }
}

fn create_topic(stage: &mut Stage, step: &Step, args: Args<'_>) -> Result<Value, String> {
    let placement = match args.0.get("assignment") {
        Some(assignment) => Placement::Manual(manual(assignment)?),
        None => Placement::Count {
            partitions: args.number("partitions")? as i32,
            replication_factor: args.number("replicationFactor")? as i16,
        },
    };
    let configs = args.settings("config").map(|(k, v)| (k.into(), v.into())).collect();
    let topic = NewTopic { name: args.text("topic")?.into(), placement, configs };
    topics_result(stage.ask(AdminCall::CreateTopics(vec![topic]), limit(step))?)
}

fn manual(assignment: &Value) -> Result<Vec<(i32, Vec<NodeId>)>, String> {
    let partitions = assignment.as_object().ok_or("the assignment is no object")?;
    let mut manual = Vec::new();
    for (partition, replicas) in partitions {
        let partition = partition.parse().map_err(|_| format!("no partition: {partition}"))?;
        let replicas = replicas.as_array().into_iter().flatten();
        let replicas = replicas.filter_map(Value::as_i64).map(|b| NodeId(b as i32)).collect();
        manual.push((partition, replicas));
    }
    manual.sort_by_key(|(partition, _)| *partition);
    Ok(manual)
}

fn create_partitions(stage: &mut Stage, step: &Step, args: Args<'_>) -> Result<Value, String> {
    let (topic, total) = (args.text("topic")?, args.number("total")?);
    stage.grown = Some((topic.to_owned(), total as usize));
    let call = AdminCall::CreatePartitions { topic: topic.into(), total: total as i32 };
    topics_result(stage.ask(call, limit(step))?)
}

fn topics_result(answer: AdminResult) -> Result<Value, String> {
    match answer {
        AdminResult::Topics(topics) => {
            Ok(topics.first().map_or("NONE".into(), |(_, result)| verdict(result)))
        }
        AdminResult::Failed(error) => Ok(exception(error)),
        other => Err(unexpected(&other)),
    }
}

fn alter_config(stage: &mut Stage, step: &Step, args: Args<'_>) -> Result<Value, String> {
    let resource = match (args.text("type")?, args.text("name")?) {
        ("TOPIC", topic) => ConfigResource::Topic(topic.into()),
        ("BROKER", "") => ConfigResource::Cluster,
        ("BROKER", id) => {
            ConfigResource::Broker(NodeId(id.parse().map_err(|_| format!("no broker: {id}"))?))
        }
        (other, _) => return Err(format!("configs of {other} are not modelled")),
    };
    let changes = args.settings("set").map(|(k, v)| (k.into(), Some(v.into()))).collect();
    match stage.ask(AdminCall::AlterConfigs { resource, changes }, limit(step))? {
        AdminResult::ConfigsAltered(result) => Ok(verdict(&result)),
        AdminResult::Failed(error) => Ok(exception(error)),
        other => Err(unexpected(&other)),
    }
}

fn node(stage: &mut Stage, step: &Step, args: Args<'_>) -> Result<Value, String> {
    let node = NodeId(args.number("node")? as i32);
    let (fault, is_down) = match step.op.as_str() {
        "kill_node" => (Fault::Kill(node), true),
        "stop_node_clean" => (Fault::CleanStop(node), true),
        "freeze_node" => (Fault::Pause(node), true),
        "thaw_node" => (Fault::Resume(node), false),
        _ => (Fault::Start(node), false),
    };
    match is_down {
        true => stage.down.insert(node),
        false => stage.down.remove(&node),
    };
    stage.act(fault)?;
    if matches!(fault, Fault::CleanStop(_))
        && !stage.run_until(limit(step), |stage| view::has_ended(stage.world(), node))
    {
        return Err(format!("node {node} does not stop"));
    }
    Ok("done".into())
}

fn wait_until(stage: &mut Stage, step: &Step, args: Args<'_>) -> Result<Value, String> {
    let condition = Condition::parse(args.text("condition")?)?;
    // One that was reached may take longer here; one that was not must not hold for exactly that long.
    let reached = step.result == "reached";
    let allowed = Micros::from_ms(args.number("limitMs")?);
    let allowed = if reached { allowed + GRACE } else { allowed };
    let mut steadiness = Steadiness::default();
    match stage.run_until(allowed, |stage| condition.holds(stage, &mut steadiness)) {
        true => Ok("reached".into()),
        false => Ok("not reached".into()),
    }
}

fn produce(stage: &mut Stage, step: &Step, args: Args<'_>) -> Result<Value, String> {
    let number = producer(stage, args)?;
    let empty_is_null = args.0.get("emptyValueMeans").is_some_and(|means| means == "null");
    let mut results = Vec::new();
    for text in args.texts("records")? {
        let (key, value) = text.split_once(':').ok_or(format!("no record: {text}"))?;
        let record = Outgoing {
            topic: args.text("topic")?.into(),
            partition: args.0["partition"].as_i64().map(|p| p as i32),
            key: Some(Arc::from(key)).filter(|_| !key.is_empty()),
            value: Some(Arc::from(value)).filter(|_| !(value.is_empty() && empty_is_null)),
            numbered: false,
        };
        let (partition, result) = send(stage, step, number, record)?;
        results.push(match result {
            Ok(offset) => json!({ "partition": partition, "offset": offset }),
            Err(error) => exception(error),
        });
    }
    Ok(results.into())
}

/// Sends a record and waits for what becomes of it.
fn send(
    stage: &mut Stage,
    step: &Step,
    producer: u16,
    record: Outgoing,
) -> Result<(i32, Result<i64, ErrorCode>), String> {
    let token = stage.token();
    stage.order(Order::Send { producer, token, record });
    stage.run_until(limit(step), |stage| stage.recorder().sent.contains_key(&token));
    let sent = stage.recorder().sent.get(&token).copied();
    sent.ok_or_else(|| "the producer never tells what became of a record".to_owned())
}

/// The producer of a step: the one before if it may be that, else a new one.
fn producer(stage: &mut Stage, args: Args<'_>) -> Result<u16, String> {
    let settings = args.0["client"].clone();
    if let Some(open) = stage.producer.take() {
        if stage.producers == Producers::AsBefore && open.settings == settings {
            let number = open.number;
            stage.producer = Some(open);
            return Ok(number);
        }
        stage.order(Order::CloseProducer { producer: open.number });
    }
    let config = Box::new(args.producer_config(stage.world().setup().version)?);
    let number = stage.producer_number();
    stage.order(Order::CreateProducer { producer: number, config });
    stage.producer = Some(OpenProducer { number, settings });
    Ok(number)
}

fn produce_start(stage: &mut Stage, args: Args<'_>) -> Result<Value, String> {
    let number = producer(stage, args)?;
    let count = args.number("records")?.max(0) as u64;
    let token = stage.tokens(count);
    stage.background = Some(super::stage::Background {
        topic: args.text("topic")?.to_owned(),
        first: token,
        count,
        finished: false,
    });
    let record = Outgoing {
        topic: args.text("topic")?.into(),
        partition: args.0["partition"].as_i64().map(|p| p as i32),
        key: Some(args.text("key")?.into()),
        value: Some(args.text("valuePrefix")?.into()),
        numbered: true,
    };
    let every = Micros::from_ms(args.number("everyMs")?);
    stage.order(Order::SendEvery { producer: number, token, record, count, every });
    Ok("started".into())
}

fn produce_finish(stage: &mut Stage, step: &Step) -> Result<Value, String> {
    let background = stage.background.clone().ok_or("no producer was started")?;
    let done = stage.run_until(limit(step), |stage| {
        let sent = &stage.recorder().sent;
        background.tokens().all(|token| sent.contains_key(&token))
    });
    if let Some(background) = &mut stage.background {
        background.finished = true;
    }
    if let Some(open) = stage.producer.take() {
        stage.order(Order::CloseProducer { producer: open.number });
    }
    match done {
        true => Ok("finished".into()),
        false => Err("the producer does not finish".to_owned()),
    }
}

fn produce_keys(stage: &mut Stage, step: &Step, args: Args<'_>) -> Result<Value, String> {
    let number = producer(stage, args)?;
    let mut partitions = Map::new();
    for key in args.texts("keys")? {
        let record = Outgoing {
            topic: args.text("topic")?.into(),
            partition: None,
            key: Some(key.into()),
            value: Some(args.text("value")?.into()),
            numbered: false,
        };
        let (partition, result) = send(stage, step, number, record)?;
        let told = result.map_or_else(exception, |_| partition.into());
        partitions.insert(key.to_owned(), told);
    }
    Ok(partitions.into())
}

fn read(stage: &mut Stage, step: &Step, args: Args<'_>) -> Result<Value, String> {
    let partition = NamedPartition {
        topic: args.text("topic")?.into(),
        partition: args.number("partition")? as i32,
    };
    let from = args.number("from")?;
    let seek = if from < 0 { SeekTo::Beginning } else { SeekTo::Offset(from) };
    let mut config = args.consumer_defaults();
    super::args::set_consumer(&mut config, "isolation.level", args.text("isolation")?)?;
    let reader = stage.add_client("reader")?;
    stage.order_to(
        reader,
        Order::Read { config: Box::new(config), partition: partition.clone(), from: seek },
    );
    drain(stage, step, reader);
    let position = view::position(stage.world(), reader, &partition).unwrap_or(-1);
    let log = &stage.program(reader).ok_or("the reader is gone")?.consumer;
    let records: Vec<Value> =
        log.received.iter().map(|r| json!([r.offset, r.key, r.value, r.leader_epoch])).collect();
    stage.order_to(reader, Order::Close { leave: true });
    Ok(json!({ "records": records, "position": position }))
}

/// Lets a reader read until nothing has come for a while.
fn drain(stage: &mut Stage, step: &Step, reader: NodeId) {
    let until = stage.world().now() + limit(step);
    let mut known = 0;
    while stage.world().now() < until {
        let patience = READ_PATIENCE[usize::from(known > 0)];
        let polls = |stage: &Stage| stage.program(reader).map_or(0, |r| r.consumer.polls.len());
        if !stage.run_until(patience, |stage| polls(stage) > known) {
            return;
        }
        known = polls(stage);
    }
}

fn elect_leaders(stage: &mut Stage, step: &Step, args: Args<'_>) -> Result<Value, String> {
    let election = match args.text("type")? {
        "PREFERRED" => ElectionType::Preferred,
        "UNCLEAN" => ElectionType::Unclean,
        other => return Err(format!("there is no election of type {other}")),
    };
    let topic: Arc<str> = args.text("topic")?.into();
    let numbers = args.0["partitions"].as_array().into_iter().flatten();
    let partitions = numbers.filter_map(Value::as_i64).map(|p| (topic.clone(), p as i32)).collect();
    let call = AdminCall::ElectLeaders { election, partitions: Some(partitions) };
    match stage.ask(call, limit(step))? {
        AdminResult::Elected(results) => {
            let results = results.into_iter().map(|(topic, partition, result)| {
                (name(&NamedPartition { topic, partition }), verdict(&result))
            });
            Ok(Value::Object(results.collect()))
        }
        AdminResult::Failed(error) => Ok(exception(error)),
        other => Err(unexpected(&other)),
    }
}

fn join_group(stage: &mut Stage, args: Args<'_>) -> Result<Value, String> {
    let commit = args.0.get("commitAfterPoll").is_some_and(|commit| commit == true);
    join(stage, args, Habit { commit, ..Habit::default() })?;
    Ok("started".into())
}

/// Starts a process with one consumer in a group.
fn join(stage: &mut Stage, args: Args<'_>, habit: Habit) -> Result<NodeId, String> {
    let (group, client_id) = (args.text("group")?, args.text("client")?);
    let mut config = args.consumer_config()?;
    super::args::set_consumer(&mut config, "client.id", client_id)?;
    let topics = args.texts("topics")?.map(Arc::from).collect();
    let node = stage.add_client(client_id)?;
    let order = Order::Join { group: group.into(), config: Box::new(config), topics, habit };
    stage.order_to(node, order);
    let member =
        Member { client_id: client_id.to_owned(), group: group.to_owned(), node, live: true };
    stage.members.push(member);
    Ok(node)
}

fn close_member(stage: &mut Stage, step: &Step, args: Args<'_>) -> Result<Value, String> {
    let client = args.text("client")?;
    let member = stage.members.iter_mut().rev().find(|member| member.client_id == client);
    let member = member.ok_or(format!("there is no member {client}"))?;
    member.live = false;
    let node = member.node;
    close(stage, step, node, step.op != "crash_member")?;
    Ok("closed".into())
}

fn close(stage: &mut Stage, step: &Step, node: NodeId, leave: bool) -> Result<(), String> {
    stage.order_to(node, Order::Close { leave });
    match stage.run_until(limit(step), |stage| view::is_closed(stage.world(), node)) {
        true => Ok(()),
        false => Err("the consumer does not close".to_owned()),
    }
}

fn slow_processing(stage: &mut Stage, args: Args<'_>) -> Result<Value, String> {
    let client = args.text("client")?;
    let node = stage.member(client).ok_or(format!("there is no member {client}"))?.node;
    let slow = Some(Micros::from_ms(args.number("sleepMs")?));
    let commit = args.0.get("commitAfterPoll").is_some_and(|commit| commit == true);
    stage.order_to(node, Order::Behave(Habit { slow, commit, ..Habit::default() }));
    stage.pass(Micros::from_ms(args.number("waitMs")?));
    Ok("started".into())
}

/// How a consumer that lives inside one step is closed.
fn leaves(args: Args<'_>) -> Result<bool, String> {
    match args.text("close")? {
        "leave" => Ok(true),
        "remain" => Ok(false),
        other => Err(format!("a consumer cannot be closed with {other}")),
    }
}

fn consume_manual(stage: &mut Stage, step: &Step, args: Args<'_>) -> Result<Value, String> {
    let polls = args.0["polls"].as_array().ok_or("there are no polls")?;
    let plan: Vec<bool> = polls.iter().map(|poll| poll["commit"] == "sync").collect();
    let (count, leave) = (plan.len(), leaves(args)?);
    let habit = Habit { plan: Some(plan), then_leave: Some(leave), ..Habit::default() };
    let node = join(stage, args, habit)?;
    if let Some(member) = stage.members.last_mut() {
        member.live = false;
    }
    stage.run_until(limit(step), |stage| {
        let ended = stage.program(node).is_none_or(|recorder| recorder.consumer.closed);
        ended && view::is_closed(stage.world(), node)
    });
    let log = &stage.program(node).ok_or("the consumer is gone")?.consumer;
    Ok(json!({ "polled": log.polls.iter().take(count).collect::<Vec<_>>() }))
}

fn consume_group(stage: &mut Stage, step: &Step, args: Args<'_>) -> Result<Value, String> {
    let leave = leaves(args)?;
    let node = join(stage, args, Habit::default())?;
    if let Some(member) = stage.members.last_mut() {
        member.live = false;
    }
    let time = Micros::from_ms(args.number("forMs")?);
    let failed = |stage: &Stage| {
        stage.program(node).is_some_and(|recorder| recorder.consumer.error.is_some())
    };
    stage.run_until(time, failed);
    let log = stage.program(node).ok_or("the consumer is gone")?.consumer.clone();
    let read: Vec<i64> = log.received.iter().map(|record| record.offset).collect();
    let owned = log.assignment.first().and_then(|name| super::program::partition_of(name));
    let position = owned.and_then(|partition| view::position(stage.world(), node, &partition));
    close(stage, step, node, leave)?;
    match log.error {
        Some(error) => Ok(json!({ "error": error.exception(), "read": read })),
        None => Ok(json!({ "read": read, "position": position.unwrap_or(-1) })),
    }
}

fn commit_offset(stage: &mut Stage, step: &Step, args: Args<'_>) -> Result<Value, String> {
    let partition = args.partition("partition")?;
    let call = AdminCall::AlterGroupOffsets {
        group: args.text("group")?.into(),
        offsets: vec![(partition, args.number("offset")?)],
    };
    match stage.ask(call, limit(step))? {
        AdminResult::GroupOffsetsAltered(results) => {
            let error = results.first().map_or(ErrorCode::None, |(_, error)| *error);
            Ok(if error.is_none() { "NONE".into() } else { exception(error) })
        }
        AdminResult::Failed(error) => Ok(exception(error)),
        other => Err(unexpected(&other)),
    }
}

fn list_offsets(stage: &mut Stage, step: &Step, args: Args<'_>) -> Result<Value, String> {
    let partition = args.partition("partition")?;
    let call = AdminCall::ListGroupOffsets { group: args.text("group")?.into() };
    match stage.ask(call, limit(step))? {
        AdminResult::GroupOffsets(offsets) => {
            let committed = offsets.iter().find(|(found, _)| *found == partition);
            Ok(json!({ "committed": committed.map(|(_, committed)| committed.offset) }))
        }
        AdminResult::Failed(error) => Ok(exception(error)),
        other => Err(unexpected(&other)),
    }
}

fn verdict(result: &ApiError) -> Value {
    if result.error.is_none() { "NONE".into() } else { exception(result.error) }
}

fn exception(error: ErrorCode) -> Value {
    json!({ "error": error.exception() })
}

fn unexpected(answer: &AdminResult) -> String {
    format!("the admin client answered something else: {answer:?}")
}
