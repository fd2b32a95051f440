//! Proofs of possession in a walk: which requests carry one, what it says, and what a server's nonce changes.

use std::collections::HashSet;

use jagwalk::{
    flow::Artifact,
    protocol::{
        digest::{b64url, sha256},
        exchange::{Answer, Request},
        http::HttpRequest,
        jwt::{Signature, Token, jose},
        keys::thumbprint,
        metadata::Jwks,
        secret::Secret,
    },
    session::{Command, Session, headless::End},
};
use serde_json::{Value, json};

use super::{
    again, drafted, end, id, ink, profile, purposes, says, sent, status, step_json, walk, which,
    with_key,
};
use crate::scripted::{self, API, AS};

/// A proof, taken apart; its signature holds by the key in its header.
struct Proof {
    header: Value,
    claims: Value,
}

impl Proof {
    fn of(request: &HttpRequest) -> Option<Self> {
        let raw = request.header("dpop")?.wire();
        let token = Token::parse(&Secret::minted("proof", raw));
        let header = token.header.json.clone().expect("a header");
        let keys = Jwks(json!({ "keys": [header["jwk"]] }));
        let signature = jose::check(&token, Some(&keys), "its header");
        assert!(
            matches!(signature, Signature::Verified { .. }),
            "{signature}"
        );
        assert_eq!(header["typ"], "dpop+jwt");
        assert!(header["jwk"].get("d").is_none(), "the private half");
        let claims = token.claims.json.clone().expect("claims");
        assert_eq!(claims["htm"], request.method);
        assert_eq!(claims["htu"], request.url);
        Some(Self { header, claims })
    }

    fn jkt(&self) -> String {
        thumbprint(&self.header["jwk"]).expect("a whole key")
    }

    fn nonce(&self) -> Option<&str> {
        self.claims["nonce"].as_str()
    }
}

fn proof(request: &HttpRequest) -> Proof {
    Proof::of(request).expect("it carries a proof")
}

fn jti(claims: &Value) -> String {
    claims["jti"].as_str().expect("a jti").to_owned()
}

/// The usual profile with proofs, which repeat with `EdDSA`; the client at the AS has a key.
fn proving(settings: &[(&str, &str)]) -> jagwalk::profile::Profile {
    let usual = [
        ("dpop.mode", "on"),
        ("dpop.alg", "EdDSA"),
        ("resource_as.auth", "private_key_jwt"),
    ];
    let all: Vec<_> = usual.iter().chain(settings).copied().collect();
    with_key(profile(&all), "resource_as.private_key", scripted::KEY)
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "a script gives answers and failures alike"
)]
fn with_nonce(outcome: scripted::Outcome, nonce: &str) -> scripted::Outcome {
    let Ok(Answer::Http(mut response)) = outcome else {
        panic!("an answer over HTTP");
    };
    let field = ("DPoP-Nonce".to_owned(), nonce.to_owned());
    response.headers.push(field);
    Ok(Answer::Http(response))
}

fn refused(error: &str) -> scripted::Outcome {
    scripted::answer(400, &json!({ "error": error }))
}

/// Demands a nonce of every proof that has another.
fn demands(request: &Request, nonce: &str) -> Option<scripted::Outcome> {
    let proof = Proof::of(request.http())?;
    (proof.nonce() != Some(nonce)).then(|| with_nonce(refused("use_dpop_nonce"), nonce))
}

/// An access token that is bound to the key of the proof, as the answer of the AS.
fn bound(request: &Request) -> scripted::Outcome {
    let token = access_token(&proof(request.http()).jkt());
    let answer = json!({ "access_token": token, "token_type": "DPoP", "expires_in": 600, "scope": "todo.read" });
    scripted::answer(200, &answer)
}

fn access_token(jkt: &str) -> String {
    let iat = scripted::NOW.secs();
    let claims = json!({
        "iss": AS, "sub": "alice-1", "aud": API, "client_id": "todo-client", "jti": "at-2", "iat": iat,
        "exp": iat + 600, "scope": "todo.read", "cnf": { "jkt": jkt },
    });
    scripted::signed("at+jwt", &claims)
}

/// The requests of a step, in order.
fn of<'a>(requests: &'a [Request], step: &str) -> Vec<&'a HttpRequest> {
    let all = requests.iter().filter(|request| which(request) == step);
    all.map(Request::http).collect()
}

fn assertion_jti(request: &HttpRequest) -> String {
    let raw = scripted::field(request, "client_assertion").expect("the client has a key");
    let token = Token::parse(&Secret::minted("assertion", raw));
    jti(&token.claims.json.expect("claims"))
}

