//! Whole walks of the engine against the lab, over real HTTP, without a screen.

use std::{collections::BTreeMap, sync::Arc};

use jagwalk::{
    cli::{
        start,
        store::{LAB, LAB_TEXT},
        world::World,
    },
    flow::{Artifact, Flow, Ink, StepId, flows::XAA},
    lab::{ClientKind, Credentials, Lab},
    profile::{FieldPath, FieldValue, Profile, SecretSource, fields, load},
    protocol::secret::Secret,
    session::{
        Command, Driver, Outcome, Session, Status, Transport,
        headless::{self, End, Incoming},
    },
    transport::{clock, entropy},
};
use tokio::sync::mpsc;

/// A lab and a profile that is filled in from it.
pub async fn lab() -> (Lab, Profile) {
    let (mut profile, problems) = load::load(LAB, LAB_TEXT);
    assert!(problems.is_empty(), "{problems:?}");
    let lab = start::lab_for(&mut profile)
        .await
        .expect("the lab starts")
        .expect("the lab's profile says so");
    (lab, profile)
}

/// The same profile for another of the lab's clients.
pub fn as_client(profile: &Profile, lab: &Lab, kind: ClientKind) -> Profile {
    let mut profile = profile.clone();
    let registered = lab.client(kind);
    put(&mut profile, "sso", &registered.idp);
    if let Some(there) = &registered.resource_as {
        put(&mut profile, "resource_as", there);
    }
    profile
}

/// Writes a client's credentials into a table of a profile.
pub fn put(profile: &mut Profile, table: &str, credentials: &Credentials) {
    let field =
        |key: &str| FieldPath::find(&format!("{table}.{key}")).expect("clients have these fields");
    let inline = |secret: &Secret| FieldValue::Secret(SecretSource::Inline(secret.clone()));
    profile.set(
        field("client_id"),
        FieldValue::Text(credentials.client_id.clone()),
    );
    profile.set(field("auth"), FieldValue::Text(credentials.auth.to_owned()));
    if let Some(secret) = &credentials.client_secret {
        profile.set(
            field("client_secret"),
            inline(&secret.named(format!("{table}.client_secret"))),
        );
    }
    if let Some(key) = &credentials.private_key {
        profile.set(
            field("private_key"),
            inline(&key.named(format!("{table}.private_key"))),
        );
    }
    if let Some(alg) = credentials.alg {
        profile.set(field("alg"), FieldValue::Text(alg.to_owned()));
    }
}

pub fn session(profile: Profile) -> Session {
    session_of(&XAA, profile)
}

/// A session of a flow.
pub fn session_of(flow: &'static Flow, profile: Profile) -> Session {
    Session::new(
        flow,
        profile,
        Ink {
            now: clock::now(),
            seed: entropy::seed(),
        },
    )
}

/// Drives a session to its end with any transport.
pub async fn drive<T: Transport>(session: &mut Session, transport: T) -> End {
    let (events, mut from_driver) = mpsc::unbounded_channel();
    let (to_walk, mut incoming) = mpsc::unbounded_channel();
    let mut driver = Driver::new(Arc::new(transport), events);
    tokio::spawn(async move {
        while let Some(event) = from_driver.recv().await {
            let _ = to_walk.send(Incoming::Event(event));
        }
    });
    let last = session.flow.steps().last().expect("a flow has steps");
    headless::walk(
        session,
        &mut driver,
        &mut incoming,
        last.info().id,
        |_| {},
        |_| false,
    )
    .await
}

/// The world outside, as the profile has it.
pub fn world(profile: &Profile) -> World {
    World::new(profile, false).expect("the network settings are fine")
}

/// Walks to the end.
pub async fn walk(profile: Profile) -> (Session, End) {
    let world = world(&profile);
    let mut session = session(profile);
    let end = drive(&mut session, world).await;
    (session, end)
}

/// What happened, for a failing test to print; never a token.
pub fn story(session: &Session) -> String {
    let lines = session.walk.steps.iter().map(|step| {
        let says = step.last().map_or("", |attempt| attempt.says.as_str());
        format!(
            "{}: {} {}\n",
            step.id,
            session.status(step.id).id(),
            session.vault.mask(says)
        )
    });
    format!("{}{:?}", lines.collect::<String>(), session.notice)
}

fn signatures(session: &Session) -> BTreeMap<String, &'static str> {
    let tokens = session
        .walk
        .steps
        .iter()
        .filter_map(|step| step.last())
        .flat_map(|attempt| &attempt.tokens);
    tokens
        .map(|record| (record.name.clone(), record.signature.id()))
        .collect()
}

