//! The window of offsets a column shows: one axis for the leader, its followers and the groups of a partition.

use super::scene::{Column, Replica, Scene};

/// Offsets a column shows at once.
pub const SLOTS: i64 = 16;
/// The slot at which the leader's log end rests, so that the eye need not follow it.
pub const EDGE: i64 = 14;
/// Ruler labels stand at multiples of this offset.
const RULER_STEP: i64 = 5;

/// The visible offsets of one column: `start .. start + SLOTS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub start: i64,
}

impl Window {
    /// The window of the column at `index`: the furthest running log end rests at slot [`EDGE`].
    pub fn of(scene: &Scene, index: usize) -> Window {
        let cells = scene.brokers.iter().filter_map(|broker| broker.cells.get(index)?.as_ref());
        let end = cells.map(|replica| replica.log_end).max().unwrap_or(0);
        Window { start: (end - EDGE).max(0) }
    }

    /// The slot of an offset, if it is visible; the end of the window counts.
    pub fn slot(self, offset: i64) -> Option<u8> {
        let slot = offset - self.start;
        (0..=SLOTS).contains(&slot).then_some(slot as u8)
    }

    /// The slot of an offset, moved to the nearer edge if it is out of sight.
    pub fn clamped(self, offset: i64) -> u8 {
        (offset - self.start).clamp(0, SLOTS) as u8
    }

    /// The ruler's labels as (slot, offset), leaving room for the flag of the high watermark.
    pub fn ruler(self, column: &Column) -> Vec<(u8, i64)> {
        let flag = (column.high_watermark - 7)..=(column.high_watermark + 1);
        let first = (self.start + RULER_STEP - 1) / RULER_STEP * RULER_STEP;
        (first..self.start + EDGE)
            .step_by(RULER_STEP as usize)
            .filter(|offset| !flag.contains(offset))
            .map(|offset| ((offset - self.start) as u8, offset))
            .collect()
    }
}

/// The visible cells of a replica's log.
pub fn cells(window: Window, column: &Column, replica: &Replica) -> Vec<Cell> {
    let first = window.start.max(replica.log_start);
    let last = replica.log_end.min(window.start + SLOTS);
    let begun =
        replica.epoch_starts.iter().filter(|(epoch, start)| *epoch > 0 && *start > window.start);
    let new_epoch_at = begun.map(|&(_, start)| start).min();
    (first..last)
        .map(|offset| Cell {
            slot: (offset - window.start) as u8,
            offset,
            committed: offset < column.high_watermark,
            doomed: replica.diverges_at.is_some_and(|at| offset >= at),
            new_epoch: new_epoch_at.is_some_and(|at| offset >= at),
        })
        .collect()
}

/// One record cell of a strip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    pub slot: u8,
    pub offset: i64,
    pub committed: bool,
    /// It differs from the leader's log and will be cut off.
    pub doomed: bool,
    /// It was written under a leader epoch above the first visible one.
    pub new_epoch: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::scene::Broker;

    fn scene(log_end: i64) -> Scene {
        let replica = Replica { log_end, ..Replica::default() };
        let broker = Broker { id: 1, cells: vec![Some(replica)], ..Broker::default() };
        Scene { brokers: vec![broker], ..Scene::default() }
    }

    #[test]
    fn the_log_end_rests_at_the_edge_once_the_log_is_long_enough() {
        assert_eq!(Window::of(&scene(5), 0).start, 0);
        let window = Window::of(&scene(29), 0);
        assert_eq!(window.slot(29), Some(EDGE as u8));
    }

    #[test]
    fn offsets_out_of_sight_have_no_slot_but_clamp_to_an_edge() {
        let window = Window { start: 20 };
        assert_eq!(window.slot(19), None);
        assert_eq!(window.clamped(3), 0);
        assert_eq!(window.clamped(99), SLOTS as u8);
    }

    #[test]
    fn cells_above_the_high_watermark_are_not_committed() {
        let column = Column { high_watermark: 23, ..Column::default() };
        let replica = Replica { log_end: 24, diverges_at: Some(23), ..Replica::default() };
        let cells = cells(Window { start: 10 }, &column, &replica);
        assert_eq!(cells.len(), 14);
        assert!(cells[12].committed && !cells[12].doomed);
        assert!(!cells[13].committed && cells[13].doomed);
    }

    #[test]
    fn records_of_a_new_epoch_are_marked_where_it_begins_in_sight() {
        let column = Column::default();
        let epoch_starts = vec![(0, 0), (1, 13)];
        let replica = Replica { log_end: 15, epoch_starts, ..Replica::default() };
        let marked = |start| {
            let cells = cells(Window { start }, &column, &replica);
            cells.iter().filter(|cell| cell.new_epoch).count()
        };
        assert_eq!(marked(1), 2);
        assert_eq!(marked(13), 0);
    }

    #[test]
    fn the_ruler_leaves_room_for_the_flag() {
        let column = Column { high_watermark: 28, ..Column::default() };
        assert_eq!(Window { start: 15 }.ruler(&column), vec![(0, 15), (5, 20)]);
    }
}
