//! SAML assertions as subject: against the lab and against servers that answer otherwise, handed in whole and in pieces.

use base64::Engine as _;
use jagwalk::{
    flow::{Artifact, Ink, Origin, StepId},
    profile::{FieldValue, Profile, SecretSource, fields},
    protocol::{digest::b64url, oauth::urn, secret::Secret},
    session::{Command, Outcome, Session, headless::End},
    ui::{
        panels::PANELS,
        rows::{Cx, plain},
        theme::Glyphs,
    },
};
use serde_json::{Value, json};

use crate::{scripted, walks, world::World};

const SAML_REFRESH: StepId = StepId("saml-refresh");
const ID_JAG: StepId = StepId("id-jag");

const XML: &str = "<saml2:Assertion xmlns:saml2=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"_7f3e\">\n  alice of Acme\n\
                   </saml2:Assertion>";

fn subject(mut profile: Profile, word: &str) -> Profile {
    profile.set(fields::AGENT_SUBJECT, FieldValue::Text(word.to_owned()));
    profile
}

fn with_assertion(mut profile: Profile, text: &str) -> Profile {
    let secret = Secret::typed("agent.saml_assertion", text);
    profile.set(
        fields::AGENT_SAML_ASSERTION,
        FieldValue::Secret(SecretSource::Inline(secret)),
    );
    profile
}

fn ids(session: &Session) -> Vec<&'static str> {
    let needed = session.steps().map(|step| step.info().id);
    needed
        .filter(|id| session.left_out(*id).is_none())
        .map(|id| id.0)
        .collect()
}

fn ink() -> Ink {
    Ink {
        now: scripted::NOW,
        seed: scripted::SEED,
    }
}

#[track_caller]
fn form(session: &Session, step: StepId, name: &str) -> String {
    let attempt = session.step(step).last().expect("it was sent");
    let request = attempt.main().expect("it was answered").request.http();
    scripted::field(request, name).unwrap_or_default()
}

#[tokio::test]
async fn the_lab_is_walked_with_a_saml_assertion_and_nobody_signs_in() {
    let (lab, profile) = walks::lab().await;
    for (word, steps) in [
        ("saml2", &["id-jag"][..]),
        ("saml2_refresh", &["saml-refresh", "id-jag"]),
    ] {
        let (session, end) = walks::walk(subject(profile.clone(), word)).await;
        assert!(end == End::Done, "{word}: {}", walks::story(&session));
        let all = ["discover-idp", "discover-resource-as"]
            .iter()
            .chain(steps)
            .chain(&["jwt-bearer", "call-api"]);
        assert_eq!(ids(&session), all.copied().collect::<Vec<_>>());
        let api = session.step(StepId("call-api")).last().unwrap();
        let body = api.main().unwrap().response().unwrap().json().unwrap();
        assert_eq!(body["sub"], "u-1001-alice");
        let kind = form(&session, ID_JAG, "subject_token_type");
        if word == "saml2" {
            assert_eq!(kind, urn::SAML2);
        } else {
            assert_eq!(kind, urn::REFRESH_TOKEN);
            let held = session.walk.bag.held(Artifact::RefreshToken).unwrap();
            assert_eq!(held.origin, Origin::Step(SAML_REFRESH));
            assert!(held.expires.is_some());
            assert_eq!(
                form(&session, SAML_REFRESH, "subject_token_type"),
                urn::SAML2
            );
            let scope = form(&session, SAML_REFRESH, "scope");
            assert_eq!(scope, "openid email offline_access");
        }
    }
    // One that policy denies is refused at the exchange, not before.
    let bobs = lab.saml_assertion("bob").unwrap().reveal().to_owned();
    let profile = with_assertion(subject(profile, "saml2_refresh"), &bobs);
    let (session, end) = walks::walk(profile).await;
    assert!(end == End::Refused, "{}", walks::story(&session));
    assert!(session.step(SAML_REFRESH).is_fresh());
    let Some(Outcome::Refused(error)) = session.step(ID_JAG).outcome() else {
        panic!("{}", walks::story(&session));
    };
    assert_eq!(error.error.as_deref(), Some("access_denied"));
}

