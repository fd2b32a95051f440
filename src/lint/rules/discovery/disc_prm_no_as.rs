//! An API says which server gives tokens for it.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "DISC-PRM-NO-AS",
    title: "The API’s metadata lists its authorization servers.",
    severity: Severity::Note,
    kind: Kind::Habit,
    spec: "RFC 9728 §2; MCP, Authorization: authorization server location",
    revision: "RFC 9728",
    since: Revision::FIRST,
    flows: &["xaa", "mcp"],
    steps: &["discover-api"],
    why: "Without the list a client has to be told by hand where to redeem its ID-JAG.",
    cause: "The member is optional and was left out.",
    fix: "Publish authorization_servers at the API, or set resource_as.issuer in the profile.",
    leads_to: &[],
    words: &["authorization_servers"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some((_, metadata)) = super::resource_metadata(subject) else {
        return Check::NotYet("no metadata of the API came");
    };
    let servers = metadata["authorization_servers"].as_array();
    Check::must(servers.is_some_and(|list| !list.is_empty()), || {
        Finding::new(
            Pointer::Json("/authorization_servers".to_owned()),
            Party::Api,
            "The API’s metadata does not say which authorization server gives tokens for it.",
        )
        .got(shown(metadata.get("authorization_servers")))
        // An MCP server has to say it, and a client has nowhere else to learn it from.
        .severity(
            if subject.flow == "mcp" && subject.text(fields::RESOURCE_AS_ISSUER).is_none() {
                Severity::Error
            } else {
                Severity::Note
            },
        )
    })
}
