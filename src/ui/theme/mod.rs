//! How things look: a theme's meanings resolved once to the colours and glyphs that this terminal has.

pub mod depth;
pub mod file;
pub mod glyphs;
pub mod role;

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};

pub use depth::{ColorChoice, Depth};
pub use file::{Mistake, Theme};
pub use glyphs::Glyphs;
pub use role::Role;

use depth::Paint;
use file::{Entry, meant, suggestion};

/// Answers with a variable of the environment; handed in, because this room reads none.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A theme brought down to a depth, and the glyphs beside it: all that a view needs to know about taste.
#[derive(Clone, Debug)]
pub struct Look {
    /// Marks, arrows and lines.
    pub glyphs: &'static Glyphs,
    depth: Depth,
    ground: Style,
    styles: Vec<Style>,
}

impl Look {
    /// Resolves every role of the theme.
    pub fn new(theme: &Theme, depth: Depth, glyphs: &'static Glyphs) -> Self {
        let (plain, _) = Theme::parse(PLAIN, embedded(PLAIN).unwrap_or_default());
        let background = match depth {
            Depth::None => None,
            Depth::Sixteen => theme.background.map(Paint::coarse),
            Depth::Indexed | Depth::True => theme.background.map(|paint| paint.fine(depth)),
        };
        let styles: Vec<_> = Role::ALL
            .iter()
            .map(|&role| match depth {
                Depth::None => without_colour(theme.entry(role), plain.entry(role)),
                Depth::Sixteen => with_sixteen(theme.entry(role), background),
                Depth::Indexed | Depth::True => with_many(theme.entry(role), depth),
            })
            .collect();
        let text = styles[Role::Text.index()];
        Self {
            glyphs,
            depth,
            ground: Style {
                bg: text.bg.or(background),
                ..text
            },
            styles,
        }
    }

    /// Returns the style of a role: to be patched over the ground, whose background it leaves alone unless it has one.
    pub fn style(&self, role: Role) -> Style {
        self.styles[role.index()]
    }

    /// Returns the style to fill the screen with before anything is drawn.
    pub fn ground(&self) -> Style {
        self.ground
    }

    /// Returns the depth it was resolved to.
    pub fn depth(&self) -> Depth {
        self.depth
    }
}

/// The default theme at sixteen colours with UTF-8 glyphs.
impl Default for Look {
    fn default() -> Self {
        let (theme, _) = Shelf::default().load(DEFAULT);
        Self::new(&theme, Depth::Sixteen, Glyphs::UNICODE)
    }
}

/// The themes to choose from: the embedded ones, and the user's own, which override them by name.
#[derive(Clone, Debug, Default)]
pub struct Shelf {
    own: BTreeMap<String, String>,
}

