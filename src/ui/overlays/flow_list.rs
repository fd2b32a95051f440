//! The flows to choose from.

use crate::{
    flow::flows,
    ui::{
        model::Model,
        rows::{Goes, Row, wrap},
        theme::Role,
    },
};

/// Returns a row for each flow; what it is for is in its note.
pub fn rows(model: &Model, width: u16) -> Vec<Row> {
    let ids = flows::FLOWS.iter().map(|flow| flow.id.0.len());
    let pad = ids.max().unwrap_or_default();
    let rows = flows::FLOWS
        .iter()
        .enumerate()
        .map(|(index, flow)| {
            let here = std::ptr::eq(*flow, model.session().flow);
            Row::new(vec![
                (Role::Text, " ".to_owned()),
                (Role::FieldValue, format!("{:pad$}", flow.id.0)),
                (Role::Text, format!("  {}", flow.title)),
                (Role::Muted, if here { "  this one" } else { "" }.to_owned()),
            ])
            .noted(Some(flow.about.to_owned()))
            .going(Goes::Flow(index))
        })
        .collect();
    wrap(rows, width)
}
