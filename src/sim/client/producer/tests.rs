use super::*;
use crate::sim::client::hand::*;
use crate::sim::fact::Fact;
use crate::sim::protocol::data::*;
use crate::sim::storage::batch::Batch;

struct Driven {
    hand: Hand,
    producer: Producer,
    topic: Arc<str>,
}

/// A produce request on its way.
struct Produced {
    to: NodeId,
    id: RequestId,
    batches: Vec<(TopicPartition, Batch)>,
}

impl Driven {
    /// A producer that has metadata and, if it needs one, a producer id.
    fn new(config: &ProducerConfig, leaders: &[(i32, i32)]) -> Driven {
        let mut driven = Driven::blank(config);
        assert_eq!(driven.send(None, b"first", 1), Progress::Blocked);
        driven.poll();
        for sent in driven.hand.sent() {
            let answer: Response = match &*sent.request {
                Request::Metadata(_) => metadata(leaders).into(),
                Request::InitProducerId(_) => InitProducerIdResponse {
                    error: ErrorCode::None,
                    producer_id: 4000,
                    producer_epoch: 0,
                }
                .into(),
                other => panic!("{other:?}"),
            };
            driven.answer(sent.to, sent.id, answer);
        }
        driven
    }

    fn blank(config: &ProducerConfig) -> Driven {
        let bootstrap = Arc::from([NodeId(1), NodeId(2)]);
        let producer = Producer::new(0, bootstrap, config, Rng::new(1, "producer"));
        Driven { hand: Hand::default(), producer, topic: Arc::from("t") }
    }

    fn send(&mut self, partition: Option<i32>, value: &[u8], token: u64) -> Progress {
        let calls = record(&self.topic, partition, value, token);
        let call = send_call(&calls);
        self.hand.act(|io| self.producer.send(io, call, calls.record(call)))
    }

    fn poll(&mut self) {
        self.hand.act(|io| self.producer.poll(io));
    }

    fn answer(&mut self, from: NodeId, id: RequestId, answer: impl Into<Response>) {
        let answer = answer.into();
        self.hand.act(|io| self.producer.on_response(io, from, id, &answer));
        self.poll();
    }

    fn produced(&mut self) -> Vec<Produced> {
        let sent = self.hand.sent().into_iter();
        sent.filter_map(|sent| match &*sent.request {
            Request::Produce(request) => {
                Some(Produced { to: sent.to, id: sent.id, batches: request.batches.clone() })
            }
            _ => None,
        })
        .collect()
    }

    /// Lets the linger time pass, and returns the requests.
    fn linger(&mut self) -> Vec<Produced> {
        self.hand.wait(5);
        self.poll();
        self.produced()
    }

    fn reply(&mut self, request: &Produced, error: ErrorCode, base_offset: Offset) {
        let partitions = request.batches.iter().map(|(partition, _)| ProducePartitionResponse {
            partition: *partition,
            error,
            base_offset,
            log_start_offset: 0,
            current_leader: None,
        });
        let answer = ProduceResponse { partitions: partitions.collect() };
        self.answer(request.to, request.id, answer);
    }

    fn results(&mut self) -> Vec<(u64, Result<Offset, ErrorCode>)> {
        let events = self.hand.events.drain(..);
        events
            .filter_map(|event| match event {
                MachineEvent::Sent { token, result, .. } => Some((token, result)),
                _ => None,
            })
            .collect()
    }
}

fn sequences(requests: &[Produced]) -> Vec<i32> {
    requests.iter().flat_map(|r| &r.batches).map(|(_, b)| b.header.base_sequence).collect()
}

fn config(idempotent: bool) -> ProducerConfig {
    ProducerConfig { enable_idempotence: idempotent, ..ProducerConfig::default() }
}

