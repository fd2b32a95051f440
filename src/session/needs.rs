//! Which steps a walk needs: those that lead to its end, less what was handed in.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    flow::{Artifact, Bag, Origin, Step, StepId},
    profile::Profile,
    protocol::time::Timestamp,
};

/// Why a step is left out.
#[derive(Clone, Debug, PartialEq)]
pub struct LeftOut {
    /// In a sentence.
    pub why: String,
    /// Whether only another step takes its place: then it can still be sent by itself.
    pub replaced: bool,
}

/// Returns the step that gains an artifact, of those that the walk has.
pub fn maker(
    steps: impl IntoIterator<Item = &'static dyn Step>,
    artifact: Artifact,
) -> Option<StepId> {
    steps
        .into_iter()
        .find(|step| step.info().gives.contains(&artifact))
        .map(|step| step.info().id)
}

/// Returns why a step is left out: the profile leaves it out, what it makes was handed in or comes from another step, or
/// nobody needs it. `steps` are those that the walk asks for, in order.
pub fn left_out(
    steps: &[&'static dyn Step],
    profile: &Profile,
    bag: &Bag,
    now: Timestamp,
    id: StepId,
) -> Option<LeftOut> {
    let given = |artifact: Artifact| {
        bag.held(artifact)
            .is_some_and(|held| held.origin == Origin::Given)
    };
    // What another step gained and is still good need not be made again.
    let other = |artifact: Artifact, id: StepId| {
        let held = bag.held(artifact).filter(|held| !held.stale)?;
        match held.origin {
            Origin::Step(from) if from != id && held.expires.is_none_or(|end| end > now) => {
                Some(from)
            }
            _ => None,
        }
    };
    let mut wanted: BTreeSet<Artifact> = BTreeSet::new();
    let mut supplied: BTreeMap<Artifact, StepId> = BTreeMap::new();
    let mut has_goal = false;
    for step in steps.iter().rev() {
        let info = step.info();
        let handed_in = || {
            let artifact = info.gives.iter().find(|artifact| given(**artifact))?;
            Some(firm(format!("Handed in: {}.", artifact.name())))
        };
        let replaced = || {
            let (artifact, from) = info.gives.iter().find_map(|artifact| {
                let from = supplied.get(artifact).copied();
                Some((artifact, from.or_else(|| other(*artifact, info.id))?))
            })?;
            Some(LeftOut {
                why: format!("The step {from} gives the {}.", artifact.name()),
                replaced: true,
            })
        };
        let out = match step.skipped(profile) {
            Some(why) => Some(firm(why)),
            // The last step that is not left out is what the walk is for, unless its result was handed in.
            None if !has_goal => handed_in().or_else(|| {
                has_goal = true;
                None
            }),
            // What gives nothing is there for its own sake, and rides along on what others need, too.
            None if info.gives.is_empty()
                && step.needs(profile).iter().any(|need| wanted.contains(need)) =>
            {
                None
            }
            None if info.gives.iter().any(|artifact| {
                wanted.contains(artifact)
                    && !given(*artifact)
                    && other(*artifact, info.id).is_none()
            }) =>
            {
                None
            }
            None => handed_in()
                .or_else(replaced)
                .or_else(|| Some(firm("Nothing that is left to do needs it.".to_owned()))),
        };
        if out.is_none() {
            for artifact in info.gives {
                if wanted.remove(artifact) {
                    supplied.insert(*artifact, info.id);
                }
            }
            wanted.extend(step.needs(profile));
        }
        if info.id == id {
            return out;
        }
    }
    Some(firm("Nothing asks for it now.".to_owned()))
}

fn firm(why: String) -> LeftOut {
    LeftOut {
        why,
        replaced: false,
    }
}
