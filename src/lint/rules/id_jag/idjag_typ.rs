//! An ID-JAG says that it is one.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "IDJAG-TYP",
    title: "The ID-JAG’s typ is oauth-id-jag+jwt.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "JAG §3.1, §4.4.1",
    revision: "JAG-05",
    since: Revision::FIRST,
    flows: JAG_FLOWS,
    steps: at::ID_JAG_TOKEN,
    why: "The typ keeps one kind of JWT from being taken for another: without it an ID Token or an access token could \
          be redeemed in place of the ID-JAG.",
    cause: "The IdP signs with its generic JWT handler, or another kind of exchange answered.",
    fix: "Have the IdP set typ oauth-id-jag+jwt; check that requested_token_type asked for an ID-JAG.",
    leads_to: &["invalid_grant"],
    words: &["typ", "type"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(record) = subject.token(Artifact::IdJag) else {
        return Check::NotApplicable;
    };
    if subject.is_on_behalf_of() {
        return Check::NotApplicable;
    }
    Check::must(
        typ(&record.token).as_deref() == Some("oauth-id-jag+jwt"),
        || {
            let got = header(&record.token).0.get("typ");
            Finding::new(
            Pointer::Jose(record.name.clone(), "/typ".to_owned()),
            Party::Idp,
            "The ID-JAG does not say that it is one: a resource authorization server has to refuse it.",
        )
        .expected("oauth-id-jag+jwt")
        .got(shown(got))
        },
    )
}
