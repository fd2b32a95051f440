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

    /// Tells whether it is a secret, or where one comes from.
    pub fn is_secret(&self) -> bool {
        self.shape == Shape::Secret
    }

    /// Takes a key; keys that mean nothing to a text are ignored.
    pub fn key(&mut self, key: Key) {
        let area = &mut self.area;
        match (key.code, key.ctrl || key.alt) {
            (KeyCode::Char('a'), true) if key.ctrl => area.move_cursor(CursorMove::Head),
            (KeyCode::Char('b'), true) if key.ctrl => area.move_cursor(CursorMove::Back),
            (KeyCode::Char('f'), true) if key.ctrl => area.move_cursor(CursorMove::Forward),
            (KeyCode::Char('p'), true) if key.ctrl => area.move_cursor(CursorMove::Up),
            (KeyCode::Char('n'), true) if key.ctrl => area.move_cursor(CursorMove::Down),
            (KeyCode::Char('d'), true) if key.ctrl => drop(area.delete_next_char()),
            // Some terminals send it for Backspace.
            (KeyCode::Char('h'), true) if key.ctrl => drop(area.delete_char()),
            (KeyCode::Char('e'), true) if key.ctrl => area.move_cursor(CursorMove::End),
            (KeyCode::Char('u'), true) if key.ctrl => self.kill(TextArea::delete_line_by_head),
            (KeyCode::Char('k'), true) if key.ctrl => self.kill(TextArea::delete_line_by_end),
            (KeyCode::Char('w'), true) if key.ctrl => self.kill(TextArea::delete_word),
            (KeyCode::Char('y'), true) if key.ctrl => drop(area.paste()),
            (KeyCode::Char('d'), true) => self.kill(TextArea::delete_next_word),
            (KeyCode::Char('b') | KeyCode::Left, true) => {
                area.move_cursor(CursorMove::WordBack);
            }
            (KeyCode::Char('f') | KeyCode::Right, true) => {
                area.move_cursor(CursorMove::WordForward);
            }
            (KeyCode::Char(c), false) => area.insert_char(c),
            (KeyCode::Backspace, true) => self.kill(TextArea::delete_word),
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
        let lines = self.area.lines();
        let veiled = |line: &String| veiled(line, &veil(line), glyphs.masked);
        let (row, at) = self.cursor(veiled);
        let (left, top) = corner((row, at), width, height);
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

    /// Puts the cursor where the text that is seen in so many columns and lines is pointed at; of a secret no place is
    /// shown.
    pub fn point(&mut self, (x, y): (u16, u16), width: u16, height: u16) {
        if self.is_masked() {
            return;
        }
        let (width, height) = (usize::from(width.max(1)), usize::from(height.max(1)));
        let (left, top) = corner(self.cursor(String::clone), width, height);
        let row = (top + usize::from(y)).min(self.area.lines().len().saturating_sub(1));
        let wanted = left + usize::from(x);
        let line = self.area.lines().get(row).map_or("", String::as_str);
        let mut end = 0;
        let column = line.chars().take_while(|c| {
            end += visible(c.encode_utf8(&mut [0; 4])).width();
            end <= wanted
        });
        let column = cells(column.count());
        self.area.move_cursor(CursorMove::Jump(cells(row), column));
    }

    /// Returns the line of the cursor and how many cells stand before it, of the lines as they are shown.
    fn cursor(&self, shown: impl Fn(&String) -> String) -> (usize, usize) {
        let cursor = self.area.cursor();
        let line = self.area.lines().get(cursor.0).map(shown);
        let before: String =
            line.map_or_else(String::new, |line| line.chars().take(cursor.1).collect());
        (cursor.0, visible(&before).width())
    }

    /// Deletes a part, to be put back with ctrl-y.
    fn kill(&mut self, part: fn(&mut TextArea<'static>) -> bool) {
        if self.shape == Shape::Secret {
            // What is killed is kept where it can be yanked from; and nobody sees which part of a secret it would be.
            self.wipe();
        } else {
            part(&mut self.area);
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

/// Returns the first column and line that are seen, so that the cursor is: it takes a column behind the text itself.
fn corner((row, at): (usize, usize), width: usize, height: usize) -> (usize, usize) {
    (
        (at + 1).saturating_sub(width),
        (row + 1).saturating_sub(height),
    )
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

    fn press(input: &mut Input, keys: &str) {
        for key in keys.split(' ') {
            input.key(Key::parse(key).expect(key));
        }
    }

    #[test]
    fn the_keys_of_emacs_edit_a_line() {
        for (keys, text, column) in [
            ("ctrl-a x", "xone two three", 1),
            ("ctrl-a ctrl-e x", "one two threex", 14),
            ("ctrl-b ctrl-b x", "one two thrxee", 12),
            ("ctrl-a ctrl-f x", "oxne two three", 2),
            ("alt-b x", "one two xthree", 9),
            ("ctrl-a alt-f ctrl-k", "one ", 4),
            ("alt-b ctrl-u", "three", 0),
            ("ctrl-w", "one two ", 8),
            ("alt-b alt-b alt-d", "one  three", 4),
            ("ctrl-a ctrl-d", "ne two three", 0),
            ("ctrl-h", "one two thre", 12),
            ("ctrl-w ctrl-a ctrl-y", "threeone two ", 5),
            ("alt-backspace", "one two ", 8),
        ] {
            let mut input = typed(Shape::Line, "one two three");
            press(&mut input, keys);
            let at = input.area.cursor();
            assert_eq!((input.text().as_str(), at.1), (text, column), "{keys}");
        }
        // Several lines have up and down, too, and joining.
        let mut input = Input::new(Shape::Text, "one\ntwo");
        press(&mut input, "ctrl-p x ctrl-n y ctrl-p ctrl-e ctrl-k");
        assert_eq!(input.text().as_str(), "onextwoy");
    }

    #[test]
    fn nothing_of_a_secret_can_be_put_back() {
        for kill in ["ctrl-w", "ctrl-u", "ctrl-k", "alt-d", "alt-backspace"] {
            let mut input = typed(Shape::Secret, "hunter2 hunter3");
            press(&mut input, &format!("ctrl-a {kill} ctrl-y"));
            assert!(input.text().is_empty(), "{kill}: {}", input.text().as_str());
        }
    }

    #[test]
    fn a_place_that_is_pointed_at_takes_the_cursor() {
        let mut input = typed(Shape::Line, "aä日本b");
        for (x, column) in [(0, 0), (1, 1), (2, 2), (3, 2), (4, 3), (6, 4), (39, 5)] {
            input.point((x, 0), 40, 1);
            assert_eq!(input.area.cursor().1, column, "{x}");
        }
        // What is scrolled away counts.
        let mut input = typed(Shape::Line, &"x".repeat(100));
        input.point((3, 0), 10, 1);
        assert_eq!(input.area.cursor().1, 94);
        let mut input = Input::new(Shape::Text, "one\ntwo\nthree");
        input.point((1, 0), 10, 2);
        let at = input.area.cursor();
        assert_eq!((at.0, at.1), (1, 1));
        let mut input = typed(Shape::Secret, "hunter2");
        input.point((0, 0), 10, 1);
        assert_eq!(input.area.cursor().1, 7);
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
