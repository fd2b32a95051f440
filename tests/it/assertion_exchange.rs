//! The flow `assertion-exchange`: against the lab whole and in every variant, what the lab refuses, and how it is shown.

mod refusals;

use std::fmt::Write as _;

use jagwalk::{
    cli::{
        start,
        store::{LAB, LAB_TEXT},
    },
    flow::{Artifact, Ink, StepId, flows::ASSERTION_EXCHANGE},
    lab::{self, ClientKind, Lab},
    lint::{Finding, Severity},
    profile::{FieldValue, Profile, SecretSource, fields, load},
    protocol::{
        exchange::Request,
        jwt::Signature,
        keys::{Alg, PrivateKey, install_crypto},
        oauth::urn,
        party::Party,
        secret::Secret,
    },
    session::{Command, Session, StepState, headless::End},
    ui::{
        panels::PANELS,
        rows::{Cx, Row, plain},
        theme::Glyphs,
    },
};
use serde_json::{Value, json};

use crate::{
    scripted::{self, API, AS, NOW, SEED},
    walks,
    world::World,
};

/// The steps of every variant, and those that only a nested delegation has.
const STEPS: [&str; 4] = ["discover-as", "assertion", "exchange", "call-api"];
const NESTED: [&str; 8] = [
    "discover-as",
    "assertion",
    "exchange",
    "assertion-2",
    "exchange-2",
    "assertion-3",
    "exchange-3",
    "call-api",
];

const ISSUER_KEYS: &str = "/issuer/jwks";

/// What a profile says besides, as `--set` has it.
type Says<'a> = &'a [(&'a str, &'a str)];

async fn lab() -> Lab {
    let options = start::lab_options(None, false).expect("plain http needs nothing");
    lab::start(options).await.expect("the lab starts")
}

fn profile(lab: &Lab, says: Says<'_>) -> Profile {
    let (mut profile, problems) = load::load(LAB, LAB_TEXT);
    assert!(problems.is_empty(), "{problems:?}");
    ASSERTION_EXCHANGE.fit(&mut profile);
    start::fill(&mut profile, lab);
    for (path, value) in says {
        profile.edit_at(path, value).unwrap();
    }
    profile
}

async fn walked(profile: Profile) -> (Session, End) {
    let world = walks::world(&profile);
    let mut session = walks::session_of(&ASSERTION_EXCHANGE, profile);
    let end = walks::drive(&mut session, world).await;
    (session, end)
}

async fn walk(lab: &Lab, says: Says<'_>) -> (Session, End) {
    walked(profile(lab, says)).await
}

fn inline(key: &PrivateKey) -> FieldValue {
    let pem = key.to_pem();
    let secret = Secret::minted("actor_issuer.private_key", pem.as_str());
    FieldValue::Secret(SecretSource::Inline(secret))
}

fn says(session: &Session, step: &'static str) -> String {
    let attempt = session.step(StepId(step)).last();
    attempt.map_or_else(String::new, |attempt| attempt.says.clone())
}

/// The claims of the token that a step made.
fn made(session: &Session, step: &'static str) -> Value {
    let attempt = session.step(StepId(step)).last().expect("it was sent");
    attempt.tokens[0].token.claims.json.clone().unwrap()
}

/// The actors of a token, the outermost first.
fn actors(claims: &Value) -> Vec<&str> {
    let mut names = Vec::new();
    let mut level = &claims["act"];
    while level.is_object() {
        names.push(level["sub"].as_str().unwrap_or_default());
        level = &level["act"];
    }
    names
}

fn loud(session: &Session) -> Vec<&Finding> {
    let all = session.walk.steps.iter().flat_map(StepState::findings);
    all.filter(|finding| finding.severity > Severity::Note)
        .collect()
}

fn healthy(session: &Session, end: End, steps: &[&str]) {
    assert!(end == End::Done, "{}", walks::story(session));
    let ids: Vec<_> = session.steps().map(|step| step.info().id.0).collect();
    assert_eq!(ids, steps);
    for state in &session.walk.steps {
        for record in &state.last().unwrap().tokens {
            let verified = matches!(record.signature, Signature::Verified { .. });
            assert!(verified, "{}: {}", record.name, record.signature);
        }
    }
    assert!(loud(session).is_empty(), "{:#?}", loud(session));
    assert_eq!(session.verdict(Some(StepId("call-api"))), None);
}

