//! Whatever a server answers is called by its name: refused, failed, unreachable; never mixed up.

use jagwalk::{
    protocol::{
        exchange::{Answer, Failure},
        http::{Bytes, Response},
    },
    session::{Outcome, headless::End},
};
use serde_json::json;

use super::{end, json as report, says, status, step_json, twisted, walk, which};
use crate::scripted::{self, answer, page, respond};

/// The steps that send over the back channel and whose server answers with JSON.
const TOKEN_STEPS: [&str; 3] = ["redeem-code", "id-jag", "jwt-bearer"];

/// The answer, the outcome of the walk, and what is said.
type Row = (scripted::Outcome, End, &'static [&'static str]);

fn cut(body: &str) -> scripted::Outcome {
    Ok(Answer::Http(Response {
        status: 200,
        headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
        body_size: 9,
        body: Bytes(body.as_bytes().to_vec()),
        cut: Some("the connection was closed after 9 bytes".to_owned()),
    }))
}

fn moved(status: u16) -> scripted::Outcome {
    Ok(Answer::Http(Response {
        status,
        headers: vec![(
            "Location".to_owned(),
            "https://evil.example/token".to_owned(),
        )],
        body_size: 0,
        body: Bytes(Vec::new()),
        cut: None,
    }))
}

fn challenge(status: u16) -> scripted::Outcome {
    Ok(Answer::Http(Response {
        status,
        headers: vec![(
            "WWW-Authenticate".to_owned(),
            r#"Bearer error="invalid_token", error_description="it is too old""#.to_owned(),
        )],
        body_size: 4,
        body: Bytes(b"nope".to_vec()),
        cut: None,
    }))
}

fn rows() -> Vec<Row> {
    let error = json!({ "error": "invalid_target", "error_description": "no such audience" });
    vec![
        (
            answer(400, &error),
            End::Refused,
            &["refused: invalid_target: no such audience (400)"],
        ),
        (
            answer(
                400,
                &json!({ "errorCode": "E0001", "errorSummary": "vendor words" }),
            ),
            End::Refused,
            &["E0001: vendor words"],
        ),
        (
            answer(400, &json!({ "error": { "code": 7 } })),
            End::Refused,
            &["no OAuth error in the answer (400)"],
        ),
        (
            page(401, "<html>Log in</html>"),
            End::Refused,
            &["no OAuth error in the answer (401)"],
        ),
        (
            challenge(401),
            End::Refused,
            &["invalid_token: it is too old (401)"],
        ),
        (page(500, "stack trace"), End::Refused, &["(500)"]),
        (
            respond(503, "text/plain", Vec::new()),
            End::Refused,
            &["(503)"],
        ),
        (
            moved(302),
            End::Failed,
            &["answered 302", "https://evil.example/token", "not followed"],
        ),
        (moved(307), End::Failed, &["answered 307", "not followed"]),
        (
            Err(Failure::Name("no.example".to_owned())),
            End::Unreachable,
            &["could not be resolved: no.example"],
        ),
        (
            Err(Failure::Connect("it refused".to_owned())),
            End::Unreachable,
            &["No connection: it refused"],
        ),
        (
            Err(Failure::Tls("the certificate has expired".to_owned())),
            End::Unreachable,
            &["TLS failed: the certificate has expired"],
        ),
        (
            Err(Failure::Timeout("after 30 s".to_owned())),
            End::Unreachable,
            &["No answer in time: after 30 s"],
        ),
        (
            Err(Failure::Broken("no HTTP".to_owned())),
            End::Failed,
            &["could not be read: no HTTP"],
        ),
    ]
}

/// What only a token endpoint must not answer.
fn token_rows() -> Vec<Row> {
    vec![
        (
            page(200, "<html>Sign in</html>"),
            End::Failed,
            &["HTML page"],
        ),
        (
            answer(
                200,
                &json!({ "error": "slow_down", "error_description": "later" }),
            ),
            End::Refused,
            &["200 and the error slow_down"],
        ),
        (
            respond(200, "application/json", Vec::new()),
            End::Failed,
            &["empty body"],
        ),
        (
            respond(
                200,
                "application/json",
                b"{\"access_token\":\"\xff\"}".to_vec(),
            ),
            End::Failed,
            &["does not parse"],
        ),
        (
            respond(204, "application/json", Vec::new()),
            End::Failed,
            &["Expected status 200", "received 204"],
        ),
        (
            answer(201, &json!({ "access_token": "x" })),
            End::Failed,
            &["received 201"],
        ),
        (cut("{\"access_"), End::Failed, &["not whole"]),
    ]
}

fn expect(step: &'static str, (outcome, ends, phrases): &Row) {
    let session = twisted(step, outcome);
    let what = format!("{step} {outcome:?}");
    assert_eq!(end(&session), *ends, "{what}");
    let said = says(&session, step);
    for phrase in *phrases {
        assert!(said.contains(phrase), "{what}: {said}");
    }
    let word = match ends {
        End::Refused => "refused",
        End::Unreachable => "unreachable",
        _ => "failed",
    };
    assert_eq!(status(&session, step), word, "{what}");
    let report = report(&session);
    assert_eq!(report["outcome"], ends.id(), "{what}");
    assert!(report["verdict"]["owner"].is_string(), "{what}");
    assert!(
        report["verdict"]["because"]
            .as_array()
            .is_some_and(|facts| !facts.is_empty()),
        "a verdict rests on facts: {what}"
    );
    // Nothing that comes after it ran.
    let steps = session.walk.steps.iter();
    let after: usize = steps
        .skip_while(|state| state.id.0 != step)
        .skip(1)
        // The other server was asked beside it.
        .filter(|state| state.id.0 != "discover-resource-as")
        .map(|state| state.attempts.len())
        .sum();
    assert_eq!(after, 0, "{what}");
    assert!(session.waiting().is_none() && session.walk.run_to.is_none());
}

