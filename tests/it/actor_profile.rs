//! The flow `actor-profile`: against the lab whole, its choices, and what it shows.

use std::fmt::Write as _;

use jagwalk::{
    cli::{
        start,
        store::{LAB, LAB_TEXT},
    },
    flow::{Artifact, StepId, TokenRecord, flows::ACTOR_PROFILE},
    lab,
    lint::{Finding, Severity},
    profile::{Profile, fields, load},
    session::{
        Command, Session, Status, StepState,
        headless::End,
        lineage::{Stands, lineage},
    },
    ui::{
        panels::PANELS,
        rows::{Cx, plain},
        theme::Glyphs,
    },
};
use serde_json::{Value, json};

use crate::{
    scripted::{self, AS, IDP, NOW},
    walks,
    world::World,
};

const STEPS: [&str; 9] = [
    "discover-idp",
    "discover-resource-as",
    "authorize",
    "redeem-code",
    "id-jag",
    "jwt-bearer",
    "call-api",
    "txn-token",
    "internal-call",
];

async fn lab() -> (lab::Lab, Profile) {
    let (mut profile, _) = load::load(LAB, LAB_TEXT);
    ACTOR_PROFILE.fit(&mut profile);
    let lab = start::lab_for(&mut profile).await.unwrap().unwrap();
    (lab, profile)
}

async fn walk(mut profile: Profile, settings: &[(&str, &str)]) -> (Session, End) {
    for (path, value) in settings {
        profile.edit_at(path, value).unwrap();
    }
    let world = walks::world(&profile);
    let mut session = walks::session_of(&ACTOR_PROFILE, profile);
    let end = walks::drive(&mut session, world).await;
    (session, end)
}

fn token<'a>(session: &'a Session, step: &'static str) -> &'a TokenRecord {
    let attempt = session.step(StepId(step)).last().expect("it ran");
    &attempt.tokens[0]
}

fn claims<'a>(session: &'a Session, step: &'static str) -> &'a Value {
    let token = &token(session, step).token;
    token.claims.json.as_ref().expect("it is a JWT")
}

fn findings(session: &Session) -> Vec<&Finding> {
    let steps = session.walk.steps.iter();
    steps.flat_map(StepState::findings).collect()
}

fn codes(session: &Session) -> Vec<&'static str> {
    let all = findings(session);
    all.iter().map(|finding| finding.code.0).collect()
}

#[track_caller]
fn assert_quiet(session: &Session) {
    let all = findings(session);
    let mut loud = all.iter();
    let loud = loud.find(|finding| finding.severity > Severity::Note);
    assert!(loud.is_none(), "{loud:#?}");
}