#[tokio::test]
async fn each_variant_is_walked_by_every_client_and_with_proofs() {
    let lab = lab().await;
    let clients = [
        ClientKind::Default,
        ClientKind::SecretPost,
        ClientKind::Rs256,
    ];
    for (variant, steps, tokens, chain) in [
        ("agent", &STEPS[..], 2, &[][..]),
        ("delegated", &STEPS[..], 2, &["agent:orchestrator"][..]),
        (
            "nested",
            &NESTED[..],
            6,
            &["agent:summarizer", "agent:worker", "agent:orchestrator"][..],
        ),
    ] {
        for (kind, mode) in clients.map(|kind| (kind, "off")).into_iter().chain([
            (ClientKind::Default, "on"),
            (ClientKind::Default, "required"),
        ]) {
            let mut profile = profile(&lab, &[("variant", variant), ("dpop.mode", mode)]);
            let there = lab.client(kind).resource_as.as_ref().unwrap();
            walks::put(&mut profile, "resource_as", there);
            let (session, end) = walked(profile).await;
            healthy(&session, end, steps);
            let all = session.walk.steps.iter();
            let count: usize = all.map(|state| state.last().unwrap().tokens.len()).sum();
            assert_eq!(count, tokens, "{variant}");
            let last = steps[steps.len() - 2];
            let claims = made(&session, last);
            assert_eq!(actors(&claims), chain, "{variant}");
            let about = if variant == "agent" {
                "agent:orchestrator"
            } else {
                "u-1001-alice"
            };
            assert_eq!(claims["sub"], about);
            assert_eq!(claims["cnf"].is_object(), mode != "off", "{claims}");
            // The API was shown the last token, and no other.
            let called = session.step(StepId("call-api")).last().unwrap();
            let shown = called
                .main()
                .unwrap()
                .request
                .http()
                .header("authorization");
            let token = &session.step(StepId(last)).last().unwrap().tokens[0];
            let shown = shown.unwrap().wire();
            assert!(shown.ends_with(token.token.raw.reveal()), "{variant}");
            assert!(session.replay().steps().count() == steps.len());
        }
    }
}

#[tokio::test]
async fn an_assertion_says_what_the_slides_show() {
    let lab = lab().await;
    let (session, _) = walk(&lab, &[("variant", "delegated")]).await;
    let claims = made(&session, "assertion");
    assert_eq!(claims["iss"], lab.assertion_issuer());
    assert_eq!(claims["aud"], lab.resource_as());
    assert_eq!(claims["sub"], "u-1001-alice");
    assert_eq!(claims["act"], json!({ "sub": "agent:orchestrator" }));
    let life = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
    assert_eq!(life, 300);
    let sent = session.step(StepId("exchange")).last().unwrap();
    let http = sent.main().unwrap().request.http();
    for (name, value) in [
        ("grant_type", urn::TOKEN_EXCHANGE),
        ("subject_token_type", urn::JWT),
        ("scope", "notes.read"),
    ] {
        assert_eq!(scripted::field(http, name).as_deref(), Some(value));
    }
    assert_eq!(scripted::field(http, "actor_token"), None);
    // For itself the agent is the subject, and there is no act.
    let (session, _) = walk(&lab, &[("variant", "agent")]).await;
    let claims = made(&session, "assertion");
    assert_eq!(claims["sub"], "agent:orchestrator");
    assert_eq!(claims.get("act"), None);
}

#[tokio::test]
async fn it_is_signed_with_rs256_where_the_key_is_rsa() {
    let lab = lab().await;
    let mut profile = profile(&lab, &[("actor_issuer.alg", "RS256")]);
    let rsa = lab.client(ClientKind::Rs256).idp.private_key.as_ref();
    let key = PrivateKey::parse(rsa.unwrap().reveal()).unwrap();
    profile.set(fields::ACTOR_ISSUER_PRIVATE_KEY, inline(&key));
    let (session, end) = walked(profile).await;
    healthy(&session, end, &STEPS);
    let record = &session.step(StepId("assertion")).last().unwrap().tokens[0];
    assert_eq!(record.token.header.json.as_ref().unwrap()["alg"], "RS256");
}

