//! The lab from outside, over real HTTP: it works, and it is strict.

use jagwalk::{
    lab::{self, ClientKind, Setting},
    protocol::{
        digest::{b64url, sha256},
        http::{HttpRequest, Params, Response},
        jwt::{Token, jose},
        mcp::RpcError,
        metadata::{Jwks, WellKnown, metadata_url},
        oauth::{OAuthError, challenge_param, urn},
        party::Party,
        secret::Secret,
    },
};
use serde_json::{Value, json};

#[rustfmt::skip]
mod actor;
mod command;
mod delegate;
mod draft;
mod instances;
mod pages;
#[rustfmt::skip]
mod proofs;
#[rustfmt::skip]
mod table;
mod world;

use draft::{Base, Spare, draft};
use table::Row;
use world::{World, advance, authenticate, now, query, send};

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
            let granted = fine(&send(&request).await);
            assert_eq!(granted["issued_token_type"], urn::ID_JAG);
            assert_eq!(granted["token_type"], "N_A");
            assert_eq!(granted["scope"], "notes.read notes.write");
            assert_eq!(granted["expires_in"], 300);

            let mut request = world.bearer(granted["access_token"].as_str().unwrap());
            let audience = world.at_resource_as("/token");
            authenticate(&mut request, &world.as_client(kind), &audience);
            let access = fine(&send(&request).await);
            assert_eq!(access["token_type"], "Bearer");
            assert_eq!(access["resource"], world.lab.api());

            let token = access["access_token"].as_str().unwrap();
            let notes = fine(&send(&call(&world, "GET", token)).await);
            assert_eq!(notes["sub"], "u-1001-alice");
            assert_eq!(notes["client_id"], world.as_client(kind).client_id);
            assert_eq!(notes["scope"], "notes.read notes.write");
            assert!(notes["notes"].is_array());
        }
    }
    world.lab.stop().await;
}

#[tokio::test]
async fn tokens_have_the_claims_that_their_documents_name() {
    let world = World::start().await;
    let client = world.idp_client(BASIC).client_id;
    let tokens = world.sso(BASIC, "alice").await;
    assert_eq!(tokens["scope"], "openid email offline_access");
    let jwks = keys(&world.at_idp("/jwks")).await;

    let (header, id_token) = checked(&tokens["id_token"], &jwks);
    assert_eq!(header["alg"], "RS256");
    assert_eq!(id_token["iss"], world.lab.idp());
    assert_eq!(id_token["aud"], client);
    assert_eq!(id_token["sub"], "u-1001-alice");
    assert_eq!(id_token["nonce"], "n-1");
    assert_eq!(id_token["email"], "alice@example.com");
    assert_eq!(id_token["auth_time"], now().secs());
    assert_eq!(id_token["iat"], now().secs());
    let access = tokens["access_token"].as_str().unwrap();
    let half = b64url(&sha256(access.as_bytes())[..16]);
    assert_eq!(id_token["at_hash"], half);

    let (header, access) = checked(&tokens["access_token"], &jwks);
    assert_eq!(header["typ"], "at+jwt");
    assert_eq!(access["aud"], world.lab.idp());

    let subject = tokens["id_token"].as_str().unwrap();
    let mut request = world.exchange(subject, urn::ID_TOKEN);
    authenticate(&mut request, &world.idp_client(BASIC), world.lab.idp());
    let granted = fine(&send(&request).await);
    let (header, id_jag) = checked(&granted["access_token"], &jwks);
    assert_eq!(header["typ"], "oauth-id-jag+jwt");
    assert_eq!(header["alg"], "ES256");
    assert_eq!(id_jag["iss"], world.lab.idp());
    assert_eq!(id_jag["aud"], world.lab.resource_as());
    assert_eq!(id_jag["client_id"], world.as_client(BASIC).client_id);
    assert_eq!(id_jag["resource"], world.lab.api());
    assert_eq!(id_jag["scope"], "notes.read notes.write");
    assert_eq!(id_jag["email"], "alice@example.com");
    assert_eq!(id_jag["exp"], now().secs() + 300);
    for name in ["sub", "jti", "iat", "auth_time"] {
        assert!(id_jag.get(name).is_some(), "{name}");
    }

    let mut request = world.bearer(granted["access_token"].as_str().unwrap());
    authenticate(&mut request, &world.as_client(BASIC), "");
    // It may come again while it is valid (JAG §4.4.3).
    fine(&send(&request).await);
    let answer = fine(&send(&request).await);
    let jwks = keys(&world.at_resource_as("/jwks")).await;
    let (header, access) = checked(&answer["access_token"], &jwks);
    assert_eq!(header["typ"], "at+jwt");
    assert_eq!(header["alg"], "ES256");
    assert_eq!(access["iss"], world.lab.resource_as());
    assert_eq!(access["aud"], world.lab.api());
    for name in ["sub", "client_id", "jti", "iat", "exp"] {
        assert!(access.get(name).is_some(), "{name}");
    }
}