#[test]
fn the_program_walks_its_lab_from_a_saml_assertion_and_shows_nothing_of_it() {
    let world = World::new();
    for (word, step) in [("saml2", ID_JAG), ("saml2_refresh", SAML_REFRESH)] {
        let set = format!("agent.subject={word}");
        let args = ["run", "--profile", "lab", "--set", &set, "--format", "json"];
        let output = world.run(&args, "").expect_code(0);
        let report = output.json();
        assert_eq!(report["outcome"], "done", "{output}");
        let steps = report["steps"].as_array().unwrap();
        let of = |id: &str| steps.iter().find(|json| json["id"] == id).unwrap();
        assert_eq!(of("authorize")["status"], "skipped", "{output}");
        let shown = of(step.0);
        assert_eq!(shown["status"], "done", "{output}");
        let tokens = shown["tokens"].as_array().unwrap();
        let saml = tokens.iter().find(|json| json["kind"] == "saml").unwrap();
        assert_eq!(saml["signature"], "not-checked");
        // `<saml2:Assertion` and its first words in base64.
        for part in ["saml2:Assertion xmlns", "PHNhbWwyOkFzc2VydGlvb"] {
            assert!(!output.stdout.contains(part), "{output}");
            assert!(!output.stderr.contains(part), "{output}");
        }
    }
}

#[tokio::test]
async fn the_lab_refuses_an_assertion_that_was_altered_and_the_walk_says_so() {
    let (lab, profile) = walks::lab().await;
    let altered = lab
        .saml_assertion("alice")
        .unwrap()
        .reveal()
        .replace("alice", "carol");
    for word in ["saml2", "saml2_refresh"] {
        let profile = with_assertion(subject(profile.clone(), word), &altered);
        let (session, end) = walks::walk(profile).await;
        assert!(end == End::Refused, "{word}: {}", walks::story(&session));
        let story = walks::story(&session);
        assert!(story.contains("is not as it was issued"), "{story}");
    }
}

#[test]
fn an_assertion_is_handed_in_as_xml_or_encoded_and_shown_where_it_is_taken() {
    let wrapped = base64::engine::general_purpose::STANDARD
        .encode(XML)
        .replace('Y', "Y\n");
    for text in [
        XML.to_owned(),
        format!("{XML}\n"),
        b64url(XML.as_bytes()),
        wrapped,
    ] {
        let mut session = scripted::fresh(subject(scripted::profile(), "saml2"));
        let assertion = Secret::minted("pasted", text);
        session.command(
            Command::UseExisting(Artifact::SamlAssertion, assertion),
            ink(),
        );
        let notice = session.notice.clone().unwrap();
        assert!(!notice.bad, "{}", notice.says);
        let given = &session.step(ID_JAG).given;
        assert_eq!(given.len(), 1);
        assert_eq!(given[0].signature.id(), "not-checked");
        // Neither form of it is shown from now on, and both under one fingerprint.
        let masked = session
            .vault
            .mask(&format!("{XML} {}", b64url(XML.as_bytes())));
        let shown = format!("‹saml-assertion:{}›", given[0].fingerprint);
        assert_eq!(masked, format!("{shown} {shown}"));
        scripted::drive(&mut session, Command::SendThrough(scripted::last()), |_| {
            None
        });
        assert_eq!(
            form(&session, ID_JAG, "subject_token"),
            b64url(XML.as_bytes())
        );
        assert_eq!(session.next_step(None), None);
        assert!(session.step(StepId("authorize")).attempts.is_empty());
        let withdraw = Command::Withdraw(Artifact::SamlAssertion);
        session.command(withdraw, ink());
        assert!(session.step(ID_JAG).given.is_empty() && session.step(ID_JAG).stale);
    }
}

