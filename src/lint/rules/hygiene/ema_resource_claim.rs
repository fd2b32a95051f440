//! The ID-JAG names the MCP server.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "EMA-RESOURCE-CLAIM",
    title: "The ID-JAG’s resource, where there is one, is the MCP server.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "EMA-S §4.3",
    revision: "EMA-S",
    since: Revision::FIRST,
    flows: &["mcp"],
    steps: at::ID_JAG,
    why: "The authorization server limits the access token to what this claim names.",
    cause: "The IdP copied the audience.",
    fix: "Have the IdP set the claim from the resource of the request.",
    leads_to: &["invalid_target", "invalid_grant", "invalid_token"],
    words: &["resource"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(record) = subject.token(Artifact::IdJag) else {
        return Check::NotApplicable;
    };
    let claims = claims(&record.token);
    let named = claims.list("resource");
    if named.is_empty() {
        return Check::NotApplicable;
    }
    let Some(wanted) = super::mcp_resource(subject) else {
        return Check::NotYet("the MCP server’s identifier is not known");
    };
    Check::must(named.iter().all(|one| *one == wanted), || {
        // The IdP did as it was told, or it did not.
        let told = subject.forms("resource") == named;
        let finding = Finding::new(
            Pointer::Claim(record.name.clone(), "/resource".to_owned()),
            if told { Party::You } else { Party::Idp },
            "The ID-JAG names another resource than the MCP server.",
        );
        match named[..] {
            [one] => finding.differs(&wanted, one),
            _ => finding.expected(wanted.clone()).got(named.join(", ")),
        }
    })
}
