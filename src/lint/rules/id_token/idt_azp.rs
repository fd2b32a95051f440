//! Who got the ID Token is who asked for it.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "IDT-AZP",
    title: "The ID Token’s azp, where there is one, is the client’s id.",
    severity: Severity::Warning,
    kind: Kind::Safety,
    spec: "OIDC §3.1.3.7 (5)",
    revision: "OIDC Core",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::SIGN_IN,
    why: "azp names the client that the token was given to; another name there means that it was given to somebody else \
          first.",
    cause: "The token of a sibling client.",
    fix: "Sign in with this client.",
    leads_to: &["invalid_grant", "invalid_request"],
    words: &["azp", "authorized party"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let record = match super::id_token(subject) {
        Ok(record) => record,
        Err(early) => return early,
    };

    let claims = claims(&record.token);
    let Some(azp) = claims.text("azp") else {
        return Check::NotApplicable;
    };
    let asked = subject
        .client_id()
        .or_else(|| subject.text(fields::SSO_CLIENT_ID).map(str::to_owned));
    let Some(client) = asked else {
        return Check::NotYet("the client’s id at the IdP is not known");
    };
    let given = subject.request.is_none();
    let by_agent = given && subject.text(fields::AGENT_CLIENT_ID) == Some(azp);
    Check::must(azp == client || by_agent, || {
        Finding::new(
            Pointer::Claim(record.name.clone(), "/azp".to_owned()),
            if given { Party::You } else { Party::Idp },
            "The ID Token was given to another client than the one that asked here.",
        )
        .differs(&client, azp)
    })
}