#[test]
fn the_panels_name_the_assertion_and_show_its_xml_only_on_demand() {
    let seen = |session: &Session, id: &str, reveal: bool| {
        let panel = PANELS.iter().find(|panel| panel.id == id).unwrap();
        plain(&(panel.rows)(&Cx {
            session,
            step: ID_JAG,
            now: scripted::NOW,
            vault: &if reveal {
                session.vault.without(&session.vault.ids())
            } else {
                session.vault.clone()
            },
            glyphs: Glyphs::UNICODE,
            width: 120,
            log_whole: true,
            attempt: None,
        }))
    };
    let through = || Command::SendThrough(scripted::last());
    let profile = with_assertion(subject(scripted::profile(), "saml2"), XML);
    let mut session = scripted::fresh(profile);
    scripted::drive(&mut session, through(), |_| None);
    let text = seen(&session, "inputs", false);
    assert!(text.contains("from agent.saml_assertion"), "{text}");
    let of_profile = seen(&session, "tokens", false);
    assert!(of_profile.contains("from the profile"), "{of_profile}");

    let mut session = scripted::fresh(subject(scripted::profile(), "saml2"));
    let pasted = Command::UseExisting(Artifact::SamlAssertion, Secret::minted("pasted", XML));
    session.command(pasted, ink());
    scripted::drive(&mut session, through(), |_| None);
    let given = seen(&session, "tokens", false);
    assert!(given.contains("handed in"), "{given}");
    for text in [of_profile, given] {
        for says in [
            "SAML assertion",
            "not checked · signatures of SAML assertions",
            "is XML; it is handed on",
        ] {
            assert!(text.contains(says), "{says}: {text}");
        }
        assert!(!text.contains("alice of Acme"), "{text}");
    }
    let text = seen(&session, "tokens", true);
    assert!(text.contains("alice of Acme"), "{text}");
}

#[test]
fn what_is_no_whole_assertion_is_not_taken_and_the_sentence_says_why() {
    let encoded = b64url(XML.as_bytes());
    for (text, phrase) in [
        (&XML[..70], "its end is missing"),
        (&XML[40..], "its beginning is missing"),
        (&encoded[..80], "its end is missing"),
        (&encoded[..81], "a piece of it is missing"),
        (
            "<samlp:Response xmlns:samlp='x'></samlp:Response>",
            "This is a SAML response",
        ),
        ("tGzv3JOkF0XG5Qx2TlKWIA", "received neither"),
    ] {
        for word in ["saml2", "saml2_refresh"] {
            let mut session = scripted::fresh(subject(scripted::profile(), word));
            let pasted = Secret::minted("pasted", text);
            session.command(Command::UseExisting(Artifact::SamlAssertion, pasted), ink());
            let notice = session.notice.clone().unwrap();
            assert!(
                notice.bad && notice.says.contains(phrase),
                "{}",
                notice.says
            );
            assert!(session.walk.bag.held(Artifact::SamlAssertion).is_none());

            // From the profile the step is held back by the same words.
            let step = if word == "saml2" {
                ID_JAG
            } else {
                SAML_REFRESH
            };
            let mut session =
                scripted::fresh(with_assertion(subject(scripted::profile(), word), text));
            scripted::drive(&mut session, Command::SendThrough(scripted::last()), |_| {
                None
            });
            assert!(session.step(step).attempts.is_empty());
            let notice = session.notice.clone().unwrap();
            assert!(
                notice.says.contains("agent.saml_assertion: ") && notice.says.contains(phrase),
                "{}",
                notice.says
            );
        }
    }
}

/// Sends the step to an IdP that answers so.
fn answered(status: u16, body: &Value) -> Session {
    let profile = with_assertion(subject(scripted::profile(), "saml2_refresh"), XML);
    let mut session = scripted::fresh(profile);
    scripted::drive(
        &mut session,
        Command::SendThrough(SAML_REFRESH),
        |request| scripted::is_exchange(request).then(|| scripted::answer(status, body)),
    );
    session
}

