//! What the lab refuses of actors, Transaction Tokens and workloads: one row for one check, valid but for that check.

use jagwalk::{
    lab::{ClientKind, Credentials},
    protocol::{
        digest::{b64url, sha256},
        http::HttpRequest,
        keys::Alg,
        oauth::{OAuthError, urn},
    },
};
use serde_json::{Value, json};

use super::world::{Jwt, World, advance, assert_with, dice, form, now, push, remove, send, set};

/// Whom a request goes to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum At {
    Idp,
    As,
    Tts,
    Service,
}

/// A valid request that is not signed yet.
struct Scene {
    request: HttpRequest,
    /// The client that authenticates.
    client: Option<(Credentials, String)>,
    /// What is presented: ID-JAG, access token or Transaction Token.
    token: Jwt,
    /// The Workload Identity Token.
    identity: Jwt,
    /// The proof beside it, or the DPoP proof.
    proof: Jwt,
    /// The client's assertion, and whether the actor token is the very same.
    assertion: Option<Jwt>,
    actor: Option<Jwt>,
    /// Whether the very same request was sent before.
    again: bool,
}

struct Row {
    at: At,
    name: &'static str,
    status: u16,
    error: &'static str,
    /// What the description says.
    says: &'static str,
    change: fn(&mut Scene),
}

const fn row(at: At, name: &'static str, (status, error): (u16, &'static str), says: &'static str, change: fn(&mut Scene)) -> Row {
    Row { at, name, status, error, says, change }
}

const REQUEST: (u16, &str) = (400, "invalid_request");
const GRANT: (u16, &str) = (400, "invalid_grant");
const TARGET: (u16, &str) = (400, "invalid_target");
const SCOPE: (u16, &str) = (400, "invalid_scope");
const TOKEN: (u16, &str) = (401, "invalid_token");

