//! What the lab's authorization server refuses of an assertion exchange, one check a row.

use jagwalk::{
    protocol::oauth::urn,
    session::{Status, headless::End},
};

use super::{STEPS, Says, healthy, lab, made, walk};
use crate::{scripted::NOW, walks};

/// A name, what the profile says besides, the step that is refused, with which code, and words of the reason.
type Row<'a> = (&'a str, Says<'a>, &'a str, &'a str, &'a str);

#[tokio::test]
async fn what_the_lab_refuses() {
    let lab = lab().await;
    let past = (NOW.secs() - 4000).to_string();
    let far = (NOW.secs() + 400_000_000).to_string();
    let (idp, token) = (lab.idp().to_owned(), format!("{}/token", lab.resource_as()));
    let (aud, iss, act) = (
        "step.assertion.claims.aud",
        "step.assertion.claims.iss",
        "step.assertion.claims.act",
    );
    let exp = "step.assertion.claims.exp";
    let agent = "actor_issuer.agent";
    let nested = ("variant", "nested");
    #[rustfmt::skip]
    let rows: &[Row<'_>] = &[
        ("for another server", &[("actor_issuer.assertion_audience", &idp)], "exchange", "invalid_request", "Expected aud"),
        ("for two servers", &[(aud, r#"["https://a.example","https://b.example"]"#)], "exchange", "invalid_request", "alone"),
        ("of another issuer", &[(iss, "https://other.example")], "exchange", "invalid_request", "Expected iss"),
        ("expired", &[(exp, &past)], "exchange", "invalid_request", "has expired"),
        ("living too long", &[(exp, &far)], "exchange", "invalid_request", "live at most"),
        ("without jti", &[("step.assertion.claims.jti", "null")], "exchange", "invalid_request", "claim jti"),
        ("of an agent nobody knows", &[(agent, "agent:stranger")], "exchange", "invalid_request", "an agent that policy knows"),
        ("of an agent that may act for nobody", &[(agent, "agent:night-watch")], "exchange", "invalid_request", "act for nobody"),
        ("of one that may not act directly", &[(agent, "agent:worker")], "exchange", "invalid_request", "act for nobody"),
        ("alone, of one that may not", &[("variant", "agent"), (agent, "agent:calendar-bot")], "exchange", "invalid_request", "not act for itself"),
        ("for a person nobody knows", &[("actor_issuer.subject", "u-9")], "exchange", "invalid_request", "No user u-9"),
        ("for a person who lets no agent", &[("actor_issuer.subject", "u-1002-bob")], "exchange", "invalid_request", "no agent act for bob"),
        ("for more than the person lets", &[("actor_issuer.subject", "u-1003-carol"), ("resource_as.scope", "notes.read notes.write")], "exchange", "invalid_scope", "received notes.write"),
        ("for a scope that nobody knows", &[("resource_as.scope", "calendar:read")], "exchange", "invalid_scope", "received calendar:read"),
        ("for a resource of another", &[("agent.resource", "https://api.example")], "exchange", "invalid_target", "received https://api.example"),
        ("act without sub", &[(act, r#"{"azp":"x"}"#)], "exchange", "invalid_request", "act with sub"),
        ("act of another domain", &[(act, r#"{"sub":"agent:orchestrator","iss":"https://x.example"}"#)], "exchange", "invalid_request", "Expected act.iss"),
        ("the whole chain in one assertion, as the slides print it", &[(act, r#"{"sub":"agent:orchestrator","act":{"sub":"agent:worker"}}"#)], "exchange", "invalid_request", "received a chain"),
        ("declared as an ID Token", &[("step.exchange.params.subject_token_type", urn::ID_TOKEN)], "exchange", "invalid_request", "Expected subject_token_type"),
        ("another token asked for", &[("step.exchange.params.requested_token_type", urn::ID_JAG)], "exchange", "invalid_request", "Expected requested_token_type"),
        ("an actor token beside it", &[("step.exchange.params.actor_token", "x"), ("step.exchange.params.actor_token_type", urn::JWT)], "exchange", "invalid_request", "Expected no actor_token"),
        ("by the grant of the ID-JAG draft", &[("step.exchange.params.grant_type", urn::JWT_BEARER)], "exchange", "invalid_request", "assertion"),
        ("an actor that is not next in line", &[nested, ("actor_issuer.agent_2", "agent:summarizer")], "exchange-2", "invalid_request", "take over from agent:worker"),
        ("an actor that follows nobody", &[nested, ("actor_issuer.agent_2", "agent:night-watch")], "exchange-2", "invalid_request", "take over from nobody"),
        ("act in the actor token", &[nested, ("step.assertion-2.claims.act", r#"{"sub":"agent:orchestrator"}"#)], "exchange-2", "invalid_request", "Expected no act"),
        ("an actor token for another server", &[nested, ("step.assertion-2.claims.aud", &idp)], "exchange-2", "invalid_request", "Expected aud"),
        ("an actor token that is expired", &[nested, ("step.assertion-2.claims.exp", &past)], "exchange-2", "invalid_request", "has expired"),
        ("an actor token of another type", &[nested, ("step.exchange-2.params.actor_token_type", urn::ACCESS_TOKEN)], "exchange-2", "invalid_request", "Expected actor_token_type"),
        ("more scope on the second hop", &[nested, ("step.exchange-2.params.scope", "notes.read notes.write")], "exchange-2", "invalid_scope", "received notes.write"),
        ("the third agent in the place of the second", &[nested, ("actor_issuer.agent_3", "agent:orchestrator")], "exchange-3", "invalid_request", "take over from agent:summarizer"),
    ];
    for (name, set, step, error, words) in rows.iter().copied() {
        let (session, end) = walk(&lab, set).await;
        assert!(end == End::Refused, "{name}: {}", walks::story(&session));
        let attempt = session.steps().map(|step| step.info().id);
        let refused = attempt
            .into_iter()
            .find(|id| session.status(*id) == Status::Refused)
            .unwrap();
        let answer = session.step(refused).last().unwrap().main().unwrap();
        let body = answer.response().unwrap().json().unwrap();
        assert_eq!(
            (refused.0, body["error"].as_str()),
            (step, Some(error)),
            "{name}: {body}"
        );
        let told = body["error_description"].as_str().unwrap();
        assert!(told.contains(words), "{name}: {told}");
    }
    // The token endpoint is a name of the server, too.
    let (session, end) = walk(
        &lab,
        &[("actor_issuer.assertion_audience", "token-endpoint")],
    )
    .await;
    healthy(&session, end, &STEPS);
    assert_eq!(made(&session, "assertion")["aud"], token);
}
