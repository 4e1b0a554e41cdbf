//! Whether the actions of a shared run can be those of a run at all. Whether they could be done at their moment is seen when
//! they are repeated.

use std::collections::BTreeSet;

use super::Shared;
use super::complaint::{Complaint, Wrong};
use crate::apps::AnyCommand;
use crate::apps::load::{ConsumerCommand, Pace, ProducerCommand};
use crate::apps::tool::{Source, ToolCommand};
use crate::limits::{
    ACTION_BYTES_MAX, ACTIONS_MAX, PRODUCER_RATE_MAX, RUN_MICROS_MAX, VALUE_BYTES_MAX,
};
use crate::playground::action::{Action, Stamped};
use crate::sim::act::Fault;
use crate::sim::client::program::{AdminCall, SeekTo};
use crate::sim::config::{ConsumerConfig, ProducerConfig};
use crate::sim::ids::{FIRST_CLIENT, NodeId};
use crate::sim::time::{Micros, SimTime};
use crate::view::host::setup_of;
use crate::view::protocol::Stamped as Packed;

/// An action of a shared run.
pub type Act = Stamped<AnyCommand>;

/// Looks at all of a shared run.
///
/// # Errors
/// The first thing that is wrong, with its place.
pub fn check(shared: &Shared) -> Result<(), Complaint> {
    actions(shared).map(drop)
}

/// The actions of a shared run, each looked at.
///
/// # Errors
/// The first that is wrong, with its place.
pub fn actions(shared: &Shared) -> Result<Vec<Act>, Complaint> {
    let packed = &shared.script.acts;
    let count = packed.len();
    if count > ACTIONS_MAX {
        let (count, limit) = (count as u64, ACTIONS_MAX as u64);
        return Err(Complaint::TooManyActions { count, limit });
    }
    if shared.moment.time_us > RUN_MICROS_MAX {
        return Err(Complaint::NoMoment { time_us: shared.moment.time_us });
    }
    let mut nodes = nodes(shared);
    let mut before = (0, 0);
    let mut acts = Vec::with_capacity(count);
    for (place, packed) in packed.iter().enumerate() {
        let complain = |wrong| Complaint::about(place, count, wrong);
        let stamp = (packed.time_us, packed.after_events);
        if stamp.0 < before.0 || stamp.1 < before.1 {
            return Err(complain(Wrong::OutOfOrder));
        }
        let events = shared.moment.after_events.unwrap_or(u64::MAX);
        if stamp.0 > shared.moment.time_us || stamp.1 > events {
            return Err(complain(Wrong::AfterMoment));
        }
        before = stamp;
        let action = unpack(packed).map_err(complain)?;
        look(&action, &mut nodes).map_err(complain)?;
        acts.push(Stamped { time: SimTime(stamp.0), after_events: stamp.1, action });
    }
    Ok(acts)
}

/// The processes that a run begins with.
fn nodes(shared: &Shared) -> BTreeSet<NodeId> {
    let setup = setup_of(&shared.script);
    let clients = (FIRST_CLIENT..).take(setup.clients.len()).map(NodeId);
    setup.cluster.servers.iter().map(|server| server.id).chain(clients).collect()
}

fn unpack(packed: &Packed) -> Result<Action<AnyCommand>, Wrong> {
    let bytes = &packed.action;
    bounded(bytes.len() as u64, ACTION_BYTES_MAX as u64)?;
    let unreadable = |why: &str| Wrong::Unreadable(why.to_owned());
    let read = postcard::take_from_bytes(bytes);
    let (action, rest) = read.map_err(|error| unreadable(&error.to_string()))?;
    if rest.is_empty() { Ok(action) } else { Err(unreadable("it is too long")) }
}

fn look(action: &Action<AnyCommand>, nodes: &mut BTreeSet<NodeId>) -> Result<(), Wrong> {
    match action {
        Action::Fault(fault) => look_at_fault(*fault, nodes),
        Action::Command { client, command } => {
            known(*client, nodes)?;
            look_at_command(command)
        }
        Action::AddClient { like, .. } => {
            known(*like, nodes)?;
            let last = nodes.last().map_or(FIRST_CLIENT, |node| node.0 + 1);
            nodes.insert(NodeId(last.max(FIRST_CLIENT)));
            Ok(())
        }
    }
}

