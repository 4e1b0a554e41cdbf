//! The event log: the milestones of the teller, what judges found, and on request everything that has words.

use super::inspect::JUDGED;
use super::promises;
use crate::view::compose::events::EVENTS_MAX;
use crate::view::scene::{Event, What};
use crate::view::session::Session;

/// What judges find of one promise within so much time is one event.
const GATHERED_US: u64 = 1_000_000;

/// The latest events, oldest first.
pub fn events(session: &Session) -> Vec<Event> {
    let mut events = session.teller.latest().to_vec();
    if session.viewport.everything {
        finer(session, &mut events);
    }
    judged(session, &mut events);
    events.sort_by_key(|event| (event.time_us, event.id & !JUDGED));
    events.drain(..events.len().saturating_sub(EVENTS_MAX));
    events
}

/// What leaves a trace in the journal and is no milestone, or none of the timeline's.
fn finer(session: &Session, events: &mut Vec<Event>) {
    let journal = &session.history.run().journal;
    let told: Vec<u64> = events.iter().map(|event| event.id).collect();
    let milestones = journal.milestones().rev().take(EVENTS_MAX);
    let all = journal.fine().rev().chain(milestones).filter(|record| !told.contains(&record.id.0));
    let words = all.filter_map(|record| {
        let what = session.teller.visible(record)?;
        Some(Event { id: record.id.0, time_us: record.time.0, what })
    });
    let finer: Vec<Event> = words.take(2 * EVENTS_MAX).collect();
    events.extend(finer);
}

/// Cases in which a promise did not hold, or would not have held.
fn judged(session: &Session, events: &mut Vec<Event>) {
    for promise in promises::JUDGED {
        let hits = session.history.run().judges.hits();
        let mut last = None;
        for hit in
            hits.filter(|hit| hit.promise.is_some() && hit.promise == promises::judged(promise))
        {
            let gathered = last.is_some_and(|last| hit.time.0 < last + GATHERED_US);
            if !gathered {
                let what = match hit.violation {
                    true => What::PromiseBroken { promise },
                    false => What::ExpectedAnomaly { promise },
                };
                events.push(Event { id: hit.fact.0 | JUDGED, time_us: hit.time.0, what });
                last = Some(hit.time.0);
            }
        }
    }
}
