//! The access token is good at that MCP server only.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "EMA-AT-RESTRICTED",
    title: "The access token’s aud is the MCP server, and nobody else.",
    severity: Severity::Error,
    kind: Kind::Safety,
    spec: "EMA-S §5.1",
    revision: "EMA-S",
    since: Revision::FIRST,
    flows: &["mcp"],
    steps: at::JWT_BEARER,
    why: "An access token that is good elsewhere, too, lets one MCP server call the others in the user’s name.",
    cause: "The authorization server used its default audience.",
    fix: "Send resource with the request for the ID-JAG; the authorization server has to make its aud of it.",
    leads_to: &["invalid_token", "401"],
    words: &["audience", "aud"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(record) = subject.token(Artifact::AccessToken) else {
        return Check::NotApplicable;
    };
    if record.token.claims.json.is_none() {
        return Check::NotYet("the access token is opaque: only its issuer can tell");
    }
    let Some(wanted) = super::mcp_resource(subject) else {
        return Check::NotYet("the MCP server’s identifier is not known");
    };
    let claims = claims(&record.token);
    let aud = claims.list("aud");
    // What the ID-JAG names, the server had to obey: that is for EMA-RESOURCE-CLAIM.
    let grant = subject.sent_token("assertion");
    let named = grant
        .as_ref()
        .map(|grant| self::claims(grant).list("resource"));
    if named
        .as_ref()
        .is_some_and(|named| named.len() == 1 && *named == aud && aud != [&wanted])
    {
        return Check::NotApplicable;
    }
    Check::must(aud == [&wanted], || {
        let says = if aud.contains(&wanted.as_str()) {
            "The access token is good at others than the MCP server, too."
        } else {
            "The access token is not made out to the MCP server."
        };
        let finding = Finding::new(
            Pointer::Claim(record.name.clone(), "/aud".to_owned()),
            Party::ResourceAs,
            says,
        );
        let finding = match aud[..] {
            [one] => finding.differs(&wanted, one),
            _ => finding
                .expected(wanted.clone())
                .got(shown(claims.0.get("aud"))),
        };
        // Where the ID-JAG names the resource, everything was asked that can be.
        if named.is_some_and(|named| named == [wanted.as_str()]) {
            finding.fix("Have the authorization server make the aud of the access token of the ID-JAG’s resource, and of that alone.")
        } else {
            finding
        }
    })
}
