//! What comes back from the browser and in the ID Token: each fault is named and ends the walk.

use jagwalk::{
    protocol::exchange::{Answer, Failure, Redirect, Via},
    protocol::{digest::b64url, secret::Secret},
    session::{Command, Outcome, headless::End},
};
use serde_json::{Value, json};

use super::{end, id, profile, says, sent, status, walk, which};
use crate::scripted::{self, CODE, IDP, NOW, answer, redirect, signed};

/// The state that was asked with.
fn state() -> String {
    super::ink(0).token("state 1")
}

/// Comes back with these parameters; `STATE` stands for the right state.
fn back(params: &[(&str, &str)]) -> scripted::Outcome {
    let state = state();
    let params: Vec<(&str, &str)> = params
        .iter()
        .map(|(name, value)| {
            (
                *name,
                if *value == "STATE" {
                    state.as_str()
                } else {
                    *value
                },
            )
        })
        .collect();
    redirect(&params)
}

#[test]
fn a_wrong_answer_of_the_browser_ends_the_walk_with_its_reason() {
    let right = ("state", "STATE");
    let iss = ("iss", IDP);
    for (params, phrase, ends) in [
        (
            &[("code", CODE), ("state", "stale"), iss][..],
            "received stale",
            End::Failed,
        ),
        (&[("code", CODE), iss], "received none", End::Failed),
        (
            &[("code", CODE), right, ("iss", "https://evil.example")],
            "received https://evil.example",
            End::Failed,
        ),
        (
            &[("code", CODE), right, ("iss", "https://idp.example/")],
            "received https://idp.example/",
            End::Failed,
        ),
        (&[("code", CODE), right], "promises iss", End::Failed),
        (&[right, iss], "neither a code nor an error", End::Failed),
        (
            &[("code", ""), right, iss],
            "neither a code nor an error",
            End::Failed,
        ),
        (
            &[
                ("error", "access_denied"),
                ("error_description", "Bob said no"),
                right,
                iss,
            ],
            "access_denied: Bob said no",
            End::Refused,
        ),
        // An error with a wrong state or issuer is somebody else's.
        (
            &[("error", "access_denied"), ("state", "stale"), iss],
            "received stale",
            End::Failed,
        ),
        (
            &[("error", "access_denied"), right],
            "promises iss",
            End::Failed,
        ),
    ] {
        let (session, requests) = walk(scripted::profile(), |request| {
            (which(request) == "authorize").then(|| back(params))
        });
        assert_eq!(end(&session), ends, "{params:?}");
        let says = says(&session, "authorize");
        assert!(says.contains(phrase), "{params:?}: {says}");
        assert!(
            requests
                .iter()
                .all(|request| which(request) != "redeem-code"),
            "{params:?}"
        );
        assert!(
            session
                .walk
                .bag
                .value(jagwalk::flow::Artifact::Code)
                .is_none()
        );
        assert_eq!(status(&session, "redeem-code"), "blocked");
        assert_eq!(super::json(&session)["outcome"], ends.id());
    }
}

