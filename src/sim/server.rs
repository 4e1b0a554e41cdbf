//! A server process: quorum member or observer, and with it a controller, a broker, or both.

use std::sync::Arc;

use crate::sim::broker::Broker;
use crate::sim::config::BrokerConfig;
use crate::sim::controller::Controller;
use crate::sim::controller::metadata::MetadataImage;
use crate::sim::controller::quorum::Quorum;
use crate::sim::effects::{Effects, Line, RequestRef};
use crate::sim::ids::*;
use crate::sim::node::{Input, Timer};
use crate::sim::protocol::Request;
use crate::sim::rng::Rng;
use crate::sim::setup::{ClusterSetup, ServerSpec};
use crate::sim::storage::disk::Disk;
use crate::sim::time::NodeNow;

/// What a server process knows from its start.
#[derive(Clone, Debug, Hash)]
pub struct ServerContext {
    pub node: NodeId,
    pub spec: Arc<ServerSpec>,
    pub setup: Arc<ClusterSetup>,
    /// Random for each start of the process.
    pub incarnation: u64,
}

impl ServerContext {
    /// The configs of this process: the cluster's with its own over them. A text that is no value is left out.
    pub fn config(&self) -> BrokerConfig {
        let mut config = self.setup.config.clone();
        for (name, value) in &self.spec.overrides {
            config.set(name, value).ok();
        }
        config
    }
}

/// A running server process.
#[derive(Clone, Debug, Hash)]
pub struct Server {
    context: ServerContext,
    /// What no role of the process has taken.
    disk: Disk,
    image: MetadataImage,
    quorum: Quorum,
    controller: Option<Controller>,
    broker: Option<Broker>,
    /// The active controller that the broker was told of.
    told_controller: Option<NodeId>,
}

impl Server {
    /// A process that has just been started on its disk.
    pub fn boot(context: ServerContext, mut disk: Disk, mut rng: Rng) -> Server {
        let roles = context.spec.roles;
        let quorum_disk = std::mem::take(&mut disk.quorum);
        let quorum = Quorum::boot(&context, quorum_disk, rng.fork("quorum"));
        let controller =
            roles.is_controller().then(|| Controller::boot(&context, rng.fork("controller")));
        let broker = roles
            .is_broker()
            .then(|| Broker::boot(&context, context.config(), &mut disk, rng.fork("broker")));
        let image = MetadataImage::default();
        Server { context, disk, image, quorum, controller, broker, told_controller: None }
    }

    /// The committed metadata that the process has applied.
    pub fn image(&self) -> &MetadataImage {
        &self.image
    }

    /// What the process knows from its start.
    pub fn context(&self) -> &ServerContext {
        &self.context
    }

    /// Its part in the metadata quorum.
    pub fn quorum(&self) -> &Quorum {
        &self.quorum
    }

    /// Its controller, if it has that role.
    pub fn controller(&self) -> Option<&Controller> {
        self.controller.as_ref()
    }

    /// Its broker, if it has that role.
    pub fn broker(&self) -> Option<&Broker> {
        self.broker.as_ref()
    }

    /// Handles one input. Servers take no commands.
    pub fn handle<C>(&mut self, now: NodeNow, input: Input<C>, out: &mut Effects) {
        match input {
            Input::Start => self.start(now, out),
            Input::Request { from, line, at, request } => {
                self.on_request(now, from, line, at, &request, out);
            }
            Input::Response { from, line: Line::Quorum, id, response } => {
                self.quorum.on_response(now, from, id, &response, out);
            }
            Input::Response { from, line, id, response } => {
                if let Some(broker) = &mut self.broker {
                    broker.on_response(now, from, line, id, &response, out);
                }
            }
            Input::Failed { to, line: Line::Quorum, id, request, .. } => {
                self.quorum.on_failed(to, id, &request, out);
            }
            Input::Failed { to, line, id, request, timed_out } => {
                if let Some(broker) = &mut self.broker {
                    broker.on_failed(now, to, line, id, &request, timed_out, out);
                }
            }
            Input::Timer(timer) => self.on_timer(now, timer, out),
            Input::ShutDown => self.shut_down(now, out),
            Input::Disconnected { .. } | Input::Command(_) => {}
        }
        self.follow_quorum(now, out);
        if out.take_exit() {
            self.quorum.shut_down(out);
            out.exit();
        }
    }

