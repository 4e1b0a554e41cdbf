//! What can be done to what is looked at, as data: presses, small forms, and the command line that does the same to a real
//! cluster.

use super::protocol::{Act, Asked, Command, Order, Selected};
use super::scene::{Config, NodeName, Process, Scene};
use super::text::Text;

/// Where the printed commands find the cluster.
const BOOTSTRAP: &str = "--bootstrap-server localhost:9092";
/// What a slowed link is offered first, in milliseconds.
const SLOW_MS: &str = "1000";

/// A thing that one press does.
#[derive(Clone, Debug, PartialEq)]
pub struct Press {
    pub act: Act,
    pub text: Text,
    /// The key that does the same while this is looked at.
    pub key: Option<char>,
}

/// What a form is about.
#[derive(Clone, Debug, PartialEq)]
pub enum About {
    TopicConfig(String),
    ClientConfig(i32),
    Rate(i32),
    Record(String),
    Topic,
    /// The links of a server, and its peers in the order of the choices.
    Links(i32, Vec<i32>),
}

/// A field of a form.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    pub label: Text,
    pub kind: Kind,
    /// What stands in it at first.
    pub value: String,
}

/// What can be entered.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    Words,
    Number,
    /// Configs with their values: choosing one shows its value in the next field.
    Configs(Vec<Config>),
    /// Processes.
    Peers(Vec<NodeName>),
}

/// A few fields and the buttons that use them.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    pub about: About,
    pub title: Text,
    pub fields: Vec<Field>,
    pub submits: &'static [Text],
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
    forms.push(new_topic(scene.brokers.len()));
    Offers { forms, deletes: name.map(Order::DeleteTopic), ..Offers::default() }
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
    let mut offers = Offers { presses: life(node, process, is_server), ..Offers::default() };
    if is_server {
        offers.forms.push(links(scene, node));
    } else if let Some(producer) = scene.producers.iter().find(|producer| producer.node == node) {
        let field = number(Text::FieldRate, producer.asked_rate);
        let submits = &[Text::SubmitSet];
        offers.forms.push(Form {
            about: About::Rate(node),
            title: Text::FormRate,
            fields: vec![field],
            submits,
        });
        offers.presses.push(press(Act::AddLike(node), Text::AddProducer, None));
    } else {
        offers.presses.push(press(Act::Commit(node), Text::CommitNow, None));
    }
    offers.forms.extend(configs(About::ClientConfig(node), scene));
    Some(offers)
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
fn life(node: i32, process: Process, is_server: bool) -> Vec<Press> {
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
            let stop = press(Act::Stop(node), Text::OfferStop, None);
            let pause = press(Act::Pause(node), Text::OfferPause, Some('p'));
            vec![kill, stop, pause, power]
        }
    }
}

fn number(label: Text, value: u32) -> Field {
    Field { label, kind: Kind::Number, value: value.to_string() }
}

fn words(label: Text, value: &str) -> Field {
    Field { label, kind: Kind::Words, value: value.to_owned() }
}

fn links(scene: &Scene, node: i32) -> Form {
    let peers: Vec<i32> = servers(scene).filter(|id| *id != node).collect();
    let names = peers.iter().map(|peer| name_of(scene, *peer)).collect();
    let peer = Field { label: Text::FieldPeer, kind: Kind::Peers(names), value: "0".to_owned() };
    let latency = Field { value: SLOW_MS.to_owned(), ..number(Text::FieldLatency, 0) };
    Form {
        about: About::Links(node, peers),
        title: Text::FormLinks,
        fields: vec![peer, latency],
        submits: &[Text::SubmitCut, Text::SubmitHeal, Text::SubmitSlow, Text::SubmitReset],
    }
}

fn configs(about: About, scene: &Scene) -> Option<Form> {
    let of = match &about {
        About::ClientConfig(node) => Selected::Node(*node),
        _ => Selected::Topic,
    };
    // A picture from before the choice still has the configs of something else.
    let first = scene.configs.first().filter(|_| scene.configs_of == Some(of))?;
    let fields = vec![
        Field {
            label: Text::FieldConfig,
            kind: Kind::Configs(scene.configs.clone()),
            value: first.name.clone(),
        },
        words(Text::FieldValue, &first.value),
    ];
    Some(Form { about, title: Text::FormConfig, fields, submits: &[Text::SubmitSet] })
}

fn record(topic: &str) -> Form {
    Form {
        about: About::Record(topic.to_owned()),
        title: Text::FormRecord,
        fields: vec![words(Text::FieldKey, "ella"), words(Text::FieldRecord, "hello")],
        submits: &[Text::SubmitSend],
    }
}

fn new_topic(brokers: usize) -> Form {
    let copies = brokers.min(3) as u32;
    Form {
        about: About::Topic,
        title: Text::FormTopic,
        fields: vec![
            words(Text::FieldName, "payments"),
            number(Text::FieldPartitions, 3),
            number(Text::FieldCopies, copies),
        ],
        submits: &[Text::SubmitCreate],
    }
}

/// What a form asks for, with these values and that button; None if a number is none.
pub fn submitted(about: &About, submit: usize, values: &[String]) -> Option<Command> {
    let text = |place: usize| values.get(place).cloned();
    let order = match about {
        About::Rate(node) => {
            return Some(Command::Act(Act::Rate(*node, text(0)?.trim().parse().ok()?)));
        }
        About::Links(node, peers) => {
            return link(*node, *peers.get(text(0)?.parse::<usize>().ok()?)?, submit, &text(1)?);
        }
        About::TopicConfig(topic) => {
            Order::TopicConfig { topic: topic.clone(), name: text(0)?, value: text(1)? }
        }
        About::ClientConfig(node) => {
            Order::ClientConfig { node: *node, name: text(0)?, value: text(1)? }
        }
        About::Record(topic) => {
            Order::Send { topic: topic.clone(), key: text(0)?, value: text(1)? }
        }
        About::Topic => Order::CreateTopic {
            name: text(0)?,
            partitions: text(1)?.trim().parse().ok()?,
            copies: text(2)?.trim().parse().ok()?,
        },
    };
    Some(Command::Order(order))
}

fn link(node: i32, peer: i32, submit: usize, latency: &str) -> Option<Command> {
    Some(Command::Act(match submit {
        0 => Act::Cut(node, peer),
        1 => Act::Heal(node, peer),
        2 => Act::Slow(node, peer, latency.trim().parse().ok()?),
        _ => Act::Reset(node, peer),
    }))
}

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
    let has = |group: &&super::scene::Group| group.members.iter().any(|member| member.node == node);
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

#[cfg(test)]
mod tests {
    use super::*;
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
        assert_eq!(running, [Act::Kill(2), Act::Stop(2), Act::Pause(2), Act::PowerLoss(2)]);
        scene.brokers[1].process = Process::Stopped;
        assert_eq!(acts(&scene, Selected::Node(2)), [Act::Restart(2), Act::Wipe(2)]);
        scene.controllers[0].process = Process::Paused;
        assert_eq!(acts(&scene, Selected::Node(101))[0], Act::Resume(101));
        assert!(acts(&scene, Selected::Node(1003)).contains(&Act::Commit(1003)));
        assert_eq!(acts(&scene, Selected::Group("billing".into())), [Act::AddLike(1002)]);
    }

    #[test]
    fn a_link_is_cut_healed_and_slowed_by_its_form() {
        let offers = offers(&scene(), &Selected::Node(2));
        let form = &offers.forms[0];
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
        assert_eq!(shell(&scene(), &Asked::Act(Act::Cut(1, 2))), None);
    }
}
