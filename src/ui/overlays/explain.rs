//! What a step is about: what it does and why, who, with what, where it is written, and what comes next.

use crate::{
    flow::explain,
    ui::{
        model::Model,
        rows::{Row, wrap},
        theme::Role,
    },
};

/// Returns the explanation of the step that is shown.
pub fn rows(model: &Model, width: u16) -> Vec<Row> {
    let session = model.session();
    let Some(step) = session.flow.step(model.place().step) else {
        return Vec::new();
    };
    let mut rows = Vec::new();
    let mut before = "";
    for (label, says) in explain::step(session.flow, step) {
        if label != before {
            if !rows.is_empty() {
                rows.push(Row::blank());
            }
            rows.push(Row::text(Role::Strong, label));
        }
        before = label;
        rows.push(Row::text(Role::Text, says).at_depth(1));
    }
    wrap(rows, width)
}
