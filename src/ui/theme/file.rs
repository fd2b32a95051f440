//! Reads a theme file: what is wrong with it becomes a list of mistakes with suggestions, never a failure.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use ratatui::style::Modifier;
use toml_edit::{Document, Item, TableLike};

use super::depth::{Ansi, Paint, Rgb, luminance};
use super::role::Role;
use crate::protocol::visible::visible;

/// A theme as its file states it, before any depth is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Theme {
    /// The name to show in a list.
    pub title: String,
    /// One sentence about it.
    pub about: String,
    /// The theme whose roles apply where this one has none.
    pub inherits: Option<String>,
    /// The ground that the theme was made for and paints; none leaves the terminal's own.
    pub background: Option<Paint>,
    /// The ground that the theme says it was made for; see [`Theme::mood`].
    stated: Option<Mood>,
    pub(super) entries: BTreeMap<String, Entry>,
}

/// Colours by name.
pub(super) type Palette = BTreeMap<String, Paint>;

/// The ground that a theme was made for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mood {
    /// Light letters on a dark ground.
    Dark,
    /// Dark letters on a light ground.
    Light,
}

impl Mood {
    /// The words of the key `mood`.
    pub const WORDS: [&'static str; 2] = ["dark", "light"];

    /// Returns the mood of a ground of this colour.
    pub fn of(ground: Rgb) -> Self {
        // The grey that is as far from black as from white (WCAG 2, contrast).
        if luminance(ground) > 0.18 {
            Self::Light
        } else {
            Self::Dark
        }
    }

    /// Reads one of [`Mood::WORDS`].
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "dark" => Some(Self::Dark),
            "light" => Some(Self::Light),
            _ => None,
        }
    }

    /// Returns its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
        }
    }
}

/// What a theme says about one role.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Entry {
    pub(super) fg: Option<Paint>,
    pub(super) bg: Option<Paint>,
    /// The text colour where there are only sixteen.
    pub(super) ansi: Option<Ansi>,
    pub(super) modifiers: Modifier,
}

/// Something in a theme that had to be left out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mistake {
    /// The theme, by the name it is chosen with.
    pub theme: String,
    /// The line, counted from 1, where it is known.
    pub line: Option<usize>,
    /// What is wrong, and what was perhaps meant.
    pub says: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Theme {}", self.theme)?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        write!(f, ": {}", self.says)
    }
}

impl Theme {
    /// Reads a theme file; `name` is what mistakes call it, and its title unless the file has one.
    pub fn parse(name: &str, text: &str) -> (Self, Vec<Mistake>) {
        let mut palette = Palette::new();
        let mut mistakes = Self::read_palette(name, text, &mut palette);
        let (theme, more) = Self::read(name, text, &palette);
        mistakes.extend(more);
        (theme, mistakes)
    }

    /// Reads the palette of a theme file over the one that it inherits; only what is wrong with the palette is said.
    pub(super) fn read_palette(name: &str, text: &str, palette: &mut Palette) -> Vec<Mistake> {
        let mut reader = Reader::new(name, text, std::mem::take(palette));
        // That it is no TOML is said by who reads the rest of it.
        if let Ok(document) = Document::parse(text)
            && let Some(item) = document.as_table().get("palette")
        {
            reader.palette(item);
        }
        *palette = reader.palette;
        reader.mistakes
    }

    /// Reads all but the palette: the colours are those of `palette`.
    pub(super) fn read(name: &str, text: &str, palette: &Palette) -> (Self, Vec<Mistake>) {
        let mut reader = Reader::new(name, text, palette.clone());
        match Document::parse(text) {
            Ok(document) => reader.document(document.as_table()),
            Err(error) => reader.mistake(
                error.span(),
                &format!("Not TOML: {}.", error.message().trim_end_matches('.')),
            ),
        }
        (reader.theme, reader.mistakes)
    }

    /// Returns the ground that the theme was made for: as it says, else as its background is; `None` where both do.
    pub fn mood(&self) -> Option<Mood> {
        self.stated.or_else(|| match self.background? {
            Paint::Rgb(rgb, _) => Some(Mood::of(rgb)),
            Paint::Default | Paint::Ansi(_) => None,
        })
    }

    /// Returns what applies to the role: its own entry, or that of the nearest group along its dots.
    pub(super) fn entry(&self, role: Role) -> Entry {
        role.fallbacks()
            .find_map(|name| self.entries.get(name))
            .copied()
            .unwrap_or_default()
    }