#[tokio::test]
async fn keys_are_rotated_in_the_middle_and_the_server_fetches_them_again() {
    let lab = lab().await;
    let asked = |from: usize| -> Vec<&'static str> {
        let ledger = lab.ledger();
        let told = ledger.iter().skip(from).filter_map(|entry| {
            let keys = entry.party == Party::ActorIssuer && entry.path == ISSUER_KEYS;
            let token = entry.party == Party::ResourceAs && entry.path.ends_with("/token");
            keys.then_some("keys").or(token.then_some("token"))
        });
        told.collect()
    };
    let (session, end) = walk(&lab, &[("variant", "nested")]).await;
    healthy(&session, end, &NESTED);
    // Each assertion looks the keys up once; the server does for the first, and for the kid that it does not know.
    let expected = [
        "keys", "keys", "token", "keys", "keys", "token", "keys", "token",
    ];
    assert_eq!(asked(0), expected);
    let kid = |step| {
        let record = &session.step(StepId(step)).last().unwrap().tokens[0];
        let header = record.token.header.json.clone().unwrap();
        header["kid"].as_str().unwrap().to_owned()
    };
    let (old, new) = (kid("assertion"), kid("assertion-2"));
    assert_ne!(old, new);
    let published = |step| {
        let attempt = session.step(StepId(step)).last().unwrap();
        let answer = attempt.main().unwrap().response().unwrap().json().unwrap();
        answer.to_string()
    };
    assert!(published("assertion").contains(&old) && !published("assertion").contains(&new));
    assert!(published("assertion-2").contains(&old) && published("assertion-2").contains(&new));
    let told = says(&session, "assertion-2");
    assert!(
        told.contains("has rotated its keys") && told.contains(&new),
        "{told}"
    );
    assert!(!says(&session, "assertion-3").contains("rotated"));
    // Whoever walks later finds all the keys in place.
    let before = lab.ledger().len();
    let (session, end) = walk(&lab, &[("variant", "nested")]).await;
    healthy(&session, end, &NESTED);
    let expected = ["keys", "token", "keys", "token", "keys", "token"];
    assert_eq!(asked(before), expected);
}

#[tokio::test]
async fn a_key_that_is_not_published_is_named_before_it_is_refused() {
    let lab = lab().await;
    let mut unknown = profile(&lab, &[]);
    let key = PrivateKey::generate(Alg::ES256).unwrap();
    unknown.set(fields::ACTOR_ISSUER_PRIVATE_KEY, inline(&key));
    let (session, end) = walked(unknown.clone()).await;
    assert!(end == End::Refused, "{}", walks::story(&session));
    let record = &session.step(StepId("assertion")).last().unwrap().tokens[0];
    assert_eq!(record.signature.id(), "not-checked");
    let told = says(&session, "assertion");
    assert!(
        told.contains("no key with kid") && told.contains("will probably refuse"),
        "{told}"
    );
    let codes: Vec<_> = loud(&session).iter().map(|found| found.code.0).collect();
    assert!(codes.contains(&"JWT-KID"), "{codes:?}");
    let verdict = session.verdict(Some(StepId("call-api"))).unwrap();
    assert_eq!(verdict.code.map(|code| code.0), Some("JWT-KID"));

    // Under the name of the published key the signature fails, and nothing is sent on.
    let (healthy, _) = walk(&lab, &[]).await;
    let header = &healthy.step(StepId("assertion")).last().unwrap().tokens[0]
        .token
        .header;
    let kid = header.json.as_ref().unwrap()["kid"].as_str().unwrap();
    unknown.edit_at("actor_issuer.kid", kid).unwrap();
    let (session, end) = walked(unknown).await;
    assert!(end == End::Failed, "{}", walks::story(&session));
    let record = &session.step(StepId("assertion")).last().unwrap().tokens[0];
    assert_eq!(record.signature.id(), "failed");
    assert!(session.step(StepId("exchange")).attempts.is_empty());
}

