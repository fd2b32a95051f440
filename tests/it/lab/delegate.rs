//! The exchange for a delegated access token: what comes of it, and everything that the lab refuses.

use jagwalk::{
    lab::ClientKind,
    protocol::{
        digest::{b64url, sha256},
        http::HttpRequest,
        jwt::Token,
        oauth::urn,
        secret::Secret,
    },
};
use serde_json::{Value, json};

use super::{
    fine, outcome,
    world::{Jwt, World, advance, authenticate, dice, form, now, push, remove, send, set},
};

const KIND: ClientKind = ClientKind::SecretBasic;

const WORKLOAD: &str = "spiffe://lab.example/agent/code-reviewer/v3";

/// A request that is not finished: the actor token is signed at the end.
struct Ask<'a> {
    world: &'a World,
    request: HttpRequest,
    actor: Option<Jwt>,
    /// Whether a proof by the forger's key goes with it.
    proof: bool,
    /// The sign-in that the subject is from.
    tokens: Value,
}

impl Ask<'_> {
    fn actor(&mut self) -> &mut Jwt {
        self.actor.as_mut().expect("it is there at first")
    }

    fn subject(&mut self, member: &str, kind: &str) {
        let raw = self.tokens[member].as_str().expect("it came").to_owned();
        set(&mut self.request, "subject_token", &raw);
        set(&mut self.request, "subject_token_type", kind);
    }

    async fn send(mut self) -> jagwalk::protocol::http::Response {
        if let Some(actor) = &self.actor {
            set(&mut self.request, "actor_token", &actor.signed());
        }
        authenticate(
            &mut self.request,
            &self.world.idp_client(KIND),
            self.world.lab.idp(),
        );
        if self.proof {
            let proof = proof(self.world, "POST", &self.request.url, None);
            self.request.set_header("dpop", proof);
        }
        send(&self.request).await
    }
}

/// A proof by the forger's key.
fn proof(world: &World, method: &str, url: &str, extra: Option<(&str, &str)>) -> String {
    let mut jti = [0; 12];
    dice(&mut jti);
    let key = world.forger.ec.clone();
    let mut claims = json!({ "jti": b64url(&jti), "htm": method, "htu": url, "iat": now().secs() });
    if let Some((token, nonce)) = extra {
        claims["ath"] = b64url(&sha256(token.as_bytes())).into();
        claims["nonce"] = nonce.into();
    }
    let mut proof = world.id_jag("");
    proof.header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": key.public_jwk() });
    proof.claims = claims;
    proof.signed()
}

/// A valid request for a user.
async fn ask<'a>(world: &'a World, user: &str) -> Ask<'a> {
    let tokens = world.sso(KIND, user).await;
    let mut actor = world.id_jag("");
    actor.header["typ"] = "JWT".into();
    actor.claims = json!({
        "iss": world.lab.actor_issuer(), "sub": WORKLOAD, "aud": world.lab.idp(), "azp": "code-reviewer",
        "iat": now().secs(), "exp": now().secs() + 300, "jti": "a-1", "attestation": "github-oidc",
        "sub_profile": "ai_agent",
    });
    let request = form(
        world.at_idp("/token"),
        &[
            ("grant_type", urn::TOKEN_EXCHANGE),
            ("requested_token_type", urn::ACCESS_TOKEN),
            (
                "subject_token",
                tokens["id_token"].as_str().expect("it came"),
            ),
            ("subject_token_type", urn::ID_TOKEN),
            ("actor_token", "signed when sent"),
            ("actor_token_type", urn::JWT),
            ("audience", "repos.lab.example"),
            ("scope", "repo.read repo.write"),
        ],
    );
    Ask {
        world,
        request,
        actor: Some(actor),
        proof: false,
        tokens,
    }
}

fn claims(answer: &Value) -> Value {
    let raw = answer["access_token"].as_str().expect("a token came");
    let token = Token::parse(&Secret::minted("token", raw));
    assert_eq!(
        token.header.json.as_ref().expect("a header")["typ"],
        "at+jwt"
    );
    token.claims.json.expect("claims")
}

