//! The course of a replay: a step, then what was seen after it, then the next step.

use serde_json::Value;

use super::args::Args;
use super::compare::{self, Caution, Verdict};
use super::observe;
use super::recording::{Line, Observation, Recording, Step};
use super::stage::{Producers, Stage};
use super::step::{limit, perform};
use crate::sim::ids::NodeId;
use crate::sim::protocol::group::NamedPartition;
use crate::sim::time::Micros;

/// How long settled values must stay as they are.
const SETTLED_FOR: Micros = Micros(1_000_000);

/// Replays a recording.
///
/// # Errors
/// At the first step with another outcome, the first thing that is not seen, or what cannot be expressed.
pub fn replay(recording: &Recording, producers: Producers, seed: u64) -> Result<(), String> {
    let mut stage = Stage::new(&recording.meta, producers, seed)?;
    let mut course = Course::default();
    for line in &recording.lines {
        match line {
            Line::Step(step) => course.take(&mut stage, step)?,
            Line::Observation(observation) => course.look(&mut stage, observation)?,
        }
    }
    Ok(())
}

/// Where the replay stands.
#[derive(Clone, Debug, Default)]
struct Course {
    step: Option<Step>,
    /// Whether acks=0 or acks=1 records were sent since the last pause.
    unreplicated: bool,
}

impl Course {
    fn take(&mut self, stage: &mut Stage, step: &Step) -> Result<(), String> {
        let place = format!("step {} {}", step.n, step.op);
        let seen = perform(stage, step).map_err(|reason| format!("{place}: {reason}"))?;
        compare_result(stage, step, &seen).map_err(|reason| format!("{place}: {reason}"))?;
        let acks = Args(&step.args).settings("client").find(|(name, _)| name == "acks");
        self.unreplicated = match step.op.as_str() {
            "sleep" | "wait_until" => false,
            "produce" | "produce_start" | "produce_keys" => {
                self.unreplicated || acks.is_some_and(|(_, acks)| acks == "0" || acks == "1")
            }
            _ => self.unreplicated,
        };
        self.step = Some(step.clone());
        Ok(())
    }

    /// Lets time pass until everything is seen as it was recorded.
    fn look(&self, stage: &mut Stage, observation: &Observation) -> Result<(), String> {
        let n = self.step.as_ref().map_or(0, |step| step.n);
        let place = format!("{} after step {n}", observation.what);
        let sight = Sight::of(observation).map_err(|reason| format!("{place}: {reason}"))?;
        let caution = self.caution(stage, observation);
        let allowed = self.step.as_ref().map_or(SETTLED_FOR, limit);
        let mut closest: Verdict = Ok(());
        let seen = stage.run_until(allowed, |stage| {
            closest = sight.compare(stage, &observation.value, caution);
            closest.is_ok()
        });
        match (seen, closest) {
            (false, Err(reason)) => Err(format!("{place}: {reason}")),
            _ if caution.settled => {
                sight.stays(stage).map_err(|reason| format!("{place}: {reason}"))
            }
            _ => Ok(()),
        }
    }

    fn caution(&self, stage: &Stage, observation: &Observation) -> Caution {
        let op = self.step.as_ref().map_or("", |step| step.op.as_str());
        let topic = observation.value["topic"].as_str().unwrap_or_default();
        Caution {
            settled: matches!(op, "sleep" | "wait_until"),
            unreplicated: self.unreplicated,
            background: stage.background.as_ref().is_some_and(|b| b.topic == topic && !b.finished),
        }
    }
}

fn compare_result(stage: &Stage, step: &Step, seen: &Value) -> Verdict {
    let background = stage.background.as_ref().map(|background| background.topic.as_str());
    let timing_decides = step.op == "read" && background == step.args["topic"].as_str();
    match timing_decides {
        // Which records came before a change of leaders is a matter of timing.
        true => compare::result(&without_epochs(&step.result), &without_epochs(seen)),
        false => compare::result(&step.result, seen),
    }
}

fn without_epochs(result: &Value) -> Value {
    let mut result = result.clone();
    for record in result["records"].as_array_mut().into_iter().flatten() {
        if let Some(fields) = record.as_array_mut() {
            fields.truncate(3);
        }
    }
    result
}

