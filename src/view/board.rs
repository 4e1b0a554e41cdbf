//! How a person looks at the board: the level, what is in focus, where the cursor is.

use super::keys::Does;
use super::protocol::Selected;
use super::scene::{Broker, ReplicaRole, Scene};
use super::zoom::{Level, Plan, Room, Wish};

/// Rows of brokers that a page of the board shows; more are scrolled through.
pub const ROWS_MAX: usize = 10;
/// Groups that have a row of their own; the rest shares one, unless a person opens it.
pub const GROUPS_MAX: usize = 3;

/// How the board is looked at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BoardState {
    /// A level in place of the one that the size gives.
    pub level: Option<Level>,
    /// The partition in focus.
    pub column: Option<i32>,
    /// The broker in focus.
    pub row: Option<i32>,
    /// The cell that has the board's one tab stop, as (row, column).
    pub cursor: (usize, usize),
    /// Whether every group has a row of its own.
    pub groups_open: bool,
    /// The room that was measured last.
    pub stage: Stage,
}

/// The room for the board, in CSS pixels at the usual size of text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stage {
    /// Width of all columns.
    pub width: u32,
    /// From the top of the board to the bottom of the stage.
    pub height: u32,
    /// Whether the window is as narrow as a phone.
    pub phone: bool,
    /// Whether rows are as high as on a large screen.
    pub large: bool,
}

impl Default for Stage {
    /// That of the usual window, until the real one is measured.
    fn default() -> Stage {
        Stage { width: 912, height: 560, phone: false, large: true }
    }
}

/// What a person does to how the board is looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BoardAct {
    Level(Option<Level>),
    /// The column of the partition is in focus, or no more.
    Column(i32),
    /// The row of the broker is in focus, or no more.
    Row(i32),
    Cursor(usize, usize),
    Groups,
    Measured(Stage),
}

impl BoardState {
    /// Carries out an act.
    pub fn act(&mut self, act: BoardAct) {
        match act {
            BoardAct::Level(level) => (self.level, self.column, self.row) = (level, None, None),
            BoardAct::Column(partition) => self.column = toggled(self.column, partition),
            BoardAct::Row(broker) => self.row = toggled(self.row, broker),
            BoardAct::Cursor(row, column) => self.cursor = (row, column),
            BoardAct::Groups => self.groups_open = !self.groups_open,
            BoardAct::Measured(stage) => self.stage = stage,
        }
    }

    /// Forgets what belongs to the columns of another topic or page.
    pub fn leave_columns(&mut self) {
        self.column = None;
        self.cursor.1 = 0;
    }

    /// The level of every column and row.
    pub fn plan(&self, scene: &Scene) -> Plan {
        let column = self.focused(scene);
        let row = self.row.and_then(|id| scene.brokers.iter().position(|b| b.id == id));
        let room = Room {
            width_px: self.stage.width,
            height_px: (!self.stage.phone).then(|| self.rows_height(scene)),
            columns: scene.columns.len() as u32,
            rows: scene.brokers.len() as u32,
            rows_shown: scene.brokers.len().min(ROWS_MAX) as u32,
            single: self.stage.phone,
        };
        let leads = |place: usize| {
            let leads = |b: &Broker| {
                let cell = b.cells.get(place).and_then(Option::as_ref);
                cell.is_some_and(|cell| cell.role == ReplicaRole::Leader)
            };
            scene.brokers.iter().position(leads)
        };
        let leader = column.and_then(leads);
        Plan::of(room, Wish { level: self.level, column, row, leader, cursor: self.cursor.1 })
    }

    /// The place of the column in focus.
    pub fn focused(&self, scene: &Scene) -> Option<usize> {
        let partition = self.column?;
        scene.columns.iter().position(|column| column.partition == partition)
    }

    /// What is left for the rows of brokers beside everything else at its full height.
    fn rows_height(&self, scene: &Scene) -> u32 {
        let (head, producer, group, legend) =
            if self.stage.large { (62, 48, 60, 32) } else { (50, 36, 52, 6) };
        let ruler = 18;
        let groups = if self.groups_open { usize::MAX } else { GROUPS_MAX + 1 };
        let groups = scene.groups.len().min(groups) as u32;
        let producers = scene.producers.len() as u32;
        let taken = head + producers * producer + ruler + groups * group + legend;
        self.stage.height.saturating_sub(taken)
    }
}

/// What a key wishes of the board.
pub fn wished(scene: &Scene, board: &BoardState, does: Does) -> Option<BoardAct> {
    let (row, column) = board.cursor;
    let partition = scene.columns.get(column).map(|column| column.partition);
    match does {
        Does::FocusColumn => board.column.or(partition).map(BoardAct::Column),
        Does::FocusRow => {
            let place = row.checked_sub(1 + scene.producers.len());
            let broker = place.and_then(|place| scene.brokers.get(place)).or(scene.brokers.first());
            board.row.or(broker.map(|broker| broker.id)).map(BoardAct::Row)
        }
        // From records on, closer means one column; and away from it the level before.
        Does::Further if board.column.is_some() => board.column.map(BoardAct::Column),
        Does::Closer if board.column.is_some() => None,
        Does::Closer | Does::Further => match board.plan(scene).level.step(does == Does::Closer) {
            Level::Focus => partition.map(BoardAct::Column),
            level => Some(BoardAct::Level(Some(level))),
        },
        _ => None,
    }
}

