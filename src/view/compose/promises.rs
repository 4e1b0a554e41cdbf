//! The promises of the panel, from what the judges know.

use crate::apps::AnyProgram;
use crate::checks::promise::Promise as Judged;
use crate::playground::run::Run;
use crate::view::scene::{Promise, PromiseKind, Scene, Standing};

/// The promises that the judges watch, and that writes go on if one broker stops.
pub fn promises(run: &Run<AnyProgram>, scene: &Scene) -> Vec<Promise> {
    if scene.topic.is_none() {
        return Vec::new();
    }
    let judged = [
        (PromiseKind::NoLoss, Judged::NoAcknowledgedLoss),
        (PromiseKind::StoredOnce, Judged::StoredOnce),
        (PromiseKind::Order, Judged::Order),
        (PromiseKind::CommittedOnly, Judged::CommittedReadsOnly),
    ];
    let mut promises: Vec<Promise> =
        judged.into_iter().map(|(kind, judged)| standing(run, scene, kind, judged)).collect();
    promises.push(goes_on(scene));
    promises
}

fn standing(run: &Run<AnyProgram>, scene: &Scene, kind: PromiseKind, judged: Judged) -> Promise {
    let hits = || run.judges.hits().filter(move |hit| hit.promise == Some(judged));
    let broken = hits().any(|hit| hit.violation);
    let standing = match broken {
        true => Standing::Broken,
        false if is_promised(scene, kind) => Standing::Holds,
        false => Standing::NotPromised,
    };
    let anomalies = hits().filter(|hit| !hit.violation).count() as u64;
    Promise { kind, standing, checked: 0, anomalies }
}

/// What the configuration of topic and producers promises.
fn is_promised(scene: &Scene, kind: PromiseKind) -> bool {
    let all = scene.producers.iter().all(|producer| producer.acks == "all");
    let spare = scene.topic.as_ref().is_some_and(|topic| topic.min_insync_replicas >= 2);
    match kind {
        PromiseKind::NoLoss => all && spare,
        PromiseKind::StoredOnce | PromiseKind::Order => all,
        PromiseKind::CommittedOnly => true,
        PromiseKind::Continue | PromiseKind::ProcessedOnce => false,
    }
}

/// Writes go on after the next stop if every partition has more replicas in sync than it needs.
fn goes_on(scene: &Scene) -> Promise {
    let needed = scene.topic.as_ref().map_or(1, |topic| topic.min_insync_replicas as usize);
    let factor = scene.topic.as_ref().map_or(0, |topic| topic.replication_factor as usize);
    let spare = scene.columns.iter().all(|column| column.isr.len() > needed);
    let standing = match (factor > needed, spare) {
        (false, _) => Standing::NotPromised,
        (true, true) => Standing::Holds,
        (true, false) => Standing::NoSpare,
    };
    Promise { kind: PromiseKind::Continue, standing, checked: 0, anomalies: 0 }
}
