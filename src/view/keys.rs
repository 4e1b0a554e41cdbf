//! The keys of the page as data: what is pressed, what it does, and the words for it.
//!
//! One table serves the dispatch, the list behind `?`, the command list and `aria-keyshortcuts`. What has no key stands in
//! it too, so that the command list offers it.

use super::text::Text;

/// What a key or an entry of the command list does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    Play,
    StepBack,
    Step,
    NextMilestone,
    PreviousMilestone,
    Slower,
    Faster,
    RealTime,
    Auto,
    Fork,
    Snapshot,
    /// Back to the last snapshot that was asked for.
    Recall,
    ToStart,
    Undo,
    Verify,
    /// Why what is looked at is as it is; without a selection, why the latest milestone happened.
    Why,
    /// What the selection offers under this letter, else the narrator's suggestion.
    Press(char),
    /// One level closer to the records, or further away.
    Closer,
    Further,
    FocusColumn,
    FocusRow,
    NextMessage,
    PreviousMessage,
    /// Drops the message that is looked at.
    Drop,
    /// Takes away what was opened last.
    Back,
    Cluster,
    Training,
    Walk,
    Language,
    Theme,
    Size,
    Letters,
    Commands,
    Keys,
    NextRegion,
    PreviousRegion,
    /// The part that has the focus sees to it: the table only tells of it.
    Focused,
}

/// A part of the list of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Time,
    Board,
    Acting,
    Page,
}

impl Part {
    /// All, in the order of the list.
    pub const ALL: [Part; 4] = [Part::Time, Part::Board, Part::Acting, Part::Page];

    /// Its heading.
    pub fn text(self) -> Text {
        match self {
            Part::Time => Text::Time,
            Part::Board => Text::KeysBoard,
            Part::Acting => Text::KeysActing,
            Part::Page => Text::KeysPage,
        }
    }
}

/// A line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// As `KeyboardEvent.key` names them, a modifier before a `+`; any of them does.
    pub names: &'static [&'static str],
    pub part: Part,
    pub text: Text,
    pub does: Does,
}

const fn key(names: &'static [&'static str], part: Part, text: Text, does: Does) -> Key {
    Key { names, part, text, does }
}

/// All keys and commands, in the order of the list.
pub const KEYS: &[Key] = &[
    key(&[" "], Part::Time, Text::KeyPlay, Does::Play),
    key(&[","], Part::Time, Text::StepBack, Does::StepBack),
    key(&["."], Part::Time, Text::Step, Does::Step),
    key(&["n"], Part::Time, Text::KeyNext, Does::NextMilestone),
    key(&["N"], Part::Time, Text::KeyPrevious, Does::PreviousMilestone),
    key(&["-"], Part::Time, Text::KeySlower, Does::Slower),
    key(&["=", "+"], Part::Time, Text::KeyFaster, Does::Faster),
    key(&["1"], Part::Time, Text::KeyRealTime, Does::RealTime),
    key(&["a"], Part::Time, Text::KeyAuto, Does::Auto),
    key(&["b"], Part::Time, Text::KeyFork, Does::Fork),
    key(&["s"], Part::Time, Text::KeySnapshot, Does::Snapshot),
    key(&["S"], Part::Time, Text::KeyRecall, Does::Recall),
    key(&[], Part::Time, Text::ToStart, Does::ToStart),
    key(&["u"], Part::Time, Text::Undo, Does::Undo),
    key(&[], Part::Time, Text::KeyVerify, Does::Verify),
    key(
        &["ArrowLeft", "ArrowUp", "ArrowDown", "ArrowRight"],
        Part::Board,
        Text::KeyMove,
        Does::Focused,
    ),
    key(&["f"], Part::Board, Text::KeyFocusColumn, Does::FocusColumn),
    key(&["F"], Part::Board, Text::KeyFocusRow, Does::FocusRow),
    key(&["z"], Part::Board, Text::KeyCloser, Does::Closer),
    key(&["Z"], Part::Board, Text::KeyFurther, Does::Further),
    key(&["]"], Part::Board, Text::KeyNextMessage, Does::NextMessage),
    key(&["["], Part::Board, Text::KeyPreviousMessage, Does::PreviousMessage),
    key(&["Enter"], Part::Board, Text::KeyInspect, Does::Focused),
    key(&["w"], Part::Board, Text::KeyWhy, Does::Why),
    key(&["Escape"], Part::Board, Text::KeyBack, Does::Back),
    key(&["k"], Part::Acting, Text::KeyCrash, Does::Press('k')),
    key(&["r"], Part::Acting, Text::KeyRestart, Does::Press('r')),
    key(&["p"], Part::Acting, Text::KeyPause, Does::Press('p')),
    key(&["d"], Part::Acting, Text::KeyDisk, Does::Press('d')),
    key(&["x"], Part::Acting, Text::KeyDrop, Does::Drop),
    key(&["c"], Part::Page, Text::KeyCluster, Does::Cluster),
    key(&["m"], Part::Page, Text::KeyTraining, Does::Training),
    key(&[], Part::Page, Text::KeyWalk, Does::Walk),
    key(&["/", "Control+k"], Part::Page, Text::KeyCommands, Does::Commands),
    key(&["?"], Part::Page, Text::KeyKeys, Does::Keys),
    key(&["F6"], Part::Page, Text::KeyRegion, Does::NextRegion),
    key(&["Shift+F6"], Part::Page, Text::KeyRegionBack, Does::PreviousRegion),
    key(&[], Part::Page, Text::KeyLanguage, Does::Language),
    key(&[], Part::Page, Text::KeyTheme, Does::Theme),
    key(&[], Part::Page, Text::KeySize, Does::Size),
    key(&[], Part::Page, Text::KeyLetters, Does::Letters),
];