#[test]
fn every_token_request_has_a_proof_of_one_key_and_nothing_else_has() {
    let (session, requests) = walk(proving(&[]), |request| {
        (which(request) == "jwt-bearer").then(|| bound(request))
    });
    assert_eq!(end(&session), End::Done, "{:?}", session.notice);
    let mut jtis = HashSet::new();
    let mut keys = HashSet::new();
    for request in &requests {
        let step = which(request);
        let proven = ["redeem-code", "id-jag", "jwt-bearer", "call-api"].contains(&step);
        let found = Proof::of(request.http());
        assert_eq!(found.is_some(), proven, "{step}");
        let Some(proof) = found else { continue };
        assert!(jtis.insert(jti(&proof.claims)), "{step} repeats a jti");
        keys.insert(proof.jkt());
        assert_eq!(proof.claims.get("ath").is_some(), step == "call-api");
        assert_eq!(proof.nonce(), None, "nobody gave one");
    }
    assert_eq!((jtis.len(), keys.len()), (4, 1));

    let call = sent(&requests, "call-api");
    let field = call.header("authorization").expect("a token").wire();
    let token = field.strip_prefix("DPoP ").expect("the scheme");
    let ath = b64url(&sha256(token.as_bytes()));
    assert_eq!(proof(call).claims["ath"], ath);
}

#[test]
fn a_nonce_that_is_demanded_is_answered_with_everything_fresh() {
    let (session, requests) = walk(proving(&[]), |request| {
        (which(request) == "jwt-bearer")
            .then(|| demands(request, "n-1").unwrap_or_else(|| bound(request)))
    });
    assert_eq!(end(&session), End::Done, "{:?}", session.notice);
    assert_eq!(purposes(&session, "jwt-bearer"), ["retry", "main"]);
    let asked = of(&requests, "jwt-bearer");
    assert_eq!(asked.len(), 2);
    let proofs: Vec<Proof> = asked.iter().map(|request| proof(request)).collect();
    assert_eq!((proofs[0].nonce(), proofs[1].nonce()), (None, Some("n-1")));
    assert_ne!(jti(&proofs[0].claims), jti(&proofs[1].claims));
    assert_ne!(assertion_jti(asked[0]), assertion_jti(asked[1]));
    assert_eq!(proofs[0].jkt(), proofs[1].jkt());

    let step = step_json(&session, "jwt-bearer");
    assert_eq!(step["attempts"], 2);
    let listed = step["exchanges"].as_array().expect("a list");
    let told = |at: usize| (&listed[at]["purpose"], &listed[at]["response"]["status"]);
    assert_eq!(told(0), (&json!("retry"), &json!(400)));
    assert_eq!(told(1), (&json!("main"), &json!(200)));
}

#[test]
fn a_nonce_is_for_the_address_that_gave_it() {
    let (mut session, requests) = walk(proving(&[]), |request| {
        (which(request) == "jwt-bearer")
            .then(|| demands(request, "n-1").unwrap_or_else(|| bound(request)))
    });
    for step in ["redeem-code", "id-jag", "call-api"] {
        assert_eq!(proof(sent(&requests, step)).nonce(), None, "{step}");
    }
    // The same address has it from the start.
    let mut nonces = Vec::new();
    scripted::drive(&mut session, Command::Send(id("jwt-bearer")), |request| {
        (which(request) == "jwt-bearer").then(|| {
            nonces.push(proof(request.http()).nonce().map(str::to_owned));
            bound(request)
        })
    });
    assert_eq!(nonces, [Some("n-1".to_owned())]);
    assert_eq!(step_json(&session, "jwt-bearer")["attempts"], 3);
}

#[test]
fn the_newest_nonce_is_taken_from_an_answer_that_is_fine() {
    let (mut session, _) = walk(proving(&[]), |request| {
        (which(request) == "jwt-bearer").then(|| with_nonce(bound(request), "n-2"))
    });
    assert_eq!(purposes(&session, "jwt-bearer"), ["main"]);
    let next = drafted(&session, "jwt-bearer");
    assert_eq!(proof(next.http()).nonce(), Some("n-2"));
    assert_eq!(
        again(&mut session, Command::Send(id("jwt-bearer")))[..1],
        ["jwt-bearer"]
    );
    assert_eq!(purposes(&session, "jwt-bearer"), ["main"]);
}

#[test]
fn a_nonce_that_is_never_right_ends_as_refused() {
    let mut given = 0;
    let (session, requests) = walk(proving(&[]), |request| {
        (which(request) == "jwt-bearer").then(|| {
            given += 1;
            with_nonce(refused("use_dpop_nonce"), &format!("n-{given}"))
        })
    });
    assert_eq!(end(&session), End::Refused);
    assert_eq!(purposes(&session, "jwt-bearer"), ["retry", "retry", "main"]);
    assert_eq!(of(&requests, "jwt-bearer").len(), 3);
    assert!(
        says(&session, "jwt-bearer").contains("use_dpop_nonce"),
        "{}",
        says(&session, "jwt-bearer")
    );
}

