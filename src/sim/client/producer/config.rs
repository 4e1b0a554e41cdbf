//! What the Java producer makes of its configs before it starts.

use std::fmt;

use crate::sim::config::ProducerConfig;
use crate::sim::protocol::data::Acks;

/// Kafka's `ConfigException`: configs that contradict each other.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConfigException(pub &'static str);

impl fmt::Display for ConfigException {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for ConfigException {}

/// Returns the configs in force. `explicit` names those that the user set: where the default of another config would
/// contradict them, the default gives way silently.
///
/// # Errors
/// If configs contradict each other that the user set.
pub fn in_force(
    config: &ProducerConfig,
    explicit: &[&str],
) -> Result<ProducerConfig, ConfigException> {
    let mut config = config.clone();
    let is_explicit = |name: &str| explicit.contains(&name);
    if config.enable_idempotence {
        let conflict = if config.retries == 0 {
            Some("Must set retries to non-zero when using the idempotent producer.")
        } else if config.acks != Acks::All {
            Some(
                "Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee idempotence.",
            )
        } else {
            None
        };
        match conflict {
            Some(message) if is_explicit("enable.idempotence") => {
                return Err(ConfigException(message));
            }
            Some(_) => config.enable_idempotence = false,
            None => {}
        }
    }
    if config.enable_idempotence && config.max_in_flight_requests_per_connection > 5 {
        return Err(ConfigException(
            "Must set max.in.flight.requests.per.connection to at most 5 to use the idempotent producer.",
        ));
    }
    let least = config.linger_ms + config.request_timeout_ms;
    if config.delivery_timeout_ms < least {
        if is_explicit("delivery.timeout.ms") {
            return Err(ConfigException(
                "delivery.timeout.ms should be equal to or larger than linger.ms + request.timeout.ms",
            ));
        }
        config.delivery_timeout_ms = least;
    }
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idempotence_gives_way_unless_it_was_asked_for() {
        let config = ProducerConfig { acks: Acks::Leader, ..ProducerConfig::default() };
        assert!(!in_force(&config, &["acks"]).unwrap().enable_idempotence);
        assert!(in_force(&config, &["acks", "enable.idempotence"]).is_err());
        let config = ProducerConfig { retries: 0, ..ProducerConfig::default() };
        assert!(!in_force(&config, &[]).unwrap().enable_idempotence);
    }

    #[test]
    fn more_than_five_in_flight_need_idempotence_off() {
        let mut config = ProducerConfig {
            max_in_flight_requests_per_connection: 6,
            ..ProducerConfig::default()
        };
        assert!(in_force(&config, &[]).is_err());
        config.enable_idempotence = false;
        assert!(in_force(&config, &[]).is_ok());
    }

    #[test]
    fn a_delivery_timeout_is_raised_or_refused() {
        let config = ProducerConfig { delivery_timeout_ms: 1000, ..ProducerConfig::default() };
        assert_eq!(in_force(&config, &[]).unwrap().delivery_timeout_ms, 30_005);
        assert!(in_force(&config, &["delivery.timeout.ms"]).is_err());
    }
}
