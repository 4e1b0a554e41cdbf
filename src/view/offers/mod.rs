//! What can be done to what is looked at, as data: presses, small forms, and the command line that does the same to a real
//! cluster.

mod form;
mod shell;

pub use form::{About, Field, Form, Kind, submitted};
use form::{configs, links, new_topic, partitions, processing, record, traffic};
pub use shell::shell;

use super::protocol::{Act, Order, Selected};
use super::scene::{Broker, Column, NodeName, Process, Scene};
use super::text::Text;

/// What each write takes longer on a slowed disk, in milliseconds: a dying disk. With less, `acks=all` slows the producers
/// down until the follower keeps up with them.
pub const SLOW_DISK_MS: u32 = 10_000;

/// A thing that one press does.
#[derive(Clone, Debug, PartialEq)]
pub struct Press {
    pub act: Act,
    pub text: Text,
    /// The key that does the same while this is looked at.
    pub key: Option<char>,
}

/// Everything that can be done to one thing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Offers {
    pub presses: Vec<Press>,
    pub forms: Vec<Form>,
    /// What belongs to it and can be looked at next.
    pub parts: Vec<(i32, String, Process)>,
    pub deletes: Option<Order>,
}

/// What can be done to what is looked at.
pub fn offers(scene: &Scene, selected: &Selected) -> Offers {
    match selected {
        Selected::Topic => of_topic(scene),
        Selected::Group(name) => of_group(scene, name),
        Selected::Node(node) => of_node(scene, *node).unwrap_or_default(),
        _ => Offers::default(),
    }
}

fn of_topic(scene: &Scene) -> Offers {
    let mut forms = Vec::new();
    let name = scene.topic.as_ref().map(|topic| topic.name.clone());
    if let Some(name) = &name {
        forms.push(record(name));
        forms.extend(configs(About::TopicConfig(name.clone()), scene));
    }
    forms.extend(scene.topic.as_ref().map(partitions));
    forms.push(new_topic(scene.brokers.len()));
    let presses = elections(scene).into_iter().chain(networks(scene)).collect();
    Offers { presses, forms, deletes: name.map(Order::DeleteTopic), ..Offers::default() }
}

/// The elections that would change something.
fn elections(scene: &Scene) -> Vec<Press> {
    let astray = |column: &Column| column.leader != column.replicas.first().copied();
    let preferred = scene.columns.iter().any(astray);
    let unclean = scene.columns.iter().any(|column| column.leader.is_none());
    let elect = |unclean, text| press(Act::Elect { unclean }, text, None);
    let preferred = preferred.then(|| elect(false, Text::OfferPreferred));
    let unclean = unclean.then(|| elect(true, Text::OfferUnclean));
    preferred.into_iter().chain(unclean).collect()
}

/// The networks to choose from, with their latency in microseconds.
pub const NETWORKS: [(Text, u32); 2] =
    [(Text::NetworkTeaching, 150_000), (Text::NetworkDatacentre, 500)];

fn networks(scene: &Scene) -> impl Iterator<Item = Press> {
    let others = NETWORKS.into_iter().filter(|(_, latency)| *latency != scene.hop_us);
    others.map(|(text, latency)| press(Act::Network(latency), text, None))
}

fn of_group(scene: &Scene, name: &str) -> Offers {
    let Some(group) = scene.groups.iter().find(|group| group.name == name) else {
        return Offers::default();
    };
    let first = group.members.first();
    let add = first.map(|member| press(Act::AddLike(member.node), Text::AddMember, None));
    let parts = group.members.iter();
    let parts = parts.map(|member| (member.node, member.name.clone(), member.process)).collect();
    Offers { presses: add.into_iter().collect(), parts, ..Offers::default() }
}

fn of_node(scene: &Scene, node: i32) -> Option<Offers> {
    let process = process_of(scene, node)?;
    let is_server = is_server(scene, node);
    let reads = scene.groups.iter().any(|group| group.members.iter().any(|one| one.node == node));
    let stop = match (is_server, reads) {
        (true, _) => Text::OfferStop,
        (_, true) => Text::OfferRemove,
        (_, false) => Text::OfferClose,
    };
    let mut offers = Offers { presses: life(node, process, stop, is_server), ..Offers::default() };
    if is_server {
        let broker = scene.brokers.iter().find(|broker| broker.id == node);
        offers.presses.extend(broker.map(disk));
        offers.forms.extend(configs(About::BrokerConfig(node), scene));
        offers.forms.push(links(scene, node));
        return Some(offers);
    }
    if let Some(producer) = scene.producers.iter().find(|producer| producer.node == node) {
        offers.forms.extend(traffic(producer));
        offers.presses.push(press(Act::AddLike(node), Text::AddProducer, None));
    } else {
        offers.presses.push(press(Act::Commit(node), Text::CommitNow, None));
        offers.forms.push(processing(node));
    }
    offers.forms.extend(configs(About::ClientConfig(node), scene));
    Some(offers)
}

