//! The command list: every command of the page, what the selection offers, everything that can be looked at, and what can be
//! done to each of it.

use std::fmt::Display;

use super::keys::{Does, KEYS};
use super::offers::{self, About};
use super::protocol::{Act, Order, Selected};
use super::scene::Scene;
use super::text::{Lang, Text};
use super::{describe, keys};

/// What an entry does.
#[derive(Clone, Debug, PartialEq)]
pub enum Runs {
    Does(Does),
    Act(Act),
    Order(Order),
    Select(Selected),
    Topic(String),
}

/// A line of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// In English and in Chinese: both are searched.
    pub words: [String; 2],
    pub key: Option<&'static str>,
    pub runs: Runs,
}

impl Entry {
    /// The words of the language.
    pub fn say(&self, lang: Lang) -> &str {
        match lang {
            Lang::English => &self.words[0],
            Lang::Chinese => &self.words[1],
        }
    }
}

/// All entries, the nearest first: the selection's, the page's, what can be looked at, what can be done to it.
pub fn entries(
    scene: Option<&Scene>,
    selected: Option<&Selected>,
    possible: impl Fn(Does) -> bool,
) -> Vec<Entry> {
    let mut all = Vec::new();
    if let (Some(scene), Some(selected)) = (scene, selected) {
        all.extend(of_selection(scene, selected));
    }
    let listed = |does| !matches!(does, Does::Focused | Does::Back | Does::Commands);
    let lines = KEYS.iter().filter(|key| listed(key.does) && possible(key.does));
    all.extend(lines.map(|line| Entry {
        words: both(|lang| line.text.say(lang)),
        key: line.names.first().copied(),
        runs: Runs::Does(line.does),
    }));
    all.extend(scene.into_iter().flat_map(things));
    let others = |thing: &Selected| Some(thing) != selected;
    if let Some(scene) = scene {
        let acts = selectable(scene).filter(others).flat_map(|thing| of_selection(scene, &thing));
        // A key acts on the selection only.
        all.extend(acts.map(|entry| Entry { key: None, ..entry }));
    }
    all
}

/// The entries that hold every word of the query, in either language.
pub fn found(entries: Vec<Entry>, query: &str) -> Vec<Entry> {
    // Chinese has no case, and Unicode's tables of the others are 20 KB.
    let query = query.to_ascii_lowercase();
    let holds = |entry: &Entry| {
        let text = [&*entry.words[0], " ", &*entry.words[1]].concat().to_ascii_lowercase();
        query.split_whitespace().all(|word| text.contains(word))
    };
    entries.into_iter().filter(holds).collect()
}

fn both(say: impl Fn(Lang) -> String) -> [String; 2] {
    [say(Lang::English), say(Lang::Chinese)]
}

fn of_selection(scene: &Scene, selected: &Selected) -> Vec<Entry> {
    let offers = offers::offers(scene, selected);
    let thing = |lang| describe::thing(lang, scene, selected);
    let presses = offers.presses.iter().map(|press| Entry {
        words: both(|lang| match plain(selected, press.act) {
            Some((text, slot)) => text.with(lang, &[slot]),
            None => [&*thing(lang), " · ", &*press.text.say(lang)].concat(),
        }),
        key: press.key.and_then(keys::of_press),
        runs: Runs::Act(press.act),
    });
    let deletes = offers.deletes.iter().filter_map(|order| {
        let Order::DeleteTopic(topic) = order else { return None };
        let words = both(|lang| Text::DeleteTopic.with(lang, &[("topic", topic)]));
        Some(Entry { words, key: None, runs: Runs::Order(order.clone()) })
    });
    let forms = offers.forms.iter().map(|form| Entry {
        words: both(|lang| match form.about {
            About::Topic => form.title.say(lang),
            _ => [&*thing(lang), " · ", &*form.title.say(lang)].concat(),
        }),
        key: None,
        runs: Runs::Select(selected.clone()),
    });
    presses.chain(deletes).chain(forms).collect()
}

