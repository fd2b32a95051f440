//! `config.toml`: theme, mouse and keys; every mistake is named with its line, and what is wrong keeps its default.

use std::{collections::BTreeSet, ops::Range};

use toml_edit::{Document, Item, TableLike, Value};

use super::{
    action::{ACTIONS, Action, Entry, Scope},
    keymap::{Key, Keymap, Sequence, defaults},
};
use crate::{
    profile::{Problem, suggest},
    protocol::visible::visible,
};

/// What the user has configured.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Config {
    /// The theme's name.
    pub theme: Option<String>,
    /// Whether the mouse is listened to.
    pub mouse: Option<bool>,
    /// Whether everything is masked from the start, for a screen share.
    pub share: Option<bool>,
    /// Which keys do what.
    pub keys: Keymap,
}

/// The keys of the file.
const KEYS: &[&str] = &["theme", "mouse", "share", "keys"];

impl Config {
    /// Reads the file's text; never fails as a whole. Problems come in the order of their lines.
    pub fn read(text: &str, themes: &[&str]) -> (Self, Vec<Problem>) {
        let mut reader = Reader {
            text,
            themes,
            config: Self::default(),
            wishes: Vec::new(),
            problems: Vec::new(),
        };
        reader.document();
        reader.bind();
        reader
            .problems
            .sort_by_key(|problem| (problem.line, problem.column));
        (reader.config, reader.problems)
    }
}

/// The keys that the file wants for an action, each with its place.
struct Wish {
    entry: &'static Entry,
    keys: Vec<(Sequence, usize)>,
}

