//! Semantic zoom: how much of a partition is drawn follows the size of its column and of its row.
//!
//! The page tells how much room there is and what a person wishes; this says which level every column and row gets. The order
//! of rows and columns is no part of it: it never changes.

/// How much of a partition is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// A tile a replica: its role and whether it is in sync.
    Tiles,
    /// A bar a replica, its ends and the watermark to scale.
    Bars,
    /// A cell a record.
    #[default]
    Records,
    /// Offset, key and epoch in each record, and the batches.
    Focus,
}

/// Columns of a page: more are paged through.
pub const COLUMNS_MAX: usize = 24;
/// A column that shows records is at least as wide, in CSS pixels at the normal text size.
const RECORDS_PX: u32 = 140;
const BARS_PX: u32 = 56;
const FOCUS_PX: u32 = 480;
/// A row that shows records is at least as high.
const RECORDS_ROW_PX: u32 = 60;
/// What a focused column takes at most and at least of the board, in percent, and the least it needs to be in focus.
const FOCUS_SHARE: u32 = 62;

impl Level {
    /// All levels, the furthest first.
    pub const ALL: [Level; 4] = [Level::Tiles, Level::Bars, Level::Records, Level::Focus];

    /// The level of a column of this width in a row of this height.
    pub fn of(column_px: u32, row_px: u32) -> Level {
        let column = match column_px {
            0..BARS_PX => Level::Tiles,
            BARS_PX..RECORDS_PX => Level::Bars,
            RECORDS_PX..=FOCUS_PX => Level::Records,
            _ => Level::Focus,
        };
        if row_px < RECORDS_ROW_PX { column.min(Level::Bars) } else { column }
    }

    /// One level closer, or further away; the last one stays.
    pub fn step(self, closer: bool) -> Level {
        let place = self as usize;
        let next = if closer { place + 1 } else { place.saturating_sub(1) };
        Level::ALL[next.min(Level::ALL.len() - 1)]
    }

    /// The name of its class in the style sheet.
    pub fn class(self) -> &'static str {
        match self {
            Level::Tiles => "tiles",
            Level::Bars => "bars",
            Level::Records => "records",
            Level::Focus => "focus",
        }
    }
}

/// The room there is for columns and for the rows of brokers, and how many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// Width of all columns together, in CSS pixels at the normal text size.
    pub width_px: u32,
    /// Height of all rows of brokers together; `None` where the page scrolls anyway, as on a phone.
    pub height_px: Option<u32>,
    pub columns: u32,
    pub rows: u32,
    /// Rows that are shown at once; more are scrolled through.
    pub rows_shown: u32,
    /// Whether only one column is shown at a time.
    pub single: bool,
}

/// What a person wishes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// A level in place of the one that the size gives.
    pub level: Option<Level>,
    /// The place of the column that is wide while the others are narrow.
    pub column: Option<usize>,
    /// The place of the broker's row that is high while the others are low.
    pub row: Option<usize>,
    /// The row of the broker that leads the column in focus: it shows most of its records.
    pub leader: Option<usize>,
    /// The column that the eye is on: among tiles it alone opens.
    pub cursor: usize,
}

/// The level of every column and row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The level of the board as a whole.
    pub level: Level,
    columns: Vec<Level>,
    rows: Vec<Level>,
    /// The column that is wider than the rest, and why.
    pub wide: Option<Wide>,
}

/// A column that is wider than the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wide {
    /// It is in focus.
    Focus(usize),
    /// The board shows tiles, and this is the one that is open.
    Lens(usize),
}

impl Plan {
    /// Plans a board.
    pub fn of(room: Room, wish: Wish) -> Plan {
        let count = room.columns.max(1);
        let width = if room.single { room.width_px } else { room.width_px / count };
        let height = room.height_px.map_or(u32::MAX, |height| height / room.rows_shown.max(1));
        let natural = Level::of(width, height);
        // A wide board of one partition shows its records large only if somebody wants to look closely.
        let natural = if wish.column.is_none() { natural.min(Level::Records) } else { natural };
        let level = wish.level.unwrap_or(natural);
        let focused = wish.column.filter(|place| *place < count as usize && !room.single);
        let mut columns = vec![level; count as usize];
        let mut wide = None;
        if let Some(place) = focused {
            let share = room.width_px * FOCUS_SHARE / 100;
            let rest = (room.width_px - share) / count.saturating_sub(1).max(1);
            let others = wish.level.unwrap_or(Level::of(rest, u32::MAX)).min(Level::Records);
            columns.fill(others);
            columns[place] = Level::of(share, u32::MAX).max(Level::Records);
            wide = Some(Wide::Focus(place));
        } else if level == Level::Tiles && !room.single && wish.cursor < columns.len() {
            columns[wish.cursor] = Level::Records;
            wide = Some(Wide::Lens(wish.cursor));
        }
        let rows = rows(room, wish, level);
        let level = if focused.is_some() { level.min(Level::Records) } else { level };
        Plan { level, columns, rows, wide }
    }