#[test]
fn every_answer_of_every_step_is_called_by_its_name() {
    for step in TOKEN_STEPS.into_iter().chain(["call-api", "discover-idp"]) {
        for row in rows() {
            expect(step, &row);
        }
    }
    for step in TOKEN_STEPS {
        for row in token_rows() {
            expect(step, &row);
        }
    }
}

#[test]
fn discovery_that_is_no_metadata_has_failed() {
    for (outcome, phrase) in [
        (page(200, "<html>"), "HTML page"),
        (answer(200, &json!("text")), "Expected a JSON object"),
        (cut("{\"issuer\""), "not whole"),
        (answer(200, &json!({})), "received none"),
        (respond(204, "text/plain", Vec::new()), "received 204"),
    ] {
        let session = twisted("discover-resource-as", &outcome);
        assert_eq!(end(&session), End::Failed, "{outcome:?}");
        let says = says(&session, "discover-resource-as");
        assert!(says.contains(phrase), "{outcome:?}: {says}");
    }
}

#[test]
fn exit_statuses_follow_from_how_a_walk_ends() {
    for (ends, code, word) in [
        (End::Done, 0, "done"),
        (End::Refused, 3, "refused"),
        (End::Failed, 3, "failed"),
        (End::Unreachable, 4, "unreachable"),
        (End::Blocked, 2, "blocked"),
        (End::Interrupted, 130, "interrupted"),
    ] {
        assert_eq!((ends.code(), ends.id()), (code, word));
    }
}

#[test]
fn a_redirect_is_not_followed() {
    for step in TOKEN_STEPS {
        let (_, requests) = walk(scripted::profile(), |request| {
            (which(request) == step).then(|| moved(302))
        });
        assert!(
            requests
                .iter()
                .all(|request| !request.http().url.contains("evil.example"))
        );
        assert_eq!(
            requests
                .iter()
                .filter(|request| which(request) == step)
                .count(),
            1
        );
    }
}

#[test]
fn an_answer_without_the_token_it_is_for_has_failed() {
    for (step, phrase) in [
        ("id-jag", "that member holds what was issued"),
        ("jwt-bearer", "The answer has no access_token"),
    ] {
        for body in [
            json!({}),
            json!({ "access_token": "" }),
            json!({ "access_token": 5 }),
            json!({ "access_token": null }),
        ] {
            let session = twisted(step, &answer(200, &body));
            assert_eq!(end(&session), End::Failed, "{step} {body}");
            assert!(says(&session, step).contains(phrase), "{step} {body}");
        }
    }
}

#[test]
fn odd_but_usable_answers_go_on_and_are_remarked_on() {
    // Something else than an ID-JAG may still be what the next server wants; it is said, and tried.
    let session = twisted(
        "id-jag",
        &answer(
            200,
            &json!({ "access_token": "opaque-thing-1", "issued_token_type": "urn:x" }),
        ),
    );
    assert_eq!(end(&session), End::Done);
    assert!(
        says(&session, "id-jag").contains("not an ID-JAG"),
        "{}",
        says(&session, "id-jag")
    );
    assert!(says(&session, "id-jag").contains("urn:x"));
    // Numbers as texts, and answers of a list or a text instead of an object.
    let session = twisted(
        "jwt-bearer",
        &answer(
            200,
            &json!({ "access_token": "opaque-2", "expires_in": "600" }),
        ),
    );
    assert_eq!(end(&session), End::Done);
    let token = &session
        .step(super::id("jwt-bearer"))
        .last()
        .expect("it ran")
        .tokens[0];
    assert!(token.expires.is_some());
    for body in [json!([]), json!("text"), json!(7), json!(null)] {
        let session = twisted("jwt-bearer", &answer(200, &body));
        assert_eq!(end(&session), End::Failed, "{body}");
    }
    for huge in [i64::MAX, i64::MIN, 0, -1] {
        let session = twisted(
            "jwt-bearer",
            &answer(
                200,
                &json!({ "access_token": "opaque-3", "expires_in": huge }),
            ),
        );
        assert_eq!(end(&session), End::Done, "{huge}");
        let _ = report(&session);
    }
}

#[test]
fn a_signature_that_fails_on_any_token_is_suspect() {
    for (step, token) in [("id-jag", "id-jag"), ("jwt-bearer", "access-token")] {
        let typ = if step == "id-jag" {
            "oauth-id-jag+jwt"
        } else {
            "at+jwt"
        };
        let good = scripted::signed(typ, &json!({ "sub": "alice" }));
        let (input, _) = good.rsplit_once('.').expect("three parts");
        let bad = format!("{input}.{}", "A".repeat(86));
        let session = twisted(step, &answer(200, &json!({ "access_token": bad })));
        assert_eq!(end(&session), End::Failed, "{step}");
        assert!(super::has_outcome(&session, step, |outcome| matches!(
            outcome,
            Outcome::Suspect(_)
        )));
        assert_eq!(
            step_json(&session, step)["tokens"][0]["signature"],
            "failed"
        );
        assert_eq!(step_json(&session, step)["tokens"][0]["name"], token);
        assert_eq!(step_json(&session, step)["status"], "failed");
    }
}
