//! Configs that change while the cluster runs (IncrementalAlterConfigs).

use std::sync::Arc;

use super::metadata::MetadataRecord;
use super::state::{ControlState, ELR_FEATURE, METADATA_FEATURE, MIN_ISR};
use crate::sim::config::{BrokerConfig, ConfigError, TopicConfig};
use crate::sim::protocol::ErrorCode;
use crate::sim::protocol::admin::*;
use crate::sim::version::KafkaVersion;

impl ControlState {
    /// Sets and deletes configs of one resource, all or none of them.
    pub fn alter_configs(
        &self,
        request: &IncrementalAlterConfigsRequest,
    ) -> (Vec<MetadataRecord>, IncrementalAlterConfigsResponse) {
        match self.check_changes(request) {
            Ok(()) => {
                let result = ApiError::default();
                (self.config_records(request), IncrementalAlterConfigsResponse { result })
            }
            Err(result) => (Vec::new(), IncrementalAlterConfigsResponse { result }),
        }
    }

    fn check_changes(&self, request: &IncrementalAlterConfigsRequest) -> Result<(), ApiError> {
        let invalid =
            |message: String| ApiError { error: ErrorCode::InvalidConfig, message: message.into() };
        let unknown =
            |error: ErrorCode, message: String| ApiError { error, message: message.into() };
        match &request.resource {
            ConfigResource::Topic(name) if !self.image.topic_ids.contains_key(name) => {
                let message = format!("The topic '{name}' does not exist.");
                return Err(unknown(ErrorCode::UnknownTopicOrPartition, message));
            }
            ConfigResource::Broker(id) if !self.image.brokers.contains_key(id) => {
                let message = format!("Broker ID {id} is not currently registered");
                return Err(unknown(ErrorCode::BrokerIdNotRegistered, message));
            }
            ConfigResource::Broker(_)
                if self.elr_enabled() && request.changes.iter().any(is_min_isr) =>
            {
                return Err(invalid(format!(
                    "Broker-level {MIN_ISR} cannot be altered while ELR is enabled."
                )));
            }
            ConfigResource::Cluster
                if self.elr_enabled() && request.changes.iter().any(deletes_min_isr) =>
            {
                return Err(invalid(format!(
                    "Cluster-level {MIN_ISR} cannot be removed while ELR is enabled."
                )));
            }
            ConfigResource::Topic(_) | ConfigResource::Broker(_) | ConfigResource::Cluster => {}
        }
        let checked = request
            .changes
            .iter()
            .try_for_each(|(name, value)| check_value(&request.resource, name, value.as_deref()));
        checked.map_err(|why| match request.resource {
            ConfigResource::Topic(_) => invalid(why.of_topic()),
            ConfigResource::Broker(_) | ConfigResource::Cluster => invalid(why.to_string()),
        })
    }

    fn config_records(&self, request: &IncrementalAlterConfigsRequest) -> Vec<MetadataRecord> {
        let set = |(name, value): &(Arc<str>, Option<Arc<str>>)| {
            let unchanged = self.image.config(&request.resource, name) == value.as_ref();
            (!unchanged).then(|| MetadataRecord::Config {
                resource: request.resource.clone(),
                name: name.clone(),
                value: value.clone(),
            })
        };
        let mut records: Vec<MetadataRecord> = request.changes.iter().filter_map(set).collect();
        let cleared = self.cleared_elr(&records);
        records.extend(cleared);
        records
    }

    /// Every record of another min ISR brings one that clears the eligible leader replicas.
    pub(super) fn cleared_elr(&self, records: &[MetadataRecord]) -> Vec<MetadataRecord> {
        let cleared = |record: &MetadataRecord| match record {
            MetadataRecord::Config { resource, name, .. } if &**name == MIN_ISR => match resource {
                ConfigResource::Topic(name) => {
                    Some(MetadataRecord::ClearElr { topic: Some(name.clone()) })
                }
                ConfigResource::Broker(_) | ConfigResource::Cluster => {
                    Some(MetadataRecord::ClearElr { topic: None })
                }
            },
            _ => None,
        };
        match self.elr_enabled() {
            true => records.iter().filter_map(cleared).collect(),
            false => Vec::new(),
        }
    }

    /// What the first controller of a new cluster writes: the features that formatting chose.
    pub fn bootstrap(&self, elr: bool) -> Vec<MetadataRecord> {
        let level = |name: &str, level| MetadataRecord::FeatureLevel { name: name.into(), level };
        let mut records = vec![level(METADATA_FEATURE, metadata_version(self.version))];
        if elr {
            records.push(level(ELR_FEATURE, 1));
            records.push(MetadataRecord::Config {
                resource: ConfigResource::Cluster,
                name: MIN_ISR.into(),
                value: Some(self.config.min_insync_replicas.to_string().into()),
            });
        }
        records
    }
}

fn is_min_isr(change: &(Arc<str>, Option<Arc<str>>)) -> bool {
    &*change.0 == MIN_ISR
}

fn deletes_min_isr(change: &(Arc<str>, Option<Arc<str>>)) -> bool {
    is_min_isr(change) && change.1.is_none()
}

fn check_value(
    resource: &ConfigResource,
    name: &str,
    value: Option<&str>,
) -> Result<(), ConfigError> {
    let known = match resource {
        ConfigResource::Topic(_) => TopicConfig::NAMES.contains(&name),
        ConfigResource::Broker(_) | ConfigResource::Cluster => BrokerConfig::NAMES.contains(&name),
    };
    match (resource, value) {
        (_, None) if known => Ok(()),
        (_, None) => Err(ConfigError::Unknown { name: name.to_owned() }),
        (ConfigResource::Topic(_), Some(value)) => TopicConfig::default().set(name, value),
        (ConfigResource::Broker(_) | ConfigResource::Cluster, Some(value)) => {
            BrokerConfig::default().set(name, value)
        }
    }
}

/// The default level of `metadata.version` of a release.
///
/// Simplification: 4.4 keeps the level of 4.3, which decides about nothing that is simulated.
fn metadata_version(version: KafkaVersion) -> i16 {
    match version {
        KafkaVersion::V3_6 => 14,
        KafkaVersion::V3_9 => 21,
        KafkaVersion::V4_0 => 25,
        KafkaVersion::V4_1 => 27,
        KafkaVersion::V4_3 | KafkaVersion::V4_4 => 30,
    }
}
