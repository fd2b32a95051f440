//! Who acts for whom, as servers of the Actor Profile judge it: the chain in `act`, level by level (AP §3).

use serde_json::{Value, json};

use super::{
    dpop,
    jwt::as_text,
    refusal::{Refusal, must, received},
};
use crate::protocol::jwt::Claims;

/// What a server lists that follows the profile (AP §10.1).
pub(super) const PROFILE: &str = "urn:ietf:params:oauth:grant-profile:actor-profile";

/// How many actors may stand in a chain: at least four across domains (AP §3.5).
pub(super) const DEPTH: usize = 4;

/// The error codes of a chain that is refused.
#[derive(Clone, Copy)]
pub(super) struct Codes {
    /// For a chain of another form, or one that is too deep.
    pub form: &'static str,
    /// For an actor of a namespace that is not trusted.
    pub stranger: &'static str,
}

/// The codes at a token endpoint (AP §9).
pub(super) const AT_TOKEN_ENDPOINT: Codes = Codes {
    form: "invalid_request",
    stranger: "invalid_grant",
};

/// The codes at a resource, where the token as a whole is refused.
pub(super) const AT_RESOURCE: Codes = Codes {
    form: "invalid_token",
    stranger: "invalid_token",
};

/// Judges the chain of a token: objects with `sub` and `iss`, of namespaces that are trusted, not too deep, and the token
/// bound to a key. Returns how many actors there are; none where there is no `act`.
pub(super) fn chain(
    name: &str,
    claims: &Value,
    trusted: &[String],
    codes: Codes,
) -> Result<usize, Refusal> {
    let mut level = claims.get("act");
    if level.is_none() {
        return Ok(0);
    }
    must(dpop::bound_to(claims).is_some(), codes.form, || {
        format!(
            "Expected cnf with jkt in the {name}, for it has act, received {}.",
            as_text(claims.get("cnf"))
        )
    })?;
    let mut depth = 0;
    while let Some(act) = level {
        depth += 1;
        must(depth <= DEPTH, codes.form, || {
            format!("Expected at most {DEPTH} actors in the {name}, received more.")
        })?;
        must(act.is_object(), codes.form, || {
            format!(
                "Expected an object as actor {depth} in the {name}, received {}.",
                as_text(Some(act))
            )
        })?;
        for member in ["sub", "iss"] {
            let there = Claims(act)
                .text(member)
                .is_some_and(|text| !text.is_empty());
            must(there, codes.form, || {
                format!(
                    "Expected {member} as a text in actor {depth} of the {name}, received {}.",
                    as_text(act.get(member))
                )
            })?;
        }
        let iss = Claims(act).text("iss");
        let known = iss.is_some_and(|iss| trusted.iter().any(|known| known == iss));
        must(known, codes.stranger, || {
            format!(
                "Expected actor {depth} of the {name} from {}, received iss {}.",
                trusted.join(" or "),
                received(iss)
            )
        })?;
        level = act.get("act");
    }
    Ok(depth)
}

/// Makes an actor, before those who acted so far.
pub(super) fn actor(sub: &str, iss: &str, profile: &str, before: Option<&Value>) -> Value {
    let mut act = json!({ "sub": sub, "iss": iss, "sub_profile": profile });
    if let Some(before) = before {
        act["act"] = before.clone();
    }
    act
}
