//! Something that happened.

use super::{Found, JUDGED, View, why};
use crate::sim::ids::{FactId, NodeId};
use crate::view::inspect::Row;
use crate::view::says::Word;
use crate::view::text::Text;

pub(super) fn event(view: &View<'_>, id: u64) -> Option<Found> {
    let id = FactId(id & !JUDGED);
    let record = view.session.history.run().journal.find(id)?;
    let mut rows = vec![Row::new(Text::Time, Word::Time(record.time.0))];
    if record.node != NodeId::NONE {
        rows.push(Row::new(Text::RowSeenAt, Word::Node(view.session.teller.node(record.node))));
    }
    Some(Found { rows, why: why::of(view, Some(id)), ..Found::default() })
}
