//! Random walks: whatever is commanded and whatever comes back, nothing panics and the invariants hold.

use std::{collections::BTreeMap, sync::Arc};

use jagwalk::{
    flow::{Artifact, Ink, StepId, Want},
    profile::fields,
    protocol::{
        exchange::{Answer, Exchange, Failure, Request, Timings},
        http::{Bytes, Response},
        jwt::Signature,
        secret::Secret,
        time::Timestamp,
    },
    session::{Command, Effect, Event, Going, Had, SendId, Session, headless},
};
use proptest::prelude::*;
use serde_json::json;

use super::{id, which};
use crate::scripted::{self, NOW};

const STEPS: [&str; 7] = [
    "discover-idp",
    "discover-resource-as",
    "authorize",
    "redeem-code",
    "id-jag",
    "jwt-bearer",
    "call-api",
];

/// One thing that happens to a session.
#[derive(Clone, Debug)]
enum Move {
    Say(Command),
    /// Answers what is in flight, or an old request when nothing is.
    Come(Reply),
    /// Answers a request of long ago.
    Late(usize, Reply),
    Wait(i64),
}

/// How it is answered.
#[derive(Clone, Debug)]
enum Reply {
    Usual,
    /// As usual, but with one byte of the body changed.
    Mangled(usize, u8),
    Any(u16, Vec<u8>, bool),
    Lost(u8),
}

fn step() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(&STEPS[..])
}

fn artifact() -> impl Strategy<Value = Artifact> {
    proptest::sample::select(Artifact::GIVEABLE)
}

fn token() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(scripted::signed(
            "oauth-id-jag+jwt",
            &json!({ "sub": "a", "exp": 1 })
        )),
        Just(scripted::signed(
            "JWT",
            &json!({ "sub": "a", "nonce": "n" })
        )),
        Just(scripted::signed("at+jwt", &json!({ "sub": "a" }))),
        Just("<saml2:Assertion/>".to_owned()),
        "[a-zA-Z0-9._-]{0,40}",
        "\\PC{0,20}",
    ]
}

fn command() -> impl Strategy<Value = Command> {
    let edit = (
        proptest::sample::select(fields::FIELDS),
        prop_oneof![
            "[a-z:/.0-9]{0,20}",
            "\\PC{0,8}",
            Just("https://idp.example".to_owned()),
            Just("private_key_jwt".to_owned()),
            Just("prod".to_owned()),
            Just("env:SOME".to_owned()),
        ],
    );
    prop_oneof![
        6 => step().prop_map(|step| Command::Send(id(step))),
        6 => step().prop_map(|step| Command::SendThrough(id(step))),
        2 => edit.prop_map(|(field, text)| Command::Edit(field.path, text)),
        1 => Just(Command::Adopt(Box::new(scripted::profile()))),
        1 => "\\PC{0,30}".prop_map(Command::PasteRedirect),
        1 => "[a-z&=?%0-9]{0,30}".prop_map(Command::PasteRedirect),
        2 => (artifact(), token()).prop_map(|(artifact, text)| Command::UseExisting(artifact, Secret::minted("x", text))),
        1 => artifact().prop_map(Command::Withdraw),
        2 => Just(Command::Confirm),
        1 => Just(Command::Dismiss),
        1 => Just(Command::Abort),
        1 => Just(Command::NewWalk),
    ]
}

