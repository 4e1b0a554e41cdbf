//! The broker: replicas as leaders and followers, produce, fetch, and the coordinators it hosts.

use std::sync::Arc;

use crate::sim::config::BrokerConfig;
use crate::sim::controller::metadata::MetadataBatch;
use crate::sim::effects::{Effects, Line, RequestRef};
use crate::sim::group::GroupTimer;
use crate::sim::ids::*;
use crate::sim::protocol::{Request, Response};
use crate::sim::rng::Rng;
use crate::sim::server::ServerContext;
use crate::sim::storage::disk::Disk;
use crate::sim::time::NodeNow;

/// A timer of a broker.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum BrokerTimer {}

/// The broker role of a server process.
#[derive(Clone, Debug, Hash)]
pub struct Broker {}

impl Broker {
    /// A broker that has just been started on its disk.
    pub fn boot(_: &ServerContext, _: BrokerConfig, _: &mut Disk, _: Rng) -> Broker {
        Broker {}
    }

    /// Begins to work.
    pub fn start(&mut self, _: NodeNow, _: &mut Effects) {}

    /// Applies committed metadata.
    pub fn on_metadata(&mut self, _: NodeNow, _: &[Arc<MetadataBatch>], _: &mut Effects) {}

    /// Hears who the active controller is.
    pub fn on_active_controller(&mut self, _: NodeNow, _: Option<NodeId>, _: &mut Effects) {}

    /// Handles a request.
    pub fn on_request(
        &mut self,
        _: NodeNow,
        _: NodeId,
        _: Line,
        at: RequestRef,
        _: &Arc<Request>,
        out: &mut Effects,
    ) {
        out.close(at);
    }

    /// Handles the answer to one of its requests.
    pub fn on_response(
        &mut self,
        _: NodeNow,
        _: NodeId,
        _: Line,
        _: RequestId,
        _: &Arc<Response>,
        _: &mut Effects,
    ) {
    }

    /// Handles that one of its requests got no answer.
    #[expect(clippy::too_many_arguments, reason = "what the kernel tells of a failure")]
    pub fn on_failed(
        &mut self,
        _: NodeNow,
        _: NodeId,
        _: Line,
        _: RequestId,
        _: &Arc<Request>,
        _: bool,
        _: &mut Effects,
    ) {
    }

    /// Handles one of its timers.
    pub fn on_timer(&mut self, _: NodeNow, _: BrokerTimer, _: &mut Effects) {}

    /// Handles a timer of its group coordinator.
    pub fn on_group_timer(&mut self, _: NodeNow, _: GroupTimer, _: &mut Effects) {}

    /// Stops cleanly.
    pub fn shut_down(&mut self, _: NodeNow, out: &mut Effects) {
        out.exit();
    }

    /// Leaves the disk as the dead process does.
    pub fn crash(self, _: &mut Disk) {}
}
