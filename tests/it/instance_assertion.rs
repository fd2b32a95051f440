//! The flow `instance-assertion`: each of its variants against the lab, on both of its wires, and how it looks.

use jagwalk::{
    cli::{
        start,
        store::{LAB, LAB_TEXT},
    },
    flow::{Artifact, Ink, Origin, StepId, flows::INSTANCE_ASSERTION as FLOW},
    lab::Lab,
    lint::Severity,
    profile::{FieldValue, Profile, fields, load},
    protocol::{digest::pkce_s256, secret::Secret},
    session::{Command, Outcome, Session, headless::End},
    transport::{clock, entropy},
    ui::{
        panels::PANELS,
        rows::{Cx, plain},
        theme::Glyphs,
    },
};
use serde_json::{Value, json};

use crate::{faults::again, scripted::field, walks, world::World};

const AUTHORIZE: StepId = StepId("authorize");
const ASSERT: StepId = StepId("instance-assertion");
const REDEEM: StepId = StepId("redeem-code");
const REFRESH: StepId = StepId("refresh");
const CALL: StepId = StepId("call-api");

async fn lab(settings: &[(&str, &str)]) -> (Lab, Profile) {
    let (mut profile, _) = load::load(LAB, LAB_TEXT);
    FLOW.fit(&mut profile);
    for (path, value) in settings {
        profile.edit_at(path, value).unwrap();
    }
    let lab = start::lab_for(&mut profile).await.unwrap().unwrap();
    FLOW.fit(&mut profile);
    (lab, profile)
}

fn ink() -> Ink {
    Ink {
        now: clock::now(),
        seed: entropy::seed(),
    }
}

async fn walk(settings: &[(&str, &str)]) -> (Session, Lab) {
    let (lab, profile) = lab(settings).await;
    let world = walks::world(&profile);
    let mut session = Session::new(&FLOW, profile, ink());
    let end = walks::drive(&mut session, world).await;
    assert!(end == End::Done, "{settings:?}: {}", walks::story(&session));
    for state in &session.walk.steps {
        let Some(attempt) = state.last() else {
            continue;
        };
        for record in &attempt.tokens {
            let opaque = record.artifact == Artifact::RefreshToken;
            let wanted = if opaque { "not-checked" } else { "verified" };
            assert_eq!(record.signature.id(), wanted, "{}", record.name);
        }
        let loud = |finding: &&jagwalk::lint::Finding| finding.severity > Severity::Note;
        let loud: Vec<_> = attempt.findings.iter().filter(loud).collect();
        assert!(loud.is_empty(), "{settings:?} {}: {loud:?}", state.id);
        // The flow has no place to ask for a resource, so that nobody can have forgotten to.
        let aud = |finding: &&jagwalk::lint::Finding| finding.code.0.starts_with("AT-AUD");
        assert_eq!(attempt.findings.iter().find(aud), None, "{settings:?}");
    }
    (session, lab)
}

fn claims(session: &Session, step: StepId, artifact: Artifact) -> Value {
    let attempt = session.step(step).last().expect("it ran");
    let record = attempt
        .tokens
        .iter()
        .find(|record| record.artifact == artifact);
    let record = record.unwrap_or_else(|| panic!("no {artifact} at {step}"));
    record.token.claims.json.clone().expect("it is a JWT")
}

fn sent(session: &Session, step: StepId, name: &str) -> Option<String> {
    let attempt = session.step(step).last().expect("it ran");
    field(attempt.main().unwrap().request.http(), name)
}

fn answer(session: &Session, step: StepId) -> Value {
    let attempt = session.step(step).last().expect("it ran");
    attempt.main().unwrap().response().unwrap().json().unwrap()
}

#[test]
fn the_challenge_of_the_page_is_made_of_its_verifier() {
    // RFC 7636 App. B; the page shows the challenge.
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    assert_eq!(
        pkce_s256(verifier),
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    );
}

