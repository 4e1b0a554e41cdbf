//! Answers that refuse a request as a whole, in the form each API has for it.

use std::sync::Arc;

use crate::sim::ids::*;
use crate::sim::protocol::admin::*;
use crate::sim::protocol::control::*;
use crate::sim::protocol::{ErrorCode, Request, Response};

/// The refusal of a request to the controller; None if the API is not the controller's.
pub(super) fn refusal(request: &Request, error: ErrorCode) -> Option<Response> {
    let result = || ApiError::from(error);
    let named = |topics: Vec<Arc<str>>| topics.into_iter().map(|name| (name, result())).collect();
    Some(match request {
        Request::BrokerRegistration(_) => {
            BrokerRegistrationResponse { error, broker_epoch: -1 }.into()
        }
        Request::BrokerHeartbeat(_) => {
            let (is_caught_up, is_fenced, should_shut_down) = (false, true, false);
            BrokerHeartbeatResponse { error, is_caught_up, is_fenced, should_shut_down }.into()
        }
        Request::AlterPartition(_) => {
            AlterPartitionResponse { error, partitions: Vec::new() }.into()
        }
        Request::AllocateProducerIds(_) => {
            AllocateProducerIdsResponse { error, first_producer_id: -1, count: 0 }.into()
        }
        Request::CreateTopics(CreateTopicsRequest { topics, .. }) => {
            let names = topics.iter().map(|topic| topic.name.clone()).collect();
            CreateTopicsResponse { topics: named(names) }.into()
        }
        Request::CreatePartitions(CreatePartitionsRequest { topics, .. }) => {
            let names = topics.iter().map(|(name, _)| name.clone()).collect();
            CreatePartitionsResponse { topics: named(names) }.into()
        }
        Request::DeleteTopics(DeleteTopicsRequest { topics, .. }) => {
            DeleteTopicsResponse { topics: named(topics.clone()) }.into()
        }
        Request::ElectLeaders(ElectLeadersRequest { partitions, .. }) => {
            let partition =
                |(name, number): &(Arc<str>, PartitionIndex)| (name.clone(), *number, result());
            let partitions = partitions.iter().flatten().map(partition).collect();
            ElectLeadersResponse { error, partitions }.into()
        }
        Request::IncrementalAlterConfigs(_) => {
            IncrementalAlterConfigsResponse { result: result() }.into()
        }
        _ => return None,
    })
}
