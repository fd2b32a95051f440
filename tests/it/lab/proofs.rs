//! What the lab refuses of proofs of possession: the checks of RFC 9449 §4.3, at a token endpoint and at an API, and the
//! bindings of what is proven.

use jagwalk::{
    lab::ClientKind,
    protocol::{digest::{b64url, sha256}, keys::Alg, metadata::{WellKnown, metadata_url}, oauth::urn},
};
use serde_json::json;

use super::{
    call, claims,
    draft::{Base, Draft},
    fine, outcome,
    table::{Row, row},
    world::{World, advance, authenticate, now, remove, send, set},
};

const BASIC: ClientKind = ClientKind::SecretBasic;

/// The checks of a proof, which are the same wherever it is sent.
macro_rules! checks {
    ($base:expr, $status:expr) => {
        &[
            row($base, "two proofs", $status, PROOF, |d| {
                let raw = d.world.proof("POST", "x").signed();
                d.header("dpop", &raw);
            }),
            row($base, "proof no JWT", $status, PROOF, |d| d.prove("opaque")),
            row($base, "proof of two parts", $status, PROOF, |d| {
                let raw = d.dpop().signed();
                d.prove(raw.rsplit_once('.').unwrap().0);
            }),
            row($base, "proof typ JWT", $status, PROOF, |d| d.dpop().typ("JWT")),
            row($base, "proof typ missing", $status, PROOF, |d| drop(d.dpop().header.as_object_mut().unwrap().shift_remove("typ"))),
            row($base, "proof alg none", $status, PROOF, |d| {
                let raw = d.dpop().unsigned();
                d.prove(&raw);
            }),
            row($base, "proof alg HS256", $status, PROOF, |d| d.dpop().header["alg"] = "HS256".into()),
            row($base, "proof alg not the key's", $status, PROOF, |d| d.dpop().header["alg"] = "EdDSA".into()),
            row($base, "proof with a critical extension", $status, PROOF, |d| d.dpop().header["crit"] = json!(["b64"])),
            row($base, "proof jwk missing", $status, PROOF, |d| drop(d.dpop().header.as_object_mut().unwrap().shift_remove("jwk"))),
            row($base, "proof jwk as text", $status, PROOF, |d| d.dpop().header["jwk"] = "x".into()),
            row($base, "proof jwk private", $status, PROOF, |d| d.dpop().header["jwk"]["d"] = "AAAA".into()),
            row($base, "proof jwk symmetric", $status, PROOF, |d| d.dpop().header["jwk"] = json!({ "kty": "oct", "k": "AAAA" })),
            row($base, "proof jwk of another key", $status, PROOF, |d| d.dpop().header["jwk"] = d.world.forger.ec.public_jwk().clone()),
            row($base, "proof signed by another key", $status, PROOF, |d| d.dpop().key = d.world.forger.ec.clone()),
            row($base, "proof changed", $status, PROOF, |d| {
                let raw = d.dpop().signed();
                let parts: Vec<&str> = raw.split('.').collect();
                let mut other = d.dpop().clone();
                other.claim("jti", "another");
                let claims = b64url(other.claims.to_string().as_bytes());
                d.prove(&format!("{}.{claims}.{}", parts[0], parts[2]));
            }),
            row($base, "proof with a claim twice", $status, PROOF, |d| d.dpop().twice = Some("htm")),
            row($base, "proof htm another", $status, PROOF, |d| d.dpop().claim("htm", "PUT")),
            row($base, "proof htm in lower case", $status, PROOF, |d| {
                let lower = d.request.method.to_ascii_lowercase();
                d.dpop().claim("htm", lower);
            }),
            row($base, "proof htm missing", $status, PROOF, |d| d.dpop().without("htm")),
            row($base, "proof htu with a query", $status, PROOF, |d| d.htu(|url| format!("{url}?a=b"))),
            row($base, "proof htu with a fragment", $status, PROOF, |d| d.htu(|url| format!("{url}#x"))),
            row($base, "proof htu another path", $status, PROOF, |d| d.htu(|url| format!("{url}/"))),
            row($base, "proof htu another host", $status, PROOF, |d| d.htu(|url| url.replace("127.0.0.1", "localhost"))),
            row($base, "proof htu another scheme", $status, PROOF, |d| d.htu(|url| url.replace("http:", "https:"))),
            row($base, "proof htu missing", $status, PROOF, |d| d.dpop().without("htu")),
            row($base, "proof too old", $status, PROOF, |d| d.dpop().claim("iat", now().secs() - 61)),
            row($base, "proof of the future", $status, PROOF, |d| d.dpop().claim("iat", now().secs() + 61)),
            row($base, "proof iat as text", $status, PROOF, |d| d.dpop().claim("iat", now().secs().to_string())),
            row($base, "proof iat missing", $status, PROOF, |d| d.dpop().without("iat")),
            row($base, "proof jti missing", $status, PROOF, |d| d.dpop().without("jti")),
            row($base, "proof jti used before", $status, PROOF, |d| d.again = true),
            row($base, "proof nonce missing", $status, NONCE, |d| d.dpop().without("nonce")),
            row($base, "proof nonce made up", $status, NONCE, |d| d.dpop().claim("nonce", "guess")),
            row($base, "proof nonce too old", $status, NONCE, |d| {
                advance(600);
                d.dpop().claim("iat", now().secs());
                d.token().claim("iat", now().secs());
                d.token().claim("exp", now().secs() + 300);
            }),
        ]
    };
}

