//! The text for the other side's administrator, at the very edge so that the mouse can take it whole.

use crate::{
    export,
    ui::{
        model::Model,
        rows::{Row, wrap},
        theme::Role,
    },
};

/// Returns the hand-off of the walk's verdict; always masked, and of people too while the screen is shared.
pub fn rows(model: &Model, width: u16) -> Vec<Row> {
    let Some(text) = text(model) else {
        return Vec::new();
    };
    let rows = text
        .lines()
        .map(|line| Row::text(Role::Text, model.shown(line)))
        .collect();
    wrap(rows, width)
}

/// Returns the text itself.
pub fn text(model: &Model) -> Option<String> {
    let session = model.session();
    let verdict = session.verdict(None)?;
    Some(export::handoff::handoff(session, &verdict))
}
