//! The promises of the panel: what is promised, what breaks it and how much was checked, all as the judges have it.

use crate::apps::AnyProgram;
use crate::checks::partition::Shadow;
use crate::checks::promise::Promise as Judged;
use crate::playground::run::Run;
use crate::sim::config::ProducerConfig;
use crate::sim::ids::PartitionIndex;
use crate::sim::protocol::data::Acks;
use crate::view::compose::access;
use crate::view::says::Says;
use crate::view::scene::{Promise, PromiseKind, Scene, Standing};
use crate::view::text::Text;

/// The promises that the judges watch, in the order of the panel.
pub const JUDGED: [PromiseKind; 4] =
    [PromiseKind::NoLoss, PromiseKind::StoredOnce, PromiseKind::Order, PromiseKind::CommittedOnly];

/// The promises that the judges watch, that writes go on if one broker stops, and that work is done once.
pub fn promises(run: &Run<AnyProgram>, scene: &Scene) -> Vec<Promise> {
    let Some(topic) = &scene.topic else { return Vec::new() };
    let shadows = (0..topic.partitions as PartitionIndex)
        .filter_map(|partition| run.judges.partitions.named(&topic.name, partition))
        .collect();
    let basis = Basis { run, shadows, producers: access::producers_of(&run.world, &topic.name) };
    let standing = |kind| Some(basis.standing(kind, judged(kind)?));
    let mut promises: Vec<Promise> = JUDGED.into_iter().filter_map(standing).collect();
    promises.push(goes_on(run, scene));
    promises.extend(processed_once(scene));
    promises
}

/// The promise as the judges know it, of those that they watch.
pub fn judged(kind: PromiseKind) -> Option<Judged> {
    match kind {
        PromiseKind::NoLoss => Some(Judged::NoAcknowledgedLoss),
        PromiseKind::StoredOnce => Some(Judged::StoredOnce),
        PromiseKind::Order => Some(Judged::Order),
        PromiseKind::CommittedOnly => Some(Judged::CommittedReadsOnly),
        PromiseKind::Continue | PromiseKind::ProcessedOnce => None,
    }
}

/// What a topic's promises rest on.
struct Basis<'a> {
    run: &'a Run<AnyProgram>,
    shadows: Vec<&'a Shadow>,
    /// The producers' configs; none for a topic that only brokers write.
    producers: Vec<&'a ProducerConfig>,
}

impl Basis<'_> {
    fn standing(&self, kind: PromiseKind, judged: Judged) -> Promise {
        let mine = |id| self.shadows.iter().any(|shadow| shadow.id == id);
        let hits = || {
            let of_promise = self.run.judges.hits().filter(|hit| hit.promise == Some(judged));
            of_promise.filter(|hit| hit.partition.is_some_and(mine))
        };
        let standing = match hits().any(|hit| hit.violation) {
            true => Standing::Broken,
            false if self.is_promised(kind) => Standing::Holds,
            false => Standing::NotPromised,
        };
        let anomalies = hits().filter(|hit| !hit.violation).count() as u64;
        let basis = self.basis(kind, standing);
        Promise { kind, standing, basis, checked: self.checked(kind), anomalies }
    }

    /// The configs that decide; without a line where only those of a line before decide.
    fn basis(&self, kind: PromiseKind, standing: Standing) -> Option<Says> {
        let promised = standing != Standing::NotPromised;
        let unclean = self.shadows.iter().any(|shadow| shadow.durability.unclean);
        let of_producers = |name| access::values_of(&self.producers, name).into();
        match kind {
            _ if unclean && !promised => Some(Says::new(Text::BasisUnclean, [])),
            PromiseKind::NoLoss => {
                let needed =
                    self.shadows.iter().map(|shadow| shadow.durability.min_insync_replicas);
                let needed = i64::from(needed.min()?);
                let slots = [("acks", of_producers("acks")), ("min", needed.into())];
                Some(Says::new(Text::BasisNoLoss, slots))
            }
            PromiseKind::StoredOnce => {
                let slots = [("value", of_producers("enable.idempotence"))];
                Some(Says::new(Text::BasisIdempotence, slots))
            }
            _ => None,
        }
    }

    /// Whether the configuration, and what has happened under it, promise it.
    fn is_promised(&self, kind: PromiseKind) -> bool {
        let every = |rule: fn(&&ProducerConfig) -> bool| self.producers.iter().all(rule);
        let no_loss = || self.shadows.iter().all(|shadow| shadow.durability.promises_no_loss());
        let stable = || self.shadows.iter().all(|shadow| shadow.durability.promises_stable_log());
        match kind {
            PromiseKind::NoLoss => every(|config| config.acks == Acks::All) && no_loss(),
            PromiseKind::StoredOnce | PromiseKind::Order => {
                !self.producers.is_empty() && every(|config| config.enable_idempotence) && stable()
            }
            PromiseKind::CommittedOnly => stable(),
            PromiseKind::Continue | PromiseKind::ProcessedOnce => false,
        }
    }

    /// Records that the judge of a promise has looked at.
    fn checked(&self, kind: PromiseKind) -> u64 {
        let records = |shadow: &&Shadow| match kind {
            PromiseKind::NoLoss => shadow.acknowledged_end.max(0) as u64,
            PromiseKind::CommittedOnly => shadow.delivered,
            _ => shadow.truth_end.max(0) as u64,
        };
        self.shadows.iter().map(records).sum()
    }
}

