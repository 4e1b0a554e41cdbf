//! The controller of one process (Kafka's `QuorumController`): idle, or active as the leader of the quorum.
//!
//! The active controller decides from the last state it has appended, and answers when the records are committed.

use std::collections::VecDeque;
use std::sync::Arc;

use super::metadata::{MetadataBatch, MetadataImage, MetadataRecord};
use super::partitions::ELECTIONS_PER_IMBALANCE_MAX;
use super::quorum::Quorum;
use super::refusal::refusal;
use super::state::{ControlState, METADATA_FEATURE};
use super::{ControllerTimer, Task, facts};
use crate::sim::config::BrokerConfig;
use crate::sim::effects::{Effects, RequestRef};
use crate::sim::ids::*;
use crate::sim::protocol::control::BrokerRegistrationResponse;
use crate::sim::protocol::{ErrorCode, Request, Response};
use crate::sim::rng::Rng;
use crate::sim::server::ServerContext;
use crate::sim::sorted::SortedMap;
use crate::sim::time::{Micros, NodeNow};

/// The controller of one process.
#[derive(Clone, Debug, Hash)]
pub struct Controller {
    context: ServerContext,
    config: Arc<BrokerConfig>,
    rng: Rng,
    /// The cluster after the last committed batch.
    committed: MetadataImage,
    active: Option<Active>,
}

/// What only the active controller keeps.
#[derive(Clone, Debug, Hash)]
struct Active {
    epoch: QuorumEpoch,
    state: ControlState,
    /// Requests that wait for an offset to be committed, in order.
    pending: VecDeque<Pending>,
    /// Batches written because of a broker's silence, by base offset.
    silences: SortedMap<Offset, NodeId>,
}

#[derive(Clone, Debug, Hash)]
struct Pending {
    /// Committed when the high watermark reaches this offset.
    end: Offset,
    at: RequestRef,
    request: Arc<Request>,
    response: Response,
}

/// Records to append and the answer when they are committed, or an immediate refusal.
type Decision = Result<(Vec<MetadataRecord>, Response), ErrorCode>;

impl Controller {
    /// The controller of a process that has just been started.
    pub fn boot(context: &ServerContext, rng: Rng) -> Controller {
        Controller {
            context: context.clone(),
            config: Arc::new(context.config()),
            rng,
            committed: MetadataImage::default(),
            active: None,
        }
    }

    /// Whether this is the active controller.
    pub fn is_active(&self) -> bool {
        self.active.is_some()
    }

    /// The state that the active controller decides from.
    pub fn state(&self) -> Option<&ControlState> {
        self.active.as_ref().map(|active| &active.state)
    }

    /// Follows the quorum: takes or gives up the lead, answers what is committed.
    pub fn on_quorum(
        &mut self,
        now: NodeNow,
        committed: &[Arc<MetadataBatch>],
        quorum: &mut Quorum,
        out: &mut Effects,
    ) {
        let leads = quorum.led_epoch();
        if self.active.as_ref().is_some_and(|active| Some(active.epoch) != leads) {
            self.resign(out);
        }
        // What an earlier leader appended and this one has committed is told by this one.
        self.commit(committed, leads.is_some(), out);
        if let (Some(epoch), None) = (leads, &self.active) {
            self.activate(now, epoch, quorum, out);
        }
    }

    fn activate(
        &mut self,
        now: NodeNow,
        epoch: QuorumEpoch,
        quorum: &mut Quorum,
        out: &mut Effects,
    ) {
        let image = quorum.last_image().clone();
        let version = self.context.setup.version;
        let state = ControlState::new(image, self.config.clone(), version, now.monotonic);
        let fresh = !state.image.features.contains_key(METADATA_FEATURE);
        let bootstrap = fresh.then(|| state.bootstrap(self.context.setup.elr_enabled()));
        self.active =
            Some(Active { epoch, state, pending: VecDeque::new(), silences: SortedMap::new() });
        if let Some(records) = bootstrap {
            self.append(records, quorum, out);
        }
        let balances = self.config.auto_leader_rebalance_enable;
        for task in [Task::NoOp, Task::FenceStale, Task::ElectUnclean] {
            self.schedule(task, epoch, out);
        }
        if balances {
            self.schedule(Task::BalanceLeaders, epoch, out);
        }
    }