#[tokio::test]
async fn a_user_delegates_to_one_instance() {
    for variant in ["delegation", "sole"] {
        for wire in ["", "00", "01"] {
            let settings = [("variant", variant), ("instance_issuer.wire", wire)];
            let (session, lab) = walk(&settings).await;
            let assertion = claims(&session, ASSERT, Artifact::InstanceAssertion);
            let access = claims(&session, REDEEM, Artifact::AccessToken);
            let jkt = assertion["cnf"]["jkt"].as_str().unwrap();
            let asked = session.step(AUTHORIZE).last().unwrap();
            let bound = asked.main().unwrap().request.http().query.get("dpop_jkt");
            assert_eq!(
                bound.map(jagwalk::protocol::http::Value::wire).as_deref(),
                Some(jkt)
            );
            assert_eq!(access["sub"], "u-1001-alice");
            assert_eq!(access["cnf"], json!({ "jkt": jkt }));
            assert_eq!(
                access["act"],
                json!({ "iss": assertion["iss"], "sub": assertion["sub"], "sub_profile": assertion["sub_profile"] })
            );
            let own = sent(&session, REDEEM, "client_instance_assertion").is_some();
            let actor = sent(&session, REDEEM, "actor_token").is_some();
            assert_eq!((own, actor), (wire != "00", wire == "00"), "wire {wire}");
            let proven = sent(&session, REDEEM, "client_assertion").is_some();
            assert_eq!(proven, variant == "delegation");
            let told = answer(&session, CALL);
            assert_eq!(told["sub"], "u-1001-alice");
            assert_eq!(told["act"]["sub"], assertion["sub"]);
            assert_eq!(told["client_id"], assertion["client_id"]);
            assert!(session.replay().steps().count() >= 5);
            lab.stop().await;
        }
    }
}

#[tokio::test]
async fn an_instance_acts_for_itself() {
    let (session, lab) = walk(&[("variant", "self")]).await;
    assert!(session.step(AUTHORIZE).attempts.is_empty());
    let why = session.skipped(AUTHORIZE).expect("it is left out");
    assert!(why.contains("acts for itself"), "{why}");
    assert_eq!(
        sent(&session, REDEEM, "grant_type").as_deref(),
        Some("client_credentials")
    );
    assert_eq!(
        sent(&session, REDEEM, "scope").as_deref(),
        Some("repo.read repo.write")
    );
    let assertion = claims(&session, ASSERT, Artifact::InstanceAssertion);
    let access = claims(&session, REDEEM, Artifact::AccessToken);
    assert_eq!(access["sub"], assertion["sub"]);
    assert_eq!(access["cnf"], assertion["cnf"]);
    assert!(access.get("act").is_none());
    let told = answer(&session, CALL);
    assert_eq!(told["sub"], assertion["sub"]);
    assert!(told.get("act").is_none(), "nobody acts: {told}");
    lab.stop().await;
}

#[tokio::test]
async fn a_fresh_assertion_renews_the_token_with_the_same_key() {
    for variant in ["delegation", "sole"] {
        let (mut session, lab) = walk(&[("variant", variant)]).await;
        let before = claims(&session, REDEEM, Artifact::AccessToken);
        // Another assertion makes what came of the first stale, and the refresh token is there.
        let world = walks::world(&session.profile);
        again(&mut session, world, ASSERT).await;
        assert!(session.steps().any(|step| step.info().id == REFRESH));
        let world = walks::world(&session.profile);
        again(&mut session, world, REFRESH).await;
        let last = session.step(REFRESH).last().expect("it ran");
        assert!(
            last.outcome == Some(Outcome::Done),
            "{variant}: {}",
            last.says
        );
        let second = claims(&session, ASSERT, Artifact::InstanceAssertion);
        let carried = sent(&session, REFRESH, "client_instance_assertion").expect("a fresh one");
        let held = session.walk.bag.value(Artifact::InstanceAssertion).unwrap();
        assert_eq!(carried, held.reveal());
        let after = claims(&session, REFRESH, Artifact::AccessToken);
        assert_eq!(after["cnf"], before["cnf"], "the same key");
        assert_eq!(after["act"], before["act"], "the same instance");
        assert_eq!(after["act"]["sub"], second["sub"]);
        let held = session.walk.bag.held(Artifact::AccessToken).unwrap();
        assert_eq!(held.origin, Origin::Step(REFRESH));
        let loud = last
            .findings
            .iter()
            .find(|finding| finding.severity > Severity::Note);
        assert!(loud.is_none(), "{loud:?}");
        let world = walks::world(&session.profile);
        again(&mut session, world, CALL).await;
        assert!(session.step(CALL).is_fresh(), "{}", walks::story(&session));
        lab.stop().await;
    }
}

