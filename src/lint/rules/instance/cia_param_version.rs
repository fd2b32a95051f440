//! The assertion stands in the parameter of the version that the server speaks.

use super::{INSTANCE_FLOWS, assertion};
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "CIA-PARAM-VERSION",
    title: "The instance assertion is in the parameter that the draft version and the grant call for.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "CIA §4.1, §8.1; CIA-01 §4.1, §6.2, §8.1",
    revision: "CIA-01",
    since: Revision::FIRST,
    flows: INSTANCE_FLOWS,
    steps: assertion::REQUESTS,
    why: "A server ignores a parameter that it does not know, and would answer with a token that no instance is bound \
          to.",
    cause: "Client and server follow different versions: -00 sends actor_token on every grant, -01 has \
          client_instance_assertion for all but token exchange.",
    fix: "Send the parameter of the version that the server lists in its metadata.",
    leads_to: &["invalid_request", "unsupported_token_type"],
    words: &["actor_token", "client_instance_assertion"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(assertion) = assertion::presented(subject) else {
        return Check::NotApplicable;
    };
    let at = |param: &str| Pointer::Form(param.to_owned());
    let wrong = |at: Pointer, says: &str, expected: &str, got: &str| {
        Check::Found(vec![
            Finding::new(at, Party::You, says)
                .expected(expected)
                .got(got),
        ])
    };
    let typed = subject.form("actor_token_type");
    if assertion.param == assertion::PARAM && typed.as_deref() == Some(assertion::TYPE) {
        return wrong(
            at("actor_token"),
            "The request carries an instance assertion in two parameters.",
            "one of client_instance_assertion and actor_token",
            "both",
        );
    }
    if assertion.param == "actor_token" && typed.as_deref() != Some(assertion::TYPE) {
        return wrong(
            at("actor_token_type"),
            "The actor token is an instance assertion, and its type says something else.",
            assertion::TYPE,
            typed.as_deref().unwrap_or("nothing"),
        );
    }
    let is_exchange = subject.form("grant_type").as_deref() == Some(urn::TOKEN_EXCHANGE);
    let expected = if is_exchange {
        "actor_token"
    } else {
        let Some(metadata) = assertion::server(subject) else {
            return Check::NotYet("the server’s metadata, which tells its version, is not known");
        };
        let lists = |name: &str| {
            let list = metadata.list(name);
            list.is_some_and(|list| list.contains(&assertion::TYPE))
        };
        let newer = metadata.flag("client_instance_assertion_supported") == Some(true);
        if newer && lists("actor_token_types_supported") && assertion.param == "actor_token" {
            // A server of the newer version lists the type, too, for token exchange; one that takes both versions can
            // say it in no other way. Only its answer tells them apart.
            match subject.refusal() {
                _ if !subject.is_sent() => {
                    return Check::NotYet(
                        "whether the server takes the older version, too, only its answer tells",
                    );
                }
                None => return Check::Pass,
                Some(refused) => {
                    let about = ["invalid_request", "unsupported_token_type"];
                    if !refused
                        .error
                        .is_some_and(|error| about.contains(&error.as_str()))
                    {
                        return Check::NotYet("the server refused for another reason");
                    }
                }
            }
        }
        if newer {
            assertion::PARAM
        } else if lists("actor_token_types_supported") {
            "actor_token"
        } else {
            return Check::NotYet("the server does not say which version it speaks");
        }
    };
    if assertion.param == expected {
        return Check::Pass;
    }
    let says = if is_exchange {
        "At a token exchange, an instance assertion is sent as the actor token in every version."
    } else {
        "The instance assertion is in the parameter of another version than the server speaks."
    };
    wrong(at(assertion.param), says, expected, assertion.param)
}
