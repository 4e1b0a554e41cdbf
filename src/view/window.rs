//! The window of offsets a column shows: one axis for the leader, its followers and the groups of a partition.

use std::cmp::Ordering;

use super::scene::{Column, Replica, Scene};

/// Offsets a column shows at once, and the parts that its axis is divided into for marks.
pub const SLOTS: i64 = 16;
/// Offsets a column in focus shows at once: each has room for its key.
pub const FOCUS_SLOTS: i64 = 8;
/// The part of the axis at which the leader's log end rests, so that the eye need not follow it.
pub const EDGE: i64 = 14;
/// Ruler labels stand at multiples of this offset.
const RULER_STEP: i64 = 5;

/// The visible offsets of one column: `start .. start + slots`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub start: i64,
    pub slots: i64,
}

impl Window {
    /// The window of the column at `index`: the furthest running log end rests at [`EDGE`].
    pub fn of(scene: &Scene, index: usize, slots: i64) -> Window {
        let cells = scene.brokers.iter().filter_map(|broker| broker.cells.get(index)?.as_ref());
        let end = cells.map(|replica| replica.log_end).max().unwrap_or(0);
        Window { start: (end - EDGE * slots / SLOTS).max(0), slots }
    }

    /// Parts of the axis that an offset takes.
    fn parts(self) -> i64 {
        SLOTS / self.slots
    }

    /// The part of the axis at which an offset stands, if it is visible; the end of the window counts.
    pub fn slot(self, offset: i64) -> Option<u8> {
        let slot = offset - self.start;
        (0..=self.slots).contains(&slot).then_some((slot * self.parts()) as u8)
    }

    /// The part of the axis at which an offset stands, moved to the nearer edge if it is out of sight.
    pub fn clamped(self, offset: i64) -> u8 {
        ((offset - self.start).clamp(0, self.slots) * self.parts()) as u8
    }

    /// On which side of the window an offset is: before it, in it (its end counts), or behind.
    pub fn side(self, offset: i64) -> Ordering {
        match offset - self.start {
            ..0 => Ordering::Less,
            ahead if ahead > self.slots => Ordering::Greater,
            _ => Ordering::Equal,
        }
    }

    /// The ruler's labels as (slot, offset), leaving room for the flag of the high watermark.
    pub fn ruler(self, column: &Column) -> Vec<(u8, i64)> {
        let room = 7 / self.parts();
        let flag = match self.side(column.high_watermark) {
            Ordering::Less => self.start..=self.start + room,
            _ => column.high_watermark - room..=column.high_watermark + 1,
        };
        let first = (self.start + RULER_STEP - 1) / RULER_STEP * RULER_STEP;
        (first..self.start + EDGE / self.parts())
            .step_by(RULER_STEP as usize)
            .filter(|offset| !flag.contains(offset))
            .map(|offset| (((offset - self.start) * self.parts()) as u8, offset))
            .collect()
    }
}

/// The visible cells of a replica's log.
pub fn cells(window: Window, column: &Column, replica: &Replica) -> Vec<Cell> {
    let first = window.start.max(replica.log_start);
    let last = replica.log_end.min(window.start + window.slots);
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

/// A run of cells that look alike, for bars: the part of the axis where it begins, and how many parts it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    pub at: u8,
    pub width: u8,
    pub first: Cell,
}

/// The visible log as few segments.
pub fn segments(window: Window, cells: &[Cell]) -> Vec<Segment> {
    let alike = |a: &Cell, b: &Cell| {
        (a.committed, a.doomed, a.new_epoch) == (b.committed, b.doomed, b.new_epoch)
    };
    let parts = window.parts() as u8;
    let runs = cells.chunk_by(alike);
    runs.map(|run| Segment {
        at: run[0].slot * parts,
        width: run.len() as u8 * parts,
        first: run[0],
    })
    .collect()
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
        assert_eq!(Window::of(&scene(5), 0, SLOTS).start, 0);
        let window = Window::of(&scene(29), 0, SLOTS);
        assert_eq!(window.slot(29), Some(EDGE as u8));
    }

    #[test]
    fn in_focus_each_record_takes_two_parts_of_the_axis() {
        let window = Window::of(&scene(29), 0, FOCUS_SLOTS);
        assert_eq!((window.start, window.slot(29)), (22, Some(EDGE as u8)));
        assert_eq!(window.slot(23), Some(2));
    }

    #[test]
    fn offsets_out_of_sight_have_no_slot_but_clamp_to_an_edge() {
        let window = Window { start: 20, slots: SLOTS };
        assert_eq!(window.slot(19), None);
        assert_eq!(window.clamped(3), 0);
        assert_eq!(window.clamped(99), SLOTS as u8);
        let sides = [19, 20, 36, 37].map(|offset| window.side(offset));
        assert_eq!(sides, [Ordering::Less, Ordering::Equal, Ordering::Equal, Ordering::Greater]);
    }

    #[test]
    fn the_ruler_leaves_the_edge_to_a_flag_out_of_sight() {
        let column = Column { high_watermark: 3, ..Column::default() };
        assert_eq!(Window { start: 20, slots: SLOTS }.ruler(&column), vec![(10, 30)]);
    }

    #[test]
    fn cells_above_the_high_watermark_are_not_committed() {
        let column = Column { high_watermark: 23, ..Column::default() };
        let replica = Replica { log_end: 24, diverges_at: Some(23), ..Replica::default() };
        let cells = cells(Window { start: 10, slots: SLOTS }, &column, &replica);
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
            let cells = cells(Window { start, slots: SLOTS }, &column, &replica);
            cells.iter().filter(|cell| cell.new_epoch).count()
        };
        assert_eq!(marked(1), 2);
        assert_eq!(marked(13), 0);
    }

    #[test]
    fn the_ruler_leaves_room_for_the_flag() {
        let column = Column { high_watermark: 28, ..Column::default() };
        assert_eq!(Window { start: 15, slots: SLOTS }.ruler(&column), vec![(0, 15), (5, 20)]);
    }

    #[test]
    fn a_bar_is_a_few_segments_to_scale() {
        let column = Column { high_watermark: 23, ..Column::default() };
        let replica = Replica { log_end: 25, ..Replica::default() };
        let window = Window { start: 11, slots: SLOTS };
        let bar = segments(window, &cells(window, &column, &replica));
        let seen: Vec<_> = bar.iter().map(|s| (s.at, s.width, s.first.committed)).collect();
        assert_eq!(seen, [(0, 12, true), (12, 2, false)]);
    }
}