#[tokio::test]
async fn both_are_named_in_a_token_that_is_short_narrow_and_bound() {
    let world = World::start().await;
    let mut asked = ask(&world, "alice").await;
    asked.proof = true;
    let answer = fine(&asked.send().await);
    assert_eq!(answer["token_type"], "DPoP");
    assert_eq!(answer["issued_token_type"], urn::ACCESS_TOKEN);
    assert_eq!(answer["expires_in"], 600);
    assert_eq!(answer["scope"], "repo.read repo.write");
    let claims = claims(&answer);
    let client = world.idp_client(KIND).client_id;
    assert_eq!(
        claims["act"],
        json!({
            "sub": WORKLOAD, "iss": world.lab.actor_issuer(), "azp": "code-reviewer",
            "attestation": "github-oidc", "sub_profile": "ai_agent",
        })
    );
    for (name, expected) in [
        ("iss", json!(world.lab.idp())),
        ("sub", json!("u-1001-alice")),
        ("aud", json!("repos.lab.example")),
        ("azp", json!(client)),
        ("client_id", json!(client)),
        ("scope", json!("repo.read repo.write")),
        ("amr", json!(["hwk", "user"])),
        ("iat", json!(now().secs())),
        ("exp", json!(now().secs() + 600)),
        ("cnf", json!({ "jkt": world.forger.ec.thumbprint() })),
    ] {
        assert_eq!(claims[name], expected, "{name}");
    }

    // The API writes down who acts.
    let url = world.lab.repos();
    let token = answer["access_token"].as_str().expect("it is there");
    let mut call = HttpRequest::get(url, "application/json");
    call.set_header("authorization", format!("DPoP {token}"));
    call.set_header("dpop", proof(&world, "GET", url, Some((token, "none yet"))));
    let told = send(&call).await;
    assert_eq!(outcome(&told), (401, "use_dpop_nonce".to_owned()));
    let nonce = told.header("dpop-nonce").expect("it gives one").to_owned();
    call.set_header("dpop", proof(&world, "GET", url, Some((token, &nonce))));
    let seen = fine(&send(&call).await);
    let line = seen["audit"].as_str().expect("a line");
    let expected = format!(
        "principal=u-1001-alice acting_as={WORKLOAD} attestation=github-oidc aud=repos.lab.example \
         scope=\"repo.read repo.write\" ttl=600s jti={}",
        claims["jti"].as_str().expect("a text")
    );
    assert!(line.ends_with(&expected), "{line}");
}

#[tokio::test]
async fn each_subject_is_taken_and_policy_narrows() {
    let world = World::start().await;
    for (member, kind) in [
        ("id_token", urn::ID_TOKEN),
        ("id_token", urn::JWT),
        ("access_token", urn::ACCESS_TOKEN),
        ("access_token", urn::JWT),
    ] {
        let mut asked = ask(&world, "alice").await;
        asked.subject(member, kind);
        let answer = fine(&asked.send().await);
        assert_eq!(answer["token_type"], "Bearer", "{member} {kind}");
        assert_eq!(claims(&answer)["act"]["sub"], WORKLOAD);
    }
    let carols = fine(&ask(&world, "carol").await.send().await);
    assert_eq!(carols["scope"], "repo.read");
    assert_eq!(claims(&carols)["scope"], "repo.read");
    let mut unnamed = ask(&world, "alice").await;
    remove(&mut unnamed.request, "scope");
    assert_eq!(fine(&unnamed.send().await)["scope"], "repo.read repo.write");
}

#[tokio::test]
async fn without_an_actor_nobody_sees_the_agent() {
    let world = World::start().await;
    let mut asked = ask(&world, "alice").await;
    asked.actor = None;
    remove(&mut asked.request, "actor_token");
    remove(&mut asked.request, "actor_token_type");
    let claims = claims(&fine(&asked.send().await));
    assert_eq!(claims["sub"], "u-1001-alice");
    assert_eq!(claims.get("act"), None);
    assert_eq!(claims["aud"], "repos.lab.example");
}

