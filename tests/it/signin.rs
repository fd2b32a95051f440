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
use tokio::{io::AsyncWriteExt as _, sync::mpsc};

use crate::{transport::peer::Peer, walks};

fn shown(profile: &Profile) -> Profile {
    let mut profile = profile.clone();
    profile.set(fields::SSO_LOGIN, FieldValue::Text("show".to_owned()));
    profile
}

/// Walks; `person` is what the test does once the sign-in waits.
async fn walk(
    profile: Profile,
    person: impl FnOnce(AuthorizeRequest, mpsc::UnboundedSender<Incoming>),
) -> (Session, End, Vec<String>) {
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
    let (mut person, mut told) = (Some(person), Vec::new());
    let end = headless::walk(
        &mut session,
        &mut driver,
        &mut incoming,
        StepId("call-api"),
        |session| {
            told.extend(session.notice.as_ref().map(|notice| notice.says.clone()));
            if let Some((_, going)) = session.waiting()
                && let What::Sending(_, Request::Browser(asked)) = &going.what
                && let Some(person) = person.take()
            {
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

/// Arrives at the listener with the answer of a real sign-in, changed first; returns the page that is shown.
async fn arrive(asked: &AuthorizeRequest, change: fn(&str) -> String) -> String {
    let last = sign_in(asked).await;
    let page = get(&change(&last)).await;
    page.response().expect("a page").text().into_owned()
}

/// Takes a parameter out of an address, or puts another in its place.
fn with(address: &str, name: &str, value: Option<&str>) -> String {
    let mut url = url::Url::parse(address).expect("an address");
    let pairs: Vec<(String, String)> = url
        .query_pairs()
        .into_owned()
        .filter(|(other, _)| other != name)
        .collect();
    let mut query = url.query_pairs_mut();
    query.clear().extend_pairs(pairs);
    if let Some(value) = value {
        query.append_pair(name, value);
    }
    drop(query);
    url.into()
}

#[tokio::test]
async fn what_arrives_at_the_listener_and_is_no_good_answer_ends_the_walk_with_its_reason() {
    let (_lab, profile) = walks::lab().await;
    for (change, ends, phrases) in [
        (
            (|last| {
                let last = with(last, "code", None);
                let last = with(&last, "error", Some("access_denied"));
                with(&last, "error_description", Some("Alice said no"))
            }) as fn(&str) -> String,
            End::Refused,
            ["access_denied: Alice said no", "The user declined"],
        ),
        (
            |last| with(last, "iss", Some("https://evil.example")),
            End::Failed,
            ["received https://evil.example", "RFC 9207"],
        ),
        (
            |last| with(last, "iss", None),
            End::Failed,
            ["promises iss in the answer, and it is missing", "RFC 9207"],
        ),
        // An error of somebody else is not believed either.
        (
            |last| {
                let last = with(last, "code", None);
                let last = with(&last, "error", Some("access_denied"));
                with(&last, "iss", Some("https://evil.example"))
            },
            End::Failed,
            ["received https://evil.example", "new sign-in"],
        ),
    ] {
        let (session, end, _) = walk(shown(&profile), |asked, _| {
            tokio::spawn(async move { arrive(&asked, change).await });
        })
        .await;
        assert!(end == ends, "{end:?} {}", walks::story(&session));
        let authorize = session.step(StepId("authorize"));
        let says = &authorize.last().expect("it ran").says;
        for phrase in phrases {
            assert!(says.contains(phrase), "{phrase}: {says}");
        }
        assert!(session.step(StepId("redeem-code")).attempts.is_empty());
    }
}

#[tokio::test]
async fn whoever_arrives_second_is_told_that_it_is_too_late() {
    let (_lab, mut profile) = walks::lab().await;
    // The walk goes on until the second arrival has its page: the API waits for it.
    let (told, page) = tokio::sync::watch::channel(String::new());
    let api = Peer::new({
        let page = page.clone();
        move |_, mut socket| {
            let mut page = page.clone();
            async move {
                let _ = page.wait_for(|page| !page.is_empty()).await;
                let _ = socket
                    .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
                    .await;
            }
        }
    })
    .await;
    profile.set(fields::API_URL, FieldValue::Text(api.url("/notes")));
    let (session, end, notices) = walk(shown(&profile), |asked, _| {
        tokio::spawn(async move {
            let last = sign_in(&asked).await;
            get(&last).await;
            let late = get(&with(&last, "code", Some("of-somebody-else"))).await;
            let page = late.response().expect("a page").text().into_owned();
            told.send(page).expect("it is waited for");
        });
    })
    .await;
    assert!(end == End::Done, "{}", walks::story(&session));
    assert_eq!(via(&session), Via::Listener);
    assert!(
        page.borrow().contains("Already received"),
        "{}",
        *page.borrow()
    );
    let says = notices.iter().any(|says| says.contains("received already"));
    assert!(says, "{notices:?}");
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
