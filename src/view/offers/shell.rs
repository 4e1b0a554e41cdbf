//! The command lines that do the same to a real cluster.

use super::{is_server, name_of};
use crate::view::describe::milliseconds;
use crate::view::protocol::{Act, Asked, Order};
use crate::view::scene::{Group, NodeName, Scene};

/// Where the printed commands find the cluster.
const BOOTSTRAP: &str = "--bootstrap-server localhost:9092";

/// The command line that does the same to a real cluster, where there is one.
pub fn shell(scene: &Scene, asked: &Asked) -> Option<String> {
    Some(match asked {
        Asked::Act(act) => return shell_act(scene, *act),
        Asked::Order(Order::TopicConfig { topic, name, value }) => {
            configs(&["topics --entity-name ", topic].concat(), name, value.as_deref())
        }
        Asked::Order(Order::BrokerConfig { broker, name, value }) => {
            let whose = match broker {
                Some(id) => ["brokers --entity-name ", &id.to_string()].concat(),
                None => "brokers --entity-default".to_owned(),
            };
            configs(&whose, name, value.as_deref())
        }
        Asked::Order(Order::AddPartitions { topic, total }) => {
            [&topics("alter", topic), " --partitions ", &total.to_string()].concat()
        }
        Asked::Order(Order::ClientConfig { node, name, value }) => {
            [&client(scene, *node)?, " --command-property ", name, "=", value].concat()
        }
        Asked::Order(Order::Send { topic, key, value }) => sent(topic, key, value),
        Asked::Order(Order::CreateTopic { name, partitions, copies }) => [
            &topics("create", name),
            " --partitions ",
            &partitions.to_string(),
            " --replication-factor ",
            &copies.to_string(),
        ]
        .concat(),
        Asked::Order(Order::DeleteTopic(name)) => topics("delete", name),
    })
}

/// A value with commas stands in brackets, or the tool takes it for several.
fn configs(whose: &str, name: &str, value: Option<&str>) -> String {
    let change = match value {
        Some(list) if list.contains(',') => ["--add-config ", name, "=[", list, "]"].concat(),
        Some(value) => ["--add-config ", name, "=", value].concat(),
        None => ["--delete-config ", name].concat(),
    };
    ["kafka-configs.sh ", BOOTSTRAP, " --entity-type ", whose, " --alter ", &change].concat()
}

fn topics(verb: &str, name: &str) -> String {
    ["kafka-topics.sh ", BOOTSTRAP, " --", verb, " --topic ", name].concat()
}

fn sent(topic: &str, key: &str, value: &str) -> String {
    let producer = ["kafka-console-producer.sh ", BOOTSTRAP, " --topic ", topic].concat();
    match key {
        "" => ["echo '", value, "' | ", &producer].concat(),
        key => [
            "echo '",
            key,
            ":",
            value,
            "' | ",
            &producer,
            " --reader-property parse.key=true --reader-property key.separator=:",
        ]
        .concat(),
    }
}

/// The console client that stands for a client of the board.
fn client(scene: &Scene, node: i32) -> Option<String> {
    let topic = &scene.topic.as_ref()?.name;
    if scene.producers.iter().any(|producer| producer.node == node) {
        return Some(["kafka-console-producer.sh ", BOOTSTRAP, " --topic ", topic].concat());
    }
    let has = |group: &&Group| group.members.iter().any(|member| member.node == node);
    let group = &scene.groups.iter().find(has)?.name;
    Some(["kafka-console-consumer.sh ", BOOTSTRAP, " --topic ", topic, " --group ", group].concat())
}

