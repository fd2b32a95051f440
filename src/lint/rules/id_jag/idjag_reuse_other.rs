//! An ID-JAG is shown to the one server that it is for.

use url::Url;

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "IDJAG-REUSE-OTHER",
    title: "The ID-JAG was not sent to another server before.",
    severity: Severity::Error,
    kind: Kind::Safety,
    spec: "JAG §9.3",
    revision: "JAG-05",
    since: Revision::FIRST,
    flows: JAG_FLOWS,
    steps: at::JWT_BEARER,
    why: "Every server that has seen an ID-JAG could try it elsewhere. It belongs to its audience alone.",
    cause: "The ID-JAG was kept by user only, and taken again for another server.",
    fix: "Get one ID-JAG per resource authorization server; consider the old one known to the other.",
    leads_to: &["invalid_grant"],
    words: &["audience", "aud"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let (Some(grant), Some(here)) = (subject.form("assertion"), subject.address()) else {
        return Check::NotApplicable;
    };
    let other = subject.past.iter().find_map(|past| {
        let http = main(past.made)?.request.http();
        let sent = http.form()?.get("assertion")?.wire();
        // Two paths of one host may be one server, addressed wrongly at first; another host is another server.
        (sent == grant && origin(&http.url)? != origin(here)?).then_some(http.url.as_str())
    });
    Check::must(other.is_none(), || {
        Finding::new(
            Pointer::Form("assertion".to_owned()),
            Party::You,
            "This ID-JAG was sent to another server before.",
        )
        .expected(here)
        .got(other.unwrap_or_default())
    })
}

fn origin(url: &str) -> Option<url::Origin> {
    Some(Url::parse(url).ok()?.origin())
}
