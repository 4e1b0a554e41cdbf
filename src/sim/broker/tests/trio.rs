//! Three brokers without a world: messages take a millisecond, the controller agrees with everything.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::sim::broker::Broker;
use crate::sim::controller::metadata::{MetadataBatch, MetadataImage, MetadataRecord};
use crate::sim::controller::partition_registration::{PartitionChange, PartitionRegistration};
use crate::sim::effects::{Effect, Effects, Line, RequestRef};
use crate::sim::fact::Fact;
use crate::sim::ids::*;
use crate::sim::node::Timer;
use crate::sim::protocol::control::*;
use crate::sim::protocol::data::*;
use crate::sim::protocol::{ErrorCode, Request, Response};
use crate::sim::rng::Rng;
use crate::sim::server::ServerContext;
use crate::sim::setup::ClusterSetup;
use crate::sim::storage::batch::{Batch, Body};
use crate::sim::storage::disk::Disk;
use crate::sim::time::{Micros, NodeNow};

pub const T0: TopicPartition = TopicPartition { topic: TopicId(1), partition: 0 };
const CONTROLLER: NodeId = NodeId(101);
const CLIENT: NodeId = NodeId(FIRST_CLIENT);
const HOP: u64 = 1000;

enum Event {
    Request { from: NodeId, to: NodeId, line: Line, id: RequestId, request: Arc<Request> },
    Response { from: NodeId, to: NodeId, line: Line, id: RequestId, response: Arc<Response> },
    Failed { from: NodeId, to: NodeId, line: Line, id: RequestId, request: Arc<Request> },
    Timer { node: NodeId, run: u32, timer: Timer },
}

pub struct Trio {
    pub brokers: BTreeMap<NodeId, Broker>,
    pub disks: BTreeMap<NodeId, Disk>,
    pub facts: Vec<Fact>,
    pub image: MetadataImage,
    /// Whether the controller answers AlterPartition with an error.
    pub refuse_isr: Option<ErrorCode>,
    /// Brokers that get nothing and say nothing.
    pub cut: BTreeSet<NodeId>,
    pub exited: Vec<NodeId>,
    setup: Arc<ClusterSetup>,
    runs: BTreeMap<NodeId, u32>,
    now: u64,
    queue: BTreeMap<(u64, u64), Event>,
    sequence: u64,
    requests: BTreeMap<u32, (NodeId, Line)>,
    answers: BTreeMap<RequestId, Arc<Response>>,
    next_client_request: u64,
}

impl Trio {
    /// Three running brokers without topics.
    pub fn new(setup: ClusterSetup) -> Trio {
        let mut trio = Trio {
            brokers: BTreeMap::new(),
            disks: BTreeMap::new(),
            facts: Vec::new(),
            image: MetadataImage::default(),
            refuse_isr: None,
            cut: BTreeSet::new(),
            exited: Vec::new(),
            setup: Arc::new(setup),
            runs: BTreeMap::new(),
            now: 0,
            queue: BTreeMap::new(),
            sequence: 0,
            requests: BTreeMap::new(),
            answers: BTreeMap::new(),
            next_client_request: 1_000_000,
        };
        trio.commit(vec![MetadataRecord::NoOp]);
        (1..=3).for_each(|id| trio.start(NodeId(id)));
        trio.run_ms(200);
        trio
    }

    /// Three brokers and a topic of one partition on all of them, led by 1.
    pub fn with_topic() -> Trio {
        Trio::with_topic_in(ClusterSetup::split(1, 3, 1))
    }

    pub fn with_topic_in(setup: ClusterSetup) -> Trio {
        let mut trio = Trio::new(setup);
        let registration = Arc::new(PartitionRegistration::new(&[1, 2, 3], &[1, 2, 3]));
        trio.commit(vec![
            MetadataRecord::Topic { name: "t".into(), topic: T0.topic },
            MetadataRecord::Partition { partition: T0, registration },
        ]);
        trio.run_ms(20);
        trio
    }

    pub fn start(&mut self, node: NodeId) {
        let run = self.runs.entry(node).or_default();
        *run += 1;
        let spec = self.setup.servers.iter().find(|s| s.id == node).expect("the setup has it");
        let context = ServerContext {
            node,
            spec: Arc::new(spec.clone()),
            setup: self.setup.clone(),
            incarnation: u64::from(*run),
        };
        let mut disk = self.disks.remove(&node).unwrap_or_default();
        let rng = Rng::new(7, "broker").fork(&node.to_string());
        let broker = Broker::boot(&context, context.config(), &mut disk, rng);
        self.brokers.insert(node, broker);
        self.with_broker(node, |broker, now, out| {
            broker.start(now, out);
            broker.on_active_controller(now, Some(CONTROLLER), out);
        });
        let everything = MetadataBatch::after(&self.image, 1, vec![MetadataRecord::NoOp]);
        self.image = everything.image.clone();
        self.publish(everything);
    }

