//! A text that is typed: one line, several, or a secret; the only file that knows the text area.

use std::ops::Range;

use crossterm::event::KeyCode;
use tui_textarea::{CursorMove, TextArea};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};
use zeroize::{Zeroize, Zeroizing};

use crate::{
    protocol::{secret::Secret, visible::visible},
    ui::{keymap::Key, theme::Glyphs},
};

/// What a text may hold.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Shape {
    /// One line without any white space: an address.
    Word,
    /// One line.
    Line,
    /// Items on one line, separated by commas.
    List,
    /// Several lines.
    Text,
    /// A secret, or where it comes from.
    Secret,
}

/// A text that is being typed. Nothing of it is ever printed by `Debug`, copied or kept when it goes.
pub struct Input {
    area: TextArea<'static>,
    shape: Shape,
}

/// Tells where a line is not to be seen.
pub type Veil<'a> = &'a dyn Fn(&str) -> Vec<Range<usize>>;

/// What is seen of it.
pub struct Seen {
    /// The lines, cut to the width.
    pub lines: Vec<String>,
    /// The column and line of the cursor.
    pub cursor: (u16, u16),
}

impl Input {
    /// Begins with a text, the cursor behind it. A secret begins empty.
    pub fn new(shape: Shape, text: &str) -> Self {
        let lines = match shape {
            Shape::Secret => Vec::new(),
            Shape::Text => text.split('\n').map(str::to_owned).collect(),
            Shape::Word | Shape::Line | Shape::List => vec![text.replace(['\r', '\n'], " ")],
        };
        let mut area = TextArea::new(lines);
        if shape == Shape::Secret {
            // A history would keep what was deleted.
            area.set_max_histories(0);
        }
        area.move_cursor(CursorMove::Bottom);
        area.move_cursor(CursorMove::End);
        Self { area, shape }
    }

    /// Tells whether Enter starts a new line.
    pub fn is_long(&self) -> bool {
        self.shape == Shape::Text
    }

    /// Takes a key; keys that mean nothing to a text are ignored.
    pub fn key(&mut self, key: Key) {
        let area = &mut self.area;
        match (key.code, key.ctrl || key.alt) {
            (KeyCode::Char('a'), true) if key.ctrl => area.move_cursor(CursorMove::Head),
            (KeyCode::Char('e'), true) if key.ctrl => area.move_cursor(CursorMove::End),
            (KeyCode::Char('u'), true) if key.ctrl => self.wipe(),
            (KeyCode::Char('w'), true) if key.ctrl => self.delete_word(),
            (KeyCode::Char('b') | KeyCode::Left, true) => {
                area.move_cursor(CursorMove::WordBack);
            }
            (KeyCode::Char('f') | KeyCode::Right, true) => {
                area.move_cursor(CursorMove::WordForward);
            }
            (KeyCode::Char(c), false) => area.insert_char(c),
            (KeyCode::Backspace, true) => self.delete_word(),
            (KeyCode::Backspace, false) => drop(area.delete_char()),
            (KeyCode::Delete, _) => drop(area.delete_next_char()),
            (KeyCode::Left, false) => area.move_cursor(CursorMove::Back),
            (KeyCode::Right, false) => area.move_cursor(CursorMove::Forward),
            (KeyCode::Up, _) => area.move_cursor(CursorMove::Up),
            (KeyCode::Down, _) => area.move_cursor(CursorMove::Down),
            (KeyCode::Home, _) => area.move_cursor(CursorMove::Head),
            (KeyCode::End, _) => area.move_cursor(CursorMove::End),
            _ => {}
        }
    }

    /// Starts a new line.
    pub fn new_line(&mut self) {
        if self.is_long() {
            self.area.insert_newline();
        }
    }

    /// Takes a paste; returns what was done to it, if anything was.
    pub fn paste(&mut self, text: &str) -> Option<String> {
        let text = Zeroizing::new(text.replace("\r\n", "\n").replace('\r', "\n"));
        let fitted = Zeroizing::new(match self.shape {
            Shape::Text => text.to_string(),
            Shape::Word => text
                .chars()
                .filter(|c| !c.is_whitespace() && !c.is_control())
                .collect(),
            Shape::List => text
                .trim()
                .replace('\n', ", ")
                .chars()
                .filter(|c| !c.is_control())
                .collect(),
            // A key or an assertion has lines of its own.
            Shape::Secret if has_lines_of_its_own(&text) => text.trim().to_owned(),
            Shape::Line | Shape::Secret => {
                text.trim().chars().filter(|c| !c.is_control()).collect()
            }
        });
        self.area.insert_str(fitted.as_str());
        let gone = text.chars().count().saturating_sub(fitted.chars().count());
        (gone > 0)
            .then(|| format!("{gone} blank or control characters of the paste were left out."))
    }