/// `sub` and `act` at every hop of the page's six messages, with the lab's names in place of its own.
#[tokio::test]
async fn sub_stays_and_act_grows_outside_at_every_hop() {
    let (lab, profile) = lab().await;
    let (session, end) = walk(profile, &[]).await;
    assert!(end == End::Done, "{}", walks::story(&session));
    let ids: Vec<_> = session.steps().map(|step| step.info().id.0).collect();
    assert_eq!(ids, STEPS);
    for id in STEPS {
        assert_eq!(session.status(StepId(id)), Status::Done, "{id}");
    }
    for state in &session.walk.steps {
        for record in &state.last().unwrap().tokens {
            let opaque = record.artifact == Artifact::RefreshToken;
            let wanted = if opaque { "not-checked" } else { "verified" };
            assert_eq!(record.signature.id(), wanted, "{}", record.name);
        }
    }
    assert_quiet(&session);

    let alice = "u-1001-alice";
    let agent = json!({ "sub": "lab-agent", "iss": lab.idp(), "sub_profile": "ai_agent" });
    let tool = json!({
        "sub": "spiffe://lab.example/tool/note-taker", "iss": lab.actor_issuer(), "sub_profile": "service", "act": agent,
    });
    let id_token = claims(&session, "redeem-code");
    assert_eq!(id_token["sub"], alice);
    assert!(id_token.get("act").is_none() && id_token.get("sub_profile").is_none());
    for (step, act) in [
        ("id-jag", &agent),
        ("jwt-bearer", &agent),
        ("txn-token", &tool),
    ] {
        let claims = claims(&session, step);
        assert_eq!(
            (&claims["sub"], &claims["act"]),
            (&json!(alice), act),
            "{step}"
        );
        assert_eq!(claims["sub_profile"], "user", "{step}");
    }
    let jag = claims(&session, "id-jag");
    assert_eq!(jag["azp"], "lab-agent");
    assert_eq!(jag["aud"], lab.resource_as());
    assert_eq!(jag["cnf"], claims(&session, "jwt-bearer")["cnf"]);
    let txn = claims(&session, "txn-token");
    assert_ne!(jag["cnf"], txn["cnf"], "the tool has a key of its own");
    assert_eq!(
        (&txn["aud"], &txn["rctx"], &txn["tctx"]),
        (
            &json!("lab.internal"),
            &json!({ "channel": "api" }),
            &json!({ "action": "list" })
        )
    );
    // The API and the service say for whom, and through whom.
    for (step, act) in [("call-api", &agent), ("internal-call", &tool)] {
        let answer = session.step(StepId(step)).last().unwrap().main().unwrap();
        let said = answer.response().unwrap().json().unwrap();
        assert_eq!((&said["sub"], &said["act"]), (&json!(alice), act), "{step}");
    }
    // One JWT authenticates the agent and says who acts.
    let asked = session.step(StepId("id-jag")).last().unwrap();
    let asked = asked.main().unwrap().request.http();
    let field = |name| scripted::field(asked, name);
    assert_eq!(field("actor_token"), field("client_assertion"));
    let call = session.step(StepId("internal-call")).last().unwrap();
    let call = call.main().unwrap().request.http();
    assert!(call.header("authorization").is_none() && call.header("dpop").is_none());
    for name in [
        "txn-token",
        "workload-identity-token",
        "workload-proof-token",
    ] {
        assert!(call.header(name).is_some(), "{name}");
    }
    assert_eq!(session.replay().steps().count(), STEPS.len());
}

#[tokio::test]
async fn what_two_texts_write_differently_is_a_choice() {
    let (lab, profile) = lab().await;
    let (session, end) = walk(
        profile,
        &[
            ("agent.audience", "token-endpoint"),
            ("tts.context_parameter", "rctx"),
        ],
    )
    .await;
    assert!(end == End::Done, "{}", walks::story(&session));
    let endpoint = format!("{}/token", lab.resource_as());
    assert_eq!(claims(&session, "id-jag")["aud"], endpoint);
    assert_eq!(claims(&session, "txn-token")["rctx"]["channel"], "api");
    let found = codes(&session);
    for code in ["ACT-AUD-CONFLICT", "IDJAG-REQ-AUD-KIND", "TXN-REQ-CONTEXT"] {
        assert!(found.contains(&code), "{code} is not in {found:?}");
    }
    let mut all = findings(&session).into_iter();
    let worst = all.find(|finding| finding.severity == Severity::Error);
    assert!(worst.is_none(), "{worst:#?}");
}

#[tokio::test]
async fn without_a_trust_domain_the_walk_ends_at_the_api() {
    let (_lab, mut profile) = lab().await;
    for field in [fields::TTS_TOKEN_ENDPOINT, fields::SERVICE_URL] {
        profile.unfill(field);
    }
    let (session, end) = walk(profile, &[]).await;
    assert!(end == End::Done, "{}", walks::story(&session));
    assert_eq!(session.status(StepId("call-api")), Status::Done);
    for step in ["txn-token", "internal-call"] {
        assert!(
            matches!(session.status(StepId(step)), Status::Skipped(_)),
            "{step}"
        );
    }
    assert_quiet(&session);
}