    /// Takes from `parent` whatever this theme does not say.
    pub(super) fn fill_from(&mut self, parent: Self) {
        if self.background.is_none() {
            self.background = parent.background;
            self.stated = self.stated.or(parent.stated);
        }
        for (name, entry) in parent.entries {
            self.entries.entry(name).or_insert(entry);
        }
    }
}

/// Returns the nearest of the known words, if one is near enough to have been meant.
pub(super) fn meant<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.77)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

struct Reader<'a> {
    name: &'a str,
    text: &'a str,
    palette: Palette,
    theme: Theme,
    mistakes: Vec<Mistake>,
}

impl<'a> Reader<'a> {
    fn new(name: &'a str, text: &'a str, palette: Palette) -> Self {
        Self {
            name,
            text,
            palette,
            theme: Theme {
                title: name.to_owned(),
                ..Theme::default()
            },
            mistakes: Vec::new(),
        }
    }

    fn document(&mut self, root: &dyn TableLike) {
        for (key, item) in root.iter() {
            match key {
                "palette" => {}
                "name" => self.theme.title = self.text(key, item).unwrap_or(self.name.to_owned()),
                "about" => self.theme.about = self.text(key, item).unwrap_or_default(),
                "inherits" => self.theme.inherits = self.text(key, item),
                "background" => self.theme.background = self.paint(key, item),
                "mood" => self.theme.stated = self.mood(item),
                "roles" => match item.as_table_like() {
                    Some(table) => self.roles("", table),
                    None => self.wrong(key, item, "a table of roles"),
                },
                _ => self.unknown(key, "a key of a theme", root, KEYS),
            }
        }
    }

    fn mood(&mut self, item: &Item) -> Option<Mood> {
        let word = self.text("mood", item)?;
        let mood = Mood::from_word(&word);
        if mood.is_none() {
            let hint = suggestion(meant(&word, Mood::WORDS));
            let says = format!("`mood` is `{word}`; expected `dark` or `light`{hint}");
            self.mistake(item.span(), &says);
        }
        mood
    }

    fn palette(&mut self, item: &Item) {
        let Some(table) = item.as_table_like() else {
            return self.wrong("palette", item, "a table of colours");
        };
        for (key, item) in table.iter() {
            let paint = match item.as_table_like() {
                Some(table) => self.tint(key, table),
                None => self.paint(key, item),
            };
            if let Some(paint) = paint {
                self.palette.insert(key.to_owned(), paint);
            }
        }
    }

    /// Reads a colour with its stand-in: `{ rgb = "#ff8f94", ansi = "bright-red" }`.
    fn tint(&mut self, name: &str, table: &dyn TableLike) -> Option<Paint> {
        for (key, _) in table.iter().filter(|(key, _)| !TINT.contains(key)) {
            self.unknown(key, "a part of a colour", table, TINT);
        }
        let stand_in = table
            .get("ansi")
            .and_then(|item| self.ansi(&format!("{name}.ansi"), item));
        match self.paint(&format!("{name}.rgb"), table.get("rgb")?)? {
            Paint::Rgb(rgb, _) => Some(Paint::Rgb(rgb, stand_in)),
            other => Some(other),
        }
    }

    /// Reads roles; `text.muted = …` without quotes is a table inside a table in TOML, and means the same.
    fn roles(&mut self, group: &str, table: &dyn TableLike) {
        for (key, item) in table.iter() {
            if !group.is_empty() && ATTRIBUTES.contains(&key) {
                continue;
            }
            let name = match group {
                "" => key.to_owned(),
                _ => format!("{group}.{key}"),
            };
            if Role::knows(&name) {
                self.role(&name, item);
            } else if item.is_str() || item.is_table_like() || group.is_empty() {
                let names = Role::ALL.iter().map(|role| role.name());
                self.unknown_named(&name, key, "a role", table, names);
            } else {
                self.unknown(key, "an attribute of a role", table, ATTRIBUTES);
            }
        }
    }

    fn role(&mut self, name: &str, item: &Item) {
        if let Some(table) = item.as_table_like() {
            if table.is_empty() || table.iter().any(|(key, _)| ATTRIBUTES.contains(&key)) {
                let entry = self.entry(name, table);
                self.theme.entries.insert(name.to_owned(), entry);
            }
            self.roles(name, table);
        } else if let Some(fg) = self.paint(name, item) {
            let entry = Entry {
                fg: Some(fg),
                ..Entry::default()
            };
            self.theme.entries.insert(name.to_owned(), entry);
        }
    }

