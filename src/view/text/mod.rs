//! The visible texts: whole sentences with named slots, in English and Chinese, in one [`table`].
//!
//! A sentence may hold `{name}` (a slot), `{count:record|records}` (the word for one or for more) and `**strong**`.
//! Kafka's identifiers stay as they are in every language, so that what is learned here holds on a real cluster.

mod table;

use std::fmt::Display;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use table::Text;

/// A language of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lang {
    #[default]
    English,
    Chinese,
}

impl Lang {
    /// The BCP 47 tag, as the `lang` attribute wants it.
    pub fn tag(self) -> &'static str {
        match self {
            Lang::English => "en",
            Lang::Chinese => "zh-CN",
        }
    }

    /// The language of a BCP 47 tag; English if it is none of ours.
    pub fn from_tag(tag: &str) -> Lang {
        if tag.to_ascii_lowercase().starts_with("zh") { Lang::Chinese } else { Lang::English }
    }

    /// The other language, for the switch.
    pub fn other(self) -> Lang {
        match self {
            Lang::English => Lang::Chinese,
            Lang::Chinese => Lang::English,
        }
    }
}

/// The values of a sentence's slots, by name.
pub type Slots<'a> = &'a [(&'a str, &'a dyn Display)];

impl Text {
    /// The text, for one without slots.
    pub fn say(self, lang: Lang) -> String {
        self.with(lang, &[])
    }

    /// The text with its slots filled.
    ///
    /// # Panics
    /// If the sentence names a slot that is not given.
    pub fn with(self, lang: Lang, slots: Slots) -> String {
        let (english, chinese) = self.pair();
        match lang {
            Lang::English => fill(english, slots),
            Lang::Chinese => fill(chinese, slots),
        }
    }
}

// A text travels as its number: its words stay with the page.
impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(*self as u16)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Text, D::Error> {
        let number = u16::deserialize(deserializer)?;
        Text::ALL.get(usize::from(number)).copied().ok_or_else(|| D::Error::custom("no text"))
    }
}

fn fill(template: &str, slots: Slots) -> String {
    let mut out = String::with_capacity(template.len() + 16);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (slot, tail) = after.split_once('}').expect("a test checks that braces close");
        out.push_str(before);
        out.push_str(&value(slot, slots));
        rest = tail;
    }
    out.push_str(rest);
    out
}

fn value(slot: &str, slots: Slots) -> String {
    let (name, forms) = slot.split_once(':').unwrap_or((slot, ""));
    let found = slots.iter().find(|(known, _)| *known == name);
    let text = found.unwrap_or_else(|| panic!("no value for the slot {name}")).1.to_string();
    match forms.split_once('|') {
        Some((one, _)) if text == "1" => one.to_owned(),
        Some((_, other)) => other.to_owned(),
        None => text,
    }
}

/// A run of a sentence in one weight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    pub text: String,
    pub strong: bool,
}

/// Splits a sentence at its `**` marks.
pub fn spans(sentence: &str) -> Vec<Span> {
    sentence
        .split("**")
        .enumerate()
        .filter(|(_, text)| !text.is_empty())
        .map(|(index, text)| Span { text: text.to_owned(), strong: index % 2 == 1 })
        .collect()
}

/// A sentence without its `**` marks, for labels and screen readers.
pub fn plain(sentence: &str) -> String {
    sentence.replace("**", "")
}

/// Names as a list: `1, 2, 3`; the separator is the language's own.
pub fn list<T: Display>(lang: Lang, items: &[T]) -> String {
    let separator = match lang {
        Lang::English => ", ",
        Lang::Chinese => "、",
    };
    items.iter().map(T::to_string).collect::<Vec<_>>().join(separator)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    fn slot_names(template: &str) -> BTreeSet<&str> {
        let pieces = template.split('{').skip(1);
        pieces
            .map(|piece| piece.split_once('}').expect("every brace closes").0)
            .map(|slot| slot.split_once(':').map_or(slot, |(name, _)| name))
            .collect()
    }

    #[test]
    fn both_languages_have_the_same_slots() {
        for text in Text::ALL {
            let (english, chinese) = text.pair();
            assert_eq!(slot_names(english), slot_names(chinese), "{text:?}");
            assert_eq!(english.matches("**").count() % 2, 0, "{text:?}");
            assert_eq!(chinese.matches("**").count() % 2, 0, "{text:?}");
        }
    }

    #[test]
    fn no_text_is_empty() {
        for text in Text::ALL {
            let (english, chinese) = text.pair();
            assert!(!english.trim().is_empty() && !chinese.trim().is_empty(), "{text:?}");
        }
    }

    #[test]
    fn every_text_is_used() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut code = String::new();
        read_all(&root.join("ui"), &mut code);
        read_all(&root.join("view"), &mut code);
        for text in Text::ALL {
            let name = format!("Text::{text:?}");
            let used = code.match_indices(&name).any(|(at, _)| {
                !code[at + name.len()..].starts_with(|c: char| c.is_ascii_alphanumeric())
            });
            assert!(used, "{name} is in the table but nothing says it");
        }
    }

    fn read_all(dir: &Path, code: &mut String) {
        for entry in std::fs::read_dir(dir).expect("the folder exists") {
            let path = entry.expect("the folder is readable").path();
            if path.is_dir() {
                read_all(&path, code);
            } else if path.extension().is_some_and(|ext| ext == "rs") {
                code.push_str(&std::fs::read_to_string(&path).expect("the file is readable"));
            }
        }
    }

    #[test]
    fn slots_are_filled_and_words_follow_the_count() {
        assert_eq!(
            fill("{n} {n:record|records} of {who}", &[("n", &1), ("who", &"c1")]),
            "1 record of c1"
        );
        assert_eq!(fill("{n} {n:record|records}", &[("n", &0)]), "0 records");
    }

    #[test]
    fn strong_runs_are_split_off() {
        let spans = spans("**Broker 2** leads");
        assert_eq!(spans.len(), 2);
        assert!(spans[0].strong && !spans[1].strong);
        assert_eq!(plain("**Broker 2** leads"), "Broker 2 leads");
    }
}
