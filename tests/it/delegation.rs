//! The flow `delegation`: against the lab whole, with the actor and without, and what it looks like.

use std::{collections::BTreeSet, fmt::Write as _};

use jagwalk::{
    cli::{
        start,
        store::{LAB, LAB_TEXT},
    },
    export::{markdown, report, text},
    flow::{Artifact, Ink, StepId, flows::DELEGATION},
    lab::{self, ClientKind},
    lint::{Finding, Severity},
    profile::{Profile, fields, load},
    protocol::{exchange::Request, jwt::Token, oauth::urn, secret::Secret},
    session::{Command, Session, Status, audit, headless::End},
    transport::{clock, entropy},
    ui::{
        panels::PANELS,
        rows::{Cx, Row, dressed, fold, is_folded, plain, wrap},
        theme::Glyphs,
    },
};
use serde_json::{Value, json};

use crate::{
    scripted::{self, IDP, NOW, SEED},
    walks,
    world::World,
};

const STEPS: [&str; 6] = [
    "discover-as",
    "authorize",
    "redeem-code",
    "agent-token",
    "exchange",
    "call-api",
];

const AGENT_TOKEN: StepId = StepId("agent-token");
const EXCHANGE: StepId = StepId("exchange");
const CALL: StepId = StepId("call-api");

const WORKLOAD: &str = "spiffe://lab.example/agent/code-reviewer/v3";

async fn lab(settings: &[(&str, &str)]) -> (lab::Lab, Profile) {
    let (mut profile, _) = load::load(LAB, LAB_TEXT);
    DELEGATION.fit(&mut profile);
    let lab = start::lab_for(&mut profile).await.unwrap().unwrap();
    for (path, value) in settings {
        profile.edit_at(path, value).unwrap();
    }
    (lab, profile)
}

fn session(profile: Profile) -> Session {
    let ink = Ink {
        now: clock::now(),
        seed: entropy::seed(),
    };
    Session::new(&DELEGATION, profile, ink)
}

async fn walk_lab(profile: Profile) -> (Session, End) {
    let world = walks::world(&profile);
    let mut session = session(profile);
    let end = walks::drive(&mut session, world).await;
    (session, end)
}

fn says(session: &Session, step: StepId) -> &str {
    session
        .step(step)
        .last()
        .map_or("", |attempt| &attempt.says)
}

/// The claims of the access token.
fn claims(session: &Session) -> Value {
    let attempt = session.step(EXCHANGE).last().expect("it was sent");
    attempt.tokens[0].token.claims.json.clone().expect("claims")
}

fn sent(session: &Session, name: &str) -> Option<String> {
    let exchange = session.step(EXCHANGE).last()?.main()?.clone();
    scripted::field(exchange.request.http(), name)
}

fn sound(session: &Session) {
    for state in &session.walk.steps {
        let Some(attempt) = state.last() else {
            continue;
        };
        for record in &attempt.tokens {
            let opaque = record.artifact == Artifact::RefreshToken;
            let wanted = if opaque { "not-checked" } else { "verified" };
            assert_eq!(record.signature.id(), wanted, "{}", record.name);
        }
        let loud = |finding: &&Finding| finding.severity > Severity::Note;
        let loud: Vec<_> = attempt.findings.iter().filter(loud).collect();
        assert!(loud.is_empty(), "{}: {loud:?}", state.id);
    }
}

#[tokio::test]
async fn the_lab_is_walked_by_every_kind_of_client() {
    let (lab, profile) = lab(&[]).await;
    for kind in [
        ClientKind::Default,
        ClientKind::SecretPost,
        ClientKind::Rs256,
    ] {
        let profile = walks::as_client(&profile, &lab, kind);
        let (session, end) = walk_lab(profile).await;
        assert!(end == End::Done, "{kind:?}: {}", walks::story(&session));
        let ids: Vec<_> = session.steps().map(|step| step.info().id.0).collect();
        assert_eq!(ids, STEPS);
        sound(&session);
        let claims = claims(&session);
        let client = &lab.client(kind).idp.client_id;
        assert_eq!(claims["sub"], "u-1001-alice");
        assert_eq!(claims["azp"], json!(client));
        assert_eq!(claims["aud"], "repos.lab.example");
        assert_eq!(claims["act"]["sub"], WORKLOAD);
        assert_eq!(claims["act"]["iss"], lab.actor_issuer());
        assert_eq!(claims["amr"], json!(["hwk", "user"]));
        let jkt = claims["cnf"]["jkt"].as_str().expect("it is bound");
        let actor = &session.step(AGENT_TOKEN).last().unwrap().tokens[0];
        let actor = actor.token.claims.json.as_ref().unwrap();
        assert_eq!(actor["cnf"]["jkt"], jkt, "one key a walk");
        assert_eq!(
            sent(&session, "actor_token_type").as_deref(),
            Some(urn::JWT)
        );
        assert!(says(&session, EXCHANGE).contains("Delegation: spiffe"));
    }
}

