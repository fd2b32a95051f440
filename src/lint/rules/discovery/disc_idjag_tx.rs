//! The IdP says that it issues ID-JAGs.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "DISC-IDJAG-TX",
    title: "The IdP lists the ID-JAG among the token types that can be asked for.",
    severity: Severity::Warning,
    kind: Kind::Should,
    spec: "JAG §7.1; CH §3",
    revision: "JAG-05",
    since: Revision(2),
    flows: JAG_FLOWS,
    steps: &["discover-idp"],
    why: "A client can tell before it sends a user to sign in whether the exchange afterwards can work at all.",
    cause: "The feature is switched off, or the server is older than draft -02.",
    fix: "Switch ID-JAG issuing on at the IdP and have it publish the type. Where the server has no such member at all, \
          go by its documentation.",
    leads_to: &[
        "invalid_request",
        "unsupported_grant_type",
        "unauthorized_client",
    ],
    words: &["requested_token_type", "requested token type"],
    check,
};

const MEMBER: &str = "identity_chaining_requested_token_types_supported";

fn check(subject: &Subject<'_>) -> Check {
    let Some(metadata) = subject.granted() else {
        return Check::NotYet("no metadata came");
    };
    let says = |says: &str| {
        Finding::new(Pointer::Json(format!("/{MEMBER}")), Party::Idp, says)
            .expected(urn::ID_JAG)
            .got(shown(metadata.get(MEMBER)))
    };
    match metadata[MEMBER].as_array() {
        Some(types) => Check::must(types.iter().any(|one| one == urn::ID_JAG), || {
            says("The IdP lists what can be asked for in an exchange, and the ID-JAG is not there.")
        }),
        // Many servers that issue ID-JAGs publish nothing about it.
        None => Check::Found(vec![
            says("The IdP does not say whether it issues ID-JAGs.").severity(Severity::Note),
        ]),
    }
}
