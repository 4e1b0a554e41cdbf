//! The topic on the board.

use super::{Found, View};
use crate::view::inspect::Row;
use crate::view::says::{Says, Word};
use crate::view::text::Text;

pub(super) fn topic(view: &View<'_>) -> Option<Found> {
    let topic = view.scene.topic.as_ref()?;
    let columns = &view.scene.columns;
    let short = columns.iter().filter(|column| column.isr.len() < column.replicas.len()).count();
    let offline = columns.iter().filter(|column| column.leader.is_none()).count();
    let records: i64 = columns.iter().map(|column| column.high_watermark).sum();
    let number = |count: usize| Word::from(count as i64);
    Some(Found::rows(vec![
        Row::new(Text::RowPartitions, i64::from(topic.partitions)),
        Row::new(Text::RowReplicationFactor, i64::from(topic.replication_factor)),
        Row::new("min.insync.replicas", i64::from(topic.min_insync_replicas)),
        Row::new(Text::RowCommitted, Says::new(Text::Records, [("count", records.into())])),
        Row::new(Text::RowUnderReplicated, number(short)),
        Row::new(Text::RowOffline, number(offline)),
    ]))
}
