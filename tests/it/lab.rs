//! The lab from outside, over real HTTP: it works, and it is strict.

use jagwalk::{
    lab::ClientKind,
    protocol::{http::HttpRequest, jwt::Token, oauth::urn, secret::Secret},
};
use serde_json::Value;

mod world;

use world::{World, authenticate, query, send};

#[tokio::test]
async fn a_walk_with_every_client_authentication() {
    let world = World::start().await;
    for kind in ClientKind::ALL
        .into_iter()
        .filter(|kind| *kind != ClientKind::Public)
    {
        let tokens = world.sso(kind, "alice").await;
        for (subject, name) in [
            ("id_token", urn::ID_TOKEN),
            ("refresh_token", urn::REFRESH_TOKEN),
        ] {
            let mut request = world.exchange(tokens[subject].as_str().unwrap(), name);
            authenticate(&mut request, &world.idp_client(kind), world.lab.idp());
            let answer = send(&request).await;
            assert_eq!(answer.status, 200, "{kind:?} {subject}: {}", answer.text());
            let granted = answer.json().unwrap();
            assert_eq!(granted["issued_token_type"], urn::ID_JAG);
            assert_eq!(granted["token_type"], "N_A");
            assert_eq!(granted["scope"], "notes.read notes.write");
            assert_eq!(granted["expires_in"], 300);

            let mut request = world.bearer(granted["access_token"].as_str().unwrap());
            let audience = world.at_resource_as("/token");
            authenticate(&mut request, &world.as_client(kind), &audience);
            let answer = send(&request).await;
            assert_eq!(answer.status, 200, "{kind:?}: {}", answer.text());
            assert_eq!(answer.header("cache-control"), Some("no-store"));
            assert_eq!(answer.header("pragma"), Some("no-cache"));
            let access = answer.json().unwrap();
            assert_eq!(access["token_type"], "Bearer");

            let answer = send(&call(
                &world,
                "GET",
                access["access_token"].as_str().unwrap(),
            ))
            .await;
            assert_eq!(answer.status, 200, "{kind:?}: {}", answer.text());
            let notes = answer.json().unwrap();
            assert_eq!(notes["sub"], "u-1001-alice");
            assert_eq!(notes["client_id"], world.as_client(kind).client_id);
            assert_eq!(notes["scope"], "notes.read notes.write");
            assert!(notes["notes"].is_array());
        }
    }
    world.lab.stop().await;
}

fn call(world: &World, method: &str, token: &str) -> HttpRequest {
    let mut request = HttpRequest::get(world.lab.api(), "application/json");
    method.clone_into(&mut request.method);
    request.set_header("authorization", format!("Bearer {token}"));
    request
}

fn claims(token: &Value) -> Value {
    let token = Token::parse(&Secret::minted("token", token.as_str().unwrap()));
    token.claims.json.unwrap()
}
