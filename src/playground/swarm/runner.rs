//! Carrying out a plan: traffic, faults, healing, and the verdict.

use std::sync::Arc;

use super::plan::{CLIENT_TIMES, GroupPlan, Plan, ProducerPlan};
use super::report::Outcome;
use crate::apps::load::{
    CommitMode, ConsumerLoad, ConsumerSpec, Pace, ProducerCommand, ProducerLoad, ProducerSpec,
};
use crate::apps::tool::{Tool, ToolCommand};
use crate::apps::{AnyCommand, AnyProgram};
use crate::checks::liveness::Goal;
use crate::playground::action::Action;
use crate::playground::run::Run;
use crate::sim::act::Fault;
use crate::sim::client::ClientSpec;
use crate::sim::client::program::AdminCall;
use crate::sim::config::{AutoOffsetReset, ConsumerConfig, ProducerConfig};
use crate::sim::fact::FactRecord;
use crate::sim::ids::{FIRST_CLIENT, NodeId};
use crate::sim::node::Power;
use crate::sim::protocol::admin::{NewTopic, Placement};
use crate::sim::sorted::SortedSet;
use crate::sim::time::{Micros, SimTime};

/// The topic under traffic.
const TOPIC: &str = "swarm";
/// The admin tool: the first client of a plan.
const TOOL: NodeId = NodeId(FIRST_CLIENT);
/// When the tool is told to create the topic; it asks again until there is a controller.
const CREATE_AT: SimTime = SimTime(2_000_000);

/// Somebody who is shown every fact.
pub type Watcher<'a> = &'a mut dyn FnMut(&FactRecord);

/// A plan being carried out.
pub struct Runner<'a> {
    plan: Plan,
    run: Run<AnyProgram>,
    faults: u64,
    /// Servers that were told to stop and may not have ended yet.
    stopping: SortedSet<NodeId>,
    watcher: Option<Watcher<'a>>,
}

impl<'a> Runner<'a> {
    /// A run at its start.
    pub fn new(plan: Plan) -> Runner<'a> {
        let run = Run::new(plan.cluster.clone(), clients(&plan));
        let run = run.expect("a plan stays within the limits");
        Runner { plan, run, faults: 0, stopping: SortedSet::new(), watcher: None }
    }

    /// The same, shown to somebody.
    pub fn watched(self, watcher: Watcher<'a>) -> Runner<'a> {
        Runner { watcher: Some(watcher), ..self }
    }

    /// Carries the plan out to its end, or to the first violation.
    pub fn finish(mut self) -> (Outcome, Run<AnyProgram>) {
        self.carry_out();
        let outcome = Outcome {
            seed: self.plan.seed,
            hash: self.run.world.hash(),
            events: self.run.world.events(),
            simulated: self.run.world.now(),
            faults: self.faults,
            totals: *self.run.metrics.totals(),
            anomalies: self.run.judges.anomalies(),
            violation: self.run.judges.first_violation().cloned(),
        };
        (outcome, self.run)
    }

    /// True if a violation ended the run early.
    fn carry_out(&mut self) -> bool {
        if self.advance(CREATE_AT) {
            return true;
        }
        self.command(TOOL, ToolCommand::Admin { call: create_topic(&self.plan), token: 1 });
        for (time, fault) in self.plan.faults.clone() {
            if self.advance(time) {
                return true;
            }
            self.inject(fault);
        }
        if self.advance(self.plan.healed) {
            return true;
        }
        self.heal();
        if self.advance(self.plan.quiet) {
            return true;
        }
        self.run.judges.ask(&self.run.world, Goal::Replicas);
        for producer in 0..self.plan.producers.len() as i32 {
            self.command(
                NodeId(FIRST_CLIENT + 1 + producer),
                ProducerCommand::SetPace(Pace::Rate(0)),
            );
        }
        if self.advance(self.plan.end) {
            return true;
        }
        self.run.judges.audit_fully(&self.run.world);
        self.run.judges.ask(&self.run.world, Goal::Clients);
        self.run.judges.violations() > 0
    }

    /// Runs until `time`; true if a violation ended it early.
    fn advance(&mut self, time: SimTime) -> bool {
        while self.run.world.next_event_time().is_some_and(|next| next <= time) {
            self.run.step();
            self.show();
            if self.run.judges.violations() > 0 {
                return true;
            }
        }
        self.run.world.advance_clock(time);
        false
    }

    /// Injects or takes back a fault, if it can be done now.
    fn inject(&mut self, fault: Fault) {
        match fault {
            Fault::CleanStop(node) => {
                self.stopping.insert(node);
            }
            Fault::Start(node) => self.lose_patience(node),
            _ => {}
        }
        if self.run.act(&Action::Fault(fault)).is_ok() {
            self.faults += u64::from(breaks(fault));
            self.show();
        }
    }

    /// A controlled shutdown that finds no controller waits for one: whoever wants to start the process again kills it.
    fn lose_patience(&mut self, node: NodeId) {
        let power = self.run.world.node(node).map(|node| node.power);
        let runs = matches!(power, Some(Power::Running | Power::Paused));
        if self.stopping.remove(&node) && runs {
            self.inject(Fault::Kill(node));
        }
    }

    fn show(&mut self) {
        if let Some(watcher) = &mut self.watcher {
            self.run.world.facts().iter().for_each(watcher);
        }
    }

    fn command(&mut self, client: NodeId, command: impl Into<AnyCommand>) {
        let action = Action::Command { client, command: command.into() };
        let _not_running = self.run.act(&action);
    }

    /// Starts what is down, thaws what is frozen, mends every link.
    fn heal(&mut self) {
        for node in std::mem::take(&mut self.stopping) {
            self.stopping.insert(node);
            self.lose_patience(node);
        }
        let nodes: Vec<_> = self.run.world.nodes().map(|node| (node.id, node.power)).collect();
        let links: Vec<_> = self.run.world.network().links.iter().collect();
        let starts = nodes.into_iter().filter_map(|(id, power)| match power {
            Power::Running => None,
            Power::Paused => Some(Fault::Resume(id)),
            Power::Stopped | Power::Off => Some(Fault::Start(id)),
        });
        let mends = links.into_iter().flat_map(|((from, to), _)| {
            [Fault::HealLink { from, to }, Fault::SetLatency { from, to, latency: None }]
        });
        let disks: Vec<_> = self.run.world.slow_disks().keys().copied().collect();
        let disks = disks.into_iter().map(|node| Fault::SlowDisk { node, write: None });
        for repair in starts.chain(mends).chain(disks) {
            self.run.act(&Action::Fault(repair)).expect("a repair fits what it repairs");
            self.show();
        }
    }
}

