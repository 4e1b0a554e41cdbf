//! A promise: what it rests on, and the cases where it did not hold.

use super::{Found, View, why};
use crate::checks::Hit;
use crate::sim::fact::Fact;
use crate::sim::ids::FactId;
use crate::view::compose::access;
use crate::view::compose::promises;
use crate::view::describe;
use crate::view::inspect::{Row, Sign, Step, Tells};
use crate::view::says::{Says, Word};
use crate::view::scene::{PromiseKind, Standing};
use crate::view::text::Text;

/// Cases that are told one by one, the latest first.
const CASES_MAX: usize = 8;

pub(super) fn promise(view: &View<'_>, kind: PromiseKind) -> Option<Found> {
    let promise = view.scene.promises.iter().find(|promise| promise.kind == kind)?;
    let mut rows = vec![Row::new(Text::RowStanding, describe::standing_text(promise.standing))];
    rows.extend(basis(view, kind));
    if promise.checked > 0 {
        let checked = Says::new(Text::Records, [("count", (promise.checked as i64).into())]);
        rows.push(Row::new(Text::RowChecked, checked));
    }
    if promise.standing == Standing::NotPromised {
        rows.push(Row::new(Text::RowMayHappen, allowed(kind)));
    }
    let hits = hits(view, kind);
    let mut cases: Vec<Step> = hits.iter().rev().map(|hit| case(view, kind, hit)).collect();
    if kind == PromiseKind::NoLoss && promise.standing == Standing::NotPromised {
        cases.extend(cut_off(view));
    }
    cases.truncate(CASES_MAX);
    let shown = hits.iter().rev().find(|hit| hit.violation).or(hits.last());
    let why =
        shown.filter(|hit| hit.fact != FactId(0)).and_then(|hit| why::of(view, Some(hit.fact)));
    Some(Found { rows, cases, why })
}

/// What the judges found of the promise in the topic on the board.
fn hits<'a>(view: &View<'a>, kind: PromiseKind) -> Vec<&'a Hit> {
    let (Some(topic), Some(judged)) = (view.topic, promises::judged(kind)) else {
        return Vec::new();
    };
    let hits = view.session.history.run().judges.hits();
    let mine = |hit: &&Hit| {
        hit.promise == Some(judged) && hit.partition.is_some_and(|id| id.topic == topic.id)
    };
    hits.filter(mine).collect()
}

fn case(view: &View<'_>, kind: PromiseKind, hit: &Hit) -> Step {
    let topic = view.topic.map_or("", |topic| &topic.name);
    let number = hit.partition.map_or(0, |id| id.partition);
    let (from, to) = hit.records.unwrap_or((0, 1));
    let text = match kind {
        PromiseKind::StoredOnce => Text::CaseTwice,
        PromiseKind::Order => Text::CaseLate,
        PromiseKind::CommittedOnly => Text::CaseUncommitted,
        _ => Text::CaseLost,
    };
    let says = Says::new(
        text,
        [
            ("partition", describe::partition_name(topic, number).into()),
            ("records", range(from, to)),
        ],
    );
    let sign = if hit.violation { Sign::Result } else { Sign::Fact };
    Step { sign, time_us: Some(hit.time.0), tells: Tells::Says(says), config: None }
}

/// `35` or `35–38`: the end is not among them.
fn range(from: i64, to: i64) -> Word {
    match to - from {
        0 | 1 => Word::from(from),
        _ => Word::from(format!("{from}–{}", to - 1)),
    }
}

/// Without acks=all what was cut off may have been acknowledged.
fn cut_off(view: &View<'_>) -> Vec<Step> {
    let Some(topic) = view.topic else { return Vec::new() };
    let journal = &view.session.history.run().journal;
    let cuts = journal.milestones().rev().filter_map(|record| match record.fact {
        Fact::Truncated { partition, from, to, .. } if partition.topic == topic.id && from > to => {
            let name = describe::partition_name(&topic.name, partition.partition);
            let slots = [("partition", name.into()), ("records", range(to, from))];
            Some(Step {
                sign: Sign::Fact,
                time_us: Some(record.time.0),
                tells: Tells::Says(Says::new(Text::CaseCutOff, slots)),
                config: None,
            })
        }
        _ => None,
    });
    cuts.take(CASES_MAX).collect()
}

/// The configs that decide, with their values.
fn basis(view: &View<'_>, kind: PromiseKind) -> Vec<Row> {
    let topic = view.topic.map_or("", |topic| &topic.name);
    let producers = access::producers_of(view.world(), topic);
    let of_producers = |name: &str| Row::new(name, access::values_of(&producers, name));
    let of_topic =
        |name: &'static str| Row::new(name, view.topic_config(topic, name).unwrap_or_default());
    match kind {
        PromiseKind::NoLoss => vec![
            of_producers("acks"),
            of_topic("min.insync.replicas"),
            of_topic("unclean.leader.election.enable"),
        ],
        PromiseKind::StoredOnce | PromiseKind::Order => vec![
            of_producers("enable.idempotence"),
            of_producers("max.in.flight.requests.per.connection"),
            of_topic("unclean.leader.election.enable"),
        ],
        PromiseKind::CommittedOnly => vec![of_topic("unclean.leader.election.enable")],
        PromiseKind::Continue => {
            let factor = view.scene.topic.as_ref().map_or(0, |topic| topic.replication_factor);
            vec![
                of_topic("min.insync.replicas"),
                Row::new(Text::RowReplicationFactor, i64::from(factor)),
            ]
        }
        PromiseKind::ProcessedOnce => Vec::new(),
    }
}

/// What may happen where it is not promised.
fn allowed(kind: PromiseKind) -> Word {
    let text = match kind {
        PromiseKind::NoLoss => Text::MayLose,
        PromiseKind::StoredOnce => Text::MayDouble,
        PromiseKind::Order => Text::MayReorder,
        PromiseKind::CommittedOnly => Text::MayReadGone,
        PromiseKind::Continue => Text::MayStop,
        PromiseKind::ProcessedOnce => Text::MayRepeat,
    };
    text.into()
}
