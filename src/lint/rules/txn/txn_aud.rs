//! A Transaction Token is for the trust domain that was asked for.

use super::{TXN_FLOWS, token};
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "TXN-AUD",
    title: "The Transaction Token’s aud is the trust domain that was asked for.",
    severity: Severity::Error,
    kind: Kind::Safety,
    spec: "TXN §9.2, §11.3",
    revision: "TXN-09",
    since: Revision::FIRST,
    flows: TXN_FLOWS,
    steps: &["txn-token"],
    why: "Every service takes only tokens of its own trust domain; one for another domain is refused here, or good \
          somewhere else.",
    cause: "The service writes its own address, or that of the service that is called, into aud.",
    fix: "Have the Transaction Token Service write the name of the trust domain into aud.",
    leads_to: &["invalid_token", "401"],
    words: &["audience", "trust domain"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(record) = token::of(subject) else {
        return Check::NotApplicable;
    };
    let Some(asked) = subject.form("audience") else {
        // TXN-REQ speaks of that.
        return Check::NotApplicable;
    };
    let claims = claims(&record.token);
    let named = claims.list("aud");
    if named.is_empty() {
        // TXN-CLAIMS speaks of that.
        return Check::NotApplicable;
    }
    Check::must(named == [asked.as_str()], || {
        let finding = Finding::new(
            Pointer::Claim(record.name.clone(), "/aud".to_owned()),
            Party::Tts,
            if named.contains(&asked.as_str()) {
                "The Transaction Token is for more than the trust domain that was asked for."
            } else {
                "The Transaction Token is not for the trust domain that was asked for."
            },
        );
        match named.as_slice() {
            [one] => finding.differs(&asked, one),
            _ => finding
                .expected(asked.clone())
                .got(shown(claims.0.get("aud"))),
        }
    })
}
