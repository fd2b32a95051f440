//! The request names the MCP server.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "EMA-RESOURCE",
    title: "The request names the MCP server as resource, by the identifier in its metadata.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "EMA-S §4; EMA-D §4",
    revision: "EMA-S",
    since: Revision::FIRST,
    flows: &["mcp"],
    steps: at::ID_JAG,
    why: "The access token has to be limited to that one MCP server, and the resource is what tells which one it is.",
    cause: "The parameter was left out, or the issuer of the authorization server was used.",
    fix: "Set agent.resource to the resource that the MCP server’s metadata names; always send it.",
    leads_to: &["invalid_target", "invalid_request"],
    words: &["resource"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    if subject.http().is_none() {
        return Check::NotApplicable;
    }
    let sent = subject.forms("resource");
    let at = Pointer::Form("resource".to_owned());
    let wanted = super::mcp_resource(subject);
    if sent.is_empty() {
        let finding = Finding::new(
            at,
            Party::You,
            "The request does not name the MCP server as resource.",
        )
        .got("nothing")
        // Required in the draft of 2025, optional in the stable text; test suites still ask for it.
        .severity(Severity::Note);
        return Check::Found(vec![match wanted {
            Some(wanted) => finding.expected(wanted),
            None => finding,
        }]);
    }
    let Some(wanted) = wanted else {
        return Check::NotYet("the MCP server’s identifier is not known");
    };
    Check::must(sent.contains(&wanted), || {
        let finding = Finding::new(
            at,
            Party::You,
            "The resource is not the identifier that the MCP server’s metadata names.",
        );
        match &sent[..] {
            [one] => finding.differs(&wanted, one),
            many => finding.expected(wanted.clone()).got(many.join(", ")),
        }
    })
}