#[tokio::test]
async fn the_lab_is_walked_with_every_client_authentication() {
    let (lab, profile) = lab().await;
    for kind in ClientKind::ALL {
        if kind == ClientKind::Public {
            continue;
        }
        let (session, end) = walk(as_client(&profile, &lab, kind)).await;
        assert!(end == End::Done, "{kind:?}: {end:?}\n{}", story(&session));
        for step in &session.walk.steps {
            assert!(
                step.outcome() == Some(&Outcome::Done),
                "{kind:?}: {}",
                story(&session)
            );
        }
        let found = signatures(&session);
        for name in ["id-token", "sso-access-token", "id-jag", "access-token"] {
            assert_eq!(found.get(name), Some(&"verified"), "{kind:?}: {found:?}");
        }
    }
}

#[tokio::test]
async fn a_public_client_signs_in_and_is_refused_at_the_exchange() {
    let (lab, profile) = lab().await;
    let (session, end) = walk(as_client(&profile, &lab, ClientKind::Public)).await;
    assert!(end == End::Refused, "{end:?}\n{}", story(&session));
    match session.step(StepId("id-jag")).outcome() {
        Some(Outcome::Refused(error)) => {
            assert_eq!(error.error.as_deref(), Some("unauthorized_client"));
        }
        other => panic!("{other:?}"),
    }
    assert!(session.status(StepId("jwt-bearer")).id() == "blocked");
}

#[tokio::test]
async fn a_journal_replays_to_the_same_walk() {
    let (lab, profile) = lab().await;
    // Signatures of RS256 come out the same each time; ES256 is random by nature.
    let (session, end) = walk(as_client(&profile, &lab, ClientKind::Rs256)).await;
    assert!(end == End::Done, "{}", story(&session));
    assert!(
        session.replay().walk == session.walk,
        "the replayed walk differs"
    );
    let mut other = session.clone();
    other.command(
        Command::NewWalk,
        Ink {
            now: clock::now(),
            seed: [7; 32],
        },
    );
    assert!(other.walk != session.walk);
    assert!(
        other.replay().walk == other.walk,
        "the replayed new walk differs"
    );
}

#[tokio::test]
async fn a_walk_starts_at_the_token_that_is_handed_in() {
    let (_lab, profile) = lab().await;
    let (first, end) = walk(profile.clone()).await;
    assert!(end == End::Done, "{}", story(&first));
    for (artifact, run) in [
        (
            Artifact::IdToken,
            &[
                "discover-idp",
                "discover-resource-as",
                "id-jag",
                "jwt-bearer",
                "call-api",
            ][..],
        ),
        (
            Artifact::IdJag,
            &["discover-resource-as", "jwt-bearer", "call-api"],
        ),
        (Artifact::AccessToken, &["call-api"]),
    ] {
        let token = first
            .walk
            .bag
            .value(artifact)
            .expect("the first walk gained it")
            .clone();
        let world = World::new(&profile, false).expect("the network settings are fine");
        let mut second = session(profile.clone());
        let ink = Ink {
            now: clock::now(),
            seed: entropy::seed(),
        };
        second.command(Command::UseExisting(artifact, token.clone()), ink);
        let end = drive(&mut second, world).await;
        assert!(end == End::Done, "{artifact:?}: {}", story(&second));
        let ran: Vec<&str> = second
            .walk
            .steps
            .iter()
            .filter(|step| !step.attempts.is_empty())
            .map(|step| step.id.0)
            .collect();
        assert_eq!(ran, run, "{artifact:?}");
        assert!(matches!(
            second.status(StepId("authorize")),
            Status::Skipped(_)
        ));

        let mut wrong = session(profile.clone());
        let slot = if artifact == Artifact::IdJag {
            Artifact::IdToken
        } else {
            Artifact::IdJag
        };
        wrong.command(Command::UseExisting(slot, token), ink);
        let notice = wrong.notice.expect("a wrong slot is named");
        assert!(
            notice.bad && notice.says.starts_with("This is an "),
            "{}",
            notice.says
        );
    }
}

#[tokio::test]
async fn without_an_api_the_walk_still_ends_as_done() {
    let (_lab, mut profile) = lab().await;
    profile.set(fields::API_URL, FieldValue::Text(String::new()));
    let (session, end) = walk(profile).await;
    // The lab fills in what is empty, so an API is there again: the profile has to say that it is no lab.
    assert!(end == End::Done, "{}", story(&session));
}