type Row = (&'static str, &'static str, fn(&mut Ask<'_>));

/// Everything that is refused: valid but for that.
#[rustfmt::skip]
const ROWS: &[Row] = &[
    ("actor_token_type missing", "invalid_request", |it| remove(&mut it.request, "actor_token_type")),
    ("actor_token missing", "invalid_request", |it| {
        it.actor = None;
        remove(&mut it.request, "actor_token");
    }),
    ("actor_token_type access_token", "invalid_request", |it| set(&mut it.request, "actor_token_type", urn::ACCESS_TOKEN)),
    ("actor token opaque", "invalid_request", |it| {
        it.actor = None;
        set(&mut it.request, "actor_token", "opaque");
    }),
    ("actor token unsigned", "invalid_request", |it| {
        let raw = it.actor().unsigned();
        it.actor = None;
        set(&mut it.request, "actor_token", &raw);
    }),
    ("actor token of a stranger's key", "invalid_request", |it| it.actor().key = it.world.forger.stranger.clone()),
    ("actor token typ at+jwt", "invalid_request", |it| it.actor().typ("at+jwt")),
    ("actor token iss another", "invalid_request", |it| it.actor().claim("iss", "https://workloads.example")),
    ("actor token aud another", "invalid_request", |it| it.actor().claim("aud", "https://as.example")),
    ("actor token aud two", "invalid_request", |it| {
        let two = json!([it.world.lab.idp(), "https://as.example"]);
        it.actor().claim("aud", two);
    }),
    ("actor token aud missing", "invalid_request", |it| it.actor().without("aud")),
    ("actor token exp passed", "invalid_request", |_| advance(300)),
    ("actor token exp missing", "invalid_request", |it| it.actor().without("exp")),
    ("actor token lives too long", "invalid_request", |it| it.actor().claim("exp", now().secs() + 601)),
    ("actor token iat to come", "invalid_request", |it| it.actor().claim("iat", now().secs() + 31)),
    ("actor token sub missing", "invalid_request", |it| it.actor().without("sub")),
    ("actor token sub in no policy", "invalid_request", |it| it.actor().claim("sub", "spiffe://lab.example/agent/other")),
    ("actor token with act", "invalid_grant", |it| it.actor().claim("act", json!({ "sub": "somebody" }))),
    ("actor token bound, no proof", "invalid_request", |it| {
        let jkt = it.world.forger.ec.thumbprint();
        it.actor().claim("cnf", json!({ "jkt": jkt }));
    }),
    ("actor token bound to another key", "invalid_request", |it| {
        let jkt = it.world.forger.stranger.thumbprint();
        it.actor().claim("cnf", json!({ "jkt": jkt }));
        it.proof = true;
    }),
    ("subject token missing", "invalid_request", |it| remove(&mut it.request, "subject_token")),
    ("subject token type refresh_token", "invalid_request", |it| it.subject("refresh_token", urn::REFRESH_TOKEN)),
    ("subject an access token, called an ID Token", "invalid_request", |it| it.subject("access_token", urn::ID_TOKEN)),
    ("subject an ID Token, called an access token", "invalid_request", |it| it.subject("id_token", urn::ACCESS_TOKEN)),
    ("subject the actor token", "invalid_request", |it| {
        let raw = it.actor().signed();
        set(&mut it.request, "subject_token", &raw);
    }),
    ("subject expired", "invalid_request", |it| {
        advance(3600);
        it.actor().claim("iat", now().secs());
        it.actor().claim("exp", now().secs() + 300);
    }),
    ("audience missing", "invalid_target", |it| remove(&mut it.request, "audience")),
    ("audience the resource AS", "invalid_target", |it| {
        let other = it.world.lab.resource_as().to_owned();
        set(&mut it.request, "audience", &other);
    }),
    ("audience two", "invalid_target", |it| push(&mut it.request, "audience", "https://as.example")),
    ("resource besides", "invalid_target", |it| {
        let repos = it.world.lab.repos().to_owned();
        push(&mut it.request, "resource", &repos);
    }),
    ("scope of another service", "invalid_scope", |it| set(&mut it.request, "scope", "notes.read")),
    ("scope malformed", "invalid_scope", |it| set(&mut it.request, "scope", "repo.read  repo.write")),
];

#[tokio::test]
async fn the_delegation_is_strict() {
    let world = World::start().await;
    let start = now().secs();
    let mut wrong = Vec::new();
    for (name, error, change) in ROWS {
        let healthy = ask(&world, "alice").await.send().await;
        assert_eq!(healthy.status, 200, "{}", healthy.text());
        let mut asked = ask(&world, "alice").await;
        change(&mut asked);
        let answer = asked.send().await;
        let came = outcome(&answer);
        if came != (400, (*error).to_owned()) {
            wrong.push(format!("{name}: expected {error}, received {came:?}"));
        }
        let says = answer.json().unwrap_or_default()["error_description"].to_string();
        if !says.contains("xpected")
            && !says.contains("received")
            && !says.contains("Policy")
            && !says.contains("expired")
            && !says.contains("does not hold")
            && !says.contains("malformed")
            && !says.contains("not valid yet")
        {
            wrong.push(format!("{name}: {says} does not say what was expected"));
        }
        advance(start - now().secs());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    let refused = ask(&world, "bob").await.send().await;
    assert_eq!(outcome(&refused), (400, "invalid_request".to_owned()));
    assert!(
        refused.text().contains("Policy does not let"),
        "{}",
        refused.text()
    );
    let mut writes = ask(&world, "carol").await;
    set(&mut writes.request, "scope", "repo.write");
    assert_eq!(
        outcome(&writes.send().await),
        (400, "invalid_scope".to_owned())
    );
}

/// A subject token that is bound to a key is good only beside a proof by it.
#[tokio::test]
async fn a_bound_sign_in_is_no_subject_without_its_key() {
    let world = World::start().await;
    let client = world.idp_client(KIND);
    let mut request = world.redeem(&world.code(&client.client_id, "alice").await);
    authenticate(&mut request, &client, world.lab.idp());
    let own = proof(&world, "POST", &request.url, None);
    request.set_header("dpop", own);
    let bound = fine(&send(&request).await);
    assert_eq!(bound["token_type"], "DPoP");
    for (with, status) in [(true, 200), (false, 400)] {
        let mut asked = ask(&world, "alice").await;
        asked.tokens = bound.clone();
        asked.subject("access_token", urn::ACCESS_TOKEN);
        asked.proof = with;
        let answer = asked.send().await;
        assert_eq!(answer.status, status, "{}", answer.text());
    }
}
