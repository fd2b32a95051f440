//! How a walk goes: in flight, stale, aged, cancelled, waiting for a secret or for a yes.

use jagwalk::{
    flow::{Artifact, Want},
    profile::{SecretSource, fields},
    protocol::{
        exchange::{Failure, Purpose, Request},
        secret::Secret,
    },
    session::{Command, Effect, Event, Had, Outcome, Session, What, headless::End},
};
use serde_json::json;

use super::{
    again, answered, drafted, end, id, ink, notice, profile, sending, status, walk, which,
    with_secret,
};
use crate::scripted::{self, NOW, answer, page};

const STEPS: [&str; 7] = [
    "discover-idp",
    "discover-resource-as",
    "authorize",
    "redeem-code",
    "id-jag",
    "jwt-bearer",
    "call-api",
];

fn stale(session: &Session) -> Vec<&'static str> {
    STEPS
        .into_iter()
        .filter(|step| session.step(id(step)).stale)
        .collect()
}

fn assertion(request: &Request) -> String {
    scripted::field(request.http(), "client_assertion").expect("it is there")
}

#[test]
fn an_answer_ends_its_request_and_a_second_one_changes_nothing() {
    let mut session = scripted::fresh(scripted::profile());
    let (send, purpose, request) =
        sending(&session.command(Command::Send(id("discover-idp")), ink(0)));
    assert_eq!(purpose, Purpose::Main);
    assert_eq!(
        session.waiting().map(|(step, going)| (step, going.send)),
        Some((id("discover-idp"), send))
    );
    let outcome = answer(200, &scripted::metadata(scripted::IDP));
    let (keys, purpose, _) = sending(&session.event(
        answered(send, request.clone(), outcome.clone(), NOW),
        ink(1),
    ));
    assert_eq!(purpose, Purpose::Keys);
    assert_ne!(keys, send);
    let (walk, journal) = (session.walk.clone(), session.journal().len());
    assert!(
        session
            .event(answered(send, request, outcome, NOW), ink(2))
            .is_empty()
    );
    assert!(session.walk == walk, "an old answer changed the walk");
    assert_eq!(session.journal().len(), journal + 1);
}

#[test]
fn a_cancelled_request_is_interrupted_and_its_late_answer_is_ignored() {
    let mut session = scripted::fresh(scripted::profile());
    let through = Command::SendThrough(id("discover-idp"));
    let (send, _, request) = sending(&session.command(through, ink(0)));
    assert_eq!(
        session.command(Command::Abort, ink(1)),
        [Effect::Abort(send)]
    );
    let aborted = answered(send, request.clone(), Err(Failure::Aborted), NOW);
    assert!(session.event(aborted, ink(2)).is_empty(), "the run is over");
    assert_eq!(
        session.step(id("discover-idp")).outcome(),
        Some(&Outcome::Interrupted)
    );
    assert_eq!(end(&session), End::Interrupted);
    assert_eq!(end(&session).code(), 130);
    let walk = session.walk.clone();
    let late = answered(
        send,
        request,
        answer(200, &scripted::metadata(scripted::IDP)),
        NOW,
    );
    assert!(session.event(late, ink(3)).is_empty());
    assert!(session.walk == walk, "a late answer changed the walk");
    // Cancelling when nothing is in flight asks nothing of the world.
    assert!(session.command(Command::Abort, ink(4)).is_empty());
    // And the walk goes on from there.
    assert_eq!(
        again(&mut session, Command::SendThrough(scripted::last())).last(),
        Some(&"call-api")
    );
    assert_eq!(end(&session), End::Done);
    assert_eq!(session.step(id("discover-idp")).attempts.len(), 2);
}

#[test]
fn a_second_send_is_refused_while_one_is_in_flight() {
    let mut session = scripted::fresh(scripted::profile());
    let (send, ..) = sending(&session.command(Command::Send(id("discover-idp")), ink(0)));
    for step in ["discover-idp", "discover-resource-as"] {
        assert!(session.command(Command::Send(id(step)), ink(1)).is_empty());
        assert_eq!(
            notice(&session),
            "The step discover-idp is still in flight; cancel it first."
        );
        assert!(session.notice.as_ref().expect("it says so").bad);
    }
    assert_eq!(session.waiting().map(|(_, going)| going.send), Some(send));
    assert_eq!(session.step(id("discover-idp")).attempts.len(), 1);
}