fn reply() -> impl Strategy<Value = Reply> {
    let body = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..60),
        Just(b"<html>".to_vec()),
        Just(br#"{"access_token":"eyJhbGciOiJub25lIn0.e30.","id_token":"a.b.c","expires_in":9223372036854775807}"#.to_vec()),
        Just(br#"{"error":"invalid_grant","error_description":"\u001b[31mred"}"#.to_vec()),
        Just(br#"{"keys":[{"kty":"EC"},7,null]}"#.to_vec()),
        Just(br#"{"issuer":"https://idp.example"}"#.to_vec()),
        Just(b"[[[[[[[[".to_vec()),
    ];
    prop_oneof![
        8 => Just(Reply::Usual),
        2 => (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Reply::Mangled(at, byte)),
        2 => (
            prop_oneof![Just(200), Just(204), Just(302), Just(400), Just(401), Just(500), any::<u16>()],
            body,
            any::<bool>()
        ).prop_map(|(status, body, cut)| Reply::Any(status, body, cut)),
        1 => (0_u8..6).prop_map(Reply::Lost),
    ]
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        4 => command().prop_map(Move::Say),
        8 => reply().prop_map(Move::Come),
        1 => (any::<usize>(), reply()).prop_map(|(at, reply)| Move::Late(at, reply)),
        1 => (0_i64..5000).prop_map(Move::Wait),
    ];
    proptest::collection::vec(one, 1..40)
}

/// Makes an answer; `request` may be of any walk.
fn made(reply: &Reply, request: &Request, now: Timestamp) -> scripted::Outcome {
    match reply {
        Reply::Usual => scripted::usual(request, now),
        Reply::Mangled(at, byte) => match scripted::usual(request, now) {
            Ok(Answer::Http(mut response)) => {
                let length = response.body.0.len().max(1);
                if let Some(place) = response.body.0.get_mut(at % length) {
                    *place = *byte;
                }
                Ok(Answer::Http(response))
            }
            Ok(Answer::Redirect(mut redirect)) => {
                let mut text = redirect.url.reveal().to_owned();
                let cut = at % (text.len() + 1);
                text.truncate(cut);
                redirect.url = Secret::minted("redirect", text);
                Ok(Answer::Redirect(redirect))
            }
            lost => lost,
        },
        Reply::Any(status, body, cut) => Ok(Answer::Http(Response {
            status: *status,
            headers: vec![
                ("location".to_owned(), "x".to_owned()),
                ("www-authenticate".to_owned(), "Bearer error=".to_owned()),
            ],
            body_size: body.len() as u64,
            body: Bytes(body.clone()),
            cut: cut.then(|| "it broke".to_owned()),
        })),
        Reply::Lost(kind) => Err(match kind {
            0 => Failure::Name("n".to_owned()),
            1 => Failure::Connect("c".to_owned()),
            2 => Failure::Tls("t".to_owned()),
            3 => Failure::Timeout("o".to_owned()),
            4 => Failure::Aborted,
            _ => Failure::Broken("b".to_owned()),
        }),
    }
}

/// The world outside of a random walk.
#[derive(Default)]
struct Outside {
    /// Every request that was sent, with the number it was sent under.
    sent: Vec<(SendId, Request)>,
    /// What is still to be answered.
    open: BTreeMap<SendId, Todo>,
}

#[derive(Clone)]
enum Todo {
    Prepare(Vec<Want>),
    Send(Request),
}

impl Outside {
    /// What is answered next: of several, now the first and now the last.
    fn next(&mut self, now: Timestamp) -> Option<(SendId, Todo)> {
        if now.secs() % 2 == 0 {
            self.open.pop_first()
        } else {
            self.open.pop_last()
        }
    }

    fn take(
        &mut self,
        session: &Session,
        effects: Vec<Effect>,
    ) -> Result<Vec<SendId>, TestCaseError> {
        let mut aborted = Vec::new();
        for effect in effects {
            match effect {
                Effect::Prepare { send, wants } => {
                    prop_assert!(!self.open.contains_key(&send));
                    self.open.insert(send, Todo::Prepare(wants));
                }
                Effect::Send { send, request, .. } => {
                    prop_assert!(
                        self.sent.iter().all(|(other, _)| *other != send),
                        "a number is used once"
                    );
                    // What waits on the screen is what goes out.
                    let (_, going) = session.awaiting(send).expect("what is sent is in flight");
                    let jagwalk::session::What::Sending(_, shown) = &going.what else {
                        return Err(TestCaseError::fail("it is sent and said to be prepared"));
                    };
                    prop_assert_eq!(shown, &request);
                    self.sent.push((send, request.clone()));
                    self.open.insert(send, Todo::Send(request));
                }
                Effect::Deliver { send, .. } => prop_assert!(self.open.contains_key(&send)),
                Effect::Abort(send) => aborted.push(send),
            }
        }
        Ok(aborted)
    }
}

fn exchange(request: &Request, outcome: scripted::Outcome, start: Timestamp) -> Arc<Exchange> {
    let times = Timings {
        start,
        first_byte: None,
        end: 1_000,
    };
    Arc::new(Exchange {
        request: request.clone(),
        outcome,
        times,
    })
}

fn invariants(session: &Session, outside: &Outside) -> Result<(), TestCaseError> {
    let going: Vec<SendId> = session.in_flight().map(|(_, going)| going.send).collect();
    let discovers = |(step, _): (StepId, &Going)| step.0.starts_with("discover-");
    prop_assert!(
        going.len() <= 1 || session.in_flight().all(discovers),
        "one request at a time, but for servers that are asked about themselves"
    );
    for send in going {
        prop_assert!(
            outside.open.contains_key(&send),
            "what is waited for was asked for and not answered"
        );
    }
    for state in &session.walk.steps {
        let open = state
            .attempts
            .iter()
            .filter(|attempt| attempt.outcome.is_none())
            .count();
        let sending = state
            .going
            .as_ref()
            .is_some_and(|going| matches!(going.what, jagwalk::session::What::Sending(..)));
        prop_assert_eq!(
            open,
            usize::from(sending),
            "{}: every request ends in exactly one answer",
            state.id
        );
        for attempt in &state.attempts {
            prop_assert_eq!(attempt.ended.is_some(), attempt.outcome.is_some());
            for made in &attempt.made {
                prop_assert!(
                    outside
                        .sent
                        .iter()
                        .any(|(_, request)| *request == made.exchange.request),
                    "a recorded request was sent"
                );
            }
            for record in &attempt.tokens {
                // Not checked is never shown as failed.
                if let Signature::NotChecked { .. } = record.signature {
                    prop_assert_eq!(record.signature.id(), "not-checked");
                }
            }
        }
    }
    Ok(())
}

fn play(moves: &[Move]) -> Result<(Session, Outside), TestCaseError> {
    let mut session = scripted::fresh(scripted::profile());
    let mut outside = Outside::default();
    let mut now = NOW;
    let mut walks = 0_u8;
    for one in moves {
        now = now.plus_secs(1);
        let ink = Ink {
            now,
            seed: [walks; 32],
        };
        let effects = match one {
            Move::Wait(secs) => {
                now = now.plus_secs(*secs);
                continue;
            }
            Move::Say(command) => {
                walks = walks.wrapping_add(u8::from(*command == Command::NewWalk));
                session.command(
                    command.clone(),
                    Ink {
                        now,
                        seed: [walks; 32],
                    },
                )
            }
            Move::Come(reply) => match outside.next(now) {
                None => continue,
                Some((send, Todo::Prepare(wants))) => {
                    let fine = !matches!(reply, Reply::Lost(_));
                    let had = wants.into_iter().map(|want| match want {
                        Want::Secret(field, _) if fine => {
                            Had::Secret(field, Ok(Secret::typed(field.0, "a-secret-from-outside")))
                        }
                        Want::Secret(field, _) => {
                            Had::Secret(field, Err("it is not there".to_owned()))
                        }
                        Want::Listener { redirect_uris, .. } if fine => {
                            Had::Listener(Ok(redirect_uris[0].clone()))
                        }
                        Want::Listener { redirect_uris, .. } => {
                            Had::Listener(Err((redirect_uris[0].clone(), "taken".to_owned())))
                        }
                    });
                    session.event(
                        Event::Prepared {
                            send,
                            had: had.collect(),
                        },
                        ink,
                    )
                }
                Some((send, Todo::Send(request))) => {
                    let outcome = made(reply, &request, now);
                    session.event(
                        Event::Answered {
                            send,
                            exchange: exchange(&request, outcome, now),
                        },
                        ink,
                    )
                }
            },
            Move::Late(at, reply) => {
                let old: Vec<_> = outside
                    .sent
                    .iter()
                    .filter(|(send, _)| !outside.open.contains_key(send))
                    .cloned()
                    .collect();
                if old.is_empty() {
                    continue;
                }
                let (send, request) = &old[at % old.len()];
                let (walk, journal) = (session.walk.clone(), session.journal().len());
                let outcome = made(reply, request, now);
                let effects = session.event(
                    Event::Answered {
                        send: *send,
                        exchange: exchange(request, outcome, now),
                    },
                    ink,
                );
                prop_assert!(effects.is_empty());
                prop_assert_eq!(session.journal().len(), journal + 1);
                prop_assert!(session.walk == walk, "an old answer changed the walk");
                continue;
            }
        };
        let aborted = outside.take(&session, effects)?;
        for send in aborted {
            // The driver answers an abort of a request, and forgets one of a preparation.
            if let Some(Todo::Send(request)) = outside.open.remove(&send) {
                let gone = Event::Answered {
                    send,
                    exchange: exchange(&request, Err(Failure::Aborted), now),
                };
                let effects = session.event(gone, ink);
                prop_assert!(effects.is_empty(), "nothing follows from an abort");
            }
        }
        invariants(&session, &outside)?;
    }
    Ok((session, outside))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_walk_breaks_the_rules(moves in moves()) {
        let (session, outside) = play(&moves)?;
        // Playing the journal again gives the same walk: the only keys here sign the same way twice.
        let again = session.replay();
        prop_assert!(again.walk == session.walk, "the replayed walk differs");
        prop_assert!(again.profile == session.profile);
        prop_assert_eq!(&again.notice, &session.notice);
        prop_assert_eq!(&again.question, &session.question);
        // Whatever came, it can be told, and no secret is in what is told.
        let ends = headless::end(&session, scripted::last());
        let told = jagwalk::export::report::report(&session, scripted::last(), ends, false).to_string();
        let text = jagwalk::export::text::text(&session, scripted::last(), ends, false);
        for secret in [scripted::SSO_SECRET, scripted::AS_SECRET, "a-secret-from-outside"] {
            prop_assert!(!told.contains(secret) && !text.contains(secret), "a secret is told");
        }
        prop_assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
        for (_, request) in &outside.sent {
            prop_assert!(!which(request).is_empty());
        }
    }
}
