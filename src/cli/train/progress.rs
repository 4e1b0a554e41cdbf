//! What is told while a training runs.

use crate::apps::training::job::TRAINERS;
use crate::apps::training::{TrainingJob, fact};
use crate::playground::lab::Lab;
use crate::sim::act::Fault;
use crate::sim::fact::{Fact, FactRecord};
use crate::sim::ids::NodeId;
use crate::sim::time::SimTime;

/// Turns facts into lines.
#[derive(Clone, Debug)]
pub struct Progress {
    job: TrainingJob,
    started: SimTime,
    /// Mean loss and accuracy of the newest epoch, until its test is known.
    trained: [i64; 3],
}

impl Progress {
    /// Nothing has been told yet.
    pub fn new(job: TrainingJob) -> Progress {
        Progress { job, started: SimTime::ZERO, trained: [-1, 0, 0] }
    }

    /// When the trainers first had partitions.
    pub fn started(&self) -> SimTime {
        self.started
    }

    /// The lines for the last step.
    pub fn lines(&mut self, lab: &Lab) -> Vec<String> {
        let told = |record| {
            let line = self.line(record, lab)?;
            Some(format!("{:>11}  {line}", record.time.to_string()))
        };
        lab.facts().iter().filter_map(told).collect()
    }

    fn line(&mut self, record: &FactRecord, lab: &Lab) -> Option<String> {
        match &record.fact {
            Fact::Fault(Fault::Kill(node)) => Some(format!("{} is killed", name(lab, *node))),
            Fact::Fault(Fault::Start(node)) => Some(format!("{} is started", name(lab, *node))),
            Fact::BrokerFenced { broker } => Some(format!("broker-{broker} is fenced")),
            Fact::BrokerUnfenced { broker } => Some(format!("broker-{broker} is unfenced")),
            Fact::MemberRemoved { group, expired: true, member } => {
                Some(format!("group {group}: {member} has expired"))
            }
            Fact::GenerationStable { group, generation, members } if **group == *TRAINERS => {
                if *generation == 1 {
                    self.started = record.time;
                }
                Some(format!("group {group}: generation {generation} with {members} members"))
            }
            Fact::Program { code, values, .. } => self.program(*code, *values),
            _ => None,
        }
    }

    fn program(&mut self, code: u16, values: [i64; 3]) -> Option<String> {
        let [first, second, third] = values;
        match code {
            fact::TRAINING_STARTED => Some(format!(
                "the first parameters: {first} partitions, {second} records an update"
            )),
            fact::EPOCH_TRAINED => {
                self.trained = values;
                None
            }
            fact::EPOCH_TESTED => Some(self.epoch(first, second, third)),
            fact::TRAINED_TWICE => {
                Some(format!("epoch {first}: {second} records are trained again ({third} so far)"))
            }
            fact::REMINDED => {
                Some(format!("version {first} is overdue: {third} gradients missing"))
            }
            fact::DIVERGED => Some(format!("version {first} has diverged")),
            fact::RECORD_REFUSED => {
                Some(format!("partition {first} offset {second} is unreadable"))
            }
            fact::DATA_STORED => Some(format!("{first} + {second} raw records are stored")),
            _ => None,
        }
    }

    fn epoch(&self, epoch: i64, loss: i64, accuracy: i64) -> String {
        let part = |millionths: i64| millionths as f64 / 1e6;
        let of = self.job.plan.epochs;
        let test = format!("test loss {:.4}, accuracy {:.3}", part(loss), part(accuracy));
        if self.trained[0] != epoch {
            return format!("epoch {epoch:>3}/{of}: {test}");
        }
        let [_, loss, accuracy] = self.trained.map(part);
        format!("epoch {epoch:>3}/{of}: loss {loss:.4}, accuracy {accuracy:.3}; {test}")
    }
}

fn name(lab: &Lab, node: NodeId) -> String {
    let world = &lab.run.world;
    if let Some(server) = world.setup().servers.iter().find(|server| server.id == node) {
        let role = if server.roles.is_broker() { "broker" } else { "controller" };
        return format!("{role}-{node}");
    }
    let clients = world.nodes().filter(|other| other.id.is_client());
    let named = clients.zip(world.client_specs()).find(|(other, _)| other.id == node);
    named.map_or_else(|| format!("node {node}"), |(_, spec)| spec.name.to_string())
}