fn shell_act(scene: &Scene, act: Act) -> Option<String> {
    let server = |node: i32| is_server(scene, node);
    let id = |node: i32| node.to_string();
    let topic = || scene.topic.as_ref().map(|topic| &*topic.name);
    Some(match act {
        Act::Kill(node) if server(node) => signal("KILL", node),
        Act::Pause(node) if server(node) => signal("STOP", node),
        Act::Resume(node) if server(node) => signal("CONT", node),
        Act::Stop(node) if server(node) => ["kafka-server-stop.sh --node-id=", &id(node)].concat(),
        Act::Restart(node) if server(node) => {
            ["kafka-server-start.sh config/server-", &id(node), ".properties"].concat()
        }
        Act::Restart(node) | Act::AddLike(node) => client(scene, node)?,
        Act::Rate(_, rate) => [
            "kafka-producer-perf-test.sh ",
            BOOTSTRAP,
            " --topic ",
            topic()?,
            " --num-records 1000 --record-size 60 --throughput ",
            &rate.to_string(),
        ]
        .concat(),
        Act::ValueBytes(_, bytes) => [
            "kafka-producer-perf-test.sh ",
            BOOTSTRAP,
            " --topic ",
            topic()?,
            " --num-records 1000 --throughput 10 --record-size ",
            &bytes.to_string(),
        ]
        .concat(),
        Act::Keys(_, keys @ 1..) => [
            "kafka-verifiable-producer.sh ",
            BOOTSTRAP,
            " --topic ",
            topic()?,
            " --throughput 10 --repeating-keys ",
            &keys.to_string(),
        ]
        .concat(),
        Act::Elect { unclean } => [
            "kafka-leader-election.sh ",
            BOOTSTRAP,
            " --election-type ",
            if unclean { "UNCLEAN" } else { "PREFERRED" },
            " --all-topic-partitions",
        ]
        .concat(),
        Act::Network(latency_us) => [
            "for host in $HOSTS; do ssh $host 'tc qdisc replace dev eth0 root netem delay ",
            &milliseconds(latency_us),
            "ms'; done",
        ]
        .concat(),
        Act::Kill(node) => of_client("KILL", scene, node)?,
        Act::Pause(node) => of_client("STOP", scene, node)?,
        Act::Resume(node) => of_client("CONT", scene, node)?,
        Act::Stop(node) => of_client("TERM", scene, node)?,
        Act::Wipe(node) => [
            "rm -r /var/lib/kafka/server-",
            &id(node),
            " && kafka-storage.sh format --cluster-id $CLUSTER_ID --config config/server-",
            &id(node),
            ".properties",
        ]
        .concat(),
        Act::PowerLoss(node) if server(node) => {
            ["ssh server-", &id(node), " 'echo o > /proc/sysrq-trigger'"].concat()
        }
        Act::SlowDisk(node, ms) => at(
            node,
            &[
                "dmsetup load kafka --table \"0 $SECTORS delay /dev/sdb 0 0 /dev/sdb 0 ",
                &id(ms as i32),
                "\" && dmsetup resume kafka",
            ],
        ),
        Act::Cut(a, b) if server(b) => at(a, &["iptables -A INPUT -s server-", &id(b), " -j DROP"]),
        Act::Heal(a, b) if server(b) => {
            at(a, &["iptables -D INPUT -s server-", &id(b), " -j DROP"])
        }
        Act::Reset(a, b) if server(b) => at(a, &["ss -K dst server-", &id(b)]),
        Act::Slow(a, _, 0) => at(a, &["tc qdisc del dev eth0 root"]),
        Act::Slow(a, _, ms) => {
            at(a, &["tc qdisc add dev eth0 root netem delay ", &id(ms as i32), "ms"])
        }
        _ => return None,
    })
}

/// A command on the machine of a server.
fn at(node: i32, command: &[&str]) -> String {
    ["ssh server-", &node.to_string(), " '", &command.concat(), "'"].concat()
}

/// A signal to a client process of the board, which its client id tells from others.
fn of_client(signal: &str, scene: &Scene, node: i32) -> Option<String> {
    let NodeName::Client(name) = name_of(scene, node) else { return None };
    Some(["kill -", signal, " $(pgrep -f client.id=", &name, ")"].concat())
}

/// The process of a server, as its command line names it.
fn signal(signal: &str, node: i32) -> String {
    ["kill -", signal, " $(pgrep -f server-", &node.to_string(), ".properties)"].concat()
}
