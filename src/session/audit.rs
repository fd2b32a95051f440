//! What an API would log of a call with an access token of this walk, with the agent in it and without, side by side.

use super::{StepState, Walk};
use crate::{
    flow::{Artifact, Flow, TokenRecord},
    protocol::jwt::{
        Claims,
        audit::{self, Lines},
    },
};

/// A line of the log.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// Whether the token has `act`.
    pub act: bool,
    /// Whether such a token came in this walk; else it is the same token with `act` left out.
    pub came: bool,
    /// The line.
    pub line: String,
}

impl Entry {
    /// Returns what stands before the line.
    pub fn label(&self) -> &'static str {
        if self.act { "with act" } else { "without act" }
    }

    /// Says what the line shows.
    pub fn says(&self) -> &'static str {
        match (self.act, self.came) {
            (true, _) => {
                "Delegation: the log names the user and who acts for them (RFC 8693 §1.1)."
            }
            (false, true) => {
                "Impersonation: the log names the user alone, as if they had made the call in person (RFC 8693 §1.1)."
            }
            (false, false) => {
                "The same token with act left out. That is impersonation: the user alone, as if they had made the call \
                 in person (RFC 8693 §1.1)."
            }
        }
    }
}

/// Returns the lines of an access token of a flow in which an actor can be named, the delegated one first; nothing for
/// other tokens. Where the exchange was sent both ways, both lines are of tokens that came; the one that never came is
/// made from the other, and an actor whom nobody presented is not made up.
pub fn entries(flow: &Flow, walk: &Walk, record: &TokenRecord) -> Vec<Entry> {
    let mut makes = flow.steps().flat_map(|step| step.info().gives);
    let names_actors = makes.any(|artifact| *artifact == Artifact::ActorToken);
    let Some(claims) = &record.token.claims.json else {
        return Vec::new();
    };
    let own = claims.get("act").is_some();
    if record.artifact != Artifact::AccessToken || !(own || names_actors) {
        return Vec::new();
    }
    let entry = |act, came, line| Entry { act, came, line };
    let mut all = vec![entry(own, true, audit::issued(claims, record.gained))];
    let attempts = walk
        .steps
        .iter()
        .flat_map(|state: &StepState| &state.attempts);
    let came = attempts.flat_map(|attempt| &attempt.tokens);
    // Only about the same user are two lines worth a look side by side.
    let other = came
        .filter(|other| other.artifact == record.artifact)
        .filter_map(|other| Some((other, other.token.claims.json.as_ref()?)))
        .filter(|(_, json)| json.get("act").is_some() != own)
        .rfind(|(_, json)| Claims(json).text("sub") == Claims(claims).text("sub"));
    match (other, audit::lines(claims, record.gained)) {
        (Some((other, json)), _) => {
            all.push(entry(!own, true, audit::issued(json, other.gained)));
        }
        (None, Some(Lines { without_act, .. })) => all.push(entry(false, false, without_act)),
        (None, None) => {}
    }
    all.sort_by_key(|entry| !entry.act);
    all
}
