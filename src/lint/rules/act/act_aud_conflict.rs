//! Two texts want two audiences of an ID-JAG with an actor.

use super::chain;
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "ACT-AUD-CONFLICT",
    title: "An ID-JAG with act is for the issuer of the resource authorization server, not for its token endpoint.",
    severity: Severity::Note,
    kind: Kind::Habit,
    spec: "AP §6.5.1, App. B.4 against JAG §4.4.1",
    revision: "AP-00",
    since: Revision::FIRST,
    flows: JAG_FLOWS,
    steps: at::ID_JAG_TOKEN,
    why: "The actor profile’s example writes the token endpoint as aud, and the ID-JAG draft has every aud refused that \
          is not the issuer: a server that follows the one fails with the other.",
    cause: "The IdP follows the example of the actor profile.",
    fix: "Have the IdP write the issuer, which both texts’ servers can take.",
    leads_to: &["invalid_grant"],
    words: &["audience", "aud"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(record) = subject.token(Artifact::IdJag) else {
        return Check::NotApplicable;
    };
    if claims(&record.token).0.get("act").is_none() {
        return Check::NotApplicable;
    }
    let metadata = subject.metadata(Party::ResourceAs);
    let endpoint = subject
        .text(fields::RESOURCE_AS_TOKEN_ENDPOINT)
        .or_else(|| metadata.as_deref()?.text("token_endpoint"));
    let Some(endpoint) = endpoint else {
        return Check::NotYet("the resource authorization server’s token endpoint is not known");
    };
    Check::must(
        !claims(&record.token).list("aud").contains(&endpoint),
        || {
            let finding = Finding::new(
                Pointer::Claim(record.name.clone(), "/aud".to_owned()),
                chain::owner(subject, record),
                "The ID-JAG is for the token endpoint, as the actor profile shows it; the ID-JAG draft allows only the \
             issuer.",
            );
            match subject.issuer(Party::ResourceAs) {
                Some(issuer) => finding.differs(&issuer, endpoint),
                None => finding.got(endpoint),
            }
        },
    )
}