#[tokio::test]
async fn an_actor_token_of_its_own_is_sent_and_judged() {
    let (_lab, profile) = lab().await;
    // The agent's assertion of another walk says who acts as well, only not by the JWT that authenticates.
    let (other, _) = walk(profile.clone(), &[]).await;
    let asked = other.step(StepId("id-jag")).last().unwrap();
    let spare = scripted::field(asked.main().unwrap().request.http(), "client_assertion").unwrap();
    let settings = [
        ("agent.actor", "actor_token"),
        ("agent.actor_token", "env:ACTOR"),
    ];
    let mut own = profile.clone();
    own.edit_at("agent.actor", "actor_token").unwrap();
    own.set(
        fields::AGENT_ACTOR_TOKEN,
        jagwalk::profile::FieldValue::Secret(jagwalk::profile::SecretSource::Inline(
            jagwalk::protocol::secret::Secret::typed("agent.actor_token", spare),
        )),
    );
    let (session, end) = walk(own, &[]).await;
    assert!(end == End::Done, "{}", walks::story(&session));
    assert_eq!(claims(&session, "id-jag")["act"]["sub"], "lab-agent");
    // One that is not there blocks the step and is named.
    let (session, end) = walk(profile, &settings).await;
    assert!(end == End::Blocked, "{}", walks::story(&session));
}

#[tokio::test]
async fn an_actor_token_with_act_is_refused() {
    let (_lab, mut profile) = lab().await;
    profile
        .edit_at(
            "step.id-jag.claims.act",
            r#"{"sub":"somebody","iss":"https://x.example"}"#,
        )
        .unwrap();
    let (session, end) = walk(profile, &[]).await;
    assert!(end == End::Refused, "{}", walks::story(&session));
    let found = codes(&session);
    assert!(found.contains(&"ACT-ACTORTOKEN-ACT"), "{found:?}");
    let verdict = session.verdict(None).expect("it was refused");
    assert_eq!(verdict.code.map(|code| code.0), Some("ACT-ACTORTOKEN-ACT"));
}

#[tokio::test]
async fn a_client_without_a_key_cannot_name_itself() {
    let (_lab, profile) = lab().await;
    let settings = [
        ("sso.auth", "client_secret_basic"),
        ("sso.client_secret", "x"),
    ];
    let (session, _) = walk(profile, &settings).await;
    let step = session.flow.step(StepId("id-jag")).unwrap();
    let lacks = jagwalk::flow::lacking::lacking(session.flow, step, &session.profile);
    let says: Vec<String> = lacks.iter().map(ToString::to_string).collect();
    assert!(
        says.iter().any(|says| says.contains("private_key_jwt")),
        "{says:?}"
    );
}

#[test]
fn the_command_line_walks_it_and_shows_no_token() {
    let world = World::new();
    let args = [
        "run",
        "--profile",
        "lab",
        "--flow",
        "actor-profile",
        "--format",
        "json",
    ];
    let output = world.run(&args, "").expect_code(0);
    let report = output.json();
    assert_eq!(
        (&report["flow"], &report["outcome"]),
        (&json!("actor-profile"), &json!("done"))
    );
    assert_eq!(report["verdict"], Value::Null);
    for text in [&output.stdout, &output.stderr] {
        assert!(!crate::world::shows_jwt(text), "it shows a token\n{output}");
    }
    let calls = &report["steps"][8]["request"]["headers"];
    let calls = calls.as_array().unwrap();
    for name in [
        "txn-token",
        "workload-identity-token",
        "workload-proof-token",
    ] {
        let sent = calls.iter().find(|pair| pair[0] == name).expect(name);
        assert!(sent[1].as_str().unwrap().starts_with('‹'), "{sent}");
    }
}

