//! From an API's refusal to the server it trusts: against the lab, and against APIs that answer otherwise.

use jagwalk::{
    cli::{
        start,
        store::{LAB, LAB_TEXT},
    },
    flow::{Artifact, StepId},
    lab,
    profile::{FieldValue, Profile, fields, load},
    protocol::{
        exchange::{Answer, Failure, Request},
        http::{Bytes, Response},
        party::Party,
    },
    session::{Command, Outcome, Session, Status, headless::End},
};
use serde_json::{Value, json};

use crate::{
    scripted::{self, API, AS, IDP},
    walks,
};

const DISCOVER_API: StepId = StepId("discover-api");
const DISCOVER_AS: StepId = StepId("discover-resource-as");
const ID_JAG: StepId = StepId("id-jag");

/// Where the scripted API says that its metadata is.
const META: &str = "https://api.todo.example/.well-known/oauth-protected-resource/todos";

fn asking(mut profile: Profile) -> Profile {
    profile.set(fields::API_DISCOVER, FieldValue::Flag(true));
    profile
}

fn without_issuer(mut profile: Profile) -> Profile {
    profile.set(fields::RESOURCE_AS_ISSUER, FieldValue::Text(String::new()));
    profile
}

fn says(session: &Session) -> &str {
    let attempt = session.step(DISCOVER_API).last();
    attempt.map_or("", |attempt| attempt.says.as_str())
}

fn ids(session: &Session) -> Vec<&'static str> {
    session.steps().map(|step| step.info().id.0).collect()
}

#[allow(
    clippy::unnecessary_wraps,
    reason = "a script gives answers and failures alike"
)]
fn response(status: u16, headers: &[(&str, &str)], body: &str) -> scripted::Outcome {
    Ok(Answer::Http(Response {
        status,
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        body_size: body.len() as u64,
        body: Bytes(body.as_bytes().to_vec()),
        cut: None,
    }))
}

/// A 401 with these challenges.
fn refusal(challenges: &[&str]) -> scripted::Outcome {
    let headers: Vec<_> = challenges
        .iter()
        .map(|challenge| ("WWW-Authenticate", *challenge))
        .collect();
    response(401, &headers, "{}")
}

fn usual_refusal() -> scripted::Outcome {
    refusal(&[&format!("Bearer resource_metadata=\"{META}\"")])
}

fn metadata() -> Value {
    json!({ "resource": API, "authorization_servers": [AS], "scopes_supported": ["todo.read"] })
}

/// Walks with an API that refuses and describes itself so; a call with a token goes as usual.
fn walk(
    profile: Profile,
    refused: &scripted::Outcome,
    described: &scripted::Outcome,
) -> (Session, Vec<Request>) {
    let mut session = scripted::fresh(asking(profile));
    let mut sent = Vec::new();
    let through = Command::SendThrough(scripted::last());
    scripted::drive(&mut session, through, |request| {
        sent.push(request.clone());
        let http = request.http();
        match http.address().as_str() {
            META => Some(described.clone()),
            API if http.header("authorization").is_none() => Some(refused.clone()),
            _ => None,
        }
    });
    (session, sent)
}

/// The lab, and its profile without the issuer of the resource AS.
async fn lab_without_issuer() -> (lab::Lab, Profile) {
    let (mut profile, _) = load::load(LAB, LAB_TEXT);
    let lab = lab::start(start::lab_options(None, false).unwrap())
        .await
        .unwrap();
    start::fill(&mut profile, &lab);
    profile.fill(fields::RESOURCE_AS_ISSUER, FieldValue::Text(String::new()));
    assert_eq!(profile.text(fields::RESOURCE_AS_ISSUER), None);
    (lab, profile)
}

#[tokio::test]
async fn the_labs_api_leads_to_the_server_that_the_profile_does_not_name() {
    let (lab, profile) = lab_without_issuer().await;
    let (session, end) = walks::walk(asking(profile.clone())).await;
    assert!(end == End::Done, "{}", walks::story(&session));
    assert_eq!(
        ids(&session)[..3],
        ["discover-idp", "discover-api", "discover-resource-as"]
    );
    let attempt = session.step(DISCOVER_API).last().unwrap();
    let made: Vec<_> = attempt
        .made
        .iter()
        .map(|made| (made.purpose.id(), made.exchange.response().unwrap().status))
        .collect();
    assert_eq!(made, [("main", 401), ("metadata", 200)]);
    let api = session.walk.bag.metadata(Party::Api).unwrap();
    assert_eq!(api.text("resource"), Some(lab.api()));
    let jag = session.step(ID_JAG).last().unwrap().main().unwrap();
    let audience = scripted::field(jag.request.http(), "audience");
    assert_eq!(audience.as_deref(), Some(lab.resource_as()));
    assert!(
        says(&session).contains("which is asked next"),
        "{}",
        says(&session)
    );

    // Not asked, the walk has no such step and lacks the issuer.
    let (session, end) = walks::walk(profile).await;
    assert!(end == End::Blocked, "{}", walks::story(&session));
    assert!(!session.has_step(DISCOVER_API));
}