#[test]
fn a_new_walk_while_one_is_in_flight_lets_go_of_it() {
    let mut session = scripted::fresh(scripted::profile());
    let (send, _, request) = sending(&session.command(Command::Send(id("discover-idp")), ink(0)));
    assert_eq!(
        session.command(Command::NewWalk, ink(1)),
        [Effect::Abort(send)]
    );
    let walk = session.walk.clone();
    session.event(answered(send, request, Err(Failure::Aborted), NOW), ink(2));
    assert!(session.walk == walk);
    assert!(session.waiting().is_none());
}

#[test]
fn an_earlier_step_run_again_marks_what_came_after_stale_and_a_run_mends_it() {
    for (at, step) in STEPS.into_iter().enumerate() {
        // A second sign-in has a nonce of its own, which the scripted server does not know.
        if step == "authorize" {
            continue;
        }
        let mut session = scripted::happy();
        assert!(stale(&session).is_empty());
        again(&mut session, Command::Send(id(step)));
        assert_eq!(status(&session, step), "done");
        assert_eq!(stale(&session), STEPS[at + 1..], "{step}");
        for (artifact, held) in session.walk.bag.iter() {
            let later = match held.origin {
                jagwalk::flow::Origin::Step(origin) => STEPS[at + 1..].contains(&origin.0),
                jagwalk::flow::Origin::Given => false,
            };
            assert_eq!(held.stale, later, "{step}: {artifact}");
        }
        if at >= 3 {
            let sent = again(&mut session, Command::SendThrough(scripted::last()));
            assert_eq!(sent, STEPS[at + 1..], "{step}");
            assert!(stale(&session).is_empty());
            assert!(session.walk.bag.iter().all(|(_, held)| !held.stale));
            assert_eq!(end(&session), End::Done);
        }
        // What was not sent again keeps its one attempt.
        assert_eq!(
            session.step(id("discover-idp")).attempts.len(),
            if at == 0 { 2 } else { 1 }
        );
    }
}

#[test]
fn a_step_that_is_refused_the_second_time_leaves_nothing_fresh_behind_it() {
    let mut session = scripted::happy();
    scripted::drive(&mut session, Command::Send(id("id-jag")), |_| {
        Some(page(500, "no"))
    });
    assert_eq!(status(&session, "id-jag"), "refused");
    assert_eq!(stale(&session), ["jwt-bearer", "call-api"]);
    assert!(
        session
            .walk
            .bag
            .held(Artifact::IdJag)
            .is_some_and(|held| held.stale),
        "the ID-JAG of before"
    );
    assert_eq!(session.next_step(None), Some(id("id-jag")));
    assert_eq!(end(&session), End::Refused);
}

#[test]
fn an_edited_field_marks_from_the_first_step_that_reads_it() {
    for (path, value, first) in [
        ("idp.issuer", "https://other.example", Some("discover-idp")),
        (
            "resource_as.issuer",
            "https://other.example",
            Some("discover-resource-as"),
        ),
        ("sso.scope", "openid", Some("authorize")),
        ("sso.client_id", "x", Some("authorize")),
        ("sso.client_secret", "env:OTHER", Some("redeem-code")),
        ("agent.scope", "todo.write", Some("id-jag")),
        ("agent.resource", "https://api.example", Some("id-jag")),
        ("agent.kid", "k", Some("id-jag")),
        ("resource_as.client_id", "x", Some("jwt-bearer")),
        ("resource_as.scope", "x", Some("jwt-bearer")),
        ("api.method", "POST", Some("call-api")),
        ("title", "Another title", None),
        ("agent.scope", "todo.read", None),
    ] {
        let mut session = scripted::happy();
        let field = jagwalk::profile::FieldPath::find(path).expect(path);
        session.command(Command::Edit(field, value.to_owned()), ink(20));
        let at = first.map_or(STEPS.len(), |first| {
            STEPS
                .iter()
                .position(|step| *step == first)
                .expect("a step")
        });
        assert_eq!(stale(&session), STEPS[at..], "{path}");
        // Nothing is dropped: the answers are still there to be looked at.
        assert!(
            STEPS
                .iter()
                .all(|step| session.step(id(step)).attempts.len() == 1)
        );
    }
}

