//! Which steps a walk needs: those that lead to its end, less what was handed in.

use std::collections::BTreeSet;

use crate::{
    flow::{Artifact, Bag, Flow, Origin, StepId},
    profile::Profile,
};

/// Returns the step that gains an artifact.
pub fn maker(flow: &Flow, artifact: Artifact) -> Option<StepId> {
    flow.steps()
        .find(|step| step.info().gives.contains(&artifact))
        .map(|step| step.info().id)
}

/// Returns why a step is left out: the profile leaves it out, what it makes was handed in, or nobody needs it.
pub fn skipped(flow: &Flow, profile: &Profile, bag: &Bag, id: StepId) -> Option<String> {
    let given = |artifact: Artifact| {
        bag.held(artifact)
            .is_some_and(|held| held.origin == Origin::Given)
    };
    let mut wanted: BTreeSet<Artifact> = BTreeSet::new();
    let mut has_goal = false;
    let steps: Vec<_> = flow.steps().collect();
    for step in steps.iter().rev() {
        let info = step.info();
        let out = match step.skipped(profile) {
            Some(why) => Some(why),
            // The last step that is not left out is what the walk is for, unless its result was handed in.
            None if !has_goal => match info.gives.iter().find(|artifact| given(**artifact)) {
                Some(artifact) => Some(format!("Handed in: {}.", artifact.name())),
                None => {
                    has_goal = true;
                    None
                }
            },
            None if info
                .gives
                .iter()
                .any(|artifact| wanted.contains(artifact) && !given(*artifact)) =>
            {
                None
            }
            None => Some(match info.gives.iter().find(|artifact| given(**artifact)) {
                Some(artifact) => format!("Handed in: {}.", artifact.name()),
                None => "Nothing that is left to do needs it.".to_owned(),
            }),
        };
        if out.is_none() {
            wanted.extend(step.needs(profile));
        }
        if info.id == id {
            return out;
        }
    }
    None
}