struct Reader<'a> {
    text: &'a str,
    themes: &'a [&'a str],
    config: Config,
    wishes: Vec<Wish>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    /// Reads what can be read: a line that is no TOML is named and left out, so that the others still count.
    fn document(&mut self) {
        let mut text = self.text.to_owned();
        let mut out = BTreeSet::new();
        loop {
            let error = match Document::parse(text.as_str()) {
                Ok(document) => return self.root(document.as_table()),
                Err(error) => error,
            };
            let at = error.span().map_or(text.len(), |span| span.start);
            let line = culprit(&text, at);
            if line.is_empty() || !out.insert(line.start) {
                return;
            }
            let problem = Problem::syntax(self.text, &error);
            let here = line_at(&text, at) == line;
            self.problems.push(if here {
                problem
            } else {
                problem.at(self.text, line.start)
            });
            text.replace_range(line.clone(), &" ".repeat(line.len()));
        }
    }

    fn root(&mut self, root: &dyn TableLike) {
        for (name, item) in root.iter() {
            let at = place(root, name);
            match (name, item) {
                ("theme", Item::Value(Value::String(theme))) => {
                    let theme = theme.value();
                    if self.themes.contains(&theme.as_str()) {
                        self.config.theme = Some(theme.clone());
                    } else {
                        let hint = meant(theme, self.themes, "`jagwalk themes` lists them.");
                        let says = format!("There is no theme `{}`.", visible(theme));
                        self.wrong(value_at(item, at), says, Some(hint));
                    }
                }
                ("theme", _) => self.came(item, at, "theme", "is the name of a theme in quotes"),
                ("mouse", Item::Value(Value::Boolean(on))) => {
                    self.config.mouse = Some(*on.value());
                }
                ("mouse", _) => self.came(item, at, "mouse", "is true or false"),
                ("share", Item::Value(Value::Boolean(on))) => {
                    self.config.share = Some(*on.value());
                }
                ("share", _) => self.came(item, at, "share", "is true or false"),
                ("keys", item) => match item.as_table_like() {
                    Some(table) => self.keys(table),
                    None => self.came(item, at, "keys", "is a table: action = \"key\""),
                },
                _ => {
                    let known = format!("Expected {}.", KEYS.join(", "));
                    let hint = match Action::find(name) {
                        Some(_) => "It belongs in [keys].".to_owned(),
                        None => meant(name, KEYS, &known),
                    };
                    self.wrong(at, format!("Unknown key `{}`.", visible(name)), Some(hint));
                }
            }
        }
    }

    fn keys(&mut self, table: &dyn TableLike) {
        for (name, item) in table.iter() {
            let at = place(table, name);
            let Some(entry) = Action::find(name) else {
                let ids: Vec<&str> = ACTIONS.iter().map(|entry| entry.id).collect();
                let hint = meant(name, &ids, "`jagwalk keys` lists them.");
                self.wrong(
                    at,
                    format!("There is no action `{}`.", visible(name)),
                    Some(hint),
                );
                continue;
            };
            let texts: Vec<(&Value, usize)> = match item {
                Item::Value(Value::Array(items)) => items
                    .iter()
                    .map(|value| (value, value.span().map_or(at, |span| span.start)))
                    .collect(),
                Item::Value(value) => vec![(value, value_at(item, at))],
                _ => {
                    self.came(item, at, name, "is a key in quotes, or a list of keys");
                    continue;
                }
            };
            let before = self.problems.len();
            let mut keys: Vec<(Sequence, usize)> = Vec::new();
            for (value, at) in texts {
                let Some(text) = value.as_str() else {
                    let item = Item::Value(value.clone());
                    self.came(&item, at, name, "is a key in quotes, or a list of keys");
                    continue;
                };
                match key(entry, text) {
                    Ok(key) if keys.iter().any(|(other, _)| *other == key) => {}
                    Ok(key) => keys.push((key, at)),
                    Err((says, hint)) => self.wrong(at, format!("{name}: {says}"), hint),
                }
            }
            let keeps_leave = keys.iter().any(|(key, _)| key.written() == "ctrl-c");
            if entry.action == Action::Leave && !keeps_leave && before == self.problems.len() {
                let says = "leave: ctrl-c always leaves; expected it among the keys.";
                self.wrong(value_at(item, at), says.to_owned(), None);
            }
            if before == self.problems.len() {
                self.wishes.push(Wish { entry, keys });
            }
        }
    }

    /// Takes over the keys that do not clash; an action whose keys do keeps those of the table.
    fn bind(&mut self) {
        loop {
            let mut keymap = Keymap::default();
            for wish in &self.wishes {
                let keys = wish.keys.iter().map(|(key, _)| *key).collect();
                keymap.bind(wish.entry.action, keys);
            }
            // The later one of two is to blame.
            let clash = self.wishes.iter().enumerate().rev().find_map(|(at, wish)| {
                let (says, place) = clash(&keymap, wish)?;
                Some((at, says, place))
            });
            let Some((at, (says, hint), place)) = clash else {
                self.config.keys = keymap;
                return;
            };
            self.wrong(place, says, Some(hint));
            self.wishes.remove(at);
        }
    }

    fn came(&mut self, item: &Item, at: usize, name: &str, expects: &str) {
        let came = match item {
            Item::Value(Value::String(text)) => format!("`{}`", visible(text.value())),
            Item::Value(Value::Integer(number)) => format!("the number {}", number.value()),
            Item::Value(Value::Boolean(flag)) => flag.value().to_string(),
            Item::Value(Value::Array(_)) => "a list".to_owned(),
            Item::Value(Value::InlineTable(_)) | Item::Table(_) => "a table".to_owned(),
            Item::ArrayOfTables(_) => "a list of tables".to_owned(),
            Item::Value(_) | Item::None => "something else".to_owned(),
        };
        self.wrong(
            value_at(item, at),
            format!("`{name}` {expects}; {came} came."),
            None,
        );
    }

    fn wrong(&mut self, at: usize, says: String, hint: Option<String>) {
        let problem = Problem {
            hint,
            fatal: false,
            ..Problem::fatal(says)
        };
        self.problems.push(problem.at(self.text, at));
    }
}

fn meant(word: &str, known: &[&str], or: &str) -> String {
    match suggest::nearest(word, known.iter().copied()) {
        Some(near) => format!("Did you mean `{near}`?"),
        None => or.to_owned(),
    }
}

/// What is wrong with a key, and what may have been meant.
type Wrong = (String, Option<String>);