#[test]
fn every_fault_of_a_redirect_is_named_at_once() {
    let (session, _) = walk(scripted::profile(), |request| {
        (which(request) == "authorize")
            .then(|| redirect(&[("code", CODE), ("state", "x"), ("iss", "y")]))
    });
    match session.step(id("authorize")).outcome() {
        Some(Outcome::Failed(why)) => assert_eq!(why.len(), 2, "{why:?}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn whom_nobody_comes_back_from_is_told_apart_from_a_server_that_hangs() {
    for (login, what, owner) in [
        (
            "follow",
            "idp.example:443 took the request and sent no complete header within 30 s",
            "network",
        ),
        (
            "open",
            "nobody came back from the sign-in within 5 min",
            "unknown",
        ),
    ] {
        let profile = profile(&[("sso.login", login)]);
        let (session, _) = walk(profile, |request| {
            (which(request) == "authorize").then(|| Err(Failure::Timeout(what.to_owned())))
        });
        let said = says(&session, "authorize");
        assert!(said.contains(what), "{said}");
        let of_a_person = login == "open";
        assert_eq!(said.contains("error page"), of_a_person, "{said}");
        let verdict = &super::json(&session)["verdict"];
        assert_eq!(verdict["owner"], owner, "{verdict}");
        let fix = verdict["fix"].as_str().unwrap_or_default();
        assert_eq!(fix.contains("network.timeout"), !of_a_person, "{fix}");
    }
}

#[test]
fn a_missing_iss_is_fine_where_none_was_promised() {
    let (session, _) = walk(scripted::profile(), |request| match which(request) {
        "discover-idp" => {
            let mut metadata = scripted::metadata(IDP);
            metadata["authorization_response_iss_parameter_supported"] = json!(false);
            Some(answer(200, &metadata))
        }
        "authorize" => Some(back(&[("code", CODE), ("state", "STATE")])),
        _ => None,
    });
    assert_eq!(end(&session), End::Done);
    assert!(
        says(&session, "authorize").ends_with("state is right."),
        "{}",
        says(&session, "authorize")
    );
}

#[test]
fn a_bare_code_goes_on_unchecked() {
    let (session, _) = walk(scripted::profile(), |request| {
        (which(request) == "authorize").then(|| {
            Ok(Answer::Redirect(Redirect {
                url: Secret::minted("redirect", "http://127.0.0.1:8765/callback?code=c0de-c0de"),
                via: Via::PasteCode,
                hops: Vec::new(),
            }))
        })
    });
    assert_eq!(end(&session), End::Done);
    assert!(says(&session, "authorize").contains("could not be checked"));
}

#[test]
fn the_authorization_request_carries_what_the_rest_of_the_walk_needs() {
    let (session, requests) = walk(scripted::profile(), |_| None);
    let asked = sent(&requests, "authorize");
    let query = |name: &str| asked.query.get(name).expect(name).wire();
    assert_eq!(asked.url, "https://idp.example/authorize");
    assert_eq!(query("response_type"), "code");
    assert_eq!(query("client_id"), "sso-client");
    assert_eq!(query("redirect_uri"), "http://127.0.0.1:8765/callback");
    assert_eq!(query("scope"), "openid email offline_access");
    assert_eq!(query("code_challenge_method"), "S256");
    let redeemed = sent(&requests, "redeem-code");
    let field = |name: &str| scripted::field(redeemed, name).expect(name);
    assert_eq!(field("grant_type"), "authorization_code");
    assert_eq!(field("code"), CODE);
    assert_eq!(field("redirect_uri"), query("redirect_uri"));
    let verifier = field("code_verifier");
    assert_eq!(verifier.len(), 43);
    assert_eq!(
        query("code_challenge"),
        jagwalk::protocol::digest::pkce_s256(&verifier)
    );
    for (one, other) in [
        ("state", "nonce"),
        ("state", "code_challenge"),
        ("nonce", "code_challenge"),
    ] {
        assert_ne!(query(one), query(other));
    }
    // The verifier stays here until the code is redeemed.
    assert!(!asked.address().contains(&verifier));
    assert_eq!(end(&session), End::Done);
}

#[test]
fn a_state_and_a_nonce_of_the_profile_are_what_is_compared() {
    let own = profile(&[
        ("sso.params.state", "my-own-state"),
        ("step.authorize.params.nonce", "my-own-nonce"),
    ]);
    let (session, requests) = walk(own, |request| match which(request) {
        "authorize" => Some(redirect(&[
            ("code", CODE),
            ("state", "my-own-state"),
            ("iss", IDP),
        ])),
        "redeem-code" => Some(answer(
            200,
            &tokens(&signed("JWT", &claims(&[("nonce", json!("my-own-nonce"))]))),
        )),
        _ => None,
    });
    assert_eq!(
        sent(&requests, "authorize")
            .query
            .get("state")
            .expect("it is sent")
            .wire(),
        "my-own-state"
    );
    assert_eq!(
        end(&session),
        End::Done,
        "{} {}",
        says(&session, "authorize"),
        says(&session, "redeem-code")
    );
}

/// The claims of a good ID Token, with some changed; null takes one out.
fn claims(changes: &[(&str, Value)]) -> Value {
    let now = NOW.secs();
    let mut claims = json!({
        "iss": IDP, "sub": "alice-1", "aud": "sso-client", "nonce": super::ink(0).token("nonce 1"), "iat": now, "exp": now + 3600,
    });
    for (name, value) in changes {
        claims[*name] = value.clone();
        if value.is_null() {
            claims.as_object_mut().expect("an object").remove(*name);
        }
    }
    claims
}

fn tokens(id_token: &str) -> Value {
    json!({ "access_token": "sso-access-1", "token_type": "Bearer", "expires_in": 60, "id_token": id_token })
}

#[test]
fn every_fault_of_an_id_token_is_named_and_ends_the_walk() {
    let past = NOW.secs() - 3600;
    for (changes, phrases) in [
        (
            &[("nonce", json!("older"))][..],
            &["nonce of the ID Token: expected ", "received older"][..],
        ),
        (&[("nonce", Value::Null)], &["received none"]),
        (
            &[("aud", json!("other-client"))],
            &["expected sso-client, received other-client"],
        ),
        (&[("aud", json!(["a", "b"]))], &["received a, b"]),
        (
            &[("aud", Value::Null)],
            &["expected sso-client, received none"],
        ),
        (
            &[("iss", json!("https://idp.example/"))],
            &["expected https://idp.example, received https://idp.example/"],
        ),
        (
            &[("iss", Value::Null)],
            &["iss of the ID Token", "received none"],
        ),
        (&[("exp", json!(past))], &["has expired", "1 h ago"]),
        (&[("exp", Value::Null)], &["has no exp"]),
        (&[("iat", Value::Null)], &["has no iat"]),
        (&[("sub", Value::Null)], &["has no sub"]),
        (
            &[
                ("nonce", json!("older")),
                ("aud", json!("other")),
                ("iss", json!("x")),
                ("exp", json!(past)),
            ],
            &[
                "received older",
                "received other",
                "received x",
                "has expired",
            ],
        ),
    ] {
        let (session, requests) = walk(scripted::profile(), |request| {
            (which(request) == "redeem-code")
                .then(|| answer(200, &tokens(&signed("JWT", &claims(changes)))))
        });
        assert_eq!(end(&session), End::Failed, "{changes:?}");
        assert_eq!(status(&session, "redeem-code"), "failed");
        let says = says(&session, "redeem-code");
        for phrase in phrases {
            assert!(says.contains(phrase), "{changes:?}: {says}");
        }
        assert!(requests.iter().all(|request| which(request) != "id-jag"));
        assert!(
            session
                .walk
                .bag
                .value(jagwalk::flow::Artifact::IdToken)
                .is_none(),
            "a bad ID Token is not handed on"
        );
        // It can be looked at all the same.
        assert!(
            session
                .step(id("redeem-code"))
                .last()
                .expect("it ran")
                .tokens
                .iter()
                .any(|token| token.name == "id-token")
        );
    }
}

#[test]
fn an_audience_among_others_and_a_clock_a_little_off_are_fine() {
    for change in [
        ("aud", json!(["another", "sso-client"])),
        ("exp", json!(NOW.secs() - 30)),
    ] {
        let (session, _) = walk(scripted::profile(), |request| {
            (which(request) == "redeem-code").then(|| {
                answer(
                    200,
                    &tokens(&signed("JWT", &claims(std::slice::from_ref(&change)))),
                )
            })
        });
        assert_eq!(
            end(&session),
            End::Done,
            "{change:?}: {}",
            says(&session, "redeem-code")
        );
    }
}

#[test]
fn an_answer_without_an_id_token_or_with_one_that_is_none_ends_the_walk() {
    for (body, phrase) in [
        (
            json!({ "access_token": "a-token", "token_type": "Bearer" }),
            "The answer has no id_token",
        ),
        (
            json!({ "id_token": 7, "access_token": "a-token" }),
            "The answer has no id_token",
        ),
        (json!({}), "The answer has no id_token"),
        (tokens("not-a-jwt"), "no readable JWT"),
        (
            tokens(&format!(
                "{}.{}.x",
                b64url(b"{\"alg\":\"EdDSA\"}"),
                b64url(b"[1]")
            )),
            "no iss",
        ),
    ] {
        let (session, _) = walk(scripted::profile(), |request| {
            (which(request) == "redeem-code").then(|| answer(200, &body))
        });
        assert_eq!(end(&session), End::Failed, "{body}");
        let says = says(&session, "redeem-code");
        assert!(
            says.contains(phrase) || says.contains("received none"),
            "{body}: {says}"
        );
    }
}

fn suspect(claims: &Value, alg_none: bool) -> String {
    if alg_none {
        return format!(
            "{}.{}.",
            b64url(b"{\"alg\":\"none\"}"),
            b64url(claims.to_string().as_bytes())
        );
    }
    let good = signed("JWT", claims);
    let (input, signature) = good.rsplit_once('.').expect("three parts");
    let flipped = if signature.starts_with('A') { "B" } else { "A" };
    format!("{input}.{flipped}{}", &signature[1..])
}

#[test]
fn a_signature_that_fails_ends_a_run_and_on_the_screen_asks() {
    for alg_none in [false, true] {
        let token = suspect(&claims(&[]), alg_none);
        let (mut session, requests) = walk(scripted::profile(), |request| {
            (which(request) == "redeem-code").then(|| answer(200, &tokens(&token)))
        });
        assert_eq!(end(&session), End::Failed);
        assert_eq!(end(&session).code(), 3);
        assert_eq!(status(&session, "redeem-code"), "failed");
        assert_eq!(
            super::signature(&session, "redeem-code", "id-token").id(),
            "failed"
        );
        assert!(requests.iter().all(|request| which(request) != "id-jag"));
        assert!(session.walk.run_to.is_none());

        // On the screen the next step asks, and a no sends nothing.
        let send = Command::Send(id("id-jag"));
        assert!(session.command(send.clone(), super::ink(20)).is_empty());
        let question = session.question.clone().expect("it asks");
        assert_eq!(question.step, id("id-jag"));
        assert!(
            question.says.contains("signature of the ID Token failed"),
            "{}",
            question.says
        );
        assert!(session.command(Command::Dismiss, super::ink(21)).is_empty());
        assert!(session.question.is_none());
        // A yes goes on, once for this token.
        assert!(session.command(send, super::ink(22)).is_empty());
        let (_, _, request) = super::sending(&session.command(Command::Confirm, super::ink(23)));
        assert_eq!(which(&request), "id-jag");
        assert_eq!(
            scripted::field(request.http(), "subject_token").as_deref(),
            Some(token.as_str())
        );
    }
}

#[test]
fn a_yes_to_one_suspect_token_is_none_to_the_next() {
    let token = suspect(&claims(&[]), false);
    let (mut session, _) = walk(scripted::profile(), |request| {
        (which(request) == "redeem-code").then(|| answer(200, &tokens(&token)))
    });
    let twist = |request: &jagwalk::protocol::exchange::Request| {
        (which(request) == "redeem-code").then(|| answer(200, &tokens(&token)))
    };
    session.command(Command::Send(id("id-jag")), super::ink(20));
    scripted::drive(&mut session, Command::Confirm, twist);
    assert_eq!(status(&session, "id-jag"), "done");
    scripted::drive(&mut session, Command::Send(id("redeem-code")), twist);
    assert!(
        session
            .command(Command::Send(id("id-jag")), super::ink(40))
            .is_empty()
    );
    assert!(
        session.question.is_some(),
        "another suspect token goes out without a question"
    );
}
