//! A client metadata document names itself.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "CIMD-SELF",
    title: "The client_id in a client metadata document is the address that it was fetched from.",
    severity: Severity::Error,
    kind: Kind::Safety,
    spec: "CIMD §4.1",
    revision: "CIMD-01",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: &[
        "authorize",
        "redeem-code",
        "device-authorize",
        "device-token",
        "refresh",
        "id-jag",
        "jwt-bearer",
    ],
    why: "Otherwise anybody could serve a copy of another client’s document under an address of their own.",
    cause: "A redirect, or a document that was copied from another client.",
    fix: "Write the exact address of the document into its client_id.",
    leads_to: &["invalid_client"],
    words: &["client_id", "client metadata"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some((id, _)) = super::url_client_id(subject) else {
        return Check::NotApplicable;
    };
    let fetched = subject.past.iter().rev().flat_map(|past| past.made);
    let document = fetched.filter(|made| made.exchange.request.http().address() == id);
    let mut document = document.filter_map(|made| made.exchange.response()?.json().ok());
    let Some(document) = document.find(serde_json::Value::is_object) else {
        return Check::NotYet("the client’s metadata document was not fetched");
    };
    let named = document["client_id"].as_str();
    Check::must(named == Some(&id), || {
        let at = Pointer::Json("/client_id".to_owned());
        let says =
            "The client metadata document does not name the address that it was fetched from.";
        let finding = Finding::new(at, Party::Client, says);
        match named {
            Some(named) => finding.differs(&id, named),
            None => finding.expected(&id).got(shown(document.get("client_id"))),
        }
    })
}
