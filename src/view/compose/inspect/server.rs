//! Brokers and controllers: what they are, and what the controller believes of them.

use super::{Found, View, ids, ms, node, offset, why, yes};
use crate::sim::controller::quorum::{Quorum, Role};
use crate::sim::fact::Fact;
use crate::sim::ids::NodeId;
use crate::sim::node::Power;
use crate::view::compose::cluster::process;
use crate::view::describe;
use crate::view::inspect::Row;
use crate::view::says::{Says, Word};
use crate::view::scene::Process;
use crate::view::text::Text;

pub(super) fn broker(view: &View<'_>, id: NodeId) -> Option<Found> {
    let machine = view.world().node(id)?;
    let state = process(machine);
    let mut rows = vec![state_row(view, id, state)];
    let running = machine.server().and_then(|server| server.broker());
    let own = running.map(|broker| broker.lifecycle().broker_epoch).filter(|epoch| *epoch >= 0);
    rows.push(Row::new(Text::RowBrokerEpoch, offset(own)));
    rows.extend(believed(view, id));
    rows.push(Row::of(Text::RowLeads, partitions(view, |column| column.leader == Some(id.0))));
    let in_sync = |column: &crate::view::scene::Column| column.isr.contains(&id.0);
    rows.push(Row::of(Text::RowInSyncFor, partitions(view, in_sync)));
    if let Some(broker) = running {
        let groups = broker.coordinator().groups().map(|(_, group)| group.id.to_string());
        let groups: Vec<String> = groups.collect();
        let names = if groups.is_empty() { "–".to_owned() } else { groups.join(", ") };
        rows.push(Row::new(Text::RowCoordinates, names));
        rows.push(Row::new(Text::RowMetadataOffset, broker.image().next_offset));
        rows.push(Row::new(Text::RowFetchSessions, broker.fetch_session_count() as i64));
    }
    Some(Found { rows, why: why::of_broker(view, id, state), ..Found::default() })
}

fn state_row(view: &View<'_>, id: NodeId, state: Process) -> Row {
    let mut values = vec![Word::from(describe::process_text(state))];
    values.extend(view.session.teller.since(id).map(Word::Time));
    Row::of(Text::RowProcess, values)
}

/// What the active controller has on record of a broker.
fn believed(view: &View<'_>, id: NodeId) -> Vec<Row> {
    let Some(controller) = view.active_controller() else {
        return vec![Row::new(Text::RowControllerBelieves, Text::NoActiveController)];
    };
    let server = view.world().node(controller).and_then(|machine| machine.server());
    let Some(state) = server.and_then(|server| server.controller()?.state()) else {
        return Vec::new();
    };
    let known = state.image.brokers.get(&id);
    let text = match known {
        None => Text::NotRegistered,
        Some(known) if known.fenced => Text::Fenced,
        Some(known) if known.in_controlled_shutdown => Text::Stopping,
        Some(_) => Text::UnfencedAlive,
    };
    let mut rows =
        vec![Row::of(Text::RowControllerBelieves, vec![text.into(), node(controller.0)])];
    let now = view.monotonic(controller).unwrap_or_default();
    if let Some((silence, timeout)) = state.heartbeats.silence(id, now) {
        let age = Says::new(Text::Ago, [("span", ms(silence))]);
        let limit = Says::new(Text::OfLimit, [("ms", ((timeout.0 / 1_000) as i64).into())]);
        rows.push(Row::of(Text::RowLastHeartbeat, vec![age.into(), limit.into()]));
    }
    if let Some(known) = known {
        rows.push(Row::new(Text::RowRegisteredEpoch, known.broker_epoch));
    }
    rows
}

fn partitions(view: &View<'_>, has: impl Fn(&crate::view::scene::Column) -> bool) -> Vec<Word> {
    let columns = view.scene.columns.iter().filter(|column| has(column));
    let numbers: Vec<i32> = columns.map(|column| column.partition).collect();
    match (&view.scene.topic, numbers.is_empty()) {
        (Some(topic), false) => vec![describe::partition_names(&topic.name, &numbers).into()],
        _ => vec!["–".into()],
    }
}

pub(super) fn controller(view: &View<'_>, id: NodeId) -> Option<Found> {
    let machine = view.world().node(id)?;
    let mut rows = vec![state_row(view, id, process(machine))];
    if let Some(server) = machine.server() {
        let quorum = server.quorum();
        let active = server.controller().is_some_and(|controller| controller.is_active());
        rows.push(Row::new(Text::RowRole, role(quorum)));
        rows.push(Row::new(Text::RowActive, yes(active)));
        rows.push(Row::new(Text::RowQuorumEpoch, i64::from(quorum.epoch())));
        let leader = quorum.leader().map_or(Word::from("–"), |leader| node(leader.0));
        rows.push(Row::new(Text::RowQuorumLeader, leader));
        rows.push(Row::new(Text::RowLogEnd, quorum.disk().log.end_offset()));
        rows.push(Row::new(Text::RowHighWatermark, offset(quorum.high_watermark())));
        rows.extend(votes(quorum));
        rows.extend(fenced(server));
    }
    let why = why::of(view, view.last(|fact| is_about(fact, id, machine.power)));
    Some(Found { rows, why, ..Found::default() })
}

/// What explains a controller: the last election, or what was done to it while it does not run.
fn is_about(fact: &Fact, id: NodeId, power: Power) -> bool {
    match fact {
        Fact::QuorumLeaderElected { .. } => power == Power::Running,
        Fact::Fault(_) => power != Power::Running && why::is_done_to(fact, id),
        _ => false,
    }
}

fn role(quorum: &Quorum) -> Word {
    let text = match quorum.role() {
        Role::Leader(_) => Text::Leader,
        Role::Follower { .. } => Text::Follower,
        Role::Prospective(_) => Text::Prospective,
        Role::Candidate(_) => Text::Candidate,
        Role::Unattached => Text::QuorumUnattached,
        Role::Resigned { .. } => Text::Resigned,
    };
    text.into()
}

/// The vote of the epoch, the ballot of a candidate, how far a leader's voters are.
fn votes(quorum: &Quorum) -> Vec<Row> {
    let mut rows = Vec::new();
    if let Some(voted) = quorum.disk().state.voted {
        rows.push(Row::new(Text::RowVotedFor, node(voted.0)));
    }
    match quorum.role() {
        Role::Leader(leadership) => rows.extend(leadership.ends().map(|(voter, end)| {
            let label = Says::new(Text::RowFollowerFetched, [("broker", voter.0.into())]);
            Row::new(label, end)
        })),
        Role::Candidate(ballot) | Role::Prospective(ballot) => {
            let granted = ballot.values().filter(|vote| **vote == Some(true)).count() as i64;
            let all = ballot.len() as i64;
            let votes = Says::new(Text::VotesOf, [("count", granted.into()), ("all", all.into())]);
            rows.push(Row::new(Text::RowVotes, votes));
        }
        _ => {}
    }
    rows
}

/// The brokers that the active controller keeps out.
fn fenced(server: &crate::sim::server::Server) -> Option<Row> {
    let image = &server.controller()?.state()?.image;
    let fenced: Vec<i32> =
        image.brokers.iter().filter(|(_, known)| known.fenced).map(|(id, _)| id.0).collect();
    Some(Row::new(Text::RowFencedBrokers, ids(&fenced)))
}
