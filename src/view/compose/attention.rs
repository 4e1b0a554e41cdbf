//! What needs attention: over all topics of the cluster, not only what is on the board.

use std::collections::BTreeMap;

use crate::apps::AnyProgram;
use crate::sim::controller::metadata::MetadataImage;
use crate::sim::ids::is_internal;
use crate::sim::world::World;
use crate::view::scene::{Attention, Group, Process, Scene, Standing};

/// A partition is far behind from this lag on, in records.
const FAR_BEHIND: i64 = 100;
/// Partitions of a group that are named.
const NAMED_MAX: usize = 3;

/// What needs attention, the worst first.
pub fn attention(scene: &Scene, world: &World<AnyProgram>) -> Vec<Attention> {
    let broken = scene.promises.iter().filter(|promise| promise.standing == Standing::Broken);
    let mut all: Vec<Attention> = broken.map(|promise| Attention::Broken(promise.kind)).collect();
    if let Some(image) = world.metadata() {
        partitions(&mut all, image);
    }
    down(&mut all, scene);
    cut_off(&mut all, scene);
    let first = scene.columns.first().map_or(0, |column| column.partition);
    all.extend(scene.groups.iter().filter_map(|group| behind(group, first)));
    all.extend(scene.groups.iter().filter_map(idle));
    all.sort();
    all
}

fn partitions(all: &mut Vec<Attention>, image: &MetadataImage) {
    let mut offline: Option<(u32, String, i32)> = None;
    let mut missing: BTreeMap<i32, (u32, String, i32)> = BTreeMap::new();
    for name in image.topic_ids.keys().filter(|name| !is_internal(name)) {
        let Some(topic) = image.topic(name) else { continue };
        for (partition, now) in (0..).zip(&topic.partitions) {
            let first = || (0, name.to_string(), partition);
            if !now.has_leader() {
                offline.get_or_insert_with(first).0 += 1;
            }
            if now.isr.len() < now.replicas.len() {
                let out = now.replicas.iter().filter(|broker| !now.isr.contains(broker));
                for broker in out {
                    missing.entry(*broker).or_insert_with(first).0 += 1;
                }
            }
        }
    }
    all.extend(offline.map(|(count, topic, partition)| Attention::Offline {
        count,
        topic,
        partition,
    }));
    all.extend(missing.into_iter().map(|(broker, (count, topic, partition))| {
        Attention::UnderReplicated { broker, count, topic, partition }
    }));
}

/// Brokers that have fallen silent and whom the controller has not fenced yet: those it has are missing from an ISR.
fn down(all: &mut Vec<Attention>, scene: &Scene) {
    for broker in &scene.brokers {
        let silent = matches!(broker.process, Process::Stopped | Process::Paused);
        let missing = all.iter().any(|item| {
            matches!(item, Attention::UnderReplicated { broker: id, .. } if *id == broker.id)
        });
        if silent && !missing {
            all.push(Attention::Down { broker: broker.id, process: broker.process });
        }
    }
}

/// A broker that several links are cut from; a single cut link is told by the link itself.
fn cut_off(all: &mut Vec<Attention>, scene: &Scene) {
    for broker in &scene.brokers {
        let of_broker = |link: &&crate::view::scene::Link| {
            link.cut && (link.a == broker.id || link.b == broker.id)
        };
        let links = scene.links.iter().filter(of_broker).count() as u32;
        if links > 1 {
            all.push(Attention::CutOff { broker: broker.id, links });
        }
    }
}

/// A group that is far behind on partitions of the page, which begins with this one.
fn behind(group: &Group, first: i32) -> Option<Attention> {
    let mut lags: Vec<(i64, i32)> =
        group.lanes.iter().zip(first..).filter_map(|(lane, at)| Some((lane.lag?, at))).collect();
    lags.sort_unstable_by(|a, b| b.cmp(a));
    lags.retain(|(lag, _)| *lag >= FAR_BEHIND);
    let lag = lags.first()?.0;
    let mut partitions: Vec<i32> = lags.iter().take(NAMED_MAX).map(|(_, at)| *at).collect();
    partitions.sort_unstable();
    let members = group.members.len() as u32;
    Some(Attention::Behind { group: group.name.clone(), lag, partitions, members })
}

fn idle(group: &Group) -> Option<Attention> {
    let idle = group.members.iter().filter(|member| !member.owns).count() as u32;
    let members = group.members.len() as u32;
    // A group that has no partitions at all is rebalancing or empty; its own row says so.
    (idle > 0 && idle < members).then(|| Attention::Idle {
        group: group.name.clone(),
        idle,
        members,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::scene::{Broker, Lane, PromiseKind};

    #[test]
    fn the_partitions_with_the_largest_lag_are_named() {
        let lag = |lag| Lane { lag: Some(lag), ..Lane::default() };
        let lanes = vec![lag(190), lag(3), lag(400), lag(120), lag(100)];
        let group = Group { name: "analytics".into(), lanes, ..Group::default() };
        let Some(Attention::Behind { lag, partitions, .. }) = behind(&group, 0) else {
            panic!("it is behind");
        };
        assert_eq!((lag, partitions), (400, vec![0, 2, 3]));
        assert_eq!(behind(&Group { lanes: vec![Lane::default()], ..group }, 0), None);
    }

    #[test]
    fn a_dead_broker_is_told_before_the_controller_notices() {
        let broker = |id, process| Broker { id, process, ..Broker::default() };
        let brokers = vec![broker(1, Process::Running), broker(2, Process::Stopped)];
        let scene = Scene { brokers, ..Scene::default() };
        let mut all = Vec::new();
        down(&mut all, &scene);
        assert_eq!(all, [Attention::Down { broker: 2, process: Process::Stopped }]);
        let missing =
            Attention::UnderReplicated { broker: 2, count: 4, topic: "t".into(), partition: 4 };
        let mut noticed = vec![missing];
        down(&mut noticed, &scene);
        assert_eq!(noticed.len(), 1, "what is missing tells of it already");
    }

    #[test]
    fn what_is_broken_comes_first_and_what_is_idle_last() {
        let mut all = [
            Attention::Idle { group: "a".into(), idle: 1, members: 2 },
            Attention::UnderReplicated { broker: 7, count: 4, topic: "t".into(), partition: 4 },
            Attention::Offline { count: 1, topic: "t".into(), partition: 0 },
            Attention::Broken(PromiseKind::Order),
        ];
        all.sort();
        assert!(matches!(all[0], Attention::Broken(_)) && matches!(all[3], Attention::Idle { .. }));
        assert!(matches!(all[1], Attention::Offline { .. }));
    }
}
