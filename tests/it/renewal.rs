//! Back to a fresh token without a new sign-in: what is offered, what is taken, and what is refused.

use jagwalk::{
    export::report,
    flow::{Artifact, Ink, Origin, StepId},
    profile::{FieldValue, fields},
    protocol::{exchange::Request, secret::Secret, time::Timestamp},
    session::{
        Command, Effect, Event, Outcome, Session,
        headless::{self, End},
    },
};
use serde_json::json;

use crate::{scripted, walks};

const REFRESH: StepId = StepId("refresh");
const ID_JAG: StepId = StepId("id-jag");
const AUTHORIZE: StepId = StepId("authorize");

/// Half a minute before the ID Token of a scripted walk ends.
fn late() -> Timestamp {
    scripted::NOW.plus_secs(3580)
}

fn ids(session: &Session) -> Vec<&'static str> {
    session.steps().map(|step| step.info().id.0).collect()
}

fn attempts(session: &Session, id: StepId) -> usize {
    session.step(id).attempts.len()
}

fn asks_to_refresh(request: &Request) -> bool {
    let form = request.http().form();
    form.and_then(|form| form.get("grant_type"))
        .is_some_and(|grant| grant.wire() == "refresh_token")
}

#[test]
fn a_walk_has_its_seven_steps_and_no_other() {
    let session = scripted::happy();
    assert_eq!(
        ids(&session),
        [
            "discover-idp",
            "discover-resource-as",
            "authorize",
            "redeem-code",
            "id-jag",
            "jwt-bearer",
            "call-api"
        ]
    );
}

