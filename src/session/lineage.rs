//! The line of tokens that a walk makes one from another, and how each stands.

use super::{Session, Status, needs::maker};
use crate::{
    flow::{Artifact, Origin, StepId},
    protocol::time::Timestamp,
};

/// One token of the line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Link {
    /// Which.
    pub artifact: Artifact,
    /// The step that makes it, if one does.
    pub step: Option<StepId>,
    /// How it stands.
    pub stands: Stands,
}

/// How a token of the line stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stands {
    /// It is good.
    Fresh,
    /// It was handed in.
    Given,
    /// Something before it has changed.
    Stale,
    /// It has ended.
    Ended,
    /// It came, and must not be trusted.
    Suspect,
    /// The step that makes it went wrong.
    Failed,
    /// It was not made yet.
    Missing,
}

impl Stands {
    /// Returns its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Given => "handed in",
            Self::Stale => "stale",
            Self::Ended => "ended",
            Self::Suspect => "suspect",
            Self::Failed => "failed",
            Self::Missing => "not yet",
        }
    }
}

/// Returns the line that ends with what the walk's last step takes, the first token first.
pub fn lineage(session: &Session, now: Timestamp) -> Vec<Link> {
    let steps: Vec<_> = session.steps().collect();
    let takes = |id: Option<StepId>| {
        let step = session.flow.step(id?)?;
        let needs = step.needs(&session.profile);
        needs.into_iter().find(|artifact| is_token(*artifact))
    };
    let last = steps
        .iter()
        .rev()
        .map(|step| Some(step.info().id))
        .find_map(takes);
    let mut line: Vec<Link> = Vec::new();
    let mut next = last;
    while let Some(artifact) =
        next.filter(|artifact| !line.iter().any(|link| link.artifact == *artifact))
    {
        let step = maker(steps.iter().copied(), artifact);
        line.push(Link {
            artifact,
            step,
            stands: stands(session, artifact, step, now),
        });
        next = takes(step);
    }
    line.reverse();
    line
}

fn is_token(artifact: Artifact) -> bool {
    artifact != Artifact::Code && Artifact::GIVEABLE.contains(&artifact)
}

fn stands(session: &Session, artifact: Artifact, step: Option<StepId>, now: Timestamp) -> Stands {
    let failed = step.is_some_and(|step| {
        matches!(
            session.status(step),
            Status::Refused | Status::Failed | Status::Unreachable
        )
    });
    let Some(held) = session.walk.bag.held(artifact) else {
        return if failed {
            Stands::Failed
        } else {
            Stands::Missing
        };
    };
    if held.suspect.is_some() {
        Stands::Suspect
    } else if failed && held.stale {
        Stands::Failed
    } else if held.stale {
        Stands::Stale
    } else if held.expires.is_some_and(|end| end <= now) {
        Stands::Ended
    } else if held.origin == Origin::Given {
        Stands::Given
    } else {
        Stands::Fresh
    }
}
