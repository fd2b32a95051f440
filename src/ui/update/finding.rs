//! Finding a text in the rows: while it is typed, and on from match to match.

use std::sync::Arc;

use super::{Model, Purpose, Taking, layout, moving};
use crate::ui::rows::{CopyText, Row};

/// Follows what is typed: the first match from where the cursor was; nothing typed is where it was.
pub fn typed(model: &mut Model) {
    let Some(Taking::Typed(input)) = super::typing(model, &Purpose::Find) else {
        return;
    };
    let query = input.text().trim().to_owned();
    let editor = model.screen.editor.as_ref();
    let Some(before) = editor.and_then(|editor| editor.before.clone()) else {
        return;
    };
    let from = before.cursor;
    *model.rows_state_mut() = before;
    if !query.is_empty() {
        model.rows_state_mut().query = query;
        nearest(model, from);
    }
}

/// Goes to the first match from a row on, in the end from the top; stays where there is none. Of a list that lists fewer,
/// to the first entry whose name it is, in the end to the first.
fn nearest(model: &mut Model, from: usize) {
    let (rows, found, height) = found(model);
    let wanted = model.wanted();
    let best = |at: &&usize| match (&wanted, &rows[**at].copy) {
        (Some(wanted), Some(CopyText::Plain(name))) => wanted.fits(&[name]),
        (Some(_), _) => false,
        (None, _) => **at >= from,
    };
    let at = found.iter().find(best).or(found.first());
    if let Some(at) = at {
        model.rows_state_mut().go_to(*at, &rows, height);
    }
}

/// Takes over what was typed; nothing typed looks for the same again, as in less.
pub fn accept(model: &mut Model, query: &str) {
    model.screen.editor = None;
    if query.is_empty() {
        if !model.rows_state().query.is_empty() {
            go(model, true);
        }
    } else if found(model).1.is_empty() {
        missing(model);
    }
}

/// Goes to the next match, or the one before; past the last one it begins anew, and says so.
pub fn go(model: &mut Model, forward: bool) {
    let (rows, found, height) = found(model);
    let cursor = model.rows_state().cursor;
    let (next, round, says) = if forward {
        let next = found.iter().find(|at| **at > cursor);
        let says = "That was the last one; on from the top.";
        (next, found.first(), says)
    } else {
        let next = found.iter().rev().find(|at| **at < cursor);
        let says = "That was the first one; on from the bottom.";
        (next, found.last(), says)
    };
    let Some(at) = next.or(round) else {
        return missing(model);
    };
    model.rows_state_mut().go_to(*at, &rows, height);
    if next.is_none() {
        model.say(if found.len() == 1 {
            "It is the only one."
        } else {
            says
        });
    }
}

/// Forgets what was looked for; a list that was shorter for it keeps its cursor on the same entry.
pub fn stop(model: &mut Model) {
    let (width, _) = layout::rows_area(model);
    let entry = match model.wanted() {
        Some(_) => model
            .rows(width)
            .get(model.rows_state().cursor)
            .and_then(|row| row.copy.clone()),
        None => None,
    };
    model.rows_state_mut().query.clear();
    if entry.is_some() {
        moving::to_first(model, |row| row.copy == entry);
    }
}

fn missing(model: &mut Model) {
    let query = model.rows_state().query.clone();
    model.warn(format!("There is no `{query}` here."));
}

/// Returns the rows, which of them have what is looked for, and how many are seen at a time.
fn found(model: &Model) -> (Arc<Vec<Row>>, Arc<Vec<usize>>, usize) {
    let (width, height) = layout::rows_area(model);
    let rows = model.rows(width);
    let found = model.matches(&rows);
    (rows, found, height)
}
