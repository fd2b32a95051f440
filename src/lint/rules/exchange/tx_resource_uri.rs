//! A resource is an absolute URI.

use url::Url;

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "TX-RESOURCE-URI",
    title: "Each resource is an absolute URI without a fragment.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 8693 §2.1; RFC 8707 §2",
    revision: "RFC 8693",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::EXCHANGE,
    why: "A resource says where the token will be used; a bare name or a place inside a page says that of nowhere.",
    cause: "The name of an API was put into resource.",
    fix: "Send the API’s URI as resource; names go into audience.",
    leads_to: &["invalid_target", "invalid_request"],
    words: &["resource"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let resources = subject.forms("resource");
    if resources.is_empty() {
        return Check::NotApplicable;
    }
    Check::of(resources.iter().filter_map(|one| fault(one)).collect())
}

fn fault(resource: &str) -> Option<Finding> {
    let finding = |says: &str| {
        Finding::new(Pointer::Form("resource".to_owned()), Party::You, says).got(resource)
    };
    let uri = Url::parse(resource)
        .ok()
        .filter(|uri| !is_host_and_port(uri));
    let Some(uri) = uri else {
        let finding = finding("The resource is no absolute URI.").expected("an absolute URI");
        return Some(finding);
    };
    if uri.fragment().is_some() {
        let bare = resource.split('#').next().unwrap_or_default();
        return Some(
            finding("The resource has a fragment, which no server gets to see.").expected(bare),
        );
    }
    // RFC 8707 only advises against a query.
    uri.query().map(|_| {
        let bare = resource.split('?').next().unwrap_or_default();
        finding("The resource has a query, which RFC 8707 advises against.")
            .expected(bare)
            .severity(Severity::Note)
            .fix("Leave the query out, unless the server knows this resource by it.")
    })
}

/// Tells whether what reads like a scheme is a host, and the rest its port: `api.example.com:8443`.
fn is_host_and_port(uri: &Url) -> bool {
    let after = uri.path().split('/').next().unwrap_or_default();
    uri.cannot_be_a_base()
        && uri.scheme() != "urn"
        && !after.is_empty()
        && after.chars().all(|c| c.is_ascii_digit())
}
