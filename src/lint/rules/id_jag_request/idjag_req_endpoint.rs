//! The request for an ID-JAG goes to the IdP.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "IDJAG-REQ-ENDPOINT",
    title: "The request goes to the token endpoint of the IdP.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "JAG §4.3",
    revision: "JAG-05",
    since: Revision::FIRST,
    flows: JAG_FLOWS,
    steps: at::ID_JAG,
    why: "The IdP knows the user and mints the ID-JAG; the resource authorization server only redeems it. At Okta the \
          IdP’s side is the organisation’s own server, not a custom one.",
    cause: "The roles of the two servers are swapped, or the address was copied from the other one.",
    fix: "Send it to the token_endpoint in the IdP’s metadata.",
    leads_to: &[
        "unsupported_grant_type",
        "invalid_request",
        "unauthorized_client",
        "invalid_client",
        "404",
    ],
    words: &["grant_type", "grant type"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    if !super::asks(subject) {
        return Check::NotApplicable;
    }
    let Some(url) = subject.address() else {
        return Check::NotApplicable;
    };
    let idp = subject.token_endpoints(Party::Idp);
    let is = |known: &[String]| known.iter().any(|known| known == url);
    let okta = subject.text(fields::IDP_VENDOR) == Some("okta");
    let (says, severity) = if is(&subject.token_endpoints(Party::ResourceAs)) && !is(&idp) {
        (
            "The request goes to the resource authorization server, which issues no ID-JAGs.",
            Severity::Error,
        )
    } else if okta && is_custom_server(url) {
        (
            "The request goes to a custom authorization server; at Okta the organisation’s own server issues ID-JAGs.",
            Severity::Error,
        )
    } else if is(&idp) {
        return Check::Pass;
    } else if idp.is_empty() {
        return Check::NotYet("the IdP’s token endpoint is not known");
    } else {
        // An override may have its reasons: a gateway, or metadata that is wrong.
        (
            "The request goes to another address than the IdP’s token endpoint.",
            Severity::Warning,
        )
    };
    let finding = Finding::new(Pointer::Url, Party::You, says).severity(severity);
    Check::Found(vec![match idp.first() {
        Some(endpoint) if severity == Severity::Warning || !is(&idp) => {
            finding.differs(endpoint, url)
        }
        _ => finding
            .expected("…/oauth2/v1/token of the organisation")
            .got(url),
    }])
}

/// Tells whether that is the token endpoint of one of Okta's custom servers: `/oauth2/{id}/v1/token`.
fn is_custom_server(url: &str) -> bool {
    let Ok(url) = url::Url::parse(url) else {
        return false;
    };
    let parts: Vec<&str> = url.path().trim_matches('/').split('/').collect();
    matches!(parts.as_slice(), ["oauth2", _, "v1", "token"])
}

#[cfg(test)]
mod tests {
    use super::is_custom_server;

    #[test]
    fn a_custom_server_of_okta_is_told_from_the_organisation() {
        assert!(is_custom_server(
            "https://acme.okta.example/oauth2/default/v1/token"
        ));
        assert!(!is_custom_server(
            "https://acme.okta.example/oauth2/v1/token"
        ));
    }
}