fn look_at_fault(fault: Fault, nodes: &BTreeSet<NodeId>) -> Result<(), Wrong> {
    match fault {
        Fault::Kill(node)
        | Fault::PowerLoss(node)
        | Fault::CleanStop(node)
        | Fault::Pause(node)
        | Fault::Resume(node)
        | Fault::Start(node)
        | Fault::WipeDisk(node) => known(node, nodes),
        Fault::CutLink { from, to }
        | Fault::HealLink { from, to }
        | Fault::ResetConnections { a: from, b: to } => {
            known(from, nodes)?;
            known(to, nodes)
        }
        Fault::SetLatency { from, to, latency } => {
            known(from, nodes)?;
            known(to, nodes)?;
            latency.map_or(Ok(()), short)
        }
        Fault::SetNetwork { latency } => short(latency),
        Fault::SlowDisk { node, write } => {
            known(node, nodes)?;
            write.map_or(Ok(()), short)
        }
    }
}

fn look_at_command(command: &AnyCommand) -> Result<(), Wrong> {
    match command {
        AnyCommand::Producer(command) => look_at_producer(command),
        AnyCommand::Consumer(command) => look_at_consumer(command),
        AnyCommand::Tool(command) => look_at_tool(command),
    }
}

fn look_at_producer(command: &ProducerCommand) -> Result<(), Wrong> {
    let rate = |number: u32| bounded(u64::from(number), u64::from(PRODUCER_RATE_MAX));
    match command {
        ProducerCommand::SetPace(Pace::Rate(number))
        | ProducerCommand::SetKeys(number)
        | ProducerCommand::SendNow(number) => rate(*number),
        ProducerCommand::SetPace(Pace::Burst { records, every }) => {
            rate(*records)?;
            short(*every)
        }
        ProducerCommand::SetValueBytes(bytes) => {
            bounded(u64::from(*bytes), u64::from(VALUE_BYTES_MAX))
        }
        ProducerCommand::SetConfig { name, value } => {
            let set = ProducerConfig::default().set(name, value);
            set.map_err(|why| Wrong::Config(why.to_string()))
        }
    }
}

fn look_at_consumer(command: &ConsumerCommand) -> Result<(), Wrong> {
    match command {
        ConsumerCommand::SetProcessing(time) => short(*time),
        ConsumerCommand::SetConfig { name, value } => {
            let set = ConsumerConfig::default().set(name, value);
            set.map_err(|why| Wrong::Config(why.to_string()))
        }
        ConsumerCommand::Seek { to, .. } => seek(*to),
        ConsumerCommand::SetCommit(_)
        | ConsumerCommand::CommitNow
        | ConsumerCommand::Leave
        | ConsumerCommand::Join => Ok(()),
    }
}

/// What a tool asks of the cluster is the cluster's to judge, names and configs included; a person can type anything.
fn look_at_tool(command: &ToolCommand) -> Result<(), Wrong> {
    match command {
        ToolCommand::Admin { call: AdminCall::AlterGroupOffsets { offsets, .. }, .. } => {
            offsets.iter().try_for_each(|(_, offset)| seek(SeekTo::Offset(*offset)))
        }
        ToolCommand::Admin { .. } | ToolCommand::Send { .. } => Ok(()),
        ToolCommand::Read { source, within, .. } => {
            short(*within)?;
            match source {
                Source::Partition { from, .. } => seek(*from),
                Source::Group { .. } => Ok(()),
            }
        }
    }
}

fn seek(to: SeekTo) -> Result<(), Wrong> {
    match to {
        SeekTo::Offset(offset) => bounded(offset as u64, i64::MAX as u64),
        SeekTo::Beginning | SeekTo::End => Ok(()),
    }
}

fn known(node: NodeId, nodes: &BTreeSet<NodeId>) -> Result<(), Wrong> {
    if nodes.contains(&node) { Ok(()) } else { Err(Wrong::UnknownNode(node.0)) }
}

fn short(time: Micros) -> Result<(), Wrong> {
    bounded(time.0, RUN_MICROS_MAX)
}

fn bounded(number: u64, limit: u64) -> Result<(), Wrong> {
    if number <= limit { Ok(()) } else { Err(Wrong::TooLarge { number, limit }) }
}