#[tokio::test]
async fn the_labs_api_names_the_server_that_the_profile_names() {
    let (lab, profile) = walks::lab().await;
    let (session, end) = walks::walk(asking(profile)).await;
    assert!(end == End::Done, "{}", walks::story(&session));
    let agreed = format!(
        "It trusts {0}, and resource_as.issuer is {0}.",
        lab.resource_as()
    );
    assert!(says(&session).ends_with(&agreed), "{}", says(&session));
}

#[test]
fn no_token_goes_with_the_question_and_the_walk_goes_on_with_the_answer() {
    let other = refusal(&[
        "Basic realm=\"x\"",
        &format!("DPoP algs=\"ES256\", resource_metadata={META}"),
    ]);
    for refused in [usual_refusal(), other] {
        let found = scripted::answer(200, &metadata());
        let profile = without_issuer(scripted::profile());
        let (session, sent) = walk(profile, &refused, &found);
        assert_eq!(session.next_step(None), None, "{}", walks::story(&session));
        let at = |url: &str| {
            sent.iter()
                .position(|request| request.http().address() == url)
        };
        let first = at(API).unwrap();
        assert!(at(META) > Some(first));
        assert!(sent[first].http().header("authorization").is_none());
        assert_eq!(sent[first].http().method, "GET");
        let there = format!("{AS}/.well-known/oauth-authorization-server");
        assert!(at(&there) > at(META));
    }
}

#[test]
fn what_does_not_lead_to_metadata_ends_the_walk_and_is_named() {
    let fine = scripted::answer(200, &metadata());
    let foreign = |resource: Value| {
        let mut metadata = metadata();
        metadata["resource"] = resource;
        scripted::answer(200, &metadata)
    };
    let slash = format!("{API}/");
    let gone = Err(Failure::Connect("nobody is there".to_owned()));
    for (refused, described, outcome, phrases) in [
        (
            scripted::answer(200, &json!([])),
            &fine,
            "failed",
            vec!["answered 200", "expected 401"],
        ),
        (
            refusal(&[]),
            &fine,
            "failed",
            vec!["received no WWW-Authenticate"],
        ),
        (
            refusal(&["Bearer realm=\"x\""]),
            &fine,
            "failed",
            vec!["received WWW-Authenticate without it"],
        ),
        (
            refusal(&["Bearer resource_metadata=\"\""]),
            &fine,
            "failed",
            vec!["without it"],
        ),
        (
            refusal(&["Bearer resource_metadata=\"/meta\""]),
            &fine,
            "failed",
            vec!["received \"/meta\""],
        ),
        (
            refusal(&["Bearer resource_metadata=\"file:///etc/passwd\""]),
            &fine,
            "failed",
            vec!["received \"file:"],
        ),
        (
            scripted::answer(404, &json!({})),
            &fine,
            "refused",
            vec!["(404)"],
        ),
        (
            response(302, &[("Location", "https://x.example")], ""),
            &fine,
            "failed",
            vec!["https://x.example"],
        ),
        (
            usual_refusal(),
            &scripted::page(404, "<html>"),
            "refused",
            vec![META, "(404)"],
        ),
        (
            usual_refusal(),
            &scripted::page(200, "<html>"),
            "failed",
            vec![META, "not with metadata"],
        ),
        (
            usual_refusal(),
            &scripted::answer(200, &json!([])),
            "failed",
            vec!["not with metadata"],
        ),
        (
            usual_refusal(),
            &response(302, &[("Location", "https://x.example")], ""),
            "failed",
            vec!["https://x.example"],
        ),
        (
            usual_refusal(),
            &gone,
            "unreachable",
            vec!["nobody is there"],
        ),
        (
            usual_refusal(),
            &foreign(json!("https://evil.example")),
            "failed",
            vec![API, "received https://evil.example."],
        ),
        (
            usual_refusal(),
            &foreign(json!(slash)),
            "failed",
            vec![API, "received https://api.todo.example/todos/."],
        ),
        (
            usual_refusal(),
            &foreign(Value::Null),
            "failed",
            vec!["received none."],
        ),
    ] {
        let (session, sent) = walk(without_issuer(scripted::profile()), &refused, described);
        let status = session.status(DISCOVER_API);
        assert_eq!(status.id(), outcome, "{}", says(&session));
        for phrase in phrases {
            assert!(
                says(&session).contains(phrase),
                "{phrase}: {}",
                says(&session)
            );
        }
        assert!(!session.walk.bag.has(Artifact::ApiMetadata));
        assert!(session.step(DISCOVER_AS).attempts.is_empty());
        assert!(
            sent.iter()
                .all(|request| !request.http().url.starts_with(AS))
        );
        let Status::Blocked(why) = session.status(DISCOVER_AS) else {
            panic!("{:?}", session.status(DISCOVER_AS));
        };
        assert_eq!(why[0].to_string(), "needs API metadata");
    }
}