#[test]
fn producer_and_consumer_machines_driven_without_a_world() {
    let mut driven = Driven::new(&config(true), &[(1, 0)]);
    assert_eq!(driven.send(None, b"first", 1), Progress::Done);
    assert_eq!(driven.send(None, b"second", 2), Progress::Done);
    driven.poll();
    assert!(driven.produced().is_empty(), "a small batch lingers");
    let requests = driven.linger();
    let [request] = &requests[..] else { panic!("one request") };
    let (partition, batch) = &request.batches[0];
    assert_eq!((*partition, request.to), (TopicPartition::new(TOPIC, 0), NodeId(1)));
    assert_eq!((batch.count(), batch.header.producer_id, batch.header.base_sequence), (2, 4000, 0));
    driven.reply(request, ErrorCode::None, 10);
    assert_eq!(driven.results(), [(1, Ok(10)), (2, Ok(11))]);
    assert_eq!(driven.producer.memory_used(), 0);
    let mut stored = batch.clone();
    stored.header.base_offset = 0;
    assert_eq!(crate::sim::client::consumer::tests::deliver(&stored), ["first", "second"]);
}

#[test]
fn five_requests_in_flight_keep_their_order_through_a_retry() {
    let mut driven = Driven::new(&config(true), &[(1, 0)]);
    let mut requests = Vec::new();
    for i in 0..7_u8 {
        driven.send(Some(0), &[i], 0);
        requests.extend(driven.linger());
    }
    assert_eq!(sequences(&requests), [0, 1, 2, 3, 4], "max.in.flight.requests.per.connection");
    for request in &requests {
        driven.reply(request, ErrorCode::NotEnoughReplicas, -1);
    }
    assert!(driven.produced().is_empty(), "retry.backoff.ms");
    driven.hand.wait(200);
    driven.poll();
    let mut order = Vec::new();
    loop {
        let retried = driven.produced();
        let Some(request) = retried.first() else { break };
        order.extend(sequences(&retried));
        driven.reply(request, ErrorCode::None, 0);
    }
    assert_eq!(order, [0, 1, 2, 3, 4, 5], "one at a time until the retried ones are through");
}

#[test]
fn a_leader_named_by_the_error_gets_the_batch_at_once() {
    let mut driven = Driven::new(&config(true), &[(1, 0)]);
    driven.send(Some(0), b"x", 3);
    let requests = driven.linger();
    let outcome = ProducePartitionResponse {
        partition: TopicPartition::new(TOPIC, 0),
        error: ErrorCode::NotLeaderOrFollower,
        base_offset: -1,
        log_start_offset: -1,
        current_leader: Some(LeaderAndEpoch { leader: NodeId(2), epoch: 1 }),
    };
    driven.answer(NodeId(1), requests[0].id, ProduceResponse { partitions: vec![outcome] });
    let retried = driven.produced();
    assert_eq!((retried[0].to, sequences(&retried)), (NodeId(2), vec![0]));
}

#[test]
fn a_gap_in_the_sequence_raises_the_epoch() {
    let mut driven = Driven::new(&config(true), &[(1, 0)]);
    driven.send(Some(0), b"x", 0);
    let first = driven.linger();
    driven.reply(&first[0], ErrorCode::None, 0);
    driven.send(Some(0), b"y", 9);
    let second = driven.linger();
    driven.reply(&second[0], ErrorCode::OutOfOrderSequenceNumber, -1);
    driven.hand.wait(200);
    driven.poll();
    let retried = driven.produced();
    let header = retried[0].batches[0].1.header;
    assert_eq!((header.producer_epoch, header.base_sequence), (1, 0));
    driven.reply(&retried[0], ErrorCode::DuplicateSequenceNumber, -1);
    assert_eq!(driven.results(), [(9, Ok(-1))], "a duplicate is a success");
}

#[test]
fn without_idempotence_a_retry_can_overtake() {
    let mut driven = Driven::new(&config(false), &[(1, 0)]);
    // One request connects; then several can be in flight.
    driven.send(Some(0), b"hello", 0);
    let hello = driven.linger();
    driven.reply(&hello[0], ErrorCode::None, 0);
    driven.send(Some(0), b"a", 0);
    let first = driven.linger();
    driven.send(Some(0), b"b", 0);
    let second = driven.linger();
    assert_eq!(sequences(&first), [-1]);
    driven.reply(&first[0], ErrorCode::NotEnoughReplicas, -1);
    driven.reply(&second[0], ErrorCode::None, 0);
    driven.hand.wait(200);
    driven.poll();
    assert_eq!(driven.produced().len(), 1, "a goes after b");
}