#[tokio::test]
async fn scope_is_narrowed_and_said() {
    let world = World::start().await;
    for (user, asked, granted) in [
        ("alice", Some("notes.read notes.delete"), "notes.read"),
        ("alice", None, "notes.read notes.write"),
        ("carol", Some("notes.read notes.write"), "notes.read"),
    ] {
        let tokens = world.sso(BASIC, user).await;
        let subject = tokens["id_token"].as_str().unwrap();
        let mut request = world.exchange(subject, urn::ID_TOKEN);
        world::remove(&mut request, "resource");
        world::remove(&mut request, "scope");
        if let Some(asked) = asked {
            world::push(&mut request, "scope", asked);
        }
        authenticate(&mut request, &world.idp_client(BASIC), "");
        let answer = fine(&send(&request).await);
        assert_eq!(answer["scope"], granted, "{user}");
        let id_jag = claims(&answer["access_token"]);
        assert_eq!(id_jag["scope"], granted, "{user}");
        assert!(id_jag.get("resource").is_none());

        let mut request = world.bearer(answer["access_token"].as_str().unwrap());
        world::push(&mut request, "scope", "notes.read");
        world::push(&mut request, "resource", world.lab.api());
        authenticate(&mut request, &world.as_client(BASIC), "");
        assert_eq!(fine(&send(&request).await)["scope"], "notes.read");
    }
    let mut jag = world.id_jag("notes-basic");
    jag.claims.as_object_mut().unwrap().shift_remove("scope");
    jag.claims["aud"] = serde_json::json!([world.lab.resource_as()]);
    let mut request = world.bearer(&jag.signed());
    authenticate(&mut request, &world.as_client(BASIC), "");
    assert_eq!(fine(&send(&request).await)["scope"], "notes.read");
}

#[tokio::test]
async fn a_refresh_keeps_the_sign_in_and_a_second_use_of_the_code_ends_it() {
    let world = World::start().await;
    let client = world.idp_client(BASIC);
    let mut redeem = world.redeem(&world.code(&client.client_id, "alice").await);
    authenticate(&mut redeem, &client, "");
    let tokens = fine(&send(&redeem).await);
    let refresh_token = tokens["refresh_token"].as_str().unwrap();
    let mut refresh = world::form(
        world.at_idp("/token"),
        &[
            ("grant_type", urn::REFRESH),
            ("refresh_token", refresh_token),
            ("scope", "openid"),
        ],
    );
    authenticate(&mut refresh, &client, "");
    advance(100);
    let again = fine(&send(&refresh).await);
    assert_eq!(again["scope"], "openid");
    let id_token = claims(&again["id_token"]);
    assert_eq!(id_token["iat"], now().secs());
    assert_eq!(id_token["auth_time"], now().secs() - 100);
    assert!(id_token.get("nonce").is_none() && id_token.get("email").is_none());

    let answer = send(&redeem).await;
    assert!(answer.text().contains("is revoked"), "{}", answer.text());
    let answer = send(&refresh).await;
    assert_eq!(outcome(&answer), (400, "invalid_grant".to_owned()));
}

#[tokio::test]
async fn without_offline_access_there_is_no_refresh_token() {
    let world = World::start().await;
    let client = world.idp_client(BASIC);
    let mut request = world.authorize(&client.client_id, "alice@example.com");
    request.query.set("scope", "openid profile");
    let back = world::Browser::default().follow(request).await;
    let mut redeem = world.redeem(&query(&back, "code").unwrap());
    authenticate(&mut redeem, &client, "");
    let tokens = fine(&send(&redeem).await);
    assert!(tokens.get("refresh_token").is_none());
    let id_token = claims(&tokens["id_token"]);
    assert_eq!(id_token["name"], "Alice Abel");
    assert!(id_token.get("email").is_none());
}

