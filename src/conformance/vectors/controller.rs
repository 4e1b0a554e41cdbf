//! `controller.jsonl`: what the active controller decides, in sequences about one topic.
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::leader_election::{self, State};
use super::{Header, expect_eq, read};
use crate::sim::config::BrokerConfig;
use crate::sim::controller::metadata::{MetadataBatch, MetadataImage, MetadataRecord};
use crate::sim::controller::partition_registration::{LeaderRecoveryState, PartitionRegistration};
use crate::sim::controller::state::{ControlState, ELR_FEATURE, METADATA_FEATURE};
use crate::sim::ids::*;
use crate::sim::java::random::JavaRandom;
use crate::sim::protocol::ErrorCode;
use crate::sim::protocol::admin::*;
use crate::sim::protocol::control::*;
use crate::sim::time::Micros;
use crate::sim::version::KafkaVersion;

const TOPIC: &str = "t";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    seed: i64,
    elr: bool,
    ops: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    #[serde(default)]
    ch: Vec<(i32, State)>,
    err: Option<String>,
    msg: Option<String>,
    be: Option<BrokerEpoch>,
    reply: Option<[bool; 4]>,
    #[serde(flatten)]
    op: Op,
}

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "camelCase")]
enum Op {
    Register {
        id: i32,
        rack: Option<String>,
        clean: bool,
    },
    Hb {
        id: i32,
        #[serde(default)]
        fence: bool,
        #[serde(default)]
        shut: bool,
    },
    Expire {
        id: i32,
    },
    Unregister {
        id: i32,
    },
    Create {
        p: Option<i32>,
        rf: Option<i16>,
        assign: Option<Vec<Vec<i32>>>,
        #[serde(default)]
        cfg: BTreeMap<String, String>,
    },
    Alter {
        by: i32,
        p: i32,
        le: i32,
        pe: i32,
        isr: Vec<i32>,
        rs: Option<String>,
    },
    Elect {
        r#type: String,
        p: i32,
    },
    Balance,
    ElectUnclean,
    Grow {
        count: i32,
    },
    Reassign {
        p: i32,
        to: Option<Vec<i32>>,
    },
}

/// What an operation led to besides records.
#[derive(Default)]
struct Outcome {
    records: Vec<MetadataRecord>,
    error: ApiError,
    broker_epoch: Option<BrokerEpoch>,
    reply: Option<[bool; 4]>,
}

pub(super) fn check(header: &Header, case: &Value) -> Result<(), String> {
    let case: Case = read(case)?;
    let mut run = Run::new(header, &case)?;
    for (number, step) in case.ops.into_iter().enumerate() {
        run.step(step).map_err(|difference| format!("step {number}: {difference}"))?;
    }
    Ok(())
}

struct Run {
    state: ControlState,
    random: JavaRandom,
    /// Broker epochs of the last registration.
    epochs: BTreeMap<i32, BrokerEpoch>,
    now: Micros,
}

impl Run {
    fn new(header: &Header, case: &Case) -> Result<Run, String> {
        let version = match header.version()? {
            (4, minor) if minor >= 4 => KafkaVersion::V4_4,
            _ => KafkaVersion::V4_3,
        };
        let config = Arc::new(BrokerConfig::default());
        let image = MetadataImage::default();
        let state = ControlState::new(image, config, version, Micros::ZERO);
        let random = JavaRandom::new(case.seed);
        let mut run = Run { state, random, epochs: BTreeMap::new(), now: Micros::ZERO };
        let level = |name: &str, level| MetadataRecord::FeatureLevel { name: name.into(), level };
        let mut features = vec![level(METADATA_FEATURE, 30)];
        features.extend(case.elr.then(|| level(ELR_FEATURE, 1)));
        run.apply(features);
        Ok(run)
    }

    fn apply(&mut self, records: Vec<MetadataRecord>) {
        if !records.is_empty() {
            self.state.follow(&MetadataBatch::after(&self.state.image, 1, records));
        }
    }

    fn partitions(&self) -> Vec<Arc<PartitionRegistration>> {
        let topic = self.state.image.topic(TOPIC);
        topic.map_or_else(Vec::new, |topic| topic.partitions.iter().cloned().collect())
    }

