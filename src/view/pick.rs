//! What stands at a place of the board, by its row and column in the grid.

use super::protocol::Selected;
use super::scene::Scene;

/// The thing of a cell: the partition of a column head, a producer, a replica or one of its records, a lane of a group.
pub fn at(scene: &Scene, row: usize, column: usize, offset: Option<i64>) -> Option<Selected> {
    let partition = scene.columns.get(column)?.partition;
    let Some(row) = row.checked_sub(1) else { return Some(Selected::Partition(partition)) };
    if let Some(producer) = scene.producers.get(row) {
        return Some(Selected::Node(producer.node));
    }
    let row = row - scene.producers.len();
    if let Some(broker) = scene.brokers.get(row) {
        let replica = broker.cells.get(column)?.as_ref()?;
        let holds = |offset: &i64| (replica.log_start..replica.log_end).contains(offset);
        return Some(match offset.filter(holds) {
            Some(offset) => Selected::Record { partition, broker: broker.id, offset },
            None => Selected::Replica { partition, broker: broker.id },
        });
    }
    let group = scene.groups.get(row - scene.brokers.len())?;
    Some(Selected::Lane { group: group.name.clone(), partition })
}

/// Whether the cell holds what is looked at: a record is looked at in the cell of its copy.
pub fn is_at(scene: &Scene, row: usize, column: usize, selected: &Selected) -> bool {
    let here = at(scene, row, column, None);
    match selected {
        Selected::Record { partition, broker, .. } => {
            here == Some(Selected::Replica { partition: *partition, broker: *broker })
        }
        Selected::Node(_) => false,
        other => here.as_ref() == Some(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::scene::{Broker, Column, Group, Producer, Replica};

    fn scene() -> Scene {
        let replica = Replica { log_start: 2, log_end: 5, ..Replica::default() };
        Scene {
            columns: vec![Column { partition: 7, ..Column::default() }],
            producers: vec![Producer { node: 1001, ..Producer::default() }],
            brokers: vec![Broker { id: 3, cells: vec![Some(replica)], ..Broker::default() }],
            groups: vec![Group { name: "billing".into(), ..Group::default() }],
            ..Scene::default()
        }
    }

    #[test]
    fn each_row_has_its_own_kind_of_thing() {
        let scene = scene();
        assert_eq!(at(&scene, 0, 0, None), Some(Selected::Partition(7)));
        assert_eq!(at(&scene, 1, 0, None), Some(Selected::Node(1001)));
        assert_eq!(at(&scene, 2, 0, None), Some(Selected::Replica { partition: 7, broker: 3 }));
        let lane = Selected::Lane { group: "billing".into(), partition: 7 };
        assert_eq!(at(&scene, 3, 0, None), Some(lane));
        assert_eq!(at(&scene, 4, 0, None), None);
        assert_eq!(at(&scene, 0, 1, None), None);
    }

    #[test]
    fn a_record_is_found_where_the_log_holds_its_offset() {
        let scene = scene();
        let record = Selected::Record { partition: 7, broker: 3, offset: 4 };
        assert_eq!(at(&scene, 2, 0, Some(4)), Some(record.clone()));
        assert_eq!(at(&scene, 2, 0, Some(5)), Some(Selected::Replica { partition: 7, broker: 3 }));
        assert!(is_at(&scene, 2, 0, &record) && !is_at(&scene, 3, 0, &record));
    }
}