#[tokio::test]
async fn metadata_is_where_its_document_says_and_nowhere_else() {
    let world = World::start().await;
    let (idp, there) = (world.lab.idp(), world.lab.resource_as());
    let url = |issuer, form| metadata_url(issuer, form).unwrap();
    assert!(there.ends_with("/tenant/notes"));

    let metadata = fine(&open(&url(idp, WellKnown::Oidc)).await);
    assert_eq!(metadata["issuer"], idp);
    assert_eq!(
        metadata["authorization_response_iss_parameter_supported"],
        true
    );
    assert_eq!(metadata["code_challenge_methods_supported"][0], "S256");
    assert_eq!(metadata["token_endpoint"], world.at_idp("/token"));
    assert_eq!(open(&url(idp, WellKnown::OAuth)).await.status, 404);

    let metadata = fine(&open(&url(there, WellKnown::OAuth)).await);
    assert_eq!(metadata["issuer"], there);
    let grants = metadata["grant_types_supported"].as_array().unwrap();
    assert_eq!(grants[0], urn::JWT_BEARER);
    assert!(!grants.contains(&json!(urn::AUTHORIZATION_CODE)));
    // Client libraries want it to be there; it lets nobody in.
    let refused = open(metadata["authorization_endpoint"].as_str().unwrap()).await;
    assert_eq!(outcome(&refused), (400, "unauthorized_client".to_owned()));
    let profiles = &metadata["authorization_grant_profiles_supported"];
    assert_eq!(profiles[0], urn::ID_JAG_PROFILE);
    assert_eq!(open(&url(there, WellKnown::Oidc)).await.status, 404);
    let appended = format!("{there}/.well-known/oauth-authorization-server");
    assert_eq!(open(&appended).await.status, 404);
    let bare = there.replace("/tenant/notes", "/.well-known/oauth-authorization-server");
    assert_eq!(open(&bare).await.status, 404);

    // A client that knows no better asks for the scopes of the challenge (MCP, Authorization: scope selection).
    let answer = send(&world.mcp(&json!({}))).await;
    let challenge = answer.header("www-authenticate").unwrap();
    let scope = challenge_param(challenge, "scope");
    assert_eq!(scope.as_deref(), Some("notes.read notes.write"));
    let answer = open(world.lab.api()).await;
    assert_eq!(outcome(&answer), (401, String::new()));
    let challenge = answer.header("www-authenticate").unwrap();
    assert_eq!(challenge_param(challenge, "error"), None);
    let address = challenge_param(challenge, "resource_metadata").unwrap();
    let metadata = fine(&open(&address).await);
    assert_eq!(metadata["resource"], world.lab.api());
    assert_eq!(metadata["authorization_servers"][0], there);
}

#[tokio::test]
async fn methods_are_kept_to() {
    let world = World::start().await;
    let deleted = |url: String| {
        let mut request = HttpRequest::get(url, "*/*");
        "DELETE".clone_into(&mut request.method);
        request
    };
    for (url, allow) in [
        (world.at_idp("/token"), "POST"),
        (world.at_idp("/jwks"), "GET"),
        (world.at_idp("/authorize"), "GET, POST"),
        (world.at_resource_as("/token"), "POST"),
        (world.at_resource_as("/jwks"), "GET"),
        (world.lab.api().to_owned(), "GET, POST"),
    ] {
        let answer = send(&deleted(url.clone())).await;
        assert_eq!(answer.status, 405, "{url}");
        assert_eq!(answer.header("allow"), Some(allow), "{url}");
    }
    assert_eq!(open(&world.at_idp("/token")).await.status, 405);
    assert_eq!(open(&world.at_idp("/nothing")).await.status, 404);
}

#[tokio::test]
async fn a_note_is_kept() {
    let world = World::start().await;
    let token = world.access_token().signed();
    let mut request = call(&world, "POST", &token);
    request.body = jagwalk::protocol::http::Body::Text("{\"text\":\"milk\"}".to_owned());
    let answer = send(&request).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let notes = fine(&send(&call(&world, "GET", &token)).await);
    let last = notes["notes"].as_array().unwrap().last().unwrap();
    assert_eq!(last, "milk");
}