    fn entry(&mut self, role: &str, table: &dyn TableLike) -> Entry {
        let mut entry = Entry::default();
        for (key, item) in table.iter() {
            let what = format!("{role}.{key}");
            match key {
                "fg" => entry.fg = self.paint(&what, item),
                "bg" => entry.bg = self.paint(&what, item),
                "ansi" => entry.ansi = self.ansi(&what, item),
                _ => {
                    if let Some((_, modifier)) = MODIFIERS.iter().find(|(name, _)| *name == key) {
                        match item.as_bool() {
                            Some(on) => entry.modifiers.set(*modifier, on),
                            None => self.wrong(&what, item, "true or false"),
                        }
                    }
                }
            }
        }
        entry
    }

    fn paint(&mut self, what: &str, item: &Item) -> Option<Paint> {
        let word = self.text(what, item)?;
        if let Some(paint) = self.palette.get(&word) {
            return Some(*paint);
        }
        if let Some(digits) = word.strip_prefix('#') {
            let rgb = rgb(digits);
            if rgb.is_none() {
                let says =
                    format!("`{what}` is `{word}`; expected six hex digits, as in `#7cc7c0`.");
                self.mistake(item.span(), &says);
            }
            return rgb.map(|rgb| Paint::Rgb(rgb, None));
        }
        if word == "default" {
            return Some(Paint::Default);
        }
        if let Some(ansi) = Ansi::from_name(&word) {
            return Some(Paint::Ansi(ansi));
        }
        let known = self.palette.keys().map(String::as_str);
        let hint = suggestion(meant(&word, known.chain(Ansi::NAMES).chain(["default"])));
        let says = format!(
            "`{what}` is `{word}`; expected a colour of the palette, `#rrggbb`, `default` or one of the sixteen{hint}"
        );
        self.mistake(item.span(), &says);
        None
    }

    fn ansi(&mut self, what: &str, item: &Item) -> Option<Ansi> {
        let word = self.text(what, item)?;
        let ansi = Ansi::from_name(&word);
        if ansi.is_none() {
            let hint = suggestion(meant(&word, Ansi::NAMES));
            let says = format!(
                "`{what}` is `{word}`; expected one of the sixteen, as in `bright-red`{hint}"
            );
            self.mistake(item.span(), &says);
        }
        ansi
    }

    fn text(&mut self, what: &str, item: &Item) -> Option<String> {
        if item.is_str() {
            return item.as_str().map(str::to_owned);
        }
        self.wrong(what, item, "a string");
        None
    }

    fn wrong(&mut self, what: &str, item: &Item, expected: &str) {
        let says = format!("`{what}` is {}; expected {expected}.", a_kind(item));
        self.mistake(item.span(), &says);
    }

    fn unknown(&mut self, key: &str, what: &str, table: &dyn TableLike, known: &[&str]) {
        self.unknown_named(key, key, what, table, known.iter().copied());
    }

    fn unknown_named<'k>(
        &mut self,
        name: &str,
        key: &str,
        what: &str,
        table: &dyn TableLike,
        known: impl IntoIterator<Item = &'k str>,
    ) {
        let span = table.key(key).and_then(toml_edit::Key::span);
        let hint = suggestion(meant(name, known));
        self.mistake(span, &format!("`{name}` is not {what}{hint}"));
    }

    fn mistake(&mut self, span: Option<Range<usize>>, says: &str) {
        let before = span.and_then(|span| self.text.get(..span.start));
        self.mistakes.push(Mistake {
            theme: self.name.to_owned(),
            line: before.map(|before| before.matches('\n').count() + 1),
            // A theme may come from anyone, and the sentence quotes it.
            says: visible(says).into_owned(),
        });
    }
}

/// Ends a sentence, with a suggestion where there is one.
pub(super) fn suggestion(meant: Option<&str>) -> String {
    meant.map_or(".".to_owned(), |word| format!("; did you mean `{word}`?"))
}

fn a_kind(item: &Item) -> String {
    match item.type_name() {
        name @ ("integer" | "array" | "inline table" | "array of tables")
            if name.starts_with(['a', 'i']) =>
        {
            format!("an {name}")
        }
        name => format!("a {name}"),
    }
}

fn rgb(digits: &str) -> Option<[u8; 3]> {
    if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let number = u32::from_str_radix(digits, 16).ok()?;
    let [_, r, g, b] = number.to_be_bytes();
    Some([r, g, b])
}

const KEYS: &[&str] = &[
    "name",
    "about",
    "inherits",
    "background",
    "mood",
    "palette",
    "roles",
];

