//! Metadata names the issuer that its address was built from.

use crate::lint::{prelude::*, subject::same_host};

/// The rule.
pub static RULE: Rule = Rule {
    code: "DISC-ISSUER-MATCH",
    title: "The issuer in the metadata is the issuer that was asked for, character by character.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 8414 §3.3; OIDC Discovery §4.3",
    revision: "RFC 8414",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::DISCOVERY,
    why: "Everything later is compared with this string: the audience of the ID-JAG, the iss of every token. Metadata \
          under another name may be another server’s.",
    cause: "A trailing slash, another tenant’s host, or a proxy that answers under its own name.",
    fix: "Both must be one string, to the last character: ask which of them is right, and mend the other.",
    leads_to: &[],
    words: &["issuer"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let server = subject.server();
    let field = match server {
        Party::Idp => fields::IDP_ISSUER,
        _ => fields::RESOURCE_AS_ISSUER,
    };
    let Some(asked) = subject.text(field) else {
        return Check::NotApplicable;
    };
    let Some(metadata) = subject.granted() else {
        return Check::NotYet("no metadata came");
    };
    let named = metadata["issuer"].as_str();
    Check::must(named == Some(asked), || {
        let at = Pointer::Json("/issuer".to_owned());
        let name = server.name();
        match named {
            Some(named) => Finding::new(
                at,
                // The profile has a string of its own; which of the two is wrong, only the server's owner can say,
                // but the profile is what is at hand.
                if same_host(asked, named) {
                    Party::You
                } else {
                    server
                },
                format!(
                    "The metadata of the {name} names another issuer than the one that led to it."
                ),
            )
            .differs(asked, named)
            .fix(format!(
                "Both must be one string, to the last character: ask which of them is right, and mend the other; ours \
                 stands in {}.",
                field.0
            ))
            .unsure(),
            None => Finding::new(
                at,
                server,
                format!("The metadata of the {name} names no issuer."),
            )
            .expected(asked)
            .got(shown(metadata.get("issuer"))),
        }
    })
}
