//! Every error of Kafka's protocol: code, name, exception class, whether clients retry and refresh metadata.
//!
//! The table is that of Kafka 4.4.0; the codes have been stable since they were introduced.

use serde::{Deserialize, Serialize};

macro_rules! errors {
    ($($variant:ident = $code:literal, $name:literal, $exception:literal, $retriable:literal, $refresh:literal;)*) => {
        /// A protocol error, named as in `org.apache.kafka.common.protocol.Errors`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum ErrorCode {
            $(
                #[doc = $name]
                $variant = $code,
            )*
        }

        impl Default for ErrorCode {
            fn default() -> Self {
                ErrorCode::None
            }
        }

        impl ErrorCode {
            /// Every error, in the order of the codes.
            pub const ALL: &[ErrorCode] = &[$(ErrorCode::$variant),*];

            /// The name in Kafka's protocol guide, `NOT_LEADER_OR_FOLLOWER`.
            pub fn name(self) -> &'static str {
                match self { $(ErrorCode::$variant => $name,)* }
            }

            /// The simple name of the exception that clients throw, empty for NONE.
            pub fn exception(self) -> &'static str {
                match self { $(ErrorCode::$variant => $exception,)* }
            }

            /// Whether the exception is a RetriableException.
            pub fn is_retriable(self) -> bool {
                match self { $(ErrorCode::$variant => $retriable,)* }
            }

            /// Whether the exception is an InvalidMetadataException, so that clients refresh their metadata.
            pub fn refreshes_metadata(self) -> bool {
                match self { $(ErrorCode::$variant => $refresh,)* }
            }
        }
    };
}