    /// The level of a column.
    pub fn column(&self, place: usize) -> Level {
        self.columns.get(place).copied().unwrap_or(self.level)
    }

    /// The level of a broker's row: how high it is.
    pub fn row(&self, place: usize) -> Level {
        self.rows.get(place).copied().unwrap_or(self.level)
    }

    /// The level of a cell. What is wide shows its records in low rows too.
    pub fn cell(&self, row: usize, column: usize) -> Level {
        let is_wide =
            matches!(self.wide, Some(Wide::Focus(place) | Wide::Lens(place)) if place == column);
        let row = self.row(row);
        match self.column(column) {
            level if is_wide && row < Level::Records => level.min(Level::Records),
            level if row < Level::Records => level.min(Level::Bars),
            level => level.min(row.max(Level::Records)),
        }
    }
}

/// The levels of the rows: a focused one is high, the rest are low then.
fn rows(room: Room, wish: Wish, level: Level) -> Vec<Level> {
    let height = room.height_px.map_or(u32::MAX, |height| height / room.rows_shown.max(1));
    let low = wish.level.is_none() && height < RECORDS_ROW_PX;
    let natural = if low { level.min(Level::Bars) } else { level };
    let mut rows = vec![natural; room.rows as usize];
    if let Some(row) = wish.row.filter(|row| *row < rows.len()) {
        rows.fill(natural.min(Level::Bars));
        rows[row] = Level::Focus;
    } else if let (Some(_), Some(leader)) = (wish.column, wish.leader.filter(|_| !room.single)) {
        rows[leader] = Level::Focus;
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(columns: u32, rows: u32) -> Room {
        Room { width_px: 912, height_px: Some(300), columns, rows, rows_shown: rows, single: false }
    }

    #[test]
    fn the_level_follows_the_size_of_column_and_row() {
        assert_eq!(Level::of(55, 90), Level::Tiles);
        assert_eq!(Level::of(56, 90), Level::Bars);
        assert_eq!(Level::of(139, 90), Level::Bars);
        assert_eq!(Level::of(140, 60), Level::Records);
        assert_eq!(Level::of(480, 90), Level::Records);
        assert_eq!(Level::of(481, 90), Level::Focus);
        assert_eq!(Level::of(900, 59), Level::Bars);
        assert_eq!(Level::of(40, 20), Level::Tiles);
    }

    #[test]
    fn three_by_four_shows_records_and_ten_by_twenty_four_tiles_with_a_lens() {
        let small = Plan::of(room(4, 3), Wish::default());
        assert_eq!((small.level, small.wide), (Level::Records, None));
        assert_eq!(small.cell(2, 3), Level::Records);
        let large = Plan::of(room(24, 10), Wish { cursor: 7, ..Wish::default() });
        assert_eq!((large.level, large.wide), (Level::Tiles, Some(Wide::Lens(7))));
        assert_eq!(large.cell(0, 6), Level::Tiles);
        assert_eq!(large.cell(0, 7), Level::Records);
        assert_eq!(large.row(0), Level::Tiles);
    }

    #[test]
    fn low_rows_show_bars_however_wide_the_column() {
        let plan = Plan::of(room(4, 10), Wish::default());
        assert_eq!(plan.cell(0, 0), Level::Bars);
    }

    #[test]
    fn a_focused_column_widens_and_the_rest_narrow() {
        let plan =
            Plan::of(room(4, 3), Wish { column: Some(1), leader: Some(2), ..Wish::default() });
        assert_eq!(plan.wide, Some(Wide::Focus(1)));
        assert_eq!(plan.cell(2, 1), Level::Focus);
        assert_eq!(plan.cell(0, 1), Level::Records);
        assert_eq!(plan.cell(0, 0), Level::Bars);
    }

    #[test]
    fn a_focused_row_grows_and_the_rest_go_to_bars() {
        let plan = Plan::of(room(4, 3), Wish { row: Some(2), ..Wish::default() });
        assert_eq!(plan.row(2), Level::Focus);
        assert_eq!(plan.row(0), Level::Bars);
        assert_eq!(plan.cell(2, 0), Level::Records);
        assert_eq!(plan.cell(0, 0), Level::Bars);
    }

    #[test]
    fn a_wish_overrides_the_size() {
        let closer =
            Plan::of(room(24, 10), Wish { level: Some(Level::Records), ..Wish::default() });
        assert_eq!(closer.cell(9, 23), Level::Records);
        let further = Plan::of(room(4, 3), Wish { level: Some(Level::Tiles), ..Wish::default() });
        assert_eq!(further.cell(0, 1), Level::Tiles);
        assert_eq!(Level::Records.step(true), Level::Focus);
        assert_eq!(Level::Tiles.step(false), Level::Tiles);
    }

    #[test]
    fn a_phone_shows_one_column_at_a_time_and_scrolls() {
        let room = Room { width_px: 274, height_px: None, single: true, ..room(24, 10) };
        let plan = Plan::of(room, Wish::default());
        assert_eq!(plan.cell(9, 3), Level::Records);
        assert_eq!(plan.wide, None);
    }
}