#[test]
fn whom_the_api_trusts_is_compared_with_the_profile() {
    let named = |servers: Value| {
        let mut metadata = metadata();
        metadata["authorization_servers"] = servers;
        scripted::answer(200, &metadata)
    };
    let profile = scripted::profile;
    let other = "https://other.example";
    let agree = format!("It trusts {AS}, and resource_as.issuer is {AS}.");
    let differ =
        format!("It trusts {other}, and resource_as.issuer is {AS}, which is not among them");
    let first = format!("It trusts {AS}, {other}. {AS} is asked next");
    for (profile, servers, phrase, done) in [
        (profile(), json!([AS]), agree.as_str(), true),
        (profile(), json!([other]), &differ, true),
        (
            profile(),
            Value::Null,
            "It names no authorization server, which is optional",
            true,
        ),
        (without_issuer(profile()), json!([AS, other]), &first, true),
        (
            without_issuer(profile()),
            json!([]),
            "fill in resource_as.issuer.",
            false,
        ),
    ] {
        let (session, _) = walk(profile, &usual_refusal(), &named(servers));
        assert!(session.step(DISCOVER_API).is_fresh());
        assert!(says(&session).contains(phrase), "{}", says(&session));
        assert_eq!(
            session.next_step(None).is_none(),
            done,
            "{}",
            walks::story(&session)
        );
        if !done {
            let Status::Blocked(why) = session.status(DISCOVER_AS) else {
                panic!("{:?}", session.status(DISCOVER_AS));
            };
            assert_eq!(why[0].to_string(), "resource_as.issuer is empty");
        }
        // The request that follows says it, too.
        let note = session
            .step(DISCOVER_AS)
            .last()
            .map(|attempt| &attempt.notes);
        if phrase == differ {
            let says = format!("{:?}", note.unwrap());
            assert!(says.contains(&format!("names another: {other}.")), "{says}");
        }
    }
}

#[test]
fn the_identifier_of_the_profile_is_taken_for_the_api_too_and_no_other() {
    let resource = "https://api.todo.example";
    let described = scripted::answer(
        200,
        &json!({ "resource": resource, "authorization_servers": [AS] }),
    );
    let mut profile = scripted::profile();
    profile.set(
        fields::AGENT_RESOURCE,
        FieldValue::Text(resource.to_owned()),
    );
    let (session, _) = walk(profile.clone(), &usual_refusal(), &described);
    assert_eq!(session.next_step(None), None, "{}", walks::story(&session));
    assert!(
        says(&session).contains("as agent.resource does"),
        "{}",
        says(&session)
    );
    profile.set(fields::AGENT_RESOURCE, FieldValue::Text(IDP.to_owned()));
    let (session, _) = walk(profile, &usual_refusal(), &described);
    let Some(Outcome::Failed(why)) = session.step(DISCOVER_API).outcome() else {
        panic!("{}", walks::story(&session));
    };
    let both = format!("{API} or agent.resource, {IDP}; received {resource}.");
    assert!(why[0].contains(&both), "{why:?}");
}

#[test]
fn without_an_address_the_step_says_so_and_without_being_asked_it_is_not_there() {
    let session = scripted::fresh(scripted::profile());
    assert_eq!(ids(&session).len(), 7);
    let mut profile = asking(scripted::profile());
    profile.set(fields::API_URL, FieldValue::Text(String::new()));
    let session = scripted::fresh(profile);
    let Status::Blocked(why) = session.status(DISCOVER_API) else {
        panic!("{:?}", session.status(DISCOVER_API));
    };
    assert_eq!(why[0].to_string(), "api.url is empty");
}
