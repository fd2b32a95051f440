//! The client authenticates when it redeems the ID-JAG.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "BEARER-CLIENT-AUTH",
    title: "The request carries the client’s authentication.",
    severity: Severity::Warning,
    kind: Kind::Should,
    spec: "JAG §4.4, §9.1; CH §5.1; EMA §7.7",
    revision: "JAG-05",
    since: Revision::FIRST,
    flows: JAG_FLOWS,
    steps: at::JWT_BEARER,
    why: "The server compares the ID-JAG’s client_id with the client that authenticates. Without authentication there \
          is nobody to compare with, and whoever found the ID-JAG could redeem it.",
    cause: "Only the assertion is sent, because RFC 7523 by itself makes authentication optional.",
    fix: "Register a secret or a key for the client at the resource authorization server, and set resource_as.auth.",
    leads_to: &["invalid_client", "unauthorized_client", "invalid_request"],
    words: &["client authentication", "authenticate", "credentials"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    if !super::redeems(subject) {
        return Check::NotApplicable;
    }
    Check::must(subject.proves_itself(), || {
        // For MCP servers it is a must (EMA §7.7); the drafts say should.
        let severity = if subject.text(fields::API_KIND) == Some("mcp") {
            Severity::Error
        } else {
            Severity::Warning
        };
        Finding::new(
            Pointer::Form("client_id".to_owned()),
            Party::Client,
            "The ID-JAG is sent without any proof of who redeems it.",
        )
        .expected("HTTP Basic, client_secret or client_assertion")
        .got("nothing of the kind")
        .severity(severity)
    })
}
