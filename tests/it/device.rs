//! Sign-in on another device: against the lab, and against servers that slow down, decline and let codes expire.

use std::sync::Arc;

use jagwalk::{
    export::{report, text},
    flow::{Ink, StepId},
    profile::{FieldValue, Profile, fields},
    protocol::{
        exchange::{Failure, Request},
        http::HttpRequest,
        time::Lifetime,
    },
    session::{
        Command, Driver, Effect, Outcome, Session,
        headless::{self, End, Incoming},
    },
    transport::http::{Http, Settings},
    ui::{
        model::{Model, Start},
        overlays::device,
        places::Places,
        rows::plain,
        theme::{Depth, Glyphs, Shelf},
    },
};
use serde_json::json;
use tokio::sync::mpsc;

use crate::{scripted, walks};

const TOKEN: StepId = StepId("device-token");

/// The profile of scripted walks with a device endpoint; its metadata names none.
fn sham() -> Profile {
    let mut profile = by_device(scripted::profile());
    let endpoint = format!("{}/device_authorization", scripted::IDP);
    profile.set(
        fields::IDP_DEVICE_AUTHORIZATION_ENDPOINT,
        FieldValue::Text(endpoint),
    );
    profile
}

fn by_device(mut profile: Profile) -> Profile {
    profile.set(fields::SSO_LOGIN, FieldValue::Text("device".to_owned()));
    profile
}

fn ids(session: &Session) -> Vec<&'static str> {
    session.steps().map(|step| step.info().id.0).collect()
}

const STEPS: [&str; 7] = [
    "discover-idp",
    "discover-resource-as",
    "device-authorize",
    "device-token",
    "id-jag",
    "jwt-bearer",
    "call-api",
];

#[tokio::test]
async fn the_lab_is_walked_with_a_device_code() {
    let (_lab, profile) = walks::lab().await;
    let profile = by_device(profile);
    let world = walks::world(&profile);
    let mut session = walks::session(profile);
    let (events, mut from_driver) = mpsc::unbounded_channel();
    let (to_walk, mut incoming) = mpsc::unbounded_channel();
    let mut driver = Driver::new(Arc::new(world), events);
    tokio::spawn(async move {
        while let Some(event) = from_driver.recv().await {
            let _ = to_walk.send(Incoming::Event(event));
        }
    });
    let mut told = None;
    let end = headless::walk(
        &mut session,
        &mut driver,
        &mut incoming,
        scripted::last(),
        |session| {
            let polls = session
                .step(TOKEN)
                .last()
                .map_or(0, |attempt| attempt.made.len());
            let Some((lines, address)) = text::code_to_enter(session).filter(|_| polls == 1) else {
                return;
            };
            if told.is_none() {
                tokio::spawn(async move {
                    let http = Http::new(Settings::default()).expect("defaults are fine");
                    let mut url = format!("{address}&login_hint=alice");
                    let mut cookie = None;
                    // The redirect of the lab goes to its own page, with its cookie.
                    loop {
                        let mut request = HttpRequest::get(url.as_str(), "text/html");
                        if let Some(cookie) = &cookie {
                            request.set_header("cookie", String::clone(cookie));
                        }
                        let exchange = http.send(&request).await;
                        let response = exchange.response().expect("the lab answers");
                        let set = response.header("set-cookie");
                        cookie = set.map(|line| line.split(';').next().unwrap().to_owned());
                        match response.header("location") {
                            Some(to) => url = to.to_owned(),
                            None => break,
                        }
                    }
                });
                told = Some(lines);
            }
        },
        |_| false,
    )
    .await;
    assert!(end == End::Done, "{}", walks::story(&session));
    assert_eq!(ids(&session), STEPS);
    let told = told.expect("the code was shown");
    assert!(
        told[1].ends_with("/device") && told[3].len() == 9,
        "{told:?}"
    );
    let report = report::report(&session, scripted::last(), end, false);
    let step = &report["steps"][3];
    let purposes: Vec<&str> = step["exchanges"]
        .as_array()
        .unwrap()
        .iter()
        .map(|exchange| exchange["purpose"].as_str().unwrap())
        .collect();
    assert_eq!(purposes.first(), Some(&"poll"), "{purposes:?}");
    assert_eq!(
        purposes
            .iter()
            .filter(|purpose| **purpose == "main")
            .count(),
        1
    );
    assert_eq!(step["response"]["status"], 200);
    assert_eq!(step["exchanges"][0]["response"]["status"], 400);
    // The code of the device is a secret, the one of the user is not.
    let text = report.to_string();
    assert!(
        text.contains(&told[3]) && text.contains("‹device-code:"),
        "{text}"
    );
}

