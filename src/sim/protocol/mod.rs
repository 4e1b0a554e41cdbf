//! Requests and responses, named as in Kafka's protocol guide, with the fields that the simulation needs.
//!
//! A request travels as `Arc<Request>` and is never changed by the receiver. Sizes are those of the binary format to within
//! a few bytes (`size_bytes`), so that transfer times are real.
pub mod admin;
pub mod control;
pub mod data;
pub mod error;
pub mod group;
pub mod quorum;

use std::hash::Hash;

use serde::{Deserialize, Serialize};

pub use error::ErrorCode;

use admin::*;
use control::*;
use data::*;
use group::*;
use quorum::*;

macro_rules! messages {
    ($($api:ident($request:ty, $response:ty) = $key:literal,)*) => {
        /// An API of the protocol with its key.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Api {
            $(
                #[doc = stringify!($api)]
                $api = $key,
            )*
        }

        impl Api {
            /// The name in Kafka's protocol guide.
            pub fn name(self) -> &'static str {
                match self { $(Api::$api => stringify!($api),)* }
            }
        }

        /// A request on a connection.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub enum Request {
            $(
                #[doc = stringify!($api)]
                $api($request),
            )*
        }

        /// The answer to a request of the same name.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub enum Response {
            $(
                #[doc = stringify!($api)]
                $api($response),
            )*
        }

        impl Request {
            /// Which API the request belongs to.
            pub fn api(&self) -> Api {
                match self { $(Request::$api(_) => Api::$api,)* }
            }

            /// Bytes on the wire.
            pub fn size_bytes(&self) -> u32 {
                REQUEST_HEADER_BYTES + match self { $(Request::$api(request) => request.size_bytes(),)* }
            }
        }

        impl Response {
            /// Which API the response belongs to.
            pub fn api(&self) -> Api {
                match self { $(Response::$api(_) => Api::$api,)* }
            }

            /// Bytes on the wire.
            pub fn size_bytes(&self) -> u32 {
                RESPONSE_HEADER_BYTES + match self { $(Response::$api(response) => response.size_bytes(),)* }
            }
        }

        $(
            impl From<$request> for Request {
                fn from(request: $request) -> Request {
                    Request::$api(request)
                }
            }

            impl From<$response> for Response {
                fn from(response: $response) -> Response {
                    Response::$api(response)
                }
            }
        )*
    };
}

messages! {
    Produce(ProduceRequest, ProduceResponse) = 0,
    Fetch(FetchRequest, FetchResponse) = 1,
    ListOffsets(ListOffsetsRequest, ListOffsetsResponse) = 2,
    Metadata(MetadataRequest, MetadataResponse) = 3,
    OffsetCommit(OffsetCommitRequest, OffsetCommitResponse) = 8,
    OffsetFetch(OffsetFetchRequest, OffsetFetchResponse) = 9,
    FindCoordinator(FindCoordinatorRequest, FindCoordinatorResponse) = 10,
    JoinGroup(JoinGroupRequest, JoinGroupResponse) = 11,
    Heartbeat(HeartbeatRequest, HeartbeatResponse) = 12,
    LeaveGroup(LeaveGroupRequest, LeaveGroupResponse) = 13,
    SyncGroup(SyncGroupRequest, SyncGroupResponse) = 14,
    DescribeGroups(DescribeGroupsRequest, DescribeGroupsResponse) = 15,
    CreateTopics(CreateTopicsRequest, CreateTopicsResponse) = 19,
    DeleteTopics(DeleteTopicsRequest, DeleteTopicsResponse) = 20,
    InitProducerId(InitProducerIdRequest, InitProducerIdResponse) = 22,
    OffsetForLeaderEpoch(OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse) = 23,
    CreatePartitions(CreatePartitionsRequest, CreatePartitionsResponse) = 37,
    ElectLeaders(ElectLeadersRequest, ElectLeadersResponse) = 43,
    IncrementalAlterConfigs(IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse) = 44,
    Vote(VoteRequest, VoteResponse) = 52,
    BeginQuorumEpoch(BeginQuorumEpochRequest, BeginQuorumEpochResponse) = 53,
    EndQuorumEpoch(EndQuorumEpochRequest, EndQuorumEpochResponse) = 54,
    AlterPartition(AlterPartitionRequest, AlterPartitionResponse) = 56,
    FetchMetadata(FetchMetadataRequest, FetchMetadataResponse) = 1001,
    BrokerRegistration(BrokerRegistrationRequest, BrokerRegistrationResponse) = 62,
    BrokerHeartbeat(BrokerHeartbeatRequest, BrokerHeartbeatResponse) = 63,
    AllocateProducerIds(AllocateProducerIdsRequest, AllocateProducerIdsResponse) = 67,
}

/// Length, API key, version, correlation id, client id, tagged fields.
const REQUEST_HEADER_BYTES: u32 = 30;
/// Length, correlation id, tagged fields.
const RESPONSE_HEADER_BYTES: u32 = 9;