const ROWS: &[Row] = &[
    // The IdP: the actor of an exchange (AP §6, §9).
    row(At::Idp, "actor_token without its type", REQUEST, "together", |s| remove(&mut s.request, "actor_token_type")),
    row(At::Idp, "actor token of another type", GRANT, "actor_token_type", |s| set(&mut s.request, "actor_token_type", urn::ACCESS_TOKEN)),
    row(At::Idp, "an ID-JAG as actor token", GRANT, "typ", |s| s.actor = Some(s.token.clone())),
    row(At::Idp, "actor token of somebody else's key", GRANT, "signature", |s| {
        let mut actor = s.assertion.clone().unwrap();
        actor.key = s.proof.key.clone();
        s.actor = Some(actor);
    }),
    row(At::Idp, "actor token about somebody else", GRANT, "Expected sub", |s| {
        let mut actor = s.assertion.clone().unwrap();
        actor.claim("sub", "agent-post");
        s.actor = Some(actor);
    }),
    row(At::Idp, "act in the assertion that is the actor token", GRANT, "no act", |s| {
        s.assertion.as_mut().unwrap().claim("act", json!({ "sub": "a", "iss": "b" }));
    }),
    row(At::Idp, "an actor without a proof", REQUEST, "DPoP proof", |s| s.request.headers.retain(|(name, _)| name != "dpop")),
    row(At::Idp, "the token endpoint as audience, without an actor", TARGET, "audience", |s| {
        let endpoint = format!("{}/token", super::world::get(&s.request, "audience"));
        set(&mut s.request, "audience", &endpoint);
        remove(&mut s.request, "actor_token_type");
        s.actor = None;
        s.again = false;
    }),
    // The resource AS: the chain in an ID-JAG (AP §3.5, §9).
    row(At::As, "act without cnf", REQUEST, "Expected cnf", |s| s.token.without("cnf")),
    row(At::As, "act without iss", REQUEST, "Expected iss", |s| s.token.claim("act", json!({ "sub": "lab-agent" }))),
    row(At::As, "act without sub", REQUEST, "Expected sub", |s| { s.token.claims["act"]["sub"] = json!(""); }),
    row(At::As, "act is a list", REQUEST, "an object", |s| s.token.claims["act"] = json!([s.token.claims["act"]])),
    row(At::As, "an actor of a strange namespace", GRANT, "received iss", |s| s.token.claims["act"]["iss"] = json!("https://other.example")),
    row(At::As, "an older actor of a strange namespace", GRANT, "actor 2", |s| {
        s.token.claims["act"]["act"] = json!({ "sub": "x", "iss": "https://other.example" });
    }),
    row(At::As, "five actors", REQUEST, "at most 4", |s| s.token.deepen(4)),
    row(At::As, "the token endpoint as aud, without act", GRANT, "aud", |s| {
        s.token.without("act");
        let endpoint = format!("{}/token", s.token.claims["aud"].as_str().unwrap());
        s.token.claim("aud", endpoint);
    }),
    // The Transaction Token Service (TXN §11, AP §7).
    row(At::Tts, "another grant", (400, "unsupported_grant_type"), "grant_type", |s| set(&mut s.request, "grant_type", "client_credentials")),
    row(At::Tts, "requested_token_type missing", REQUEST, "requested_token_type", |s| remove(&mut s.request, "requested_token_type")),
    row(At::Tts, "another requested_token_type", REQUEST, "requested_token_type", |s| set(&mut s.request, "requested_token_type", urn::JWT)),
    row(At::Tts, "audience missing", REQUEST, "audience", |s| remove(&mut s.request, "audience")),
    row(At::Tts, "another trust domain", TARGET, "trust domain", |s| set(&mut s.request, "audience", "other.internal")),
    row(At::Tts, "two trust domains", TARGET, "alone", |s| push(&mut s.request, "audience", "other.internal")),
    row(At::Tts, "scope missing", REQUEST, "scope", |s| remove(&mut s.request, "scope")),
    row(At::Tts, "scope unknown", SCOPE, "inventory.read", |s| set(&mut s.request, "scope", "notes.read")),
    row(At::Tts, "subject_token_type of an ID Token", REQUEST, "subject_token_type", |s| set(&mut s.request, "subject_token_type", urn::ID_TOKEN)),
    row(At::Tts, "request_context is a text", REQUEST, "JSON object", |s| set(&mut s.request, "request_context", "api")),
    row(At::Tts, "request_context in base64url, as old drafts had it", REQUEST, "JSON object", |s| set(&mut s.request, "request_context", "e30")),
    row(At::Tts, "both names of the context", REQUEST, "received both", |s| push(&mut s.request, "rctx", "{}")),
    row(At::Tts, "access token of another issuer", REQUEST, "Expected iss", |s| s.token.claim("iss", "https://other.example")),
    row(At::Tts, "access token for another API", REQUEST, "Expected aud", |s| s.token.claim("aud", "https://other.example")),
    row(At::Tts, "access token has expired", REQUEST, "expired", |s| s.token.claim("exp", now().secs())),
    row(At::Tts, "access token with another typ", REQUEST, "typ", |s| s.token.typ("JWT")),
    row(At::Tts, "access token of a strange key", REQUEST, "signature", |s| s.token.key = s.proof.key.clone()),
    row(At::Tts, "access token with act and no cnf", REQUEST, "Expected cnf", |s| s.token.without("cnf")),
    row(At::Tts, "an actor of a strange namespace in the access token", GRANT, "received iss", |s| s.token.claims["act"]["iss"] = json!("https://other.example")),
    row(At::Tts, "four actors before the tool", REQUEST, "at most 4", |s| s.token.deepen(3)),
    row(At::Tts, "actor_token without its type", REQUEST, "together", |s| remove(&mut s.request, "actor_token_type")),
    row(At::Tts, "actor token of another type", GRANT, "actor_token_type", |s| set(&mut s.request, "actor_token_type", urn::ACCESS_TOKEN)),
    row(At::Tts, "identity of another platform", GRANT, "Expected iss", |s| s.identity.claim("iss", "https://other.example")),
    row(At::Tts, "identity with another typ", GRANT, "typ", |s| s.identity.typ("JWT")),
    row(At::Tts, "identity has expired", GRANT, "expired", |s| s.identity.claim("exp", now().secs())),
    row(At::Tts, "identity without a name", GRANT, "claim sub", |s| s.identity.without("sub")),
    row(At::Tts, "identity without a key", GRANT, "Expected cnf", |s| s.identity.without("cnf")),
    row(At::Tts, "identity with act", GRANT, "Expected no act", |s| s.identity.claim("act", json!({ "sub": "a", "iss": "b" }))),
    row(At::Tts, "identity of a strange key", GRANT, "signature", |s| s.identity.key = s.proof.key.clone()),
    row(At::Tts, "proof missing", GRANT, "workload-proof-token", |s| s.request.headers.retain(|(name, _)| name != "workload-proof-token")),
    row(At::Tts, "two proofs", GRANT, "received 2", |s| s.request.headers.push(("workload-proof-token".to_owned(), "x".into()))),
    row(At::Tts, "proof of another key", GRANT, "signature", |s| s.proof.key = s.token.key.clone()),
    row(At::Tts, "proof with another typ", GRANT, "typ", |s| s.proof.typ("dpop+jwt")),
    row(At::Tts, "proof for another address", GRANT, "Expected aud", |s| s.proof.claim("aud", "https://other.example")),
    row(At::Tts, "proof of another identity", GRANT, "Expected wth", |s| s.proof.claim("wth", "x")),
    row(At::Tts, "proof has expired", GRANT, "expired", |s| s.proof.claim("exp", now().secs())),
    row(At::Tts, "proof lives too long", GRANT, "end within", |s| s.proof.claim("exp", now().secs() + 301)),
    row(At::Tts, "proof without jti", GRANT, "claim jti", |s| s.proof.without("jti")),
    row(At::Tts, "a client assertion twice", (401, "invalid_client"), "jti", |s| s.again = true),
    row(At::Tts, "no client", (401, "invalid_client"), "received neither", |s| s.client = None),
    // The service inside (TXN §12, AP App. B.8).
    row(At::Service, "Transaction Token in Authorization", TOKEN, "nothing in Authorization", |s| {
        let raw = s.token.signed();
        s.request.headers.retain(|(name, _)| name != "txn-token");
        s.request.set_header("authorization", format!("Bearer {raw}").as_str());
    }),
    row(At::Service, "Authorization beside it", TOKEN, "nothing in Authorization", |s| s.request.set_header("authorization", "Bearer x")),
    row(At::Service, "no Transaction Token", TOKEN, "received 0", |s| s.request.headers.retain(|(name, _)| name != "txn-token")),
    row(At::Service, "two Transaction Tokens", TOKEN, "received 2", |s| s.request.headers.push(("txn-token".to_owned(), "x".into()))),
    row(At::Service, "another trust domain", TOKEN, "Expected aud", |s| s.token.claim("aud", "other.internal")),
    row(At::Service, "another issuer", TOKEN, "Expected iss", |s| s.token.claim("iss", "https://other.example")),
    row(At::Service, "no issuer", TOKEN, "Expected iss", |s| s.token.without("iss")),
    row(At::Service, "another typ", TOKEN, "typ", |s| s.token.typ("at+jwt")),
    row(At::Service, "expired", TOKEN, "expired", |s| s.token.claim("exp", now().secs())),
    row(At::Service, "a strange key", TOKEN, "signature", |s| s.token.key = s.proof.key.clone()),
    row(At::Service, "without txn", TOKEN, "claim txn", |s| s.token.without("txn")),
    row(At::Service, "without scope", TOKEN, "claim scope", |s| s.token.without("scope")),
    row(At::Service, "without req_wl", TOKEN, "claim req_wl", |s| s.token.without("req_wl")),
    row(At::Service, "another purpose", (403, "insufficient_scope"), "inventory.read", |s| s.token.claim("scope", "inventory.write")),
    row(At::Service, "bound to another key", TOKEN, "with the key", |s| s.token.claim("cnf", json!({ "jkt": "x" }))),
    row(At::Service, "another actor outermost", TOKEN, "outermost", |s| s.token.claims["act"]["sub"] = json!("x")),
    row(At::Service, "an actor without iss", TOKEN, "Expected iss", |s| { s.token.claims["act"]["iss"] = json!(null); }),
    row(At::Service, "no identity", REQUEST, "workload-identity-token", |s| s.request.headers.retain(|(name, _)| name != "workload-identity-token")),
    row(At::Service, "no proof", REQUEST, "workload-proof-token", |s| s.request.headers.retain(|(name, _)| name != "workload-proof-token")),
    row(At::Service, "proof of another Transaction Token", REQUEST, "Expected tth", |s| s.proof.claim("tth", "x")),
    row(At::Service, "proof once more", REQUEST, "jti", |s| s.again = true),
    row(At::Service, "another method", (405, ""), "takes GET", |s| "POST".clone_into(&mut s.request.method)),
];