#[test]
fn a_token_at_its_end_is_renewed_and_what_was_made_from_it_stays() {
    let mut session = scripted::happy();
    scripted::drive_at(&mut session, late(), Command::Send(ID_JAG), |_| None);
    let says = session.notice.clone().expect("it is offered").says;
    assert!(says.contains("The step refresh gets a new one"), "{says}");
    assert_eq!(attempts(&session, ID_JAG), 1, "it is not sent yet");
    assert!(ids(&session).contains(&"refresh"));
    scripted::drive_at(&mut session, late(), Command::Send(REFRESH), |_| None);
    let last = session.step(REFRESH).last().expect("it ran");
    assert!(last.outcome == Some(Outcome::Done), "{}", last.says);
    let held = session.walk.bag.held(Artifact::IdToken).unwrap();
    assert_eq!(held.origin, Origin::Step(REFRESH));
    assert!(!session.step(ID_JAG).stale && session.step(StepId("call-api")).is_fresh());
    assert_eq!(
        session.next_step(None),
        None,
        "nothing has to be done again"
    );
    // It is one of the steps now, and the report has it between the code and the ID-JAG.
    let report = report::report(&session, scripted::last(), End::Done, false);
    let listed: Vec<&str> = report["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["id"].as_str().unwrap())
        .collect();
    assert_eq!(listed[3..6], ["redeem-code", "refresh", "id-jag"]);
    let again = session.replay();
    assert!(again.walk == session.walk, "the replayed walk differs");
}

#[test]
fn the_old_token_can_still_be_sent_as_it_is() {
    let mut session = scripted::happy();
    scripted::drive_at(&mut session, late(), Command::Send(ID_JAG), |_| None);
    scripted::drive_at(&mut session, late(), Command::Send(ID_JAG), |_| None);
    assert_eq!(attempts(&session, ID_JAG), 2);
    assert_eq!(attempts(&session, REFRESH), 0);
}

#[test]
fn a_run_renews_where_signing_in_again_would_be_needed() {
    let mut session = scripted::happy();
    let field = fields::RESOURCE_AS_JWKS_URI;
    let jwks = format!("{}/jwks", scripted::AS);
    scripted::drive(&mut session, Command::Edit(field, jwks), |_| None);
    assert!(session.step(StepId("redeem-code")).stale);
    let through = || Command::SendThrough(scripted::last());
    scripted::drive(&mut session, through(), |_| None);
    assert_eq!(
        (attempts(&session, AUTHORIZE), attempts(&session, REFRESH)),
        (1, 1)
    );
    assert_eq!(attempts(&session, StepId("call-api")), 2);
    assert_eq!(session.next_step(None), None);
}

#[test]
fn another_client_has_to_sign_in_anew() {
    let mut session = scripted::happy();
    let other = Command::Edit(fields::SSO_CLIENT_ID, "another".to_owned());
    scripted::drive(&mut session, other, |_| None);
    assert!(!ids(&session).contains(&"refresh"));
    assert_eq!(session.next_step(None), Some(AUTHORIZE));
}

/// Sends one step again and changes something before its answer is there; returns that answer too.
fn in_flight(session: &mut Session, step: StepId, meanwhile: Option<Command>) -> Event {
    let ink = Ink {
        now: scripted::NOW.plus_secs(20),
        seed: scripted::SEED,
    };
    let effects = session.command(Command::Send(step), ink);
    let [Effect::Send { send, request, .. }] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    if let Some(command) = meanwhile {
        session.command(command, ink);
    }
    let outcome = scripted::usual(request, ink.now);
    let event = scripted::answered(*send, request.clone(), outcome, ink.now);
    session.event(event.clone(), ink);
    event
}

#[test]
fn tokens_of_a_client_that_changed_while_they_were_fetched_are_not_renewed() {
    let mut session = scripted::happy();
    let edit = Command::Edit(fields::SSO_SCOPE, "openid".to_owned());
    in_flight(&mut session, StepId("redeem-code"), Some(edit));
    let held = session.walk.bag.held(Artifact::RefreshToken).unwrap();
    assert!(held.gained > scripted::NOW.plus_secs(19) && held.stale && held.foreign);
    assert!(!ids(&session).contains(&"refresh"));
    assert_eq!(session.next_step(None), Some(AUTHORIZE));
}

#[test]
fn an_answer_that_nobody_waits_for_brings_no_step() {
    let mut session = scripted::happy();
    let event = in_flight(&mut session, StepId("call-api"), None);
    let before = session.walk.clone();
    let ink = Ink {
        now: late(),
        seed: scripted::SEED,
    };
    assert!(session.event(event, ink).is_empty());
    assert!(session.walk == before);
    assert!(!ids(&session).contains(&"refresh"));
}

#[test]
fn a_refresh_token_that_is_refused_is_dropped() {
    let mut session = scripted::happy();
    let error = json!({ "error": "invalid_grant", "error_description": "It was revoked." });
    scripted::drive_at(&mut session, late(), Command::Send(ID_JAG), |_| None);
    scripted::drive_at(&mut session, late(), Command::Send(REFRESH), |request| {
        asks_to_refresh(request).then(|| scripted::answer(400, &error))
    });
    let last = session.step(REFRESH).last().expect("it ran");
    assert!(
        last.says.contains("The refresh token is dropped"),
        "{}",
        last.says
    );
    assert!(!session.walk.bag.has(Artifact::RefreshToken));
    assert!(
        ids(&session).contains(&"refresh"),
        "what happened stays to be seen"
    );
    let end = headless::end(&session, scripted::last());
    assert_eq!(end, End::Refused, "the refusal is what it ended with");
    let stop = headless::ended_at(&session, scripted::last());
    assert_eq!(stop, Some(REFRESH));
    let verdict = session.verdict(Some(scripted::last()));
    assert!(
        verdict.is_none_or(|verdict| verdict.step != AUTHORIZE),
        "it was not sent, and nobody is to blame for that"
    );
    // Whoever signs in again has got on.
    scripted::drive_at(&mut session, late(), Command::Send(AUTHORIZE), |_| None);
    let stop = headless::ended_at(&session, scripted::last());
    assert_eq!(stop, Some(StepId("redeem-code")));
}

#[test]
fn a_new_id_token_is_about_the_same_user() {
    let mut session = scripted::happy();
    scripted::drive_at(&mut session, late(), Command::Send(ID_JAG), |_| None);
    scripted::drive_at(&mut session, late(), Command::Send(REFRESH), |request| {
        asks_to_refresh(request).then(|| {
            let seconds = late().secs();
            let token = scripted::signed(
                "JWT",
                &json!({
                    "iss": scripted::IDP, "sub": "mallory-6", "aud": "sso-client", "iat": seconds, "nonce": "other",
                    "exp": seconds + 3600, "auth_time": seconds,
                }),
            );
            scripted::answer(200, &json!({ "id_token": token, "access_token": "a", "token_type": "Bearer" }))
        })
    });
    let Some(Outcome::Failed(why)) = session.step(REFRESH).outcome() else {
        panic!("{:?}", session.step(REFRESH).outcome());
    };
    assert_eq!(why.len(), 3, "{why:?}");
    for (why, name) in why
        .iter()
        .zip(["nonce of", "sub of the new", "auth_time of the new"])
    {
        assert!(why.starts_with(name), "{why}");
    }
}

#[tokio::test]
async fn the_lab_is_walked_from_a_refresh_token_alone() {
    let (_lab, profile) = walks::lab().await;
    let (first, end) = walks::walk(profile.clone()).await;
    assert!(end == End::Done, "{}", walks::story(&first));
    let refresh: Secret = first
        .walk
        .bag
        .value(Artifact::RefreshToken)
        .unwrap()
        .clone();
    for subject in ["id_token", "refresh_token"] {
        let mut profile = profile.clone();
        profile.set(fields::AGENT_SUBJECT, FieldValue::Text(subject.to_owned()));
        let mut session = walks::session(profile.clone());
        let ink = Ink {
            now: jagwalk::transport::clock::now(),
            seed: [3; 32],
        };
        session.command(
            Command::UseExisting(Artifact::RefreshToken, refresh.clone()),
            ink,
        );
        let end = walks::drive(&mut session, walks::world(&profile)).await;
        assert!(end == End::Done, "{subject}: {}", walks::story(&session));
        assert_eq!(attempts(&session, AUTHORIZE), 0, "{subject}");
        assert_eq!(
            attempts(&session, REFRESH),
            usize::from(subject == "id_token")
        );
    }
}

#[tokio::test]
async fn the_lab_takes_the_refresh_token_of_the_sign_in_as_subject() {
    let (_lab, mut profile) = walks::lab().await;
    let subject = FieldValue::Text("refresh_token".to_owned());
    profile.set(fields::AGENT_SUBJECT, subject);
    let (session, end) = walks::walk(profile).await;
    assert!(end == End::Done, "{}", walks::story(&session));
    assert_eq!(ids(&session).len(), 7);
}