/// The message before or after the one that is looked at, in the order in which they arrive; without one, that which flies
/// longest: the clock has to stand still before it arrives.
pub fn next_message(scene: &Scene, selected: Option<&Selected>, back: bool) -> Option<Selected> {
    let flights = &scene.flights;
    let here = match selected {
        Some(Selected::Message(id)) => Some(*id),
        _ => None,
    };
    let mut ids: Vec<u64> = flights.iter().map(|flight| flight.id).collect();
    ids.dedup();
    let last = ids.len().checked_sub(1)?;
    let at = here.and_then(|here| ids.iter().position(|id| *id == here));
    let next = match (at, back) {
        (None, _) => last,
        (Some(at), false) => (at + 1) % ids.len(),
        (Some(at), true) => at.checked_sub(1).unwrap_or(last),
    };
    Some(Selected::Message(ids[next]))
}

fn toggled(before: Option<i32>, to: i32) -> Option<i32> {
    (before != Some(to)).then_some(to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::scene::{Column, Group, Producer};
    use crate::view::zoom::Wide;

    fn scene(columns: i32, brokers: i32, groups: usize) -> Scene {
        let column = |partition| Column { partition, ..Column::default() };
        let broker = |id| Broker { id, ..Broker::default() };
        Scene {
            columns: (0..columns).map(column).collect(),
            brokers: (1..=brokers).map(broker).collect(),
            producers: vec![Producer::default()],
            groups: vec![Group::default(); groups],
            ..Scene::default()
        }
    }

    #[test]
    fn the_usual_window_shows_records_of_three_by_four_and_tiles_of_ten_by_twenty_four() {
        let board = BoardState::default();
        assert_eq!(board.plan(&scene(4, 3, 2)).level, Level::Records);
        assert_eq!(board.plan(&scene(24, 10, 5)).level, Level::Tiles);
        assert_eq!(board.plan(&scene(4, 10, 2)).level, Level::Bars);
    }

    #[test]
    fn a_second_press_ends_the_focus_and_a_level_does_too() {
        let mut board = BoardState::default();
        board.act(BoardAct::Column(2));
        assert_eq!(board.plan(&scene(4, 3, 2)).wide, Some(Wide::Focus(2)));
        board.act(BoardAct::Column(2));
        assert_eq!(board.plan(&scene(4, 3, 2)).wide, None);
        board.act(BoardAct::Row(3));
        board.act(BoardAct::Level(Some(Level::Bars)));
        assert_eq!(board.row, None);
        assert_eq!(board.plan(&scene(4, 3, 2)).level, Level::Bars);
    }

    #[test]
    fn closer_from_records_is_the_column_under_the_cursor() {
        let column = |partition| Column { partition, ..Column::default() };
        let scene = Scene { columns: (0..4).map(column).collect(), ..Scene::default() };
        let mut board = BoardState { cursor: (2, 1), ..BoardState::default() };
        assert_eq!(wished(&scene, &board, Does::Closer), Some(BoardAct::Column(1)));
        assert_eq!(wished(&scene, &board, Does::Further), Some(BoardAct::Level(Some(Level::Bars))));
        board.act(BoardAct::Column(1));
        assert_eq!(wished(&scene, &board, Does::Further), Some(BoardAct::Column(1)));
        assert_eq!(wished(&scene, &board, Does::Closer), None);
    }

    #[test]
    fn the_keys_walk_through_the_messages_and_begin_anew_at_the_end() {
        let flight = |id| crate::view::scene::Flight {
            id,
            column: Some(0),
            from: crate::view::scene::Row::Broker(0),
            to: crate::view::scene::Row::Broker(1),
            nodes: (1, 2),
            api: crate::view::scene::Api::Fetch,
            answers: false,
            offset: None,
            cargo: crate::view::scene::Cargo::Request,
            sent_us: 0,
            due_us: 1,
            lost: false,
        };
        // A packet with two marks is one message.
        let flights = vec![flight(4), flight(7), flight(7), flight(9)];
        let scene = Scene { flights, ..Scene::default() };
        let next = |from: Option<u64>, back| {
            next_message(&scene, from.map(Selected::Message).as_ref(), back)
        };
        assert_eq!(next(None, false), Some(Selected::Message(9)));
        assert_eq!(next(Some(4), false), Some(Selected::Message(7)));
        assert_eq!(next(Some(7), false), Some(Selected::Message(9)));
        assert_eq!(next(Some(9), false), Some(Selected::Message(4)));
        assert_eq!(next(Some(4), true), Some(Selected::Message(9)));
        assert_eq!(next_message(&Scene::default(), None, true), None);
    }
}