#[test]
fn an_override_of_a_step_marks_from_that_step() {
    let mut session = scripted::happy();
    let mut other = session.profile.clone();
    other
        .edit_at("step.id-jag.params.audience", "urn:other")
        .expect("it is taken");
    session.command(Command::Adopt(Box::new(other)), ink(20));
    assert_eq!(stale(&session), ["id-jag", "jwt-bearer", "call-api"]);
    assert_eq!(
        scripted::field(drafted(&session, "id-jag").http(), "audience").as_deref(),
        Some("urn:other")
    );
}

#[test]
fn a_field_edited_while_its_step_is_in_flight_leaves_the_answer_stale() {
    let mut session = scripted::fresh(scripted::profile());
    scripted::drive(
        &mut session,
        Command::SendThrough(id("redeem-code")),
        |_| None,
    );
    let (send, _, request) = sending(&session.command(Command::Send(id("id-jag")), ink(20)));
    session.command(
        Command::Edit(fields::AGENT_SCOPE, "todo.write".to_owned()),
        ink(21),
    );
    let jag = scripted::signed("oauth-id-jag+jwt", &json!({ "sub": "alice" }));
    session.event(
        answered(
            send,
            request,
            answer(200, &json!({ "access_token": jag })),
            NOW,
        ),
        ink(22),
    );
    assert_eq!(status(&session, "id-jag"), "done");
    assert!(
        session.step(id("id-jag")).stale,
        "it answers to the scope of before"
    );
    assert!(
        session
            .walk
            .bag
            .held(Artifact::IdJag)
            .expect("it came")
            .stale
    );
    assert_eq!(session.next_step(None), Some(id("id-jag")));
}

#[test]
fn a_field_that_does_not_take_the_text_says_so_and_changes_nothing() {
    let mut session = scripted::happy();
    let before = session.profile.clone();
    session.command(
        Command::Edit(fields::SSO_AUTH, "carrier-pigeon".to_owned()),
        ink(20),
    );
    assert!(
        session.notice.as_ref().is_some_and(|notice| notice.bad),
        "{}",
        notice(&session)
    );
    assert!(session.profile == before);
    assert!(stale(&session).is_empty());
}

#[test]
fn what_is_handed_in_after_the_fact_makes_what_was_built_on_the_other_stale() {
    let mut session = scripted::happy();
    let jag = scripted::signed(
        "oauth-id-jag+jwt",
        &json!({ "sub": "bob", "aud": scripted::AS }),
    );
    let given = Secret::minted("id-jag", jag.as_str());
    session.command(Command::UseExisting(Artifact::IdJag, given), ink(20));
    assert_eq!(stale(&session), ["jwt-bearer", "call-api"]);
    assert_eq!(status(&session, "id-jag"), "skipped");
    assert_eq!(
        scripted::field(drafted(&session, "jwt-bearer").http(), "assertion").as_deref(),
        Some(jag.as_str())
    );
    assert_eq!(
        again(&mut session, Command::SendThrough(scripted::last())),
        ["jwt-bearer", "call-api"]
    );
    session.command(Command::Withdraw(Artifact::IdJag), ink(40));
    assert!(session.step(id("jwt-bearer")).stale);
    assert!(session.walk.bag.held(Artifact::IdJag).is_none());
    assert_eq!(
        again(&mut session, Command::SendThrough(scripted::last())),
        ["id-jag", "jwt-bearer", "call-api"]
    );
    assert_eq!(end(&session), End::Done);
}

#[test]
fn a_token_in_the_wrong_slot_is_named_and_not_taken() {
    let jwt = |typ: &str| scripted::signed(typ, &json!({ "sub": "a", "iss": "x" }));
    for (slot, text, phrase) in [
        (
            Artifact::IdToken,
            jwt("oauth-id-jag+jwt"),
            "This is an ID-JAG, and the slot id-token takes an ID Token.",
        ),
        (
            Artifact::IdJag,
            jwt("at+jwt"),
            "This is an access token, and the slot id-jag takes an ID-JAG.",
        ),
        (
            Artifact::IdJag,
            "opaque".to_owned(),
            "the slot id-jag takes an ID-JAG.",
        ),
        (
            Artifact::AccessToken,
            jwt("oauth-id-jag+jwt"),
            "This is an ID-JAG",
        ),
        (
            Artifact::SamlAssertion,
            jwt("JWT"),
            "the slot saml-assertion takes a SAML assertion",
        ),
        (Artifact::IdToken, " \n ".to_owned(), "received nothing"),
    ] {
        let mut session = scripted::fresh(scripted::profile());
        session.command(
            Command::UseExisting(slot, Secret::minted("x", text)),
            ink(0),
        );
        assert!(notice(&session).contains(phrase), "{}", notice(&session));
        assert!(session.walk.bag.held(slot).is_none());
    }
}

