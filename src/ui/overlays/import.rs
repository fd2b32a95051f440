//! What was understood of a source, field by field, before any of it is kept.

use crate::{
    profile::import::INLINE,
    ui::{
        model::Model,
        rows::{Row, words, wrap},
        theme::Role,
    },
};

/// Returns a row for each value with where it was found, then what was not taken over and why.
pub fn rows(model: &Model, width: u16) -> Vec<Row> {
    let Some(import) = &model.screen.import else {
        return Vec::new();
    };
    let glyphs = model.look.glyphs;
    let mut rows = vec![Row::heading(glyphs, 0, import.heading())];
    let pad = words::pad(import.understood.iter().map(|one| one.field.0), width);
    for one in &import.understood {
        let role = match one.value {
            crate::profile::FieldValue::Secret(_) => Role::Secret,
            _ => Role::FieldValue,
        };
        let mut row = Row::pair(one.field.0, pad, role, model.shown(&one.shown()));
        row.spans
            .push((Role::Muted, format!("  from {}", model.shown(&one.from))));
        let help = one.field.field().help;
        rows.push(
            row.at_depth(1)
                .noted(Some(format!("{}: {help}", one.field))),
        );
    }
    if !import.left.is_empty() {
        rows.push(Row::heading(glyphs, 0, "Not taken over:"));
        rows.extend(import.left.iter().map(|(what, why)| {
            let says = format!("{}: {}", model.shown(what), model.shown(why));
            Row::text(Role::Muted, says).at_depth(1)
        }));
    }
    if import.has_secrets() {
        rows.push(Row::blank());
        rows.push(Row::text(Role::FindingNote, INLINE));
    }
    wrap(rows, width)
}