#[tokio::test]
async fn keys_are_fetched_over_http_kept_and_fetched_again_when_one_is_unknown() {
    let world = World::start().await;
    let fetches = |party| {
        let entries = world.lab.ledger();
        let of_keys = |e: &&lab::Entry| e.party == party && e.path.ends_with("/jwks");
        entries.iter().filter(of_keys).count()
    };
    let mut jag = world.id_jag("notes-basic");
    for (kid, expected) in [(None, 1), (None, 1), (Some("other"), 2)] {
        if let Some(kid) = kid {
            jag.header["kid"] = kid.into();
        }
        let mut request = world.bearer(&jag.signed());
        authenticate(&mut request, &world.as_client(BASIC), "");
        send(&request).await;
        assert_eq!(fetches(Party::Idp), expected);
    }
    // A token that is not from the IdP makes nobody fetch anything.
    jag.claims["iss"] = "https://idp.example.com".into();
    let mut request = world.bearer(&jag.signed());
    authenticate(&mut request, &world.as_client(BASIC), "");
    send(&request).await;
    assert_eq!(fetches(Party::Idp), 2);

    for _ in 0..2 {
        let request = call(&world, "GET", &world.access_token().signed());
        fine(&send(&request).await);
        assert_eq!(fetches(Party::ResourceAs), 1);
    }
}

#[tokio::test]
async fn keys_that_cannot_be_fetched_are_no_fault_of_the_token() {
    let world = World::start().await;
    let fetch: lab::Fetch =
        std::sync::Arc::new(|_| Box::pin(async { Err("connection refused".to_owned()) }));
    let world = World {
        lab: lab::start(world::options(fetch)).await.unwrap(),
        ..world
    };
    let mut request = world.bearer(&world.id_jag("notes-basic").signed());
    authenticate(&mut request, &world.as_client(BASIC), "");
    let answer = send(&request).await;
    assert_eq!(
        outcome(&answer),
        (503, "temporarily_unavailable".to_owned())
    );
    assert!(answer.text().contains("connection refused"));
    let answer = send(&call(&world, "GET", &world.access_token().signed())).await;
    assert_eq!(answer.status, 503, "{}", answer.text());
}

#[tokio::test]
async fn the_ledger_has_every_request_in_order() {
    let world = World::start().await;
    world.sso(ClientKind::Public, "alice").await;
    open(&format!("{}?access_token=abc", world.lab.api())).await;
    let seen: Vec<String> = world
        .lab
        .ledger()
        .iter()
        .map(|entry| {
            assert_eq!(entry.time, now());
            let party = entry.party.id();
            format!("{party} {} {} {}", entry.method, entry.path, entry.status)
        })
        .collect();
    assert_eq!(
        seen,
        [
            "idp GET /authorize 303",
            "idp GET /continue 303",
            "idp POST /token 200",
            "api GET /notes 400",
        ]
    );
}

#[tokio::test]
async fn settings_are_those_of_the_default_client() {
    let world = World::start().await;
    let settings = world.lab.settings();
    let text = |path: &str| {
        let found = settings.iter().find(|(other, _)| *other == path);
        match &found.unwrap_or_else(|| panic!("no {path}")).1 {
            Setting::Text(text) => text.clone(),
            Setting::Secret(secret) => secret.reveal().to_owned(),
        }
    };
    let client = world.lab.client(ClientKind::Default);
    assert_eq!(text("idp.issuer"), world.lab.idp());
    assert_eq!(text("sso.client_id"), client.idp.client_id);
    assert_eq!(text("sso.auth"), "private_key_jwt");
    assert_eq!(text("sso.alg"), "ES256");
    assert!(text("sso.private_key").starts_with("-----BEGIN PRIVATE KEY-----"));
    assert_eq!(text("agent.resource"), world.lab.api());
    assert_eq!(text("resource_as.issuer"), world.lab.resource_as());
    assert_eq!(text("resource_as.auth"), "client_secret_basic");
    assert_ne!(text("resource_as.client_id"), text("sso.client_id"));
    let secret = text("resource_as.client_secret");
    assert_ne!(jagwalk::protocol::http::form_encode(&secret), secret);
    assert!(!format!("{settings:?}").contains("PRIVATE"));
}

