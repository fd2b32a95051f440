//! Metadata stands where its kind belongs.

use crate::lint::prelude::*;
use crate::protocol::{
    exchange::Purpose,
    metadata::{WellKnown, metadata_url},
};

/// The rule.
pub static RULE: Rule = Rule {
    code: "DISC-WELLKNOWN-PATH",
    title: "OAuth metadata stands at a well-known path put before the issuer’s path, OpenID metadata at one put after \
          it.",
    severity: Severity::Note,
    kind: Kind::Habit,
    spec: "RFC 8414 §3.1; OIDC Discovery §4",
    revision: "RFC 8414",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::DISCOVERY,
    why: "Two documents build the address differently. Where the issuer has a path, a server that answers at only one \
          of them, or at a mixture, is found by some clients and not by others.",
    cause: "The two styles were mixed up for an issuer with a path.",
    fix: "Serve the metadata at both addresses: /.well-known/oauth-authorization-server before the issuer’s path, \
          /.well-known/openid-configuration after it.",
    leads_to: &["404"],
    words: &["well-known"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(issuer) = subject.issuer(subject.server()) else {
        return Check::NotApplicable;
    };
    let (Some(answered), Some(_)) = (subject.exchange(), subject.granted()) else {
        return Check::NotYet("no metadata came");
    };
    let forms = [WellKnown::OAuth, WellKnown::Oidc].map(|form| metadata_url(&issuer, form));
    let [Ok(inserted), Ok(appended)] = forms else {
        return Check::NotApplicable;
    };
    let has_path = !inserted.ends_with("/.well-known/oauth-authorization-server");
    let address = answered.request.http().address();
    if !has_path || !address.contains("/.well-known/") {
        return Check::NotApplicable;
    }
    let refused = subject.made.iter().find(|made| {
        let response = made.exchange.response();
        made.purpose == Purpose::Metadata && response.is_some_and(|answer| answer.status >= 400)
    });
    let at_home = [&inserted, &appended].contains(&&address);
    let says = match refused.map(|made| made.exchange.request.http().address()) {
        Some(other) => format!("The metadata is not at {other}, only at {address}."),
        None if at_home => return Check::Pass,
        None => format!(
            "The metadata came from {address}, which is neither of the two standard places."
        ),
    };
    let standard = if address.contains("openid-configuration") {
        appended
    } else {
        inserted
    };
    Check::Found(vec![
        Finding::new(Pointer::Url, subject.server(), says)
            .expected(standard)
            .got(address),
    ])
}
