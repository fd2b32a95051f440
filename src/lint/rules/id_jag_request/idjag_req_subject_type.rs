//! The subject is a token about the user, not an access token.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "IDJAG-REQ-SUBJECT-TYPE",
    title: "subject_token_type is id_token, saml2 or refresh_token.",
    severity: Severity::Warning,
    kind: Kind::Must,
    spec: "JAG §4.3",
    revision: "JAG-05",
    since: Revision::FIRST,
    flows: JAG_FLOWS,
    steps: at::ID_JAG,
    why: "An IdP has to take ID Tokens and SAML assertions, and may take its own refresh tokens. An access token is \
          made out to an API and says little about who asks; the draft does not list it.",
    cause: "The profile’s subject is the access token, which some IdPs take beside the draft.",
    fix: "Set agent.subject to id_token.",
    leads_to: &["invalid_request"],
    words: &["subject_token_type", "subject_token"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(declared) = subject.form("subject_token_type") else {
        return Check::NotApplicable;
    };
    // Refresh tokens came with -02.
    let refresh = declared == urn::REFRESH_TOKEN && subject.revision >= Revision(2);
    let listed = refresh || declared == urn::ID_TOKEN || declared == urn::SAML2;
    Check::must(listed, || {
        let says = match declared.as_str() {
            urn::ACCESS_TOKEN => "The subject is an access token, which the draft does not list.",
            urn::REFRESH_TOKEN => {
                "The subject is a refresh token, which drafts before -02 do not list."
            }
            _ => "The subject is of a type that the draft does not list.",
        };
        Finding::new(
            Pointer::Form("subject_token_type".to_owned()),
            Party::You,
            says,
        )
        .expected(urn::ID_TOKEN)
        .got(declared.clone())
    })
}
