//! The command lines that do the same to a real cluster.

use super::is_server;
use crate::view::protocol::{Act, Asked, Order};
use crate::view::scene::Scene;

/// Where the printed commands find the cluster.
const BOOTSTRAP: &str = "--bootstrap-server localhost:9092";

/// The command line that does the same to a real cluster, where there is one.
pub fn shell(scene: &Scene, asked: &Asked) -> Option<String> {
    Some(match asked {
        Asked::Act(act) => return shell_act(scene, *act),
        Asked::Order(Order::TopicConfig { topic, name, value }) => [
            "kafka-configs.sh ",
            BOOTSTRAP,
            " --entity-type topics --entity-name ",
            topic,
            " --alter --add-config ",
            name,
            "=",
            value,
        ]
        .concat(),
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
    let has =
        |group: &&crate::view::scene::Group| group.members.iter().any(|member| member.node == node);
    let group = &scene.groups.iter().find(has)?.name;
    Some(["kafka-console-consumer.sh ", BOOTSTRAP, " --topic ", topic, " --group ", group].concat())
}

fn shell_act(scene: &Scene, act: Act) -> Option<String> {
    let server = |node: i32| is_server(scene, node);
    let id = |node: i32| node.to_string();
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
            &scene.topic.as_ref()?.name,
            " --num-records 1000 --record-size 60 --throughput ",
            &rate.to_string(),
        ]
        .concat(),
        _ => return None,
    })
}

/// The process of a server, as its command line names it.
fn signal(signal: &str, node: i32) -> String {
    ["kill -", signal, " $(pgrep -f server-", &node.to_string(), ".properties)"].concat()
}
