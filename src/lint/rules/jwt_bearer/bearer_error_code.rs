//! A fault of the ID-JAG is called invalid_grant.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "BEARER-ERROR-CODE",
    title: "An ID-JAG that is refused for a fault of its own gives 400 and invalid_grant.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 7523 §3.1; JAG §4.4.1",
    revision: "JAG-05",
    since: Revision::FIRST,
    flows: JAG_FLOWS,
    steps: at::JWT_BEARER,
    why: "The client tells by the code what to do: get another ID-JAG, or mend the request. Another code sends it the \
          wrong way.",
    cause: "The server answers every fault of a JWT as a malformed request, or with 401.",
    fix: "Have the resource authorization server answer 400 with invalid_grant; here, mend the ID-JAG.",
    leads_to: &[],
    words: &[],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(refusal) = subject.refusal() else {
        return match subject.response() {
            Some(_) => Check::NotApplicable,
            None => Check::NotYet("no answer came"),
        };
    };
    let status = refusal.status.unwrap_or_default();
    match refusal.error.as_deref() {
        Some("invalid_grant") => Check::must(status == 400, || {
            Finding::new(
                Pointer::Status,
                subject.server(),
                format!("The server says invalid_grant with the status {status}."),
            )
            .expected("400")
            .got(status.to_string())
        }),
        // Only where a fault of the ID-JAG can be seen is it sure that another code means that fault.
        Some("invalid_request" | "invalid_token") | None
            if matches!(status, 400..=403) && is_at_fault(subject) =>
        {
            let code = refusal.error.as_deref();
            let at = match code {
                Some(_) => Pointer::Json("/error".to_owned()),
                None => Pointer::Status,
            };
            Check::Found(vec![
                Finding::new(
                    at,
                    subject.server(),
                    "The ID-JAG has a fault, and the server does not say invalid_grant.",
                )
                .expected("invalid_grant")
                .got(code.map_or_else(|| status.to_string(), str::to_owned)),
            ])
        }
        _ => Check::NotApplicable,
    }
}

/// Tells whether the ID-JAG has a fault that can be seen from here. That it was sent to the wrong server is none of its own.
fn is_at_fault(subject: &Subject<'_>) -> bool {
    let Some(token) = super::assertion(subject) else {
        return false;
    };
    let expired = claims(&token)
        .time("exp")
        .is_some_and(|end| end <= subject.now);
    let misfit = |rule: &Rule| match (rule.check)(subject) {
        Check::Found(findings) => findings
            .iter()
            .any(|finding| matches!(finding.at, Pointer::Claim(..))),
        _ => false,
    };
    expired
        || typ(&token).as_deref() != Some(urn::ID_JAG_TYP)
        || misfit(&super::bearer_endpoint::RULE)
        || misfit(&super::bearer_assertion_client_match::RULE)
}