#[tokio::test]
async fn a_stopped_lab_ends_open_connections() {
    use tokio::io::AsyncReadExt as _;
    let world = World::start().await;
    let host = world.lab.idp().replace("http://", "");
    let mut silent = tokio::net::TcpStream::connect(&host).await.unwrap();
    world.lab.stop().await;
    // Its end is read; that the port is free cannot be asked, for another test may have it by now.
    assert_eq!(silent.read(&mut [0; 1]).await.unwrap_or(0), 0);

    let world = World::start().await;
    let host = world.lab.idp().replace("http://", "");
    let mut silent = tokio::net::TcpStream::connect(&host).await.unwrap();
    drop(world);
    assert_eq!(silent.read(&mut [0; 1]).await.unwrap_or(0), 0);
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let world = World::start().await;
    let port: u16 = world.lab.idp().rsplit(':').next().unwrap().parse().unwrap();
    let options = lab::Options {
        port: Some(port),
        ..world::options(world::fetch(Vec::new()))
    };
    let error = lab::start(options.clone()).await.err().unwrap();
    assert!(
        error.to_string().contains(&format!("127.0.0.1:{port}")),
        "{error}"
    );
    let options = lab::Options {
        port: Some(65534),
        ..options
    };
    let error = lab::start(options).await.err().unwrap();
    assert!(error.to_string().contains("three more after it"), "{error}");
}

