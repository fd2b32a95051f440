//! The ID Token is made out to this client.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "IDT-AUD",
    title: "The ID Token’s aud holds the client’s id, and nobody else that the client does not know.",
    severity: Severity::Error,
    kind: Kind::Safety,
    spec: "OIDC §3.1.3.7 (3)",
    revision: "OIDC Core",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::SIGN_IN,
    why: "A token made out to another client tells that the user signed in there, not here; taking it would let that \
          client sign its users in as others.",
    cause: "The ID Token of another application.",
    fix: "Sign in with this client, and exchange the ID Token that this sign-in gave.",
    leads_to: &["invalid_grant", "invalid_request"],
    words: &["aud", "audience", "client"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let record = match super::id_token(subject) {
        Ok(record) => record,
        Err(early) => return early,
    };

    let agent = subject.text(fields::AGENT_CLIENT_ID);
    // The one who asked; of a token that was handed in, either of the profile's clients at the IdP may have.
    let asked = subject
        .client_id()
        .or_else(|| subject.text(fields::SSO_CLIENT_ID).map(str::to_owned));
    let Some(client) = asked else {
        return Check::NotYet("the client’s id at the IdP is not known");
    };
    let claims = claims(&record.token);
    let aud = claims.list("aud");
    let given = subject.request.is_none();
    let at = Pointer::Claim(record.name.clone(), "/aud".to_owned());
    let is_ours = |one: &str| one == client || (given && agent == Some(one));
    if !aud.iter().any(|one| is_ours(one)) {
        let owner = if given { Party::You } else { Party::Idp };
        let finding = Finding::new(at, owner, "The ID Token is made out to another client.");
        return Check::Found(vec![match aud[..] {
            [one] => finding.differs(&client, one),
            _ => finding.expected(client).got(shown(claims.0.get("aud"))),
        }]);
    }
    let strangers: Vec<&str> = aud
        .into_iter()
        .filter(|one| *one != client && agent != Some(*one))
        .collect();
    Check::must(strangers.is_empty(), || {
        // Whether the client trusts them, only its owner can say: no error on this evidence.
        Finding::new(
            at,
            Party::Idp,
            format!(
                "The ID Token is made out to others as well, whom this profile does not name: {}.",
                strangers.join(", ")
            ),
        )
        .expected(client)
        .got(shown(claims.0.get("aud")))
        .severity(Severity::Warning)
    })
}
