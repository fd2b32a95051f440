//! The ID-JAG is asked for the MCP server's own authorization server.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "EMA-AUDIENCE",
    title: "The audience is the issuer of the MCP server’s authorization server.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "EMA-S §4",
    revision: "EMA-S",
    since: Revision::FIRST,
    flows: &["mcp"],
    steps: at::ID_JAG,
    why: "The audience becomes the aud of the ID-JAG, and only that authorization server can redeem it.",
    cause: "The address of the MCP server was used in place of its authorization server’s issuer.",
    fix: "Use the issuer that the MCP server’s metadata lists in authorization_servers.",
    leads_to: &["invalid_target", "invalid_request", "invalid_grant"],
    words: &["audience"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(audience) = subject.form("audience") else {
        return Check::NotApplicable;
    };
    let listed = subject.metadata(Party::Api).and_then(|metadata| {
        let servers = metadata.list("authorization_servers")?;
        Some(servers.into_iter().map(str::to_owned).collect::<Vec<_>>())
    });
    let Some(issuers) = listed
        .filter(|issuers| !issuers.is_empty())
        .or_else(|| Some(vec![subject.issuer(Party::ResourceAs)?]))
    else {
        return Check::NotYet("the MCP server’s authorization server is not known");
    };
    Check::must(issuers.contains(&audience), || {
        let api = subject
            .text(fields::API_URL)
            .is_some_and(|url| url == audience);
        let says = if api {
            "The audience is the MCP server; it has to be the issuer of its authorization server."
        } else {
            "The audience is not the issuer of the MCP server’s authorization server."
        };
        let finding = Finding::new(Pointer::Form("audience".to_owned()), Party::You, says);
        match &issuers[..] {
            [one] => finding.differs(one, &audience),
            many => finding.expected(many.join(" or ")).got(&audience),
        }
    })
}
