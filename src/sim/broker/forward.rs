//! What this broker passes on to the active controller: admin requests of clients (KIP-590), the creation of topics that
//! somebody wants to use, and its own need for producer ids.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{Broker, BrokerTimer};
use crate::sim::config::dynamic::why_refused;
use crate::sim::effects::{Effects, Line, RequestRef};
use crate::sim::ids::*;
use crate::sim::protocol::admin::*;
use crate::sim::protocol::{ErrorCode, Request, Response};
use crate::sim::sorted::{SortedMap, SortedSet};
use crate::sim::time::{Micros, NodeNow};

/// How long a request is tried (`request.timeout.ms` of the channel).
const TIMEOUT_MS: i64 = 30_000;
/// Wait before a request is sent again.
const RETRY_AFTER: Micros = Micros(100_000);

/// Who wants the answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ForwardOwner {
    Client(RequestRef),
    /// A topic is created on demand.
    Topic(Arc<str>),
    ProducerIds,
}

/// A request for the active controller.
#[derive(Clone, Debug, Hash)]
pub struct Forwarded {
    owner: ForwardOwner,
    request: Arc<Request>,
    /// Given up after that time.
    deadline: Micros,
}

/// Requests for the active controller.
#[derive(Clone, Debug, Default, Hash)]
pub struct Forwarding {
    waiting: VecDeque<Forwarded>,
    in_flight: SortedMap<RequestId, Forwarded>,
    /// Topics whose creation is under way.
    creating: SortedSet<Arc<str>>,
    retrying: bool,
}

impl Broker {
    /// Passes a client's request on.
    pub(super) fn forward(
        &mut self,
        now: NodeNow,
        at: RequestRef,
        request: &Arc<Request>,
        out: &mut Effects,
    ) {
        self.forward_for(now.monotonic, ForwardOwner::Client(at), request.clone(), out);
    }

    pub(super) fn forward_for(
        &mut self,
        now: Micros,
        owner: ForwardOwner,
        request: Arc<Request>,
        out: &mut Effects,
    ) {
        let timeout = Micros::from_ms(TIMEOUT_MS);
        let deadline = now + timeout;
        self.forwarding.waiting.push_back(Forwarded { owner, request, deadline });
        if self.controller.is_none() {
            out.timer(timeout, BrokerTimer::Forward);
        }
        self.send_forwarded(out);
    }

    pub(super) fn forward_creation(&mut self, now: NodeNow, topic: NewTopic, out: &mut Effects) {
        if !self.forwarding.creating.insert(topic.name.clone()) {
            return;
        }
        let owner = ForwardOwner::Topic(topic.name.clone());
        let request = CreateTopicsRequest { topics: vec![topic], timeout_ms: TIMEOUT_MS as i32 };
        self.forward_for(now.monotonic, owner, Arc::new(request.into()), out);
    }

    pub(super) fn send_forwarded(&mut self, out: &mut Effects) {
        let Some(controller) = self.controller else { return };
        if self.forwarding.retrying {
            return;
        }
        for forwarded in std::mem::take(&mut self.forwarding.waiting) {
            let request = (*forwarded.request).clone();
            let id = out.send(controller, Line::Forward, request, TIMEOUT_MS);
            self.forwarding.in_flight.insert(id, forwarded);
        }
    }

    pub(super) fn on_forward_response(
        &mut self,
        now: NodeNow,
        id: RequestId,
        response: &Arc<Response>,
        out: &mut Effects,
    ) {
        let Some(forwarded) = self.forwarding.in_flight.remove(&id) else { return };
        if is_not_controller(response) {
            return self.retry_forwarded(now, forwarded, out);
        }
        match forwarded.owner {
            ForwardOwner::Client(at) => out.respond(at, (**response).clone()),
            ForwardOwner::Topic(name) => {
                self.forwarding.creating.remove(&name);
            }
            ForwardOwner::ProducerIds => self.on_producer_ids(response),
        }
    }