/// A disk is slowed, or restored.
fn disk(broker: &Broker) -> Press {
    match broker.slow_disk_ms {
        0 => press(Act::SlowDisk(broker.id, SLOW_DISK_MS), Text::OfferSlowDisk, Some('d')),
        _ => press(Act::SlowDisk(broker.id, 0), Text::OfferFastDisk, Some('d')),
    }
}

/// The state of a process on the board.
pub fn process_of(scene: &Scene, node: i32) -> Option<Process> {
    let brokers = scene.brokers.iter().map(|broker| (broker.id, broker.process));
    let controllers = scene.controllers.iter().map(|one| (one.id, one.process));
    let producers = scene.producers.iter().map(|producer| (producer.node, producer.process));
    let members = scene.groups.iter().flat_map(|group| &group.members);
    let members = members.map(|member| (member.node, member.process));
    let mut all = brokers.chain(controllers).chain(producers).chain(members);
    all.find(|(id, _)| *id == node).map(|(_, process)| process)
}

fn is_server(scene: &Scene, node: i32) -> bool {
    servers(scene).any(|id| id == node)
}

fn servers(scene: &Scene) -> impl Iterator<Item = i32> {
    let brokers = scene.brokers.iter().map(|broker| broker.id);
    brokers.chain(scene.controllers.iter().map(|one| one.id))
}

/// The name of a process on the board.
pub fn name_of(scene: &Scene, node: i32) -> NodeName {
    if scene.brokers.iter().any(|broker| broker.id == node) {
        return NodeName::Broker(node);
    }
    let producer = scene.producers.iter().find(|producer| producer.node == node);
    let mut members = scene.groups.iter().flat_map(|group| &group.members);
    let member = || members.find(|member| member.node == node).map(|member| &member.name);
    match producer.map(|producer| &producer.name).or_else(member) {
        Some(name) => NodeName::Client(name.clone()),
        None => NodeName::Controller(node),
    }
}

fn press(act: Act, text: Text, key: Option<char>) -> Press {
    Press { act, text, key }
}