/// Reads what is to be pressed for an action.
fn key(entry: &Entry, text: &str) -> Result<Sequence, Wrong> {
    let shown = visible(text);
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    if words.is_empty() {
        let hint = "The space bar is `space`; [] unbinds.".to_owned();
        return Err(("expected a key; nothing came.".to_owned(), Some(hint)));
    }
    if words.len() > 2 {
        return Err((
            format!(
                "expected one key, or two with a space between them; `{shown}` has {}.",
                words.len()
            ),
            None,
        ));
    }
    let own = |text: &str| entry.keys.contains(&text);
    for word in &words {
        if let Some(why) = forbidden(word).filter(|_| !own(word)) {
            return Err((format!("{word} cannot be used: {why}."), None));
        }
    }
    let Some(sequence) = Sequence::parse(text) else {
        let meant: Option<Vec<String>> = words
            .iter()
            .map(|word| {
                let known = Key::parse(word).or_else(|| Key::meant(word));
                known.map(Key::written).or_else(|| near(word))
            })
            .collect();
        return Err((
            format!(
                "expected a key such as `z`, `ctrl-z` or `enter`, or two as in `g g`; `{shown}` came."
            ),
            meant.map(|meant| format!("Did you mean `{}`?", meant.join(" "))),
        ));
    };
    if entry.scope == Scope::Field && sequence.first.is_printable() {
        return Err((
            format!(
                "`{shown}` is typed into the text that is edited; expected a key such as `tab` or one with ctrl."
            ),
            None,
        ));
    }
    if sequence.then.is_some_and(|key| key.written() == "esc") {
        return Err((
            format!("`{shown}` cannot be used: Esc gives up the first of two keys."),
            None,
        ));
    }
    Ok(sequence)
}

/// Finds the named key whose name is near.
fn near(word: &str) -> Option<String> {
    let (held, name) = match word.rfind('-') {
        Some(at) => word.split_at(at + 1),
        None => ("", word),
    };
    let names = super::keymap::NAMES.iter().map(|(name, _)| *name);
    let near = suggest::nearest(name, names)?;
    Key::parse(&format!("{held}{}", near.to_lowercase())).map(Key::written)
}

/// Tells why a key can reach nobody, or does something else in some terminal.
fn forbidden(word: &str) -> Option<&'static str> {
    let lower = word.to_ascii_lowercase();
    let held = lower.strip_prefix("ctrl-")?;
    let name = held.strip_prefix("alt-").unwrap_or(held);
    let upper = Key::parse(word).is_some_and(
        |key| matches!(key.code, crossterm::event::KeyCode::Char(c) if c.is_uppercase()),
    );
    if upper || name.starts_with("shift-") {
        return Some("terminals do not tell ctrl with shift from ctrl alone");
    }
    match name {
        "m" | "j" => Some("terminals do not tell it from Enter"),
        "i" => Some("terminals do not tell it from Tab"),
        "h" => Some("terminals do not tell it from Backspace"),
        "[" => Some("terminals do not tell it from Esc"),
        "s" | "q" => Some("terminals may stop and go on with it, and keep it for themselves"),
        _ => None,
    }
}

/// Finds what else has a key of a wish where both can be meant; what shares keys by default may share any.
fn clash(keymap: &Keymap, wish: &Wish) -> Option<((String, String), usize)> {
    let own = wish.entry;
    for (at, (key, place)) in wish.keys.iter().enumerate() {
        if let Some((other, _)) = wish.keys[..at]
            .iter()
            .find(|(other, _)| other.clashes_with(*key))
        {
            let says = format!(
                "{}: `{key}` begins with `{other}` or ends it early.",
                own.id
            );
            return Some(((says, "Leave one of them out.".to_owned()), *place));
        }
        for entry in ACTIONS.iter().filter(|entry| entry.action != own.action) {
            let taken = keymap
                .of(entry.action)
                .iter()
                .find(|other| other.clashes_with(*key))
                .copied();
            let Some(taken) = taken.filter(|_| own.scope.meets(entry.scope)) else {
                continue;
            };
            if taken == *key && share(own, entry) {
                continue;
            }
            let says = if taken == *key {
                format!(
                    "{}: `{}` is the key of {} already.",
                    own.id,
                    key.written(),
                    entry.id
                )
            } else {
                format!(
                    "{}: `{}` and `{}` of {} cannot both be meant.",
                    own.id,
                    key.written(),
                    taken.written(),
                    entry.id
                )
            };
            let hint = format!(
                "Expected a free key; or give {} another one, or none with [].",
                entry.id
            );
            return Some(((says, hint), *place));
        }
    }
    None
}

/// Tells whether two actions have a key in common by default: then the place tells which one is meant.
fn share(one: &Entry, other: &Entry) -> bool {
    let others = defaults(other);
    defaults(one).iter().any(|key| others.contains(key))
}

/// Returns where a key of a table stands.
fn place(table: &dyn TableLike, name: &str) -> usize {
    let key = table.get_key_value(name).and_then(|(key, _)| key.span());
    key.map_or(0, |span| span.start)
}