/// The line of what was pressed; without letters, only of keys that type nothing.
pub fn pressed(name: &str, letters: bool) -> Option<&'static Key> {
    let found = KEYS.iter().find(|key| key.names.contains(&name))?;
    (letters || !is_letter(name)).then_some(found)
}

/// The key of what the selection offers under a letter.
pub fn of_press(letter: char) -> Option<&'static str> {
    let line = KEYS.iter().find(|key| key.does == Does::Press(letter))?;
    line.names.first().copied()
}

/// Whether it is a key that types a letter, a digit or a sign (WCAG 2.1.4).
fn is_letter(name: &str) -> bool {
    name != " " && name.chars().count() == 1
}

/// How a key is printed: `Space`, `Shift N`, `Ctrl K`.
pub fn label(name: &str) -> String {
    let (modifier, bare) = match name.split_once('+') {
        Some(("Control", bare)) => ("Ctrl ", bare),
        Some(("Shift", bare)) => ("Shift ", bare),
        _ if is_capital(name) => ("Shift ", name),
        _ => ("", name),
    };
    let bare = match bare {
        " " => "Space",
        "Escape" => "Esc",
        "ArrowLeft" => "←",
        "ArrowUp" => "↑",
        "ArrowDown" => "↓",
        "ArrowRight" => "→",
        bare => return [modifier, &bare.to_ascii_uppercase()].concat(),
    };
    [modifier, bare].concat()
}

fn is_capital(name: &str) -> bool {
    name.len() == 1 && name.starts_with(|letter: char| letter.is_ascii_uppercase())
}

/// The value of `aria-keyshortcuts` for what does that, if a key does it now.
pub fn shortcut(does: Does, letters: bool) -> Option<String> {
    let names = KEYS.iter().find(|key| key.does == does)?.names;
    let in_force = names.iter().filter(|name| letters || !is_letter(name));
    let names: Vec<String> = in_force.map(|name| aria(name)).collect();
    (!names.is_empty()).then(|| names.join(" "))
}

fn aria(name: &str) -> String {
    match label(name).as_str() {
        "Ctrl K" => "Control+K".to_owned(),
        // A plus stands between the parts of a combination.
        "+" => "Plus".to_owned(),
        label => label.replace(' ', "+"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_stands_once_and_belongs_to_one_thing() {
        let names: Vec<&str> = KEYS.iter().flat_map(|key| key.names).copied().collect();
        for name in &names {
            assert_eq!(names.iter().filter(|other| *other == name).count(), 1, "{name:?}");
        }
        for key in KEYS.iter().filter(|key| key.does != Does::Focused) {
            assert_eq!(KEYS.iter().filter(|other| other.does == key.does).count(), 1, "{key:?}");
        }
    }

    #[test]
    fn letters_can_be_switched_off_and_nothing_else_with_them() {
        assert_eq!(pressed("k", true).map(|key| key.does), Some(Does::Press('k')));
        for name in ["k", "N", "?", "/", ",", "1", "-"] {
            assert!(pressed(name, true).is_some() && pressed(name, false).is_none(), "{name}");
        }
        for name in [" ", "F6", "Shift+F6", "Escape", "Control+k"] {
            assert!(pressed(name, false).is_some(), "{name}");
        }
        assert_eq!(shortcut(Does::Auto, false), None);
        assert_eq!(shortcut(Does::Commands, false).as_deref(), Some("Control+K"));
    }

    #[test]
    fn keys_are_printed_as_they_stand_on_the_board() {
        let printed: Vec<String> =
            [" ", "N", "n", "Control+k", "Shift+F6", "="].map(label).to_vec();
        assert_eq!(printed, ["Space", "Shift N", "N", "Ctrl K", "Shift F6", "="]);
        assert_eq!(shortcut(Does::PreviousMilestone, true).as_deref(), Some("Shift+N"));
        assert_eq!(shortcut(Does::Faster, true).as_deref(), Some("= Plus"));
        assert_eq!(shortcut(Does::Undo, true).as_deref(), Some("U"));
        assert_eq!(shortcut(Does::Verify, true), None);
    }
}
