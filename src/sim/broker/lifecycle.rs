//! From the start of the process to its end (`BrokerLifecycleManager`, KIP-631): registration, heartbeats, unfencing,
//! controlled shutdown.

use std::sync::Arc;

use super::{Broker, BrokerTimer};
use crate::sim::effects::{Effects, Line};
use crate::sim::ids::*;
use crate::sim::protocol::control::*;
use crate::sim::protocol::{ErrorCode, Request, Response};
use crate::sim::time::{Micros, NodeNow};

/// How soon to ask again whether the broker has caught up.
const CATCH_UP_INTERVAL: Micros = Micros(10_000);
/// How soon after the first answer in a controlled shutdown the next heartbeat leaves.
const SHUTDOWN_INTERVAL: Micros = Micros(50_000);
/// First backoff after a failure; it doubles up to half the session timeout.
const FIRST_BACKOFF_MS: i64 = 100;

/// Kafka's `BrokerState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BrokerState {
    /// Not registered, or not caught up with the metadata.
    Starting,
    /// Caught up, but still fenced.
    Recovery,
    Running,
    /// Asks the controller to move its leaderships away.
    PendingControlledShutdown,
    /// About to end.
    ShuttingDown,
}

/// What the broker and the active controller have told each other.
#[derive(Clone, Debug, Hash)]
pub struct Lifecycle {
    pub state: BrokerState,
    /// -1 = not registered yet.
    pub broker_epoch: BrokerEpoch,
    /// Broker epoch of the last run if it ended cleanly, else -1.
    previous_broker_epoch: BrokerEpoch,
    ready_to_unfence: bool,
    in_flight: Option<RequestId>,
    /// Something is to be sent as soon as the answer to the one in flight is here.
    next_at_once: bool,
    /// Something is to be sent as soon as a controller is known.
    awaits_controller: bool,
    /// The timer that counts; earlier ones are stale.
    timer: u64,
    failures: u32,
    got_shutdown_answer: bool,
}

impl Lifecycle {
    /// A process that has just been started.
    pub fn new(clean_shutdown: Option<BrokerEpoch>) -> Lifecycle {
        Lifecycle {
            state: BrokerState::Starting,
            broker_epoch: -1,
            previous_broker_epoch: clean_shutdown.unwrap_or(-1),
            ready_to_unfence: false,
            in_flight: None,
            next_at_once: false,
            awaits_controller: false,
            timer: 0,
            failures: 0,
            got_shutdown_answer: false,
        }
    }

    /// Whether the process is on its way to a clean end.
    pub fn is_shutting_down(&self) -> bool {
        matches!(self.state, BrokerState::PendingControlledShutdown | BrokerState::ShuttingDown)
    }
}

impl Broker {
    /// Sends the registration or the next heartbeat.
    pub(super) fn communicate(&mut self, out: &mut Effects) {
        self.lifecycle.timer += 1;
        if self.lifecycle.in_flight.is_some() {
            self.lifecycle.next_at_once = true;
            return;
        }
        self.lifecycle.next_at_once = false;
        self.lifecycle.awaits_controller = self.controller.is_none();
        let Some(controller) = self.controller else { return };
        // The channel to the controller gives up after half a session.
        let timeout_ms = self.config.broker_session_timeout_ms / 2;
        let request = self.next_message();
        let id = out.send(controller, Line::Heartbeat, request, timeout_ms);
        self.lifecycle.in_flight = Some(id);
    }

    fn next_message(&self) -> Request {
        let lifecycle = &self.lifecycle;
        if lifecycle.broker_epoch < 0 {
            return Request::BrokerRegistration(BrokerRegistrationRequest {
                broker: self.node,
                incarnation: self.context.incarnation,
                rack: self.context.spec.rack.as_deref().map(Into::into),
                previous_broker_epoch: lifecycle.previous_broker_epoch,
            });
        }
        Request::BrokerHeartbeat(BrokerHeartbeatRequest {
            broker: self.node,
            broker_epoch: lifecycle.broker_epoch,
            current_metadata_offset: self.image.next_offset - 1,
            want_fence: !lifecycle.ready_to_unfence,
            want_shut_down: lifecycle.state == BrokerState::PendingControlledShutdown,
        })
    }

    pub(super) fn on_lifecycle_timer(&mut self, timer: u64, out: &mut Effects) {
        if timer == self.lifecycle.timer {
            self.communicate(out);
        }
    }

    /// A controller is known (again): sends what waited for it.
    pub(super) fn resume_lifecycle(&mut self, out: &mut Effects) {
        if self.lifecycle.awaits_controller {
            self.communicate(out);
        }
    }