/// Plays an IdP that gives these errors to the polls, one each, and then the tokens; returns how long each poll waited.
///
/// `-` is a poll that finds no connection, `~` one that is not answered in time, `!` one whose TLS fails.
fn dialogue(errors: &[&str]) -> (Session, Vec<Lifetime>) {
    let mut session = scripted::fresh(sham());
    let mut errors = errors.iter();
    let mut waits = Vec::new();
    let mut now = scripted::NOW;
    let mut effects = session.command(
        Command::SendThrough(scripted::last()),
        Ink {
            now,
            seed: scripted::SEED,
        },
    );
    while let Some(effect) = effects.pop() {
        let Effect::Send {
            send,
            request,
            after,
            ..
        } = effect
        else {
            panic!("{effect:?}");
        };
        now = now.plus_secs(1 + after.0 / 1000);
        let form = |name: &str| Some(request.http().form()?.get(name)?.wire());
        let outcome = if request.http().url.ends_with("/device_authorization") {
            assert_eq!(form("client_id").as_deref(), Some("sso-client"));
            scripted::answer(
                200,
                &json!({
                    "device_code": "dev-9b1f77aa", "user_code": "WDJB-MJHT", "expires_in": 300,
                    "verification_uri": "https://idp.example/device", "interval": 2,
                }),
            )
        } else if form("grant_type").is_some_and(|grant| grant.ends_with("device_code")) {
            waits.push(after);
            match errors.next() {
                Some(&"-") => Err(Failure::Connect("idp.example:443 (refused)".to_owned())),
                Some(&"~") => Err(Failure::Timeout("no connection to idp.example".to_owned())),
                Some(&"!") => Err(Failure::Tls("the certificate is not trusted".to_owned())),
                Some(error) => scripted::answer(400, &json!({ "error": error })),
                None => scripted::usual(&request, now),
            }
        } else {
            scripted::usual(&request, now)
        };
        let event = scripted::answered(send, request, outcome, now);
        effects.extend(session.event(
            event,
            Ink {
                now,
                seed: scripted::SEED,
            },
        ));
    }
    (session, waits)
}

fn seconds(waits: &[Lifetime]) -> Vec<i64> {
    waits.iter().map(|wait| wait.0 / 1000).collect()
}

#[test]
fn each_slow_down_adds_five_seconds() {
    let pending = "authorization_pending";
    let (session, waits) = dialogue(&[pending, "slow_down", pending, "slow_down", pending]);
    assert_eq!(seconds(&waits), [0, 2, 7, 7, 12, 12]);
    assert!(
        session.step(TOKEN).outcome() == Some(&Outcome::Done),
        "{}",
        walks::story(&session)
    );
    assert_eq!(session.step(TOKEN).last().unwrap().made.len(), 6);
    assert!(session.step(scripted::last()).is_fresh());
}

#[test]
fn a_poll_that_gets_nowhere_is_tried_again_each_time_after_twice_as_long() {
    let pending = "authorization_pending";
    let (session, waits) = dialogue(&["-", "~", "-", pending, "-", pending]);
    assert_eq!(seconds(&waits), [0, 4, 8, 16, 2, 4, 2]);
    assert!(
        session.step(TOKEN).outcome() == Some(&Outcome::Done),
        "{}",
        walks::story(&session)
    );
    // What the IdP has slowed down stays slow, and is doubled from there.
    let (_, waits) = dialogue(&["slow_down", "-", "-", pending]);
    assert_eq!(seconds(&waits), [0, 7, 14, 28, 7]);
    // Never slower than once a minute, and once more when the code ends: then it is the network's fault.
    let (session, waits) = dialogue(&["-"; 40]);
    let waits = seconds(&waits);
    assert_eq!(waits[..7], [0, 4, 8, 16, 32, 60, 60]);
    assert!(
        waits.iter().sum::<i64>() <= 300 && waits.len() < 15,
        "{waits:?}"
    );
    let last = session.step(TOKEN).last().unwrap();
    assert!(
        matches!(last.outcome, Some(Outcome::Unreachable(_))),
        "{:?}",
        last.outcome
    );
    assert!(
        last.says
            .starts_with("The code has ended, and the IdP could not be asked"),
        "{}",
        last.says
    );
    assert_eq!(last.made.len(), waits.len());
}

