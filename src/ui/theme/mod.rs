//! How things look: a theme's meanings resolved once to the colours and glyphs that this terminal has.

pub mod depth;
pub mod file;
pub mod glyphs;
pub mod role;
mod shelf;
#[cfg(test)]
mod shipped;

use ratatui::style::{Color, Modifier, Style};

pub use depth::{ColorChoice, Depth};
pub use file::{Mistake, Mood, Theme};
pub use glyphs::Glyphs;
pub use role::Role;
pub use shelf::{DEFAULT, DEFAULT_LIGHT, EMBEDDED, Listed, Shelf, fitting, unchosen};

use depth::Paint;
use file::Entry;
use shelf::{NO_COLOUR, embedded};

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
        let (plain, _) = Theme::parse(NO_COLOUR, embedded(NO_COLOUR).unwrap_or_default());
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
                Depth::Indexed | Depth::True => {
                    with_many(theme.entry(role), theme.background, depth)
                }
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

/// A theme that thought of colours only still gets the marks of the plain one.
fn without_colour(entry: Entry, plain: Entry) -> Style {
    let modifiers = if entry.modifiers.is_empty() {
        plain.modifiers
    } else {
        entry.modifiers
    };
    Style::new().add_modifier(modifiers)
}

fn with_many(entry: Entry, ground: Option<Paint>, depth: Depth) -> Style {
    let fg = match (entry.fg, entry.bg.or(ground)) {
        (Some(Paint::Rgb(letters, _)), Some(Paint::Rgb(ground, _))) if depth == Depth::Indexed => {
            Some(Color::Indexed(depth::nearest_256_on(ground, letters)))
        }
        (fg, _) => fg.map(|paint| paint.fine(depth)),
    };
    Style {
        fg,
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
}