#[test]
fn the_same_nonce_again_is_not_tried_again() {
    let (session, requests) = walk(proving(&[]), |request| {
        (which(request) == "jwt-bearer").then(|| with_nonce(refused("use_dpop_nonce"), "n-1"))
    });
    assert_eq!(end(&session), End::Refused);
    assert_eq!(of(&requests, "jwt-bearer").len(), 2);
}

#[test]
fn without_a_nonce_to_use_and_for_another_error_nothing_is_tried_again() {
    let answers = [
        refused("use_dpop_nonce"),
        with_nonce(refused("use_dpop_nonce"), ""),
        with_nonce(refused("use_dpop_nonce"), "two words"),
        with_nonce(refused("invalid_dpop_proof"), "n-1"),
    ];
    for answer in answers {
        let (session, requests) = walk(proving(&[]), |request| {
            (which(request) == "jwt-bearer").then(|| answer.clone())
        });
        assert_eq!(end(&session), End::Refused, "{answer:?}");
        assert_eq!(of(&requests, "jwt-bearer").len(), 1, "{answer:?}");
        assert_eq!(purposes(&session, "jwt-bearer"), ["main"]);
    }
}

/// The API has nonces of its own, and says so in a challenge alone (RFC 9449 §9).
#[test]
fn an_api_that_demands_a_nonce_gets_the_same_request_with_another_proof() {
    let (session, requests) = walk(proving(&[]), |request| match which(request) {
        "jwt-bearer" => Some(with_nonce(bound(request), "of-the-as")),
        "call-api" if proof(request.http()).nonce() != Some("of-the-api") => {
            let challenge = ("WWW-Authenticate", r#"DPoP error="use_dpop_nonce""#);
            let Ok(Answer::Http(mut response)) = scripted::page(401, "") else {
                panic!("a page");
            };
            let challenge = (challenge.0.to_owned(), challenge.1.to_owned());
            response.headers.push(challenge);
            Some(with_nonce(Ok(Answer::Http(response)), "of-the-api"))
        }
        _ => None,
    });
    assert_eq!(end(&session), End::Done, "{:?}", session.notice);
    assert_eq!(purposes(&session, "call-api"), ["retry", "main"]);
    let calls = of(&requests, "call-api");
    let (first, second) = (proof(calls[0]), proof(calls[1]));
    assert_eq!(
        (first.nonce(), second.nonce()),
        (None, Some("of-the-api")),
        "the nonce of the AS is not for the API"
    );
    assert_ne!(jti(&first.claims), jti(&second.claims));
    assert_eq!(first.claims["ath"], second.claims["ath"]);
    assert_eq!(step_json(&session, "call-api")["attempts"], 2);
}

#[test]
fn without_the_mode_there_is_no_proof_whatever_servers_demand() {
    let off = proving(&[("dpop.mode", "off")]);
    let (session, requests) = walk(off, |request| {
        (which(request) == "jwt-bearer").then(|| with_nonce(refused("use_dpop_nonce"), "n-1"))
    });
    assert_eq!(end(&session), End::Refused);
    assert_eq!(of(&requests, "jwt-bearer").len(), 1);
    let proven = |request: &&Request| request.http().header("dpop").is_some();
    assert_eq!(requests.iter().filter(proven).count(), 0);
}

#[test]
fn an_unbound_token_is_put_up_with_or_refused_as_the_profile_says() {
    let (session, requests) = walk(proving(&[]), |_| None);
    assert_eq!(end(&session), End::Done, "{:?}", session.notice);
    let call = sent(&requests, "call-api");
    let field = call.header("authorization").expect("a token").wire();
    assert!(field.starts_with("Bearer "), "it is not bound");
    assert!(Proof::of(call).is_none());

    let (session, requests) = walk(proving(&[("dpop.mode", "required")]), |_| None);
    let failed = if status(&session, "redeem-code") == "failed" {
        "redeem-code"
    } else {
        "jwt-bearer"
    };
    assert_eq!(status(&session, failed), "failed");
    let says = says(&session, failed);
    assert!(
        says.contains("Expected token_type DPoP, because dpop.mode is required; received Bearer"),
        "{says}"
    );
    assert!(of(&requests, "call-api").is_empty());
}

#[test]
fn a_journal_plays_to_the_same_proofs() {
    let twist = |request: &Request| match which(request) {
        "jwt-bearer" => Some(demands(request, "n-1").unwrap_or_else(|| bound(request))),
        _ => None,
    };
    // This algorithm signs the same twice.
    let (session, _) = walk(proving(&[]), twist);
    assert!(session.replay().walk == session.walk);

    // This one does not; all but the signature is the same.
    let (session, _) = walk(proving(&[("dpop.alg", "ES256")]), twist);
    let replayed = session.replay();
    assert_eq!(replayed.walk.nonces, session.walk.nonces);
    for step in ["redeem-code", "id-jag", "jwt-bearer", "call-api"] {
        let of = |session: &Session| {
            let proof = proof(drafted(session, step).http());
            (proof.header, proof.claims)
        };
        assert_eq!(of(&session), of(&replayed), "{step}");
    }
}

#[test]
fn a_new_walk_has_another_key_and_no_nonce() {
    let (mut session, requests) = walk(proving(&[]), |request| {
        (which(request) == "redeem-code")
            .then(|| with_nonce(scripted::usual(request, scripted::NOW), "n-1"))
    });
    let before = proof(sent(&requests, "redeem-code")).jkt();
    let mut other = ink(60);
    other.seed = [9; 32];
    session.command(Command::NewWalk, other);
    assert!(session.walk.nonces.is_empty());
    session.command(
        Command::UseExisting(
            Artifact::AccessToken,
            Secret::typed("t", access_token(&before)),
        ),
        other,
    );
    let now = proof(drafted(&session, "call-api").http());
    assert_ne!(now.jkt(), before);
}

#[test]
fn a_token_that_is_handed_in_is_presented_by_what_it_says() {
    let unbound = scripted::signed(
        "at+jwt",
        &json!({ "iss": AS, "sub": "alice-1", "aud": API }),
    );
    let bound = access_token("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    for (mode, token, scheme) in [
        ("on", &bound, "DPoP "),
        ("required", &bound, "DPoP "),
        ("on", &unbound, "Bearer "),
        ("off", &bound, "Bearer "),
    ] {
        let mut session = scripted::fresh(proving(&[("dpop.mode", mode)]));
        let given = Secret::typed("t", token.as_str());
        session.command(Command::UseExisting(Artifact::AccessToken, given), ink(1));
        let mut call = None;
        scripted::drive(&mut session, Command::Send(id("call-api")), |request| {
            call = Some(request.http().clone());
            None
        });
        let call = call.expect("it was sent");
        let field = call.header("authorization").expect("a token").wire();
        assert_eq!(field, format!("{scheme}{token}"), "{mode}");
        let ath = Proof::of(&call).map(|proof| proof.claims["ath"].clone());
        let wanted = (scheme == "DPoP ").then(|| json!(b64url(&sha256(token.as_bytes()))));
        assert_eq!(ath, wanted, "{mode}");
    }
}

/// Ten polls, each with a nonce that is asked for anew: the sign-in may take its time.
#[test]
fn each_poll_of_a_device_has_a_proof_of_its_own() {
    let device = proving(&[
        ("sso.login", "device"),
        (
            "idp.device_authorization_endpoint",
            "https://idp.example/device_authorization",
        ),
    ]);
    let (mut polls, mut pending) = (Vec::new(), 0);
    let (session, _) = walk(device, |request| {
        let http = request.http();
        if http.url.ends_with("/device_authorization") {
            assert!(Proof::of(http).is_none(), "it gives no token");
            let codes = json!({
                "device_code": "dev-9b1f77aa", "user_code": "WDJB-MJHT", "expires_in": 600,
                "verification_uri": "https://idp.example/device", "interval": 2,
            });
            return Some(scripted::answer(200, &codes));
        }
        let polled = scripted::field(http, "grant_type")?.ends_with("device_code");
        if !polled {
            return None;
        }
        let proof = proof(http);
        polls.push(jti(&proof.claims));
        let wanted = format!("n-{pending}");
        if proof.nonce() != Some(&wanted) {
            return Some(with_nonce(refused("use_dpop_nonce"), &wanted));
        }
        pending += 1;
        (pending <= 10).then(|| refused("authorization_pending"))
    });
    assert_eq!(end(&session), End::Done, "{:?}", session.notice);
    let distinct: HashSet<_> = polls.iter().collect();
    assert_eq!((polls.len(), distinct.len()), (22, 22));
    let made = purposes(&session, "device-token");
    assert_eq!(made[..4], ["retry", "poll", "retry", "poll"]);
    let last: Vec<_> = made.iter().filter(|purpose| **purpose != "keys").collect();
    assert_eq!(last[last.len() - 2..], [&"retry", &"main"]);
}