impl Jwt {
    /// Puts so many actors of before into the chain.
    fn deepen(&mut self, more: usize) {
        let now = self.claims["act"].clone();
        let mut chain = now.clone();
        for _ in 0..more {
            let mut next = now.clone();
            next["act"] = chain;
            chain = next;
        }
        self.claims["act"] = chain;
    }
}

fn jti() -> String {
    let mut bytes = [0; 12];
    dice(&mut bytes);
    b64url(&bytes)
}

fn hash(token: &str) -> String {
    b64url(&sha256(token.as_bytes()))
}

/// Makes the valid request.
async fn scene(world: &World, at: At) -> Scene {
    let tool = &world.forger.stranger;
    let mut jwk = tool.public_jwk().clone();
    jwk["alg"] = json!("ES256");
    let (idp, platform) = (world.lab.idp(), world.lab.actor_issuer());
    let agent = json!({ "sub": "agent-es256", "iss": idp, "sub_profile": "ai_agent" });
    let times = |mut claims: Value| {
        claims["iat"] = json!(now().secs());
        claims["exp"] = json!(now().secs() + 100);
        claims["jti"] = json!(jti());
        claims
    };
    let identity = world.forged("wit+jwt", times(json!({ "iss": platform, "sub": "spiffe://tool", "cnf": { "jwk": jwk } })));
    let proof = |typ: &str, claims: Value| Jwt {
        header: json!({ "typ": typ, "alg": "ES256" }),
        claims: times(claims),
        twice: None,
        key: tool.clone(),
        alg: Alg::ES256,
    };
    let endpoint = format!("{}/token", world.lab.tts());
    let nothing = world.forged("JWT", json!({}));
    match at {
        At::Idp => {
            let client = world.idp_client(ClientKind::Es256);
            let tokens = world.sso(ClientKind::Es256, "alice").await;
            let mut request = world.exchange(tokens["id_token"].as_str().unwrap(), urn::ID_TOKEN);
            push(&mut request, "actor_token_type", urn::JWT);
            request.set_header("dpop", "");
            let mut proof = proof("dpop+jwt", json!({ "htm": "POST", "htu": world.at_idp("/token") }));
            proof.header["jwk"] = tool.public_jwk().clone();
            let assertion = Jwt::client_assertion(&client, idp);
            let actor = Some(assertion.clone());
            Scene { request, client: Some((client, idp.to_owned())), token: world.id_jag("x"), identity, proof, assertion: Some(assertion), actor, again: false }
        }
        At::As => {
            let client = world.as_client(ClientKind::SecretBasic);
            let mut token = world.id_jag(&client.client_id);
            token.claim("act", agent);
            token.claim("cnf", json!({ "jkt": tool.thumbprint() }));
            let request = world.bearer("");
            Scene { request, client: Some((client, String::new())), token, identity, proof: nothing, assertion: None, actor: None, again: false }
        }
        At::Tts => {
            let mut token = world.access_token();
            token.claim("act", agent);
            token.claim("cnf", json!({ "jkt": "k" }));
            let request = form(endpoint.clone(), &[
                ("grant_type", urn::TOKEN_EXCHANGE),
                ("requested_token_type", urn::TXN_TOKEN),
                ("audience", "lab.internal"),
                ("scope", "inventory.read"),
                ("subject_token_type", urn::ACCESS_TOKEN),
                ("actor_token_type", urn::JWT),
                ("request_context", "{\"channel\":\"api\"}"),
            ]);
            let mut request = request;
            request.set_header("workload-proof-token", "");
            let client = (world.lab.tool().clone(), world.lab.tts().to_owned());
            Scene { request, client: Some(client), token, proof: proof("wpt+jwt", json!({ "aud": endpoint })), identity, assertion: None, actor: None, again: false }
        }
        At::Service => {
            let act = json!({ "sub": "spiffe://tool", "iss": platform, "sub_profile": "service", "act": agent });
            let token = world.forged("txntoken+jwt", times(json!({
                "iss": world.lab.tts(), "sub": "u-1001-alice", "aud": "lab.internal", "scope": "inventory.read",
                "txn": "t-1", "req_wl": "spiffe://tool", "act": act, "cnf": { "jkt": tool.thumbprint() },
            })));
            let mut request = HttpRequest::get(world.lab.service(), "application/json");
            for name in ["txn-token", "workload-identity-token", "workload-proof-token"] {
                request.set_header(name, "");
            }
            let proof = proof("wpt+jwt", json!({ "aud": world.lab.service() }));
            Scene { request, client: None, token, identity, proof, assertion: None, actor: None, again: false }
        }
    }
}