/// Whether it breaks something, rather than repairs it.
fn breaks(fault: Fault) -> bool {
    match fault {
        Fault::Kill(_)
        | Fault::PowerLoss(_)
        | Fault::CleanStop(_)
        | Fault::Pause(_)
        | Fault::WipeDisk(_)
        | Fault::CutLink { .. }
        | Fault::ResetConnections { .. }
        | Fault::SlowDisk { write: Some(_), .. }
        | Fault::SetLatency { latency: Some(_), .. } => true,
        Fault::Resume(_)
        | Fault::Start(_)
        | Fault::HealLink { .. }
        | Fault::SlowDisk { write: None, .. }
        | Fault::SetNetwork { .. }
        | Fault::SetLatency { latency: None, .. } => false,
    }
}

fn create_topic(plan: &Plan) -> AdminCall {
    let topic = &plan.topic;
    let config = |name: &str, value: String| (Arc::from(name), Arc::from(value));
    AdminCall::CreateTopics(vec![NewTopic {
        name: TOPIC.into(),
        placement: Placement::Count {
            partitions: topic.partitions,
            replication_factor: topic.replication_factor,
        },
        configs: vec![
            config("min.insync.replicas", topic.min_insync_replicas.to_string()),
            config("unclean.leader.election.enable", topic.unclean.to_string()),
        ],
    }])
}

fn clients(plan: &Plan) -> Vec<ClientSpec<AnyProgram>> {
    let tool = ClientSpec { name: "tool".into(), program: Tool::default().into() };
    let producers = plan.producers.iter().enumerate().map(|(i, spec)| producer(i, spec));
    let members =
        plan.groups.iter().enumerate().flat_map(|(i, group)| {
            (0..group.members).map(move |member| consumer(i, member, group))
        });
    std::iter::once(tool).chain(producers).chain(members).collect()
}

fn producer(number: usize, plan: &ProducerPlan) -> ClientSpec<AnyProgram> {
    let config = ProducerConfig {
        acks: plan.acks,
        enable_idempotence: plan.idempotent,
        linger_ms: plan.linger_ms,
        delivery_timeout_ms: plan.delivery_timeout_ms,
        request_timeout_ms: CLIENT_TIMES.request_timeout_ms,
        ..ProducerConfig::default()
    };
    let spec = ProducerSpec {
        pace: Pace::Rate(plan.records_per_second),
        keys: plan.keys,
        value_bytes: 20,
        config,
        ..ProducerSpec::new(TOPIC)
    };
    ClientSpec {
        name: format!("producer-{number}").into(),
        program: ProducerLoad::new(spec).into(),
    }
}

fn consumer(group: usize, member: u32, plan: &GroupPlan) -> ClientSpec<AnyProgram> {
    let config = ConsumerConfig {
        session_timeout_ms: plan.session_timeout_ms,
        heartbeat_interval_ms: plan.session_timeout_ms / 4,
        max_poll_interval_ms: CLIENT_TIMES.rebalance_timeout_ms,
        auto_offset_reset: AutoOffsetReset::Earliest,
        auto_commit_interval_ms: 1_000,
        request_timeout_ms: CLIENT_TIMES.request_timeout_ms,
        metadata_max_age_ms: 5_000,
        ..ConsumerConfig::default()
    };
    let spec = ConsumerSpec {
        commit: if plan.auto_commit { CommitMode::Auto } else { CommitMode::AfterPoll },
        processing: Micros(200),
        config,
        ..ConsumerSpec::new(&format!("group-{group}"), TOPIC)
    };
    ClientSpec {
        name: format!("c{group}-{member}").into(),
        program: ConsumerLoad::new(spec).into(),
    }
}