impl Shelf {
    /// Puts the user's themes on the shelf: names (of files, without `.toml`) and texts.
    pub fn new(own: impl IntoIterator<Item = (String, String)>) -> Self {
        Self {
            own: own.into_iter().collect(),
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

    /// Loads a theme with all it inherits; what cannot be used is left out and named.
    ///
    /// An unknown name gives the default theme. A user's theme may inherit the embedded one that it overrides.
    pub fn load(&self, name: &str) -> (Theme, Vec<Mistake>) {
        let Some(text) = self.texts(name).next() else {
            let hint = suggestion(meant(name, self.names()));
            let mistake = absent(name, format!("There is no theme `{name}`{hint}"));
            let (theme, _) = Theme::parse(DEFAULT, embedded(DEFAULT).unwrap_or_default());
            return (theme, vec![mistake]);
        };
        let (mut theme, mut mistakes) = Theme::parse(name, text);
        if theme.entries.is_empty() && !mistakes.is_empty() {
            // Nothing in it could be read: what it overrides, or the terminal's own colours, are better than none.
            let instead = embedded(name).map_or(DEFAULT, |_| name);
            theme.inherits.get_or_insert(instead.to_owned());
        }
        let mut chain = vec![text];
        let mut next = theme.inherits.clone();
        while let Some(parent) = next.take() {
            let mut others = self
                .texts(&parent)
                .filter(|other| chain.last().is_none_or(|last| !same(other, last)));
            match others.next() {
                Some(text) if !chain.iter().any(|seen| same(seen, text)) => {
                    let (parsed, found) = Theme::parse(&parent, text);
                    mistakes.extend(found);
                    next.clone_from(&parsed.inherits);
                    theme.fill_from(parsed);
                    chain.push(text);
                }
                None if self.texts(&parent).next().is_none() => {
                    let hint = suggestion(meant(&parent, self.names()));
                    mistakes.push(absent(
                        name,
                        format!("It inherits from `{parent}`, which does not exist{hint}"),
                    ));
                }
                _ => mistakes.push(absent(
                    name,
                    format!("It inherits from itself by way of `{parent}`."),
                )),
            }
        }
        (theme, mistakes)
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

const PLAIN: &str = "plain";

/// The themes in the program, by name.
pub const EMBEDDED: &[(&str, &str)] = &[
    (DEFAULT, include_str!("../../../themes/terminal.toml")),
    ("dusk", include_str!("../../../themes/dusk.toml")),
    ("paper", include_str!("../../../themes/paper.toml")),
    (PLAIN, include_str!("../../../themes/plain.toml")),
];

fn embedded(name: &str) -> Option<&'static str> {
    EMBEDDED
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, text)| *text)
}

fn absent(theme: &str, says: String) -> Mistake {
    Mistake {
        theme: theme.to_owned(),
        line: None,
        says,
    }
}

/// A theme that thought of colours only still gets the marks of the plain one.
fn without_colour(entry: Entry, plain: Entry) -> Style {
    let modifiers = if entry.modifiers.is_empty() {
        plain.modifiers
    } else {
        entry.modifiers
    };
    Style::new().add_modifier(modifiers)
}

fn with_many(entry: Entry, depth: Depth) -> Style {
    Style {
        fg: entry.fg.map(|paint| paint.fine(depth)),
        bg: entry.bg.map(|paint| paint.fine(depth)),
        ..Style::new().add_modifier(entry.modifiers)
    }
}

/// Sixteen colours are few, so two may fall together: a background like the ground becomes reverse, and a text like its
/// background goes back to the ordinary one.
fn with_sixteen(entry: Entry, ground: Option<Color>) -> Style {
    // The terminal's own background is no known colour.
    let ground = ground.filter(|ground| *ground != Color::Reset);
    let mut modifiers = entry.modifiers;
    let mut bg = entry.bg.map(Paint::coarse);
    let was_fine = matches!(entry.bg, Some(Paint::Rgb(..)));
    if was_fine && ground.is_none_or(|ground| bg == Some(ground)) {
        bg = None;
        modifiers |= Modifier::REVERSED;
    }
    let fg = entry.ansi.map(Paint::Ansi).or(entry.fg).map(Paint::coarse);
    Style {
        fg: fg.filter(|_| fg != bg.or(ground)),
        bg,
        ..Style::new().add_modifier(modifiers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(name: &str, depth: Depth) -> Look {
        let (theme, mistakes) = Shelf::default().load(name);
        assert_eq!(mistakes, [], "{name}");
        Look::new(&theme, depth, Glyphs::UNICODE)
    }

    fn rgb(color: Color) -> Option<[u8; 3]> {
        match color {
            Color::Rgb(r, g, b) => Some([r, g, b]),
            Color::Indexed(index) => Some(depth::rgb_of_256(index)),
            _ => None,
        }
    }

    /// WCAG 2 §1.4.3.
    fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
        let luminance = |rgb: [u8; 3]| {
            let [r, g, b] = rgb.map(|part| {
                let part = f64::from(part) / 255.0;
                if part <= 0.040_45 {
                    part / 12.92
                } else {
                    ((part + 0.055) / 1.055).powf(2.4)
                }
            });
            0.2126 * r + 0.7152 * g + 0.0722 * b
        };
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_embedded_theme_loads_and_every_role_resolves_at_every_depth() {
        for name in Shelf::default().names() {
            for depth in Depth::ALL {
                let look = look(name, depth);
                for &role in Role::ALL {
                    let style = look.style(role);
                    let colours = [style.fg, style.bg, look.ground().fg, look.ground().bg];
                    for colour in colours.into_iter().flatten() {
                        let fits = match depth {
                            Depth::None => false,
                            Depth::Sixteen => rgb(colour).is_none(),
                            Depth::Indexed => !matches!(colour, Color::Rgb(..)),
                            Depth::True => true,
                        };
                        assert!(fits, "{name} {depth:?} {role:?} {colour:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_no_word_or_mark_says_is_seen_at_every_depth() {
        // Everything else has a word or a mark beside it; these are said by their style alone.
        let pairs = [
            (Role::Selection, Role::Text),
            (Role::FindMatch, Role::Text),
            (Role::FindMatch, Role::Selection),
            (Role::FieldFocus, Role::FieldValue),
            (Role::TabCurrent, Role::Tab),
            (Role::RailCurrent, Role::Text),
            (Role::HintKey, Role::HintText),
        ];
        for name in Shelf::default().names() {
            for depth in Depth::ALL {
                let look = look(name, depth);
                for (one, other) in pairs {
                    let seen = |role| look.ground().patch(look.style(role));
                    assert_ne!(seen(one), seen(other), "{name} {depth:?} {one:?} {other:?}");
                }
            }
        }
    }

    #[test]
    fn the_default_theme_uses_only_the_terminals_own_colours() {
        let look = look(DEFAULT, Depth::True);
        assert_eq!(look.ground().bg, None);
        for &role in Role::ALL {
            let style = look.style(role);
            for colour in [style.fg, style.bg].into_iter().flatten() {
                assert_eq!(rgb(colour), None, "{role:?}");
            }
        }
    }

    #[test]
    fn dark_and_light_are_readable_on_their_own_ground() {
        for name in ["dusk", "paper"] {
            for depth in [Depth::True, Depth::Indexed] {
                let look = look(name, depth);
                let ground = look
                    .ground()
                    .bg
                    .and_then(rgb)
                    .expect("the theme states its background");
                let selected = look
                    .style(Role::Selection)
                    .bg
                    .and_then(rgb)
                    .expect("so is the selection's");
                for &role in Role::ALL {
                    let style = look.ground().patch(look.style(role));
                    let fg = style.fg.and_then(rgb).expect("every role has a colour");
                    let bg = style.bg.and_then(rgb).expect("the ground is beneath");
                    let least = if role == Role::Border { 2.0 } else { 4.5 };
                    let ratio = contrast(fg, bg);
                    assert!(ratio >= least, "{name} {depth:?} {role:?}: {ratio:.2}");
                    if bg == ground && role != Role::Border {
                        let ratio = contrast(fg, selected);
                        assert!(
                            ratio >= least.min(4.5),
                            "{name} {depth:?} {role:?} selected: {ratio:.2}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn dark_and_light_can_be_read_with_sixteen_as_xterm_has_them() {
        for name in ["dusk", "paper"] {
            let look = look(name, Depth::Sixteen);
            for &role in Role::ALL {
                let style = look.ground().patch(look.style(role));
                let [fg, bg] = [style.fg, style.bg]
                    .map(|colour| depth::rgb_of_16(colour.expect("both are painted")));
                let ratio = contrast(fg, bg);
                assert!(ratio >= 3.0, "{name} {role:?}: {ratio:.2}");
            }
        }
    }

    #[test]
    fn a_theme_that_thought_of_colours_only_has_marks_without_them() {
        let shelf = Shelf::new([(
            "mine".into(),
            "[roles]\nselection = { bg = \"#333333\" }".into(),
        )]);
        let (theme, mistakes) = shelf.load("mine");
        assert_eq!(mistakes, []);
        let none = Look::new(&theme, Depth::None, Glyphs::ASCII);
        assert_eq!(
            none.style(Role::Selection),
            Style::new().add_modifier(Modifier::REVERSED)
        );
        let sixteen = Look::new(&theme, Depth::Sixteen, Glyphs::ASCII);
        assert_eq!(
            sixteen.style(Role::Selection),
            Style::new().add_modifier(Modifier::REVERSED)
        );
        assert_eq!(
            sixteen.style(Role::JwtClaims),
            sixteen.style(Role::Text),
            "old themes keep working"
        );
    }

    #[test]
    fn a_selection_is_seen_on_the_terminals_own_background() {
        let text = "background = \"default\"\n[roles]\nselection = { bg = \"#2c3047\" }";
        let (theme, _) = Shelf::new([("mine".into(), text.into())]).load("mine");
        let look = Look::new(&theme, Depth::Sixteen, Glyphs::ASCII);
        assert_eq!(
            look.style(Role::Selection),
            Style::new().add_modifier(Modifier::REVERSED)
        );
    }

    #[test]
    fn text_and_background_never_fall_together_at_sixteen() {
        let text = "background = \"#101010\"\n[roles]\nborder = \"#202020\"\nlink = { fg = \"#ff8a8f\", ansi = \"cyan\" }";
        let (theme, _) = Shelf::new([("mine".into(), text.into())]).load("mine");
        let look = Look::new(&theme, Depth::Sixteen, Glyphs::ASCII);
        assert_eq!(look.style(Role::Border).fg, None);
        assert_eq!(look.style(Role::Link).fg, Some(Color::Cyan));
        assert_eq!(look.ground().bg, Some(Color::Black));
    }

    #[test]
    fn a_users_theme_overrides_by_name_and_may_inherit_what_it_overrides() {
        let shelf = Shelf::new([
            (
                "dusk".into(),
                "inherits = \"dusk\"\n[roles]\nlink = \"#ffffff\"".into(),
            ),
            ("mine".into(), "inherits = \"dusk\"".into()),
        ]);
        let (theme, mistakes) = shelf.load("mine");
        assert_eq!(mistakes, []);
        let look = Look::new(&theme, Depth::True, Glyphs::UNICODE);
        assert_eq!(look.style(Role::Link).fg, Some(Color::Rgb(255, 255, 255)));
        let (dusk, _) = Shelf::default().load("dusk");
        let dusk = Look::new(&dusk, Depth::True, Glyphs::UNICODE);
        assert_eq!(look.style(Role::Title), dusk.style(Role::Title));
        assert_eq!(look.ground().bg, dusk.ground().bg);
        assert_eq!(
            shelf.names(),
            ["terminal", "dusk", "paper", "plain", "mine"]
        );
    }

    #[test]
    fn mistakes_in_names_end_somewhere_sensible() {
        let shelf = Shelf::new([
            ("a".into(), "inherits = \"b\"".into()),
            ("b".into(), "inherits = \"a\"".into()),
            ("c".into(), "inherits = \"c\"".into()),
            ("d".into(), "inherits = \"papr\"".into()),
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
            "Theme d: It inherits from `papr`, which does not exist; did you mean `paper`?"
        );
        assert_eq!(
            says("duske"),
            "Theme duske: There is no theme `duske`; did you mean `dusk`?"
        );
        let (theme, mistakes) = shelf.load("e");
        assert_eq!(mistakes.len(), 1);
        assert_eq!(
            theme.entry(Role::Link),
            shelf.load(DEFAULT).0.entry(Role::Link)
        );
    }
}