    /// Ends a broker's process; its peers' requests fail. `controller` = fence it and move its partitions on.
    pub fn kill(&mut self, node: NodeId) {
        let broker = self.brokers.remove(&node).expect("it runs");
        let mut disk = Disk::default();
        broker.crash(&mut disk);
        self.disks.insert(node, disk);
    }

    pub fn fence(&mut self, node: NodeId) {
        let epoch = self.image.brokers[&node].broker_epoch;
        self.commit(vec![registration_change(node, epoch, true)]);
    }

    /// Commits a change of the partition.
    pub fn change(&mut self, leader: Option<i32>, isr: &[i32]) {
        let isr = Some(isr.into());
        let change = PartitionChange { leader, isr, ..PartitionChange::default() };
        self.commit(vec![MetadataRecord::PartitionChange { partition: T0, change }]);
    }

    pub fn commit(&mut self, records: Vec<MetadataRecord>) {
        let batch = MetadataBatch::after(&self.image, 1, records);
        self.image = batch.image.clone();
        self.publish(batch);
    }

    fn publish(&mut self, batch: MetadataBatch) {
        let batch = Arc::new(batch);
        for node in self.brokers.keys().copied().collect::<Vec<_>>() {
            if !self.cut.contains(&node) {
                let batches = [batch.clone()];
                self.with_broker(node, |broker, now, out| broker.on_metadata(now, &batches, out));
            }
        }
    }

    pub fn with_broker(
        &mut self,
        node: NodeId,
        act: impl FnOnce(&mut Broker, NodeNow, &mut Effects),
    ) {
        let mut out = Effects::default();
        out.begin(self.sequence + 1);
        let now = NodeNow { monotonic: Micros(self.now), wall_ms: (self.now / 1000) as i64 };
        let Some(broker) = self.brokers.get_mut(&node) else { return };
        act(broker, now, &mut out);
        self.sequence = self.sequence.max(out.next_request());
        for effect in out.take() {
            self.carry_out(node, effect);
        }
    }

    fn carry_out(&mut self, node: NodeId, effect: Effect) {
        match effect {
            Effect::Send { to, line, id, request, .. } => {
                let event = match self.brokers.contains_key(&to) || to == CONTROLLER {
                    true => Event::Request { from: node, to, line, id, request },
                    false => Event::Failed { from: node, to, line, id, request },
                };
                self.push(HOP, event);
            }
            Effect::Respond { to, response } => {
                let (from, line) = self.requests[&to.connection.0];
                let event = Event::Response { from: node, to: from, line, id: to.id, response };
                self.push(HOP, event);
            }
            Effect::Timer { after, timer } => {
                let run = self.runs[&node];
                self.push(after.0, Event::Timer { node, run, timer });
            }
            Effect::Fact { fact, .. } => self.facts.push(fact),
            Effect::Exit => self.exited.push(node),
            Effect::Finish { .. } | Effect::Close { .. } | Effect::Disconnect { .. } => {}
        }
    }

    fn push(&mut self, after: u64, event: Event) {
        self.sequence += 1;
        self.queue.insert((self.now + after, self.sequence), event);
    }