/// Every row's base request is granted, and the same request with the row's one change is refused for it.
#[tokio::test]
async fn the_lab_is_strict() {
    let world = World::start().await;
    let spare = spare(&world).await;
    let start = now().secs();
    let mut wrong = Vec::new();
    let mut rows = 0;
    for row in table::ALL.iter().copied().flatten() {
        rows += 1;
        if let Err(says) = judge(&world, &spare, row).await {
            wrong.push(format!("{:?}, {}: {says}", row.base, row.name));
        }
        advance(start - now().secs());
    }
    assert!(rows > 150, "{rows} rows");
    assert!(
        wrong.is_empty(),
        "{} of {rows} rows:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

async fn judge(world: &World, spare: &Spare, row: &Row) -> Result<(), String> {
    let healthy = send(&draft(world, spare, row.base).await.finish()).await;
    let (status, error) = outcome(&healthy);
    if status >= 400 || !error.is_empty() {
        return Err(format!(
            "the base itself is refused: {status} {}",
            healthy.text()
        ));
    }
    let mut changed = draft(world, spare, row.base).await;
    (row.change)(&mut changed);
    let request = changed.finish();
    if changed.again {
        let first = outcome(&send(&request).await);
        if first.0 != 200 {
            return Err(format!("the first of two is refused: {first:?}"));
        }
    }
    let answer = send(&request).await;
    let got = outcome(&answer);
    if got != (row.status, row.error.to_owned()) {
        return Err(format!(
            "expected {} {}, received {got:?}: {}",
            row.status,
            row.error,
            answer.text()
        ));
    }
    told_well(row, &request, &answer)
}

/// Holds a refusal against the rules for its kind: where it goes, what it names, and that it keeps secrets.
fn told_well(row: &Row, request: &HttpRequest, answer: &Response) -> Result<(), String> {
    let text = answer.text();
    if row.base == Base::Authorize {
        let Some(to) = answer.header("location") else {
            let page = answer.content_type().as_deref() == Some("text/html");
            return if page && row.status == 400 {
                Ok(())
            } else {
                Err(format!("neither a redirect nor a page: {text}"))
            };
        };
        let kept = query(to, "iss").is_some() && query(to, "state").is_some();
        let said = query(to, "error_description").is_some_and(|says| says.len() > 20);
        return if to.starts_with(world::REDIRECT) && kept && said {
            Ok(())
        } else {
            Err(format!("redirected to {to}"))
        };
    }
    let rpc = answer
        .json()
        .ok()
        .and_then(|json| RpcError::of(&json)?.message);
    let says = OAuthError::of(answer)
        .description
        .or(rpc)
        .unwrap_or_default();
    if says.len() < 20 && !row.error.is_empty() {
        return Err(format!("says too little: {text}"));
    }
    if answer.status == 401 && answer.header("www-authenticate").is_none() {
        return Err("a 401 without a challenge".to_owned());
    }
    if request.url.ends_with("/token") && answer.header("cache-control") != Some("no-store") {
        return Err("a token endpoint's answer may be cached".to_owned());
    }
    let secret = [
        "client_secret",
        "client_assertion",
        "subject_token",
        "assertion",
        "code",
        "code_verifier",
        "refresh_token",
    ];
    let form = request
        .form()
        .map(|form| form.0.clone())
        .unwrap_or_default();
    let leaked = form
        .iter()
        .find(|(name, value)| {
            let value = value.wire();
            secret.contains(&name.as_str()) && value.len() > 6 && text.contains(&value)
        })
        .map(|(name, _)| name);
    leaked.map_or(Ok(()), |name| Err(format!("repeats {name}: {text}")))
}

async fn spare(world: &World) -> Spare {
    let text = |tokens: &Value, name: &str| tokens[name].as_str().unwrap().to_owned();
    let others = world.sso(ClientKind::SecretPost, "alice").await;
    let own = world.sso(BASIC, "alice").await;
    let own_id_token = text(&own, "id_token");
    let mut request = world.exchange(&own_id_token, urn::ID_TOKEN);
    authenticate(&mut request, &world.idp_client(BASIC), "");
    let granted = fine(&send(&request).await);
    Spare {
        code: world.code("agent-post", "alice").await,
        refresh: text(&others, "refresh_token"),
        id_token: text(&others, "id_token"),
        bobs_id_token: text(&world.sso(BASIC, "bob").await, "id_token"),
        carols_id_token: text(&world.sso(BASIC, "carol").await, "id_token"),
        public_id_token: text(&world.sso(ClientKind::Public, "alice").await, "id_token"),
        access_token: text(&own, "access_token"),
        id_jag: text(&granted, "access_token"),
    }
}

const BASIC: ClientKind = ClientKind::SecretBasic;

/// Returns status and error code: from the redirect, else the JSON body, else none.
fn outcome(answer: &Response) -> (u16, String) {
    let error = match answer.header("location") {
        Some(to) => query(to, "error"),
        None => OAuthError::of(answer).error.or_else(|| {
            let error = RpcError::of(&answer.json().ok()?)?;
            error.code.map(|code| code.to_string())
        }),
    };
    (answer.status, error.unwrap_or_default())
}

fn fine(answer: &Response) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json().unwrap()
}

async fn open(url: &str) -> Response {
    send(&HttpRequest::get(url, "*/*")).await
}

fn call(world: &World, method: &str, token: &str) -> HttpRequest {
    let mut request = HttpRequest::get(world.lab.api(), "application/json");
    method.clone_into(&mut request.method);
    request.set_header("authorization", format!("Bearer {token}"));
    request
}

fn parsed(token: &Value) -> Token {
    Token::parse(&Secret::minted("token", token.as_str().unwrap()))
}

fn claims(token: &Value) -> Value {
    parsed(token).claims.json.unwrap()
}

async fn keys(url: &str) -> Jwks {
    Jwks(fine(&open(url).await))
}

/// Returns header and claims of a token whose signature holds.
fn checked(token: &Value, keys: &Jwks) -> (Value, Value) {
    let token = parsed(token);
    let signature = jose::check(&token, Some(keys), "the published keys");
    assert_eq!(signature.id(), "verified", "{signature}");
    (token.header.json.unwrap(), token.claims.json.unwrap())
}

/// Returns the hidden fields of a page's form, and where it goes.
fn form_on(at: &str, html: &str) -> (String, Params) {
    let attribute = |tag: &str, name: &str| {
        let from = tag.find(&format!("{name}=\"")).unwrap() + name.len() + 2;
        tag[from..].split('"').next().unwrap().to_owned()
    };
    let form = html.split("<form ").nth(1).expect("a form on the page");
    let origin = url::Url::parse(at).unwrap().origin().ascii_serialization();
    let mut params = Params::default();
    for tag in form.split("<input ").skip(1) {
        params.push(attribute(tag, "name"), attribute(tag, "value"));
    }
    (format!("{origin}{}", attribute(form, "action")), params)
}
