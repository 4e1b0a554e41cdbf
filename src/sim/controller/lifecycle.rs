//! Brokers come, prove that they live, and go (KIP-631).

use super::metadata::MetadataRecord;
use super::state::{Cause, ControlState};
use crate::sim::ids::*;
use crate::sim::protocol::ErrorCode;
use crate::sim::protocol::control::*;
use crate::sim::time::Micros;

/// Where a broker is in its life, as its heartbeats move it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BrokerState {
    Fenced,
    Unfenced,
    ControlledShutdown,
    ShutdownNow,
}

/// What a heartbeat leads to.
#[derive(Clone, Debug)]
pub struct HeartbeatOutcome {
    pub records: Vec<MetadataRecord>,
    pub response: BrokerHeartbeatResponse,
    /// The broker may stop once all active brokers know of the records.
    pub in_controlled_shutdown: bool,
}

impl ControlState {
    /// Registers a process as the broker; the records and its epoch.
    ///
    /// # Errors
    /// DUPLICATE_BROKER_REGISTRATION while another process of that id has a session.
    pub fn register_broker(
        &mut self,
        now: Micros,
        request: &BrokerRegistrationRequest,
    ) -> Result<(Vec<MetadataRecord>, BrokerEpoch), ErrorCode> {
        let BrokerRegistrationRequest { broker, incarnation, .. } = *request;
        let existing = self.image.brokers.get(&broker).cloned();
        let same = existing.as_ref().filter(|known| known.incarnation == incarnation);
        if let Some(known) = &existing
            && same.is_none()
            && self.heartbeats.has_valid_session(broker, known.broker_epoch, now)
        {
            return Err(ErrorCode::DuplicateBrokerRegistration);
        }
        // The epoch is the offset of the first record of the batch, which need not be the registration.
        let broker_epoch = same.map_or(self.image.next_offset, |known| known.broker_epoch);
        let mut records = Vec::new();
        if same.is_none() {
            let stored = existing.as_ref().map_or(-2, |known| known.broker_epoch);
            self.clean_up(broker, stored == request.previous_broker_epoch, &mut records);
            self.heartbeats.register(broker);
        }
        let rack = request.rack.clone();
        records.push(MetadataRecord::RegisterBroker { broker, broker_epoch, incarnation, rack });
        Ok((records, broker_epoch))
    }

    /// Takes the broker's former process out of its partitions. After an unclean shutdown it may have lost records, which
    /// ends its eligibility (KIP-966).
    fn clean_up(&self, broker: NodeId, clean: bool, records: &mut Vec<MetadataRecord>) {
        if self.elr_enabled() && !clean {
            let cause = Cause { unclean: Some(broker), ..Cause::default() };
            self.update_partitions(cause, self.index.in_isr(broker), records);
            self.update_partitions(cause, self.index.in_elr(broker), records);
        } else {
            let cause = Cause { remove: Some(broker), ..Cause::default() };
            self.update_partitions(cause, self.index.in_isr(broker), records);
        }
    }

    /// Follows a heartbeat.
    ///
    /// # Errors
    /// STALE_BROKER_EPOCH if the process is not the registered one.
    pub fn heartbeat(
        &mut self,
        request: &BrokerHeartbeatRequest,
    ) -> Result<HeartbeatOutcome, ErrorCode> {
        let BrokerHeartbeatRequest { broker, broker_epoch, .. } = *request;
        self.check_broker_epoch(broker, broker_epoch)?;
        let registered_at = self.image.brokers.get(&broker).map_or(0, |b| b.registered_at);
        let is_caught_up = request.current_metadata_offset >= registered_at;
        let (current, next) = self.next_state(request, is_caught_up);
        let mut records = Vec::new();
        if current != next {
            match next {
                BrokerState::Fenced | BrokerState::ShutdownNow => {
                    self.fence(broker, &mut records);
                }
                BrokerState::Unfenced => self.unfence(broker, &mut records),
                BrokerState::ControlledShutdown => self.move_leaders_off(broker, &mut records),
            }
        }
        let is_fenced = matches!(next, BrokerState::Fenced | BrokerState::ShutdownNow);
        self.heartbeats.touch(broker, is_fenced, request.current_metadata_offset);
        let should_shut_down = next == BrokerState::ShutdownNow;
        let in_controlled_shutdown = next == BrokerState::ControlledShutdown;
        let error = ErrorCode::None;
        let response = BrokerHeartbeatResponse { error, is_caught_up, is_fenced, should_shut_down };
        Ok(HeartbeatOutcome { records, response, in_controlled_shutdown })
    }

