//! A DPoP proof is for the address of its request.

use std::fmt::Write as _;

use url::Url;

use super::proof::{self, Proof};
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "DPOP-HTU",
    title: "The DPoP proof’s htu is the address of the request, without query and fragment.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 9449 §4.2, §4.3",
    revision: "RFC 9449",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: proof::STEPS,
    why: "A proof is good for one address; else whoever received it could use it at another server.",
    cause: "The address before a proxy or a redirect was signed, the issuer instead of the endpoint, or the query was \
            kept.",
    fix: "Build htu from the address that is really called, and cut query and fragment off.",
    leads_to: &["invalid_dpop_proof"],
    words: &["htu"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(proof) = Proof::of(subject) else {
        return Check::NotApplicable;
    };
    let finding = |says: &str| Finding::new(proof.claim("/htu"), proof.owner, says);
    let Some(htu) = claims(&proof.token).text("htu") else {
        return Check::Found(vec![
            finding("The DPoP proof does not name the address that it is for.")
                .expected("the address of the request")
                .got(shown(claims(&proof.token).0.get("htu"))),
        ]);
    };
    let bare = htu.split(['?', '#']).next().unwrap_or_default();
    if bare != htu {
        return Check::Found(vec![
            finding("The DPoP proof’s htu has a query or a fragment, which belongs cut off.")
                .differs(bare, htu),
        ]);
    }
    let Some(http) = subject.http() else {
        return Check::NotYet("the request that the proof was made for is not known");
    };
    let called = http.url.split(['?', '#']).next().unwrap_or_default();
    Check::must(normal(htu) == normal(called), || {
        finding("The DPoP proof is for another address than the one that is called.")
            .differs(called, htu)
    })
}

/// Normalises by syntax and scheme (RFC 3986 §6.2.2, §6.2.3): letter case of scheme and host, the default port, an empty
/// path, dot segments, and percent-encoding where none is needed.
fn normal(text: &str) -> String {
    let Ok(url) = Url::parse(text) else {
        return text.to_owned();
    };
    let mut out = String::new();
    let mut rest = url.as_str();
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let code = after
            .get(..2)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match code {
            Some(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                out.push(char::from(byte));
            }
            Some(byte) => {
                let _ = write!(out, "%{byte:02X}");
            }
            None => {
                out.push('%');
                rest = after;
                continue;
            }
        }
        rest = &after[2..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::normal;

    #[test]
    fn addresses_that_mean_the_same_are_the_same() {
        for (a, b) in [
            ("https://API.example.com:443", "https://api.example.com/"),
            (
                "https://api.example.com/%7ea%2fb",
                "https://api.example.com/~a%2Fb",
            ),
            (
                "https://api.example.com/a/../b",
                "https://api.example.com/b",
            ),
        ] {
            assert_eq!(normal(a), normal(b));
        }
        for (a, b) in [
            ("https://api.example.com/a", "https://api.example.com/a/"),
            ("https://api.example.com/A", "https://api.example.com/a"),
            ("https://api.example.com/%zz", "https://api.example.com/"),
        ] {
            assert_ne!(normal(a), normal(b));
        }
    }
}
