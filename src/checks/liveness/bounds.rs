//! How long recovery may take, from the configuration.

use crate::sim::setup::ClusterSetup;
use crate::sim::time::Micros;

/// How long a consumer waits for the answer to JoinGroup beyond the rebalance timeout (Kafka's `JOIN_GROUP_TIMEOUT_LAPSE`).
const JOIN_GROUP_LAPSE_MS: i64 = 5_000;

/// The longest times of any client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ClientTimes {
    pub request_timeout_ms: i64,
    pub session_timeout_ms: i64,
    /// `max.poll.interval.ms`: how long a rebalance waits for a member.
    pub rebalance_timeout_ms: i64,
    /// `delivery.timeout.ms`: after which a producer gives a record up.
    pub delivery_timeout_ms: i64,
}

/// Simulated times after the end of the last fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bounds {
    /// Until every partition has its leader and a full ISR.
    pub replicas: Micros,
    /// Until every group is stable and has read everything.
    pub clients: Micros,
}

impl Bounds {
    /// The bounds of a cluster and its clients.
    ///
    /// Replicas: the processes boot; voters notice that there is no leader and elect one, the vote being split once; a broker's
    /// heartbeat or registration that was lost on the way is given up and sent again after its backoff, which is a session
    /// timeout together; a follower's fetch that was lost is given up, and then waits twice its backoff; the leader's
    /// AlterPartition that was lost is given up.
    ///
    /// Clients: after that, a consumer gives up a JoinGroup that was lost, looks for the coordinator and the metadata again, and
    /// the group waits for those who do not come back until their session or the rebalance timeout ends. Meanwhile producers
    /// may go on until the replicas are in sync; what they cannot deliver they give up with the delivery timeout, at the
    /// latest when the request under way then has ended.
    pub fn of(setup: &ClusterSetup, clients: ClientTimes) -> Bounds {
        let config = &setup.config;
        let election =
            2 * config.quorum_election_timeout_ms + config.quorum_election_backoff_max_ms;
        let controller = config.quorum_fetch_timeout_ms + 2 * election;
        let registered = config.broker_session_timeout_ms;
        let copied = config.replica_socket_timeout_ms + 2 * config.replica_fetch_backoff_ms;
        let in_sync = config.controller_socket_timeout_ms;
        let replicas =
            setup.costs.boot + Micros::from_ms(controller + registered + copied + in_sync);
        let joined = JOIN_GROUP_LAPSE_MS + 2 * clients.request_timeout_ms;
        let stable = joined + clients.session_timeout_ms.max(clients.rebalance_timeout_ms);
        let delivered = clients.delivery_timeout_ms + clients.request_timeout_ms;
        Bounds { replicas, clients: replicas + Micros::from_ms(stable.max(delivered)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_grow_with_the_timeouts_they_rest_on() {
        let setup = ClusterSetup::split(1, 3, 3);
        let times = ClientTimes::default();
        let before = Bounds::of(&setup, times);
        let mut slow = setup.clone();
        slow.config.broker_session_timeout_ms += 1_000;
        assert_eq!(Bounds::of(&slow, times).replicas, before.replicas + Micros::from_ms(1_000));
        let times = ClientTimes { session_timeout_ms: 7_000, ..times };
        assert_eq!(Bounds::of(&setup, times).clients, before.clients + Micros::from_ms(7_000));
    }
}