    /// Returns the text as it stands.
    pub fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(self.area.lines().join("\n"))
    }

    /// Returns the text as a secret.
    pub fn secret(&self, name: &str) -> Secret {
        Secret::typed(name, self.text().trim())
    }

    /// Tells whether the text is hidden: a secret, unless it says where the secret comes from.
    pub fn is_masked(&self) -> bool {
        let first = self.area.lines().first().map_or("", String::as_str);
        let names_source = ["env:", "file:", "cmd:"]
            .iter()
            .any(|scheme| first.starts_with(scheme));
        self.shape == Shape::Secret && !names_source
    }

    /// Returns what is seen of the text in so many columns and lines; what the veil says of a line is not.
    pub fn seen(&self, width: u16, height: u16, glyphs: &Glyphs, veil: Veil<'_>) -> Seen {
        let (width, height) = (usize::from(width.max(1)), usize::from(height.max(1)));
        if self.is_masked() {
            let empty = self.area.is_empty();
            // Always as many, so that nobody can count.
            let shown = if empty {
                0
            } else {
                MASK.min(width.saturating_sub(1))
            };
            return Seen {
                lines: vec![glyphs.masked.repeat(shown)],
                cursor: (cells(shown), 0),
            };
        }
        let cursor = self.area.cursor();
        let (row, column) = (cursor.0, cursor.1);
        let lines = self.area.lines();
        let top = (row + 1).saturating_sub(height);
        let veiled = |line: &String| veiled(line, &veil(line), glyphs.masked);
        let before: String = lines
            .get(row)
            .map(|line| veiled(line).chars().take(column).collect())
            .unwrap_or_default();
        let at = visible(&before).width();
        // The cursor itself takes a column behind the text.
        let left = (at + 1).saturating_sub(width);
        Seen {
            lines: lines
                .iter()
                .skip(top)
                .take(height)
                .map(|line| window(&visible(&veiled(line)), left, width))
                .collect(),
            cursor: (cells(at - left), cells(row - top)),
        }
    }

    fn delete_word(&mut self) {
        if self.shape == Shape::Secret {
            // Killing a word would put it where it can be yanked from.
            self.wipe();
        } else {
            self.area.delete_word();
            self.area.set_yank_text("");
        }
    }

    /// Forgets the text, and its memory with it.
    fn wipe(&mut self) {
        let mut fresh = TextArea::default();
        if self.shape == Shape::Secret {
            fresh.set_max_histories(0);
        }
        let old = std::mem::replace(&mut self.area, fresh);
        for mut line in old.into_lines() {
            line.zeroize();
        }
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        self.wipe();
    }
}

/// How many marks stand for a secret of any length.
const MASK: usize = 8;

fn has_lines_of_its_own(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with("-----BEGIN") || text.starts_with('{') || text.starts_with('<')
}

fn cells(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

/// Puts a mark in the place of each letter that is not to be seen.
fn veiled(line: &str, places: &[Range<usize>], mark: &str) -> String {
    let hidden = |at: usize| places.iter().any(|place| place.contains(&at));
    let letters = line.char_indices();
    letters.fold(String::with_capacity(line.len()), |mut out, (at, c)| {
        if hidden(at) {
            out.push_str(mark);
        } else {
            out.push(c);
        }
        out
    })
}

/// Returns the columns from `left` on.
fn window(text: &str, left: usize, width: usize) -> String {
    let (mut at, mut out) = (0, String::new());
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if at >= left && at + wide <= left + width {
            out.push(c);
        }
        at += wide;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(shape: Shape, text: &str) -> Input {
        let mut input = Input::new(shape, "");
        for c in text.chars() {
            input.key(Key::plain(KeyCode::Char(c)));
        }
        input
    }

    #[test]
    fn a_pasted_address_loses_its_line_ends_and_says_so() {
        let mut input = Input::new(Shape::Word, "");
        let said = input.paste("https://idp.exam\r\nple/ \u{1b}");
        assert_eq!(input.text().as_str(), "https://idp.example/");
        assert!(said.is_some_and(|said| said.starts_with("3 ")));
        assert_eq!(input.paste("x"), None);
    }

    #[test]
    fn a_pasted_text_keeps_its_lines_however_the_terminal_sends_them() {
        let mut input = Input::new(Shape::Text, "");
        assert_eq!(input.paste("a\rb\nc"), None);
        assert_eq!(input.text().as_str(), "a\nb\nc");
        input.new_line();
        assert_eq!(input.text().as_str(), "a\nb\nc\n");
    }

    #[test]
    fn a_pasted_key_keeps_its_lines() {
        let mut input = Input::new(Shape::Secret, "");
        let pem = "-----BEGIN PRIVATE KEY-----\rabc\r-----END PRIVATE KEY-----";
        assert_eq!(input.paste(pem), None);
        assert_eq!(input.text().lines().count(), 3);
    }

    #[test]
    fn a_secret_is_never_seen_nor_counted() {
        for text in ["h", "hunter2hunter2"] {
            let seen = typed(Shape::Secret, text).seen(40, 1, Glyphs::UNICODE, &|_| Vec::new());
            assert_eq!(seen.lines, ["••••••••"]);
            assert_eq!(seen.cursor, (8, 0));
        }
        let named = typed(Shape::Secret, "env:ACME").seen(40, 1, Glyphs::UNICODE, &|_| Vec::new());
        assert_eq!(named.lines, ["env:ACME"]);
        let mut wiped = typed(Shape::Secret, "hunter2");
        wiped.key(Key {
            code: KeyCode::Char('w'),
            ctrl: true,
            alt: false,
        });
        assert!(wiped.text().is_empty());
        assert_eq!(wiped.area.yank_text(), "");
    }

    #[test]
    fn the_cursor_stays_in_sight_and_nothing_acts() {
        let input = typed(Shape::Line, &"x".repeat(100));
        let seen = input.seen(10, 1, Glyphs::UNICODE, &|_| Vec::new());
        assert_eq!(seen.cursor, (9, 0));
        assert_eq!(seen.lines, ["xxxxxxxxx"]);
        let input = typed(Shape::Line, "a\u{202e}b");
        assert_eq!(
            input.seen(40, 1, Glyphs::UNICODE, &|_| Vec::new()).lines,
            ["a‹U+202E›b"]
        );
    }
}