const TINT: &[&str] = &["rgb", "ansi"];

const ATTRIBUTES: &[&str] = &[
    "fg",
    "bg",
    "ansi",
    "bold",
    "dim",
    "italic",
    "underline",
    "reverse",
];

const MODIFIERS: &[(&str, Modifier)] = &[
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underline", Modifier::UNDERLINED),
    ("reverse", Modifier::REVERSED),
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DUSK: &str = r##"
name = "Dusk"
inherits = "terminal"
[roles]
"text.muted" = "fog"
"finding.error" = { fg = "coral", bold = true, ansi = "red" }
link.fg = "#010203"
step = "yellow"
step-x = "yellow"
[palette]
coral = "#ff757f"
fog = { rgb = "#7a88cf", ansi = "bright-black" }
"##;

    #[test]
    fn the_palette_may_stand_anywhere_and_roles_may_be_strings_or_tables() {
        let (theme, mistakes) = Theme::parse("dusk", DUSK);
        assert_eq!(theme.title, "Dusk");
        assert_eq!(theme.inherits.as_deref(), Some("terminal"));
        let error = theme.entry(Role::FindingError);
        assert_eq!(error.fg, Some(Paint::Rgb([0xff, 0x75, 0x7f], None)));
        assert_eq!(error.modifiers, Modifier::BOLD);
        assert_eq!(error.ansi, Ansi::from_name("red"));
        assert_eq!(
            theme.entry(Role::Link).fg,
            Some(Paint::Rgb([1, 2, 3], None))
        );
        assert_eq!(
            theme.entry(Role::Muted).fg,
            Some(Paint::Rgb([0x7a, 0x88, 0xcf], Ansi::from_name("gray")))
        );
        assert_eq!(
            theme.entry(Role::StepStale).fg,
            Some(Paint::Ansi(Ansi(3))),
            "falls back to the group"
        );
        assert_eq!(mistakes.len(), 1, "{mistakes:?}");
    }

    #[test]
    fn mistakes_name_the_line_and_what_was_meant() {
        let says = |text: &str| -> Vec<String> {
            Theme::parse("mine", text)
                .1
                .iter()
                .map(ToString::to_string)
                .collect()
        };
        assert_eq!(
            says("\nrolse = 1\n"),
            ["Theme mine, line 2: `rolse` is not a key of a theme; did you mean `roles`?"]
        );
        assert_eq!(
            says("[roles]\n\"finding.eror\" = \"red\""),
            ["Theme mine, line 2: `finding.eror` is not a role; did you mean `finding.error`?"]
        );
        assert_eq!(
            says("[roles]\nlink = { fg = \"red\", underlin = true }"),
            [
                "Theme mine, line 2: `underlin` is not an attribute of a role; did you mean `underline`?"
            ]
        );
        assert_eq!(
            says("[palette]\ncoral = \"#ff757f\"\n[roles]\nlink = \"corale\""),
            [
                "Theme mine, line 4: `link` is `corale`; expected a colour of the palette, `#rrggbb`, `default` or one \
              of the sixteen; did you mean `coral`?"
            ]
        );
        assert_eq!(
            says("[roles]\nlink = { ansi = \"rad\", bold = \"yes\" }"),
            [
                "Theme mine, line 2: `link.ansi` is `rad`; expected one of the sixteen, as in `bright-red`; did you \
                 mean `red`?",
                "Theme mine, line 2: `link.bold` is a string; expected true or false.",
            ]
        );
        assert_eq!(
            says("name = 3"),
            ["Theme mine, line 1: `name` is an integer; expected a string."]
        );
        assert_eq!(
            says("background = \"#12\""),
            [
                "Theme mine, line 1: `background` is `#12`; expected six hex digits, as in `#7cc7c0`."
            ]
        );
        assert_eq!(
            says("mood = \"ligth\""),
            [
                "Theme mine, line 1: `mood` is `ligth`; expected `dark` or `light`; did you mean `light`?"
            ]
        );
        let broken = says("[roles\n");
        assert!(
            broken[0].starts_with("Theme mine, line 1: Not TOML: "),
            "{broken:?}"
        );
    }

    proptest! {
        #[test]
        fn any_text_gives_a_theme(text in "([a-z.\"#=\\[\\]{} \n]|roles|fg|link|true){0,60}") {
            let (theme, _) = Theme::parse("any", &text);
            for &role in Role::ALL {
                let _ = theme.entry(role);
            }
        }
    }
}
