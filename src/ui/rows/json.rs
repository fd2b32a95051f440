//! JSON as rows, laid out from its own text: order, duplicates and huge numbers stay as they were sent.

use super::{Cx, Row};
use crate::{protocol::pointer::Pointer, ui::theme::Role};

/// More rows than this are not made of one text.
const ROWS_LIMIT: usize = 2000;

/// One piece of a JSON text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Piece<'a> {
    /// `{` or `[`.
    Open(char),
    /// `}` or `]`.
    Close(char),
    /// `:`.
    Colon,
    /// `,`.
    Comma,
    /// A string with its quotes.
    Text(&'a str),
    /// A number, `true`, `false` or `null`, as it is written.
    Word(&'a str),
    /// What no JSON has; the text may have been cut here.
    Junk(&'a str),
}

/// Takes a JSON text apart, piece by piece; never fails.
#[derive(Clone, Debug)]
pub struct Pieces<'a>(pub &'a str);

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let text = self.0.trim_start_matches([' ', '\t', '\n', '\r']);
        let first = text.chars().next()?;
        let (piece, length) = match first {
            '{' | '[' => (Piece::Open(first), 1),
            '}' | ']' => (Piece::Close(first), 1),
            ':' => (Piece::Colon, 1),
            ',' => (Piece::Comma, 1),
            '"' => match string_end(text) {
                Some(end) => (Piece::Text(&text[..end]), end),
                None => (Piece::Junk(text), text.len()),
            },
            _ => {
                let end = text
                    .find(|c: char| c.is_ascii_whitespace() || "{}[]:,\"".contains(c))
                    .unwrap_or(text.len());
                let word = &text[..end];
                (
                    if is_word(word) {
                        Piece::Word(word)
                    } else {
                        Piece::Junk(word)
                    },
                    end,
                )
            }
        };
        self.0 = &text[length..];
        Some(piece)
    }
}

fn string_end(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

fn is_word(word: &str) -> bool {
    matches!(word, "true" | "false" | "null") || {
        let digits = word.trim_start_matches('-');
        digits.starts_with(|c: char| c.is_ascii_digit())
            && digits
                .bytes()
                .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'))
    }
}

/// Tells whether a text is an object or array from end to end, or, when it is not whole, up to where it breaks off;
/// only its first pieces are looked at when it is long.
pub fn is_json(text: &str, whole: bool) -> bool {
    // A page of megabytes without a blank would be one piece, and searched to its end.
    let start = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if !start.starts_with(['{', '[']) {
        return false;
    }
    let mut open = Vec::new();
    let mut pieces = Pieces(text);
    for _ in 0..ROWS_LIMIT * 8 {
        match pieces.next() {
            None => return !whole && !open.is_empty(),
            Some(Piece::Open(c)) => open.push(c),
            Some(Piece::Close(c)) => match (open.pop(), c) {
                (Some('{'), '}') | (Some('['), ']') => {}
                _ => return false,
            },
            Some(Piece::Junk(_)) if whole || open.is_empty() || !pieces.0.is_empty() => {
                return false;
            }
            Some(_) if open.is_empty() => return false,
            Some(_) => {}
        }
        if open.is_empty() {
            return pieces.next().is_none();
        }
    }
    true
}

/// Reads a string with its quotes; one that is not quite JSON is returned without them.
pub fn unquoted(text: &str) -> String {
    serde_json::from_str(text).unwrap_or_else(|_| text.trim_matches('"').to_owned())
}

/// Cuts the text of an object into its members, or of an array into its items: names (of items none) and raw values.
pub fn members(text: &str) -> Vec<(Option<&str>, &str)> {
    let mut pieces = Pieces(text);
    if !matches!(pieces.next(), Some(Piece::Open(_))) {
        return Vec::new();
    }
    let mut out = Vec::new();
    let mut name = None;
    loop {
        let before = pieces.0.trim_start();
        match pieces.next() {
            None | Some(Piece::Close(_)) => return out,
            Some(Piece::Comma | Piece::Colon) => {}
            Some(Piece::Text(key)) if name.is_none() && pieces.0.trim_start().starts_with(':') => {
                name = Some(key);
            }
            Some(first) => {
                let mut depth = i64::from(matches!(first, Piece::Open(_)));
                while depth > 0 {
                    match pieces.next() {
                        Some(Piece::Open(_)) => depth += 1,
                        Some(Piece::Close(_)) => depth -= 1,
                        Some(_) => {}
                        None => break,
                    }
                }
                let raw = &before[..before.len() - pieces.0.len()];
                out.push((name.take(), raw.trim_end()));
            }
        }
    }
}

/// Lays a JSON text out with two blanks a level, as a file would have it; nothing in it is written anew.
pub fn pretty(text: &str) -> String {
    let mut out = String::new();
    let (mut depth, mut before) = (0_usize, None);
    for piece in Pieces(text) {
        depth -= usize::from(matches!(piece, Piece::Close(_))).min(depth);
        let breaks = match (before, piece) {
            (Some(Piece::Open(_)), Piece::Close(_)) => false,
            (Some(Piece::Open(_) | Piece::Comma), _) => true,
            (_, Piece::Close(_)) => before.is_some(),
            _ => false,
        };
        if breaks {
            out.push('\n');
            out.push_str(&"  ".repeat(depth.min(60)));
        }
        match piece {
            Piece::Open(c) | Piece::Close(c) => out.push(c),
            Piece::Colon => out.push_str(": "),
            Piece::Comma => out.push(','),
            Piece::Text(text) | Piece::Word(text) | Piece::Junk(text) => out.push_str(text),
        }
        depth += usize::from(matches!(piece, Piece::Open(_)));
        before = Some(piece);
    }
    out.push('\n');
    out
}

/// Finds the raw text of a place (RFC 6901) in a JSON text; of members with one name the first.
pub fn at<'a>(text: &'a str, pointer: &str) -> Option<&'a str> {
    let mut value = text.trim();
    for word in pointer.split('/').skip(1) {
        let word = word.replace("~1", "/").replace("~0", "~");
        let (_, found) = members(value)
            .into_iter()
            .enumerate()
            .find(|(index, (name, _))| match name {
                Some(name) => unquoted(name) == word,
                None => index.to_string() == word,
            })?
            .1;
        value = found;
    }
    Some(value)
}