#[test]
fn a_refresh_token_is_taken_from_either_member_and_nothing_else_is() {
    let standard = json!({
        "issued_token_type": urn::REFRESH_TOKEN, "access_token": "refresh-9a~1", "token_type": "N_A",
        "expires_in": 1_209_600, "scope": "openid offline_access",
    });
    let by_name = json!({ "refresh_token": "refresh-9a~1", "access_token": "a", "token_type": "Bearer", "expires_in": 60 });
    for (body, lives) in [(&standard, Some(1_209_600)), (&by_name, None)] {
        let session = answered(200, body);
        assert!(
            session.step(SAML_REFRESH).is_fresh(),
            "{}",
            walks::story(&session)
        );
        let held = session.walk.bag.held(Artifact::RefreshToken).unwrap();
        assert_eq!(held.value.reveal(), "refresh-9a~1");
        let record = &session.step(SAML_REFRESH).last().unwrap().tokens[0];
        assert_eq!(record.parent, Some(Artifact::SamlAssertion));
        let left = record.expires.map(|end| end.since(record.gained).0 / 1000);
        assert_eq!(left, lives);
    }
    for (body, phrase) in [
        (
            json!({ "access_token": "a", "token_type": "Bearer" }),
            "Received issued_token_type none and an access_token",
        ),
        (
            json!({ "access_token": "a", "issued_token_type": urn::ACCESS_TOKEN, "token_type": "Bearer" }),
            "token-type:access_token and an",
        ),
        (
            json!({ "issued_token_type": urn::REFRESH_TOKEN }),
            "no access_token",
        ),
    ] {
        let session = answered(200, &body);
        let Some(Outcome::Failed(why)) = session.step(SAML_REFRESH).outcome() else {
            panic!("{}", walks::story(&session));
        };
        assert!(why[0].contains(phrase), "{why:?}");
        assert!(!session.walk.bag.has(Artifact::RefreshToken));
    }
    let session = answered(400, &json!({ "error": "invalid_grant" }));
    assert!(matches!(
        session.step(SAML_REFRESH).outcome(),
        Some(Outcome::Refused(_))
    ));
    // What was sent is what one wants to look at then.
    let tokens = &session.step(SAML_REFRESH).last().unwrap().tokens;
    assert_eq!(tokens.len(), 1);
    assert_eq!(tokens[0].artifact, Artifact::SamlAssertion);
}

#[test]
fn the_request_asks_for_a_refresh_token_in_the_words_of_the_document() {
    let mut profile = with_assertion(subject(scripted::profile(), "saml2_refresh"), XML);
    profile.set(fields::SSO_SCOPE, FieldValue::Text("email".to_owned()));
    let endpoint = FieldValue::Text(format!("{}/token", scripted::IDP));
    profile.set(fields::IDP_TOKEN_ENDPOINT, endpoint);
    let session = scripted::fresh(profile);
    let Some(Ok(draft)) = &session.step(SAML_REFRESH).draft else {
        panic!("nothing is missing: {:?}", session.step(SAML_REFRESH).draft);
    };
    let request = draft.request.http();
    let pairs = |name: &str| scripted::field(request, name).unwrap_or_default();
    assert_eq!(pairs("scope"), "email openid offline_access");
    assert_eq!(pairs("audience"), "");
    assert_eq!(pairs("client_id"), "agent-client");
}

#[test]
fn without_being_asked_the_walk_has_no_such_step() {
    let session = scripted::fresh(scripted::profile());
    assert!(!session.has_step(SAML_REFRESH));
    let session = scripted::fresh(subject(scripted::profile(), "saml2"));
    assert!(!session.has_step(SAML_REFRESH));
    // A refresh token that is handed in makes it needless.
    let mut session = scripted::fresh(subject(scripted::profile(), "saml2_refresh"));
    assert!(session.has_step(SAML_REFRESH));
    let refresh = Secret::minted("pasted", scripted::REFRESH);
    session.command(Command::UseExisting(Artifact::RefreshToken, refresh), ink());
    scripted::drive(&mut session, Command::SendThrough(scripted::last()), |_| {
        None
    });
    assert_eq!(session.next_step(None), None);
    assert!(session.step(SAML_REFRESH).attempts.is_empty());
}