/// A walk that is the same every time: the servers of `scripted`, a Transaction Token Service and a service.
fn scripted_walk() -> Session {
    jagwalk::protocol::keys::install_crypto();
    let mut profile = scripted::profile();
    for (path, value) in [
        ("flow", "actor-profile"),
        ("dpop.alg", "EdDSA"),
        ("tts.issuer", TTS),
        ("tts.token_endpoint", "https://tts.todo.example/token"),
        ("tts.jwks_uri", "https://tts.todo.example/jwks"),
        ("tts.client_id", "todo-tool"),
        ("tts.audience", "todo.internal"),
        ("tts.scope", "inventory.read"),
        ("tts.request_context", "{\"channel\": \"api\"}"),
        ("service.url", "https://inventory.todo.example/items"),
    ] {
        profile.edit_at(path, value).unwrap();
    }
    ACTOR_PROFILE.fit(&mut profile);
    let ink = jagwalk::flow::Ink {
        now: NOW,
        seed: scripted::SEED,
    };
    let mut session = Session::new(&ACTOR_PROFILE, profile, ink);
    let last = StepId("internal-call");
    scripted::drive(&mut session, Command::SendThrough(last), |request| {
        let http = request.http();
        let agent = json!({ "sub": "agent-client", "iss": IDP, "sub_profile": "ai_agent" });
        let issue = |typ: &str, kind: &str, token_type: &str, more: Value| {
            let mut claims = json!({
                "sub": "alice-1", "sub_profile": "user", "iat": NOW.secs(), "exp": NOW.secs() + 300, "jti": typ,
                "client_id": "todo-client", "scope": "todo.read",
            });
            for (name, value) in more.as_object().unwrap() {
                claims[name] = value.clone();
            }
            let answer = json!({
                "access_token": scripted::signed(typ, &claims), "issued_token_type": kind, "token_type": token_type,
                "expires_in": 300, "scope": claims["scope"],
            });
            Some(scripted::answer(200, &answer))
        };
        let jkt = json!({ "jkt": "agent-key" });
        match http.url.as_str() {
            "https://idp.example/token" if scripted::is_exchange(request) => issue(
                "oauth-id-jag+jwt",
                "urn:ietf:params:oauth:token-type:id-jag",
                "N_A",
                json!({ "iss": IDP, "aud": AS, "azp": "agent-client", "cnf": jkt, "act": agent }),
            ),
            "https://as.todo.example/token" => issue(
                "at+jwt",
                "urn:ietf:params:oauth:token-type:access_token",
                "DPoP",
                json!({ "iss": AS, "aud": scripted::API, "cnf": jkt, "act": agent }),
            ),
            "https://tts.todo.example/token" => issue(
                "txntoken+jwt",
                "urn:ietf:params:oauth:token-type:txn_token",
                "N_A",
                json!({
                    "iss": TTS, "aud": "todo.internal", "scope": "inventory.read", "req_wl": "todo-tool", "txn": "txn-1",
                    "rctx": { "channel": "api" }, "tctx": {}, "cnf": { "jkt": "tool-key" },
                    "act": { "sub": "todo-tool", "iss": TTS, "sub_profile": "service", "act": agent },
                }),
            ),
            "https://inventory.todo.example/items" => {
                Some(scripted::answer(200, &json!({ "items": [] })))
            }
            _ => None,
        }
    });
    session
}

const TTS: &str = "https://tts.todo.example";

fn panel(session: &Session, id: &str, step: &'static str, width: u16) -> String {
    let panel = PANELS.iter().find(|panel| panel.id == id);
    let rows = (panel.expect("there is such a panel").rows)(&Cx {
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
fn the_line_of_tokens_ends_with_the_transaction_token() {
    let session = scripted_walk();
    assert_eq!(session.next_step(None), None, "{}", walks::story(&session));
    let links = lineage(&session, NOW.plus_secs(30));
    let line: Vec<_> = links
        .iter()
        .map(|link| (link.artifact, link.stands))
        .collect();
    let expected = [
        Artifact::IdToken,
        Artifact::IdJag,
        Artifact::AccessToken,
        Artifact::TxnToken,
    ];
    assert_eq!(line, expected.map(|artifact| (artifact, Stands::Fresh)));
    for (step, says) in [
        (
            "id-jag",
            "added here   the first actor; the ID Token names none",
        ),
        (
            "jwt-bearer",
            "added here   nobody; the ID-JAG has the same chain",
        ),
        (
            "txn-token",
            "added here   one actor before the chain of the access token",
        ),
        ("txn-token", "delegation · 2 actors"),
        ("txn-token", "acts now     todo-tool (service)"),
        ("txn-token", "what changed since the access token"),
    ] {
        let text = panel(&session, "tokens", step, 160);
        assert!(text.contains(says), "{step}: {says}\n{text}");
    }
}

#[test]
fn the_diagram_and_the_tree_in_three_widths() {
    let session = scripted_walk();
    for width in [80, 120, 200] {
        let mut text = String::new();
        for (id, step) in [
            ("diagram", "internal-call"),
            ("tokens", "id-jag"),
            ("tokens", "jwt-bearer"),
            ("tokens", "txn-token"),
        ] {
            let _ = writeln!(
                text,
                "════ {step} · {id}\n{}",
                panel(&session, id, step, width)
            );
        }
        insta::assert_snapshot!(format!("actor-profile-{width}"), text);
    }
}