/// Lays a JSON text out, one member or item a row; `place` makes the pointer of a path (RFC 6901).
pub fn json_rows(
    cx: &Cx,
    text: &str,
    depth: u16,
    place: &dyn Fn(&str) -> Option<Pointer>,
) -> Vec<Row> {
    let mut layout = Layout {
        cx,
        base: depth,
        place,
        levels: Vec::new(),
        rows: Vec::new(),
        name: None,
        opened: false,
    };
    let mut pieces = Pieces(text);
    while let Some(piece) = pieces.next() {
        if layout.rows.len() >= ROWS_LIMIT {
            let more = pieces.0.len();
            let says = format!("{} {more} more bytes are not shown.", cx.glyphs.cut);
            layout
                .rows
                .push(Row::text(Role::FindingWarning, says).at_depth(depth));
            break;
        }
        layout.take(piece, pieces.0);
        layout.opened = matches!(piece, Piece::Open(_));
    }
    layout.rows
}

struct Layout<'a> {
    cx: &'a Cx<'a>,
    base: u16,
    place: &'a dyn Fn(&str) -> Option<Pointer>,
    levels: Vec<Level>,
    rows: Vec<Row>,
    name: Option<String>,
    opened: bool,
}

struct Level {
    path: String,
    items: Option<usize>,
}