#[tokio::test]
async fn each_way_to_ask_ends_well() {
    for settings in [
        &[("agent.subject", "access_token")][..],
        &[("dpop.mode", "required")],
        &[("dpop.mode", "off")],
        &[("dpop.mode", "off"), ("agent.subject", "access_token")],
        &[("dpop.alg", "EdDSA")],
        &[("agent.actor", "none")],
        &[("agent.actor", "none"), ("dpop.mode", "off")],
        &[("agent.scope", "repo.read")],
    ] {
        let (_lab, profile) = lab(settings).await;
        let bound = profile.text(fields::DPOP_MODE) != Some("off");
        let acts = profile.text(fields::AGENT_ACTOR) != Some("none");
        let (session, end) = walk_lab(profile).await;
        assert!(end == End::Done, "{settings:?}: {}", walks::story(&session));
        sound(&session);
        let claims = claims(&session);
        assert_eq!(claims.get("cnf").is_some(), bound, "{settings:?}");
        assert_eq!(claims.get("act").is_some(), acts, "{settings:?}");
        assert_eq!(sent(&session, "actor_token").is_some(), acts);
        assert_eq!(sent(&session, "actor_token_type").is_some(), acts);
    }
}

#[tokio::test]
async fn policy_denies_bob_and_narrows_carol() {
    let (_lab, profile) = lab(&[("sso.params", "login_hint=bob")]).await;
    let (session, end) = walk_lab(profile).await;
    assert!(end == End::Refused, "{}", walks::story(&session));
    let why = says(&session, EXCHANGE);
    assert!(why.contains("Policy does not let spiffe://"), "{why}");
    assert!(matches!(session.status(CALL), Status::Blocked(_)));

    let (_lab, profile) = lab(&[("sso.params", "login_hint=carol")]).await;
    let (session, end) = walk_lab(profile).await;
    assert!(end == End::Done, "{}", walks::story(&session));
    assert_eq!(claims(&session)["scope"], "repo.read");
}

#[tokio::test]
async fn a_token_of_the_agent_can_be_handed_in() {
    let (_lab, profile) = lab(&[("dpop.mode", "off")]).await;
    let (first, _) = walk_lab(profile.clone()).await;
    let held = first.walk.bag.value(Artifact::ActorToken).unwrap().clone();
    let world = walks::world(&profile);
    let mut session = session(profile);
    let ink = Ink {
        now: clock::now(),
        seed: session.walk.seed,
    };
    session.command(Command::UseExisting(Artifact::ActorToken, held), ink);
    let end = walks::drive(&mut session, world).await;
    assert!(end == End::Done, "{}", walks::story(&session));
    assert!(matches!(session.status(AGENT_TOKEN), Status::Skipped(_)));
    assert_eq!(claims(&session)["act"]["sub"], WORKLOAD);
}

