//! Sign-in without `follow`: the listener and the paste race, and what is stale is refused with the reason.

use std::sync::Arc;

use jagwalk::{
    cli::world::World,
    flow::Ink,
    flow::StepId,
    profile::{FieldValue, Profile, fields},
    protocol::{
        exchange::{Answer, AuthorizeRequest, Exchange, Login, Request, Via},
        http::HttpRequest,
        time::Lifetime,
    },
    session::{
        Command, Driver, Effect, Outcome, SendId, Session, What,
        headless::{self, End, Incoming},
    },
    transport::{
        clock, follow,
        http::{Http, Settings},
    },
};
use tokio::sync::mpsc;

use crate::walks;

/// What the test does once the sign-in waits.
type Person = fn(AuthorizeRequest, mpsc::UnboundedSender<Incoming>);

fn shown(profile: &Profile) -> Profile {
    let mut profile = profile.clone();
    profile.set(fields::SSO_LOGIN, FieldValue::Text("show".to_owned()));
    profile
}

async fn walk(profile: Profile, person: Person) -> (Session, End, Vec<String>) {
    let world = World::new(&profile, false).expect("the network settings are fine");
    let mut session = walks::session(profile);
    let (events, mut from_driver) = mpsc::unbounded_channel();
    let (to_walk, mut incoming) = mpsc::unbounded_channel();
    let mut driver = Driver::new(Arc::new(world), events);
    let forward = to_walk.clone();
    tokio::spawn(async move {
        while let Some(event) = from_driver.recv().await {
            let _ = forward.send(Incoming::Event(event));
        }
    });
    let (mut begun, mut told) = (false, Vec::new());
    let end = headless::walk(
        &mut session,
        &mut driver,
        &mut incoming,
        StepId("call-api"),
        |session| {
            told.extend(session.notice.as_ref().map(|notice| notice.says.clone()));
            if let Some((_, going)) = session.waiting()
                && let What::Sending(_, Request::Browser(asked)) = &going.what
                && !begun
            {
                begun = true;
                person(asked.clone(), to_walk.clone());
            }
        },
        |_| false,
    )
    .await;
    (session, end, told)
}

/// Signs in as the browser would, and returns the address of the last page.
async fn sign_in(asked: &AuthorizeRequest) -> String {
    let http = Http::new(Settings::default()).expect("defaults are fine");
    let asked = AuthorizeRequest {
        login: Login::Follow,
        ..asked.clone()
    };
    match follow::follow(&http, &asked).await.outcome {
        Ok(Answer::Redirect(redirect)) => redirect.url.reveal().to_owned(),
        other => panic!("{other:?}"),
    }
}

async fn get(url: &str) -> Exchange {
    Http::new(Settings::default())
        .expect("defaults are fine")
        .send(&HttpRequest::get(url, "text/html"))
        .await
}

fn via(session: &Session) -> Via {
    match &session
        .step(StepId("authorize"))
        .last()
        .and_then(|attempt| attempt.main())
        .expect("it ran")
        .outcome
    {
        Ok(Answer::Redirect(redirect)) => redirect.via,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_listener_catches_the_browser() {
    let (_lab, profile) = walks::lab().await;
    let (session, end, _) = walk(shown(&profile), |asked, _| {
        tokio::spawn(async move {
            let last = sign_in(&asked).await;
            // Another page of the same browser, and an answer to an older sign-in, do not disturb the wait.
            get(&last.replace("/callback", "/favicon.ico")).await;
            let stale = get(&last.replace(&asked.state, "an-older-state")).await;
            let page = stale.response().expect("a page").text().into_owned();
            assert!(page.contains("another sign-in"), "{page}");
            let page = get(&last)
                .await
                .response()
                .expect("a page")
                .text()
                .into_owned();
            assert!(page.contains("close this"), "{page}");
        });
    })
    .await;
    assert!(end == End::Done, "{}", walks::story(&session));
    assert_eq!(via(&session), Via::Listener);
}

#[tokio::test]
async fn a_pasted_address_wins_and_a_stale_one_is_refused() {
    let (_lab, profile) = walks::lab().await;
    let (session, end, told) = walk(shown(&profile), |asked, lines| {
        tokio::spawn(async move {
            let last = sign_in(&asked).await;
            let _ = lines.send(Incoming::Line(last.replace(&asked.state, "an-older-state")));
            let wrapped = format!("  {}\n{} ", &last[..40], &last[40..]);
            let _ = lines.send(Incoming::Line(wrapped));
        });
    })
    .await;
    assert!(end == End::Done, "{}", walks::story(&session));
    assert_eq!(via(&session), Via::Paste);
    assert!(
        told.iter()
            .any(|says| says.contains("an-older-state") && says.contains("expected")),
        "{told:?}"
    );
}

#[tokio::test]
async fn a_bare_code_is_taken_and_said_to_be_unchecked() {
    let (_lab, profile) = walks::lab().await;
    let (session, end, _) = walk(shown(&profile), |asked, lines| {
        tokio::spawn(async move {
            let last = sign_in(&asked).await;
            let code = last
                .split("code=")
                .nth(1)
                .and_then(|rest| rest.split('&').next())
                .expect("a code")
                .to_owned();
            let _ = lines.send(Incoming::Line(code));
        });
    })
    .await;
    assert!(end == End::Done, "{}", walks::story(&session));
    assert_eq!(via(&session), Via::PasteCode);
    let says = &session
        .step(StepId("authorize"))
        .last()
        .expect("it ran")
        .says;
    assert!(says.contains("could not be checked"), "{says}");
}

#[tokio::test]
async fn a_sign_in_that_nobody_finishes_ends_by_the_clock_or_by_the_user() {
    let (_lab, profile) = walks::lab().await;
    let mut waiting = walks::session(shown(&profile));
    waiting.patience = Lifetime(200);
    let world = World::new(&waiting.profile, false).expect("the network settings are fine");
    let end = walks::drive(&mut waiting, world).await;
    assert!(
        end == End::Unreachable,
        "{end:?} {}",
        walks::story(&waiting)
    );
    let says = &waiting
        .step(StepId("authorize"))
        .last()
        .expect("it ran")
        .says;
    assert!(says.contains("nobody came back"), "{says}");

    let (session, end, _) = walk(shown(&profile), |_, lines| {
        drop(lines.send(Incoming::Interrupt));
    })
    .await;
    assert!(end == End::Interrupted, "{end:?}");
    assert_eq!(
        session.step(StepId("authorize")).outcome(),
        Some(&Outcome::Interrupted)
    );
}

#[tokio::test]
async fn a_late_answer_changes_nothing_but_the_journal() {
    let (_lab, profile) = walks::lab().await;
    let mut session = walks::session(profile);
    let ink = Ink {
        now: clock::now(),
        seed: [3; 32],
    };
    let effects = session.command(Command::Send(StepId("discover-idp")), ink);
    let [Effect::Send { send, request, .. }] = effects.as_slice() else {
        panic!("{effects:?}")
    };
    let exchange = Exchange {
        request: request.clone(),
        outcome: Err(jagwalk::protocol::exchange::Failure::Aborted),
        times: jagwalk::protocol::exchange::Timings::default(),
    };
    let before = session.walk.clone();
    let late = jagwalk::session::Event::Answered {
        send: SendId(send.0 + 7),
        exchange: Arc::new(exchange),
    };
    assert!(session.event(late, ink).is_empty());
    assert!(
        session.walk == before,
        "an answer with another number changed the walk"
    );
    assert_eq!(session.journal().len(), 2);
}
