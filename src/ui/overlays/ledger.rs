//! The claim ledger: a grid where there is room, else a list under each claim.

use unicode_width::UnicodeWidthStr as _;

use crate::{
    lint::ledger::{Cell, Change, Ledger},
    ui::{
        model::Model,
        rail::cut,
        rows::{CopyText, Cx, Row, wrap},
        theme::Role,
    },
};

/// A column narrower than this says too little.
const NARROWEST: usize = 22;

/// The width of the claims' names.
const NAMES: usize = 14;

/// Returns the rows of the ledger.
pub fn rows(model: &Model, width: u16) -> Vec<Row> {
    let ledger = model.session().ledger();
    let cx = model.cx(width);
    if ledger.columns.is_empty() {
        return vec![Row::text(
            Role::Muted,
            "No token came yet; the ledger fills as the walk goes on.",
        )];
    }
    let room = usize::from(width).saturating_sub(NAMES) / ledger.columns.len();
    if room >= NARROWEST {
        grid(&cx, &ledger, room)
    } else {
        wrap(list(&cx, &ledger), width)
    }
}

fn grid(cx: &Cx, ledger: &Ledger, room: usize) -> Vec<Row> {
    let mut head = vec![(Role::Text, " ".repeat(NAMES))];
    for column in &ledger.columns {
        let role = if column.asks {
            Role::Muted
        } else {
            Role::Strong
        };
        head.push((role, fitted(cx, &column.title, room)));
    }
    let mut rows = vec![Row::new(head)];
    for (name, cells) in &ledger.rows {
        let mut spans = vec![(Role::FieldLabel, fitted(cx, name, NAMES))];
        let mut note = Vec::new();
        for (cell, column) in cells.iter().zip(&ledger.columns) {
            let (role, word) = look(cell.change);
            let value = cell
                .value
                .as_deref()
                .map_or_else(String::new, |value| cx.text(value));
            let word = if word.is_empty() {
                String::new()
            } else {
                format!(" {word}")
            };
            let left = room.saturating_sub(word.width() + 1);
            spans.push((Role::FieldValue, fitted(cx, &value, left)));
            spans.push((role, fitted(cx, &word, room - left)));
            if cell.value.is_some() || cell.change == Change::Dropped {
                note.push(format!("{}: {value}{word}", column.title));
            }
        }
        let whole = note.join("; ");
        rows.push(
            Row::new(spans)
                .noted(Some(whole.clone()))
                .copying(CopyText::from(whole.as_str())),
        );
    }
    rows
}

fn list(cx: &Cx, ledger: &Ledger) -> Vec<Row> {
    let pad = ledger
        .columns
        .iter()
        .map(|column| column.title.width())
        .max()
        .unwrap_or_default();
    let mut rows = Vec::new();
    for (name, cells) in &ledger.rows {
        rows.push(Row::heading(cx.glyphs, 0, *name));
        for (cell, column) in cells.iter().zip(&ledger.columns) {
            if cell.value.is_some() || cell.change == Change::Dropped {
                rows.push(line(cx, cell, &column.title, pad));
            }
        }
    }
    rows
}

fn line(cx: &Cx, cell: &Cell, title: &str, pad: usize) -> Row {
    let (role, word) = look(cell.change);
    let value = cell.value.as_deref().unwrap_or_default();
    let mut row = Row::pair(title, pad, Role::FieldValue, cx.value(value)).at_depth(1);
    if !word.is_empty() {
        row.spans.push((role, format!("  {word}")));
    }
    row.copying(CopyText::from(value))
}

/// Returns the role and the word of a change.
pub fn look(change: Change) -> (Role, &'static str) {
    let role = match change {
        Change::Contradictory => Role::FindingError,
        Change::Dropped | Change::Added | Change::Changed => Role::FindingWarning,
        Change::First | Change::Kept | Change::Narrowed => Role::Muted,
    };
    (role, change.word())
}

/// Brings a text to a width: what is too long ends in a mark.
fn fitted(cx: &Cx, text: &str, width: usize) -> String {
    let text = cut(text, width.saturating_sub(1), cx.glyphs);
    let gap = width.saturating_sub(text.width());
    text + &" ".repeat(gap)
}
