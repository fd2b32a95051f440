//! What can be copied from the step that is shown.

use crate::ui::{copy, model::Model, rows::Row, theme::Role};

/// Returns one row for each thing that can be copied.
pub fn rows(model: &Model, width: u16) -> Vec<Row> {
    let _ = width;
    copy::items(model)
        .into_iter()
        .map(|item| {
            Row::new(vec![
                (Role::Text, " ".to_owned()),
                (Role::FieldValue, item.title),
            ])
        })
        .collect()
}