#[test]
fn the_command_line_tells_both_lines_of_the_log() {
    let world = World::new();
    let run = ["run", "--profile", "lab", "--flow", "delegation"];
    let json = world
        .run(&[&run[..], &["--format", "json"]].concat(), "")
        .expect_code(0)
        .json();
    assert_eq!(json["outcome"], "done");
    assert_eq!(json["verdict"], Value::Null);
    let ids: Vec<_> = json["steps"].as_array().unwrap().iter().collect();
    let ids: Vec<_> = ids
        .iter()
        .map(|step| step["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, STEPS);
    let body: Value =
        serde_json::from_str(json["steps"][5]["response"]["body"].as_str().unwrap()).unwrap();
    let line = body["audit"].as_str().expect("the API tells its line");
    assert!(
        line.contains(&format!(" acting_as={WORKLOAD} attestation=github-oidc ")),
        "{line}"
    );

    let text = world.run(&run, "").expect_code(0).stdout;
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flat.contains(&format!(
            "principal=u-1001-alice acting_as={WORKLOAD} attestation=github-oidc"
        )),
        "{text}"
    );
    assert!(
        flat.contains("principal=u-1001-alice aud=repos.lab.example"),
        "{text}"
    );
    assert!(flat.contains("That is impersonation"), "{text}");

    let off = [&run[..], &["--set", "agent.actor=none"]].concat();
    let text = world.run(&off, "").expect_code(0).stdout;
    assert!(text.contains("agent.actor is none"), "{text}");
    assert!(!text.contains("acting_as"), "{text}");
    assert!(
        text.contains("Impersonation, for no actor token was sent"),
        "{text}"
    );
}

#[test]
fn a_delegated_token_is_decoded_with_its_lines() {
    let raw = scripted::signed("at+jwt", &delegated(1_778_451_181, "key"));
    let world = World::new();
    let text = world.run(&["decode", "-"], &raw).stdout;
    assert!(
        text.contains("with act     2026-05-10T22:13:01.000Z principal=alice-1 acting_as=spiffe://acme.example/agent/7"),
        "{text}"
    );
    assert!(
        text.contains("without act  2026-05-10T22:13:01.000Z principal=alice-1 aud="),
        "{text}"
    );
    let json = world.run(&["decode", "--format", "json", "-"], &raw).json();
    let line = json["audit"]["without_act"].as_str().expect("a line");
    assert!(!line.contains("acting_as"), "{line}");
    let plain = scripted::signed("at+jwt", &json!({ "sub": "alice-1" }));
    let text = world.run(&["decode", "-"], &plain).stdout;
    assert!(!text.contains("without act"), "{text}");
}

const AGENTS: &str = "https://agents.acme.example";

fn profile(settings: &[(&str, &str)]) -> Profile {
    let mut profile = scripted::profile();
    let token = format!("{AGENTS}/token");
    let jwks = format!("{AGENTS}/jwks");
    let usual = [
        ("flow", "delegation"),
        ("resource_as.issuer", ""),
        ("agent.audience", "todo.acme.example"),
        ("actor_issuer.issuer", AGENTS),
        ("actor_issuer.token_endpoint", &token),
        ("actor_issuer.jwks_uri", &jwks),
        ("actor_issuer.client_id", "agent-7"),
    ];
    for (path, value) in usual.iter().chain(settings) {
        profile.edit_at(path, value).unwrap();
    }
    DELEGATION.fit(&mut profile);
    profile
}

fn delegated(iat: i64, jkt: &str) -> Value {
    json!({
        "iss": IDP, "sub": "alice-1", "azp": "agent-client", "client_id": "agent-client", "aud": "todo.acme.example",
        "scope": "todo.read", "iat": iat, "exp": iat + 600, "jti": "at-1", "cnf": { "jkt": jkt },
        "act": {
            "sub": "spiffe://acme.example/agent/7", "iss": AGENTS, "attestation": "github-oidc",
            "sub_profile": "ai_agent",
        },
    })
}

/// The key of the walk, as the proof of a request has it.
fn jkt(request: &Request) -> String {
    let proof = request.http().header("dpop").expect("a proof").wire();
    let header = Token::parse(&Secret::minted("dpop", proof))
        .header
        .json
        .unwrap();
    jagwalk::protocol::keys::thumbprint(&header["jwk"]).expect("a key")
}

fn twist(request: &Request) -> Option<scripted::Outcome> {
    let http = request.http();
    let at = NOW.secs();
    let answer = |token: String, kind: &str| {
        let body = json!({
            "access_token": token, "issued_token_type": kind, "token_type": "DPoP", "expires_in": 600,
            "scope": "todo.read",
        });
        Some(scripted::answer(200, &body))
    };
    if http.url == format!("{AGENTS}/token") {
        let claims = json!({
            "iss": AGENTS, "sub": "spiffe://acme.example/agent/7", "aud": IDP, "iat": at, "exp": at + 300,
            "jti": "actor-1", "attestation": "github-oidc", "cnf": { "jkt": jkt(request) },
        });
        return answer(scripted::signed("JWT", &claims), urn::JWT);
    }
    if !scripted::is_exchange(request) {
        return None;
    }
    let mut claims = delegated(at, &jkt(request));
    if scripted::field(http, "actor_token").is_none() {
        claims.as_object_mut().unwrap().shift_remove("act");
    }
    answer(scripted::signed("at+jwt", &claims), urn::ACCESS_TOKEN)
}

fn walked(settings: &[(&str, &str)]) -> Session {
    jagwalk::protocol::keys::install_crypto();
    let ink = Ink {
        now: NOW,
        seed: SEED,
    };
    let mut session = Session::new(&DELEGATION, profile(settings), ink);
    scripted::drive(&mut session, Command::SendThrough(CALL), twist);
    assert_eq!(session.next_step(None), None, "{}", walks::story(&session));
    session
}

#[test]
fn what_goes_over_the_wire_is_what_rfc_8693_asks_for() {
    let session = walked(&[]);
    let fields = |name| sent(&session, name);
    assert_eq!(fields("grant_type").as_deref(), Some(urn::TOKEN_EXCHANGE));
    assert_eq!(
        fields("requested_token_type").as_deref(),
        Some(urn::ACCESS_TOKEN)
    );
    assert_eq!(fields("subject_token_type").as_deref(), Some(urn::ID_TOKEN));
    assert_eq!(fields("actor_token_type").as_deref(), Some(urn::JWT));
    assert_eq!(fields("audience").as_deref(), Some("todo.acme.example"));
    assert_eq!(fields("resource"), None);
    let call = session.step(CALL).last().unwrap().main().unwrap();
    let field = call.request.http().header("authorization").unwrap().wire();
    assert!(field.starts_with("DPoP "), "{field}");

    // The audience of the other flows is the issuer of another server: no word of it here.
    let other = walked(&[("agent.audience", ""), ("resource_as.issuer", scripted::AS)]);
    assert_eq!(sent(&other, "audience"), None);
    // An access token as actor is called by its own type.
    let mut given = Session::new(
        &DELEGATION,
        profile(&[]),
        Ink {
            now: NOW,
            seed: SEED,
        },
    );
    let raw = scripted::signed(
        "at+jwt",
        &json!({ "iss": IDP, "sub": "agent-7", "aud": IDP }),
    );
    let held = Secret::minted("actor-token", raw);
    let ink = Ink {
        now: NOW,
        seed: SEED,
    };
    given.command(Command::UseExisting(Artifact::ActorToken, held), ink);
    scripted::drive(&mut given, Command::SendThrough(CALL), twist);
    assert_eq!(
        sent(&given, "actor_token_type").as_deref(),
        Some(urn::ACCESS_TOKEN)
    );
}

#[test]
fn sent_both_ways_the_two_tokens_stand_side_by_side() {
    let mut session = walked(&[]);
    let lines = |session: &Session| -> Vec<(bool, bool)> {
        let record = &session.step(EXCHANGE).last().unwrap().tokens[0];
        let entries = audit::entries(session.flow, &session.walk, record);
        assert!(entries[0].line.contains("principal=alice-1"));
        entries
            .iter()
            .map(|entry| (entry.act, entry.came))
            .collect()
    };
    assert_eq!(lines(&session), [(true, true), (false, false)]);
    let ink = Ink {
        now: NOW,
        seed: SEED,
    };
    session.command(Command::Edit(fields::AGENT_ACTOR, "none".to_owned()), ink);
    scripted::drive(&mut session, Command::Send(EXCHANGE), twist);
    assert_eq!(claims(&session).get("act"), None);
    assert_eq!(lines(&session), [(true, true), (false, true)]);

    let alone = walked(&[("agent.actor", "none")]);
    assert_eq!(lines(&alone), [(false, true)]);
    // In a flow without actors there is nothing to compare.
    let xaa = scripted::happy();
    let record = &xaa.step(StepId("jwt-bearer")).last().unwrap().tokens[0];
    assert_eq!(audit::entries(xaa.flow, &xaa.walk, record), []);
}

#[test]
fn a_server_that_forgets_the_actor_is_found_out() {
    jagwalk::protocol::keys::install_crypto();
    let mut session = Session::new(
        &DELEGATION,
        profile(&[]),
        Ink {
            now: NOW,
            seed: SEED,
        },
    );
    scripted::drive(&mut session, Command::SendThrough(CALL), |request| {
        let mut claims = delegated(NOW.secs(), "none");
        claims.as_object_mut().unwrap().shift_remove("act");
        claims.as_object_mut().unwrap().shift_remove("cnf");
        let token = scripted::signed("at+jwt", &claims);
        scripted::is_exchange(request)
            .then(|| {
                let body = json!({ "access_token": token, "token_type": "Bearer", "issued_token_type": urn::ACCESS_TOKEN });
                scripted::answer(200, &body)
            })
            .or_else(|| twist(request))
    });
    assert!(says(&session, EXCHANGE).contains("Impersonation, although an actor token was sent"));
    let found: BTreeSet<_> = session
        .step(EXCHANGE)
        .findings()
        .map(|finding| finding.code.0)
        .collect();
    for code in ["TX-DELEGATION-LOST", "ACT-WHEN-DELEGATED", "DPOP-IGNORED"] {
        assert!(found.contains(code), "{code} is not in {found:?}");
    }
    let required = {
        let mut session = Session::new(
            &DELEGATION,
            profile(&[("dpop.mode", "required")]),
            Ink {
                now: NOW,
                seed: SEED,
            },
        );
        scripted::drive(&mut session, Command::SendThrough(CALL), |request| {
            let bearer = json!({ "access_token": "at-1", "token_type": "Bearer", "issued_token_type": urn::ACCESS_TOKEN });
            scripted::is_exchange(request)
                .then(|| scripted::answer(200, &bearer))
                .or_else(|| twist(request))
        });
        says(&session, EXCHANGE).to_owned()
    };
    assert!(required.contains("Expected token_type DPoP"), "{required}");
}

#[test]
fn what_is_missing_is_named() {
    for (field, step) in [
        ("actor_issuer.issuer", AGENT_TOKEN),
        ("actor_issuer.token_endpoint", AGENT_TOKEN),
        ("actor_issuer.client_id", AGENT_TOKEN),
    ] {
        let profile = profile(&[(field, "")]);
        let mut session = Session::new(
            &DELEGATION,
            profile,
            Ink {
                now: NOW,
                seed: SEED,
            },
        );
        scripted::drive(&mut session, Command::SendThrough(CALL), twist);
        let Status::Blocked(why) = session.status(step) else {
            panic!("{field}: {:?}", session.status(step));
        };
        let why: Vec<String> = why.iter().map(ToString::to_string).collect();
        assert_eq!(why, [format!("{field} is empty")]);
    }
    let profile = profile(&[("agent.subject", "saml2")]);
    let session = Session::new(
        &DELEGATION,
        profile,
        Ink {
            now: NOW,
            seed: SEED,
        },
    );
    let Status::Blocked(why) = session.status(EXCHANGE) else {
        panic!("{:?}", session.status(EXCHANGE));
    };
    assert!(
        why[0]
            .to_string()
            .starts_with("agent.subject: expected id_token")
    );
}

fn panel(session: &Session, id: &str, step: StepId, width: u16) -> String {
    let panel = PANELS.iter().find(|panel| panel.id == id).expect("a panel");
    let cx = Cx {
        session,
        step,
        now: NOW.plus_secs(60),
        vault: &session.vault,
        glyphs: Glyphs::UNICODE,
        width,
        log_whole: true,
        attempt: None,
    };
    let rows = (panel.rows)(&cx);
    let none = BTreeSet::new();
    let shown: Vec<Row> = fold(&rows, &none)
        .into_iter()
        .map(|at| {
            Row::new(dressed(
                &rows,
                at,
                is_folded(&rows, &none, at),
                Glyphs::UNICODE,
            ))
        })
        .collect();
    plain(&wrap(shown, width))
}

#[test]
fn the_diagram_and_the_tokens_in_three_widths() {
    let session = walked(&[]);
    let without = walked(&[("agent.actor", "none")]);
    for width in [80, 120, 200] {
        let mut page = String::new();
        for (title, session, id, step) in [
            ("the diagram", &session, "diagram", CALL),
            ("the agent's token", &session, "tokens", AGENT_TOKEN),
            ("delegation", &session, "tokens", EXCHANGE),
            ("impersonation", &without, "tokens", EXCHANGE),
        ] {
            let _ = writeln!(page, "==== {title}\n{}\n", panel(session, id, step, width));
        }
        insta::assert_snapshot!(format!("delegation-{width}"), page);
    }
}

#[test]
fn reports_have_both_lines_and_no_token() {
    let session = walked(&[]);
    let through = CALL;
    let written = [
        text(&session, through, End::Done, false),
        markdown(&session, through, End::Done, false),
        report(&session, through, End::Done, false).to_string(),
    ];
    for page in &written {
        assert!(!crate::world::shows_jwt(page), "{page}");
    }
    for page in &written[..2] {
        let flat = page.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            flat.contains(
                "principal=alice-1 acting_as=spiffe://acme.example/agent/7 attestation=github-oidc"
            ),
            "{page}"
        );
        assert!(
            flat.contains("principal=alice-1 aud=todo.acme.example"),
            "{page}"
        );
    }
}
