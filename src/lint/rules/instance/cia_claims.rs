//! An instance assertion has all its claims.

use super::{
    INSTANCE_FLOWS,
    assertion::{self, Assertion},
};
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "CIA-CLAIMS",
    title: "The instance assertion has iss, sub, aud, client_id, exp, iat, jti and cnf.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "CIA §7.2",
    revision: "CIA-01",
    since: Revision::FIRST,
    flows: INSTANCE_FLOWS,
    steps: assertion::STEPS,
    why: "Each of them ties the assertion to something: the instance, the client, the server, one use, one key.",
    cause: "The platform’s workload token was passed through unchanged.",
    fix: "Have the instance issuer mint a full assertion instead of passing a workload token on.",
    leads_to: &["invalid_grant", "invalid_client"],
    words: &["claim"],
    check,
};

/// Each claim, and whether its value has the right form.
const CLAIMS: &[(&str, Form)] = &[
    ("iss", Form::Text),
    ("sub", Form::Text),
    ("aud", Form::List),
    ("client_id", Form::Text),
    ("exp", Form::Time),
    ("iat", Form::Time),
    ("jti", Form::Text),
    ("cnf", Form::Object),
];

#[derive(Clone, Copy, Debug)]
enum Form {
    Text,
    List,
    Time,
    Object,
}

impl Form {
    fn fits(self, claims: Claims<'_>, name: &str) -> bool {
        match self {
            Self::Text => claims.text(name).is_some_and(|text| !text.is_empty()),
            Self::List => !claims.list(name).is_empty(),
            Self::Time => claims.time(name).is_some(),
            Self::Object => claims.0.get(name).is_some_and(serde_json::Value::is_object),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::List => "a text or a list of texts",
            Self::Time => "seconds since 1970, as a number",
            Self::Object => "an object",
        }
    }
}

fn check(subject: &Subject<'_>) -> Check {
    let Some(assertion) = Assertion::of(subject) else {
        return Check::NotApplicable;
    };
    if assertion.token.claims.json.is_none() {
        return Check::NotYet("the instance assertion cannot be read");
    }
    let claims = claims(&assertion.token);
    // A JWT-SVID has neither of the two (CIA §8.8.1).
    let mode = assertion::mode(subject, &assertion);
    let mut open = false;
    let mut found = Vec::new();
    for (name, form) in CLAIMS
        .iter()
        .filter(|(name, form)| !form.fits(claims, name))
    {
        let spared = matches!(*name, "client_id" | "cnf") && claims.0.get(name).is_none();
        match mode {
            assertion::Mode::Spiffe if spared => {}
            assertion::Mode::Open if spared => open = true,
            _ => found.push(
                Finding::new(
                    assertion.claim(&format!("/{name}")),
                    Party::InstanceIssuer,
                    match claims.0.get(name) {
                        None => format!("The instance assertion has no {name}."),
                        Some(_) => format!("The instance assertion’s {name} has another form."),
                    },
                )
                .expected(form.name())
                .got(shown(claims.0.get(name))),
            ),
        }
    }
    if found.is_empty() && open {
        return Check::NotYet(
            "whether a JWT-SVID may stand here, only the client’s metadata tells",
        );
    }
    Check::of(found)
}
