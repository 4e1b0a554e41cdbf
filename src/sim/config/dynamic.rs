//! Configs that a broker changes while it runs (`DynamicBrokerConfig`).

use std::sync::Arc;

use super::BrokerConfig;

/// Those of the modelled configs that Kafka changes without a restart.
///
/// Simplification: Kafka also resizes the pool of request threads (`num.io.threads`); here a broker keeps its threads, so
/// the change is refused like that of any other config that needs a restart.
const DYNAMIC: [&str; 4] = [
    "message.max.bytes",
    "min.insync.replicas",
    "producer.id.expiration.ms",
    "unclean.leader.election.enable",
];

impl BrokerConfig {
    /// Every name that can be set while the broker runs.
    pub const DYNAMIC_NAMES: &[&'static str] = &DYNAMIC;
}

/// Why a broker does not pass changes of a broker's or of all brokers' configs on to the controller.
///
/// Simplification: Kafka takes names that it does not know, for plugins may; here the controller refuses them.
pub fn why_refused(changes: &[(Arc<str>, Option<Arc<str>>)]) -> Option<String> {
    let names = || changes.iter().map(|(name, _)| &**name);
    let is_fixed = |name: &&str| BrokerConfig::NAMES.contains(name) && !DYNAMIC.contains(name);
    let fixed: Vec<&str> = names().filter(is_fixed).collect();
    if !fixed.is_empty() {
        return Some(format!("Cannot update these configs dynamically: [{}]", fixed.join(", ")));
    }
    let values = changes.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
    let mut known = values.filter(|(name, _)| DYNAMIC.contains(&&***name));
    known
        .find_map(|(name, value)| BrokerConfig::default().set(name, value).err())
        .map(|why| why.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `kafka-configs.sh --entity-type brokers` of a real cluster prints them.
    #[test]
    fn what_needs_a_restart_is_refused() {
        let change = |name: &str, value: &str| why_refused(&[(name.into(), Some(value.into()))]);
        assert_eq!(
            change("replica.lag.time.max.ms", "1000").as_deref(),
            Some("Cannot update these configs dynamically: [replica.lag.time.max.ms]")
        );
        assert_eq!(
            change("min.insync.replicas", "0").as_deref(),
            Some("Invalid value 0 for configuration min.insync.replicas: Value must be at least 1")
        );
        assert_eq!(change("unclean.leader.election.enable", "true"), None);
        assert_eq!(why_refused(&[("min.insync.replicas".into(), None)]), None);
    }

    #[test]
    fn every_dynamic_config_is_modelled() {
        assert!(DYNAMIC.iter().all(|name| BrokerConfig::NAMES.contains(name)));
    }
}
