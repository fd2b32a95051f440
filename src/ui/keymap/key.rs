//! One key, and two pressed one after the other: how they are written, read and shown.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

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

    /// Returns what a terminal reports when it is pressed.
    pub fn event(self) -> KeyEvent {
        let mut modifiers = KeyModifiers::NONE;
        modifiers.set(KeyModifiers::CONTROL, self.ctrl);
        modifiers.set(KeyModifiers::ALT, self.alt);
        KeyEvent::new(self.code, modifiers)
    }

    /// Reads a key as the table writes it: `enter`, `ctrl-s`, `shift-tab`, `[`, `R`; names in any case.
    pub fn parse(text: &str) -> Option<Self> {
        let (ctrl, rest) = match text.strip_prefix("ctrl-") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (alt, rest) = match rest.strip_prefix("alt-") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let code = NAMES
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(rest))
            .map(|(_, code)| *code)
            .or_else(|| {
                let mut chars = rest.chars();
                match (chars.next(), chars.next()) {
                    (Some(c), None) if !c.is_control() => Some(KeyCode::Char(c)),
                    _ => None,
                }
            })?;
        Some(Self { code, ctrl, alt })
    }

    /// Guesses which key a text means that [`Key::parse`] does not read: `C-x`, `ctrl+x`, `<Escape>`.
    pub fn meant(text: &str) -> Option<Self> {
        let bare = text.trim_start_matches('<').trim_end_matches('>');
        let (held, name) = match bare.rfind(['-', '+']) {
            Some(at) if at > 0 && at + 1 < bare.len() => (&bare[..at], &bare[at + 1..]),
            _ => ("", bare),
        };
        let mut written = String::new();
        let held = held.to_lowercase();
        let mut shift = false;
        for word in held.split(['-', '+']).filter(|word| !word.is_empty()) {
            match word {
                "c" | "control" | "ctrl" | "^" => written.insert_str(0, "ctrl-"),
                "a" | "m" | "meta" | "option" | "opt" | "alt" => written.push_str("alt-"),
                "s" | "shift" => shift = true,
                _ => return None,
            }
        }
        let lower = name.to_lowercase();
        let name = match lower.as_str() {
            "escape" => "esc",
            "return" | "cr" => "enter",
            "pageup" | "page_up" => "pgup",
            "pagedown" | "page_down" => "pgdn",
            "backtab" => "shift-tab",
            "tab" if shift => "shift-tab",
            "spc" => "space",
            "delete" => "del",
            "bs" => "backspace",
            _ if shift && lower.chars().count() == 1 && !written.contains("ctrl-") => {
                return Self::parse(&(written + &name.to_uppercase()));
            }
            _ if name.chars().count() == 1 && !written.contains("ctrl-") => name,
            other => other,
        };
        Self::parse(&(written + name))
    }

    /// Tells whether a text takes the key as a character.
    pub fn is_printable(self) -> bool {
        matches!(self.code, KeyCode::Char(_)) && !self.ctrl && !self.alt
    }

    /// Returns the key as [`Key::parse`] reads it.
    pub fn written(self) -> String {
        let shown = self.to_string();
        match self.code {
            KeyCode::Char(c) if c != ' ' => shown,
            _ => shown.to_lowercase(),
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
        match NAMES.iter().find(|(_, code)| *code == self.code) {
            Some((name, _)) => f.write_str(name),
            None => match self.code {
                KeyCode::Char(c) => write!(f, "{c}"),
                _ => f.write_str("?"),
            },
        }
    }
}