const PROOF: &str = "invalid_dpop_proof";
const NONCE: &str = "use_dpop_nonce";

/// The proof at a token endpoint.
pub const AT_TOKEN: &[Row] = checks!(Base::BoundBearer(BASIC), 400);

/// The proof at an API.
pub const AT_API: &[Row] = checks!(Base::BoundRead, 401);

/// What is bound to a key, and what is not.
pub const BOUND: &[Row] = &[
    row(Base::BoundBearer(BASIC), "bound ID-JAG without a proof", 400, "invalid_grant", |d| d.dpop = None),
    row(Base::BoundBearer(BASIC), "bound ID-JAG with a proof by another key", 400, "invalid_grant", by_another),
    row(Base::BoundBearer(BASIC), "ID-JAG with a cnf of another kind", 400, "invalid_grant", |d| d.token().claim("cnf", json!({ "kid": "x" }))),
    row(Base::BoundRefresh, "bound refresh token without a proof", 400, "invalid_grant", |d| d.dpop = None),
    row(Base::BoundRefresh, "bound refresh token with a proof by another key", 400, "invalid_grant", by_another),
    row(Base::BoundRead, "ath missing", 401, PROOF, |d| d.dpop().without("ath")),
    row(Base::BoundRead, "ath of another token", 401, PROOF, |d| {
        let hash = b64url(&sha256(d.spare.access_token.as_bytes()));
        d.dpop().claim("ath", hash);
    }),
    row(Base::BoundRead, "no proof beside the token", 401, PROOF, |d| d.dpop = None),
    row(Base::BoundRead, "bound token as Bearer", 401, "invalid_token", |d| d.scheme = "Bearer"),
    row(Base::BoundRead, "bound token as Bearer, no proof", 401, "invalid_token", |d| {
        d.scheme = "Bearer";
        d.dpop = None;
    }),
    row(Base::BoundRead, "unbound token as DPoP", 401, "invalid_token", |d| d.token().without("cnf")),
    row(Base::BoundRead, "token with a cnf of another kind", 401, "invalid_token", |d| d.token().claim("cnf", json!({ "kid": "x" }))),
    row(Base::BoundRead, "proof by another key", 401, "invalid_token", by_another),
];

/// A proof that is sound, by a key that nothing is bound to.
fn by_another(d: &mut Draft<'_>) {
    let key = d.world.forger.ec.clone();
    d.dpop().header["jwk"] = key.public_jwk().clone();
    d.dpop().key = key;
}

impl Draft<'_> {
    /// Sends another text in place of the proof.
    fn prove(&mut self, text: &str) {
        self.dpop = None;
        self.header("dpop", text);
    }

    fn htu(&mut self, change: fn(&str) -> String) {
        let url = change(&self.request.url);
        self.dpop().claim("htu", url);
    }
}

#[tokio::test]
async fn a_nonce_of_one_server_is_none_of_another() {
    let world = World::start().await;
    let (api, token_endpoint) = (world.lab.api().to_owned(), world.at_resource_as("/token"));
    let of_the_as = world.proof_nonce(&token_endpoint).await;
    let of_the_api = world.proof_nonce(&api).await;
    assert_ne!(of_the_as, of_the_api);
    assert_eq!(world.proof_nonce(&api).await, of_the_api, "it lasts");
    for (nonce, status, error) in [(&of_the_as, 401, NONCE), (&of_the_api, 200, "")] {
        let raw = world.bound(world.access_token()).signed();
        let mut request = call(&world, "GET", &raw);
        request.set_header("authorization", format!("DPoP {raw}"));
        // What is asked for is no part of what is proven.
        request.query.push("page", "2");
        let mut proof = world.proof("GET", &api);
        proof.claim("nonce", nonce.as_str());
        proof.claim("ath", b64url(&sha256(raw.as_bytes())));
        request.set_header("dpop", proof.signed());
        let answer = send(&request).await;
        assert_eq!(outcome(&answer), (status, error.to_owned()), "{}", answer.text());
        assert_eq!(answer.header("dpop-nonce"), Some(of_the_api.as_str()), "good or bad, it is told");
        if status == 401 {
            let challenge = answer.header("www-authenticate").unwrap();
            assert!(challenge.starts_with("DPoP ") && challenge.contains("algs=\"ES256 "), "{challenge}");
        }
    }
    // Who sends no proof is told of no nonce.
    let plain = call(&world, "GET", &world.access_token().signed());
    assert_eq!(send(&plain).await.header("dpop-nonce"), None);
    // The one before the newest is still taken, for what is under way.
    advance(300);
    assert_ne!(world.proof_nonce(&api).await, of_the_api);
    let raw = world.bound(world.access_token()).signed();
    let mut request = call(&world, "GET", &raw);
    request.set_header("authorization", format!("DPoP {raw}"));
    let mut proof = world.proof("GET", &api);
    proof.claim("nonce", of_the_api.as_str());
    proof.claim("ath", b64url(&sha256(raw.as_bytes())));
    request.set_header("dpop", proof.signed());
    fine(&send(&request).await);
}

