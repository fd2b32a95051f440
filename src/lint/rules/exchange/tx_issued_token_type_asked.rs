//! An exchange issues what was asked for.

use super::{TXN_TOKEN, waits};
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "TX-ISSUED-TOKEN-TYPE-ASKED",
    title: "issued_token_type is the requested_token_type.",
    severity: Severity::Error,
    kind: Kind::Safety,
    spec: "JAG §4.3.4; Transaction Tokens §11.4; RFC 8693 §2.1",
    revision: "RFC 8693",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::EXCHANGE,
    why: "A token of another kind is good for other things at other places: an access token in place of a grant \
          opens doors that nobody asked for.",
    cause: "The server does not know the requested type and falls back to an access token.",
    fix: "Switch the requested token type on at the server; do not use what came instead.",
    leads_to: &["invalid_grant"],
    words: &["token type", "issued_token_type", "typ"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(answer) = subject.granted() else {
        return waits(subject);
    };
    let (Some(asked), Some(issued)) = (
        subject.form("requested_token_type"),
        answer["issued_token_type"].as_str(),
    ) else {
        return Check::NotApplicable;
    };
    Check::must(asked == issued, || {
        let at = Pointer::Json("/issued_token_type".to_owned());
        let header_typ = subject.tokens.iter().find_map(|record| typ(&record.token));
        // The token itself may be right where only its label is wrong.
        let as_asked = TYPES.contains(&(asked.as_str(), header_typ.as_deref().unwrap_or_default()));
        let finding = if as_asked {
            Finding::new(
                at,
                subject.server(),
                "The answer calls the token another kind than was asked for; by its own typ it is the right one.",
            )
            .fix("Have the server write the type that was asked for into issued_token_type.")
        } else {
            Finding::new(
                at,
                subject.server(),
                "The server issued another kind of token than was asked for.",
            )
        };
        let finding = finding.differs(&asked, issued);
        if [urn::ID_JAG, TXN_TOKEN].contains(&asked.as_str()) {
            finding
        } else {
            // RFC 8693 lets the server choose; only the two profiles insist.
            finding.severity(Severity::Note)
        }
    })
}

/// The types of token that have a typ of their own (JAG §3.1, Transaction Tokens §9.1).
const TYPES: &[(&str, &str)] = &[
    (urn::ID_JAG, "oauth-id-jag+jwt"),
    (TXN_TOKEN, "txntoken+jwt"),
];
