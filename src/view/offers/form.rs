//! Small forms: their fields, and what they ask for when they are sent.

use super::{name_of, servers};
use crate::view::protocol::{Act, Command, Order, Selected};
use crate::view::scene::{Config, NodeName, Producer, Scene, Topic};
use crate::view::text::Text;

/// What a slowed link is offered first, in milliseconds.
const SLOW_MS: &str = "1000";
/// What a consumer is offered first as its time for a record, in milliseconds.
const PROCESSING_MS: u32 = 1_000;

/// What a form is about.
#[derive(Clone, Debug, PartialEq)]
pub enum About {
    TopicConfig(String),
    ClientConfig(i32),
    BrokerConfig(i32),
    Rate(i32),
    Keys(i32),
    ValueBytes(i32),
    Processing(i32),
    Record(String),
    Partitions(String),
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
    /// One of a few, by its place.
    Choice(&'static [Text]),
}

/// A few fields and the buttons that use them.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    pub about: About,
    pub title: Text,
    pub fields: Vec<Field>,
    pub submits: &'static [Text],
}

pub(super) fn number(label: Text, value: u32) -> Field {
    Field { label, kind: Kind::Number, value: value.to_string() }
}

pub(super) fn words(label: Text, value: &str) -> Field {
    Field { label, kind: Kind::Words, value: value.to_owned() }
}

pub(super) fn links(scene: &Scene, node: i32) -> Form {
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

pub(super) fn configs(about: About, scene: &Scene) -> Option<Form> {
    let of = match &about {
        About::ClientConfig(node) | About::BrokerConfig(node) => Selected::Node(*node),
        _ => Selected::Topic,
    };
    let (title, submits): (Text, &'static [Text]) = match &about {
        About::ClientConfig(_) => (Text::FormConfig, &[Text::SubmitSet]),
        About::BrokerConfig(_) => (Text::FormBrokerConfig, &[Text::SubmitSet, Text::SubmitDefault]),
        _ => (Text::FormConfig, &[Text::SubmitSet, Text::SubmitDefault]),
    };
    // A picture from before the choice still has the configs of something else.
    let first = scene.configs.first().filter(|_| scene.configs_of == Some(of))?;
    let scope = matches!(about, About::BrokerConfig(_)).then(|| Field {
        label: Text::FieldScope,
        kind: Kind::Choice(&[Text::AllBrokers, Text::ThisBroker]),
        value: "0".to_owned(),
    });
    let config = [
        Field {
            label: Text::FieldConfig,
            kind: Kind::Configs(scene.configs.clone()),
            value: first.name.clone(),
        },
        words(Text::FieldValue, &first.value),
    ];
    let fields = scope.into_iter().chain(config).collect();
    Some(Form { about, title, fields, submits })
}

/// A form of one number.
pub(super) fn one_number(about: About, title: Text, label: Text, value: u32) -> Form {
    Form { about, title, fields: vec![number(label, value)], submits: &[Text::SubmitSet] }
}

/// What a producer sends: how often, under how many keys, how large.
pub(super) fn traffic(producer: &Producer) -> [Form; 3] {
    let node = producer.node;
    [
        one_number(About::Rate(node), Text::FormRate, Text::FieldRate, producer.asked_rate),
        one_number(About::Keys(node), Text::FormKeys, Text::FieldKeys, producer.keys),
        one_number(
            About::ValueBytes(node),
            Text::FormValueBytes,
            Text::FieldValueBytes,
            producer.value_bytes,
        ),
    ]
}

/// How long a consumer works on a record.
pub(super) fn processing(node: i32) -> Form {
    let about = About::Processing(node);
    one_number(about, Text::FormProcessing, Text::FieldProcessing, PROCESSING_MS)
}

/// One partition more than there are.
pub(super) fn partitions(topic: &Topic) -> Form {
    let about = About::Partitions(topic.name.clone());
    one_number(about, Text::FormPartitions, Text::FieldTotal, topic.partitions + 1)
}

pub(super) fn record(topic: &str) -> Form {
    Form {
        about: About::Record(topic.to_owned()),
        title: Text::FormRecord,
        fields: vec![words(Text::FieldKey, "ella"), words(Text::FieldRecord, "hello")],
        submits: &[Text::SubmitSend],
    }
}

pub(super) fn new_topic(brokers: usize) -> Form {
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
        About::Rate(node) => return act(Act::Rate, *node, values),
        About::Keys(node) => return act(Act::Keys, *node, values),
        About::ValueBytes(node) => return act(Act::ValueBytes, *node, values),
        About::Processing(node) => return act(Act::Processing, *node, values),
        About::Links(node, peers) => {
            return link(*node, *peers.get(text(0)?.parse::<usize>().ok()?)?, submit, &text(1)?);
        }
        About::TopicConfig(topic) => {
            let value = text(1).filter(|_| submit == 0);
            Order::TopicConfig { topic: topic.clone(), name: text(0)?, value }
        }
        About::BrokerConfig(node) => {
            let broker = (text(0)? != "0").then_some(*node);
            let value = text(2).filter(|_| submit == 0);
            Order::BrokerConfig { broker, name: text(1)?, value }
        }
        About::Partitions(topic) => {
            Order::AddPartitions { topic: topic.clone(), total: text(0)?.trim().parse().ok()? }
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

fn act(act: fn(i32, u32) -> Act, node: i32, values: &[String]) -> Option<Command> {
    Some(Command::Act(act(node, values.first()?.trim().parse().ok()?)))
}

fn link(node: i32, peer: i32, submit: usize, latency: &str) -> Option<Command> {
    Some(Command::Act(match submit {
        0 => Act::Cut(node, peer),
        1 => Act::Heal(node, peer),
        2 => Act::Slow(node, peer, latency.trim().parse().ok()?),
        _ => Act::Reset(node, peer),
    }))
}