impl Scene {
    /// Signs what is to be signed and puts it where there is a place for it.
    fn finish(&mut self, at: At) -> HttpRequest {
        let mut request = self.request.clone();
        let (token, identity) = (self.token.signed(), self.identity.signed());
        let put = |request: &mut HttpRequest, name: &str, value: &str| {
            if request.headers.iter().any(|(other, value)| other == name && value.wire().is_empty()) {
                let mut first = true;
                for (other, held) in &mut request.headers {
                    if other == name && std::mem::take(&mut first) {
                        *held = value.into();
                    }
                }
            }
        };
        if matches!(at, At::Tts | At::Service) {
            if self.proof.claims.get("wth").is_none() {
                self.proof.claim("wth", hash(&identity));
            }
            if at == At::Service && self.proof.claims.get("tth").is_none() {
                self.proof.claim("tth", hash(&token));
            }
            put(&mut request, "txn-token", &token);
            put(&mut request, "workload-identity-token", &identity);
            put(&mut request, "workload-proof-token", &self.proof.signed());
        }
        match at {
            At::Idp => {
                put(&mut request, "dpop", &self.proof.signed());
                let assertion = self.assertion.as_ref().unwrap();
                // The actor token is the very JWT that authenticates, unless the row says otherwise.
                if let Some(actor) = &self.actor {
                    let same = actor.claims["jti"] == assertion.claims["jti"] && actor.claims["sub"] == assertion.claims["sub"] && actor.key.kid() == assertion.key.kid();
                    let raw = assertion.signed();
                    push(&mut request, "actor_token", if same { raw.as_str() } else { "" });
                    if !same {
                        set(&mut request, "actor_token", &actor.signed());
                    }
                    assert_with(&mut request, &raw);
                } else {
                    assert_with(&mut request, &assertion.signed());
                }
                return request;
            }
            At::As => set(&mut request, "assertion", &token),
            At::Tts => {
                push(&mut request, "subject_token", &token);
                push(&mut request, "actor_token", &identity);
            }
            At::Service => {}
        }
        if let Some((client, audience)) = &self.client {
            super::world::authenticate(&mut request, client, audience);
        }
        request
    }
}

