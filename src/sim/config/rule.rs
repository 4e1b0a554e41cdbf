//! What Kafka asks of a value beyond its type, in Kafka's words (`ConfigDef.Range`, `ConfigDef.ValidString`).

/// The least value of numeric configs. The names mean the same wherever they stand.
const AT_LEAST: [(&str, i64); 29] = [
    ("auto.commit.interval.ms", 0),
    ("batch.size", 0),
    ("buffer.memory", 0),
    ("default.api.timeout.ms", 0),
    ("delivery.timeout.ms", 0),
    ("fetch.max.bytes", 0),
    ("fetch.max.wait.ms", 0),
    ("fetch.min.bytes", 0),
    ("linger.ms", 0),
    ("max.block.ms", 0),
    ("max.in.flight.requests.per.connection", 1),
    ("max.message.bytes", 0),
    ("max.partition.fetch.bytes", 0),
    ("max.poll.interval.ms", 1),
    ("max.poll.records", 1),
    ("max.request.size", 0),
    ("message.max.bytes", 0),
    ("metadata.max.age.ms", 0),
    ("min.insync.replicas", 1),
    ("producer.id.expiration.ms", 1),
    ("reconnect.backoff.max.ms", 0),
    ("reconnect.backoff.ms", 0),
    ("request.timeout.ms", 0),
    ("retention.ms", -1),
    ("retries", 0),
    ("retry.backoff.max.ms", 0),
    ("retry.backoff.ms", 0),
    ("segment.bytes", 1_048_576),
    ("segment.ms", 1),
];

/// The words a text config may be made of.
const ONE_OF: [(&str, &str); 2] = [
    ("cleanup.policy", "compact, delete"),
    ("compression.type", "uncompressed, zstd, lz4, snappy, gzip, producer"),
];

/// Configs that Kafka keeps as INT and we as a long.
const INTS: [&str; 7] = [
    "auto.commit.interval.ms",
    "default.api.timeout.ms",
    "delivery.timeout.ms",
    "heartbeat.interval.ms",
    "max.poll.interval.ms",
    "request.timeout.ms",
    "session.timeout.ms",
];

/// What Kafka says of a text that is no value of the config's type.
pub fn why_no_value(name: &str, of_type: &'static str) -> &'static str {
    if INTS.contains(&name) { "Not a number of type INT" } else { of_type }
}

/// Why a text of the right type is no value of this config.
pub fn why_invalid(name: &str, text: &str) -> Option<String> {
    if let Some((_, least)) = AT_LEAST.iter().find(|(known, _)| *known == name) {
        let value: Option<i64> = text.trim().parse().ok();
        return value
            .filter(|value| value < least)
            .map(|_| format!("Value must be at least {least}"));
    }
    let (_, words) = ONE_OF.iter().find(|(known, _)| *known == name)?;
    let is_word = |part: &str| words.split(", ").any(|word| word == part.trim());
    (!text.split(',').all(is_word)).then(|| format!("String must be one of: {words}"))
}

#[cfg(test)]
mod tests {
    use crate::sim::config::{ProducerConfig, TopicConfig};

    /// As `kafka-configs.sh` and `kafka-topics.sh` of a real cluster print them.
    #[test]
    fn values_are_refused_in_kafkas_words() {
        let topic = |name, text| TopicConfig::default().set(name, text).unwrap_err().to_string();
        let lines = [
            (
                topic("retention.ms", "abc"),
                "abc for configuration retention.ms: Not a number of type LONG",
            ),
            (
                topic("segment.bytes", "1024"),
                "1024 for configuration segment.bytes: Value must be at least 1048576",
            ),
            (
                topic("min.insync.replicas", "0"),
                "0 for configuration min.insync.replicas: Value must be at least 1",
            ),
            (
                topic("cleanup.policy", "shrink"),
                "shrink for configuration cleanup.policy: String must be one of: compact, delete",
            ),
            (
                topic("unclean.leader.election.enable", "perhaps"),
                "perhaps for configuration unclean.leader.election.enable: Expected value to be either true or false",
            ),
        ];
        for (line, expected) in lines {
            assert_eq!(line, format!("Invalid value {expected}"));
        }
        let acks = ProducerConfig::default().set("acks", "7").unwrap_err().to_string();
        assert_eq!(
            acks,
            "Invalid value 7 for configuration acks: String must be one of: all, -1, 0, 1"
        );
    }

    #[test]
    fn what_kafka_takes_is_taken() {
        let mut config = TopicConfig::default();
        for (name, text) in
            [("cleanup.policy", "compact,delete"), ("retention.ms", "-1"), ("segment.ms", "1")]
        {
            config.set(name, text).unwrap();
        }
        assert_eq!(config.cleanup_policy, "compact,delete");
    }
}