#[tokio::test]
async fn everything_is_bound_to_the_key_of_the_proof() {
    let world = World::start().await;
    let jkt = world.forger.stranger.thumbprint();
    let client = world.idp_client(BASIC);
    let mut request = world.redeem(&world.code(&client.client_id, "alice").await);
    authenticate(&mut request, &client, world.lab.idp());
    request.set_header("dpop", world.proof("POST", &request.url).signed());
    let tokens = fine(&send(&request).await);
    assert_eq!(tokens["token_type"], "DPoP");
    assert_eq!(claims(&tokens["access_token"])["cnf"]["jkt"], jkt);

    // The refresh token of a client that authenticates is bound to the client, not to the key (RFC 9449 §5).
    let mut refresh = request.clone();
    refresh.headers.retain(|(name, _)| name != "dpop");
    for name in ["code", "redirect_uri", "code_verifier"] {
        remove(&mut refresh, name);
    }
    set(&mut refresh, "grant_type", urn::REFRESH);
    set(&mut refresh, "refresh_token", tokens["refresh_token"].as_str().unwrap());
    let unbound = fine(&send(&refresh).await);
    assert_eq!(unbound["token_type"], "Bearer");
    assert_eq!(claims(&unbound["access_token"]).get("cnf"), None);

    let mut request = world.exchange(tokens["id_token"].as_str().unwrap(), urn::ID_TOKEN);
    authenticate(&mut request, &client, world.lab.idp());
    request.set_header("dpop", world.proof("POST", &request.url).signed());
    let granted = fine(&send(&request).await);
    assert_eq!(granted["token_type"], "N_A", "an ID-JAG is none to be presented");
    assert_eq!(claims(&granted["access_token"])["cnf"]["jkt"], jkt);

    let mut request = world.bearer(granted["access_token"].as_str().unwrap());
    authenticate(&mut request, &world.as_client(BASIC), "");
    let mut proof = world.proof("POST", &request.url);
    proof.claim("nonce", world.proof_nonce(&request.url).await);
    request.set_header("dpop", proof.signed());
    let access = fine(&send(&request).await);
    assert_eq!(access["token_type"], "DPoP");
    assert_eq!(claims(&access["access_token"])["cnf"]["jkt"], jkt);
}

#[tokio::test]
async fn metadata_says_how_a_proof_may_be_signed_and_each_way_is_taken() {
    let world = World::start().await;
    let algs = [Alg::ES256, Alg::ES384, Alg::EdDSA, Alg::RS256, Alg::PS256];
    let names = json!(["ES256", "ES384", "EdDSA", "RS256", "PS256"]);
    let resource = world.lab.api().replace("/notes", "/.well-known/oauth-protected-resource/notes");
    for url in [
        world.at_idp("/.well-known/openid-configuration"),
        metadata_url(world.lab.resource_as(), WellKnown::OAuth).unwrap(),
        resource,
    ] {
        let metadata = fine(&super::open(&url).await);
        assert_eq!(metadata["dpop_signing_alg_values_supported"], names, "{url}");
    }
    for (alg, name) in algs.into_iter().zip(names.as_array().unwrap()) {
        let key = jagwalk::protocol::keys::PrivateKey::generate(alg).unwrap();
        let mut request = world.bearer(&world.id_jag("notes-basic").signed());
        authenticate(&mut request, &world.as_client(BASIC), "");
        let mut proof = world.proof("POST", &request.url);
        proof.claim("nonce", world.proof_nonce(&request.url).await);
        proof.header["alg"] = name.clone();
        proof.header["jwk"] = key.public_jwk().clone();
        (proof.key, proof.alg) = (key.clone(), alg);
        request.set_header("dpop", proof.signed());
        // An ID-JAG that is not bound is redeemed with any key, and the token is bound to it (JAG §9.8.1).
        let access = fine(&send(&request).await);
        assert_eq!(claims(&access["access_token"])["cnf"]["jkt"], key.thumbprint(), "{name}");
    }
}
