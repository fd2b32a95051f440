//! The audience is an issuer, not some other address or name.

use url::Url;

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "IDJAG-REQ-AUD-KIND",
    title: "The audience is the issuer of the resource authorization server, not an endpoint, an API or a client id.",
    severity: Severity::Warning,
    kind: Kind::Must,
    spec: "JAG §4.3; EMA §4",
    revision: "JAG-05",
    since: Revision::FIRST,
    flows: JAG_FLOWS,
    steps: at::ID_JAG,
    why: "The resource authorization server takes an ID-JAG only when its aud is the issuer. An IdP may map names of \
          its own to that, but most copy what they are given or refuse it.",
    cause: "The address of an endpoint or of the API was copied where the issuer belongs.",
    fix: "Take the issuer out of the resource authorization server’s metadata.",
    leads_to: &["invalid_target", "invalid_request", "invalid_grant"],
    words: &["audience", "target"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let audiences = subject.forms("audience");
    if audiences.is_empty() || subject.is_on_behalf_of() {
        return Check::NotApplicable;
    }
    let issuers: Vec<String> = [
        subject.advertised_issuer(Party::ResourceAs),
        subject.issuer(Party::ResourceAs),
    ]
    .into_iter()
    .flatten()
    .collect();
    let findings: Vec<Finding> = audiences
        .iter()
        .filter_map(|audience| judge(subject, &issuers, audience))
        .collect();
    if findings.is_empty() && issuers.is_empty() {
        return Check::NotYet("the resource authorization server’s issuer is not known");
    }
    Check::of(findings)
}

fn judge(subject: &Subject<'_>, issuers: &[String], audience: &str) -> Option<Finding> {
    // A difference in the last slash alone is for IDJAG-REQ-AUD-SLASH.
    let bare = |text: &str| text.trim_end_matches('/').to_owned();
    if issuers.iter().any(|issuer| bare(issuer) == bare(audience)) {
        return None;
    }
    let web = Url::parse(audience).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    let what = kind(subject, audience);
    let (severity, says) = match (what, web) {
        // The actor profile's example has it so (AP App. B.4).
        (Some(what), _)
            if subject.form("actor_token").is_some()
                && subject
                    .token_endpoints(Party::ResourceAs)
                    .iter()
                    .any(|known| known == audience) =>
        {
            (Severity::Note, format!("The audience is {what}."))
        }
        (Some(what), _) => (Severity::Warning, format!("The audience is {what}.")),
        (None, true) if issuers.is_empty() => return None,
        (None, true) => (
            Severity::Warning,
            "The audience is an address, but not the issuer of the resource authorization server."
                .to_owned(),
        ),
        // Since -03 an audience may be a name of the IdP's own, which it maps to the issuer.
        (None, false) => (
            if subject.revision >= Revision(3) {
                Severity::Note
            } else {
                Severity::Warning
            },
            "The audience is a name, not an issuer: it works only where the IdP maps it to one."
                .to_owned(),
        ),
    };
    let finding = Finding::new(Pointer::Form("audience".to_owned()), Party::You, says);
    let finding = finding.severity(severity);
    Some(match issuers.first() {
        Some(issuer) => finding
            .differs(issuer, audience)
            .fix(format!("Set agent.audience to {issuer}.")),
        None => finding
            .expected("the issuer of the resource AS")
            .got(audience),
    })
}

/// Names what an audience is, when it is something that is known to be no issuer.
fn kind(subject: &Subject<'_>, audience: &str) -> Option<&'static str> {
    let is = |field| subject.text(field) == Some(audience);
    let all = |name: &str| subject.forms(name).iter().any(|text| text == audience);
    let endpoint = |party| {
        let mut known = subject.token_endpoints(party).into_iter();
        known.any(|known| known == audience)
    };
    Some(if endpoint(Party::ResourceAs) {
        "the token endpoint of the resource authorization server, not its issuer"
    } else if all("resource") || is(fields::API_URL) {
        "the API; that is what resource is for"
    } else if is(fields::IDP_ISSUER) || endpoint(Party::Idp) {
        "the IdP itself; it shall be the server where the ID-JAG is redeemed"
    } else if is(fields::RESOURCE_AS_CLIENT_ID)
        || is(fields::AGENT_CLIENT_ID)
        || is(fields::SSO_CLIENT_ID)
    {
        "the id of a client, not an issuer"
    } else {
        return None;
    })
}