#[test]
fn a_draft_that_aged_is_rebuilt_before_it_goes_and_a_younger_one_goes_as_shown() {
    for (waited, rebuilt) in [
        (1, false),
        (29, false),
        (30, false),
        (31, true),
        (3000, true),
    ] {
        let (mut session, _) = walk(scripted::profile(), |request| {
            (which(request) == "id-jag").then(|| page(500, "later"))
        });
        let shown = drafted(&session, "id-jag");
        let made = match &session.step(id("id-jag")).draft {
            Some(Ok(draft)) => draft.made,
            other => panic!("{other:?}"),
        };
        let now = jagwalk::flow::Ink {
            now: made.plus_secs(waited),
            seed: scripted::SEED,
        };
        let (send, _, request) = sending(&session.command(Command::Send(id("id-jag")), now));
        assert_eq!(request != shown, rebuilt, "{waited} s");
        assert_eq!(
            assertion(&request) != assertion(&shown),
            rebuilt,
            "{waited} s"
        );
        // What waits on the screen, what is handed to the transport and what is found in the record is one value.
        let (_, going) = session.waiting().expect("it is in flight");
        assert_eq!(going.what, What::Sending(Purpose::Main, request.clone()));
        session.event(
            answered(send, request.clone(), page(500, "no"), now.now),
            now,
        );
        let attempt = session.step(id("id-jag")).last().expect("it ran");
        assert_eq!(attempt.main().expect("it was sent").request, request);
    }
}

#[test]
fn what_is_shown_is_what_is_sent_for_every_step_of_a_walk() {
    let mut session = scripted::fresh(scripted::profile());
    for step in STEPS {
        let shown = match &session.step(id(step)).draft {
            Some(Ok(draft)) if draft.wants.is_empty() => Some(draft.request.clone()),
            Some(Ok(_)) => None,
            other => panic!("{step}: {other:?}"),
        };
        let mut sent = Vec::new();
        scripted::drive(&mut session, Command::Send(id(step)), |request| {
            sent.push(request.clone());
            None
        });
        if let Some(shown) = shown {
            assert_eq!(sent[0], shown, "{step}");
        }
        let attempt = session.step(id(step)).last().expect("it ran");
        assert_eq!(
            attempt.main().expect("it was sent").request,
            sent[0],
            "{step}"
        );
    }
    assert_eq!(end(&session), End::Done);
}