impl Layout<'_> {
    fn take(&mut self, piece: Piece<'_>, rest: &str) {
        match piece {
            Piece::Comma => {
                if let Some(row) = self.rows.last_mut() {
                    row.spans.push((Role::JsonPunct, ",".to_owned()));
                }
            }
            Piece::Colon => {}
            Piece::Text(key) if self.wants_name() => self.name = Some(key.to_owned()),
            Piece::Open(c) => self.open(c, rest),
            Piece::Close(c) => {
                self.levels.pop();
                self.name = None;
                let close = (Role::JsonPunct, c.to_string());
                match self.rows.last_mut() {
                    // An empty one stands on one row.
                    Some(row) if self.opened => row.spans.push(close),
                    _ => {
                        let depth = self.depth();
                        self.rows.push(Row::new(vec![close]).at_depth(depth));
                    }
                }
            }
            Piece::Text(text) => {
                let raw = unquoted(text);
                let shown = self.string(text, &raw);
                self.scalar(Role::JsonString, shown, &raw);
            }
            Piece::Word(word) => {
                let role = if word.starts_with(|c: char| c.is_ascii_alphabetic()) {
                    Role::JsonLiteral
                } else {
                    Role::JsonNumber
                };
                self.scalar(role, self.cx.value(word), word);
            }
            Piece::Junk(text) => {
                // What broke off may be half a secret, which no mask would know.
                let says = if text.starts_with('"') {
                    format!("{} (a text that has no end)", self.cx.glyphs.cut)
                } else {
                    self.cx.value(text)
                };
                self.scalar(Role::FindingWarning, says, "");
            }
        }
    }

    fn string(&self, quoted: &str, raw: &str) -> String {
        let masked = self.cx.text(raw);
        // Escapes can hide a secret from the mask: `\u0026` for `&`.
        if quoted.contains('\\') && masked != crate::protocol::visible::visible(raw) {
            return format!("\"{}\"", self.cx.value(raw));
        }
        self.cx.value(quoted)
    }

    fn wants_name(&self) -> bool {
        self.name.is_none()
            && self
                .levels
                .last()
                .is_some_and(|level| level.items.is_none())
    }

    fn depth(&self) -> u16 {
        self.base
            .saturating_add(u16::try_from(self.levels.len()).unwrap_or(u16::MAX))
            .min(self.base.saturating_add(60))
    }

    /// Takes the name that waits, or the number of the item; returns the path and what stands before the value.
    fn lead(&mut self) -> (String, Vec<(Role, String)>) {
        let name = self.name.take();
        let Some(level) = self.levels.last_mut() else {
            return (String::new(), Vec::new());
        };
        match (name, &mut level.items) {
            (_, Some(count)) => {
                *count += 1;
                (format!("{}/{}", level.path, *count - 1), Vec::new())
            }
            (name, None) => {
                let name = name.unwrap_or_default();
                let path = format!(
                    "{}/{}",
                    level.path,
                    unquoted(&name).replace('~', "~0").replace('/', "~1")
                );
                let lead = vec![
                    (Role::JsonKey, self.cx.value(&name)),
                    (Role::JsonPunct, ": ".to_owned()),
                ];
                (path, lead)
            }
        }
    }

    fn open(&mut self, c: char, rest: &str) {
        let depth = self.depth();
        let (path, mut spans) = self.lead();
        spans.push((Role::JsonPunct, c.to_string()));
        let mut row = Row::new(spans);
        row.at = (self.place)(&path);
        let empty = rest.trim_start().starts_with(['}', ']']);
        if !self.levels.is_empty() && !empty {
            // The mark of the fold takes the last two cells of the indent, so that names stay in line.
            row.heading = true;
            row.spans
                .insert(0, (Role::Muted, format!("{} ", self.cx.glyphs.unfolded)));
            row = row.at_depth(depth - 1);
            row.depth = depth;
        } else {
            row = row.at_depth(depth);
        }
        self.rows.push(row);
        self.levels.push(Level {
            path,
            items: (c == '[').then_some(0),
        });
    }

    fn scalar(&mut self, role: Role, shown: String, raw: &str) {
        let depth = self.depth();
        let (path, mut spans) = self.lead();
        spans.push((role, shown));
        let mut row = Row::new(spans)
            .at_depth(depth)
            .copying(self.cx.copy("value", raw));
        row.at = (self.place)(&path);
        self.rows.push(row);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_keep_order_duplicates_and_numbers() {
        let text =
            r#"{"b": 1, "a": {"x": [1, "}"]}, "b": 123456789012345678901234567890 , "c": [] }"#;
        assert_eq!(
            members(text),
            [
                (Some("\"b\""), "1"),
                (Some("\"a\""), r#"{"x": [1, "}"]}"#),
                (Some("\"b\""), "123456789012345678901234567890"),
                (Some("\"c\""), "[]"),
            ]
        );
        assert_eq!(
            members("[1, \"a\", {}]"),
            [(None, "1"), (None, "\"a\""), (None, "{}")]
        );
        assert_eq!(members("7"), []);
    }

    #[test]
    fn a_file_has_it_laid_out_and_word_for_word() {
        let text = r#"{"b":123456789012345678901234567890,"a":[],"b":{"x":[1,"}"]},"c":{}}"#;
        let laid = "{\n  \"b\": 123456789012345678901234567890,\n  \"a\": [],\n  \"b\": {\n    \"x\": [\n      1,\n      \"}\"\n    ]\n  },\n  \"c\": {}\n}\n";
        assert_eq!(pretty(text), laid);
        assert_eq!(pretty(laid), laid);
        assert_eq!(pretty("7"), "7\n");
        // What is no JSON loses nothing but blanks, and nothing panics.
        assert_eq!(pretty("}] x"), "}\n]x\n");
    }

    #[test]
    fn a_place_is_found_in_the_text() {
        let text = r#"{"a/b": {"x": [1, {"y": "z"}]}, "n": null}"#;
        assert_eq!(at(text, "/a~1b/x/1"), Some(r#"{"y": "z"}"#));
        assert_eq!(at(text, "/a~1b/x/1/y"), Some("\"z\""));
        assert_eq!(at(text, ""), Some(text));
        assert_eq!(at(text, "/a/x"), None);
    }

    #[test]
    fn what_is_json_is_told_from_what_is_not() {
        for text in ["{}", " [1, {\"a\": null}] ", "{\"a\":-1.5e+9}"] {
            assert!(is_json(text, true), "{text}");
        }
        for text in [
            "",
            "7",
            "<html>",
            "{",
            "{]",
            "{} x",
            "{\"a\": nope}",
            "{\"a",
        ] {
            assert!(!is_json(text, true), "{text}");
        }
        assert!(is_json("{\"a\": [1, \"half", false));
        assert!(!is_json("<html>", false));
    }
}