    pub fn run_ms(&mut self, ms: u64) {
        let end = self.now + ms * 1000;
        while let Some((&(time, sequence), _)) = self.queue.first_key_value() {
            if time > end {
                break;
            }
            let event = self.queue.remove(&(time, sequence)).expect("it was there");
            self.now = time;
            self.handle(event);
        }
        self.now = end;
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Request { from, to, line, id, request } => {
                if self.cut.contains(&from) || self.cut.contains(&to) {
                } else if to == CONTROLLER {
                    self.answer_as_controller(from, line, id, &request);
                } else if self.brokers.contains_key(&to) {
                    let connection = self.requests.len() as u32;
                    self.requests.insert(connection, (from, line));
                    let at = RequestRef { connection: ConnectionId(connection), generation: 0, id };
                    self.with_broker(to, |broker, now, out| {
                        broker.on_request(now, from, line, at, &request, out);
                    });
                } else {
                    self.push(HOP, Event::Failed { from, to, line, id, request });
                }
            }
            Event::Response { from, to, line, id, response } => {
                if self.cut.contains(&from) || self.cut.contains(&to) {
                } else if to == CLIENT {
                    self.answers.insert(id, response);
                } else {
                    self.with_broker(to, |broker, now, out| {
                        broker.on_response(now, from, line, id, &response, out);
                    });
                }
            }
            Event::Failed { from, to, line, id, request } => {
                self.with_broker(from, |broker, now, out| {
                    broker.on_failed(now, to, line, id, &request, false, out);
                });
            }
            Event::Timer { node, run, timer } => {
                if self.runs[&node] == run
                    && let Timer::Broker(timer) = timer
                {
                    self.with_broker(node, |broker, now, out| broker.on_timer(now, timer, out));
                }
            }
        }
    }

    fn answer_as_controller(&mut self, from: NodeId, line: Line, id: RequestId, request: &Request) {
        let response: Response = match request {
            Request::BrokerRegistration(r) => {
                let broker_epoch = self.image.next_offset;
                let incarnation = r.incarnation;
                self.commit(vec![MetadataRecord::RegisterBroker {
                    broker: from,
                    broker_epoch,
                    incarnation,
                    rack: None,
                }]);
                BrokerRegistrationResponse { error: ErrorCode::None, broker_epoch }.into()
            }
            Request::BrokerHeartbeat(r) => self.answer_heartbeat(r).into(),
            Request::AlterPartition(r) => self.answer_alter_partition(r).into(),
            other => panic!("unexpected {}", other.api().name()),
        };
        let response = Arc::new(response);
        self.push(HOP, Event::Response { from: CONTROLLER, to: from, line, id, response });
    }

    fn answer_heartbeat(&mut self, request: &BrokerHeartbeatRequest) -> BrokerHeartbeatResponse {
        let registered = self.image.brokers[&request.broker].clone();
        let is_caught_up = request.current_metadata_offset >= registered.broker_epoch;
        if registered.fenced && is_caught_up && !request.want_fence {
            self.commit(vec![registration_change(request.broker, request.broker_epoch, false)]);
        }
        BrokerHeartbeatResponse {
            error: ErrorCode::None,
            is_caught_up,
            is_fenced: registered.fenced && request.want_fence,
            should_shut_down: request.want_shut_down,
        }
    }

    fn answer_alter_partition(
        &mut self,
        request: &AlterPartitionRequest,
    ) -> AlterPartitionResponse {
        let mut partitions = Vec::new();
        for data in &request.partitions {
            let error = self.refuse_isr.unwrap_or(ErrorCode::None);
            if error.is_none() {
                let isr: Vec<i32> = data.new_isr.iter().map(|(id, _)| id.0).collect();
                self.change(None, &isr);
            }
            let state = self.image.partition(data.partition).expect("it exists");
            partitions.push(AlterPartitionResult {
                partition: data.partition,
                error,
                leader: NodeId(state.leader),
                leader_epoch: state.leader_epoch,
                isr: state.isr.clone(),
                leader_recovery_state: state.leader_recovery_state,
                partition_epoch: state.partition_epoch,
            });
        }
        AlterPartitionResponse { error: ErrorCode::None, partitions }
    }

    /// Sends a client's request to a broker.
    pub fn ask(&mut self, to: i32, request: impl Into<Request>) -> RequestId {
        self.next_client_request += 1;
        let id = RequestId(self.next_client_request);
        let request = Arc::new(request.into());
        let (from, to, line) = (CLIENT, NodeId(to), Line::Producer(0));
        self.push(HOP, Event::Request { from, to, line, id, request });
        id
    }

    /// The answer that a client got.
    pub fn answer(&self, id: RequestId) -> Option<&Response> {
        self.answers.get(&id).map(|response| &**response)
    }

    /// Sends records to a broker, one a batch.
    pub fn produce(&mut self, to: i32, acks: Acks, value: &str) -> RequestId {
        let batch = Batch::new(Body::single(0, None, Some(value.as_bytes())));
        self.produce_batch(to, acks, batch)
    }

    pub fn produce_batch(&mut self, to: i32, acks: Acks, batch: Batch) -> RequestId {
        self.ask(to, ProduceRequest { acks, timeout_ms: 5000, batches: vec![(T0, batch)] })
    }

    /// Error and base offset of a produce request's answer; None = not answered.
    pub fn produced(&self, id: RequestId) -> Option<(ErrorCode, Offset)> {
        match self.answer(id)? {
            Response::Produce(response) => {
                response.partitions.first().map(|p| (p.error, p.base_offset))
            }
            other => panic!("not a produce response: {other:?}"),
        }
    }

    /// Log end and high watermark on a broker.
    pub fn ends(&self, node: i32) -> (Offset, Offset) {
        let replica = self.brokers[&NodeId(node)].replica(T0).expect("a replica of t-0");
        (replica.log_end_offset(), replica.high_watermark)
    }

    pub fn isr(&self) -> Vec<i32> {
        self.image.partition(T0).expect("t-0 exists").isr.to_vec()
    }

    /// Values in a broker's log.
    pub fn values(&self, node: i32) -> Vec<String> {
        let replica = self.brokers[&NodeId(node)].replica(T0).expect("a replica of t-0");
        let records = replica.log.entries().flat_map(|entry| entry.batch.body.records());
        let text = |value: Option<&[u8]>| String::from_utf8_lossy(value.unwrap_or_default()).into();
        records.map(|record| text(record.value)).collect()
    }
}

fn registration_change(broker: NodeId, broker_epoch: BrokerEpoch, fenced: bool) -> MetadataRecord {
    MetadataRecord::BrokerRegistrationChange {
        broker,
        broker_epoch,
        fenced: Some(fenced),
        in_controlled_shutdown: None,
    }
}