fn from_outside() -> [(SecretSource, &'static str); 3] {
    [
        (
            SecretSource::Env("ACME".to_owned()),
            "the environment variable ACME is not set",
        ),
        (
            SecretSource::File("secret.txt".to_owned()),
            "the file secret.txt cannot be read: gone",
        ),
        (
            SecretSource::Cmd("pass acme".to_owned()),
            "its command ended with exit status: 1",
        ),
    ]
}

/// A walk up to the step that needs a secret from outside.
fn before_the_secret(source: SecretSource) -> Session {
    let profile = with_secret(scripted::profile(), "resource_as.client_secret", source);
    let mut session = scripted::fresh(profile);
    scripted::drive(&mut session, Command::SendThrough(id("id-jag")), |_| None);
    assert_eq!(status(&session, "id-jag"), "done", "{}", notice(&session));
    session
}

#[test]
fn a_secret_from_outside_is_asked_for_when_it_is_needed_and_once() {
    for (source, _) in from_outside() {
        let mut session = before_the_secret(source.clone());
        let shown = drafted(&session, "jwt-bearer");
        assert_eq!(
            scripted::field(shown.http(), "client_secret").as_deref(),
            Some(""),
            "not there yet"
        );
        let effects = session.command(Command::Send(id("jwt-bearer")), ink(20));
        let [Effect::Prepare { send, wants }] = effects.as_slice() else {
            panic!("{effects:?}")
        };
        assert_eq!(
            *wants,
            [Want::Secret(fields::RESOURCE_AS_CLIENT_SECRET, source)]
        );
        assert!(
            session.step(id("jwt-bearer")).attempts.is_empty(),
            "nothing is sent yet"
        );
        let secret = Secret::typed("resource_as.client_secret", "from-outside-1");
        let had = vec![Had::Secret(fields::RESOURCE_AS_CLIENT_SECRET, Ok(secret))];
        let (_, _, request) =
            sending(&session.event(Event::Prepared { send: *send, had }, ink(21)));
        assert_eq!(
            scripted::field(request.http(), "client_secret").as_deref(),
            Some("from-outside-1")
        );
        assert!(
            !session
                .vault
                .mask("it echoes from-outside-1")
                .contains("from-outside-1")
        );
        session.command(Command::Abort, ink(22));
        let (send, request) = match session.waiting() {
            Some((_, going)) => (going.send, request),
            None => panic!("an abort is answered first"),
        };
        session.event(answered(send, request, Err(Failure::Aborted), NOW), ink(23));
        // The second time it is there already.
        sending(&session.command(Command::Send(id("jwt-bearer")), ink(24)));
    }
}

#[test]
fn a_secret_that_cannot_be_had_blocks_with_the_sentence_and_can_be_tried_again() {
    for (source, why) in from_outside() {
        let mut session = before_the_secret(source);
        let send = |session: &mut Session| match session
            .command(Command::SendThrough(scripted::last()), ink(20))
            .as_slice()
        {
            [Effect::Prepare { send, .. }] => *send,
            other => panic!("{other:?}"),
        };
        let number = send(&mut session);
        let had = vec![Had::Secret(
            fields::RESOURCE_AS_CLIENT_SECRET,
            Err(why.to_owned()),
        )];
        assert!(
            session
                .event(Event::Prepared { send: number, had }, ink(21))
                .is_empty()
        );
        assert!(session.waiting().is_none());
        assert_eq!(status(&session, "jwt-bearer"), "blocked");
        assert!(notice(&session).contains(why), "{}", notice(&session));
        assert!(notice(&session).contains("resource_as.client_secret"));
        assert_eq!(end(&session), End::Blocked);
        // The file may be there by now.
        let number = send(&mut session);
        let secret = Secret::typed("resource_as.client_secret", "now-it-is-there");
        let had = vec![Had::Secret(fields::RESOURCE_AS_CLIENT_SECRET, Ok(secret))];
        sending(&session.event(Event::Prepared { send: number, had }, ink(22)));
    }
}

#[test]
fn what_is_only_being_prepared_can_be_cancelled() {
    let mut session = before_the_secret(SecretSource::Cmd("sleep 60".to_owned()));
    let effects = session.command(Command::Send(id("jwt-bearer")), ink(20));
    let [Effect::Prepare { send, .. }] = effects.as_slice() else {
        panic!("{effects:?}")
    };
    assert_eq!(
        session.command(Command::Abort, ink(21)),
        [Effect::Abort(*send)]
    );
    assert!(session.waiting().is_none());
    let had = vec![Had::Secret(
        fields::RESOURCE_AS_CLIENT_SECRET,
        Ok(Secret::typed("x", "too-late")),
    )];
    assert!(
        session
            .event(Event::Prepared { send: *send, had }, ink(22))
            .is_empty(),
        "it is too late"
    );
    assert!(session.step(id("jwt-bearer")).attempts.is_empty());
}

#[test]
fn what_the_world_gives_that_was_not_asked_for_does_not_go_round_in_circles() {
    let mut session = before_the_secret(SecretSource::Env("ACME".to_owned()));
    let effects = session.command(Command::Send(id("jwt-bearer")), ink(20));
    let [Effect::Prepare { send, .. }] = effects.as_slice() else {
        panic!("{effects:?}")
    };
    assert!(
        session
            .event(
                Event::Prepared {
                    send: *send,
                    had: Vec::new()
                },
                ink(21)
            )
            .is_empty()
    );
    assert!(session.waiting().is_none());
    assert!(session.notice.as_ref().is_some_and(|notice| notice.bad));
}

#[test]
fn a_production_profile_asks_once_a_walk() {
    let mut session = scripted::fresh(profile(&[("environment", "prod")]));
    assert!(
        session
            .command(Command::Send(id("discover-idp")), ink(0))
            .is_empty()
    );
    assert!(
        session
            .question
            .as_ref()
            .is_some_and(|question| question.says.contains("production"))
    );
    session.command(Command::Dismiss, ink(1));
    assert!(session.question.is_none() && session.step(id("discover-idp")).attempts.is_empty());
    assert!(
        session.command(Command::Confirm, ink(2)).is_empty(),
        "there is nothing to agree to"
    );

    assert!(
        session
            .command(Command::SendThrough(scripted::last()), ink(3))
            .is_empty()
    );
    assert_eq!(
        again(&mut session, Command::Confirm).last(),
        Some(&"call-api"),
        "a yes goes on to the end"
    );
    assert_eq!(end(&session), End::Done);
    again(&mut session, Command::Send(id("call-api")));
    assert!(session.question.is_none());

    session.command(Command::NewWalk, ink(60));
    assert!(
        session
            .command(Command::Send(id("discover-idp")), ink(61))
            .is_empty()
    );
    assert!(session.question.is_some(), "a new walk asks anew");
}

#[test]
fn another_step_takes_the_place_of_a_question() {
    let mut session = scripted::fresh(profile(&[("environment", "prod")]));
    session.command(Command::SendThrough(scripted::last()), ink(0));
    session.command(Command::Send(id("discover-resource-as")), ink(1));
    assert_eq!(
        session.question.as_ref().map(|question| question.step),
        Some(id("discover-resource-as"))
    );
    let (_, _, request) = sending(&session.command(Command::Confirm, ink(2)));
    assert_eq!(which(&request), "discover-resource-as");
}

#[test]
fn a_new_walk_changes_state_nonce_and_verifier_and_forgets_the_tokens() {
    let (first, before) = walk(scripted::profile(), |_| None);
    let mut session = first;
    let fresh = jagwalk::flow::Ink {
        now: NOW.plus_secs(60),
        seed: [9; 32],
    };
    session.command(Command::NewWalk, fresh);
    assert_eq!(session.walk.number, 2);
    assert!(session.walk.bag.iter().next().is_none());
    assert!(
        STEPS
            .iter()
            .all(|step| session.step(id(step)).attempts.is_empty())
    );
    let mut after = Vec::new();
    scripted::drive(
        &mut session,
        Command::SendThrough(id("redeem-code")),
        |request| {
            after.push(request.clone());
            None
        },
    );
    let asked = |requests: &[Request], name: &str| {
        super::sent(requests, "authorize")
            .query
            .get(name)
            .expect(name)
            .wire()
    };
    for name in ["state", "nonce", "code_challenge"] {
        assert_ne!(asked(&before, name), asked(&after, name), "{name}");
    }
    assert_eq!(asked(&before, "client_id"), asked(&after, "client_id"));
    // The token of the walk before has the nonce of the walk before.
    assert_eq!(status(&session, "redeem-code"), "failed");
}

#[test]
fn a_second_sign_in_of_a_walk_has_a_state_of_its_own() {
    let mut session = scripted::happy();
    let first = session
        .step(id("authorize"))
        .last()
        .expect("it ran")
        .main()
        .expect("it was sent")
        .request
        .clone();
    let (_, _, second) = sending(&session.command(Command::Send(id("authorize")), ink(20)));
    let query = |request: &Request, name: &str| request.http().query.get(name).expect(name).wire();
    for name in ["state", "nonce", "code_challenge"] {
        assert_ne!(query(&first, name), query(&second, name), "{name}");
    }
}

#[test]
fn a_pasted_redirect_is_handed_on_only_when_its_state_is_right() {
    let mut session = scripted::fresh(scripted::profile());
    session.command(
        Command::PasteRedirect("http://127.0.0.1:8765/callback?code=x&state=y".to_owned()),
        ink(0),
    );
    assert!(notice(&session).contains("Nothing waits for a redirect"));
    scripted::drive(
        &mut session,
        Command::SendThrough(id("discover-resource-as")),
        |_| None,
    );
    let effects = session.command(Command::Send(id("authorize")), ink(20));
    let [Effect::Prepare { send, wants }] = effects.as_slice() else {
        panic!("{effects:?}")
    };
    assert!(matches!(wants.as_slice(), [Want::Listener { .. }]));
    // Nobody listens: the walk goes on by paste, and it is said why.
    let had = vec![Had::Listener(Err((
        "http://127.0.0.1:8765/callback".to_owned(),
        "the port is taken".to_owned(),
    )))];
    let (send, _, request) = sending(&session.event(Event::Prepared { send: *send, had }, ink(21)));
    assert_eq!(session.walk.deaf.as_deref(), Some("the port is taken"));
    let Request::Browser(asked) = &request else {
        panic!("{request:?}")
    };
    for (text, phrase) in [
        (
            "http://127.0.0.1:8765/callback?code=abcd-efgh&state=stale",
            "its state is stale, expected",
        ),
        ("?code=abcd-efgh", "has no state"),
        ("", "Nothing was pasted"),
        (
            "http://127.0.0.1:8765/callback",
            "neither `code` nor `error`",
        ),
        ("eyJhbGciOiJub25lIn0.e30.", "looks like a token"),
    ] {
        assert!(
            session
                .command(Command::PasteRedirect(text.to_owned()), ink(22))
                .is_empty(),
            "{text}"
        );
        assert!(
            notice(&session).contains(phrase),
            "{text}: {}",
            notice(&session)
        );
        assert!(session.waiting().is_some(), "it still waits");
    }
    let right = format!("code=abcd-efgh&state={}&iss=x", asked.state);
    match session
        .command(Command::PasteRedirect(right), ink(23))
        .as_slice()
    {
        [
            Effect::Deliver {
                send: to, redirect, ..
            },
        ] => {
            assert_eq!(*to, send);
            assert!(
                redirect
                    .reveal()
                    .starts_with("http://127.0.0.1:8765/callback?code=abcd-efgh&state=")
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_step_that_is_left_out_or_blocked_sends_nothing_and_says_why() {
    let mut session = scripted::fresh(scripted::profile());
    assert!(
        session
            .command(Command::Send(id("id-jag")), ink(0))
            .is_empty()
    );
    assert!(
        notice(&session).contains("cannot be sent: needs IdP metadata"),
        "{}",
        notice(&session)
    );
    let mut without = scripted::profile();
    without.unset(fields::API_URL);
    let mut session = scripted::fresh(without);
    assert!(
        session
            .command(Command::Send(id("call-api")), ink(0))
            .is_empty()
    );
    assert_eq!(
        notice(&session),
        "The step is left out. The profile has no api.url."
    );
    assert!(
        session
            .command(Command::Send(id("no-such-step")), ink(0))
            .is_empty()
    );
}

/// A run in which the answer that `pick` chooses among those that are out comes next; with what was out at a time.
fn run(
    pick: fn(usize) -> usize,
    mut twist: impl FnMut(&Request) -> Option<scripted::Outcome>,
) -> (Session, Vec<Vec<&'static str>>) {
    let mut session = scripted::fresh(scripted::profile());
    let mut out = session.command(Command::SendThrough(scripted::last()), ink(0));
    let mut together = Vec::new();
    while !out.is_empty() {
        let sent = out.iter().filter_map(|effect| match effect {
            Effect::Send { request, .. } => Some(which(request)),
            _ => None,
        });
        together.push(sent.collect());
        let event = match out.remove(pick(out.len())) {
            Effect::Prepare { send, .. } => Event::Prepared {
                send,
                had: vec![Had::Listener(Ok(
                    "http://127.0.0.1:8765/callback".to_owned()
                ))],
            },
            Effect::Send { send, request, .. } => {
                let outcome = twist(&request).unwrap_or_else(|| scripted::usual(&request, NOW));
                answered(send, request, outcome, NOW)
            }
            other => panic!("{other:?}"),
        };
        out.extend(session.event(event, ink(0)));
    }
    (session, together)
}

#[test]
fn servers_are_asked_about_themselves_at_once_whichever_answers_first() {
    let (first, second) = ("discover-idp", "discover-resource-as");
    let (in_order, together) = run(|_| 0, |_| None);
    assert_eq!(together[0], [first, second]);
    assert_eq!(together[1], [second, "keys of idp"]);
    let after = together.iter().skip_while(|out| !out.is_empty());
    assert!(after.skip(1).all(|out| out.len() <= 1), "{together:?}");
    let (other_way, together) = run(|count| count - 1, |_| None);
    assert_eq!(together[1], [first, "keys of as"]);
    assert_eq!(end(&in_order), End::Done);
    assert_eq!(super::json(&in_order), super::json(&other_way));
    assert!(stale(&in_order).is_empty() && stale(&other_way).is_empty());
    for session in [&in_order, &other_way] {
        let mut states = session.walk.steps.iter();
        assert!(
            states.all(|state| state.attempts.len() == 1),
            "nothing is sent twice"
        );
    }
    assert!(in_order.walk.bag.iter().all(|(_, held)| !held.stale));
}

#[test]
fn a_server_that_does_not_answer_keeps_none_beside_it_from_being_heard() {
    for pick in [|_| 0, |count| count - 1] {
        let (session, _) = run(pick, |request| {
            (which(request) == "discover-idp").then(|| page(500, "no"))
        });
        assert_eq!(status(&session, "discover-idp"), "refused");
        assert_eq!(status(&session, "discover-resource-as"), "done");
        assert!(session.step(id("authorize")).attempts.is_empty());
        assert!(session.waiting().is_none());
        assert_eq!(end(&session), End::Refused);
    }
}

#[test]
fn a_walk_that_is_over_takes_nothing_any_more() {
    let (mut session, walk) = {
        let over = scripted::happy().over(ink(9));
        let walk = over.walk.clone();
        (over, walk)
    };
    let (_, _, request) = {
        let mut other = scripted::fresh(scripted::profile());
        sending(&other.command(Command::Send(id("discover-idp")), ink(0)))
    };
    for command in [
        Command::Edit(jagwalk::profile::fields::AGENT_SCOPE, "other".to_owned()),
        Command::Adopt(Box::new(scripted::profile())),
        Command::Send(id("id-jag")),
        Command::SendThrough(scripted::last()),
        Command::PasteRedirect("http://127.0.0.1/callback?code=a&state=b".to_owned()),
        Command::Confirm,
        Command::Abort,
        Command::NewWalk,
    ] {
        assert_eq!(session.command(command, ink(10)), []);
        for send in 0..20 {
            let event = answered(
                jagwalk::session::SendId(send),
                request.clone(),
                Err(Failure::Aborted),
                NOW,
            );
            assert_eq!(session.event(event, ink(11)), []);
        }
        assert!(session.walk == walk);
    }
}

#[test]
fn cancelling_takes_back_all_that_is_out() {
    let mut session = scripted::fresh(scripted::profile());
    let effects = session.command(Command::SendThrough(scripted::last()), ink(0));
    let sent: Vec<_> = effects
        .iter()
        .map(|effect| match effect {
            Effect::Send { send, request, .. } => (*send, request.clone()),
            other => panic!("{other:?}"),
        })
        .collect();
    let [one, two] = [sent[0].0, sent[1].0];
    assert_eq!(
        session.command(Command::Abort, ink(1)),
        [Effect::Abort(one), Effect::Abort(two)]
    );
    for (send, request) in sent {
        let aborted = answered(send, request, Err(Failure::Aborted), NOW);
        assert!(session.event(aborted, ink(2)).is_empty());
    }
    for step in ["discover-idp", "discover-resource-as"] {
        assert_eq!(
            session.step(id(step)).outcome(),
            Some(&Outcome::Interrupted)
        );
    }
}

#[test]
fn what_is_in_flight_when_a_walk_ends_is_told_as_cancelled_and_is_strange_to_the_next() {
    let mut session = scripted::fresh(scripted::profile());
    let (send, _, request) = sending(&session.command(Command::Send(id("discover-idp")), ink(0)));
    let mut next = session.anew(session.flow, ink(1));
    let past = session.over(ink(1));
    assert!(past.waiting().is_none());
    assert_eq!(
        past.step(id("discover-idp")).outcome(),
        Some(&Outcome::Interrupted)
    );
    assert!(
        past.walk
            .steps
            .iter()
            .all(|state| !matches!(state.draft, Some(Ok(_))))
    );
    let (again, _, _) = sending(&next.command(Command::Send(id("discover-idp")), ink(2)));
    assert_ne!(send, again);
    let walk = next.walk.clone();
    next.event(answered(send, request, Err(Failure::Aborted), NOW), ink(3));
    assert!(next.walk == walk);
    assert_eq!((past.walk.number, next.walk.number), (1, 2));
    assert!(next.replay().walk == next.walk, "the next walk is replayed");
}
