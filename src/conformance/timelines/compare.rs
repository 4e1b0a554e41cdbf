//! Whether what is seen is what was recorded, field by field (`COMPARING.md`).

use std::collections::BTreeSet;

use serde_json::Value;

/// What may not be compared at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caution {
    /// The last step was a `sleep` or a `wait_until`: followers have had time to catch up, files to be written.
    pub settled: bool,
    /// Records with acks=0 or acks=1 may still be on their way to followers.
    pub unreplicated: bool,
    /// A producer sends in the background: how much is there is a matter of timing.
    pub background: bool,
}

/// What differs; Ok = nothing.
pub type Verdict = Result<(), String>;

/// Compares a `topic`.
pub fn topic(recorded: &Value, seen: &Value, caution: Caution) -> Verdict {
    if let Some(error) = seen.get("error") {
        return differ("topic", &recorded["topic"], error);
    }
    let (old, new) = (array(recorded, "partitions"), array(seen, "partitions"));
    if old.len() != new.len() {
        return differ("number of partitions", &old.len().into(), &new.len().into());
    }
    old.iter().zip(new).try_for_each(|(old, new)| partition(old, new, caution))
}

fn partition(old: &Value, new: &Value, caution: Caution) -> Verdict {
    let place = |field: &str| format!("partition {} {field}", old["p"]);
    for field in ["p", "leader", "leaderEpoch", "replicas", "error"] {
        same(&place(field), &old[field], &new[field])?;
    }
    for field in ["isr", "elr", "lastKnownElr", "offline"] {
        if set(&old[field]) != set(&new[field]) {
            return differ(&place(field), &old[field], &new[field]);
        }
    }
    replica_logs(old, new, caution, &place)
}

fn replica_logs(
    old: &Value,
    new: &Value,
    caution: Caution,
    place: &dyn Fn(&str) -> String,
) -> Verdict {
    let (old_logs, new_logs) = (&old["replicaLogs"], &new["replicaLogs"]);
    let brokers = |logs: &Value| -> BTreeSet<String> {
        logs.as_object().map(|logs| logs.keys().cloned().collect()).unwrap_or_default()
    };
    if brokers(old_logs) != brokers(new_logs) {
        return differ(&place("replicaLogs"), old_logs, new_logs);
    }
    for broker in brokers(old_logs) {
        let leads = old["leader"].as_i64() == broker.parse().ok();
        let (old, new) = (&old_logs[&broker], &new_logs[&broker]);
        if old.get("error").is_some() != new.get("error").is_some() {
            return differ(&place(&format!("on broker {broker}")), old, new);
        }
        for field in compared_of_replica(leads, caution) {
            same(&place(&format!("{field} on broker {broker}")), &old[*field], &new[*field])?;
        }
    }
    Ok(())
}

/// A follower's high watermark is compared only after a pause, its end not while unreplicated records are in flight.
fn compared_of_replica(leads: bool, caution: Caution) -> &'static [&'static str] {
    let Caution { settled, unreplicated, background } = caution;
    match (leads, settled) {
        _ if background => &["logStart"],
        (true, _) | (_, true) => &["logStart", "logEnd", "highWatermark", "lastStableOffset"],
        (false, false) if unreplicated => &["logStart"],
        (false, false) => &["logStart", "logEnd"],
    }
}

/// Compares a `disk`.
pub fn disk(recorded: &Value, seen: &Value, caution: Caution) -> Verdict {
    let (old, new) = (array(recorded, "batches"), array(seen, "batches"));
    if old.len() != new.len() {
        return differ("number of batches", &recorded["batches"], &seen["batches"]);
    }
    for (old, new) in old.iter().zip(new) {
        let fields = old.as_object().into_iter().flat_map(|batch| batch.keys());
        for field in fields {
            same(&format!("batch {} {field}", old["baseOffset"]), &old[field], &new[field])?;
        }
    }
    match caution.settled {
        true => same("leaderEpochs", &recorded["leaderEpochs"], &seen["leaderEpochs"]),
        false => Ok(()),
    }
}

/// Compares the coordinator's half of a `group`. Member ids are random.
pub fn group(recorded: &Value, seen: &Value) -> Verdict {
    if recorded.get("error").is_some() || seen.get("error").is_some() {
        return same("group", &recorded["error"], &seen["error"]);
    }
    for field in ["type", "state", "assignor"] {
        same(field, &recorded[field], &seen[field])?;
    }
    let (old, new) = (array(recorded, "members"), array(seen, "members"));
    if old.len() != new.len() {
        return differ("members", &recorded["members"], &seen["members"]);
    }
    for (old, new) in by_client(old).into_iter().zip(by_client(new)) {
        same("member", &old[0], &new[0])?;
        same(&format!("instanceId of {}", old[0]), &old[1], &new[1])?;
        same(&format!("assignment of {}", old[0]), &old[2], &new[2])?;
    }
    Ok(())
}

/// Client id, instance id and assignment; members with one client id in the order of their assignments.
fn by_client(members: &[Value]) -> Vec<[Value; 3]> {
    let mut members: Vec<[Value; 3]> = members
        .iter()
        .map(|m| [m["clientId"].clone(), m["instanceId"].clone(), m["assignment"].clone()])
        .collect();
    members.sort_by_key(|[client, _, assignment]| (client.to_string(), assignment.to_string()));
    members
}

