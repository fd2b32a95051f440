//! The request asks for an ID-JAG by its type.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "IDJAG-REQ-TYPE",
    title: "requested_token_type is the URN of the ID-JAG.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "JAG §4.3",
    revision: "JAG-05",
    since: Revision::FIRST,
    flows: JAG_FLOWS,
    steps: at::ID_JAG,
    why: "A token exchange that does not name an ID-JAG gets whatever the IdP issues by default, mostly an access \
          token of its own, which no other server takes.",
    cause: "The parameter is left out or misspelt by an override of this step.",
    fix: "Send requested_token_type=urn:ietf:params:oauth:token-type:id-jag.",
    leads_to: &["invalid_request"],
    words: &["requested_token_type"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    if !super::asks(subject) {
        return Check::NotApplicable;
    }
    let asked = subject.form("requested_token_type");
    Check::must(asked.as_deref() == Some(urn::ID_JAG), || {
        let at = Pointer::Form("requested_token_type".to_owned());
        match &asked {
            Some(asked) => Finding::new(
                at,
                Party::You,
                "The request asks for another type of token than an ID-JAG.",
            )
            .differs(urn::ID_JAG, asked),
            None => Finding::new(
                at,
                Party::You,
                "The request does not say that it wants an ID-JAG: the IdP will choose a type itself.",
            )
            .expected(urn::ID_JAG)
            .got("nothing"),
        }
    })
}
