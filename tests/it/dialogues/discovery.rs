//! Discovery and keys: two well-known forms, the issuer character by character, keys fetched once.

use jagwalk::{
    protocol::{exchange::Request, jwt::Signature},
    session::headless::End,
};
use serde_json::json;

use super::{end, id, profile, purposes, says, signature, status, step_json, walk, which};
use crate::scripted::{self, AS, IDP, answer, page};

#[test]
fn discovery_falls_back_to_the_other_form_and_both_are_reported() {
    for odd in [
        page(404, "<html>no</html>"),
        answer(200, &json!(["not", "an object"])),
        page(200, "<html>"),
    ] {
        let (session, sent) = walk(scripted::profile(), |request| {
            let url = &request.http().url;
            if *url == format!("{IDP}/.well-known/openid-configuration") {
                return Some(odd.clone());
            }
            (*url == format!("{IDP}/.well-known/oauth-authorization-server"))
                .then(|| answer(200, &scripted::metadata(IDP)))
        });
        assert_eq!(
            end(&session),
            End::Done,
            "{}",
            says(&session, "discover-idp")
        );
        let asked = sent.iter().map(|request| request.http().url.as_str());
        let urls: Vec<_> = asked.filter(|url| url.starts_with(IDP)).take(3).collect();
        assert_eq!(
            urls,
            [
                "https://idp.example/.well-known/openid-configuration",
                "https://idp.example/.well-known/oauth-authorization-server",
                "https://idp.example/jwks"
            ]
        );
        let report = step_json(&session, "discover-idp");
        let purposes: Vec<_> = report["exchanges"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|made| made["purpose"].as_str().expect("a word").to_owned())
            .collect();
        assert_eq!(purposes, ["metadata", "main", "keys"]);
        assert_eq!(report["request"]["url"], urls[1]);
        assert_eq!(report["response"]["status"], 200);
        assert_eq!(report["attempts"], 1);
    }
}

#[test]
fn when_neither_form_answers_the_last_answer_counts() {
    let (session, sent) = walk(scripted::profile(), |request| {
        (which(request) == "discover-idp").then(|| page(404, "<html>no</html>"))
    });
    assert_eq!(end(&session), End::Refused);
    let asked = |step| sent.iter().filter(|request| which(request) == step).count();
    assert_eq!(asked("discover-idp"), 2);
    // The other server was asked beside it, and nothing comes after both.
    assert_eq!(status(&session, "discover-resource-as"), "done");
    assert_eq!(status(&session, "authorize"), "blocked");
}

#[test]
fn an_issuer_with_a_path_has_its_well_known_part_in_the_right_place() {
    let (_, sent) = walk(
        profile(&[("resource_as.issuer", "https://as.todo.example/tenant/x")]),
        |request| (which(request) == "discover-resource-as").then(|| page(404, "")),
    );
    let urls: Vec<_> = sent
        .iter()
        .filter(|request| which(request) == "discover-resource-as")
        .map(|request| request.http().url.as_str())
        .collect();
    assert_eq!(
        urls,
        [
            "https://as.todo.example/.well-known/oauth-authorization-server/tenant/x",
            "https://as.todo.example/tenant/x/.well-known/openid-configuration",
        ]
    );
}

#[test]
fn metadata_of_another_issuer_is_thrown_away_and_both_strings_are_shown() {
    let slash = format!("{IDP}/");
    for (wanted, came) in [
        (IDP, slash.as_str()),
        (slash.as_str(), IDP),
        (IDP, "https://evil.example"),
    ] {
        let (session, sent) = walk(profile(&[("idp.issuer", wanted)]), |request| {
            (which(request) == "discover-idp").then(|| answer(200, &scripted::metadata(came)))
        });
        assert_eq!(end(&session), End::Failed, "{wanted} {came}");
        assert_eq!(status(&session, "discover-idp"), "failed");
        let says = says(&session, "discover-idp");
        assert!(
            says.contains(&format!("expected {wanted}, received {came}.")),
            "{says}"
        );
        assert!(
            session
                .walk
                .bag
                .metadata(jagwalk::protocol::party::Party::Idp)
                .is_none()
        );
        // A document of somebody else leads nowhere: neither keys nor the other form are asked for.
        let to_idp = |request: &&Request| request.http().url.starts_with(IDP);
        assert_eq!(sent.iter().filter(to_idp).count(), 1);
    }
}