    fn next_state(
        &self,
        request: &BrokerHeartbeatRequest,
        is_caught_up: bool,
    ) -> (BrokerState, BrokerState) {
        use BrokerState::{ControlledShutdown, Fenced, ShutdownNow, Unfenced};
        let broker = request.broker;
        let has_leaderships = || self.index.has_leaderships(broker);
        if self.heartbeats.is_shutting_down(broker) {
            let everybody_knows = || {
                let offset = self.heartbeats.shutdown_offset(broker);
                offset <= self.heartbeats.lowest_active_offset(&self.image)
            };
            let done = !has_leaderships() && everybody_knows();
            return (ControlledShutdown, if done { ShutdownNow } else { ControlledShutdown });
        }
        if !self.image.is_unfenced(broker.0) {
            let next = match () {
                () if request.want_shut_down => ShutdownNow,
                () if !request.want_fence && is_caught_up => Unfenced,
                () => Fenced,
            };
            return (Fenced, next);
        }
        let next = match (request.want_fence, request.want_shut_down) {
            (true, true) => ShutdownNow,
            (true, false) => Fenced,
            (false, true) if has_leaderships() => ControlledShutdown,
            (false, true) => ShutdownNow,
            (false, false) => Unfenced,
        };
        (Unfenced, next)
    }

    /// Takes a broker out of service: out of the ISRs, and leaders elsewhere.
    pub fn fence(&self, broker: NodeId, records: &mut Vec<MetadataRecord>) {
        let Some(registration) = self.image.brokers.get(&broker) else {
            return;
        };
        let cause = Cause { remove: Some(broker), ..Cause::default() };
        self.update_partitions(cause, self.index.in_isr(broker), records);
        records.push(MetadataRecord::BrokerRegistrationChange {
            broker,
            broker_epoch: registration.broker_epoch,
            fenced: Some(true),
            in_controlled_shutdown: None,
        });
    }

    fn unfence(&self, broker: NodeId, records: &mut Vec<MetadataRecord>) {
        let Some(registration) = self.image.brokers.get(&broker) else {
            return;
        };
        records.push(MetadataRecord::BrokerRegistrationChange {
            broker,
            broker_epoch: registration.broker_epoch,
            fenced: Some(false),
            in_controlled_shutdown: None,
        });
        let cause = Cause { add: Some(broker), ..Cause::default() };
        self.update_partitions(cause, self.index.leaderless(), records);
    }

    fn move_leaders_off(&self, broker: NodeId, records: &mut Vec<MetadataRecord>) {
        let Some(registration) = self.image.brokers.get(&broker) else {
            return;
        };
        if !registration.in_controlled_shutdown {
            records.push(MetadataRecord::BrokerRegistrationChange {
                broker,
                broker_epoch: registration.broker_epoch,
                fenced: None,
                in_controlled_shutdown: Some(true),
            });
        }
        let cause = Cause { remove: Some(broker), ..Cause::default() };
        self.update_partitions(cause, self.index.in_isr(broker), records);
    }

    /// Removes a broker for good.
    ///
    /// # Errors
    /// BROKER_ID_NOT_REGISTERED if there is no such broker.
    pub fn unregister_broker(&self, broker: NodeId) -> Result<Vec<MetadataRecord>, ErrorCode> {
        if !self.image.brokers.contains_key(&broker) {
            return Err(ErrorCode::BrokerIdNotRegistered);
        }
        let mut records = Vec::new();
        let cause = Cause { remove: Some(broker), ..Cause::default() };
        self.update_partitions(cause, self.index.in_isr(broker), &mut records);
        self.update_partitions(cause, self.index.in_elr(broker), &mut records);
        records.push(MetadataRecord::UnregisterBroker { broker });
        Ok(records)
    }

    /// Fences one broker that was not heard for its session timeout; Kafka does one at a time, so that each sees the effect
    /// of the one before. None if there is none.
    pub fn fence_stale(&mut self, now: Micros) -> Option<(NodeId, Vec<MetadataRecord>)> {
        let (broker, epoch) = self.heartbeats.next_expired(now)?;
        self.heartbeats.expire(broker);
        let mut records = Vec::new();
        let current = self.image.brokers.get(&broker);
        // A broker that was fenced when it stopped is fenced again, as in Kafka's own metadata logs.
        if current.is_some_and(|known| known.broker_epoch == epoch) {
            self.fence(broker, &mut records);
        }
        Some((broker, records))
    }

    /// Whether the request comes from the registered process of the broker.
    pub(super) fn check_broker_epoch(
        &self,
        broker: NodeId,
        epoch: BrokerEpoch,
    ) -> Result<(), ErrorCode> {
        let known = self.image.brokers.get(&broker);
        match known.is_some_and(|registration| registration.broker_epoch == epoch) {
            true => Ok(()),
            false => Err(ErrorCode::StaleBrokerEpoch),
        }
    }

    /// Gives out the next block of producer ids.
    ///
    /// # Errors
    /// STALE_BROKER_EPOCH if the process is not the registered one.
    pub fn allocate_producer_ids(
        &self,
        request: &AllocateProducerIdsRequest,
    ) -> Result<(Vec<MetadataRecord>, AllocateProducerIdsResponse), ErrorCode> {
        self.check_broker_epoch(request.broker, request.broker_epoch)?;
        let first_producer_id = self.image.next_producer_id;
        let next_producer_id = first_producer_id + ProducerId::from(PRODUCER_ID_BLOCK);
        let (error, count) = (ErrorCode::None, PRODUCER_ID_BLOCK);
        let response = AllocateProducerIdsResponse { error, first_producer_id, count };
        Ok((vec![MetadataRecord::ProducerIds { next_producer_id }], response))
    }
}

/// How many producer ids a broker gets at a time.
const PRODUCER_ID_BLOCK: i32 = 1000;