/// Plays an IdP whose polls come to this, and stops before the next; returns the screen of the page for the code.
fn page_after(polls: &[Result<(), ()>]) -> String {
    let mut session = scripted::fresh(sham());
    let ink = Ink {
        now: scripted::NOW,
        seed: scripted::SEED,
    };
    let mut left = polls.iter();
    let mut effects = session.command(Command::SendThrough(scripted::last()), ink);
    while let Some(Effect::Send { send, request, .. }) = effects.pop() {
        let is_poll = request
            .http()
            .form()
            .is_some_and(|form| form.get("device_code").is_some());
        let outcome = if is_poll {
            match left.next() {
                None => break,
                Some(Ok(())) => scripted::answer(400, &json!({ "error": "authorization_pending" })),
                Some(Err(())) => Err(Failure::Connect("idp.example:443 (refused)".to_owned())),
            }
        } else if request.http().url.ends_with("/device_authorization") {
            scripted::answer(
                200,
                &json!({
                    "device_code": "dev-9b1f77aa", "user_code": "WDJB-MJHT", "expires_in": 300,
                    "verification_uri": "https://idp.example/device", "interval": 2,
                }),
            )
        } else {
            scripted::usual(&request, scripted::NOW)
        };
        let event = scripted::answered(send, request, outcome, scripted::NOW);
        effects.extend(session.event(event, ink));
    }
    let start = Start {
        session,
        has_file: false,
        problems: Vec::new(),
        warnings: Vec::new(),
        keys: jagwalk::ui::keymap::Keymap::default(),
        mouse: false,
        theme: "terminal".to_owned(),
        theme_chosen: false,
        shelf: Shelf::default(),
        depth: Depth::Sixteen,
        glyphs: Glyphs::UNICODE,
        share: false,
        places: Places::default(),
    };
    let model = Model::new(start, (100, 30), scripted::NOW);
    plain(&device::rows(&model, 100, 28))
}

#[test]
fn the_page_says_while_nothing_gets_through_and_no_longer() {
    let lost = "after 4 s.";
    let page = page_after(&[Err(())]);
    assert!(page.contains("W D J B") && page.contains(lost), "{page}");
    let page = page_after(&[Ok(()), Err(()), Err(())]);
    assert!(page.contains("after 8 s."), "{page}");
    let page = page_after(&[Err(()), Ok(())]);
    assert!(
        page.contains("W D J B") && !page.contains("after"),
        "{page}"
    );
}

#[test]
fn what_will_not_pass_ends_the_polls_at_once() {
    let (session, waits) = dialogue(&["authorization_pending", "!"]);
    assert_eq!(waits.len(), 2);
    let last = session.step(TOKEN).last().unwrap();
    assert!(
        matches!(last.outcome, Some(Outcome::Unreachable(Failure::Tls(_)))),
        "{:?}",
        last.outcome
    );
}

#[test]
fn a_refusal_ends_the_polls_with_its_sentence() {
    for (error, says) in [
        ("access_denied", "declined on the other device"),
        ("expired_token", "has ended before the sign-in did"),
        ("invalid_grant", "The IdP refused: invalid_grant"),
    ] {
        let (session, waits) = dialogue(&["authorization_pending", error]);
        assert_eq!(waits.len(), 2, "{error}");
        let last = session.step(TOKEN).last().unwrap();
        assert!(matches!(last.outcome, Some(Outcome::Refused(_))), "{error}");
        assert!(last.says.contains(says), "{}", last.says);
    }
}

#[test]
fn the_polls_end_with_the_code() {
    let (session, waits) = dialogue(&["authorization_pending"; 400]);
    assert!(
        seconds(&waits).iter().sum::<i64>() <= 300 && waits.len() > 90,
        "{}",
        waits.len()
    );
    let last = session.step(TOKEN).last().unwrap();
    assert!(last.says.starts_with("The code has ended"), "{}", last.says);
}

#[test]
fn cancelling_between_two_polls_sends_nothing_more() {
    let mut session = scripted::fresh(sham());
    let waits = |session: &Session| session.waiting().map(|(_, going)| going.send);
    let mut polls = 0;
    let ink = Ink {
        now: scripted::NOW,
        seed: scripted::SEED,
    };
    let mut effects = session.command(Command::SendThrough(scripted::last()), ink);
    while let Some(Effect::Send {
        send,
        request,
        after,
        ..
    }) = effects.pop()
    {
        if after.0 > 0 {
            assert_eq!(session.command(Command::Abort, ink), [Effect::Abort(send)]);
            let event = scripted::answered(send, request, Err(Failure::Aborted), scripted::NOW);
            assert!(session.event(event, ink).is_empty());
            break;
        }
        let is_poll = |request: &Request| {
            let form = request.http().form();
            form.is_some_and(|form| form.get("device_code").is_some())
        };
        let outcome = if is_poll(&request) {
            polls += 1;
            scripted::answer(400, &json!({ "error": "authorization_pending" }))
        } else if request.http().url.ends_with("/device_authorization") {
            scripted::answer(
                200,
                &json!({
                    "device_code": "dev-9b1f77aa", "user_code": "WDJB-MJHT", "expires_in": 300,
                    "verification_uri": "https://idp.example/device",
                }),
            )
        } else {
            scripted::usual(&request, scripted::NOW)
        };
        let event = scripted::answered(send, request, outcome, scripted::NOW);
        effects.extend(session.event(event, ink));
    }
    assert_eq!((polls, waits(&session)), (1, None));
    let last = session.step(TOKEN).last().unwrap();
    assert_eq!(last.outcome, Some(Outcome::Interrupted));
    assert_eq!(last.made.len(), 1, "what never went out is no exchange");
}
