//! The arguments of a step.

use serde_json::Value;

use super::program::partition_of;
use crate::sim::config::{AutoOffsetReset, ConsumerConfig, ProducerConfig};
use crate::sim::protocol::group::NamedPartition;
use crate::sim::version::KafkaVersion;

/// The arguments of a step.
#[derive(Clone, Copy, Debug)]
pub struct Args<'v>(pub &'v Value);

impl<'v> Args<'v> {
    /// A text.
    ///
    /// # Errors
    /// If there is none of that name; as with the others.
    pub fn text(self, name: &str) -> Result<&'v str, String> {
        self.0[name].as_str().ok_or_else(|| format!("the argument {name} is no text"))
    }

    /// A whole number.
    pub fn number(self, name: &str) -> Result<i64, String> {
        self.0[name].as_i64().ok_or_else(|| format!("the argument {name} is no number"))
    }

    /// A list of texts.
    pub fn texts(self, name: &str) -> Result<impl Iterator<Item = &'v str>, String> {
        let list =
            self.0[name].as_array().ok_or_else(|| format!("the argument {name} is no list"))?;
        Ok(list.iter().filter_map(Value::as_str))
    }

    /// A partition by the name of its topic.
    pub fn partition(self, name: &str) -> Result<NamedPartition, String> {
        let text = self.text(name)?;
        partition_of(text).ok_or_else(|| format!("no partition: {text}"))
    }

    /// Names and values of settings.
    pub fn settings(self, name: &str) -> impl Iterator<Item = (String, String)> + use<'v> {
        let settings = self.0.get(name).and_then(Value::as_object).into_iter().flatten();
        settings.map(|(name, value)| (name.clone(), plain(value)))
    }

    /// The producer that `client` describes; FORMAT.md says what holds for all.
    pub fn producer_config(self, version: KafkaVersion) -> Result<ProducerConfig, String> {
        let mut config = ProducerConfig { linger_ms: 0, ..ProducerConfig::for_version(version) };
        for (name, value) in self.settings("client") {
            config.set(&name, &value).map_err(|error| error.to_string())?;
        }
        Ok(config)
    }

    /// The consumer that `config` describes; FORMAT.md says what holds for all.
    pub fn consumer_config(self) -> Result<ConsumerConfig, String> {
        let mut config = self.consumer_defaults();
        for (name, value) in self.settings("config") {
            set_consumer(&mut config, &name, &value)?;
        }
        Ok(config)
    }

    /// A consumer's settings before those of its own.
    pub fn consumer_defaults(self) -> ConsumerConfig {
        ConsumerConfig {
            auto_offset_reset: AutoOffsetReset::Earliest,
            enable_auto_commit: false,
            ..ConsumerConfig::default()
        }
    }
}

/// Sets a consumer's setting. Assignors may be named by their class.
pub fn set_consumer(config: &mut ConsumerConfig, name: &str, value: &str) -> Result<(), String> {
    let value = match name {
        "partition.assignment.strategy" => {
            value.split(',').map(assignor).collect::<Vec<_>>().join(",")
        }
        _ => value.to_owned(),
    };
    config.set(name, &value).map_err(|error| error.to_string())
}

/// The name in the group's protocols of an assignor's class.
fn assignor(class: &str) -> &str {
    match class.trim().rsplit('.').next() {
        Some("RangeAssignor") => "range",
        Some("RoundRobinAssignor") => "roundrobin",
        Some("StickyAssignor") => "sticky",
        Some("CooperativeStickyAssignor") => "cooperative-sticky",
        Some(_) | None => class.trim(),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn settings_win_over_what_holds_for_all() {
        let value = json!({ "client": { "acks": "1", "retries": 0, "linger.ms": 7 } });
        let config = Args(&value).producer_config(KafkaVersion::V4_3).expect("all are known");
        assert_eq!((config.retries, config.linger_ms), (0, 7));
        let value = json!({ "config": { "auto.offset.reset": "none", "session.timeout.ms": 3000,
            "partition.assignment.strategy": "org.apache.kafka.clients.consumer.RangeAssignor" } });
        let config = Args(&value).consumer_config().expect("all are known");
        assert_eq!(config.auto_offset_reset, AutoOffsetReset::None);
        assert_eq!(config.partition_assignment_strategy, "range");
        assert!(!config.enable_auto_commit);
    }

    #[test]
    fn a_setting_that_is_not_modelled_is_refused() {
        let value = json!({ "config": { "group.protocol": "consumer" } });
        assert!(Args(&value).consumer_config().is_err());
    }
}