    fn step(&mut self, step: Step) -> Result<(), String> {
        let before = self.partitions();
        // Sessions are not part of these files: every one has ended when the next operation comes.
        self.now += Micros(60_000_000);
        let outcome = self.decide(step.op)?;
        self.apply(outcome.records);
        let name = |error: ErrorCode| (error != ErrorCode::None).then(|| error.name().to_owned());
        expect_eq("error", name(outcome.error.error), step.err)?;
        if let Some(message) = step.msg {
            expect_eq("message", text_of(&outcome.error), message)?;
        }
        expect_eq("broker epoch", outcome.broker_epoch, step.be)?;
        expect_eq("reply", outcome.reply, step.reply)?;
        let after = self.partitions();
        let changed = (0..after.len()).filter(|at| before.get(*at) != after.get(*at));
        let found: Vec<_> = changed.map(|at| (at as i32, (*after[at]).clone())).collect();
        let expected: Result<Vec<_>, String> =
            step.ch.iter().map(|(number, state)| Ok((*number, state.registration()?))).collect();
        expect_eq("partitions", found, expected?)
    }

    fn decide(&mut self, op: Op) -> Result<Outcome, String> {
        Ok(match op {
            Op::Register { id, rack, clean } => self.register(id, rack, clean),
            Op::Hb { id, fence, shut } => self.heartbeat(id, fence, shut),
            Op::Expire { id } => {
                let mut records = Vec::new();
                self.state.fence(NodeId(id), &mut records);
                Outcome { records, ..Outcome::default() }
            }
            Op::Unregister { id } => {
                self.epochs.remove(&id);
                of_result(self.state.unregister_broker(NodeId(id)))
            }
            Op::Create { p, rf, assign, cfg } => self.create(p, rf, assign, cfg),
            Op::Alter { by, p, le, pe, isr, rs } => {
                let leader_recovery_state = match rs {
                    Some(state) => leader_election::recovery_state(&state)?,
                    None => LeaderRecoveryState::Recovered,
                };
                let epoch = |id: i32| self.epochs.get(&id).copied().unwrap_or(-1);
                let topic = self.state.image.topic(TOPIC).map_or(TopicId(0), |topic| topic.id);
                let partition = AlterPartitionData {
                    partition: TopicPartition::new(topic, p),
                    leader_epoch: le,
                    partition_epoch: pe,
                    new_isr: isr.into_iter().map(|id| (NodeId(id), epoch(id))).collect(),
                    leader_recovery_state,
                };
                self.alter(by, epoch(by), partition)
            }
            Op::Elect { r#type, p } => self.elect(&r#type, p)?,
            Op::Balance => Outcome { records: self.state.balance_leaders(), ..Outcome::default() },
            Op::ElectUnclean => {
                Outcome { records: self.state.elect_unclean(), ..Outcome::default() }
            }
            Op::Grow { count } => {
                let random = &mut self.random;
                let mut draw = |bound| random.next_int_below(bound);
                let topics = vec![(TOPIC.into(), count)];
                let request = CreatePartitionsRequest { topics, timeout_ms: 0 };
                let (records, response) = self.state.create_partitions(&request, &mut draw);
                Outcome { records, error: response.topics[0].1.clone(), ..Outcome::default() }
            }
            Op::Reassign { p, to } => {
                let altered = self.state.alter_reassignment(TOPIC, p, to.as_deref());
                of_result(altered.map(Vec::from_iter))
            }
        })
    }

    fn register(&mut self, id: i32, rack: Option<String>, clean: bool) -> Outcome {
        let previous = self.epochs.get(&id).copied().filter(|_| clean).unwrap_or(-1);
        let request = BrokerRegistrationRequest {
            broker: NodeId(id),
            incarnation: self.state.image.next_offset as u64 + 1,
            rack: rack.map(Into::into),
            previous_broker_epoch: previous,
        };
        match self.state.register_broker(self.now, &request) {
            Ok((records, epoch)) => {
                self.epochs.insert(id, epoch);
                Outcome { records, broker_epoch: Some(epoch), ..Outcome::default() }
            }
            Err(error) => Outcome { error: error.into(), ..Outcome::default() },
        }
    }

    fn heartbeat(&mut self, id: i32, want_fence: bool, want_shut_down: bool) -> Outcome {
        let request = BrokerHeartbeatRequest {
            broker: NodeId(id),
            broker_epoch: self.epochs.get(&id).copied().unwrap_or(0),
            current_metadata_offset: self.state.image.next_offset,
            want_fence,
            want_shut_down,
        };
        match self.state.heartbeat(&request) {
            Ok(outcome) => {
                let BrokerHeartbeatResponse { is_caught_up, is_fenced, should_shut_down, .. } =
                    outcome.response;
                let shutting = outcome.in_controlled_shutdown;
                let reply = Some([is_caught_up, is_fenced, shutting, should_shut_down]);
                Outcome { records: outcome.records, reply, ..Outcome::default() }
            }
            Err(error) => Outcome { error: error.into(), ..Outcome::default() },
        }
    }

    fn create(
        &mut self,
        partitions: Option<i32>,
        replication_factor: Option<i16>,
        assign: Option<Vec<Vec<i32>>>,
        configs: BTreeMap<String, String>,
    ) -> Outcome {
        let placement = match assign {
            Some(lists) => {
                let nodes = |list: Vec<i32>| list.into_iter().map(NodeId).collect();
                Placement::Manual((0..).zip(lists.into_iter().map(nodes)).collect())
            }
            None => Placement::Count {
                partitions: partitions.unwrap_or(-1),
                replication_factor: replication_factor.unwrap_or(-1),
            },
        };
        let configs =
            configs.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        let topics = vec![NewTopic { name: TOPIC.into(), placement, configs }];
        let random = &mut self.random;
        let mut draw = |bound| random.next_int_below(bound);
        let request = CreateTopicsRequest { topics, timeout_ms: 0 };
        let (records, response) = self.state.create_topics(&request, &mut draw);
        Outcome { records, error: response.topics[0].1.clone(), ..Outcome::default() }
    }

    fn alter(&self, by: i32, epoch: BrokerEpoch, partition: AlterPartitionData) -> Outcome {
        let request = AlterPartitionRequest {
            broker: NodeId(by),
            broker_epoch: epoch,
            partitions: vec![partition],
        };
        match self.state.alter_partition(&request) {
            Ok((records, response)) => {
                let error = response.partitions[0].error.into();
                Outcome { records, error, ..Outcome::default() }
            }
            Err(error) => Outcome { error: error.into(), ..Outcome::default() },
        }
    }

    fn elect(&self, election: &str, number: i32) -> Result<Outcome, String> {
        let election = match election {
            "PREFERRED" => ElectionType::Preferred,
            "UNCLEAN" => ElectionType::Unclean,
            other => return Err(format!("unknown election {other:?}")),
        };
        let partitions = Some(vec![(TOPIC.into(), number)]);
        let request = ElectLeadersRequest { election, partitions, timeout_ms: 0 };
        let (records, response) = self.state.elect_leaders(&request);
        Ok(Outcome { records, error: response.partitions[0].2.clone(), ..Outcome::default() })
    }
}

fn of_result<E: Into<ApiError>>(result: Result<Vec<MetadataRecord>, E>) -> Outcome {
    match result {
        Ok(records) => Outcome { records, ..Outcome::default() },
        Err(error) => Outcome { error: error.into(), ..Outcome::default() },
    }
}

/// The message as a client sees it: without one of its own, the error's.
fn text_of(error: &ApiError) -> String {
    match (&*error.message, error.error) {
        ("", ErrorCode::ElectionNotNeeded) => {
            "Leader election not needed for topic partition.".to_owned()
        }
        ("", ErrorCode::PreferredLeaderNotAvailable) => {
            "The preferred leader was not available.".to_owned()
        }
        ("", ErrorCode::EligibleLeadersNotAvailable) => {
            "Eligible topic partition leaders are not available.".to_owned()
        }
        (message, _) => message.to_owned(),
    }
}
