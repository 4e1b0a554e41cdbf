//! Small forms: their fields, and what they ask for when they are sent.

use super::{name_of, servers};
use crate::view::protocol::{Act, Command, Order, Selected};
use crate::view::scene::{Config, NodeName, Scene};
use crate::view::text::Text;

/// What a slowed link is offered first, in milliseconds.
const SLOW_MS: &str = "1000";

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