/// The keys that have a name, as people read it.
pub const NAMES: &[(&str, KeyCode)] = &[
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("shift-Tab", KeyCode::BackTab),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("PgUp", KeyCode::PageUp),
    ("PgDn", KeyCode::PageDown),
    ("Space", KeyCode::Char(' ')),
    ("Backspace", KeyCode::Backspace),
    ("Del", KeyCode::Delete),
    ("Ins", KeyCode::Insert),
    ("F1", KeyCode::F(1)),
    ("F2", KeyCode::F(2)),
    ("F3", KeyCode::F(3)),
    ("F4", KeyCode::F(4)),
    ("F5", KeyCode::F(5)),
    ("F6", KeyCode::F(6)),
    ("F7", KeyCode::F(7)),
    ("F8", KeyCode::F(8)),
    ("F9", KeyCode::F(9)),
    ("F10", KeyCode::F(10)),
    ("F11", KeyCode::F(11)),
    ("F12", KeyCode::F(12)),
];

/// What is pressed for an action: one key, or two one after the other.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Sequence {
    /// The first key.
    pub first: Key,
    /// The key after it, where one is needed.
    pub then: Option<Key>,
}

impl Sequence {
    /// Makes a sequence of one key.
    pub fn one(key: Key) -> Self {
        Self {
            first: key,
            then: None,
        }
    }

    /// Reads one key, or two with a space between them: `z`, `g g`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut keys = text.split_ascii_whitespace().map(Key::parse);
        let first = keys.next()??;
        let then = match keys.next() {
            Some(key) => Some(key?),
            None => None,
        };
        keys.next().is_none().then_some(Self { first, then })
    }

    /// Tells whether one of two is the other, or its beginning, so that both cannot be meant in one place.
    pub fn clashes_with(self, other: Self) -> bool {
        self.first == other.first
            && (self.then == other.then || self.then.is_none() || other.then.is_none())
    }

    /// Returns the sequence as [`Sequence::parse`] reads it.
    pub fn written(self) -> String {
        match self.then {
            Some(then) => format!("{} {}", self.first.written(), then.written()),
            None => self.first.written(),
        }
    }
}

/// `z`, `g g`.
impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first)?;
        match self.then {
            Some(then) => write!(f, " {then}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_shown_as_people_say_them() {
        let shown = |text| Key::parse(text).map(|key| key.to_string());
        assert_eq!(shown("ctrl-s").as_deref(), Some("ctrl-s"));
        assert_eq!(shown("shift-tab").as_deref(), Some("shift-Tab"));
        assert_eq!(shown("R").as_deref(), Some("R"));
        assert_eq!(shown("alt-PGDN").as_deref(), Some("alt-PgDn"));
        assert_eq!(shown("nonsense"), None);
        assert_eq!(shown(""), None);
    }

    #[test]
    fn what_is_written_is_read_again() {
        for text in [
            "ctrl-alt-x",
            "R",
            "space",
            "shift-tab",
            "f12",
            "ctrl--",
            "g G",
            "' space",
        ] {
            let read = Sequence::parse(text).unwrap();
            assert_eq!(read.written(), text);
            assert_eq!(Sequence::parse(&read.to_string()), Some(read));
        }
        for text in ["", " ", "g g g", "ctrl-shift-x", "ctrl+x", "\u{7}"] {
            assert_eq!(Sequence::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn other_programs_words_for_keys_are_understood() {
        for (text, written) in [
            ("C-x", "ctrl-x"),
            ("Ctrl+X", "ctrl-x"),
            ("<Escape>", "esc"),
            ("M-f", "alt-f"),
            ("shift+tab", "shift-tab"),
            ("shift-g", "G"),
            ("PageDown", "pgdn"),
        ] {
            let meant = Key::meant(text).map(Key::written);
            assert_eq!(meant.as_deref(), Some(written), "{text}");
        }
        assert_eq!(Key::meant("hyper-x"), None);
        assert_eq!(Key::meant("nonsense"), None);
    }

    #[test]
    fn a_key_clashes_with_the_sequence_it_begins() {
        let read = |text| Sequence::parse(text).unwrap();
        assert!(read("g").clashes_with(read("g g")));
        assert!(read("g g").clashes_with(read("g")));
        assert!(!read("g g").clashes_with(read("g h")));
        assert!(!read("g").clashes_with(read("h")));
    }
}