/// Returns where a value stands; a table's is where its name is.
fn value_at(item: &Item, or: usize) -> usize {
    match item {
        Item::Value(value) => value.span().map_or(or, |span| span.start),
        _ => or,
    }
}

/// Finds the line that is no TOML: where the error is seen, or the one before that was not closed.
fn culprit(text: &str, at: usize) -> Range<usize> {
    let alone = |line: &Range<usize>| Document::parse(&text[line.clone()]).is_ok();
    let seen = line_at(text, at);
    if !alone(&seen) {
        return seen;
    }
    let mut line = seen.clone();
    while line.start > 0 {
        line = line_at(text, line.start - 1);
        if !text[line.clone()].trim().is_empty() {
            break;
        }
    }
    if alone(&line) { seen } else { line }
}

/// Returns the line of a place, without its end.
fn line_at(text: &str, at: usize) -> Range<usize> {
    let at = at.min(text.len());
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    const THEMES: &[&str] = &["terminal", "dusk"];

    fn says(text: &str) -> Vec<String> {
        let (_, problems) = Config::read(text, THEMES);
        problems.iter().map(ToString::to_string).collect()
    }

    fn keys(text: &str, action: Action) -> String {
        let (config, problems) = Config::read(text, THEMES);
        assert_eq!(problems, [], "{text}");
        config.keys.shown(action)
    }

    #[test]
    fn the_defaults_could_stand_in_the_file() {
        let mut text = "theme = 'dusk'\nmouse = true\n[keys]\n".to_owned();
        for entry in ACTIONS {
            let keys: Vec<String> = defaults(entry)
                .iter()
                .map(|key| format!("{:?}", key.written()))
                .collect();
            text.extend([entry.id, " = [", &keys.join(", "), "]\n"]);
        }
        let (config, problems) = Config::read(&text, THEMES);
        assert_eq!(problems, []);
        assert_eq!(config.keys, Keymap::default());
        assert_eq!(
            (config.theme.as_deref(), config.mouse),
            (Some("dusk"), Some(true))
        );
        assert_eq!(Config::read("", THEMES), (Config::default(), Vec::new()));
    }

    #[test]
    fn keys_are_taken_over_swapped_and_taken_away() {
        assert_eq!(keys("[keys]\nzoom = 'Z'", Action::Zoom), "Z");
        assert_eq!(
            keys("[keys]\nzoom = ['Z', 'alt-z', 'Z']", Action::Zoom),
            "Z  alt-z"
        );
        assert_eq!(keys("keys.zoom = []", Action::Zoom), "");
        assert_eq!(
            keys(
                "keys = { top = 'g g', bottom = ['g e', 'END'] }",
                Action::Bottom
            ),
            "g e  End"
        );
        let swapped = "[keys]\nzoom = 'm'\nreveal = 'z'";
        assert_eq!(
            keys(swapped, Action::Zoom) + &keys(swapped, Action::Reveal),
            "mz"
        );
        // What shares Enter may share another key.
        let family = "[keys]\nsend-step = 'A'\nnext-step = 'A'";
        assert_eq!(keys(family, Action::SendStep), "A");
        // Where only one of the two can be meant, both may have it.
        assert_eq!(
            keys("[keys]\ncreate-profile = 'z'", Action::CreateProfile),
            "z"
        );
        assert_eq!(
            keys("[keys]\nentry-down = ['down', 'ctrl-d']", Action::EntryDown),
            "Down  ctrl-d"
        );
    }

    #[test]
    fn every_mistake_is_named_with_its_place_and_the_rest_counts() {
        let text = "theme = 'dusc'\nmouse = 'yes'\nmose = true\nzoom = 'Z'\n[keys]\nzom = 'a'\nreveal = 'ctrl+v'\n\
                    log = 7\ncopy = ['Y', 'ctrl-m']\ndiagram = 'a b c'\nfaults = ''\nprofiles = 'A'\n";
        assert_eq!(
            says(text),
            [
                "line 1, column 9: There is no theme `dusc`. Did you mean `dusk`?",
                "line 2, column 9: `mouse` is true or false; `yes` came.",
                "line 3, column 1: Unknown key `mose`. Did you mean `mouse`?",
                "line 4, column 1: Unknown key `zoom`. It belongs in [keys].",
                "line 6, column 1: There is no action `zom`. Did you mean `zoom`?",
                "line 7, column 10: reveal: expected a key such as `z`, `ctrl-z` or `enter`, or two as in `g g`; `ctrl+v` came. Did you mean `ctrl-v`?",
                "line 8, column 7: `log` is a key in quotes, or a list of keys; the number 7 came.",
                "line 9, column 14: copy: ctrl-m cannot be used: terminals do not tell it from Enter.",
                "line 10, column 11: diagram: expected one key, or two with a space between them; `a b c` has 3.",
                "line 11, column 10: faults: expected a key; nothing came. The space bar is `space`; [] unbinds.",
            ]
        );
        let (config, _) = Config::read(text, THEMES);
        assert_eq!((config.theme, config.mouse), (None, None));
        let mut expected = Keymap::default();
        expected.bind(Action::Profiles, Sequence::parse("A").into_iter().collect());
        assert_eq!(config.keys, expected);
    }

    #[test]
    fn keys_that_reach_nobody_are_refused() {
        for key in [
            "ctrl-m",
            "ctrl-i",
            "ctrl-h",
            "ctrl-j",
            "ctrl-s",
            "ctrl-q",
            "ctrl-[",
            "ctrl-R",
            "ctrl-shift-r",
            "g ctrl-m",
        ] {
            let said = says(&format!("[keys]\nzoom = '{key}'"));
            assert!(
                said.len() == 1 && said[0].contains("cannot be used"),
                "{key}: {said:?}"
            );
        }
        for (line, part) in [
            ("accept = 'a'", "is typed into the text"),
            ("zoom = 'Z esc'", "Esc gives up"),
            ("leave = []", "ctrl-c always leaves"),
            ("leave = 'X'", "ctrl-c always leaves"),
            ("zoom = 'entr'", "Did you mean `enter`?"),
        ] {
            let said = says(&format!("[keys]\n{line}"));
            assert!(
                said.len() == 1 && said[0].contains(part),
                "{line}: {said:?}"
            );
        }
    }

    #[test]
    fn a_key_that_another_action_of_the_place_has_is_refused() {
        assert_eq!(
            says("[keys]\nzoom = 'r'\nlog = ['l', 'ctrl-c']\n"),
            [
                "line 2, column 8: zoom: `r` is the key of send-again already. Expected a free key; or give send-again another one, or none with [].",
                "line 3, column 13: log: `ctrl-c` is the key of leave already. Expected a free key; or give leave another one, or none with [].",
            ]
        );
        // Of two wishes for one key the later one is refused, and keeps its default.
        let text = "[keys]\nzoom = 'A'\nreveal = 'A'\n";
        let said = says(text);
        assert_eq!(said.len(), 1);
        assert!(
            said[0].starts_with("line 3, column 10: reveal: `A` is the key of zoom already."),
            "{said:?}"
        );
        assert_eq!(Config::read(text, THEMES).0.keys.shown(Action::Zoom), "A");
        // A key and what begins with it cannot both be meant, over the border of a scope either.
        assert!(
            says("[keys]\nzoom = 'g z'")[0].contains("`g z` and `g` of top cannot both be meant")
        );
        assert!(says("[keys]\nzoom = ['A', 'A z']")[0].contains("Leave one of them out."));
        assert!(says("[keys]\nzoom = 'j'")[0].contains("is the key of down already"));
    }

    #[test]
    fn a_screen_can_be_masked_from_the_start() {
        assert_eq!(Config::read("share = true", THEMES).0.share, Some(true));
        let said = says("share = 'yes'\nshares = true");
        assert_eq!(
            said,
            [
                "line 1, column 9: `share` is true or false; `yes` came.",
                "line 2, column 1: Unknown key `shares`. Did you mean `share`?",
            ]
        );
    }

    #[test]
    fn lines_that_are_no_toml_leave_the_others_standing() {
        let text = "theme = dusk\nmouse = true\n[keys]\nzoom = ['Z'\nreveal = 'V'\n\nlog = 'L'' \nnothing\n";
        let (config, problems) = Config::read(text, THEMES);
        let lines: Vec<_> = problems.iter().map(|problem| problem.line).collect();
        assert_eq!(lines, [Some(1), Some(4), Some(7), Some(8)], "{problems:?}");
        assert_eq!(config.mouse, Some(true));
        assert_eq!(config.keys.shown(Action::Reveal), "V");
        assert_eq!(config.keys.shown(Action::Zoom), "z");
    }
}
