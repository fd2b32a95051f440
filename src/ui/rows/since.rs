//! What became of a token since it was gained: why it is stale, and where what it was made from came from.

use super::words::number;
use crate::{
    flow::{Artifact, Held, Origin, Step, StepId},
    session::Session,
};

/// Says why something held is stale: `step 4 ran again`.
pub fn why_stale(session: &Session, held: &Held) -> String {
    let Origin::Step(origin) = held.origin else {
        return "something before it has changed".to_owned();
    };
    match ran_again(session, origin, held) {
        Some(step) => format!("step {} ran again", number(session, step)),
        None if held.foreign => "its server or its client is another in the profile now".to_owned(),
        None => "something before it has changed".to_owned(),
    }
}

/// Finds the step, up to the one that gained it, which has ended once more since.
fn ran_again(session: &Session, origin: StepId, held: &Held) -> Option<StepId> {
    let mut before = true;
    session
        .steps()
        .take_while(|step| std::mem::replace(&mut before, step.info().id != origin))
        .filter(|step| !Step::renews(*step))
        .map(|step| step.info().id)
        .find(|id| {
            let ended = session.step(*id).last().and_then(|attempt| attempt.ended);
            ended.is_some_and(|ended| ended > held.gained)
        })
}

/// Names what a token was made from, with the step that gained it: `ID Token, of step 4`.
pub fn parent(session: &Session, parent: Artifact) -> String {
    let name = parent.name();
    let gives = |step: &&'static dyn Step| {
        let id = step.info().id;
        step.info().gives.contains(&parent) && !session.step(id).attempts.is_empty()
    };
    match session.walk.bag.held(parent).map(|held| &held.origin) {
        Some(Origin::Given) => format!("{name}, handed in"),
        Some(Origin::Step(step)) => format!("{name}, of step {}", number(session, *step)),
        // A code is spent, and kept no longer.
        None => session.steps().find(gives).map_or_else(
            || name.to_owned(),
            |step| format!("{name}, of step {}", number(session, step.info().id)),
        ),
    }
}