    fn schedule(&self, task: Task, epoch: QuorumEpoch, out: &mut Effects) {
        let config = &self.config;
        let period = match task {
            Task::NoOp => Micros::from_ms(config.metadata_max_idle_interval_ms),
            Task::FenceStale => Micros(config.broker_session_timeout_ms.max(8) as u64 * 1000 / 8),
            Task::BalanceLeaders => {
                Micros::from_ms(config.leader_imbalance_check_interval_seconds * 1000)
            }
            Task::ElectUnclean => Micros::from_ms(config.unclean_leader_election_interval_ms),
        };
        // 0 turns NoOp records off in Kafka.
        if period > Micros::ZERO {
            out.timer(period, ControllerTimer { epoch, task });
        }
    }

    /// Gives up the lead: what was not committed may or may not become so.
    fn resign(&mut self, out: &mut Effects) {
        let Some(active) = self.active.take() else {
            return;
        };
        for Pending { at, request, .. } in active.pending {
            if let Some(response) = refusal(&request, ErrorCode::NotController) {
                out.respond(at, response);
            }
        }
    }

    fn commit(&mut self, batches: &[Arc<MetadataBatch>], tell: bool, out: &mut Effects) {
        let mut first = true;
        for batch in batches {
            let before = std::mem::replace(&mut self.committed, batch.image.clone());
            if tell && !batch.is_snapshot() && out.is_news(batch.base_offset, batch.next_offset()) {
                let silences = self.active.as_mut().map(|active| &mut active.silences);
                let silent = silences.and_then(|silences| silences.remove(&batch.base_offset));
                facts::tell(&before, batch, silent, first, out);
                first &= batch.records.iter().all(is_quiet);
            }
        }
        let committed = self.committed.next_offset;
        let Some(active) = &mut self.active else {
            return;
        };
        while let Some(pending) = active.pending.pop_front_if(|pending| pending.end <= committed) {
            out.respond(pending.at, pending.response);
        }
    }

    /// Appends records as the active controller; Kafka's batches are atomic.
    fn append(
        &mut self,
        records: Vec<MetadataRecord>,
        quorum: &mut Quorum,
        out: &mut Effects,
    ) -> Option<Arc<MetadataBatch>> {
        let active = self.active.as_mut()?;
        if records.is_empty() {
            return None;
        }
        let batch = quorum.append(records, out);
        active.state.follow(&batch);
        Some(batch)
    }

    /// Handles a request to the controller.
    pub fn on_request(
        &mut self,
        now: NodeNow,
        at: RequestRef,
        request: &Arc<Request>,
        quorum: &mut Quorum,
        out: &mut Effects,
    ) {
        let decision = match quorum.led_epoch().is_some() && self.is_active() {
            true => self.decide(now, request),
            false => Err(ErrorCode::NotController),
        };
        match decision {
            Ok((records, response)) => {
                self.append(records, quorum, out);
                self.answer_when_committed(at, request, response, out);
            }
            Err(error) => match refusal(request, error) {
                Some(response) => out.respond(at, response),
                // Not an API of controllers: a real one would not advertise it.
                None => out.close(at),
            },
        }
    }

    /// An answer must not tell of what may still be lost, also if this request changed nothing.
    fn answer_when_committed(
        &mut self,
        at: RequestRef,
        request: &Arc<Request>,
        response: Response,
        out: &mut Effects,
    ) {
        let committed = self.committed.next_offset;
        match &mut self.active {
            Some(active) if active.state.image.next_offset > committed => {
                let (end, request) = (active.state.image.next_offset, request.clone());
                active.pending.push_back(Pending { end, at, request, response });
            }
            Some(_) | None => out.respond(at, response),
        }
    }

