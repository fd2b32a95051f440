//! The ID-JAG is made out to the resource authorization server.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "IDJAG-AUD-ISSUER",
    title: "The ID-JAG’s aud is the issuer of the resource authorization server.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "JAG §3.1, §4.4.1",
    revision: "JAG-05",
    since: Revision::FIRST,
    flows: JAG_FLOWS,
    steps: at::ID_JAG_TOKEN,
    why: "The server that redeems it compares aud with its own issuer, character by character, and refuses everything \
          else; its token endpoint, too, although other texts allow that.",
    cause: "The IdP copied the audience of the request as it was, or maps it to another server.",
    fix: "Have the IdP map this audience to the issuer of the resource authorization server.",
    leads_to: &["invalid_grant"],
    words: &["audience", "aud"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(record) = super::grant(subject) else {
        return Check::NotApplicable;
    };
    let audiences = claims(&record.token).list("aud");
    if audiences.is_empty() {
        return Check::NotApplicable;
    }
    let endpoints = subject.token_endpoints(Party::ResourceAs);
    let endpoint = endpoints
        .iter()
        .any(|url| audiences.contains(&url.as_str()));
    if endpoint && claims(&record.token).0.get("act").is_some() {
        // With an actor two texts want two audiences, and ACT-AUD-CONFLICT speaks of that.
        return Check::NotApplicable;
    }
    let advertised = subject.advertised_issuer(Party::ResourceAs);
    let Some(issuer) = advertised.or_else(|| subject.issuer(Party::ResourceAs)) else {
        return Check::NotYet("the resource authorization server’s issuer is not known");
    };
    Check::must(audiences.contains(&issuer.as_str()), || {
        let copied = subject
            .form("audience")
            .is_some_and(|asked| audiences.contains(&asked.as_str()));
        let says = if endpoint {
            "The ID-JAG is made out to the token endpoint of the resource authorization server instead of its issuer."
        } else if copied {
            "The ID-JAG is made out to the audience that was asked for, which is not the resource authorization \
             server’s issuer."
        } else {
            "The ID-JAG is made out to another server than the one that shall redeem it."
        };
        let owner = if copied { Party::You } else { Party::Idp };
        let at = Pointer::Claim(record.name.clone(), "/aud".to_owned());
        let finding = Finding::new(at, owner, says);
        let finding = match audiences.as_slice() {
            [one] => finding.differs(&issuer, one),
            _ => finding
                .expected(issuer.clone())
                .got(shown(claims(&record.token).0.get("aud"))),
        };
        if copied {
            finding.fix(format!("Set agent.audience to {issuer}."))
        } else {
            finding
        }
    })
}
