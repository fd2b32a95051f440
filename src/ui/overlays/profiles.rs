//! The profiles: to open, create, duplicate, rename and delete.

use crate::ui::{
    model::{Model, ProfileEntry},
    rows::{Row, wrap},
    theme::Role,
};

/// Returns a row for each profile, with what is wrong with its file below it.
pub fn rows(model: &Model, width: u16) -> Vec<Row> {
    lines(model, width)
        .into_iter()
        .map(|(row, _)| row)
        .collect()
}

/// Returns the profile that a row belongs to.
pub fn at(model: &Model, row: usize) -> Option<&ProfileEntry> {
    // The width matters to where rows break, and so to their number; both are taken from the same place.
    let lines = lines(model, super::super::layout::overlay_width(model.size));
    let (_, index) = lines.get(row)?;
    model.profiles.get(*index)
}

fn lines(model: &Model, width: u16) -> Vec<(Row, usize)> {
    let here = &model.opened().session.profile.name;
    let mut out = Vec::new();
    for (index, entry) in model.profiles.iter().enumerate() {
        let open = &entry.name == here;
        let mark = if open { model.look.glyphs.current } else { " " };
        let pad = " ".repeat(18_usize.saturating_sub(entry.name.chars().count()).max(2));
        let environment = if entry.environment == "prod" {
            (Role::MarkProd, "  production".to_owned())
        } else {
            (
                Role::Muted,
                format!("  {}", model.shown(&entry.environment)),
            )
        };
        let mut block = vec![Row::new(vec![
            (Role::Accent, format!("{mark} ")),
            (Role::FieldValue, model.shown(&entry.name)),
            (Role::Text, pad),
            (Role::Text, model.shown(&entry.title)),
            environment,
        ])];
        block.extend(
            entry
                .problems
                .iter()
                .map(|says| Row::text(Role::FindingWarning, format!("    {}", model.shown(says)))),
        );
        out.extend(wrap(block, width).into_iter().map(|row| (row, index)));
    }
    out
}