    pub(super) fn on_lifecycle_response(
        &mut self,
        now: NodeNow,
        from: NodeId,
        id: RequestId,
        response: &Response,
        out: &mut Effects,
    ) {
        if self.lifecycle.in_flight != Some(id) {
            return;
        }
        self.lifecycle.in_flight = None;
        match response {
            Response::BrokerRegistration(answer) if answer.error.is_none() => {
                self.lifecycle.failures = 0;
                self.lifecycle.broker_epoch = answer.broker_epoch;
                self.communicate(out);
            }
            Response::BrokerHeartbeat(answer) if answer.error.is_none() => {
                self.lifecycle.failures = 0;
                self.on_heartbeat_answer(now, answer, out);
            }
            Response::BrokerRegistration(BrokerRegistrationResponse { error, .. })
            | Response::BrokerHeartbeat(BrokerHeartbeatResponse { error, .. }) => {
                self.on_lifecycle_error(from, *error, out);
            }
            _ => {}
        }
    }

    fn on_lifecycle_error(&mut self, from: NodeId, error: ErrorCode, out: &mut Effects) {
        if error == ErrorCode::NotController && self.controller != Some(from) {
            return self.communicate(out);
        }
        self.retry_lifecycle(out);
    }

    pub(super) fn on_lifecycle_failed(&mut self, id: RequestId, out: &mut Effects) {
        if self.lifecycle.in_flight == Some(id) {
            self.lifecycle.in_flight = None;
            self.retry_lifecycle(out);
        }
    }

    fn retry_lifecycle(&mut self, out: &mut Effects) {
        let most = (self.config.broker_session_timeout_ms / 2).max(FIRST_BACKOFF_MS);
        let backoff = FIRST_BACKOFF_MS.saturating_mul(1 << self.lifecycle.failures.min(20));
        self.lifecycle.failures += 1;
        self.schedule(Micros::from_ms(backoff.min(most)), out);
    }

    fn schedule(&mut self, after: Micros, out: &mut Effects) {
        if self.lifecycle.next_at_once {
            return self.communicate(out);
        }
        self.lifecycle.timer += 1;
        out.timer(after, BrokerTimer::Lifecycle { timer: self.lifecycle.timer });
    }

    fn on_heartbeat_answer(
        &mut self,
        now: NodeNow,
        answer: &BrokerHeartbeatResponse,
        out: &mut Effects,
    ) {
        let interval = Micros::from_ms(self.config.broker_heartbeat_interval_ms);
        match self.lifecycle.state {
            BrokerState::Starting if answer.is_caught_up => {
                self.lifecycle.state = BrokerState::Recovery;
                self.publish(now, out);
                self.lifecycle.ready_to_unfence = true;
                self.communicate(out);
            }
            BrokerState::Starting => self.schedule(CATCH_UP_INTERVAL, out),
            BrokerState::Recovery => {
                if !answer.is_fenced {
                    self.lifecycle.state = BrokerState::Running;
                }
                self.schedule(interval, out);
            }
            BrokerState::Running => self.schedule(interval, out),
            BrokerState::PendingControlledShutdown if answer.should_shut_down => self.stop(out),
            BrokerState::PendingControlledShutdown => {
                let is_first = !std::mem::replace(&mut self.lifecycle.got_shutdown_answer, true);
                self.schedule(if is_first { SHUTDOWN_INTERVAL } else { interval }, out);
            }
            BrokerState::ShuttingDown => {}
        }
    }

    /// SIGTERM: the leaderships move away first, then the process ends.
    pub fn shut_down(&mut self, _now: NodeNow, out: &mut Effects) {
        let controlled = self.config.controlled_shutdown_enable;
        match self.lifecycle.state {
            BrokerState::Running if controlled => {
                self.lifecycle.state = BrokerState::PendingControlledShutdown;
                self.communicate(out);
            }
            BrokerState::PendingControlledShutdown => {}
            BrokerState::Starting
            | BrokerState::Recovery
            | BrokerState::Running
            | BrokerState::ShuttingDown => self.stop(out),
        }
    }

    /// Closes the logs, notes that the end was clean (KIP-966), and exits.
    fn stop(&mut self, out: &mut Effects) {
        self.lifecycle.state = BrokerState::ShuttingDown;
        self.write_checkpoint();
        for slot in self.replicas.slots() {
            if let Some(replica) = self.replicas.get_mut(slot) {
                replica.log.flush();
            }
        }
        self.closed_logs.values_mut().for_each(|log| Arc::make_mut(log).flush());
        if self.lifecycle.broker_epoch >= 0 {
            self.clean_shutdown = Some(self.lifecycle.broker_epoch);
        }
        out.exit();
    }
}
