//! What is trained, on which topics, and what the work costs.

use std::sync::Arc;

use crate::apps::AnyProgram;
use crate::ml::data::digits;
use crate::ml::{Model, TrainingPlan};
use crate::sim::client::ClientSpec;
use crate::sim::client::program::{AdminCall, ClientCalls};
use crate::sim::config::{AutoOffsetReset, ConsumerConfig, ProducerConfig};
use crate::sim::ids::PartitionIndex;
use crate::sim::protocol::admin::{NewTopic, Placement};
use crate::sim::protocol::group::NamedPartition;
use crate::sim::time::Micros;

use super::{Aggregator, Evaluator, Feeder, Preprocessor, Scorer, Trainer};

/// Raw records to train on.
pub const TRAIN: &str = "digits-train";
/// The same as features.
pub const FEATURES: &str = "digits-features";
/// Raw records to test on.
pub const TEST: &str = "digits-test";
/// What the trainers computed.
pub const GRADIENTS: &str = "gradients";
/// Every version of the parameters.
pub const PARAMS: &str = "params";
/// What the evaluators counted.
pub const EVALUATIONS: &str = "evaluations";
/// Every topic of the pipeline.
pub const TOPICS: [&str; 6] = [TRAIN, FEATURES, TEST, GRADIENTS, PARAMS, EVALUATIONS];

/// The group that makes features.
pub const PREPROCESSORS: &str = "preprocessors";
/// The group that computes gradients.
pub const TRAINERS: &str = "trainers";
/// The group that tests parameters.
pub const EVALUATORS: &str = "evaluators";

/// Declared time to decode and scale one record.
pub const PREPROCESS_TIME: Micros = Micros(20);
/// Declared time for the gradient of one record.
pub const GRADIENT_TIME: Micros = Micros(200);
/// Declared time to merge one gradient.
pub const MERGE_TIME: Micros = Micros(100);
/// Declared time to classify one record.
pub const EVALUATE_TIME: Micros = Micros(50);

/// After this long without a new version, the aggregator publishes the current one again as a reminder.
pub const REMIND_AFTER: Micros = Micros(10_000_000);
/// How long to wait before asking a cluster again that could not answer.
pub const RETRY: Micros = Micros(500_000);

/// Members of the preprocessor and of the evaluator group.
const HELPERS: u16 = 2;

/// A training run, known to all its programs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TrainingJob {
    pub model: Model,
    pub plan: TrainingPlan,
    /// Decides the first parameters.
    pub seed: u64,
    /// Partitions of the topics that groups read.
    pub partitions: PartitionIndex,
    pub replication_factor: i16,
    pub min_insync_replicas: i32,
    /// A trainer commits after that many rounds; what it has trained since is trained again after a crash.
    pub commit_every_rounds: u16,
}

impl TrainingJob {
    /// The handwritten digits by a perceptron with 32 hidden units, on three brokers.
    pub fn digits(seed: u64) -> TrainingJob {
        TrainingJob {
            model: digits::mlp(&[32]),
            plan: TrainingPlan::default(),
            seed,
            partitions: 4,
            replication_factor: 3,
            min_insync_replicas: 2,
            commit_every_rounds: 8,
        }
    }

    /// The client processes of the run.
    pub fn clients(&self, trainers: u16) -> Vec<ClientSpec<AnyProgram>> {
        let job = Arc::new(self.clone());
        let mut clients = vec![spec("feeder", Feeder::new(job.clone()))];
        for number in 1..=HELPERS {
            clients.push(spec(&format!("preprocessor-{number}"), Preprocessor::new(job.clone())));
        }
        for number in 1..=trainers {
            clients.push(spec(&format!("trainer-{number}"), Trainer::new(job.clone(), number)));
        }
        clients.push(spec("aggregator", Aggregator::new(job.clone())));
        for number in 1..=HELPERS {
            clients.push(spec(&format!("evaluator-{number}"), Evaluator::new(job.clone())));
        }
        clients.push(spec("scorer", Scorer::new(job)));
        clients
    }

    /// Key of the parameters' records.
    pub fn model_key(&self) -> String {
        let hidden = match &self.model {
            Model::Softmax { .. } => return "digits/softmax".to_owned(),
            Model::Mlp { hidden, .. } => hidden.iter().map(u16::to_string).collect::<Vec<_>>(),
        };
        format!("digits/mlp-{}", hidden.join("-"))
    }

    /// Creates the topics.
    pub(super) fn create_topics(&self) -> AdminCall {
        AdminCall::CreateTopics(TOPICS.iter().map(|name| self.topic(name)).collect())
    }

    fn topic(&self, name: &str) -> NewTopic {
        let shared = [TRAIN, FEATURES, TEST].contains(&name);
        let placement = Placement::Count {
            partitions: if shared { self.partitions } else { 1 },
            replication_factor: self.replication_factor,
        };
        let min_insync = self.min_insync_replicas.to_string();
        let mut configs = vec![(Arc::from("min.insync.replicas"), Arc::from(min_insync))];
        if name == PARAMS {
            configs.push((Arc::from("cleanup.policy"), Arc::from("compact")));
        }
        NewTopic { name: Arc::from(name), placement, configs }
    }
}

fn spec(name: &str, program: impl Into<AnyProgram>) -> ClientSpec<AnyProgram> {
    ClientSpec { name: Arc::from(name), program: program.into() }
}

/// The first partition of a topic.
pub(super) fn first_of(topic: &str) -> NamedPartition {
    NamedPartition { topic: Arc::from(topic), partition: 0 }
}

/// A producer that loses nothing and does not wait for company: a round stands still until its records are stored.
pub(super) fn producer_config() -> Box<ProducerConfig> {
    Box::new(ProducerConfig { linger_ms: 0, ..ProducerConfig::default() })
}

/// A consumer that commits by itself only what is done, and whose death is noticed in six seconds instead of 45.
pub(super) fn consumer_config() -> Box<ConsumerConfig> {
    Box::new(ConsumerConfig {
        enable_auto_commit: false,
        auto_offset_reset: AutoOffsetReset::Earliest,
        session_timeout_ms: 6_000,
        heartbeat_interval_ms: 2_000,
        allow_auto_create_topics: false,
        ..ConsumerConfig::default()
    })
}

/// The same for a topic that is read again and again. A fetch that finds nothing holds the connection to the leader for
/// `fetch.max.wait.ms`, and what a seek needs waits behind it: Kafka's 500 ms would be longer than an epoch.
pub(super) fn rereading_config() -> Box<ConsumerConfig> {
    Box::new(ConsumerConfig { fetch_max_wait_ms: 10, ..*consumer_config() })
}

/// Asks the admin client.
pub(super) fn ask(call: AdminCall, token: u64, calls: &mut ClientCalls) {
    calls.call(crate::sim::client::program::Call::Admin { call: Box::new(call), token });
}
