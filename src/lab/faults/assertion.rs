//! Faults of an assertion exchange: keys that its issuer does not publish, and what the resource AS makes of the chain of
//! actors.

use serde_json::{Value, json};

use super::{
    Do::{Body, Refuse, Token},
    Ends::{self, Done, Failed, Refused},
    Fault,
    Minted::AccessToken,
    Place::{AssertionKeys, Bearer},
    does::leave_out,
};
use crate::protocol::party::Party::{ActorIssuer, ResourceAs, Unknown};

/// The flow that shows them.
const FLOW: &str = "assertion-exchange";

const NESTED: &[(&str, &str)] = &[("variant", "nested")];
const DELEGATED: &[(&str, &str)] = &[("variant", "delegated")];

/// Makes a row that shows at an exchange.
const fn exchange(
    id: &'static str,
    title: &'static str,
    step: &'static str,
    ends: Ends,
    rules: &'static [&'static str],
    does: &'static [super::Do],
) -> Fault {
    let with = if step.len() > "exchange".len() {
        NESTED
    } else {
        DELEGATED
    };
    Fault::new(ResourceAs, id, title, step, ends, rules, does).in_flow(FLOW, with)
}

/// Makes a row of the issuer, which shows when the assertion is signed.
const fn issuer(
    id: &'static str,
    title: &'static str,
    ends: Ends,
    rules: &'static [&'static str],
    does: &'static [super::Do],
) -> Fault {
    Fault::new(ActorIssuer, id, title, "assertion", ends, rules, does).in_flow(FLOW, DELEGATED)
}

/// The rows.
pub(super) const FAULTS: &[Fault] = &[
    issuer(
        "issuer-keys-none",
        "The issuer of assertions publishes no keys",
        Refused,
        &["JWT-KID"],
        &[Body(AssertionKeys, |it| it["keys"] = json!([]))],
    ),
    issuer(
        "issuer-key-gone",
        "The issuer of assertions has taken the agent’s key back too early",
        Refused,
        &["JWT-KID"],
        &[Body(AssertionKeys, |it| {
            if let Some(keys) = it["keys"].as_array_mut() {
                keys.remove(0);
            }
        })],
    ),
    issuer(
        "issuer-key-other",
        "The issuer of assertions publishes another key under the agent’s kid",
        Failed,
        &["JWT-KID"],
        &[Body(AssertionKeys, |it| {
            // A point of the curve that is nobody's key here: the example of RFC 7517 App. A.1.
            it["keys"][0]["x"] = json!("MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4");
            it["keys"][0]["y"] = json!("4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM");
        })],
    ),
    exchange(
        "as-exchange-policy",
        "The resource AS lets this agent act for nobody",
        "exchange",
        Refused,
        &[],
        &[Refuse(
            Bearer,
            400,
            "invalid_request",
            "Policy does not let this agent act for this user.",
        )],
    ),
    exchange(
        "as-exchange-error-code",
        "The resource AS refuses the assertion with invalid_grant",
        "exchange",
        Refused,
        &["TX-SUBJECT-ERROR-CODE"],
        &[Refuse(
            Bearer,
            400,
            "invalid_grant",
            "The assertion is not valid.",
        )],
    )
    .owned_by(Unknown)
    .unexplained(),
    exchange(
        "as-exchange-type-missing",
        "The resource AS does not say what kind of token it issued",
        "exchange",
        Done,
        &["TX-ISSUED-TOKEN-TYPE"],
        &[Body(Bearer, |it| leave_out(it, "issued_token_type"))],
    ),
    exchange(
        "as-exchange-act-dropped",
        "The resource AS forgets who acts: the access token is about the user alone",
        "exchange",
        Done,
        &["AT-ACT-KEPT", "ACT-WHEN-DELEGATED"],
        &[Token(AccessToken, |it| it.drop("act"))],
    ),
    exchange(
        "as-exchange-act-list",
        "The resource AS writes act as a list",
        "exchange",
        Done,
        &["AT-ACT-KEPT", "ACT-OBJECT"],
        &[Token(AccessToken, |it| {
            it.claims["act"] = json!([it.claims["act"]]);
        })],
    ),
    // The slides print it so. The next agent is then refused, because the wrong one seems to hand on to it.
    exchange(
        "as-exchange-act-inverted",
        "The resource AS puts the new actor inside, the first one outside",
        "exchange-2",
        Refused,
        &["ACT-NESTING", "AT-ACT-KEPT"],
        &[Token(AccessToken, |it| {
            it.claims["act"] = inverted(&it.claims["act"]);
        })],
    ),
    exchange(
        "as-exchange-act-rewritten",
        "The resource AS names another former actor than the token had",
        "exchange-2",
        Done,
        &["AT-ACT-KEPT", "ACT-APPEND"],
        &[Token(AccessToken, |it| {
            if it.claims["act"]["act"].is_object() {
                it.claims["act"]["act"]["sub"] = json!("agent:somebody");
            }
        })],
    ),
    exchange(
        "as-exchange-act-cut",
        "The resource AS keeps only the newest actor",
        "exchange-2",
        Done,
        &["AT-ACT-KEPT", "ACT-DEPTH", "ACT-APPEND"],
        &[Token(AccessToken, |it| {
            leave_out(&mut it.claims["act"], "act");
        })],
    ),
    exchange(
        "as-exchange-sub-actor",
        "The resource AS makes the new actor the subject",
        "exchange-2",
        Done,
        &["TX-SUB-CHANGED"],
        &[Token(AccessToken, |it| {
            if it.claims["act"]["act"].is_object() {
                it.claims["sub"] = it.claims["act"]["sub"].clone();
            }
        })],
    ),
];

/// Turns a chain of actors upside down.
fn inverted(act: &Value) -> Value {
    let mut levels = Vec::new();
    let mut level = act;
    while level.is_object() {
        let mut one = level.clone();
        leave_out(&mut one, "act");
        levels.push(one);
        level = &level["act"];
    }
    let turned = levels.into_iter().reduce(|inside, mut outside| {
        outside["act"] = inside;
        outside
    });
    turned.unwrap_or_else(|| act.clone())
}