/// What is done to a group as a sentence of its own.
fn plain(selected: &Selected, act: Act) -> Option<(Text, (&'static str, &dyn Display))> {
    match (selected, act) {
        (Selected::Group(name), Act::AddLike(_)) => Some((Text::AddMemberTo, ("group", name))),
        _ => None,
    }
}

/// Everything on the board.
fn selectable(scene: &Scene) -> impl Iterator<Item = Selected> + '_ {
    let servers = scene.brokers.iter().map(|broker| broker.id);
    let servers = servers.chain(scene.controllers.iter().map(|controller| controller.id));
    let clients = scene.producers.iter().map(|producer| producer.node);
    let members = scene.groups.iter().flat_map(|group| &group.members).map(|member| member.node);
    let nodes = servers.chain(clients).chain(members).map(Selected::Node);
    let groups = scene.groups.iter().map(|group| Selected::Group(group.name.clone()));
    let topic = scene.topic.iter().map(|_| Selected::Topic);
    topic.chain(groups).chain(nodes)
}

/// Everything on the board, to be looked at, and the topics to be shown.
fn things(scene: &Scene) -> impl Iterator<Item = Entry> + '_ {
    let looks = selectable(scene).map(|selected| {
        let look =
            |lang| Text::LookAt.with(lang, &[("thing", &describe::thing(lang, scene, &selected))]);
        let words = both(look);
        Entry { words, key: None, runs: Runs::Select(selected) }
    });
    let topics = scene.topics.iter().map(|topic| Entry {
        words: both(|lang| Text::ShowTopic.with(lang, &[("topic", topic)])),
        key: None,
        runs: Runs::Topic(topic.clone()),
    });
    looks.chain(topics)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::scene::{Broker, Group, Member, Topic};

    fn scene() -> Scene {
        Scene {
            topic: Some(Topic { name: "orders".into(), ..Topic::default() }),
            topics: vec!["orders".into()],
            brokers: [1, 2].map(|id| Broker { id, ..Broker::default() }).to_vec(),
            ..Scene::default()
        }
    }

    #[test]
    fn what_the_selection_offers_comes_first() {
        let selected = Selected::Node(2);
        let all = entries(Some(&scene()), Some(&selected), |_| true);
        assert_eq!(all[0].words, ["Broker 2 · Crash (SIGKILL)", "Broker 2 · 宕机（SIGKILL）"]);
        assert_eq!((all[0].key, &all[0].runs), (Some("k"), &Runs::Act(Act::Kill(2))));
    }

    #[test]
    fn a_query_is_found_in_both_languages() {
        let all = || entries(Some(&scene()), None, |_| true);
        let runs =
            |query| found(all(), query).into_iter().map(|entry| entry.runs).collect::<Vec<_>>();
        assert_eq!(runs("BROKER 2")[0], Runs::Select(Selected::Node(2)));
        assert_eq!(runs("深色"), runs("dark"));
        assert_eq!(runs("show orders"), [Runs::Topic("orders".into())]);
        assert!(runs("no such thing").is_empty());
    }

    #[test]
    fn what_can_be_done_to_anything_is_found_by_its_words() {
        let member = Member { name: "c1".into(), node: 1002, ..Member::default() };
        let group = Group { name: "billing".into(), members: vec![member], ..Group::default() };
        let scene = Scene { groups: vec![group], ..scene() };
        let all = || entries(Some(&scene), Some(&Selected::Node(1)), |_| false);
        let runs = |query| found(all(), query).into_iter().map(|one| one.runs).collect::<Vec<_>>();
        assert_eq!(runs("crash broker 2"), [Runs::Act(Act::Kill(2))]);
        assert_eq!(runs("crash broker 1").len(), 1, "the selection's acts stand once");
        assert_eq!(runs("Add a member to billing"), [Runs::Act(Act::AddLike(1002))]);
        assert_eq!(runs("create topic"), [Runs::Select(Selected::Topic)]);
    }

    #[test]
    fn what_cannot_be_done_now_is_not_listed() {
        let all = entries(None, None, |does| does == Does::Play);
        assert_eq!(all.len(), 1);
    }
}
