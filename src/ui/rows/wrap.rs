//! Breaking long rows: nothing is lost, and what goes on stands under where it began.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::Row;
use crate::ui::theme::Role;

/// What is not broken: its role, itself, and how many cells it takes.
type Piece<'a> = (Role, &'a str, usize);

/// Breaks every row that is wider than `width`; what goes on keeps the row's place, field, copy, note and whole text.
pub fn wrap(rows: Vec<Row>, width: u16) -> Vec<Row> {
    let width = usize::from(width).max(8);
    let mut out = Vec::with_capacity(rows.len());
    for row in rows {
        if row.width() <= width {
            out.push(row);
        } else {
            broken(&row, width, &mut out);
        }
    }
    out
}

fn broken(row: &Row, width: usize, out: &mut Vec<Row>) {
    let hang = hang(row, width);
    let mut cells: Vec<Piece> = Vec::new();
    for (role, text) in &row.spans {
        if text.is_ascii() {
            let each = (0..text.len()).map(|at| (*role, &text[at..=at], 1));
            cells.extend(each);
        } else {
            // What people see as one character stays together: a letter and its accents, a flag, a hand and its colour.
            let each = text.graphemes(true).map(|c| (*role, c, c.width()));
            cells.extend(each);
        }
    }
    // What every line of it has; the text is not copied for each.
    let bare = Row {
        spans: Vec::new(),
        at: row.at.clone(),
        field: row.field,
        depth: row.depth,
        copy: row.copy.clone(),
        note: row.note.clone(),
        heading: row.heading,
        shut: row.shut,
        goes: row.goes,
        place: row.place.clone(),
        found: row.found,
        whole: Some(row.whole.clone().unwrap_or_else(|| row.plain().into())),
        secrets: row.secrets.clone(),
    };
    let mut start = 0;
    let mut first = true;
    while start < cells.len() {
        let room = if first { width } else { width - hang };
        let end = line_end(&cells, start, room);
        let mut spans: Vec<(Role, String)> = Vec::new();
        if !first {
            spans.push((Role::Text, " ".repeat(hang)));
        }
        for (role, c, _) in &cells[start..end] {
            match spans.last_mut() {
                Some((last, text)) if last == role => text.push_str(c),
                _ => spans.push((*role, (*c).to_owned())),
            }
        }
        out.push(Row {
            spans,
            heading: row.heading && first,
            shut: row.shut && first,
            ..bare.clone()
        });
        first = false;
        start = end;
        // A line does not begin with the space it was broken at.
        while start < cells.len() && cells[start].1 == " " {
            start += 1;
        }
    }
}

/// Returns where the line that begins at `start` ends: after the last space that leaves it half full, else after what
/// parts an address, else hard.
fn line_end(cells: &[Piece<'_>], start: usize, room: usize) -> usize {
    let mut used = 0;
    let mut end = start;
    let mut space = None;
    let mut part = None;
    while end < cells.len() {
        let (_, c, wide) = cells[end];
        if used + wide > room {
            break;
        }
        used += wide;
        end += 1;
        if used * 2 <= room {
            continue;
        }
        if c == " " {
            space = Some(end);
        } else if PARTS.contains(&c) {
            // Not at the strokes of `https://`, whose host is one with them.
            let twin = |at: Option<usize>| at.and_then(|at| cells.get(at)).map(|cell| cell.1);
            if twin(Some(end)) != Some(c) && twin(end.checked_sub(2)) != Some(c) {
                part = Some(end);
            }
        }
    }
    if end == cells.len() {
        return end;
    }
    if cells[end].1 == " " {
        return end.max(start + 1);
    }
    space.or(part).unwrap_or(end).max(start + 1)
}

/// What an address, or JSON on one line, is broken after.
const PARTS: [&str; 4] = ["/", "?", "&", ","];

/// Returns the column where a broken row goes on: under its value, else a little deeper than its beginning.
fn hang(row: &Row, width: usize) -> usize {
    let mut at = 0;
    let mut named = false;
    let mut lead = None;
    for (role, text) in &row.spans {
        let is_gap = text.trim().is_empty() || (named && *role == Role::JsonPunct);
        if lead.is_none() && !text.trim().is_empty() {
            lead = Some(at + text.width() - text.trim_start().width());
        }
        if named && !is_gap {
            if at <= width / 2 {
                return at;
            }
            break;
        }
        named = named || matches!(role, Role::FieldLabel | Role::JsonKey);
        at += text.width();
    }
    let lead = lead.unwrap_or_default();
    let deeper = if named { lead + 2 } else { lead };
    if deeper <= width / 2 { deeper } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, width: u16) -> Vec<String> {
        let rows = wrap(vec![Row::text(Role::Text, text)], width);
        rows.iter().map(Row::plain).collect()
    }

    #[test]
    fn an_address_is_broken_after_what_parts_it() {
        let url = "https://idp.example/oauth2/authorize?client_id=notes&state=abcdefghijklmnop";
        let broken = [
            "https://idp.example/oauth2/",
            "authorize?client_id=notes&",
            "state=abcdefghijklmnop",
        ];
        assert_eq!(lines(url, 30), broken);
        // Not between the strokes, not near the beginning, and words come first.
        assert_eq!(
            lines("https://idp.example", 8),
            ["https://", "idp.exam", "ple"]
        );
        assert_eq!(
            lines(r#"{"sub":"agent","iss":"https://idp.example"}"#, 29),
            [r#"{"sub":"agent","#, r#""iss":"https://idp.example"}"#]
        );
        assert_eq!(lines("a/bcdefghijklmnop", 8), ["a/bcdefg", "hijklmno", "p"]);
        assert_eq!(lines("more words and/or", 16), ["more words ", "and/or"]);
        let row = Row::text(Role::Text, url).copying(crate::ui::rows::CopyText::from(url));
        for width in 8..80 {
            assert_eq!(lines(url, width).concat(), url, "{width}");
            for line in wrap(vec![row.clone()], width) {
                assert_eq!(line.copy, row.copy);
                assert!(line.width() <= usize::from(width));
            }
        }
    }

    #[test]
    fn what_is_seen_as_one_is_not_broken() {
        let whole = [
            "e\u{301}",
            "n\u{303}\u{331}",
            "\u{1F1E9}\u{1F1EA}",
            "\u{1F44B}\u{1F3FD}",
            "\u{1112}\u{1161}\u{11AB}",
            "\u{5BBD}",
        ];
        for one in whole {
            // Against every way to come to the edge.
            for lead in 0..8 {
                let text = "x".repeat(lead) + &one.repeat(20);
                let lines = lines(&text, 8);
                assert_eq!(lines.concat(), text, "{one:?}");
                for line in &lines {
                    assert!(line.width() <= 8, "{line:?}");
                    let line = line.trim_start_matches('x');
                    assert_eq!(line.replace(one, ""), "", "{one:?} was broken in {line:?}");
                }
            }
        }
    }
}
