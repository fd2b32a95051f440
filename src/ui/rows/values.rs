//! What panels share: values with their masks, notes of a place, sizes and durations in words.

use super::{CopyText, Cx, Row, words::sentence};
use crate::{
    flow::glossary,
    protocol::{
        http::{Params, Value, form_encode},
        pointer::Pointer,
        secret::Secret,
    },
    ui::theme::Role,
};

/// Returns the pieces of a header's or parameter's value.
pub fn value_spans(cx: &Cx, value: &Value) -> Vec<(Role, String)> {
    match value {
        Value::Plain(text) => vec![(Role::FieldValue, cx.value(text))],
        Value::Secret(hidden) => {
            let mut spans = Vec::new();
            if !hidden.before.is_empty() {
                spans.push((Role::FieldValue, cx.text(&hidden.before)));
            }
            spans.push((Role::Secret, cx.secret(&hidden.secret)));
            spans
        }
    }
}

/// Returns what copying a header's or parameter's value takes.
pub fn copy_of(cx: &Cx, name: &str, value: &Value) -> CopyText {
    match value {
        Value::Plain(text) => cx.copy(name, text),
        Value::Secret(hidden) if hidden.secret.is_empty() => CopyText::from(""),
        Value::Secret(hidden) => CopyText::from(hidden.secret.clone()),
    }
}

/// Returns parameters in their encoded form, secrets by name; and the same with the real values.
pub fn encoded(cx: &Cx, params: &Params) -> (String, Secret) {
    let pairs: Vec<String> = params
        .0
        .iter()
        .map(|(name, value)| {
            let value = match value {
                Value::Plain(text) => cx.text(&form_encode(text)),
                Value::Secret(hidden) if cx.shows(&hidden.secret) => {
                    cx.text(&form_encode(&value.wire()))
                }
                Value::Secret(hidden) => form_encode(&hidden.before) + &cx.secret(&hidden.secret),
            };
            format!("{}={value}", form_encode(name))
        })
        .collect();
    (pairs.join("&"), Secret::minted("encoded", params.encode()))
}

/// Returns all that is known of a place, as one text: the notes that came with the request, else the glossary.
pub fn note_at(cx: &Cx, notes: &[(Pointer, String)], at: &Pointer) -> Option<String> {
    let mut known: Vec<&str> = Vec::new();
    for (_, says) in notes.iter().filter(|(place, _)| place == at) {
        if !known.contains(&says.as_str()) {
            known.push(says);
        }
    }
    if known.is_empty() {
        return glossary::of_place(at).map(|says| sentence(&says));
    }
    let all: Vec<String> = known.into_iter().map(sentence).collect();
    Some(cx.text(&all.join(" ")))
}

/// Returns the rows of a text from outside: masked as a whole, then line by line; `limit` bytes at most.
pub fn lines(cx: &Cx, text: &str, depth: u16, role: Role, limit: usize) -> Vec<Row> {
    let (seen, left) = head(text, limit);
    let masked = cx.vault.mask(seen);
    let mut rows: Vec<Row> = Vec::new();
    let all = masked.strip_suffix('\n').unwrap_or(&masked);
    for line in all.split('\n').take(LINES_LIMIT) {
        let tabs = line.len() - line.trim_start_matches('\t').len();
        let shown = "  ".repeat(tabs) + &crate::protocol::visible::visible(&line[tabs..]);
        rows.push(
            Row::text(role, shown)
                .at_depth(depth)
                .copying(CopyText::from(line)),
        );
    }
    let count = all.split('\n').count();
    if left > 0 || count > LINES_LIMIT {
        let more = count.saturating_sub(LINES_LIMIT);
        let says = match (left, more) {
            (0, more) => format!("{more} more lines"),
            (left, 0) => format!("{} more", size(left as u64)),
            (left, more) => format!("{more} more lines and {}", size(left as u64)),
        };
        let says = format!("{} {says} not shown.", cx.glyphs.cut);
        rows.push(Row::text(Role::FindingWarning, says).at_depth(depth));
    }
    rows
}

/// More lines than this are not made of one text.
const LINES_LIMIT: usize = 2000;

/// Returns the beginning of a text, ended between words so that no secret is cut in two and slips by the mask, and how
/// many bytes are left.
fn head(text: &str, limit: usize) -> (&str, usize) {
    if text.len() <= limit {
        return (text, 0);
    }
    let mut end = limit;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let end = text[..end]
        .rfind(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '\'' | '&' | ',' | ';'))
        .unwrap_or(0);
    (&text[..end], text.len() - end)
}

/// Says a size with its unit: `118 bytes`, `12.3 kB`, `50.0 MB`.
pub fn size(bytes: u64) -> String {
    #[allow(clippy::cast_precision_loss)] // one decimal is shown
    let of = |unit: f64| bytes as f64 / unit;
    match bytes {
        1 => "1 byte".to_owned(),
        0..=9_999 => format!("{bytes} bytes"),
        10_000..=999_999 => format!("{:.1} kB", of(1e3)),
        _ => format!("{:.1} MB", of(1e6)),
    }
}

/// Says how long something took, given in microseconds: `0.4 ms`, `143 ms`, `2.1 s`.
pub fn took(micros: u64) -> String {
    match micros {
        0..=9_999 => format!("{}.{} ms", micros / 1000, micros % 1000 / 100),
        10_000..=999_999 => format!("{} ms", micros / 1000),
        1_000_000..=59_999_999 => {
            format!("{}.{} s", micros / 1_000_000, micros % 1_000_000 / 100_000)
        }
        _ => crate::protocol::time::Lifetime(i64::try_from(micros / 1000).unwrap_or(i64::MAX))
            .to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_durations_have_their_units() {
        let sizes = [0, 1, 118, 9_999, 12_345, 50_000_000].map(size);
        assert_eq!(
            sizes,
            [
                "0 bytes",
                "1 byte",
                "118 bytes",
                "9999 bytes",
                "12.3 kB",
                "50.0 MB"
            ]
        );
        let times = [420, 143_000, 2_140_000, 61_000_000].map(took);
        assert_eq!(times, ["0.4 ms", "143 ms", "2.1 s", "1 min 1 s"]);
    }

    #[test]
    fn a_text_is_ended_between_words() {
        assert_eq!(head("abc", 3), ("abc", 0));
        assert_eq!(head("abc defgh", 6), ("abc", 6));
        assert_eq!(head("one-long-secret", 6), ("", 15));
        assert_eq!(head("é é", 4), ("é", 3));
    }
}
