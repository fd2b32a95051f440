//! The ID Token was made out to the client that hands it in.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "IDJAG-REQ-SUBJECT-AUD",
    title: "The ID Token’s aud contains the client that asks for the ID-JAG.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "JAG §4.3.3",
    revision: "JAG-05",
    since: Revision::FIRST,
    flows: JAG_FLOWS,
    steps: at::ID_JAG,
    why: "The IdP exchanges an ID Token only for the client that it was issued to; else any application that ever saw \
          the user could act for them.",
    cause: "The user signed in with one application and the agent is another.",
    fix: "Sign the user in with the client that asks for the ID-JAG.",
    leads_to: &["invalid_grant", "invalid_request"],
    words: &["audience", "aud", "subject_token", "another client"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(token) = super::id_token(subject) else {
        return Check::NotApplicable;
    };
    let Some(client) = subject.client_id() else {
        return Check::NotYet("the request does not yet say which client asks");
    };
    let audiences = claims(&token).list("aud");
    Check::must(audiences.contains(&client.as_str()), || {
        let finding = Finding::new(
            Pointer::Claim("subject-token".to_owned(), "/aud".to_owned()),
            Party::You,
            format!("The ID Token was issued to another client than {client}, which hands it in."),
        )
        // An IdP that took it all the same knows that the two clients belong together.
        .severity(if subject.granted().is_some() {
            Severity::Note
        } else {
            Severity::Error
        });
        match audiences.as_slice() {
            [one] => finding.differs(&client, one).fix(format!(
                "Sign in as {client} (sso.client_id), or ask for the ID-JAG as {one} (agent.client_id)."
            )),
            _ => finding
                .expected(client.clone())
                .got(shown(claims(&token).0.get("aud"))),
        }
    })
}
