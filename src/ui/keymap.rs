//! Keys: how they are written, read and shown, and which actions they stand for in a context.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::{
    action::{ACTIONS, Availability, Entry},
    model::{Context, Model},
};

/// A key with its modifiers, as the action table writes it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Key {
    /// Which key; shift is part of a character.
    pub code: KeyCode,
    /// Whether ctrl is held.
    pub ctrl: bool,
    /// Whether alt is held.
    pub alt: bool,
}

impl Key {
    /// Makes a key without modifiers.
    pub fn plain(code: KeyCode) -> Self {
        Self {
            code,
            ctrl: false,
            alt: false,
        }
    }

    /// Reads what the terminal reports; a release is no key.
    pub fn of(event: &KeyEvent) -> Option<Self> {
        if event.kind == KeyEventKind::Release {
            return None;
        }
        let code = match event.code {
            KeyCode::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
            // Some terminals send ctrl-m and ctrl-j for Enter; nobody means anything else by them.
            KeyCode::Char('m' | 'j') if event.modifiers.contains(KeyModifiers::CONTROL) => {
                return Some(Self::plain(KeyCode::Enter));
            }
            code => code,
        };
        Some(Self {
            code,
            ctrl: event.modifiers.contains(KeyModifiers::CONTROL),
            alt: event.modifiers.contains(KeyModifiers::ALT),
        })
    }

    /// Reads a key as the table writes it: `enter`, `ctrl-s`, `shift-tab`, `[`, `R`.
    pub fn parse(text: &str) -> Option<Self> {
        let (ctrl, rest) = match text.strip_prefix("ctrl-") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let code = NAMES
            .iter()
            .find(|(name, _)| *name == rest)
            .map(|(_, code)| *code)
            .or_else(|| {
                let mut chars = rest.chars();
                match (chars.next(), chars.next()) {
                    (Some(c), None) => Some(KeyCode::Char(c)),
                    _ => None,
                }
            })?;
        Some(Self {
            code,
            ctrl,
            alt: false,
        })
    }

    /// Returns the digit of the key, if it is one.
    pub fn digit(self) -> Option<usize> {
        match self.code {
            KeyCode::Char(c) if !self.ctrl && !self.alt => {
                usize::try_from(c.to_digit(10)?).ok().filter(|n| *n > 0)
            }
            _ => None,
        }
    }
}

/// `Enter`, `ctrl-s`, `shift-Tab`, `R`.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("ctrl-")?;
        }
        if self.alt {
            f.write_str("alt-")?;
        }
        match self.code {
            KeyCode::Char(' ') => f.write_str("Space"),
            KeyCode::Char(c) => write!(f, "{c}"),
            code => match SHOWN.iter().find(|(known, _)| *known == code) {
                Some((_, name)) => f.write_str(name),
                None => f.write_str("?"),
            },
        }
    }
}

const NAMES: &[(&str, KeyCode)] = &[
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("shift-tab", KeyCode::BackTab),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pgup", KeyCode::PageUp),
    ("pgdn", KeyCode::PageDown),
    ("space", KeyCode::Char(' ')),
];

const SHOWN: &[(KeyCode, &str)] = &[
    (KeyCode::Enter, "Enter"),
    (KeyCode::Esc, "Esc"),
    (KeyCode::Tab, "Tab"),
    (KeyCode::BackTab, "shift-Tab"),
    (KeyCode::Up, "Up"),
    (KeyCode::Down, "Down"),
    (KeyCode::Left, "Left"),
    (KeyCode::Right, "Right"),
    (KeyCode::Home, "Home"),
    (KeyCode::End, "End"),
    (KeyCode::PageUp, "PgUp"),
    (KeyCode::PageDown, "PgDn"),
];