#[tokio::test]
async fn a_chain_that_is_too_deep_is_refused_and_not_cut() {
    let lab = lab().await;
    let (session, _) = walk(&lab, &[("variant", "nested")]).await;
    let token = |session: &Session| {
        let record = &session.step(StepId("exchange-3")).last().unwrap().tokens[0];
        record.token.raw.clone()
    };
    let next = |agent: &'static str, given: Secret| {
        let mut profile = profile(&lab, &[("variant", "nested")]);
        profile.edit_at("actor_issuer.agent_3", agent).unwrap();
        let world = walks::world(&profile);
        let mut session = walks::session_of(&ASSERTION_EXCHANGE, profile);
        let ink = Ink {
            now: jagwalk::transport::clock::now(),
            seed: SEED,
        };
        session.command(Command::UseExisting(Artifact::AccessToken2, given), ink);
        async move {
            let end = walks::drive(&mut session, world).await;
            (session, end)
        }
    };
    let (fourth, end) = next("agent:orchestrator", token(&session)).await;
    assert!(end == End::Done, "{}", walks::story(&fourth));
    assert!(fourth.step(StepId("exchange-2")).attempts.is_empty());
    let claims = made(&fourth, "exchange-3");
    assert_eq!(actors(&claims).len(), 4, "{claims}");
    let (fifth, end) = next("agent:worker", token(&fourth)).await;
    assert!(end == End::Refused, "{}", walks::story(&fifth));
    let told = says(&fifth, "exchange-3");
    assert!(
        told.contains("at most 4 actors") && told.contains("one of 5"),
        "{told}"
    );
}

#[test]
fn the_command_line_walks_every_variant() {
    let world = World::new();
    for (variant, steps) in [
        ("agent", &STEPS[..]),
        ("delegated", &STEPS),
        ("nested", &NESTED),
    ] {
        let set = format!("variant={variant}");
        let args = [
            "run",
            "--profile",
            "lab",
            "--flow",
            "assertion-exchange",
            "--set",
            &set,
            "--format",
            "json",
        ];
        let output = world.run(&args, "").expect_code(0);
        let report = output.json();
        assert_eq!(report["flow"], "assertion-exchange");
        assert_eq!(report["outcome"], "done", "{output}");
        assert_eq!(report["verdict"], Value::Null);
        let told = report["steps"].as_array().unwrap();
        let done = told.iter().filter(|step| step["status"] == "done");
        let ids: Vec<_> = done.map(|step| step["id"].as_str().unwrap()).collect();
        assert_eq!(ids, steps);
        for token in told
            .iter()
            .flat_map(|step| step["tokens"].as_array().unwrap())
        {
            assert_eq!(token["signature"], "verified", "{token}");
        }
    }
}

#[test]
fn what_is_lacking_is_named() {
    let world = World::new();
    for (field, step) in [
        ("actor_issuer.jwks_uri", "assertion"),
        ("actor_issuer.agent", "assertion"),
        ("actor_issuer.subject", "assertion"),
    ] {
        let mut profile = scripted_profile("delegated");
        profile.edit_at(field, "").unwrap();
        let session = Session::new(
            &ASSERTION_EXCHANGE,
            profile,
            Ink {
                now: NOW,
                seed: SEED,
            },
        );
        let blocked = session.step(StepId(step)).draft.as_ref().unwrap().as_ref();
        let why: Vec<String> = blocked
            .unwrap_err()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(why, [format!("{field} is empty")]);
    }
    let args = ["run", "--profile", "-", "--flow", "assertion-exchange"];
    let text = "format = 1\n[resource_as]\nissuer = \"http://127.0.0.1:9\"\ntoken_endpoint = \"http://127.0.0.1:9/token\"\n";
    let _ = world.run(&args, text).expect_code(2);
}

// ---- how it looks ---------------------------------------------------------------------------------------------------

