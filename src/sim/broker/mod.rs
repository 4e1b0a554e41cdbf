//! The broker: replicas as leaders and followers, produce, fetch, and the coordinators it hosts.

/// A timer of a broker.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum BrokerTimer {}
