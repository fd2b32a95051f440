//! Proofs of possession in whole walks against the lab, which judges each of them and wants nonces.

use std::collections::HashSet;

use jagwalk::{
    flow::{Flow, flows},
    lab::ClientKind,
    lint::Severity,
    profile::Profile,
    protocol::http::Value,
    session::{Session, headless::End},
};

use crate::{verify, walks};

/// Walks with proofs; returns the purposes of the exchanges of each step, and each proof with the scheme of its request.
async fn walk(
    flow: &'static Flow,
    profile: Profile,
) -> (Vec<(&'static str, Vec<&'static str>)>, Vec<String>) {
    let world = walks::world(&profile);
    let mut session = walks::session_of(flow, profile);
    let end = walks::drive(&mut session, world).await;
    assert!(end == End::Done, "{}", walks::story(&session));
    assert_quiet(&session);
    let made = session.walk.steps.iter().map(|state| {
        let made = &state.last().unwrap().made;
        let purposes = made.iter().map(|made| made.purpose.id()).collect();
        (state.id.0, purposes)
    });
    let made: Vec<_> = made.collect();
    let requests = session.walk.steps.iter().flat_map(|state| {
        let made = &state.last().unwrap().made;
        made.iter().map(|made| made.exchange.request.http().clone())
    });
    let proofs = requests.filter_map(|request| {
        let proof = request.header("dpop")?.wire();
        let claims = verify::part(&proof, 1);
        let field = request.header("authorization").map(Value::wire);
        let presented = field.is_some_and(|field| field.starts_with("DPoP "));
        assert_eq!(claims.get("ath").is_some(), presented, "{}", request.url);
        Some(claims["jti"].as_str().unwrap().to_owned())
    });
    (made, proofs.collect())
}

/// Fails where a rule finds more than a note: a walk that is sound is called sound.
#[track_caller]
fn assert_quiet(session: &Session) {
    for state in &session.walk.steps {
        let loud = |finding: &&jagwalk::lint::Finding| finding.severity > Severity::Note;
        let loud: Vec<_> = state.findings().filter(loud).collect();
        assert!(loud.is_empty(), "{}: {loud:?}", state.id);
    }
}

fn step<'a>(made: &'a [(&'static str, Vec<&'static str>)], id: &str) -> &'a [&'static str] {
    let found = made.iter().find(|(step, _)| *step == id);
    found.map_or(&[], |(_, purposes)| purposes)
}

#[tokio::test]
async fn the_lab_is_walked_with_proofs() {
    let (lab, profile) = verify::lab(&flows::XAA).await;
    for kind in [
        ClientKind::Default,
        ClientKind::Es256,
        ClientKind::SecretPost,
    ] {
        let profile = walks::as_client(&profile, &lab, kind);
        let (made, proofs) = walk(&flows::XAA, verify::proving(&profile, "ES256")).await;
        assert_eq!(step(&made, "id-jag").first(), Some(&"main"));
        assert_eq!(step(&made, "jwt-bearer")[..2], ["retry", "main"]);
        assert_eq!(step(&made, "call-api"), ["retry", "main"]);
        assert_eq!(proofs.len(), 6, "{made:?}");
        assert_eq!(proofs.iter().collect::<HashSet<_>>().len(), 6);
    }
}

#[tokio::test]
async fn each_request_to_an_mcp_server_has_a_proof_of_its_own() {
    let (_lab, profile) = verify::lab(&flows::MCP).await;
    let (made, proofs) = walk(&flows::MCP, verify::proving(&profile, "EdDSA")).await;
    assert_eq!(
        step(&made, "mcp-initialize"),
        ["retry", "main", "metadata"],
        "the nonce is asked for once"
    );
    assert_eq!(step(&made, "mcp-tools"), ["metadata", "main"]);
    // At the IdP two, at the AS two, at the MCP server five.
    assert_eq!(proofs.len(), 9, "{made:?}");
    assert_eq!(proofs.iter().collect::<HashSet<_>>().len(), 9);
}