/// A profile whose three agents share a key that signs the same every time.
fn scripted_profile(variant: &str) -> Profile {
    let text = format!(
        r#"
        format = 1
        flow = "assertion-exchange"
        variant = "{variant}"
        [resource_as]
        issuer = "{AS}"
        client_id = "todo-client"
        auth = "client_secret_post"
        client_secret = "{}"
        scope = "todo.read"
        [api]
        url = "{API}"
        [actor_issuer]
        issuer = "https://issuer.example"
        jwks_uri = "https://issuer.example/jwks"
        private_key = '{key}'
        agent = "agent:orchestrator"
        subject = "user:alice"
        agent_2 = "agent:worker"
        private_key_2 = '{key}'
        agent_3 = "agent:summarizer"
        private_key_3 = '{key}'
        "#,
        scripted::AS_SECRET,
        key = scripted::KEY,
    );
    let (profile, problems) = load::load("acme", &text);
    assert!(
        problems.iter().all(|problem| !problem.fatal),
        "{problems:?}"
    );
    profile
}

/// What the scripted server makes of an exchange: the chain grows outside.
fn exchanged(request: &Request) -> Option<scripted::Outcome> {
    let http = request.http();
    if !scripted::is_exchange(request) {
        return None;
    }
    let parsed = |name: &str| {
        let text = scripted::field(http, name)?;
        let token = jagwalk::protocol::jwt::Token::parse(&Secret::minted("t", text));
        token.claims.json
    };
    let subject = parsed("subject_token").expect("there is a subject");
    let mut claims = json!({
        "iss": AS, "sub": subject["sub"], "aud": API, "client_id": "todo-client", "jti": "at-1",
        "iat": NOW.secs(), "exp": NOW.secs() + 600, "scope": "todo.read",
    });
    let named = |name: &Value| json!({ "sub": name, "iss": "https://issuer.example" });
    match parsed("actor_token") {
        Some(actor) => {
            claims["act"] = named(&actor["sub"]);
            claims["act"]["act"] = subject["act"].clone();
        }
        None if subject["act"].is_object() => claims["act"] = named(&subject["act"]["sub"]),
        None => {}
    }
    Some(scripted::answer(
        200,
        &json!({
            "access_token": scripted::signed("at+jwt", &claims), "issued_token_type": urn::ACCESS_TOKEN,
            "token_type": "Bearer", "expires_in": 600, "scope": "todo.read",
        }),
    ))
}

fn scripted_walk(variant: &str) -> Session {
    install_crypto();
    let ink = Ink {
        now: NOW,
        seed: SEED,
    };
    let mut session = Session::new(&ASSERTION_EXCHANGE, scripted_profile(variant), ink);
    scripted::drive(
        &mut session,
        Command::SendThrough(scripted::last()),
        exchanged,
    );
    assert_eq!(session.next_step(None), None, "{}", walks::story(&session));
    session
}

/// A panel of a step, as plain text; no row is wider than the screen.
fn panel(session: &Session, id: &str, step: &'static str, width: u16) -> String {
    let panel = PANELS.iter().find(|panel| panel.id == id).unwrap();
    let rows: Vec<Row> = (panel.rows)(&Cx {
        session,
        step: StepId(step),
        now: NOW.plus_secs(60),
        vault: &session.vault,
        glyphs: Glyphs::UNICODE,
        width,
        log_whole: true,
        attempt: None,
    });
    for row in &rows {
        assert!(
            row.width() <= usize::from(width),
            "{id} at {width}: {:?}",
            row.plain()
        );
    }
    plain(&rows)
}

#[test]
fn its_diagram_in_three_widths() {
    for variant in ["delegated", "nested"] {
        let session = scripted_walk(variant);
        for width in [80, 120, 200] {
            let drawn = panel(&session, "diagram", "exchange", width);
            insta::assert_snapshot!(format!("diagram-{variant}-{width}"), drawn);
        }
    }
}

#[test]
fn who_acts_for_whom_in_three_widths() {
    let sessions = [
        scripted_walk("agent"),
        scripted_walk("delegated"),
        scripted_walk("nested"),
    ];
    for width in [80, 120, 200] {
        let mut text = String::new();
        for (session, step) in [
            (&sessions[0], "exchange"),
            (&sessions[1], "assertion"),
            (&sessions[1], "exchange"),
            (&sessions[2], "exchange-2"),
            (&sessions[2], "exchange-3"),
        ] {
            let variant = session.profile.text(fields::VARIANT).unwrap_or_default();
            let _ = writeln!(
                text,
                "════ {variant} {step}\n{}",
                panel(session, "tokens", step, width)
            );
        }
        insta::assert_snapshot!(format!("delegation-{width}"), text);
    }
}
