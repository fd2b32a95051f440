//! The themes that there are: in the program, and in the user's folder; how they inherit, and which comes first.

use std::{collections::BTreeMap, sync::OnceLock};

use super::{
    Lookup,
    file::{Mistake, Mood, Palette, Theme, meant, suggestion},
};

/// The themes to choose from: the embedded ones, and the user's own, which override them by name.
#[derive(Clone, Debug, Default)]
pub struct Shelf {
    own: BTreeMap<String, String>,
    listing: OnceLock<Vec<Listed>>,
}

/// What a list says of a theme.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// What it is chosen by.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// One sentence about it.
    pub about: String,
    /// The ground it was made for; none where both do.
    pub mood: Option<Mood>,
    /// Whether it is of the user's own folder.
    pub own: bool,
    /// What is wrong with it.
    pub mistakes: Vec<Mistake>,
}

impl Listed {
    /// Returns the word for its ground.
    pub fn mood_word(&self) -> &'static str {
        self.mood.map_or("either", Mood::word)
    }
}

impl Shelf {
    /// Puts the user's themes on the shelf: names (of files, without `.toml`) and texts.
    pub fn new(own: impl IntoIterator<Item = (String, String)>) -> Self {
        Self {
            own: own.into_iter().collect(),
            listing: OnceLock::new(),
        }
    }

    /// Returns the names to choose from: embedded first, then the user's others.
    pub fn names(&self) -> Vec<&str> {
        let others = self.own.keys().map(String::as_str);
        let others = others.filter(|name| !EMBEDDED.iter().any(|(known, _)| known == name));
        EMBEDDED
            .iter()
            .map(|(name, _)| *name)
            .chain(others)
            .collect()
    }

    /// Returns every name that is understood: those to choose from, and the second ones.
    pub fn understood(&self) -> Vec<&str> {
        let second = ALSO.iter().map(|(other, _)| *other);
        self.names().into_iter().chain(second).collect()
    }

    /// Returns the name that a list has for a theme; some themes go by a second one.
    pub fn listed<'a>(&self, name: &'a str) -> &'a str {
        if self.own.contains_key(name) {
            return name;
        }
        listed(name)
    }

    /// Returns the place of a theme in [`Shelf::names`] and [`Shelf::listing`].
    pub fn position(&self, name: &str) -> Option<usize> {
        let name = self.listed(name);
        self.names().iter().position(|known| *known == name)
    }

    /// Returns what there is to say of each theme, in the order of [`Shelf::names`]; read once.
    pub fn listing(&self) -> &[Listed] {
        self.listing.get_or_init(|| {
            let listed = |name: &str| {
                let (theme, mistakes) = self.load(name);
                Listed {
                    name: name.to_owned(),
                    mood: theme.mood(),
                    title: theme.title,
                    about: theme.about,
                    own: self.own.contains_key(name),
                    mistakes,
                }
            };
            self.names().into_iter().map(listed).collect()
        })
    }

    /// Loads a theme with all it inherits; what cannot be used is left out and named.
    ///
    /// An unknown name gives the default theme. A user's theme may inherit the embedded one that it overrides. A palette
    /// applies to what is inherited, too: another accent is one line.
    pub fn load(&self, name: &str) -> (Theme, Vec<Mistake>) {
        let Some(text) = self.texts(name).next() else {
            let hint = suggestion(meant(name, self.names()));
            let mistake = absent(name, format!("There is no theme `{name}`{hint}"));
            let (theme, _) = Theme::parse(DEFAULT, embedded(DEFAULT).unwrap_or_default());
            return (theme, vec![mistake]);
        };
        let (chain, broken) = self.chain(name, text);
        let mut palette = Palette::new();
        let mut of_palettes: Vec<Vec<Mistake>> = chain
            .iter()
            .rev()
            .map(|(name, text)| Theme::read_palette(name, text, &mut palette))
            .collect();
        let mut mistakes = Vec::new();
        let mut theme: Option<Theme> = None;
        for (name, text) in &chain {
            let (read, found) = Theme::read(name, text, &palette);
            mistakes.extend(of_palettes.pop().unwrap_or_default());
            mistakes.extend(found);
            match &mut theme {
                None => theme = Some(read),
                Some(theme) => theme.fill_from(read),
            }
        }
        mistakes.extend(broken);
        (theme.unwrap_or_default(), mistakes)
    }

    /// Returns the theme and all it inherits, name and text each, and what is wrong with the inheriting.
    fn chain<'a>(&'a self, name: &str, text: &'a str) -> (Vec<(String, &'a str)>, Option<Mistake>) {
        let (first, mistakes) = Theme::parse(name, text);
        let mut next = first.inherits;
        if first.entries.is_empty() && !mistakes.is_empty() {
            // Nothing in it could be read: what it overrides, or the terminal's own colours, are better than none.
            let instead = embedded(name).map_or(DEFAULT, |_| name);
            next.get_or_insert(instead.to_owned());
        }
        let mut chain = vec![(name.to_owned(), text)];
        while let Some(parent) = next.take() {
            let last = chain.last().map_or("", |(_, text)| *text);
            let found = self.texts(&parent).find(|other| !same(other, last));
            match found {
                Some(text) if !chain.iter().any(|(_, seen)| same(seen, text)) => {
                    next = Theme::parse(&parent, text).0.inherits;
                    chain.push((parent, text));
                }
                None if self.texts(&parent).next().is_none() => {
                    let hint = suggestion(meant(&parent, self.names()));
                    let says = format!("It inherits from `{parent}`, which does not exist{hint}");
                    // The same holds here.
                    chain.extend(embedded(DEFAULT).map(|text| (DEFAULT.to_owned(), text)));
                    return (chain, Some(absent(name, says)));
                }
                _ => {
                    let says = format!("It inherits from itself by way of `{parent}`.");
                    return (chain, Some(absent(name, says)));
                }
            }
        }
        (chain, None)
    }

    /// Returns what goes by the name: the user's text, then the embedded one.
    fn texts(&self, name: &str) -> impl Iterator<Item = &str> {
        self.own
            .get(name)
            .map(String::as_str)
            .into_iter()
            .chain(embedded(name))
    }
}