#[tokio::test]
async fn what_is_right_is_taken() {
    let world = World::start().await;
    for at in [At::Idp, At::Tts, At::Service] {
        let mut scene = scene(&world, at).await;
        let answer = send(&scene.finish(at)).await;
        assert_eq!(answer.status, 200, "{at:?}: {}", answer.text());
    }
    // By the other name of the context, and without an actor of its own.
    let mut other = scene(&world, At::Tts).await;
    remove(&mut other.request, "request_context");
    push(&mut other.request, "rctx", "{\"channel\":\"api\"}");
    let answer = send(&other.finish(At::Tts)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[tokio::test]
async fn every_check_of_actors_refuses() {
    let world = World::start().await;
    let mut wrong = Vec::new();
    for row in ROWS {
        let mut scene = scene(&world, row.at).await;
        (row.change)(&mut scene);
        let request = scene.finish(row.at);
        if scene.again {
            let first = send(&request).await;
            assert_eq!(first.status, 200, "{}: {}", row.name, first.text());
        }
        let answer = send(&request).await;
        let error = OAuthError::of(&answer);
        let code = error.error.clone().unwrap_or_default();
        let text = answer.text();
        if (answer.status, code.as_str()) != (row.status, row.error) || !text.contains(row.says) {
            wrong.push(format!("{:?} {}: {} {text}", row.at, row.name, answer.status));
        }
        advance(1);
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), ROWS.len(), wrong.join("\n"));
}