    fn decide(&mut self, now: NodeNow, request: &Request) -> Decision {
        let Some(Active { state, .. }) = &mut self.active else {
            return Err(ErrorCode::NotController);
        };
        let now = now.monotonic;
        match request {
            Request::BrokerRegistration(request) => {
                state.register_broker(now, request).map(|(records, broker_epoch)| {
                    let error = ErrorCode::None;
                    (records, BrokerRegistrationResponse { error, broker_epoch }.into())
                })
            }
            Request::BrokerHeartbeat(request) => {
                state.heartbeats.contact(request.broker, request.broker_epoch, now);
                let outcome = state.heartbeat(request)?;
                if outcome.in_controlled_shutdown {
                    let end = state.image.next_offset + outcome.records.len() as Offset - 1;
                    state.heartbeats.begin_shutdown(request.broker, end);
                }
                Ok((outcome.records, outcome.response.into()))
            }
            Request::AlterPartition(request) => state.alter_partition(request).map(into_decision),
            Request::AllocateProducerIds(request) => {
                state.allocate_producer_ids(request).map(into_decision)
            }
            Request::CreateTopics(request) => {
                let rng = &mut self.rng;
                let mut draw = |bound: i32| rng.below(bound.max(1) as u64) as i32;
                Ok(into_decision(state.create_topics(request, &mut draw)))
            }
            Request::CreatePartitions(request) => {
                let rng = &mut self.rng;
                let mut draw = |bound: i32| rng.below(bound.max(1) as u64) as i32;
                Ok(into_decision(state.create_partitions(request, &mut draw)))
            }
            Request::DeleteTopics(request) => Ok(into_decision(state.delete_topics(request))),
            Request::ElectLeaders(request) => Ok(into_decision(state.elect_leaders(request))),
            Request::IncrementalAlterConfigs(request) => {
                Ok(into_decision(state.alter_configs(request)))
            }
            _ => Err(ErrorCode::UnsupportedVersion),
        }
    }

    /// Does what is due from time to time.
    pub fn on_timer(
        &mut self,
        now: NodeNow,
        timer: ControllerTimer,
        quorum: &mut Quorum,
        out: &mut Effects,
    ) {
        let ControllerTimer { epoch, task } = timer;
        let leads = quorum.led_epoch() == Some(epoch);
        let Some(active) = self.active.as_mut().filter(|active| leads && active.epoch == epoch)
        else {
            return;
        };
        let mut again = false;
        match task {
            Task::NoOp => {
                self.append(vec![MetadataRecord::NoOp], quorum, out);
            }
            Task::FenceStale => self.fence_stale(now, quorum, out),
            Task::BalanceLeaders | Task::ElectUnclean => {
                let records = match task {
                    Task::BalanceLeaders => active.state.balance_leaders(),
                    Task::NoOp | Task::FenceStale | Task::ElectUnclean => {
                        active.state.elect_unclean()
                    }
                };
                again = records.len() >= ELECTIONS_PER_IMBALANCE_MAX;
                self.append(records, quorum, out);
            }
        }
        match again {
            true => out.timer(Micros(1), timer),
            false => self.schedule(task, epoch, out),
        }
    }

    fn fence_stale(&mut self, now: NodeNow, quorum: &mut Quorum, out: &mut Effects) {
        while let Some((broker, records)) =
            self.active.as_mut().and_then(|active| active.state.fence_stale(now.monotonic))
        {
            let batch = self.append(records, quorum, out);
            if let (Some(batch), Some(active)) = (batch, &mut self.active) {
                active.silences.insert(batch.base_offset, broker);
            }
        }
    }
}

fn into_decision<R: Into<Response>>(
    (records, response): (Vec<MetadataRecord>, R),
) -> (Vec<MetadataRecord>, Response) {
    (records, response.into())
}

/// Whether nothing is told about a record.
fn is_quiet(record: &MetadataRecord) -> bool {
    matches!(record, MetadataRecord::NoOp | MetadataRecord::LeaderChange { .. })
}
