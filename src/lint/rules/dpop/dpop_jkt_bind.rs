//! What is bound to a key is used with that key.

use super::proof::{self, Proof};
use crate::lint::{Past, prelude::*};

/// The rule.
pub static RULE: Rule = Rule {
    code: "DPOP-JKT-BIND",
    title: "A bound token or grant is presented with a proof by the key that it is bound to.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 9449 §5, §6.1, §7.1; JAG §9.8.1; AP §3.7",
    revision: "RFC 9449",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: &[
        "refresh",
        "id-jag",
        "jwt-bearer",
        "exchange",
        "exchange-2",
        "exchange-3",
        "txn-token",
        "call-api",
        "mcp-initialize",
        "mcp-tools",
    ],
    why: "The binding is worth something only because nobody else can make that proof; a server refuses one by \
          another key.",
    cause: "A new key was made for each step.",
    fix: "Use one key from the first proof to the last call; only an actor token may bring a new holder in.",
    leads_to: &[
        "invalid_dpop_proof",
        "invalid_grant",
        "invalid_token",
        "401",
    ],
    words: &["thumbprint", "jkt", "cnf", "bound to"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(proof) = Proof::of(subject) else {
        // BEARER-DPOP-MISSING and API-SCHEME speak of a proof that is not there.
        return Check::NotApplicable;
    };
    let Some(key) = proof.key() else {
        return Check::NotApplicable;
    };
    let bound = match bound(subject) {
        Ok(Some(bound)) => bound,
        Ok(None) => return Check::NotApplicable,
        Err(why) => return Check::NotYet(why),
    };
    Check::must(bound.jkt == key, || {
        Finding::new(
            proof.jose("/jwk"),
            if bound.what == "actor token" {
                subject.actors_side()
            } else {
                proof.owner
            },
            format!(
                "The DPoP proof was made with another key than the {} is bound to.",
                bound.what
            ),
        )
        .expected(format!("the key {}", bound.jkt))
        .got(format!("the key {key}"))
    })
}

/// What is bound, and to which thumbprint.
struct Bound {
    what: &'static str,
    jkt: String,
}

fn bound(subject: &Subject<'_>) -> Result<Option<Bound>, &'static str> {
    let read = |what, token: Option<Token>| {
        let token = token?;
        proof::bound_to(&token).map(|jkt| Bound {
            what,
            jkt: jkt.to_owned(),
        })
    };
    if proof::CALLS.contains(&subject.step_id()) {
        let Some((_, token)) = proof::authorization(subject) else {
            return Ok(None);
        };
        if token.claims.json.is_none() {
            return opaque(subject);
        }
        return Ok(read("access token", Some(token)));
    }
    Ok(match subject.form("grant_type").as_deref() {
        Some(urn::JWT_BEARER) => read("grant", subject.sent_token("assertion")),
        // An actor token may bring a new holder in, whose key it then is (AP §3.7).
        Some(urn::TOKEN_EXCHANGE) => match subject.sent_token("actor_token") {
            Some(actor) => read("actor token", Some(actor)),
            None => read("subject token", subject.sent_token("subject_token")),
        },
        // The refresh token of a client that authenticates is not bound to the key (RFC 9449 §5).
        Some(urn::REFRESH)
            if subject.basic().is_none()
                && subject.form("client_secret").is_none()
                && subject.form("client_assertion").is_none() =>
        {
            subject
                .last("redeem-code")
                .or_else(|| subject.last("device-token"))
                .and_then(|past| by_issue(past, "refresh token"))
        }
        _ => None,
    })
}

/// Of an opaque token only its own request tells the key.
fn opaque(subject: &Subject<'_>) -> Result<Option<Bound>, &'static str> {
    let mut past = subject.past.iter().rev();
    let came = past.find(|past| {
        let mut tokens = past.tokens.iter();
        tokens.any(|record| record.artifact.kin() == Artifact::AccessToken)
    });
    match came.filter(|past| main(past.made).is_some()) {
        Some(past) => Ok(by_issue(past, "access token")),
        None => Err("the access token is opaque, and where it came from is not known"),
    }
}

/// A token that came as `DPoP` is bound to the key of the proof in its own request.
fn by_issue(past: &Past<'_>, what: &'static str) -> Option<Bound> {
    let came = main(past.made)?;
    let json = came.response()?.json().ok()?;
    let bound = json["token_type"]
        .as_str()
        .is_some_and(|typed| typed.eq_ignore_ascii_case("dpop"));
    let proof = proof::in_request(came.request.http()).filter(|_| bound)?;
    Some(Bound {
        what,
        jkt: proof::key(&proof)?,
    })
}