/// Starting and stopping, as the state of the process allows.
fn life(node: i32, process: Process, stop: Text, is_server: bool) -> Vec<Press> {
    let kill = press(Act::Kill(node), Text::OfferKill, Some('k'));
    let power = press(Act::PowerLoss(node), Text::OfferPower, None);
    match process {
        Process::Stopped => {
            let start = press(Act::Restart(node), Text::OfferStart, Some('r'));
            let wipe = is_server.then(|| press(Act::Wipe(node), Text::OfferWipe, None));
            std::iter::once(start).chain(wipe).collect()
        }
        Process::Paused => {
            let resume = press(Act::Resume(node), Text::OfferResume, Some('r'));
            vec![resume, kill, power]
        }
        _ => {
            let stop = press(Act::Stop(node), stop, None);
            let pause = press(Act::Pause(node), Text::OfferPause, Some('p'));
            vec![kill, stop, pause, power]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::protocol::{Asked, Command};
    use crate::view::scene::{Broker, Controller, Group, Member, Producer, Topic};

    fn scene() -> Scene {
        let member = |name: &str, node| Member { name: name.into(), node, ..Member::default() };
        let members = vec![member("c1", 1002), member("c2", 1003)];
        Scene {
            topic: Some(Topic { name: "orders".into(), ..Topic::default() }),
            brokers: [1, 2, 3].map(|id| Broker { id, ..Broker::default() }).to_vec(),
            controllers: vec![Controller { id: 101, ..Controller::default() }],
            producers: vec![Producer {
                name: "checkout".into(),
                node: 1001,
                ..Producer::default()
            }],
            groups: vec![Group { name: "billing".into(), members, ..Group::default() }],
            ..Scene::default()
        }
    }

    fn acts(scene: &Scene, selected: Selected) -> Vec<Act> {
        offers(scene, &selected).presses.iter().map(|press| press.act).collect()
    }

    #[test]
    fn a_process_is_offered_what_its_state_allows() {
        let mut scene = scene();
        let running = acts(&scene, Selected::Node(2));
        let slow = Act::SlowDisk(2, SLOW_DISK_MS);
        assert_eq!(running, [Act::Kill(2), Act::Stop(2), Act::Pause(2), Act::PowerLoss(2), slow]);
        scene.brokers[1].process = Process::Stopped;
        scene.brokers[1].slow_disk_ms = SLOW_DISK_MS;
        let stopped = [Act::Restart(2), Act::Wipe(2), Act::SlowDisk(2, 0)];
        assert_eq!(acts(&scene, Selected::Node(2)), stopped);
        scene.controllers[0].process = Process::Paused;
        assert_eq!(acts(&scene, Selected::Node(101))[0], Act::Resume(101));
        assert!(acts(&scene, Selected::Node(1003)).contains(&Act::Commit(1003)));
        assert_eq!(acts(&scene, Selected::Group("billing".into())), [Act::AddLike(1002)]);
    }

    #[test]
    fn a_link_is_cut_healed_and_slowed_by_its_form() {
        let offers = offers(&scene(), &Selected::Node(2));
        let form = offers.forms.last().expect("the links come last");
        let peer_101 = ["2".to_owned(), "750".to_owned()];
        let asked = |submit| submitted(&form.about, submit, &peer_101);
        assert_eq!(asked(0), Some(Command::Act(Act::Cut(2, 101))));
        assert_eq!(asked(2), Some(Command::Act(Act::Slow(2, 101, 750))));
        assert_eq!(submitted(&form.about, 2, &["0".to_owned(), "soon".to_owned()]), None);
    }

    #[test]
    fn every_order_has_its_command_line() {
        let line = |asked| shell(&scene(), &asked).expect("Kafka has a tool for it");
        let create = Order::CreateTopic { name: "pay".into(), partitions: 3, copies: 2 };
        assert_eq!(
            line(Asked::Order(create)),
            "kafka-topics.sh --bootstrap-server localhost:9092 --create --topic pay --partitions 3 --replication-factor 2"
        );
        let send = Order::Send { topic: "orders".into(), key: "k".into(), value: "v".into() };
        assert_eq!(
            line(Asked::Order(send)),
            "echo 'k:v' | kafka-console-producer.sh --bootstrap-server localhost:9092 --topic orders \
             --reader-property parse.key=true --reader-property key.separator=:"
        );
        assert_eq!(line(Asked::Act(Act::Stop(2))), "kafka-server-stop.sh --node-id=2");
        assert_eq!(
            line(Asked::Act(Act::AddLike(1002))),
            "kafka-console-consumer.sh --bootstrap-server localhost:9092 --topic orders --group billing"
        );
        assert_eq!(
            line(Asked::Act(Act::Network(500))),
            "for host in $HOSTS; do ssh $host 'tc qdisc replace dev eth0 root netem delay 0.5ms'; done"
        );
        assert_eq!(shell(&scene(), &Asked::Act(Act::Commit(1002))), None);
        let config = |broker, value: Option<&str>| Order::BrokerConfig {
            broker,
            name: "message.max.bytes".into(),
            value: value.map(str::to_owned),
        };
        assert_eq!(
            line(Asked::Order(config(Some(2), Some("2000")))),
            "kafka-configs.sh --bootstrap-server localhost:9092 --entity-type brokers --entity-name 2 \
             --alter --add-config message.max.bytes=2000"
        );
        assert_eq!(
            line(Asked::Order(config(None, None))),
            "kafka-configs.sh --bootstrap-server localhost:9092 --entity-type brokers --entity-default \
             --alter --delete-config message.max.bytes"
        );
        assert_eq!(
            line(Asked::Act(Act::Elect { unclean: true })),
            "kafka-leader-election.sh --bootstrap-server localhost:9092 --election-type UNCLEAN --all-topic-partitions"
        );
        let policy = Order::TopicConfig {
            topic: "orders".into(),
            name: "cleanup.policy".into(),
            value: Some("compact,delete".into()),
        };
        assert!(
            line(Asked::Order(policy)).ends_with("--add-config cleanup.policy=[compact,delete]")
        );
    }

    #[test]
    fn a_brokers_config_is_for_one_or_for_all() {
        let mut scene = scene();
        scene.configs = vec![crate::view::scene::Config {
            name: "min.insync.replicas".into(),
            value: "1".into(),
            own: false,
            fixed: false,
        }];
        scene.configs_of = Some(Selected::Node(2));
        let offers = offers(&scene, &Selected::Node(2));
        let form = &offers.forms[0];
        let values = |scope: &str| [scope, "min.insync.replicas", "2"].map(str::to_owned);
        let asked = |scope, submit| submitted(&form.about, submit, &values(scope));
        let order = |broker, value: Option<&str>| {
            Some(Command::Order(Order::BrokerConfig {
                broker,
                name: "min.insync.replicas".into(),
                value: value.map(str::to_owned),
            }))
        };
        assert_eq!(asked("0", 0), order(None, Some("2")));
        assert_eq!(asked("1", 1), order(Some(2), None));
    }
}
