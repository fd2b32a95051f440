//! Where tokens come from: the line they stand in, who acts for whom, and what changed on the way.

use jagwalk::{
    flow::{Artifact, StepId},
    lint::ledger::{Change, between},
    session::{
        Command, Session,
        lineage::{Stands, lineage},
    },
    ui::{
        panels::PANELS,
        rows::{Cx, plain},
        theme::Glyphs,
    },
};
use serde_json::{Value, json};

use crate::scripted;

fn line(session: &Session, seconds: i64) -> Vec<(Artifact, Stands)> {
    let links = lineage(session, scripted::NOW.plus_secs(seconds));
    links
        .iter()
        .map(|link| (link.artifact, link.stands))
        .collect()
}

fn tokens(session: &Session, step: &'static str) -> String {
    let panel = PANELS.iter().find(|panel| panel.id == "tokens");
    plain(&(panel.expect("there is such a panel").rows)(&Cx {
        session,
        step: StepId(step),
        now: scripted::NOW.plus_secs(60),
        vault: &session.vault,
        glyphs: Glyphs::UNICODE,
        width: 160,
        log_whole: true,
        attempt: None,
    }))
}

/// A walk whose ID-JAG has these claims besides the usual ones.
fn with_jag(more: &Value) -> Session {
    scripted::walk(|request| {
        scripted::is_exchange(request).then(|| {
            let mut claims = json!({
                "iss": scripted::IDP, "sub": "alice-1", "aud": scripted::AS, "client_id": "todo-client",
                "iat": scripted::NOW.secs(), "exp": scripted::NOW.secs() + 300, "jti": "jag-1",
            });
            for (name, value) in more.as_object().expect("claims are an object") {
                claims[name] = value.clone();
            }
            scripted::answer(
                200,
                &json!({
                    "access_token": scripted::signed("oauth-id-jag+jwt", &claims), "token_type": "N_A",
                    "issued_token_type": "urn:ietf:params:oauth:token-type:id-jag", "expires_in": 300,
                }),
            )
        })
    })
}

#[test]
fn the_line_says_how_each_token_stands() {
    use Artifact::{AccessToken, IdJag, IdToken};
    use Stands::{Ended, Failed, Fresh, Missing, Stale};
    let fresh = scripted::fresh(scripted::profile());
    assert_eq!(
        line(&fresh, 0),
        [IdToken, IdJag, AccessToken].map(|artifact| (artifact, Missing))
    );
    let happy = scripted::happy();
    assert_eq!(
        line(&happy, 30),
        [IdToken, IdJag, AccessToken].map(|artifact| (artifact, Fresh))
    );
    assert_eq!(line(&happy, 1000)[1], (IdJag, Ended));
    let refused = scripted::refused();
    assert_eq!(
        line(&refused, 30),
        [(IdToken, Fresh), (IdJag, Failed), (AccessToken, Missing)]
    );
    let mut again = scripted::happy();
    scripted::drive(&mut again, Command::Send(StepId("authorize")), |_| None);
    assert_eq!(line(&again, 30)[1], (IdJag, Stale));
    let text = tokens(&refused, "id-jag");
    assert!(
        text.starts_with("✓ ID Token fresh → ✗ ID-JAG failed → · access token not yet\n"),
        "{text}"
    );
}

#[test]
fn a_chain_of_actors_is_a_tree_with_the_current_one_on_top() {
    let session = with_jag(&json!({
        "act": { "sub": "worker-b", "iss": "https://b.example", "sub_profile": "ai_agent",
                 "act": { "sub": "orchestrator-a", "act": { "sub": "worker-b", "iss": "https://b.example" } } },
    }));
    let text = tokens(&session, "id-jag");
    for says in [
        "delegation · 3 actors",
        "acts now     worker-b (ai_agent)  of https://b.example",
        "before it    └─ orchestrator-a  of no named domain",
        "└─ worker-b  of https://b.example  ! named twice in the chain",
        "└─ alice-1  of https://idp.example",
        "client       todo-client",
        "added here   another history than the ID Token has",
    ] {
        assert!(text.contains(says), "{says}\n{text}");
    }
    assert!(!text.contains("Impersonation"), "{text}");
    let one = tokens(
        &with_jag(&json!({ "act": { "sub": "agent-client" } })),
        "id-jag",
    );
    assert!(
        one.contains("added here   the first actor; the ID Token names none"),
        "{one}"
    );
}

#[test]
fn a_token_for_the_user_without_an_actor_is_named_for_what_it_is() {
    let says = "Impersonation: there is no act, so whoever reads the token sees alice-1 alone, and not the agent \
                agent-client";
    let text = tokens(&with_jag(&json!({})), "id-jag").replace("\n                 ", " ");
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains(says), "{text}");
    // The sign-in is the user's own, and a client that speaks for itself impersonates nobody.
    assert!(
        !tokens(&scripted::happy(), "redeem-code")
            .contains("Impersonation: there is no act, so whoever reads the token sees bob")
    );
    let own = tokens(&with_jag(&json!({ "sub": "todo-client" })), "id-jag");
    assert!(!own.contains("Impersonation"), "{own}");
}

#[test]
fn claims_are_compared_with_those_of_the_parent() {
    let before = json!({ "iss": "i", "sub": "alice", "aud": "app", "scp": ["a", "b"], "nonce": "n", "jti": "1", "exp": 1 });
    let now = json!({ "iss": "i", "sub": "alice", "aud": "as", "scope": "a", "jti": "2", "exp": 2, "tenant": "t" });
    let all = between(&before, &now);
    let found: Vec<(&str, Change)> = all
        .iter()
        .map(|claim| (claim.name.as_str(), claim.change))
        .collect();
    assert_eq!(
        found,
        [
            ("iss", Change::Kept),
            ("sub", Change::Kept),
            ("aud", Change::Changed),
            ("scope", Change::Narrowed),
            ("tenant", Change::Added),
            ("nonce", Change::Dropped),
        ]
    );
    assert_eq!(all[3].before.as_deref(), Some("a b"));
    let text = tokens(&scripted::happy(), "id-jag");
    assert!(
        text.contains("what changed since the ID Token · "),
        "{text}"
    );
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flat.contains(&format!("aud changed sso-client → {}", scripted::AS)),
        "{text}"
    );
}
