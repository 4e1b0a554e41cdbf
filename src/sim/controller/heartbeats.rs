//! Sessions of brokers: kept in the memory of the active controller only (Kafka's `BrokerHeartbeatManager`).

use super::metadata::MetadataImage;
use crate::sim::ids::*;
use crate::sim::sorted::SortedMap;
use crate::sim::time::Micros;

/// What the controller knows of a broker's heartbeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Session {
    /// When the broker was heard last, with the epoch it had; None = no session.
    contact: Option<(Micros, BrokerEpoch)>,
    /// Highest metadata offset that the broker has applied; -1 = unknown.
    metadata_offset: Offset,
    /// The broker may stop when every active broker has this offset; -1 = not shutting down.
    shutdown_offset: Offset,
}

/// All sessions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Heartbeats {
    timeout: Micros,
    sessions: SortedMap<NodeId, Session>,
}

impl Heartbeats {
    /// Gives every unfenced broker a fresh session.
    pub fn activate(image: &MetadataImage, now: Micros, timeout: Micros) -> Heartbeats {
        let mut heartbeats = Heartbeats { timeout, sessions: SortedMap::new() };
        for (broker, registration) in &image.brokers {
            let contact = (!registration.fenced).then_some((now, registration.broker_epoch));
            let session = Session { contact, ..NEW };
            heartbeats.sessions.insert(*broker, session);
        }
        heartbeats
    }

    /// Whether the broker was heard within its session timeout.
    pub fn has_valid_session(&self, broker: NodeId, epoch: BrokerEpoch, now: Micros) -> bool {
        let contact = self.sessions.get(&broker).and_then(|session| session.contact);
        contact.is_some_and(|(time, known)| known == epoch && !self.is_expired(time, now))
    }

    /// How long a broker with a session has been silent, and the silence that ends it.
    pub fn silence(&self, broker: NodeId, now: Micros) -> Option<(Micros, Micros)> {
        let (time, _) = self.sessions.get(&broker)?.contact?;
        Some((Micros(now.0.saturating_sub(time.0)), self.timeout))
    }

    /// Begins anew for a process that has registered.
    pub fn register(&mut self, broker: NodeId) {
        self.sessions.insert(broker, NEW);
    }

    /// Notes that a heartbeat of a broker with a session arrived.
    pub fn contact(&mut self, broker: NodeId, epoch: BrokerEpoch, now: Micros) {
        if let Some(session) = self.sessions.get_mut(&broker) {
            session.contact = Some((now, epoch));
        }
    }

    /// Notes what a heartbeat said and led to.
    pub fn touch(&mut self, broker: NodeId, fenced: bool, metadata_offset: Offset) {
        let session = self.sessions.entry(broker).or_insert(NEW);
        session.metadata_offset = metadata_offset;
        if fenced {
            session.shutdown_offset = -1;
        }
    }

    /// Ends the session of a broker that is fenced because of its silence.
    pub fn expire(&mut self, broker: NodeId) {
        if let Some(session) = self.sessions.get_mut(&broker) {
            session.contact = None;
            session.shutdown_offset = -1;
        }
    }

    /// Whether the broker is in its controlled shutdown.
    pub fn is_shutting_down(&self, broker: NodeId) -> bool {
        self.shutdown_offset(broker) >= 0
    }

    /// The offset that active brokers must reach before the broker may stop.
    pub fn shutdown_offset(&self, broker: NodeId) -> Offset {
        self.sessions.get(&broker).map_or(-1, |session| session.shutdown_offset)
    }

    /// Begins a controlled shutdown at an offset, unless it has begun.
    pub fn begin_shutdown(&mut self, broker: NodeId, offset: Offset) {
        let session = self.sessions.entry(broker).or_insert(NEW);
        if session.shutdown_offset < 0 {
            session.shutdown_offset = offset;
        }
    }

    /// The lowest metadata offset of the active brokers; the largest number if there are none.
    pub fn lowest_active_offset(&self, image: &MetadataImage) -> Offset {
        let active =
            |broker: &NodeId| image.is_unfenced(broker.0) && !self.is_shutting_down(*broker);
        let offsets = self.sessions.iter().filter(|(broker, _)| active(broker));
        offsets.map(|(_, session)| session.metadata_offset).min().unwrap_or(Offset::MAX)
    }

    /// The first broker whose session has ended and that nobody has noticed yet.
    pub fn next_expired(&self, now: Micros) -> Option<(NodeId, BrokerEpoch)> {
        let mut contacts = self.sessions.iter().filter_map(|(broker, session)| {
            let (time, epoch) = session.contact?;
            self.is_expired(time, now).then_some((*broker, epoch))
        });
        contacts.next()
    }

    fn is_expired(&self, contact: Micros, now: Micros) -> bool {
        contact + self.timeout < now
    }
}

const NEW: Session = Session { contact: None, metadata_offset: -1, shutdown_offset: -1 };
