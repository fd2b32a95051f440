//! What can be handed in, so that the steps that would make it are not needed.

use crate::{
    flow::Artifact,
    ui::{model::Model, rows::Row, theme::Role},
};

/// Returns what this flow can take, what the step at hand needs or makes first.
pub fn artifacts(model: &Model) -> Vec<Artifact> {
    let session = model.session();
    let mut known: Vec<Artifact> = Vec::new();
    let here = session.flow.step(model.place().step);
    for step in here.into_iter().chain(session.steps()) {
        let needs = step.needs(&session.profile);
        for artifact in step
            .info()
            .needs
            .iter()
            .chain(&needs)
            .chain(step.info().gives)
        {
            if Artifact::GIVEABLE.contains(artifact) && !known.contains(artifact) {
                known.push(*artifact);
            }
        }
    }
    known
}

/// Returns one row for each.
pub fn rows(model: &Model, width: u16) -> Vec<Row> {
    let _ = width;
    artifacts(model)
        .into_iter()
        .map(|artifact| {
            let held = model.session().walk.bag.held(artifact);
            let state = match held {
                None => "",
                Some(held) if held.origin == crate::flow::Origin::Given => "  handed in",
                Some(_) => "  gained in this walk",
            };
            Row::new(vec![
                (Role::Text, " ".to_owned()),
                (Role::FieldValue, artifact.name().to_owned()),
                (Role::Muted, state.to_owned()),
            ])
        })
        .collect()
}