#[test]
fn endpoints_of_the_profile_leave_discovery_out_and_keys_are_fetched_once_where_they_are_needed() {
    let overridden = profile(&[
        (
            "idp.authorization_endpoint",
            "https://idp.example/authorize",
        ),
        ("idp.token_endpoint", "https://idp.example/token"),
        ("idp.jwks_uri", "https://idp.example/jwks"),
        (
            "resource_as.token_endpoint",
            "https://as.todo.example/token",
        ),
        ("resource_as.jwks_uri", "https://as.todo.example/jwks"),
    ]);
    let (session, sent) = walk(overridden, |_| None);
    assert_eq!(end(&session), End::Done);
    let order: Vec<_> = sent.iter().map(which).collect();
    assert_eq!(
        order,
        [
            "authorize",
            "redeem-code",
            "keys of idp",
            "id-jag",
            "jwt-bearer",
            "keys of as",
            "call-api"
        ]
    );
    for step in ["discover-idp", "discover-resource-as"] {
        assert_eq!(status(&session, step), "skipped");
    }
    assert_eq!(purposes(&session, "redeem-code"), ["main", "keys"]);
    assert_eq!(purposes(&session, "id-jag"), ["main"]);
    for (step, token) in [
        ("redeem-code", "id-token"),
        ("id-jag", "id-jag"),
        ("jwt-bearer", "access-token"),
    ] {
        assert_eq!(signature(&session, step, token).id(), "verified", "{step}");
    }
}

#[test]
fn without_a_jwks_uri_a_signature_is_not_checked_and_the_reason_stands_there() {
    let (session, sent) = walk(scripted::profile(), |request| {
        let party = match which(request) {
            "discover-idp" => IDP,
            "discover-resource-as" => AS,
            _ => return None,
        };
        let mut metadata = scripted::metadata(party);
        metadata
            .as_object_mut()
            .expect("an object")
            .remove("jwks_uri");
        Some(answer(200, &metadata))
    });
    assert_eq!(end(&session), End::Done);
    assert!(
        sent.iter()
            .all(|request| !which(request).starts_with("keys"))
    );
    for (step, token) in [
        ("redeem-code", "id-token"),
        ("id-jag", "id-jag"),
        ("jwt-bearer", "access-token"),
    ] {
        match signature(&session, step, token) {
            Signature::NotChecked { why } => {
                assert!(why.contains("no keys of the issuer are known"), "{why}");
            }
            other => panic!("{step}: {other:?}"),
        }
    }
    assert!(says(&session, "discover-idp").contains("it names no jwks_uri"));
}

/// The keys that a server shows first: none that signs.
fn other_keys() -> scripted::Outcome {
    let mut jwk = scripted::key().registration_jwk();
    jwk["kid"] = json!("an-older-key");
    answer(200, &json!({ "keys": [jwk] }))
}

#[test]
fn an_unknown_kid_makes_one_fetch_and_a_new_key_verifies() {
    let mut fetches = 0;
    let (session, _) = walk(scripted::profile(), |request| {
        if which(request) != "keys of idp" {
            return None;
        }
        fetches += 1;
        (fetches == 1).then(other_keys)
    });
    assert_eq!(end(&session), End::Done);
    assert_eq!(fetches, 2);
    assert_eq!(purposes(&session, "redeem-code"), ["main", "keys"]);
    assert_eq!(
        signature(&session, "redeem-code", "id-token").id(),
        "verified"
    );
    // The fresh keys stay for the steps that follow.
    assert_eq!(purposes(&session, "id-jag"), ["main"]);
    assert_eq!(signature(&session, "id-jag", "id-jag").id(), "verified");
}

#[test]
fn a_kid_that_stays_unknown_is_not_checked_after_one_fetch_a_step() {
    let (session, sent) = walk(scripted::profile(), |request| {
        (which(request) == "keys of idp").then(other_keys)
    });
    assert_eq!(end(&session), End::Done);
    // One at discovery, one for each of the two steps that received a token.
    assert_eq!(
        sent.iter()
            .filter(|request| which(request) == "keys of idp")
            .count(),
        3
    );
    match signature(&session, "redeem-code", "id-token") {
        Signature::NotChecked { why } => {
            assert!(
                why.contains("no key with kid") && why.contains("https://idp.example/jwks"),
                "{why}"
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn keys_that_cannot_be_had_say_why_and_stop_nothing() {
    for (odd, reason) in [
        (page(500, "oops"), "answered 500"),
        (page(200, "<html>"), "HTML"),
        (answer(200, &json!({ "jwks": [] })), "no list `keys`"),
        (
            Err(jagwalk::protocol::exchange::Failure::Connect(
                "refused".to_owned(),
            )),
            "could not be fetched",
        ),
    ] {
        let (session, _) = walk(scripted::profile(), |request| {
            (which(request) == "keys of idp").then(|| odd.clone())
        });
        assert_eq!(end(&session), End::Done, "{reason}");
        assert!(
            says(&session, "discover-idp").contains(reason),
            "{}",
            says(&session, "discover-idp")
        );
        match signature(&session, "redeem-code", "id-token") {
            Signature::NotChecked { why } => assert!(why.contains(reason), "{why}"),
            other => panic!("{reason}: {other:?}"),
        }
        assert!(session.step(id("redeem-code")).is_fresh());
    }
}
