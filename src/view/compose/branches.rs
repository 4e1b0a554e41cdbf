//! Other futures of a run: where they part, and how each stands at a moment.

use crate::apps::AnyProgram;
use crate::playground::history::History;
use crate::view::compose::cluster;
use crate::view::protocol::{Branch, Ending};
use crate::view::session::Session;

/// The branches with their letters.
pub fn branches(history: &History<AnyProgram>, letters: &[u8]) -> Vec<Branch> {
    let branches = history.branches().iter().zip(letters);
    branches
        .map(|(branch, letter)| Branch {
            letter: *letter,
            fork_us: branch.fork.time.0,
            end_us: branch.end.time.0,
        })
        .collect()
}

/// How the run of a session stands now, and how it came there from the fork on.
pub fn ending(session: &Session, letter: u8, fork_us: u64) -> Ending {
    let totals = session.history.run().metrics.totals();
    let scene = cluster::scene(session);
    let charts = cluster::source(session, &scene).compared(fork_us);
    let committed: i64 = scene.columns.iter().map(|column| column.high_watermark.max(0)).sum();
    Ending {
        letter,
        fork_us,
        time_us: session.time_us(),
        promises: scene.promises,
        figures: [
            committed as u64,
            totals.records_acknowledged,
            totals.records_failed,
            totals.records_consumed,
            totals.records_truncated,
            totals.leader_elections,
            totals.rebalances,
        ],
        charts,
    }
}
