//! Producer ids: the broker gets them from the controller in blocks and hands them out one by one (`RPCProducerIdManager`).

use std::sync::Arc;

use super::Broker;
use super::forward::ForwardOwner;
use crate::sim::effects::{Effects, RequestRef};
use crate::sim::ids::ProducerId;
use crate::sim::protocol::control::AllocateProducerIdsRequest;
use crate::sim::protocol::data::InitProducerIdResponse;
use crate::sim::protocol::{ErrorCode, Response};
use crate::sim::time::NodeNow;

/// The next block is asked for when this many of ten ids are gone.
const PREFETCH_TENTHS: i64 = 9;

/// Producer ids from `next` up to but not including `end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Block {
    first: ProducerId,
    next: ProducerId,
    end: ProducerId,
}

impl Block {
    fn is_running_out(&self) -> bool {
        (self.next - self.first) * 10 >= (self.end - self.first) * PREFETCH_TENTHS
    }
}

/// The ids that the broker may hand out.
#[derive(Clone, Debug, Default, Hash)]
pub struct ProducerIds {
    current: Block,
    following: Option<Block>,
    /// Whether a block is on its way.
    pub requested: bool,
}

impl ProducerIds {
    fn take(&mut self) -> Option<ProducerId> {
        if self.current.next == self.current.end {
            self.current = self.following.take()?;
        }
        self.current.next += 1;
        Some(self.current.next - 1)
    }
}

impl Broker {
    /// Gives a producer its id. Without a block at hand the producer has to ask again.
    pub(super) fn on_init_producer_id(&mut self, now: NodeNow, at: RequestRef, out: &mut Effects) {
        let id = self.producer_ids.take();
        if self.producer_ids.following.is_none() && self.producer_ids.current.is_running_out() {
            self.request_producer_ids(now, out);
        }
        let (error, producer_id, producer_epoch) = match id {
            Some(id) => (ErrorCode::None, id, 0),
            None => (ErrorCode::CoordinatorLoadInProgress, -1, -1),
        };
        out.respond(at, InitProducerIdResponse { error, producer_id, producer_epoch });
    }

    fn request_producer_ids(&mut self, now: NodeNow, out: &mut Effects) {
        if std::mem::replace(&mut self.producer_ids.requested, true) {
            return;
        }
        let request = AllocateProducerIdsRequest {
            broker: self.node,
            broker_epoch: self.lifecycle.broker_epoch,
        };
        self.forward_for(now.monotonic, ForwardOwner::ProducerIds, Arc::new(request.into()), out);
    }

    pub(super) fn on_producer_ids(&mut self, response: &Response) {
        self.producer_ids.requested = false;
        if let Response::AllocateProducerIds(answer) = response
            && answer.error.is_none()
        {
            let first = answer.first_producer_id;
            let end = first + ProducerId::from(answer.count);
            self.producer_ids.following = Some(Block { first, next: first, end });
        }
    }
}