/// Tells whether two texts are one and the same, not only equal.
fn same(a: &str, b: &str) -> bool {
    std::ptr::eq(a, b)
}

/// The theme that applies when nobody chose one.
pub const DEFAULT: &str = "terminal";

/// The theme that applies when nobody chose one and the terminal says that its background is light.
pub const DEFAULT_LIGHT: &str = "terminal-light";

pub(super) const NO_COLOUR: &str = "no-colour";

/// Second names of themes.
const ALSO: &[(&str, &str)] = &[("plain", NO_COLOUR), ("no-color", NO_COLOUR)];

macro_rules! embedded {
    ($($name:literal)+) => {
        /// The themes in the program, by name.
        pub const EMBEDDED: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../../themes/", $name, ".toml"))),)+];
    };
}

embedded! {
    "terminal"
    "terminal-light"
    "dark"
    "light"
    "high-contrast"
    "high-contrast-light"
    "no-colour"
    "catppuccin-mocha"
    "catppuccin-latte"
    "gruvbox-dark"
    "gruvbox-light"
}

pub(super) fn embedded(name: &str) -> Option<&'static str> {
    let name = listed(name);
    EMBEDDED
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, text)| *text)
}

fn listed(name: &str) -> &str {
    ALSO.iter()
        .find(|(other, _)| *other == name)
        .map_or(name, |(_, name)| *name)
}

/// Returns the theme to begin with where nobody chose one: `COLORFGBG`, which some terminals set, tells whether their
/// background is light.
///
/// The terminal itself is asked as well ([`crate::ui::ground`]), but no frame waits for its answer.
pub fn unchosen(env: Lookup<'_>) -> &'static str {
    // `15;0` or `0;default;15`: the last is the background. 7 and 9 to 15 are light, as Vim has it.
    let background = env("COLORFGBG").and_then(|value| value.rsplit(';').next()?.parse().ok());
    match background {
        Some(7 | 9..=15_u8) => DEFAULT_LIGHT,
        _ => DEFAULT,
    }
}

/// Returns the theme for a background where nobody chose one.
pub fn fitting(mood: Mood) -> &'static str {
    match mood {
        Mood::Dark => DEFAULT,
        Mood::Light => DEFAULT_LIGHT,
    }
}

