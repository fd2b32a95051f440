//! A client id that is an address can be fetched safely.

use crate::{lint::prelude::*, protocol::proxy::is_loopback};

/// The rule.
pub static RULE: Rule = Rule {
    code: "CIMD-URL",
    title: "A client id that is a metadata document’s address is https, has a path, and neither fragment, user name nor \
          dot segments.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "CIMD §3",
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
    why: "The server fetches the address to learn who the client is: it has to be the same address for everybody, and \
          safe to open.",
    cause: "No path, plain http, or an address that was put together by hand.",
    fix: "Publish the document at an https address with a plain path, and use exactly that as the client id.",
    leads_to: &["invalid_client", "invalid_request", "unauthorized_client"],
    words: &["client_id", "client metadata", "client id"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some((id, at)) = super::url_client_id(subject) else {
        return Check::NotApplicable;
    };
    match subject.metadata(subject.server()) {
        None => return Check::NotYet("whether the server fetches client metadata is not known"),
        // Elsewhere an address is a name like any other.
        Some(metadata) if metadata.flag("client_id_metadata_document_supported") != Some(true) => {
            return Check::NotApplicable;
        }
        Some(_) => {}
    }
    let rest = id.split_once("://").map_or("", |(_, rest)| rest);
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, after) = rest.split_at(end);
    let (after, fragment) = after
        .split_once('#')
        .map_or((after, None), |(a, b)| (a, Some(b)));
    let (path, query) = after
        .split_once('?')
        .map_or((after, None), |(a, b)| (a, Some(b)));
    // As it is written, because a URL parser would take the dots out.
    let dots = path.split('/').any(|part| {
        let part = part.to_ascii_lowercase().replace("%2e", ".");
        part == "." || part == ".."
    });
    let here = url::Url::parse(&id).is_ok_and(|url| is_loopback(&url));
    let faults = [
        (
            !id.starts_with("https://") && !here,
            "The client id is not https.",
            Severity::Error,
        ),
        // Nobody is between the parties of a lab on this machine.
        (
            !id.starts_with("https://") && here,
            "The client id is plain http, which is good enough on this machine only.",
            Severity::Note,
        ),
        (
            path.is_empty(),
            "The client id has no path.",
            Severity::Error,
        ),
        (
            fragment.is_some(),
            "The client id has a fragment.",
            Severity::Error,
        ),
        (
            authority.contains('@'),
            "The client id has a user name in it.",
            Severity::Error,
        ),
        (
            dots,
            "The client id has . or .. in its path.",
            Severity::Error,
        ),
        // Only a SHOULD NOT.
        (
            query.is_some(),
            "The client id has a query.",
            Severity::Warning,
        ),
    ];
    let found = faults
        .into_iter()
        .filter(|(is, ..)| *is)
        .map(|(_, says, severity)| {
            Finding::new(at.clone(), Party::You, says)
                .got(&id)
                .severity(severity)
        });
    Check::of(found.collect())
}