    fn start(&mut self, now: NodeNow, out: &mut Effects) {
        self.quorum.start(now, out);
        if let Some(broker) = &mut self.broker {
            broker.start(now, out);
        }
    }

    fn on_request(
        &mut self,
        now: NodeNow,
        from: NodeId,
        line: Line,
        at: RequestRef,
        request: &Arc<Request>,
        out: &mut Effects,
    ) {
        match &**request {
            Request::Vote(request) => self.quorum.on_vote(now, at, request, out),
            Request::BeginQuorumEpoch(request) => self.quorum.on_begin_epoch(now, at, request, out),
            Request::EndQuorumEpoch(request) => self.quorum.on_end_epoch(now, at, request, out),
            Request::FetchMetadata(request) => self.quorum.on_fetch(now, at, request, out),
            other => match (&mut self.controller, &mut self.broker) {
                (Some(controller), broker) if is_for_controller(other, line, broker.is_some()) => {
                    controller.on_request(now, at, request, &mut self.quorum, out);
                }
                (_, Some(broker)) => broker.on_request(now, from, line, at, request, out),
                (_, None) => out.close(at),
            },
        }
    }

    fn on_timer(&mut self, now: NodeNow, timer: Timer, out: &mut Effects) {
        match (timer, &mut self.controller, &mut self.broker) {
            (Timer::Quorum(timer), ..) => self.quorum.on_timer(now, timer, out),
            (Timer::Controller(timer), Some(controller), _) => {
                controller.on_timer(now, timer, &mut self.quorum, out);
            }
            (Timer::Broker(timer), _, Some(broker)) => broker.on_timer(now, timer, out),
            (Timer::Group(timer), _, Some(broker)) => broker.on_group_timer(now, timer, out),
            (Timer::Controller(_) | Timer::Broker(_) | Timer::Group(_) | Timer::Client(_), ..) => {}
        }
    }

    /// Lets controller and broker follow what the quorum has decided, then answers the fetches that wait for it.
    fn follow_quorum(&mut self, now: NodeNow, out: &mut Effects) {
        let committed = self.quorum.take_committed();
        if let Some(batch) = committed.last() {
            self.image = batch.image.clone();
        }
        if let Some(controller) = &mut self.controller {
            controller.on_quorum(now, &committed, &mut self.quorum, out);
        }
        if let Some(broker) = &mut self.broker {
            let leader = self.quorum.leader();
            if leader != self.told_controller {
                self.told_controller = leader;
                broker.on_active_controller(now, leader, out);
            }
            if !committed.is_empty() {
                broker.on_metadata(now, &committed, out);
            }
        }
        self.quorum.answer_waiting_fetches(out);
    }

    fn shut_down(&mut self, now: NodeNow, out: &mut Effects) {
        match &mut self.broker {
            Some(broker) => broker.shut_down(now, out),
            None => out.exit(),
        }
    }

    /// The disk as the dead process leaves it.
    pub fn crash(self) -> Disk {
        let mut disk = self.disk;
        disk.quorum = self.quorum.into_disk();
        if let Some(broker) = self.broker {
            broker.crash(&mut disk);
        }
        disk
    }
}

/// Whether a request is the controller's business: brokers pass admin requests on (KIP-590), except those that reach a
/// process without a broker.
fn is_for_controller(request: &Request, line: Line, has_broker: bool) -> bool {
    match request {
        Request::BrokerRegistration(_)
        | Request::BrokerHeartbeat(_)
        | Request::AlterPartition(_)
        | Request::AllocateProducerIds(_) => true,
        _ => line == Line::Forward || !has_broker,
    }
}