    pub(super) fn on_forward_failed(&mut self, now: NodeNow, id: RequestId, out: &mut Effects) {
        if let Some(forwarded) = self.forwarding.in_flight.remove(&id) {
            self.retry_forwarded(now, forwarded, out);
        }
    }

    fn retry_forwarded(&mut self, now: NodeNow, forwarded: Forwarded, out: &mut Effects) {
        if forwarded.deadline <= now.monotonic {
            return self.give_up(forwarded, out);
        }
        self.forwarding.waiting.push_back(forwarded);
        self.forwarding.retrying = true;
        out.timer(RETRY_AFTER, BrokerTimer::Forward);
    }

    pub(super) fn on_forward_timer(&mut self, now: NodeNow, out: &mut Effects) {
        self.forwarding.retrying = false;
        let waiting = std::mem::take(&mut self.forwarding.waiting);
        let (late, waiting) = waiting.into_iter().partition(|f| f.deadline <= now.monotonic);
        self.forwarding.waiting = waiting;
        let late: VecDeque<Forwarded> = late;
        for forwarded in late {
            self.give_up(forwarded, out);
        }
        self.send_forwarded(out);
    }

    fn give_up(&mut self, forwarded: Forwarded, out: &mut Effects) {
        match forwarded.owner {
            ForwardOwner::Client(at) => match timed_out(&forwarded.request) {
                Some(response) => out.respond(at, response),
                None => out.close(at),
            },
            ForwardOwner::Topic(name) => {
                self.forwarding.creating.remove(&name);
            }
            ForwardOwner::ProducerIds => self.producer_ids.requested = false,
        }
    }
}

/// What the broker itself says to a change of a broker's configs, without asking the controller. Kafka calls a value that
/// does not fit an invalid request here, and an invalid config where the controller finds it (KAFKA-13609).
pub fn refused_config(
    request: &IncrementalAlterConfigsRequest,
) -> Option<IncrementalAlterConfigsResponse> {
    let (ConfigResource::Broker(_) | ConfigResource::Cluster) = &request.resource else {
        return None;
    };
    let message = why_refused(&request.changes)?.into();
    let result = ApiError { error: ErrorCode::InvalidRequest, message };
    Some(IncrementalAlterConfigsResponse { result })
}

/// Whether the answer says that the node does not lead the quorum any more.
fn is_not_controller(response: &Response) -> bool {
    let not_controller = ErrorCode::NotController;
    match response {
        Response::CreateTopics(r) => r.topics.iter().any(|(_, e)| e.error == not_controller),
        Response::DeleteTopics(r) => r.topics.iter().any(|(_, e)| e.error == not_controller),
        Response::CreatePartitions(r) => r.topics.iter().any(|(_, e)| e.error == not_controller),
        Response::ElectLeaders(r) => r.error == not_controller,
        Response::IncrementalAlterConfigs(r) => r.result.error == not_controller,
        Response::AllocateProducerIds(r) => r.error == not_controller,
        _ => false,
    }
}

/// The answer to a request that no controller answered in time.
fn timed_out(request: &Request) -> Option<Response> {
    let error = || ApiError::from(ErrorCode::RequestTimedOut);
    match request {
        Request::CreateTopics(r) => {
            let topics = r.topics.iter().map(|topic| (topic.name.clone(), error())).collect();
            Some(CreateTopicsResponse { topics }.into())
        }
        Request::DeleteTopics(r) => {
            let topics = r.topics.iter().map(|name| (name.clone(), error())).collect();
            Some(DeleteTopicsResponse { topics }.into())
        }
        Request::CreatePartitions(r) => {
            let topics = r.topics.iter().map(|(name, _)| (name.clone(), error())).collect();
            Some(CreatePartitionsResponse { topics }.into())
        }
        Request::ElectLeaders(_) => {
            let error = ErrorCode::RequestTimedOut;
            Some(ElectLeadersResponse { error, partitions: Vec::new() }.into())
        }
        Request::IncrementalAlterConfigs(_) => {
            Some(IncrementalAlterConfigsResponse { result: error() }.into())
        }
        _ => None,
    }
}
