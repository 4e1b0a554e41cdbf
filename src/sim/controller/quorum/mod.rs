//! KRaft: votes, the metadata log and its replication (KIP-595, KIP-996).

/// A timer of a quorum member or observer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum QuorumTimer {}

/// What the quorum keeps on disk: `quorum-state` and the metadata log. Flushed before anything is answered.
#[derive(Clone, Debug, Default, Hash)]
pub struct QuorumDisk {}
