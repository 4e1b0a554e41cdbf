//! What can be done to what is looked at, as data: presses, small forms, and the command line that does the same to a real
//! cluster.

mod form;
mod shell;

pub use form::{About, Field, Form, Kind, submitted};
use form::{configs, links, new_topic, number, record};
pub use shell::shell;

use super::protocol::{Act, Order, Selected};
use super::scene::{NodeName, Process, Scene};
use super::text::Text;

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
