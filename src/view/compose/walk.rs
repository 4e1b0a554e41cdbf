//! Where the walk on `ai_data` is, and what its commands printed.

use crate::apps::AnyProgram;
use crate::apps::tool::Answer;
use crate::playground::setup::TOOL;
use crate::playground::walk::{PRINTED, STEPS_US, STORED};
use crate::sim::world::World;
use crate::view::scene::Walk;

/// The walk at a time.
pub fn walk(world: &World<AnyProgram>, time_us: u64) -> Walk {
    let node = world.node(TOOL).and_then(|node| node.client());
    let answer = |token| match node.map(|client| &client.program) {
        Some(AnyProgram::Tool(tool)) => tool.answer(token),
        _ => None,
    };
    let stored = match answer(STORED) {
        Some(Answer::Sent(partition, Ok(offset))) => Some((*partition, *offset)),
        _ => None,
    };
    let printed = match answer(PRINTED) {
        Some(Answer::Read(records)) => records.first().map(|record| {
            let value = record.value.as_deref().unwrap_or_default();
            let text = String::from_utf8_lossy(value);
            format!("Partition:{}\tOffset:{}\t{text}", record.partition.partition, record.offset)
        }),
        _ => None,
    };
    let step = STEPS_US.iter().filter(|begins| **begins < time_us).count() as u8;
    Walk { step, stored, printed }
}
