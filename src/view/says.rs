//! Sentences that the engine chooses and the page says, in the language of the page.

use std::fmt::Display;

use serde::{Deserialize, Serialize};

use super::describe;
use super::protocol::Selected;
use super::scene::{NodeName, Scene};
use super::text::{Lang, Text, list};
use super::timeline;

/// A text of the table with what stands in its slots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Says {
    pub text: Text,
    pub slots: Vec<(String, Word)>,
}

/// A value in a sentence or a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Word {
    /// Kafka's own: names, numbers, identifiers.
    Raw(String),
    Says(Says),
    Node(NodeName),
    /// Ids in their order.
    Ids(Vec<i32>),
    /// A virtual time, which one can go to.
    Time(u64),
    /// Something else to look at.
    Thing(Selected),
}

impl Says {
    /// A text with its slots filled.
    pub fn new<const N: usize>(text: Text, slots: [(&str, Word); N]) -> Says {
        Says { text, slots: slots.map(|(name, word)| (name.to_owned(), word)).into() }
    }

    /// The sentence.
    pub fn say(&self, lang: Lang, scene: &Scene) -> String {
        let words: Vec<(&str, String)> =
            self.slots.iter().map(|(name, word)| (name.as_str(), word.say(lang, scene))).collect();
        let slots: Vec<(&str, &dyn Display)> =
            words.iter().map(|(name, word)| (*name, word as &dyn Display)).collect();
        self.text.with(lang, &slots)
    }
}

impl Word {
    /// The value as it is written.
    pub fn say(&self, lang: Lang, scene: &Scene) -> String {
        match self {
            Word::Raw(text) => text.clone(),
            Word::Says(says) => says.say(lang, scene),
            Word::Node(node) => describe::node_name(lang, node),
            Word::Ids(ids) => list(lang, ids),
            Word::Time(time) => timeline::long(*time),
            Word::Thing(thing) => describe::thing(lang, scene, thing),
        }
    }
}

impl From<Text> for Word {
    fn from(text: Text) -> Word {
        Word::Says(Says { text, slots: Vec::new() })
    }
}

impl From<Says> for Word {
    fn from(says: Says) -> Word {
        Word::Says(says)
    }
}

impl From<Selected> for Word {
    fn from(thing: Selected) -> Word {
        Word::Thing(thing)
    }
}

impl From<NodeName> for Word {
    fn from(node: NodeName) -> Word {
        Word::Node(node)
    }
}

impl From<&str> for Word {
    fn from(text: &str) -> Word {
        Word::Raw(text.to_owned())
    }
}

impl From<String> for Word {
    fn from(text: String) -> Word {
        Word::Raw(text)
    }
}

impl From<i64> for Word {
    fn from(number: i64) -> Word {
        Word::Raw(number.to_string())
    }
}

impl From<i32> for Word {
    fn from(number: i32) -> Word {
        Word::from(i64::from(number))
    }
}

impl From<&[i32]> for Word {
    fn from(ids: &[i32]) -> Word {
        match ids {
            [] => Word::Raw("–".to_owned()),
            ids => Word::Ids(ids.to_vec()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_said_in_the_language_of_the_page() {
        let node = NodeName::Broker(2);
        let says = Says::new(Text::ActKilled, [("node", node.into())]);
        let scene = Scene::default();
        assert_eq!(says.say(Lang::English, &scene), "You crashed **broker 2**");
        assert_ne!(says.say(Lang::Chinese, &scene), says.say(Lang::English, &scene));
        assert_eq!(Word::from(&[2, 3][..]).say(Lang::English, &scene), "2, 3");
        assert_eq!(Word::Time(29_670_000).say(Lang::English, &scene), "0:29.670");
    }
}