#[tokio::test]
async fn a_shown_assertion_is_not_shown_again() {
    let (mut session, lab) = walk(&[]).await;
    let world = walks::world(&session.profile);
    again(&mut session, world, AUTHORIZE).await;
    let world = walks::world(&session.profile);
    again(&mut session, world, REDEEM).await;
    let last = session.step(REDEEM).last().expect("it ran");
    assert!(
        last.says.contains("invalid_grant") && last.says.contains("jti"),
        "{}",
        last.says
    );
    lab.stop().await;
}

#[tokio::test]
async fn without_a_proof_no_instance_is_known() {
    let (lab, mut profile) = lab(&[]).await;
    assert_eq!(profile.text(fields::DPOP_MODE), Some("required"));
    profile.set(fields::DPOP_MODE, FieldValue::Text("off".to_owned()));
    let world = walks::world(&profile);
    let mut session = Session::new(&FLOW, profile, ink());
    let end = walks::drive(&mut session, world).await;
    assert!(end == End::Refused, "{}", walks::story(&session));
    let says = &session.step(ASSERT).last().expect("it ran").says;
    assert!(says.contains("invalid_dpop_proof"), "{says}");
    assert!(session.step(REDEEM).attempts.is_empty());
    lab.stop().await;
}

#[tokio::test]
async fn an_assertion_may_be_handed_in() {
    let (lab, profile) = lab(&[]).await;
    let world = walks::world(&profile);
    let mut session = Session::new(&FLOW, profile.clone(), ink());
    walks::drive(&mut session, world).await;
    let used = session
        .walk
        .bag
        .value(Artifact::InstanceAssertion)
        .unwrap()
        .clone();
    let mut session = Session::new(&FLOW, profile.clone(), ink());
    let given = Secret::minted("instance-assertion", used.reveal());
    session.command(
        Command::UseExisting(Artifact::InstanceAssertion, given),
        ink(),
    );
    let world = walks::world(&profile);
    let end = walks::drive(&mut session, world).await;
    // It is of another walk: shown before, and bound to that walk's key.
    assert!(end == End::Refused, "{}", walks::story(&session));
    assert!(
        session
            .step(ASSERT)
            .attempts
            .iter()
            .all(|attempt| attempt.made.is_empty())
    );
    let found = session.step(REDEEM).last().unwrap().findings.iter();
    let found: Vec<_> = found
        .map(|finding| (finding.code.0, finding.owner.id()))
        .collect();
    assert!(found.contains(&("CIA-POP", "you")), "{found:?}");
    lab.stop().await;
}

/// A panel of a step, without what is new in every walk: ports, times, numbers of instances, fingerprints.
fn panel(session: &Session, panel: &str, step: StepId, width: u16) -> String {
    let panel = PANELS
        .iter()
        .find(|one| one.id == panel)
        .expect("there is such a panel");
    let rows = (panel.rows)(&Cx {
        session,
        step,
        now: session.walk.started.plus_secs(60),
        vault: &session.vault,
        glyphs: Glyphs::UNICODE,
        width,
        log_whole: true,
        attempt: None,
    });
    plain(&rows)
}