/// Something to look at.
#[derive(Clone, Debug)]
enum Sight {
    Topic(String),
    Disk(NodeId, NamedPartition),
    Group(String),
    Committed(String),
    Received(String),
    Acknowledged,
}

impl Sight {
    fn of(observation: &Observation) -> Result<Sight, String> {
        let args = Args(&observation.value);
        match observation.what.as_str() {
            "topic" => Ok(Sight::Topic(args.text("topic")?.to_owned())),
            "disk" => {
                let topic = args.text("topic")?.into();
                let partition = NamedPartition { topic, partition: args.number("p")? as i32 };
                Ok(Sight::Disk(NodeId(args.number("broker")? as i32), partition))
            }
            "group" => Ok(Sight::Group(args.text("group")?.to_owned())),
            "committed" => Ok(Sight::Committed(args.text("group")?.to_owned())),
            "received" => Ok(Sight::Received(args.text("client")?.to_owned())),
            "acknowledged" => Ok(Sight::Acknowledged),
            _ => Err("this observation is not modelled".to_owned()),
        }
    }

    fn compare(&self, stage: &Stage, recorded: &Value, caution: Caution) -> Verdict {
        let world = stage.world();
        match self {
            Sight::Topic(topic) => {
                compare::topic(recorded, &observe::topic(world, topic, &stage.down), caution)
            }
            Sight::Disk(broker, partition) => {
                compare::disk(recorded, &observe::disk(world, *broker, partition), caution)
            }
            Sight::Group(group) => {
                compare::group(recorded, &observe::group(world, group))?;
                compare_members(stage, recorded)
            }
            Sight::Committed(group) => {
                let seen = observe::committed(world, group);
                compare::same("offsets", &recorded["offsets"], &seen["offsets"])
            }
            Sight::Received(client) => {
                let recorder = stage.member(client).and_then(|member| stage.program(member.node));
                let seen = recorder.map(|recorder| observe::received(client, recorder));
                compare::same("records", &recorded["records"], &seen.unwrap_or_default()["records"])
            }
            Sight::Acknowledged => {
                let seen = stage.acknowledged();
                compare::same("valueIndexAndOffset", &recorded["valueIndexAndOffset"], &seen)
            }
        }
    }

    /// After a pause, leaders, ISR and assignments must be there to stay.
    fn stays(&self, stage: &Stage) -> Verdict {
        let before = self.settled_values(stage);
        let mut later = stage.clone();
        later.pass(SETTLED_FOR);
        compare::same("a second later", &before, &self.settled_values(&later))
    }

    fn settled_values(&self, stage: &Stage) -> Value {
        match self {
            Sight::Topic(topic) => {
                let mut seen = observe::topic(stage.world(), topic, &stage.down);
                for partition in seen["partitions"].as_array_mut().into_iter().flatten() {
                    partition["replicaLogs"] = Value::Null;
                    partition["offline"] = Value::Null;
                }
                seen
            }
            Sight::Group(group) => {
                let mut seen = observe::group(stage.world(), group);
                seen["state"] = Value::Null;
                seen
            }
            Sight::Disk(..) | Sight::Committed(_) | Sight::Received(_) | Sight::Acknowledged => {
                Value::Null
            }
        }
    }
}

/// The members that the recording lists, as they see themselves.
fn compare_members(stage: &Stage, recorded: &Value) -> Verdict {
    for client in recorded["clients"].as_array().into_iter().flatten() {
        let id = client["clientId"].as_str().unwrap_or_default();
        let recorder = stage.member(id).and_then(|member| stage.program(member.node));
        let recorder = recorder.ok_or_else(|| format!("there is no member {id}"))?;
        compare::member(client, &observe::member(id, recorder))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_offset_key_and_value_count_where_timing_decides_the_epoch() {
        let result = json!({ "records": [[0, "k", "v0", 1], [1, "k", "v1", 2]], "position": 2 });
        let without = json!({ "records": [[0, "k", "v0"], [1, "k", "v1"]], "position": 2 });
        assert_eq!(without_epochs(&result), without);
    }
}
