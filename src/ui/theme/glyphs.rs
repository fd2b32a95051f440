//! Marks, arrows and lines, each with a twin for terminals that take ASCII only.

use super::Lookup;

macro_rules! glyphs {
    ($($(#[doc = $doc:literal])+ $glyph:ident = $unicode:literal, $ascii:literal;)+) => {
        /// One set of marks, arrows and lines.
        ///
        /// All are one cell wide, so that nothing moves between the sets, but for `to` and `cut`, which stand in text.
        #[derive(Debug, Eq, PartialEq)]
        pub struct Glyphs {
            $($(#[doc = $doc])+ pub $glyph: &'static str,)+
        }

        impl Glyphs {
            /// The set for terminals that take UTF-8.
            pub const UNICODE: &'static Glyphs = &Glyphs { $($glyph: $unicode,)+ };

            /// The set for all others.
            pub const ASCII: &'static Glyphs = &Glyphs { $($glyph: $ascii,)+ };

            /// Returns each glyph of this set with its twin for ASCII.
            fn pairs(&self) -> Vec<(&'static str, &'static str)> {
                vec![$((self.$glyph, Self::ASCII.$glyph),)+]
            }

            #[cfg(test)]
            fn each(&self) -> Vec<(&'static str, &'static str)> {
                vec![$((stringify!($glyph), self.$glyph),)+]
            }
        }
    };
}

glyphs! {
    /// Done, verified.
    done = "✓", "+";
    /// Refused, rejected, not reachable, failed.
    failed = "✗", "x";
    /// Not yet run, or nothing to say.
    idle = "·", ".";
    /// The current step or row, and what is folded.
    current = "▸", ">";
    /// What is unfolded.
    unfolded = "▾", "v";
    /// In flight, or waiting for the user.
    waiting = "…", ":";
    /// Run once, and its grounds have changed since.
    stale = "⟳", "~";
    /// Left out.
    skipped = "-", "-";
    /// Look here.
    warning = "!", "!";
    /// A note at the right of what it speaks of.
    note = "◂", "<";
    /// Points up at the character above it.
    caret = "↑", "^";
    /// One character of a hidden value.
    masked = "•", "*";
    /// From one party to another, inside a sentence.
    to = "→", "->";
    /// The rest of a value does not fit here.
    cut = "…", "...";
    /// Between short facts on one line.
    dot = "·", "|";
    /// Arrow head to the right.
    head_right = "▸", ">";
    /// Arrow head to the left.
    head_left = "◂", "<";
    /// Line from left to right.
    horizontal = "─", "-";
    /// Line from top to bottom.
    vertical = "│", "|";
    /// Vertical line with a branch to the right.
    branch_right = "├", "+";
    /// Vertical line with a branch to the left.
    branch_left = "┤", "+";
    /// Horizontal line with a branch downwards.
    branch_down = "┬", "+";
    /// Horizontal line with a branch upwards.
    branch_up = "┴", "+";
    /// Crossing lines.
    cross = "┼", "+";
    /// Corner.
    top_left = "┌", "+";
    /// Corner.
    top_right = "┐", "+";
    /// Corner.
    bottom_left = "└", "+";
    /// Corner.
    bottom_right = "┘", "+";
    /// The part of a scroll bar that is shown.
    thumb = "┃", "#";
}

impl Glyphs {
    /// Returns what stands for the text of a cell where only ASCII may be sent, one character for one cell, or `None`
    /// when it may stay.
    ///
    /// The blocks of a QR code stay: nothing in ASCII can be read by a camera, and it is shown on request.
    pub fn stand_in(cell: &str) -> Option<&'static str> {
        let first = cell.chars().next()?;
        if cell.is_ascii() || ('\u{2580}'..='\u{259f}').contains(&first) {
            return None;
        }
        let twin = Self::UNICODE
            .pairs()
            .into_iter()
            .find(|(unicode, ascii)| *unicode == cell && ascii.len() == 1)
            .map(|(_, ascii)| ascii);
        let typed = || LETTERS.iter().find(|(from, _)| from.contains(first));
        Some(twin.or_else(|| typed().map(|(_, to)| *to)).unwrap_or("?"))
    }

    /// Chooses a set from the locale: the first of `LC_ALL`, `LC_CTYPE` and `LANG` that is set decides.
    ///
    /// The Linux console takes UTF-8, but its font lacks the marks.
    pub fn choose(env: Lookup<'_>) -> &'static Self {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .into_iter()
            .find_map(|name| env(name).filter(|value| !value.is_empty()))
            .unwrap_or_default()
            .to_ascii_lowercase();
        let utf8 = locale.contains("utf-8") || locale.contains("utf8");
        let console = env("TERM").is_some_and(|term| term == "linux");
        if utf8 && !console {
            Self::UNICODE
        } else {
            Self::ASCII
        }
    }
}

/// What sentences and names have beyond ASCII, and what is near it.
const LETTERS: &[(&str, &str)] = &[
    ("’‘", "'"),
    ("“”„", "\""),
    ("–—−", "-"),
    ("…", "."),
    ("→›", ">"),
    ("←‹", "<"),
    ("§", "#"),
    ("·•", "."),
    ("×", "x"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_width::UnicodeWidthStr;

    #[test]
    fn every_glyph_is_one_cell_in_both_sets() {
        for ((name, unicode), (_, ascii)) in
            Glyphs::UNICODE.each().into_iter().zip(Glyphs::ASCII.each())
        {
            assert!(ascii.bytes().all(|byte| byte.is_ascii_graphic()), "{name}");
            assert_eq!(unicode.width(), 1, "{name}");
            assert!(ascii.width() == 1 || matches!(name, "to" | "cut"), "{name}");
        }
    }

    #[test]
    fn every_cell_has_a_stand_in_where_only_ascii_may_be_sent() {
        for (name, unicode) in Glyphs::UNICODE.each() {
            let stand_in = Glyphs::stand_in(unicode);
            assert!(
                stand_in.is_none_or(|text| text.is_ascii() && text.len() == 1),
                "{name}"
            );
            assert_eq!(stand_in.is_none(), unicode.is_ascii(), "{name}");
        }
        let table = [
            ("’", "'"),
            ("é", "?"),
            ("宽", "?"),
            ("§", "#"),
            ("↑", "^"),
            ("✓", "+"),
            ("e\u{301}", "?"),
        ];
        for (cell, stand_in) in table {
            assert_eq!(Glyphs::stand_in(cell), Some(stand_in), "{cell}");
        }
        for cell in ["a", "", "█", "▄"] {
            assert_eq!(Glyphs::stand_in(cell), None, "{cell}");
        }
    }

    #[test]
    fn marks_that_mean_different_things_differ_without_any_colour() {
        for set in [Glyphs::UNICODE, Glyphs::ASCII] {
            let steps = [
                set.done,
                set.failed,
                set.idle,
                set.waiting,
                set.stale,
                set.skipped,
                set.warning,
                set.current,
            ];
            for (at, mark) in steps.iter().enumerate() {
                assert!(!steps[..at].contains(mark), "{mark}");
            }
        }
    }

    #[test]
    fn the_locale_chooses() {
        let table: &[(&[(&str, &str)], &Glyphs)] = &[
            (&[], Glyphs::ASCII),
            (&[("LANG", "en_GB.UTF-8")], Glyphs::UNICODE),
            (&[("LANG", "C.utf8")], Glyphs::UNICODE),
            (&[("LANG", "en_GB.UTF-8"), ("LC_ALL", "C")], Glyphs::ASCII),
            (
                &[("LANG", "C"), ("LC_CTYPE", "de_DE.UTF-8"), ("LC_ALL", "")],
                Glyphs::UNICODE,
            ),
            (&[("LANG", "en_GB.UTF-8"), ("TERM", "linux")], Glyphs::ASCII),
        ];
        for (env, expected) in table {
            let chosen = Glyphs::choose(&|name| {
                env.iter()
                    .find(|(known, _)| *known == name)
                    .map(|(_, value)| (*value).to_owned())
            });
            assert_eq!(chosen, *expected, "{env:?}");
        }
    }
}
