//! The cluster of a recording: layout, speed, extra properties.

use super::recording::Meta;
use crate::limits::BROKERS_MAX;
use crate::sim::config::{BrokerConfig, ConfigError};
use crate::sim::ids::NodeId;
use crate::sim::setup::{ClusterSetup, NetworkSpec};
use crate::sim::time::Micros;
use crate::sim::version::KafkaVersion;

/// `cluster/fast.properties` of the recorder, as far as a broker here has the part that reads the setting.
const FAST: [(&str, &str); 7] = [
    ("broker.session.timeout.ms", "3000"),
    ("broker.heartbeat.interval.ms", "500"),
    ("replica.lag.time.max.ms", "4000"),
    ("replica.fetch.wait.max.ms", "200"),
    ("group.initial.rebalance.delay.ms", "500"),
    ("group.min.session.timeout.ms", "1000"),
    ("auto.leader.rebalance.enable", "false"),
];

/// The separate controller of the split layout.
const CONTROLLER: NodeId = NodeId(100);

/// All processes of a recording ran on one machine.
const LOOPBACK: NetworkSpec =
    NetworkSpec { latency: Micros(50), jitter_mean: Micros(10), bandwidth: 5_000_000_000 };

/// The setup of a recording.
///
/// # Errors
/// If the project cannot build such a cluster; the text says why.
pub fn setup(meta: &Meta, seed: u64) -> Result<ClusterSetup, String> {
    if !(1..=BROKERS_MAX as i32).contains(&meta.brokers) {
        return Err(format!("a cluster of {} brokers cannot be built", meta.brokers));
    }
    let mut setup = match meta.layout.as_str() {
        "split" => split(seed, meta.brokers),
        "combined" => ClusterSetup::combined(seed, meta.brokers),
        other => return Err(format!("the layout {other} is not modelled")),
    };
    setup.version = version(&meta.kafka)?;
    setup.config.num_io_threads = 4;
    setup.network = LOOPBACK;
    match meta.speed.as_str() {
        "fast" => FAST.iter().try_for_each(|(name, value)| set(&mut setup.config, name, value))?,
        // The recorder never lets the controller move leaders by itself.
        "stock" => set(&mut setup.config, "auto.leader.rebalance.enable", "false")?,
        other => return Err(format!("the speed {other} is not known")),
    }
    for line in meta.extra_server_properties.lines().map(str::trim).filter(|l| !l.is_empty()) {
        let (name, value) = line.split_once('=').ok_or(format!("no property: {line}"))?;
        set(&mut setup.config, name.trim(), value.trim())?;
    }
    setup.elr = elr(&meta.extra_format_arguments)?;
    Ok(setup)
}

fn split(seed: u64, brokers: i32) -> ClusterSetup {
    let mut setup = ClusterSetup::split(seed, brokers, 1);
    for server in setup.servers.iter_mut().filter(|server| server.roles.is_controller()) {
        server.id = CONTROLLER;
    }
    setup
}

fn set(config: &mut BrokerConfig, name: &str, value: &str) -> Result<(), String> {
    config.set(name, value).map_err(|error: ConfigError| error.to_string())
}

/// The release of a version number.
fn version(text: &str) -> Result<KafkaVersion, String> {
    let minor = text.split('.').take(2).collect::<Vec<_>>().join(".");
    match minor.as_str() {
        "3.6" => Ok(KafkaVersion::V3_6),
        "3.9" => Ok(KafkaVersion::V3_9),
        "4.0" => Ok(KafkaVersion::V4_0),
        "4.1" => Ok(KafkaVersion::V4_1),
        "4.2" | "4.3" => Ok(KafkaVersion::V4_3),
        "4.4" => Ok(KafkaVersion::V4_4),
        _ => Err(format!("Kafka {text} is not modelled")),
    }
}

/// What `--feature eligible.leader.replicas.version=N` says.
fn elr(arguments: &str) -> Result<Option<bool>, String> {
    let mut elr = None;
    let mut words = arguments.split_whitespace();
    while let Some(word) = words.next() {
        let feature = match word {
            "--feature" => words.next().unwrap_or_default(),
            other => return Err(format!("the format argument {other} is not modelled")),
        };
        match feature.split_once('=') {
            Some(("eligible.leader.replicas.version", level)) => elr = Some(level != "0"),
            _ => return Err(format!("the feature {feature} is not modelled")),
        }
    }
    Ok(elr)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meta(layout: &str, arguments: &str) -> Meta {
        Meta {
            kafka: "4.3.1".to_owned(),
            layout: layout.to_owned(),
            brokers: 3,
            speed: "fast".to_owned(),
            extra_server_properties: "min.insync.replicas=2\n".to_owned(),
            extra_format_arguments: arguments.to_owned(),
        }
    }

    #[test]
    fn the_split_layout_has_controller_100_and_the_fast_settings() {
        let setup = setup(&meta("split", ""), 1).expect("it can be built");
        assert_eq!(setup.voters().collect::<Vec<_>>(), [CONTROLLER]);
        assert_eq!(setup.config.broker_session_timeout_ms, 3000);
        assert_eq!((setup.config.min_insync_replicas, setup.elr), (2, None));
    }

    #[test]
    fn eligible_leader_replicas_can_be_off() {
        let off = "--feature eligible.leader.replicas.version=0";
        assert_eq!(setup(&meta("combined", off), 1).map(|setup| setup.elr), Ok(Some(false)));
        assert!(setup(&meta("combined", "--feature share.version=1"), 1).is_err());
        assert!(setup(&meta("zookeeper", ""), 1).is_err());
    }
}