#[test]
fn a_batch_that_is_too_large_is_split_and_one_record_fails() {
    let mut driven = Driven::new(&config(true), &[(1, 0)]);
    for i in 1..=4_u8 {
        driven.send(Some(0), &[i; 100], u64::from(i));
    }
    let whole = driven.linger();
    driven.reply(&whole[0], ErrorCode::MessageTooLarge, -1);
    let mut counts = Vec::new();
    for _ in 0..10 {
        driven.poll();
        for request in driven.produced() {
            counts.push(request.batches[0].1.count());
            let error = match request.batches[0].1.count() {
                1 => ErrorCode::MessageTooLarge,
                _ => ErrorCode::None,
            };
            driven.reply(&request, error, 0);
        }
    }
    assert_eq!(counts.iter().sum::<u32>(), 4);
    assert_eq!(driven.results().len(), 4);
    driven.send(Some(0), &[0; 1_048_576], 77);
    assert_eq!(driven.results(), [(77, Err(ErrorCode::MessageTooLarge))]);
}

#[test]
fn delivery_timeout_gives_up_what_is_queued_and_in_flight() {
    let config = ProducerConfig {
        delivery_timeout_ms: 40_000,
        max_in_flight_requests_per_connection: 1,
        ..config(false)
    };
    let mut driven = Driven::new(&config, &[(1, 0)]);
    driven.send(Some(0), b"in flight", 1);
    let requests = driven.linger();
    driven.send(Some(0), b"queued", 2);
    driven.hand.wait(40_001);
    driven.poll();
    let (_, facts) = driven.hand.take();
    let failed = facts.iter().filter(|fact| matches!(fact, Fact::SendFailed { .. })).count();
    assert_eq!(failed, 2);
    driven.reply(&requests[0], ErrorCode::None, 0);
    let timed_out = Err(ErrorCode::RequestTimedOut);
    assert_eq!(driven.results(), [(2, timed_out), (1, timed_out)]);
    assert!(driven.producer.accumulator.is_empty());
}

#[test]
fn acks_0_counts_as_sent() {
    let config = ProducerConfig { acks: Acks::None, ..ProducerConfig::default() };
    let mut driven = Driven::new(&config, &[(1, 0)]);
    driven.send(Some(0), b"x", 5);
    driven.hand.wait(5);
    driven.poll();
    let handshake = driven.hand.sent();
    assert!(matches!(&*handshake[0].request, Request::Metadata(_)), "is the broker there?");
    driven.answer(handshake[0].to, handshake[0].id, metadata(&[(1, 0)]));
    assert_eq!(sequences(&driven.produced()), [-1], "idempotence is off");
    assert_eq!(driven.results(), [(5, Ok(-1))]);
}

#[test]
fn sends_wait_for_memory_and_for_metadata() {
    let config = ProducerConfig { buffer_memory: 20_000, ..config(false) };
    let mut driven = Driven::new(&config, &[(1, 0), (2, 0)]);
    assert_eq!(driven.send(Some(0), b"x", 0), Progress::Done);
    assert_eq!(driven.send(Some(1), b"y", 8), Progress::Blocked);
    driven.poll();
    let requests = driven.produced();
    assert_eq!(requests.len(), 1, "no lingering while somebody waits for memory");
    driven.reply(&requests[0], ErrorCode::None, 0);
    assert_eq!(driven.send(Some(1), b"y", 8), Progress::Done);

    let mut driven = Driven::blank(&config);
    assert_eq!(driven.send(None, b"x", 6), Progress::Blocked);
    driven.hand.wait(60_000);
    assert_eq!(driven.send(None, b"x", 6), Progress::Done);
    assert_eq!(driven.results(), [(6, Err(ErrorCode::RequestTimedOut))], "max.block.ms");
}

#[test]
fn a_flush_waits_for_what_was_sent_before_it() {
    let mut driven = Driven::new(&config(false), &[(1, 0)]);
    driven.send(Some(0), b"x", 0);
    driven.hand.act(|io| driven.producer.flush(io));
    driven.poll();
    let requests = driven.produced();
    assert_eq!(requests.len(), 1, "no lingering");
    assert!(driven.hand.events.is_empty());
    driven.reply(&requests[0], ErrorCode::None, 0);
    assert!(matches!(driven.hand.events.front(), Some(MachineEvent::Flushed { producer: 0 })));
}