errors! {
    UnknownServerError = -1, "UNKNOWN_SERVER_ERROR", "UnknownServerException", false, false;
    None = 0, "NONE", "", false, false;
    OffsetOutOfRange = 1, "OFFSET_OUT_OF_RANGE", "OffsetOutOfRangeException", false, false;
    CorruptMessage = 2, "CORRUPT_MESSAGE", "CorruptRecordException", true, false;
    UnknownTopicOrPartition = 3, "UNKNOWN_TOPIC_OR_PARTITION", "UnknownTopicOrPartitionException", true, true;
    InvalidFetchSize = 4, "INVALID_FETCH_SIZE", "InvalidFetchSizeException", false, false;
    LeaderNotAvailable = 5, "LEADER_NOT_AVAILABLE", "LeaderNotAvailableException", true, true;
    NotLeaderOrFollower = 6, "NOT_LEADER_OR_FOLLOWER", "NotLeaderOrFollowerException", true, true;
    RequestTimedOut = 7, "REQUEST_TIMED_OUT", "TimeoutException", true, false;
    BrokerNotAvailable = 8, "BROKER_NOT_AVAILABLE", "BrokerNotAvailableException", false, false;
    ReplicaNotAvailable = 9, "REPLICA_NOT_AVAILABLE", "ReplicaNotAvailableException", true, true;
    MessageTooLarge = 10, "MESSAGE_TOO_LARGE", "RecordTooLargeException", false, false;
    StaleControllerEpoch = 11, "STALE_CONTROLLER_EPOCH", "ControllerMovedException", false, false;
    OffsetMetadataTooLarge = 12, "OFFSET_METADATA_TOO_LARGE", "OffsetMetadataTooLarge", false, false;
    NetworkException = 13, "NETWORK_EXCEPTION", "NetworkException", true, true;
    CoordinatorLoadInProgress = 14, "COORDINATOR_LOAD_IN_PROGRESS", "CoordinatorLoadInProgressException", true, false;
    CoordinatorNotAvailable = 15, "COORDINATOR_NOT_AVAILABLE", "CoordinatorNotAvailableException", true, false;
    NotCoordinator = 16, "NOT_COORDINATOR", "NotCoordinatorException", true, false;
    InvalidTopicException = 17, "INVALID_TOPIC_EXCEPTION", "InvalidTopicException", false, false;
    RecordListTooLarge = 18, "RECORD_LIST_TOO_LARGE", "RecordBatchTooLargeException", false, false;
    NotEnoughReplicas = 19, "NOT_ENOUGH_REPLICAS", "NotEnoughReplicasException", true, false;
    NotEnoughReplicasAfterAppend = 20, "NOT_ENOUGH_REPLICAS_AFTER_APPEND", "NotEnoughReplicasAfterAppendException", true, false;
    InvalidRequiredAcks = 21, "INVALID_REQUIRED_ACKS", "InvalidRequiredAcksException", false, false;
    IllegalGeneration = 22, "ILLEGAL_GENERATION", "IllegalGenerationException", false, false;
    InconsistentGroupProtocol = 23, "INCONSISTENT_GROUP_PROTOCOL", "InconsistentGroupProtocolException", false, false;
    InvalidGroupId = 24, "INVALID_GROUP_ID", "InvalidGroupIdException", false, false;
    UnknownMemberId = 25, "UNKNOWN_MEMBER_ID", "UnknownMemberIdException", false, false;
    InvalidSessionTimeout = 26, "INVALID_SESSION_TIMEOUT", "InvalidSessionTimeoutException", false, false;
    RebalanceInProgress = 27, "REBALANCE_IN_PROGRESS", "RebalanceInProgressException", false, false;
    InvalidCommitOffsetSize = 28, "INVALID_COMMIT_OFFSET_SIZE", "InvalidCommitOffsetSizeException", false, false;
    TopicAuthorizationFailed = 29, "TOPIC_AUTHORIZATION_FAILED", "TopicAuthorizationException", false, false;
    GroupAuthorizationFailed = 30, "GROUP_AUTHORIZATION_FAILED", "GroupAuthorizationException", false, false;
    ClusterAuthorizationFailed = 31, "CLUSTER_AUTHORIZATION_FAILED", "ClusterAuthorizationException", false, false;
    InvalidTimestamp = 32, "INVALID_TIMESTAMP", "InvalidTimestampException", false, false;
    UnsupportedSaslMechanism = 33, "UNSUPPORTED_SASL_MECHANISM", "UnsupportedSaslMechanismException", false, false;
    IllegalSaslState = 34, "ILLEGAL_SASL_STATE", "IllegalSaslStateException", false, false;
    UnsupportedVersion = 35, "UNSUPPORTED_VERSION", "UnsupportedVersionException", false, false;
    TopicAlreadyExists = 36, "TOPIC_ALREADY_EXISTS", "TopicExistsException", false, false;
    InvalidPartitions = 37, "INVALID_PARTITIONS", "InvalidPartitionsException", false, false;
    InvalidReplicationFactor = 38, "INVALID_REPLICATION_FACTOR", "InvalidReplicationFactorException", false, false;
    InvalidReplicaAssignment = 39, "INVALID_REPLICA_ASSIGNMENT", "InvalidReplicaAssignmentException", false, false;
    InvalidConfig = 40, "INVALID_CONFIG", "InvalidConfigurationException", false, false;
    NotController = 41, "NOT_CONTROLLER", "NotControllerException", true, false;
    InvalidRequest = 42, "INVALID_REQUEST", "InvalidRequestException", false, false;
    UnsupportedForMessageFormat = 43, "UNSUPPORTED_FOR_MESSAGE_FORMAT", "UnsupportedForMessageFormatException", false, false;
    PolicyViolation = 44, "POLICY_VIOLATION", "PolicyViolationException", false, false;
    OutOfOrderSequenceNumber = 45, "OUT_OF_ORDER_SEQUENCE_NUMBER", "OutOfOrderSequenceException", false, false;
    DuplicateSequenceNumber = 46, "DUPLICATE_SEQUENCE_NUMBER", "DuplicateSequenceException", false, false;
    InvalidProducerEpoch = 47, "INVALID_PRODUCER_EPOCH", "InvalidProducerEpochException", false, false;
    InvalidTxnState = 48, "INVALID_TXN_STATE", "InvalidTxnStateException", false, false;
    InvalidProducerIdMapping = 49, "INVALID_PRODUCER_ID_MAPPING", "InvalidPidMappingException", false, false;
    InvalidTransactionTimeout = 50, "INVALID_TRANSACTION_TIMEOUT", "InvalidTxnTimeoutException", false, false;
    ConcurrentTransactions = 51, "CONCURRENT_TRANSACTIONS", "ConcurrentTransactionsException", true, false;
    TransactionCoordinatorFenced = 52, "TRANSACTION_COORDINATOR_FENCED", "TransactionCoordinatorFencedException", false, false;
    TransactionalIdAuthorizationFailed = 53, "TRANSACTIONAL_ID_AUTHORIZATION_FAILED", "TransactionalIdAuthorizationException", false, false;
    SecurityDisabled = 54, "SECURITY_DISABLED", "SecurityDisabledException", false, false;
    OperationNotAttempted = 55, "OPERATION_NOT_ATTEMPTED", "OperationNotAttemptedException", false, false;
    KafkaStorageError = 56, "KAFKA_STORAGE_ERROR", "KafkaStorageException", true, true;
    LogDirNotFound = 57, "LOG_DIR_NOT_FOUND", "LogDirNotFoundException", false, false;
    SaslAuthenticationFailed = 58, "SASL_AUTHENTICATION_FAILED", "SaslAuthenticationException", false, false;
    UnknownProducerId = 59, "UNKNOWN_PRODUCER_ID", "UnknownProducerIdException", false, false;
    ReassignmentInProgress = 60, "REASSIGNMENT_IN_PROGRESS", "ReassignmentInProgressException", false, false;
    DelegationTokenAuthDisabled = 61, "DELEGATION_TOKEN_AUTH_DISABLED", "DelegationTokenDisabledException", false, false;
    DelegationTokenNotFound = 62, "DELEGATION_TOKEN_NOT_FOUND", "DelegationTokenNotFoundException", false, false;
    DelegationTokenOwnerMismatch = 63, "DELEGATION_TOKEN_OWNER_MISMATCH", "DelegationTokenOwnerMismatchException", false, false;
    DelegationTokenRequestNotAllowed = 64, "DELEGATION_TOKEN_REQUEST_NOT_ALLOWED", "UnsupportedByAuthenticationException", false, false;
    DelegationTokenAuthorizationFailed = 65, "DELEGATION_TOKEN_AUTHORIZATION_FAILED", "DelegationTokenAuthorizationException", false, false;
    DelegationTokenExpired = 66, "DELEGATION_TOKEN_EXPIRED", "DelegationTokenExpiredException", false, false;
    InvalidPrincipalType = 67, "INVALID_PRINCIPAL_TYPE", "InvalidPrincipalTypeException", false, false;
    NonEmptyGroup = 68, "NON_EMPTY_GROUP", "GroupNotEmptyException", false, false;
    GroupIdNotFound = 69, "GROUP_ID_NOT_FOUND", "GroupIdNotFoundException", false, false;
    FetchSessionIdNotFound = 70, "FETCH_SESSION_ID_NOT_FOUND", "FetchSessionIdNotFoundException", true, false;
    InvalidFetchSessionEpoch = 71, "INVALID_FETCH_SESSION_EPOCH", "InvalidFetchSessionEpochException", true, false;
    ListenerNotFound = 72, "LISTENER_NOT_FOUND", "ListenerNotFoundException", true, true;
    TopicDeletionDisabled = 73, "TOPIC_DELETION_DISABLED", "TopicDeletionDisabledException", false, false;
    FencedLeaderEpoch = 74, "FENCED_LEADER_EPOCH", "FencedLeaderEpochException", true, true;
    UnknownLeaderEpoch = 75, "UNKNOWN_LEADER_EPOCH", "UnknownLeaderEpochException", true, false;
    UnsupportedCompressionType = 76, "UNSUPPORTED_COMPRESSION_TYPE", "UnsupportedCompressionTypeException", false, false;
    StaleBrokerEpoch = 77, "STALE_BROKER_EPOCH", "StaleBrokerEpochException", false, false;
    OffsetNotAvailable = 78, "OFFSET_NOT_AVAILABLE", "OffsetNotAvailableException", true, false;
    MemberIdRequired = 79, "MEMBER_ID_REQUIRED", "MemberIdRequiredException", false, false;
    PreferredLeaderNotAvailable = 80, "PREFERRED_LEADER_NOT_AVAILABLE", "PreferredLeaderNotAvailableException", true, true;
    GroupMaxSizeReached = 81, "GROUP_MAX_SIZE_REACHED", "GroupMaxSizeReachedException", false, false;
    FencedInstanceId = 82, "FENCED_INSTANCE_ID", "FencedInstanceIdException", false, false;
    EligibleLeadersNotAvailable = 83, "ELIGIBLE_LEADERS_NOT_AVAILABLE", "EligibleLeadersNotAvailableException", true, true;
    ElectionNotNeeded = 84, "ELECTION_NOT_NEEDED", "ElectionNotNeededException", true, true;
    NoReassignmentInProgress = 85, "NO_REASSIGNMENT_IN_PROGRESS", "NoReassignmentInProgressException", false, false;
    GroupSubscribedToTopic = 86, "GROUP_SUBSCRIBED_TO_TOPIC", "GroupSubscribedToTopicException", false, false;
    InvalidRecord = 87, "INVALID_RECORD", "InvalidRecordException", false, false;
    UnstableOffsetCommit = 88, "UNSTABLE_OFFSET_COMMIT", "UnstableOffsetCommitException", true, false;
    ThrottlingQuotaExceeded = 89, "THROTTLING_QUOTA_EXCEEDED", "ThrottlingQuotaExceededException", true, false;
    ProducerFenced = 90, "PRODUCER_FENCED", "ProducerFencedException", false, false;
    ResourceNotFound = 91, "RESOURCE_NOT_FOUND", "ResourceNotFoundException", false, false;
    DuplicateResource = 92, "DUPLICATE_RESOURCE", "DuplicateResourceException", false, false;
    UnacceptableCredential = 93, "UNACCEPTABLE_CREDENTIAL", "UnacceptableCredentialException", false, false;
    InconsistentVoterSet = 94, "INCONSISTENT_VOTER_SET", "InconsistentVoterSetException", false, false;
    InvalidUpdateVersion = 95, "INVALID_UPDATE_VERSION", "InvalidUpdateVersionException", false, false;
    FeatureUpdateFailed = 96, "FEATURE_UPDATE_FAILED", "FeatureUpdateFailedException", false, false;
    PrincipalDeserializationFailure = 97, "PRINCIPAL_DESERIALIZATION_FAILURE", "PrincipalDeserializationException", false, false;
    SnapshotNotFound = 98, "SNAPSHOT_NOT_FOUND", "SnapshotNotFoundException", false, false;
    PositionOutOfRange = 99, "POSITION_OUT_OF_RANGE", "PositionOutOfRangeException", false, false;
    UnknownTopicId = 100, "UNKNOWN_TOPIC_ID", "UnknownTopicIdException", true, true;
    DuplicateBrokerRegistration = 101, "DUPLICATE_BROKER_REGISTRATION", "DuplicateBrokerRegistrationException", false, false;
    BrokerIdNotRegistered = 102, "BROKER_ID_NOT_REGISTERED", "BrokerIdNotRegisteredException", false, false;
    InconsistentTopicId = 103, "INCONSISTENT_TOPIC_ID", "InconsistentTopicIdException", true, true;
    InconsistentClusterId = 104, "INCONSISTENT_CLUSTER_ID", "InconsistentClusterIdException", false, false;
    TransactionalIdNotFound = 105, "TRANSACTIONAL_ID_NOT_FOUND", "TransactionalIdNotFoundException", false, false;
    FetchSessionTopicIdError = 106, "FETCH_SESSION_TOPIC_ID_ERROR", "FetchSessionTopicIdException", true, false;
    IneligibleReplica = 107, "INELIGIBLE_REPLICA", "IneligibleReplicaException", false, false;
    NewLeaderElected = 108, "NEW_LEADER_ELECTED", "NewLeaderElectedException", false, false;
    OffsetMovedToTieredStorage = 109, "OFFSET_MOVED_TO_TIERED_STORAGE", "OffsetMovedToTieredStorageException", false, false;
    FencedMemberEpoch = 110, "FENCED_MEMBER_EPOCH", "FencedMemberEpochException", false, false;
    UnreleasedInstanceId = 111, "UNRELEASED_INSTANCE_ID", "UnreleasedInstanceIdException", false, false;
    UnsupportedAssignor = 112, "UNSUPPORTED_ASSIGNOR", "UnsupportedAssignorException", false, false;
    StaleMemberEpoch = 113, "STALE_MEMBER_EPOCH", "StaleMemberEpochException", false, false;
    MismatchedEndpointType = 114, "MISMATCHED_ENDPOINT_TYPE", "MismatchedEndpointTypeException", false, false;
    UnsupportedEndpointType = 115, "UNSUPPORTED_ENDPOINT_TYPE", "UnsupportedEndpointTypeException", false, false;
    UnknownControllerId = 116, "UNKNOWN_CONTROLLER_ID", "UnknownControllerIdException", false, false;
    UnknownSubscriptionId = 117, "UNKNOWN_SUBSCRIPTION_ID", "UnknownSubscriptionIdException", false, false;
    TelemetryTooLarge = 118, "TELEMETRY_TOO_LARGE", "TelemetryTooLargeException", false, false;
    InvalidRegistration = 119, "INVALID_REGISTRATION", "InvalidRegistrationException", false, false;
    TransactionAbortable = 120, "TRANSACTION_ABORTABLE", "TransactionAbortableException", false, false;
    InvalidRecordState = 121, "INVALID_RECORD_STATE", "InvalidRecordStateException", false, false;
    ShareSessionNotFound = 122, "SHARE_SESSION_NOT_FOUND", "ShareSessionNotFoundException", true, false;
    InvalidShareSessionEpoch = 123, "INVALID_SHARE_SESSION_EPOCH", "InvalidShareSessionEpochException", true, false;
    FencedStateEpoch = 124, "FENCED_STATE_EPOCH", "FencedStateEpochException", false, false;
    InvalidVoterKey = 125, "INVALID_VOTER_KEY", "InvalidVoterKeyException", false, false;
    DuplicateVoter = 126, "DUPLICATE_VOTER", "DuplicateVoterException", false, false;
    VoterNotFound = 127, "VOTER_NOT_FOUND", "VoterNotFoundException", false, false;
    InvalidRegularExpression = 128, "INVALID_REGULAR_EXPRESSION", "InvalidRegularExpression", false, false;
    RebootstrapRequired = 129, "REBOOTSTRAP_REQUIRED", "RebootstrapRequiredException", false, false;
    StreamsInvalidTopology = 130, "STREAMS_INVALID_TOPOLOGY", "StreamsInvalidTopologyException", false, false;
    StreamsInvalidTopologyEpoch = 131, "STREAMS_INVALID_TOPOLOGY_EPOCH", "StreamsInvalidTopologyEpochException", false, false;
    StreamsTopologyFenced = 132, "STREAMS_TOPOLOGY_FENCED", "StreamsTopologyFencedException", false, false;
    ShareSessionLimitReached = 133, "SHARE_SESSION_LIMIT_REACHED", "ShareSessionLimitReachedException", true, false;
    GroupDeletionFailed = 134, "GROUP_DELETION_FAILED", "GroupDeletionFailedException", false, false;
    StreamsTopologyDescriptionUpdateFailed = 135, "STREAMS_TOPOLOGY_DESCRIPTION_UPDATE_FAILED", "StreamsTopologyDescriptionUpdateFailedException", false, false;
    ControllerIdNotRegistered = 136, "CONTROLLER_ID_NOT_REGISTERED", "ControllerIdNotRegisteredException", false, false;
}

impl ErrorCode {
    /// The numeric code.
    pub fn code(self) -> i16 {
        self as i16
    }

    /// Whether there is no error.
    pub fn is_none(self) -> bool {
        self == ErrorCode::None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_rows() {
        let error = ErrorCode::NotLeaderOrFollower;
        assert_eq!((error.code(), error.name()), (6, "NOT_LEADER_OR_FOLLOWER"));
        assert!(error.is_retriable() && error.refreshes_metadata());
        assert_eq!(ErrorCode::UnknownServerError.code(), -1);
        assert!(!ErrorCode::UnknownServerError.is_retriable());
        assert_eq!(ErrorCode::NotEnoughReplicas.exception(), "NotEnoughReplicasException");
    }
}