/// Takes what is new in every walk out of a text: numbers of instances, fingerprints, ports, and how long things took, with what is
/// cut off after them.
fn steady(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let line = match line.split_once(" ms") {
            Some((before, after)) => {
                let before = before.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
                let after = if after.ends_with('…') { "" } else { after };
                format!("{before}N ms{after}")
            }
            None => line.to_owned(),
        };
        let words = line.split(' ').map(|word| {
            let hex = word.len() == 8 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
            // A time, and a jti, of the line that the API logs.
            let time = word.ends_with('Z') && word.contains('T') && word.starts_with("20");
            match word {
                _ if hex => "fingerp.",
                _ if time => "2026-…Z",
                _ if word.starts_with("jti=") => "jti=…",
                _ => word,
            }
        });
        let line = words.collect::<Vec<_>>().join(" ");
        let mut parts = line.split("127.0.0.1:");
        let mut out = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
            out.push_str("127.0.0.1:N");
            match rest.split_once("/i-") {
                Some((before, after)) => {
                    let after = after.trim_start_matches(|c: char| c.is_ascii_hexdigit());
                    out.extend([before, "/i-N", after]);
                }
                None => out.push_str(rest),
            }
        }
        out
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The part of the tokens that says who acts for whom.
fn who_acts(tokens: &str) -> String {
    let lines = tokens
        .lines()
        .skip_while(|line| !line.contains("delegation ·"));
    let lines = lines.take_while(|line| !line.contains("what changed since"));
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn it_is_drawn_in_three_widths() {
    let (session, lab) = walk(&[]).await;
    for width in [80, 120, 200] {
        let diagram = panel(&session, "diagram", CALL, width);
        let tokens = panel(&session, "tokens", REDEEM, width);
        insta::assert_snapshot!(format!("diagram-{width}"), steady(&diagram));
        insta::assert_snapshot!(format!("delegation-{width}"), steady(&who_acts(&tokens)));
    }
    lab.stop().await;
}

#[test]
fn the_command_line_walks_every_variant() {
    let world = World::new();
    for (variant, skipped) in [("delegation", false), ("self", true), ("sole", false)] {
        let variant = format!("variant={variant}");
        let args = [
            "run",
            "--profile",
            "lab",
            "--flow",
            "instance-assertion",
            "--set",
            &variant,
            "--format",
            "json",
        ];
        let output = world.run(&args, "").expect_code(0);
        let report = output.json();
        assert_eq!(report["outcome"], "done", "{output}");
        assert_eq!(report["verdict"], Value::Null);
        let steps: Vec<_> = report["steps"]
            .as_array()
            .unwrap()
            .iter()
            .map(|step| {
                (
                    step["id"].as_str().unwrap(),
                    step["status"].as_str().unwrap(),
                )
            })
            .collect();
        let authorize = if skipped { "skipped" } else { "done" };
        assert_eq!(
            steps,
            [
                ("discover-as", "done"),
                ("authorize", authorize),
                ("instance-assertion", "done"),
                ("redeem-code", "done"),
                ("call-api", "done"),
            ]
        );
        assert!(
            !crate::world::shows_jwt(&output.stdout),
            "no token is shown"
        );
        let exchanges = report["steps"][0]["exchanges"].as_array().unwrap();
        let document = exchanges.iter().find(|one| {
            one["request"]["url"]
                .as_str()
                .unwrap()
                .contains("/clients/codex")
        });
        assert_eq!(
            document.expect("the client’s document is read")["purpose"],
            "metadata"
        );
    }
}

#[tokio::test]
async fn a_client_that_the_server_refuses_is_the_clients_matter_whatever_is_noted() {
    let (lab, mut profile) = lab(&[("variant", "delegation")]).await;
    let other = profile.text(fields::SSO_CLIENT_ID).unwrap().to_owned();
    profile.edit_at("variant", "sole").unwrap();
    start::fill(&mut profile, &lab);
    FLOW.fit(&mut profile);
    profile.edit_at("sso.client_id", &other).unwrap();
    let world = walks::world(&profile);
    let mut session = Session::new(&FLOW, profile, ink());
    let end = walks::drive(&mut session, world).await;
    assert!(end != End::Done);
    let told = walks::story(&session);
    let verdict = session.verdict(None).expect("it was refused");
    let noted = |state: &jagwalk::session::StepState| {
        state.findings().any(|finding| finding.code.0 == "CIMD-URL")
    };
    assert!(session.walk.steps.iter().any(noted), "{told}");
    assert_eq!(verdict.step, REDEEM, "{told}");
    assert_eq!(
        (verdict.owner.id(), verdict.confidence.id(), verdict.code),
        ("client", "likely", None),
        "{verdict:?}"
    );
    assert!(
        verdict.says.contains("does not know this client"),
        "{}",
        verdict.says
    );
    lab.stop().await;
}
