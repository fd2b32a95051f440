//! Issuer and endpoints are https.

use url::{Host, Url};

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "DISC-HTTPS",
    title: "Issuer and endpoints are https addresses, and the issuer has neither query nor fragment.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 8414 §2; RFC 6749 §3.1, §3.2",
    revision: "RFC 8414",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::DISCOVERY,
    why: "Over plain http everybody on the way reads the tokens and can put in their own keys.",
    cause: "A local test set-up, or a proxy that ends TLS and tells the server to call itself http.",
    fix: "Use https outside the lab; behind a proxy, tell the server its public address.",
    leads_to: &[],
    words: &["https", "tls"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(metadata) = subject.granted() else {
        return Check::NotYet("no metadata came");
    };
    let members = metadata.as_object().into_iter().flatten();
    let addresses = members
        .filter(|(name, _)| {
            matches!(name.as_str(), "issuer" | "jwks_uri") || name.ends_with("_endpoint")
        })
        .filter_map(|(name, value)| Some((name, value.as_str()?)));
    let mut found = Vec::new();
    let mut on_this_machine = false;
    for (name, address) in addresses {
        let finding = |says: String| {
            Finding::new(Pointer::Json(format!("/{name}")), subject.server(), says).got(address)
        };
        let url = Url::parse(address).ok();
        let secure = url.as_ref().is_some_and(|url| url.scheme() == "https");
        if !secure && url.as_ref().is_some_and(is_loopback) {
            // Nobody is between the parties of a lab on this machine; said once, it is said of all its addresses.
            if !on_this_machine {
                let says =
                    format!("{name} is plain http, which is good enough on this machine only.");
                found.push(
                    finding(says)
                        .expected("https")
                        .severity(Severity::Note)
                        .fix("Nothing has to be done for a lab on this machine; use https anywhere else."),
                );
            }
            on_this_machine = true;
        } else if !secure {
            found.push(finding(format!("{name} is no https address.")).expected("https"));
        }
        if name == "issuer" && address.contains(['?', '#']) {
            found.push(finding("The issuer has a query or a fragment.".to_owned()));
        }
    }
    Check::of(found)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}