/// Compares a member's own half of a `group`.
pub fn member(recorded: &Value, seen: &Value) -> Verdict {
    let client = &recorded["clientId"];
    for field in ["generation", "assignment"] {
        same(&format!("{field} of {client}"), &recorded[field], &seen[field])?;
    }
    let events = |value: &Value| -> Vec<Value> {
        array(value, "eventsSoFar").iter().map(without_message).collect()
    };
    let (old, new) = (events(recorded), events(seen));
    same(&format!("eventsSoFar of {client}"), &old.into(), &new.into())
}

/// Errors are compared by class, never by wording.
fn without_message(value: &Value) -> Value {
    let mut value = value.clone();
    if let Some(fields) = value.as_object_mut() {
        fields.remove("message");
        fields.remove("cause");
    }
    value
}

/// Compares what a step's doer was told; errors by class.
pub fn result(recorded: &Value, seen: &Value) -> Verdict {
    same("result", &strip(recorded), &strip(seen))
}

fn strip(value: &Value) -> Value {
    match value {
        Value::Object(_) => {
            let mut value = without_message(value);
            for field in value.as_object_mut().into_iter().flat_map(|fields| fields.values_mut()) {
                *field = strip(field);
            }
            value
        }
        Value::Array(items) => items.iter().map(strip).collect(),
        other => other.clone(),
    }
}

/// Compares two values.
pub fn same(what: &str, recorded: &Value, seen: &Value) -> Verdict {
    if recorded == seen { Ok(()) } else { differ(what, recorded, seen) }
}

fn differ(what: &str, recorded: &Value, seen: &Value) -> Verdict {
    Err(format!("{what}: recorded {recorded}, seen {seen}"))
}

fn array<'v>(value: &'v Value, field: &str) -> &'v [Value] {
    value[field].as_array().map_or(&[], Vec::as_slice)
}

fn set(value: &Value) -> BTreeSet<String> {
    value.as_array().into_iter().flatten().map(Value::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const FRESH: Caution = Caution { settled: false, unreplicated: false, background: false };
    const SETTLED: Caution = Caution { settled: true, unreplicated: false, background: false };

    fn topic_of(isr: &[i32], ends: [i64; 2], high_watermarks: [i64; 2]) -> Value {
        let log = |i: usize| json!({ "logStart": 0, "logEnd": ends[i], "highWatermark": high_watermarks[i], "lastStableOffset": high_watermarks[i] });
        json!({ "topic": "t", "partitions": [{ "p": 0, "leader": 1, "leaderEpoch": 0, "replicas": [1, 2], "isr": isr, "elr": [],
            "lastKnownElr": [], "offline": [], "error": "NONE", "replicaLogs": { "1": log(0), "2": log(1) } }] })
    }

    #[test]
    fn the_isr_is_a_set() {
        let recorded = topic_of(&[1, 2], [5, 5], [5, 5]);
        assert_eq!(topic(&recorded, &topic_of(&[2, 1], [5, 5], [5, 5]), SETTLED), Ok(()));
        assert!(topic(&recorded, &topic_of(&[1], [5, 5], [5, 5]), SETTLED).is_err());
    }

    #[test]
    fn a_followers_high_watermark_counts_only_after_a_pause() {
        let recorded = topic_of(&[1, 2], [5, 5], [5, 4]);
        let seen = topic_of(&[1, 2], [5, 5], [5, 5]);
        assert_eq!(topic(&recorded, &seen, FRESH), Ok(()));
        assert!(topic(&recorded, &seen, SETTLED).is_err());
        let behind = topic_of(&[1, 2], [5, 4], [5, 5]);
        assert!(topic(&recorded, &behind, FRESH).is_err());
        assert_eq!(topic(&recorded, &behind, Caution { unreplicated: true, ..FRESH }), Ok(()));
        let leader_behind = topic_of(&[1, 2], [5, 5], [4, 4]);
        assert!(topic(&recorded, &leader_behind, FRESH).is_err());
    }

    #[test]
    fn errors_are_compared_by_class() {
        let recorded = json!([{ "error": "TimeoutException", "message": "4001 ms" }, { "partition": 0, "offset": 1 }]);
        let seen = json!([{ "error": "TimeoutException", "message": "" }, { "partition": 0, "offset": 1 }]);
        assert_eq!(result(&recorded, &seen), Ok(()));
        assert!(result(&json!({ "error": "A" }), &json!({ "error": "B" })).is_err());
        assert!(result(&json!("NONE"), &json!({ "error": "B" })).is_err());
    }

    #[test]
    fn leader_epochs_on_disk_count_only_after_a_pause() {
        let of = |epochs: &[&str]| json!({ "batches": [], "leaderEpochs": epochs });
        assert_eq!(disk(&of(&["0 0"]), &of(&["0 0", "1 5"]), FRESH), Ok(()));
        assert!(disk(&of(&["0 0"]), &of(&["0 0", "1 5"]), SETTLED).is_err());
    }

    #[test]
    fn members_are_matched_by_client_id() {
        let of = |members: Value| json!({ "type": "CLASSIC", "state": "STABLE", "assignor": "range", "members": members });
        let member = |client: &str, id: &str, assignment: &[&str]| json!({ "clientId": client, "memberId": id, "instanceId": null, "assignment": assignment });
        let recorded = of(json!([member("m", "1", &["t-0"]), member("m", "2", &["t-1"])]));
        let renamed = of(json!([member("m", "3", &["t-1"]), member("m", "4", &["t-0"])]));
        assert_eq!(group(&recorded, &renamed), Ok(()));
        let moved = of(json!([member("m", "3", &["t-0", "t-1"]), member("m", "4", &[])]));
        assert!(group(&recorded, &moved).is_err());
    }
}
