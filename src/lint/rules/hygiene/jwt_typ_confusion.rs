//! Every token is what its place says.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "JWT-TYP-CONFUSION",
    title: "No token stands where another kind of token belongs.",
    severity: Severity::Error,
    kind: Kind::Safety,
    spec: "RFC 8725 §3.11, §3.12",
    revision: "RFC 8725",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::ANY_TOKEN,
    why: "Each kind has rules of its own; a token that passes for another kind gets around all of them.",
    cause: "Variables were swapped, or the access_token of an exchange was stored under the wrong name.",
    fix: "Keep every token under its kind, and check its typ before it is used.",
    leads_to: &["invalid_grant", "invalid_client", "invalid_request"],
    words: &["typ", "type", "token type"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let jwts = super::jwts(subject);
    let mut found = Vec::new();
    let mut looked = false;
    for seen in &jwts {
        let kind = seen.token.kind();
        // What no typ and no tell-tale claim says for sure, nobody is accused of.
        if !is_sure(seen, kind) {
            looked |= seen.artifact.is_some() || wrong_in_form(&seen.name).is_some();
            continue;
        }
        let fits = match (seen.artifact, wrong_in_form(&seen.name)) {
            (Some(artifact), _) => artifact.fits(kind, true),
            (None, Some(wrong)) => !wrong.contains(&kind),
            (None, None) => continue,
        };
        looked = true;
        if fits || (seen.name == "assertion" && subject.is_on_behalf_of()) {
            continue;
        }
        let owner = match seen.artifact {
            // What came is the server's, unless it was handed in; what is sent is ours.
            Some(_) if subject.request.is_some() => subject.server(),
            _ => Party::You,
        };
        let place = seen
            .artifact
            .map_or_else(|| seen.name.clone(), |artifact| artifact.noun().to_owned());
        found.push(
            Finding::new(
                Pointer::Jose(seen.name.clone(), "/typ".to_owned()),
                owner,
                format!("Where the {place} belongs stands {kind}."),
            )
            .expected(place)
            .got(kind.id()),
        );
    }
    match (found.is_empty(), looked) {
        (false, _) => Check::Found(found),
        (true, true) => Check::Pass,
        (true, false) => Check::NotApplicable,
    }
}

/// Kinds that never belong into a parameter of ours.
fn wrong_in_form(name: &str) -> Option<&'static [TokenKind]> {
    use TokenKind as K;
    match name {
        "assertion" => Some(&[K::IdToken, K::AccessToken, K::DpopProof, K::TxnToken]),
        "client-assertion" => Some(&[
            K::IdToken,
            K::IdJag,
            K::AccessToken,
            K::DpopProof,
            K::TxnToken,
        ]),
        _ => None,
    }
}

fn is_sure(seen: &super::Seen<'_>, kind: TokenKind) -> bool {
    use TokenKind as K;
    let typ = typ(&seen.token);
    let by_typ = match kind {
        K::IdJag | K::DpopProof | K::TxnToken | K::InstanceAssertion => true,
        K::AccessToken => typ.as_deref() == Some("at+jwt"),
        K::ClientAssertion => typ.as_deref() == Some("client-authentication+jwt"),
        _ => false,
    };
    let body = claims(&seen.token).0;
    // Some servers copy the nonce into every token, but at_hash is for ID Tokens alone.
    let tells =
        body.get("at_hash").is_some() || body.get("nonce").is_some() && seen.artifact.is_none();
    by_typ || kind == K::IdToken && tells
}