/// Writes go on after the next stop if every partition has more replicas in sync than it needs.
fn goes_on(run: &Run<AnyProgram>, scene: &Scene) -> Promise {
    let needed = scene.topic.as_ref().map_or(1, |topic| topic.min_insync_replicas as usize);
    let factor = scene.topic.as_ref().map_or(0, |topic| topic.replication_factor as usize);
    let spare = scene.columns.iter().all(|column| column.isr.len() > needed);
    let standing = match (factor > needed, spare) {
        (false, _) => Standing::NotPromised,
        (true, true) => Standing::Holds,
        (true, false) => Standing::NoSpare,
    };
    // The controller waits for the session to end, and a second is enough for the election and for all to hear of it.
    let session_ms = run.world.setup().config.broker_session_timeout_ms;
    let pause = Says::new(Text::BasisPause, [("seconds", (session_ms / 1_000 + 1).into())]);
    let basis = (standing != Standing::NotPromised).then_some(pause);
    Promise { kind: PromiseKind::Continue, standing, basis, checked: 0, anomalies: 0 }
}

/// Whoever commits after the work does a part of it again after a failure; every consumer here does.
fn processed_once(scene: &Scene) -> Option<Promise> {
    let basis = Some(Says::new(Text::BasisAtLeastOnce, []));
    let (kind, standing) = (PromiseKind::ProcessedOnce, Standing::NotPromised);
    let promise = Promise { kind, standing, basis, checked: 0, anomalies: 0 };
    (!scene.groups.is_empty()).then_some(promise)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playground::action::Action;
    use crate::playground::history::History;
    use crate::playground::setup::orders;
    use crate::sim::act::Fault;
    use crate::sim::ids::NodeId;
    use crate::sim::time::SimTime;
    use crate::view::compose::cluster;
    use crate::view::protocol::Script;
    use crate::view::scene::Topic;
    use crate::view::session::Session;
    use crate::view::text::Lang;

    fn standing_of(history: &History<AnyProgram>, topic: &str, kind: PromiseKind) -> Standing {
        let partitions = if topic == "orders" { 4 } else { 50 };
        let topic = Topic { name: topic.into(), partitions, ..Topic::default() };
        let scene = Scene { topic: Some(topic), ..Scene::default() };
        let all = promises(history.run(), &scene);
        all.iter().find(|promise| promise.kind == kind).expect("a promise of the panel").standing
    }

    #[test]
    fn losing_the_disks_of_two_brokers_ends_what_was_promised() {
        let mut history = orders(1).open().expect("within the limits");
        history.run_until(SimTime(14_000_000));
        assert_eq!(standing_of(&history, "orders", PromiseKind::NoLoss), Standing::Holds);
        for broker in [1, 2] {
            for fault in [Fault::Kill(NodeId(broker)), Fault::WipeDisk(NodeId(broker))] {
                history.act(Action::Fault(fault)).expect("it can happen");
            }
        }
        history.run_until(SimTime(15_000_000));
        assert_eq!(standing_of(&history, "orders", PromiseKind::NoLoss), Standing::NotPromised);
        assert_eq!(standing_of(&history, "orders", PromiseKind::Order), Standing::NotPromised);
    }

    #[test]
    fn a_promise_says_in_a_line_what_decides() {
        let mut history = orders(1).open().expect("within the limits");
        history.run_until(SimTime(20_000_000));
        let session = Session::open(history, Script::default(), 20_000_000, false);
        let scene = cluster::scene(&session);
        let line = |promise: &Promise| {
            promise.basis.as_ref().map(|basis| basis.say(Lang::English, &scene)).unwrap_or_default()
        };
        let told: Vec<String> = scene.promises.iter().map(line).collect();
        let expected = [
            "acks=all · min.insync.replicas=2",
            "enable.idempotence=true",
            "",
            "",
            "after a pause of up to 10 s",
            "committed after the work: at least once",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn nobody_promises_an_order_to_a_topic_without_producers() {
        let mut history = orders(1).open().expect("within the limits");
        history.run_until(SimTime(20_000_000));
        let internal = |kind| standing_of(&history, "__consumer_offsets", kind);
        assert_eq!(internal(PromiseKind::Order), Standing::NotPromised);
        assert_eq!(internal(PromiseKind::CommittedOnly), Standing::Holds);
        assert_eq!(standing_of(&history, "orders", PromiseKind::Order), Standing::Holds);
    }
}
