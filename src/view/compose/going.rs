//! What the auto pace goes by: whether something has just happened, or everybody only waits for a timeout.

use crate::sim::group::classic_group::GroupState;
use crate::sim::ids::{NodeId, is_internal};
use crate::sim::node::Power;
use crate::view::pace::Going;
use crate::view::scene::Glyph;
use crate::view::session::Session;

/// An event is worth slowing down for this long, in virtual microseconds.
const EVENTFUL_US: u64 = 700_000;

/// What the run is doing now.
pub fn of(session: &Session) -> Going {
    let now = session.time_us();
    let last = session.teller.latest().iter().rev().find(|event| event.time_us <= now);
    let eventful = last.is_some_and(|event| {
        now < event.time_us + EVENTFUL_US && event.what.glyph() >= Glyph::Rebalanced
    });
    match (eventful, session.pace.auto && waits(session)) {
        (true, _) => Going::Eventful,
        (false, true) => Going::Waiting,
        (false, false) => Going::Ordinary,
    }
}

/// Whether the cluster has not noticed yet that a broker or a member is gone.
fn waits(session: &Session) -> bool {
    let world = &session.history.run().world;
    let gone = |id| world.node(id).is_some_and(|node| node.power != Power::Running);
    let Some(image) = world.metadata() else { return false };
    let topics = image.topics.values().filter(|topic| !is_internal(&topic.name));
    let mut isr = topics.flat_map(|topic| topic.partitions.iter()).flat_map(|p| p.isr.iter());
    if isr.any(|broker| image.is_active(*broker) && gone(NodeId(*broker))) {
        return true;
    }
    let brokers = world.nodes().filter_map(|node| node.server()?.broker());
    let mut groups = brokers.flat_map(|broker| broker.coordinator().groups());
    groups.any(|(_, group)| {
        group.state != GroupState::Dead && group.members.values().any(|member| gone(member.client))
    })
}