fn absent(theme: &str, says: String) -> Mistake {
    Mistake {
        theme: theme.to_owned(),
        line: None,
        says,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Depth, Glyphs, Look, Role};
    use super::*;
    use ratatui::style::Color;

    #[test]
    fn a_users_theme_overrides_by_name_and_may_inherit_what_it_overrides() {
        let shelf = Shelf::new([
            (
                "dark".into(),
                "inherits = \"dark\"\n[roles]\nlink = \"#ffffff\"".into(),
            ),
            ("mine".into(), "inherits = \"dark\"".into()),
        ]);
        let (theme, mistakes) = shelf.load("mine");
        assert_eq!(mistakes, []);
        let look = Look::new(&theme, Depth::True, Glyphs::UNICODE);
        assert_eq!(look.style(Role::Link).fg, Some(Color::Rgb(255, 255, 255)));
        let (dark, _) = Shelf::default().load("dark");
        let dark = Look::new(&dark, Depth::True, Glyphs::UNICODE);
        assert_eq!(look.style(Role::Title), dark.style(Role::Title));
        assert_eq!(look.ground().bg, dark.ground().bg);
        let names = shelf.names();
        assert_eq!(names.len(), EMBEDDED.len() + 1, "{names:?}");
        assert_eq!(names.last(), Some(&"mine"));
        let listing = shelf.listing();
        let own: Vec<_> = listing.iter().filter(|theme| theme.own).collect();
        let own: Vec<_> = own.iter().map(|theme| &*theme.name).collect();
        assert_eq!(own, ["dark", "mine"]);
        assert_eq!(shelf.position("dark"), Some(2));
    }

    #[test]
    fn a_palette_applies_to_what_is_inherited_and_may_name_inherited_colours() {
        let text = "inherits = \"dark\"\n[palette]\naccent = \"#ffffff\"\ngold = \"coral\"\n[roles]\nlink = \"leaf\"";
        let shelf = Shelf::new([("mine".into(), text.into())]);
        let (theme, mistakes) = shelf.load("mine");
        assert_eq!(mistakes, []);
        let look = Look::new(&theme, Depth::True, Glyphs::UNICODE);
        let (dark, _) = shelf.load("dark");
        let dark = Look::new(&dark, Depth::True, Glyphs::UNICODE);
        let white = Some(Color::Rgb(255, 255, 255));
        assert_eq!(look.style(Role::Accent).fg, white);
        assert_eq!(look.style(Role::TabCurrent).fg, white);
        let of_dark = |role| dark.style(role).fg;
        assert_eq!(look.style(Role::TimeSoon).fg, of_dark(Role::TimePast));
        assert_eq!(look.style(Role::Link).fg, of_dark(Role::StepDone));
        assert_eq!(look.style(Role::StepDone).fg, of_dark(Role::StepDone));
    }

    #[test]
    fn a_theme_tells_the_ground_it_was_made_for() {
        let shelf = Shelf::new([
            (
                "own".into(),
                "inherits = \"dark\"\nbackground = \"#eeeeee\"".into(),
            ),
            (
                "said".into(),
                "mood = \"light\"\nbackground = \"black\"".into(),
            ),
            ("heir".into(), "inherits = \"terminal-light\"".into()),
        ]);
        let table = [
            ("terminal", None),
            ("no-colour", None),
            ("terminal-light", Some(Mood::Light)),
            ("gruvbox-dark", Some(Mood::Dark)),
            ("catppuccin-latte", Some(Mood::Light)),
            ("own", Some(Mood::Light)),
            ("said", Some(Mood::Light)),
            ("heir", Some(Mood::Light)),
        ];
        for (name, mood) in table {
            let (theme, mistakes) = shelf.load(name);
            assert_eq!(mistakes, [], "{name}");
            assert_eq!(theme.mood(), mood, "{name}");
        }
    }

    #[test]
    fn second_names_lead_to_the_listed_ones_unless_the_user_has_such_a_theme() {
        let shelf = Shelf::default();
        assert_eq!(shelf.load("plain"), shelf.load("no-colour"));
        for (other, name) in ALSO {
            assert_eq!(shelf.listed(other), *name);
            assert!(!shelf.names().contains(other));
        }
        let shelf = Shelf::new([("plain".into(), "name = \"Mine\"".into())]);
        assert_eq!(shelf.listed("plain"), "plain");
        assert_eq!(shelf.load("plain").0.title, "Mine");
    }

    #[test]
    fn a_terminal_that_says_its_background_is_light_gets_the_light_one() {
        let with = |value: Option<&str>| unchosen(&|_| value.map(str::to_owned));
        for light in ["0;15", "0;default;15", "0;7", "15;11", "12"] {
            assert_eq!(with(Some(light)), DEFAULT_LIGHT, "{light}");
        }
        for dark in [
            "15;0",
            "15;default;0",
            "7;8",
            "default;default",
            "",
            "0;",
            "0;99",
            "0;-1",
            ";;",
        ] {
            assert_eq!(with(Some(dark)), DEFAULT, "{dark}");
        }
        assert_eq!(with(None), DEFAULT);
    }

    #[test]
    fn mistakes_in_names_end_somewhere_sensible() {
        let shelf = Shelf::new([
            ("a".into(), "inherits = \"b\"".into()),
            ("b".into(), "inherits = \"a\"".into()),
            ("c".into(), "inherits = \"c\"".into()),
            ("d".into(), "inherits = \"ligth\"".into()),
            ("e".into(), "no toml".into()),
        ]);
        let says = |name: &str| {
            let (_, mistakes) = shelf.load(name);
            mistakes
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(says("a"), "Theme a: It inherits from itself by way of `a`.");
        assert_eq!(says("c"), "Theme c: It inherits from itself by way of `c`.");
        assert_eq!(
            says("d"),
            "Theme d: It inherits from `ligth`, which does not exist; did you mean `light`?"
        );
        assert_eq!(
            says("drak"),
            "Theme drak: There is no theme `drak`; did you mean `dark`?"
        );
        let entry = |name: &str| shelf.load(name).0.entry(Role::Link);
        assert_eq!(entry("d"), entry(DEFAULT));
        let (theme, mistakes) = shelf.load("e");
        assert_eq!(mistakes.len(), 1);
        assert_eq!(
            theme.entry(Role::Link),
            shelf.load(DEFAULT).0.entry(Role::Link)
        );
    }
}
