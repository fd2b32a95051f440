//! Faults of proof of possession: what is not bound, bound to another key, or never given (RFC 9449).

use serde_json::json;

use super::{
    Do::{Answer, Body, Token},
    Ends::{self, Done, Refused},
    Fault, Minted,
    Place::{self, AsMetadata, Bearer, Exchange, IdpMetadata, Notes},
    Scene,
    does::leave_out,
};
use crate::{
    lab::{message::Outgoing, refusal::uncached},
    protocol::party::Party::{self, Api, Idp, ResourceAs},
};

/// What shows only where proofs are sent.
const PROVING: &[(&str, &str)] = &[("dpop.mode", "on")];

/// The thumbprint of a key that nobody here has.
const STRANGE: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";

/// Makes a row.
const fn proving(
    party: Party,
    id: &'static str,
    title: &'static str,
    step: &'static str,
    ends: Ends,
    rules: &'static [&'static str],
    does: &'static [super::Do],
) -> Fault {
    Fault::new(party, id, title, step, ends, rules, does).in_flow("xaa", PROVING)
}

/// The rows.
pub(super) const FAULTS: &[Fault] = &[
    proving(
        Idp,
        "idp-dpop-unknown",
        "The IdP’s metadata says nothing of DPoP",
        "discover-idp",
        Done,
        &["DISC-DPOP-ALGS"],
        &[Body(IdpMetadata, |json| {
            leave_out(json, "dpop_signing_alg_values_supported");
        })],
    )
    .unexplained()
    .owned_by(Party::Unknown),
    proving(
        ResourceAs,
        "as-dpop-unknown",
        "The resource AS’s metadata says nothing of DPoP",
        "discover-resource-as",
        Done,
        &["DISC-DPOP-ALGS"],
        &[Body(AsMetadata, |json| {
            leave_out(json, "dpop_signing_alg_values_supported");
        })],
    )
    .unexplained()
    .owned_by(Party::Unknown),
    proving(
        Idp,
        "idp-dpop-ignored",
        "The IdP passes over the proof: the ID-JAG is bound to no key",
        "id-jag",
        Done,
        &["IDJAG-CNF-MISSING"],
        &[Token(Minted::IdJag, |it| it.drop("cnf"))],
    ),
    proving(
        Idp,
        "idp-dpop-other-key",
        "The IdP binds the ID-JAG to another key",
        "id-jag",
        Refused,
        &["IDJAG-CNF-KEY", "DPOP-JKT-BIND", "BEARER-DPOP-MISSING"],
        &[Token(Minted::IdJag, |it| {
            it.claims["cnf"] = json!({ "jkt": STRANGE });
        })],
    ),
    proving(
        Idp,
        "idp-dpop-nonce-lost",
        "The IdP wants a nonce for the ID-JAG and gives none",
        "id-jag",
        Refused,
        &["DPOP-NONCE"],
        &[Answer(Exchange, |it| wants_nonce(it, false))],
    ),
    proving(
        ResourceAs,
        "as-dpop-ignored",
        "The resource AS passes over the proof: the access token is bound to no key",
        "jwt-bearer",
        Done,
        &["DPOP-IGNORED"],
        &[
            Token(Minted::AccessToken, |it| it.drop("cnf")),
            Body(Bearer, |json| json["token_type"] = json!("Bearer")),
        ],
    ),
    proving(
        ResourceAs,
        "as-dpop-called-bearer",
        "The resource AS binds the access token and calls it Bearer",
        "jwt-bearer",
        Done,
        &["AT-CNF-TYPE", "DPOP-IGNORED"],
        &[Body(Bearer, |json| json["token_type"] = json!("Bearer"))],
    ),
    proving(
        ResourceAs,
        "as-dpop-called-dpop",
        "The resource AS calls the access token DPoP and does not bind it",
        "jwt-bearer",
        Refused,
        &["AT-CNF-TYPE"],
        &[Token(Minted::AccessToken, |it| it.drop("cnf"))],
    ),
    proving(
        ResourceAs,
        "as-dpop-other-key",
        "The resource AS binds the access token to another key",
        "jwt-bearer",
        Refused,
        &["AT-CNF-KEY", "DPOP-JKT-BIND"],
        &[Token(Minted::AccessToken, |it| {
            it.claims["cnf"] = json!({ "jkt": STRANGE });
        })],
    ),
    proving(
        ResourceAs,
        "as-dpop-nonce-lost",
        "The resource AS wants a nonce and gives none",
        "jwt-bearer",
        Refused,
        &["DPOP-NONCE"],
        &[Answer(Bearer, |it| wants_nonce(it, false))],
    ),
    proving(
        ResourceAs,
        "as-dpop-nonce-endless",
        "The resource AS wants another nonce each time",
        "jwt-bearer",
        Refused,
        &["DPOP-NONCE"],
        &[Answer(Bearer, |it| wants_nonce(it, true))],
    ),
    proving(
        Api,
        "api-dpop-nonce-lost",
        "The API wants a nonce and gives none",
        "call-api",
        Refused,
        &["DPOP-NONCE"],
        &[Answer(Notes, |it| wants_nonce(it, false))],
    ),
    proving(
        Api,
        "api-dpop-nonce-endless",
        "The API wants another nonce each time",
        "call-api",
        Refused,
        &["DPOP-NONCE"],
        &[Answer(Notes, |it| wants_nonce(it, true))],
    ),
    proving(
        Api,
        "api-dpop-unknown",
        "The API takes Bearer alone",
        "call-api",
        Refused,
        &[],
        &[Answer(Notes, |it| {
            let body = json!({ "message": "Expected Authorization: Bearer." });
            *it.outgoing =
                Outgoing::json(401, &body).with("www-authenticate", "Bearer realm=\"lab API\"");
        })],
    ),
    Fault::new(
        Api,
        "api-bound-as-bearer",
        "The API takes a bound access token without a proof",
        "call-api",
        Done,
        &["AT-CNF-TYPE", "API-SCHEME"],
        &[
            Token(Minted::AccessToken, |it| {
                it.claims["cnf"] = json!({ "jkt": STRANGE });
            }),
            Answer(Notes, |it| {
                *it.outgoing = Outgoing::json(200, &json!({ "notes": [] }));
            }),
        ],
    )
    .owned_by(ResourceAs),
];

/// Refuses a proof for its nonce; gives one that is never the one that comes back, or none at all.
fn wants_nonce(it: &mut Scene<'_>, gives: bool) {
    if it.incoming.header("dpop").is_none() {
        return;
    }
    let api = matches!(Place::of(Api, it.incoming), Some(Notes));
    let body = json!({
        "error": "use_dpop_nonce",
        "error_description": "Expected the nonce of this server in the DPoP proof.",
    });
    let mut answer = uncached(Outgoing::json(if api { 401 } else { 400 }, &body));
    if api {
        answer = answer.with("www-authenticate", "DPoP error=\"use_dpop_nonce\"");
    }
    if gives {
        it.seen.insert(format!("nonce-{}", it.seen.len()));
        answer = answer.with("dpop-nonce", format!("never-right-{}", it.seen.len()));
    }
    *it.outgoing = answer;
}