/// What a key means just now.
#[derive(Clone, Copy)]
pub enum Meaning {
    /// This action.
    Action(&'static Entry),
    /// An action that cannot be had, and why.
    Not(&'static str),
    /// Nothing.
    Nothing,
}

/// Finds what a key means in the model's context: the first action of that key which can be had.
pub fn meaning(model: &Model, key: Key) -> Meaning {
    let context = model.context();
    let mut why = None;
    for entry in ACTIONS {
        if !reaches(entry, context, key) {
            continue;
        }
        match (entry.when)(model) {
            Availability::Yes => return Meaning::Action(entry),
            Availability::No("") => {}
            // The last candidate is the most general one, and says best what is missing.
            Availability::No(says) => why = Some(says),
        }
    }
    why.map_or(Meaning::Nothing, Meaning::Not)
}

/// Tells whether an action listens to a key in a context.
fn reaches(entry: &Entry, context: Context, key: Key) -> bool {
    // Printable keys belong to the field that is edited.
    let printable = matches!(key.code, KeyCode::Char(_)) && !key.ctrl && !key.alt;
    entry.scope.holds_in(context)
        && !(context == Context::Field && printable)
        && entry.keys.iter().any(|text| Key::parse(text) == Some(key))
}

/// Returns the hints of the footer: what can be done now, each with the key that does it, in the order of the table.
pub fn hints(model: &Model) -> Vec<(String, &'static str)> {
    let context = model.context();
    let mut known: Vec<&str> = Vec::new();
    ACTIONS
        .iter()
        .filter(|entry| !entry.hint.is_empty() && entry.scope.holds_in(context))
        .filter_map(|entry| {
            let key = entry.keys.iter().filter_map(|text| Key::parse(text)).find(
                |key| matches!(meaning(model, *key), Meaning::Action(found) if found.action == entry.action),
            )?;
            Some((key.to_string(), entry.hint))
        })
        .filter(|(_, hint)| {
            // Two keys for one thing are one too many for the footer.
            let new = !known.contains(hint);
            known.push(hint);
            new
        })
        .collect()
}

/// Returns the keys of an action as a person reads them.
pub fn shown(entry: &Entry) -> String {
    entry
        .keys
        .iter()
        .filter_map(|text| Key::parse(text))
        .map(|key| key.to_string())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Returns the key table as Markdown for the README.
pub fn key_table_markdown() -> String {
    use fmt::Write as _;
    let mut out = String::from("| where | key | what it does |\n| --- | --- | --- |\n");
    for entry in ACTIONS {
        let keys = entry
            .keys
            .iter()
            .filter_map(|text| Key::parse(text))
            .map(|key| format!("`{}`", key.to_string().replace('|', "\\|")))
            .collect::<Vec<_>>()
            .join(" ");
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "| {} | {} | {} |",
            entry.scope.title(),
            keys,
            entry.about
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_the_table_is_one() {
        for entry in ACTIONS {
            assert!(!entry.keys.is_empty(), "{}", entry.id);
            for text in entry.keys {
                assert!(Key::parse(text).is_some(), "{}: {text}", entry.id);
            }
            assert!(entry.hint.chars().count() <= 20, "{}", entry.id);
            assert!(entry.about.ends_with('.'), "{}", entry.id);
            assert_eq!(
                ACTIONS.iter().filter(|other| other.id == entry.id).count(),
                1
            );
        }
    }

    #[test]
    fn keys_are_shown_as_people_say_them() {
        let shown = |text| Key::parse(text).map(|key| key.to_string());
        assert_eq!(shown("ctrl-s").as_deref(), Some("ctrl-s"));
        assert_eq!(shown("shift-tab").as_deref(), Some("shift-Tab"));
        assert_eq!(shown("R").as_deref(), Some("R"));
        assert_eq!(shown("nonsense"), None);
    }

    #[test]
    fn the_table_for_the_readme_names_every_action() {
        let table = key_table_markdown();
        assert_eq!(table.lines().count(), ACTIONS.len() + 2);
        assert!(table.contains("`ctrl-c`"));
    }
}
