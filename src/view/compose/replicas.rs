//! The brokers and their replicas of the topic: read from the running broker, or from the disk of one that is down.

use super::access;
use super::cluster::process;
use crate::apps::AnyProgram;
use crate::sim::controller::metadata::TopicImage;
use crate::sim::ids::TopicPartition;
use crate::sim::node::Node;
use crate::view::scene::{Broker, Column, Process, Replica, ReplicaRole, Scene};
use crate::view::session::Session;

/// Fills the brokers with a cell per column, and the columns with their high watermark.
pub fn fill(scene: &mut Scene, session: &Session, topic: &TopicImage) {
    let world = &session.history.run().world;
    let fenced = |id: i32| world.metadata().is_some_and(|image| !image.is_unfenced(id));
    for node in brokers(session) {
        let cells = scene.columns.iter().map(|column| {
            let partition = TopicPartition::new(topic.id, column.partition);
            column.replicas.contains(&node.id.0).then(|| cell(session, node, column, partition))
        });
        let cells = cells.collect();
        let mut broker = broker(session, node);
        if broker.process == Process::Running && fenced(broker.id) {
            broker.process = Process::Fenced;
        }
        scene.brokers.push(Broker { cells, ..broker });
    }
    for index in 0..scene.columns.len() {
        scene.columns[index].high_watermark = high_watermark(scene, index);
        mark_divergence(scene, index);
    }
}

/// The brokers of a cluster that has no topic yet.
pub fn fill_without_topic(scene: &mut Scene, session: &Session) {
    scene.brokers = brokers(session).map(|node| broker(session, node)).collect();
}

fn brokers(session: &Session) -> impl Iterator<Item = &Node<AnyProgram>> {
    let world = &session.history.run().world;
    let servers = world.setup().servers.iter().filter(|server| server.roles.is_broker());
    servers.filter_map(|server| world.node(server.id))
}

fn broker(session: &Session, node: &Node<AnyProgram>) -> Broker {
    let since_us = session.teller.since(node.id).unwrap_or(0);
    let process = process(node);
    let silence_us = silence(session, node, process);
    let slow = session.history.run().world.slow_disks().get(&node.id);
    let slow_disk_ms = slow.map_or(0, |write| (write.0 / 1_000) as u32);
    Broker { id: node.id.0, process, since_us, silence_us, slow_disk_ms, cells: Vec::new() }
}

/// How long the active controller waits for a broker: told once a heartbeat is missing.
fn silence(session: &Session, node: &Node<AnyProgram>, process: Process) -> Option<(u64, u64)> {
    let world = &session.history.run().world;
    let active = world.nodes().filter_map(|node| {
        let state = node.server()?.controller()?.state()?;
        node.is_running().then_some((node, state))
    });
    let (controller, state) = active.max_by_key(|(_, state)| state.image.next_offset)?;
    let now = controller.clock.now(world.now()).monotonic;
    let (silent, timeout) = state.heartbeats.silence(node.id, now)?;
    let missed = silent.0 * 2 > timeout.0 && process != Process::Starting;
    let gone = matches!(process, Process::Stopped | Process::Paused);
    (gone || missed).then_some((silent.0, timeout.0))
}

/// A replica's log as it is on the machine.
fn cell(
    session: &Session,
    node: &Node<AnyProgram>,
    column: &Column,
    partition: TopicPartition,
) -> Replica {
    let id = node.id.0;
    let led_before = session.teller.has_led(node.id, partition, column.leader_epoch - 1);
    let alive = !matches!(process(node), Process::Stopped | Process::Starting);
    let known = access::replica(node, partition).unwrap_or_default();
    // A running broker is what it takes itself for; one that is down is what the controller takes it for.
    let leads = match alive {
        true => known.role == ReplicaRole::Leader,
        false => column.leader == Some(id),
    };
    let role = match (alive, leads, column.isr.contains(&id)) {
        (true, true, _) => ReplicaRole::Leader,
        (true, false, true) => ReplicaRole::Follower,
        (true, false, false) => ReplicaRole::OutOfSync,
        (false, true, _) => ReplicaRole::WasLeader,
        (false, false, _) if led_before => ReplicaRole::WasLeader,
        (false, false, _) => ReplicaRole::Stopped,
    };
    Replica { role, ..known }
}

/// The leader's high watermark; without a leader, the furthest that any replica knows.
fn high_watermark(scene: &Scene, index: usize) -> i64 {
    let cells = || scene.brokers.iter().filter_map(|broker| broker.cells[index].as_ref());
    let leaders = cells().filter(|cell| cell.role == ReplicaRole::Leader);
    let leader = leaders.max_by_key(|leader| leader.leader_epoch);
    let furthest = cells().map(|cell| cell.high_watermark).max().unwrap_or(0);
    leader.map_or(furthest, |leader| leader.high_watermark)
}

/// A replica whose log goes on under an older epoch than the leader's at the same offset will be cut there.
fn mark_divergence(scene: &mut Scene, index: usize) {
    let cells = scene.brokers.iter().filter_map(|broker| broker.cells[index].as_ref());
    let leaders = cells.filter(|cell| cell.role == ReplicaRole::Leader);
    // A leader that has not heard of its successor still takes itself for one.
    let Some(leader) = leaders.max_by_key(|leader| leader.leader_epoch).cloned() else { return };
    for broker in &mut scene.brokers {
        if let Some(cell) = broker.cells[index].as_mut()
            && (cell.role != ReplicaRole::Leader || cell.leader_epoch < leader.leader_epoch)
        {
            cell.diverges_at = divergence(&leader, cell);
        }
    }
}

/// Where two logs part: the first epoch that began at different offsets, or that only one of them has.
fn divergence(leader: &Replica, other: &Replica) -> Option<i64> {
    let differs = leader.epoch_starts.iter().find(|(epoch, start)| {
        *start < other.log_end && !other.epoch_starts.contains(&(*epoch, *start))
    });
    differs.map(|(_, start)| *start)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(log_end: i64, epoch_starts: &[(i32, i64)]) -> Replica {
        Replica { log_end, epoch_starts: epoch_starts.to_vec(), ..Replica::default() }
    }

    #[test]
    fn a_log_that_went_on_after_the_new_leader_began_parts_there() {
        let leader = log(40, &[(0, 0), (1, 35)]);
        assert_eq!(divergence(&leader, &log(36, &[(0, 0)])), Some(35));
        assert_eq!(divergence(&leader, &log(35, &[(0, 0)])), None);
        assert_eq!(divergence(&leader, &log(38, &[(0, 0), (1, 35)])), None);
    }
}
