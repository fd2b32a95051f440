//! How each client proves itself, and what each request holds, part by part.

use std::fs;

use base64::Engine as _;
use jagwalk::{
    flow::Artifact,
    profile::{Profile, SecretSource},
    protocol::{
        digest::b64url,
        exchange::Request,
        http::HttpRequest,
        jwt::{Signature, Token, jose},
        keys::{Alg, PrivateKey, install_crypto},
        metadata::Jwks,
        oauth::urn,
        secret::Secret,
    },
    session::{Command, headless::End},
};
use serde_json::{Value, json};

use super::{end, form, id, profile, sent, status, step_json, walk, which, with_key};
use crate::scripted::{self, AS, AS_SECRET, IDP, SSO_SECRET};

/// The request of one step in a walk of that profile.
fn request_of(profile: Profile, step: &str) -> HttpRequest {
    let (session, requests) = walk(profile, |_| None);
    assert_eq!(end(&session), End::Done, "{:?}", session.notice);
    sent(&requests, step).clone()
}

fn names(request: &HttpRequest) -> Vec<String> {
    form(request).into_iter().map(|(name, _)| name).collect()
}

#[test]
fn basic_form_encodes_first_and_puts_nothing_in_the_body() {
    let odd = profile(&[("sso.client_id", "id:with+odd chars/é")]);
    let (_, requests) = walk(odd, |_| None);
    let request = sent(&requests, "redeem-code");
    let header = request.header("authorization").expect("it is there").wire();
    let pair = base64::engine::general_purpose::STANDARD
        .decode(header.strip_prefix("Basic ").expect("the scheme"))
        .expect("base64");
    assert_eq!(
        String::from_utf8(pair).expect("ASCII"),
        "id%3Awith%2Bodd+chars%2F%C3%A9:sso%2Bsecret%2F9f2c+%27x%27"
    );
    assert_eq!(
        names(request),
        ["grant_type", "code", "redirect_uri", "code_verifier"]
    );
}

#[test]
fn post_puts_id_and_secret_in_the_body_and_no_header() {
    let request = request_of(scripted::profile(), "jwt-bearer");
    assert!(request.header("authorization").is_none());
    let fields = form(&request);
    assert!(fields.contains(&("client_id".to_owned(), "todo-client".to_owned())));
    assert!(fields.contains(&("client_secret".to_owned(), AS_SECRET.to_owned())));
    assert_eq!(
        names(&request),
        ["grant_type", "assertion", "client_id", "client_secret"]
    );
    assert!(
        !request.address().contains(AS_SECRET),
        "never in the address"
    );
}

#[test]
fn a_public_client_only_names_itself() {
    let request = request_of(profile(&[("resource_as.auth", "none")]), "jwt-bearer");
    assert!(request.header("authorization").is_none());
    assert_eq!(names(&request), ["grant_type", "assertion", "client_id"]);
}

/// The client assertion of a request, taken apart.
fn assertion(request: &HttpRequest) -> (Token, Value, Value) {
    let raw = scripted::field(request, "client_assertion").expect("it is there");
    let token = Token::parse(&Secret::minted("assertion", raw));
    let (header, claims) = (token.header.json.clone(), token.claims.json.clone());
    (token, header.expect("a header"), claims.expect("claims"))
}

#[test]
fn a_client_assertion_says_what_it_must() {
    let (_, requests) = walk(scripted::profile(), |_| None);
    let request = sent(&requests, "id-jag");
    assert!(request.header("authorization").is_none());
    assert!(names(request).iter().all(|name| name != "client_secret"));
    let field = |name: &str| scripted::field(request, name).expect(name);
    assert_eq!(field("client_assertion_type"), urn::CLIENT_ASSERTION);
    assert_eq!(field("client_id"), "agent-client");
    let (token, header, claims) = assertion(request);
    assert_eq!(header["typ"], "client-authentication+jwt");
    assert_eq!(header["kid"], scripted::key().kid());
    assert_eq!(
        (&claims["iss"], &claims["sub"]),
        (&json!("agent-client"), &json!("agent-client"))
    );
    assert_eq!(claims["aud"], IDP);
    let (iat, exp) = (
        claims["iat"].as_i64().expect("a time"),
        claims["exp"].as_i64().expect("a time"),
    );
    assert_eq!(exp - iat, 120);
    assert!(claims["jti"].as_str().is_some_and(|jti| jti.len() >= 20));
    let keys = Jwks(json!({ "keys": [scripted::key().registration_jwk()] }));
    assert!(matches!(
        jose::check(&token, Some(&keys), "here"),
        Signature::Verified { .. }
    ));
}

#[test]
fn the_audience_of_an_assertion_is_what_the_profile_says() {
    for (says, audience) in [
        ("issuer", IDP),
        ("token-endpoint", "https://idp.example/token"),
        ("https://alias.example/", "https://alias.example/"),
    ] {
        let request = request_of(profile(&[("agent.assertion_audience", says)]), "id-jag");
        assert_eq!(assertion(&request).2["aud"], audience, "{says}");
    }
    let mut at_as = with_key(
        profile(&[
            ("resource_as.auth", "private_key_jwt"),
            ("resource_as.assertion_audience", "token-endpoint"),
        ]),
        "resource_as.private_key",
        scripted::KEY,
    );
    at_as
        .edit_at("resource_as.client_id", "todo-client")
        .expect("a text");
    let request = request_of(at_as, "jwt-bearer");
    assert_eq!(assertion(&request).2["aud"], format!("{AS}/token"));
}

#[test]
fn each_attempt_has_an_assertion_of_its_own() {
    let mut session = scripted::happy();
    let before = session
        .step(id("id-jag"))
        .last()
        .expect("it ran")
        .main()
        .expect("it was sent")
        .clone();
    scripted::drive(&mut session, Command::Send(id("id-jag")), |_| None);
    let after = session
        .step(id("id-jag"))
        .last()
        .expect("it ran")
        .main()
        .expect("it was sent")
        .clone();
    let jti = |request: &Request| assertion(request.http()).2["jti"].clone();
    assert_ne!(
        jti(&before.request),
        jti(&after.request),
        "an assertion is for one use"
    );
}

#[test]
fn every_kind_of_key_signs_with_every_algorithm_it_can() {
    install_crypto();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/keys/");
    let read =
        |name: &str| fs::read_to_string(format!("{folder}{name}")).expect("a key of the tests");
    let pem = |alg: Alg| {
        PrivateKey::generate(alg)
            .expect("a key")
            .to_pem()
            .to_string()
    };
    for (key, alg, name) in [
        (pem(Alg::RS256), None, "RS256"),
        (pem(Alg::RS256), Some("PS256"), "PS256"),
        (read("rsa-pkcs1.pem"), None, "RS256"),
        (read("rsa-pkcs1.pem"), Some("PS256"), "PS256"),
        (pem(Alg::ES256), None, "ES256"),
        (read("p256-sec1.pem"), None, "ES256"),
        (pem(Alg::ES384), None, "ES384"),
        (read("p384-sec1.pem"), None, "ES384"),
        (pem(Alg::EdDSA), None, "EdDSA"),
        (scripted::KEY.to_owned(), None, "EdDSA"),
        (format!("  {}\n", scripted::KEY), Some("EdDSA"), "EdDSA"),
    ] {
        let mut profile = with_key(scripted::profile(), "agent.private_key", &key);
        if let Some(alg) = alg {
            profile.edit_at("agent.alg", alg).expect("a text");
        }
        let (token, header, _) = assertion(&request_of(profile, "id-jag"));
        assert_eq!(header["alg"], name);
        let public = PrivateKey::parse(&key).expect("it parses");
        assert_eq!(
            header["kid"],
            public.thumbprint(),
            "the kid of a key without one is its thumbprint"
        );
        let keys = Jwks(json!({ "keys": [public.public_jwk()] }));
        let mut unnamed = keys.0["keys"][0].clone();
        unnamed["kid"] = header["kid"].clone();
        let keys = Jwks(json!({ "keys": [unnamed] }));
        assert!(
            matches!(
                jose::check(&token, Some(&keys), "here"),
                Signature::Verified { .. }
            ),
            "{name}"
        );
    }
}

#[test]
fn the_kid_is_the_profiles_else_the_keys_own() {
    let request = request_of(profile(&[("agent.kid", "my-kid")]), "id-jag");
    assert_eq!(assertion(&request).1["kid"], "my-kid");
    let named = scripted::KEY.replacen('{', r#"{"kid":"of-the-jwk","#, 1);
    let request = request_of(
        with_key(scripted::profile(), "agent.private_key", &named),
        "id-jag",
    );
    assert_eq!(assertion(&request).1["kid"], "of-the-jwk");
}

#[test]
fn a_key_that_cannot_do_it_blocks_the_step_and_is_not_repeated() {
    for (key, alg, phrase) in [
        ("hunter2-is-no-key", "", "received neither"),
        (scripted::KEY, "RS256", "cannot sign RS256"),
        (scripted::KEY, "none", "cannot be computed"),
        (scripted::KEY, "HS256", "cannot be computed"),
    ] {
        let mut profile = with_key(scripted::profile(), "agent.private_key", key);
        profile.step_mut("x");
        // A word that the form would refuse can still stand in a file.
        profile.set(
            jagwalk::profile::fields::AGENT_ALG,
            jagwalk::profile::FieldValue::Text(alg.to_owned()),
        );
        let (session, requests) = walk(profile, |_| None);
        assert_eq!(end(&session), End::Blocked, "{key} {alg}");
        assert_eq!(status(&session, "id-jag"), "blocked");
        let says = super::notice(&session);
        assert!(says.contains(phrase), "{says}");
        assert!(!says.contains("hunter2"), "{says}");
        assert!(requests.iter().all(|request| which(request) != "id-jag"));
    }
}

#[test]
fn without_a_client_or_a_credential_the_field_is_named() {
    for (path, step) in [
        ("sso.client_id", "authorize"),
        ("sso.redirect_uri", "authorize"),
        ("sso.client_secret", "redeem-code"),
        ("resource_as.client_id", "jwt-bearer"),
        ("resource_as.client_secret", "jwt-bearer"),
        ("idp.issuer", "discover-idp"),
        ("resource_as.issuer", "discover-resource-as"),
    ] {
        let mut profile = scripted::profile();
        profile.unset(jagwalk::profile::FieldPath::find(path).expect(path));
        let (session, _) = walk(profile, |_| None);
        assert_eq!(end(&session), End::Blocked, "{path}");
        assert_eq!(end(&session).code(), 2);
        assert_eq!(status(&session, step), "blocked", "{path}");
        assert!(
            super::notice(&session).contains(&format!("{path} is empty")),
            "{}",
            super::notice(&session)
        );
        assert_eq!(super::json(&session)["verdict"]["owner"], "you");
    }
}

#[test]
fn the_token_exchange_asks_for_what_the_profile_says() {
    let (_, requests) = walk(scripted::profile(), |_| None);
    let request = sent(&requests, "id-jag");
    let field = |name: &str| scripted::field(request, name);
    assert_eq!(request.url, "https://idp.example/token");
    assert_eq!(field("grant_type").as_deref(), Some(urn::TOKEN_EXCHANGE));
    assert_eq!(field("requested_token_type").as_deref(), Some(urn::ID_JAG));
    assert_eq!(field("audience").as_deref(), Some(AS));
    assert_eq!(field("scope").as_deref(), Some("todo.read"));
    assert_eq!(field("subject_token_type").as_deref(), Some(urn::ID_TOKEN));
    assert_eq!(field("resource"), None);
    assert_eq!(field("actor_token"), None);
    let other = request_of(
        profile(&[
            ("agent.audience", "urn:acme:todo"),
            ("agent.scope", ""),
            ("agent.resource", "https://a.example\nhttps://b.example"),
        ]),
        "id-jag",
    );
    assert_eq!(
        scripted::field(&other, "audience").as_deref(),
        Some("urn:acme:todo")
    );
    assert_eq!(scripted::field(&other, "scope"), None);
    let resources: Vec<_> = form(&other)
        .into_iter()
        .filter(|(name, _)| name == "resource")
        .map(|(_, value)| value)
        .collect();
    assert_eq!(resources, ["https://a.example", "https://b.example"]);
}

#[test]
fn the_subject_is_the_token_that_the_profile_names() {
    for (subject, artifact, kind) in [
        ("id_token", Artifact::IdToken, urn::ID_TOKEN),
        ("access_token", Artifact::SsoAccessToken, urn::ACCESS_TOKEN),
        ("refresh_token", Artifact::RefreshToken, urn::REFRESH_TOKEN),
    ] {
        let (session, requests) = walk(profile(&[("agent.subject", subject)]), |_| None);
        assert_eq!(end(&session), End::Done, "{subject}");
        let request = sent(&requests, "id-jag");
        let held = session
            .walk
            .bag
            .value(artifact)
            .expect("it was gained")
            .reveal()
            .to_owned();
        assert_eq!(
            scripted::field(request, "subject_token"),
            Some(held),
            "{subject}"
        );
        assert_eq!(
            scripted::field(request, "subject_token_type").as_deref(),
            Some(kind)
        );
    }
}

#[test]
fn a_saml_assertion_of_the_profile_leaves_the_sign_in_out() {
    let saml = "<saml2:Assertion xmlns:saml2=\"urn:oasis:names:tc:SAML:2.0:assertion\">alice</saml2:Assertion>";
    let subject = super::with_secret(
        profile(&[("agent.subject", "saml2")]),
        "agent.saml_assertion",
        SecretSource::Inline(Secret::typed("agent.saml_assertion", saml)),
    );
    let (session, requests) = walk(subject, |_| None);
    assert_eq!(end(&session), End::Done);
    let request = sent(&requests, "id-jag");
    // Its XML in base64url (RFC 8693 §3).
    assert_eq!(
        scripted::field(request, "subject_token"),
        Some(b64url(saml.as_bytes()))
    );
    let shown = step_json(&session, "id-jag");
    assert_eq!(shown["tokens"][1]["kind"], "saml", "{shown}");
    assert_eq!(shown["tokens"][1]["signature"], "not-checked");
    let shown = shown.to_string();
    assert!(
        !shown.contains("Assertion xmlns") && !shown.contains(&b64url(saml.as_bytes())),
        "{shown}"
    );
    assert_eq!(
        scripted::field(request, "subject_token_type").as_deref(),
        Some(urn::SAML2)
    );
    for step in ["authorize", "redeem-code"] {
        assert_eq!(status(&session, step), "skipped", "{step}");
    }
    // Without one the step says what it lacks.
    let (session, _) = walk(profile(&[("agent.subject", "saml2")]), |_| None);
    assert_eq!(end(&session), End::Blocked);
}

#[test]
fn overrides_of_a_step_arrive_in_its_request_and_in_no_other() {
    let own = profile(&[
        ("step.discover-idp.params.tenant", "t 1"),
        ("step.discover-idp.headers.X-Trace", "abc"),
        ("step.authorize.params.prompt", "login"),
        ("step.redeem-code.params.extra", "yes"),
        ("step.id-jag.params.audience", "urn:other"),
        ("step.id-jag.params.actor_token", "a&b=c"),
        ("step.id-jag.headers.user-agent", "mine/1"),
        ("step.id-jag.claims.aud", r#"["one","two"]"#),
        ("step.id-jag.claims.tenant", "acme"),
        ("step.call-api.params.limit", "3"),
        ("step.call-api.headers.accept", "text/plain"),
    ]);
    let (session, requests) = walk(own, |_| None);
    assert_eq!(end(&session), End::Done);
    let discover = sent(&requests, "discover-idp");
    assert_eq!(
        discover.address(),
        "https://idp.example/.well-known/openid-configuration?tenant=t+1"
    );
    assert_eq!(
        discover.header("x-trace").expect("it is there").wire(),
        "abc"
    );
    assert_eq!(
        sent(&requests, "authorize")
            .query
            .get("prompt")
            .expect("it is there")
            .wire(),
        "login"
    );
    assert_eq!(
        scripted::field(sent(&requests, "redeem-code"), "extra").as_deref(),
        Some("yes")
    );
    let jag = sent(&requests, "id-jag");
    let audiences: Vec<_> = form(jag)
        .into_iter()
        .filter(|(name, _)| name == "audience")
        .collect();
    assert_eq!(
        audiences,
        [("audience".to_owned(), "urn:other".to_owned())],
        "instead, not beside"
    );
    assert!(
        jag.body_text()
            .expect("a form")
            .contains("actor_token=a%26b%3Dc")
    );
    assert_eq!(
        jag.header("user-agent").expect("it is there").wire(),
        "mine/1"
    );
    let (token, _, claims) = assertion(jag);
    assert_eq!(claims["aud"], json!(["one", "two"]));
    assert_eq!(claims["tenant"], "acme");
    let keys = Jwks(json!({ "keys": [scripted::key().registration_jwk()] }));
    assert!(
        matches!(
            jose::check(&token, Some(&keys), "here"),
            Signature::Verified { .. }
        ),
        "they are signed, not added"
    );
    let api = sent(&requests, "call-api");
    assert_eq!(api.address(), "https://api.todo.example/todos?limit=3");
    assert_eq!(
        api.header("accept").expect("it is there").wire(),
        "text/plain"
    );
    assert_eq!(
        scripted::field(sent(&requests, "jwt-bearer"), "extra"),
        None
    );
}

#[test]
fn the_grant_and_the_call_carry_the_tokens_of_this_walk() {
    let (session, requests) = walk(
        profile(&[("resource_as.scope", "todo.read todo.write")]),
        |_| None,
    );
    let held = |artifact| {
        session
            .walk
            .bag
            .value(artifact)
            .expect("it was gained")
            .reveal()
            .to_owned()
    };
    let grant = sent(&requests, "jwt-bearer");
    assert_eq!(
        scripted::field(grant, "grant_type").as_deref(),
        Some(urn::JWT_BEARER)
    );
    assert_eq!(
        scripted::field(grant, "assertion"),
        Some(held(Artifact::IdJag))
    );
    assert_eq!(
        scripted::field(grant, "scope").as_deref(),
        Some("todo.read todo.write")
    );
    assert_eq!(grant.url, "https://as.todo.example/token");
    let call = sent(&requests, "call-api");
    assert_eq!(call.method, "GET");
    assert_eq!(
        call.header("authorization").expect("it is there").wire(),
        format!("Bearer {}", held(Artifact::AccessToken))
    );
    let post = request_of(
        profile(&[
            ("api.method", "post"),
            ("api.body", "{\"a\":1}"),
            ("api.headers.x-one", "1"),
        ]),
        "call-api",
    );
    assert_eq!(post.method, "POST");
    assert_eq!(post.body_text().as_deref(), Some("{\"a\":1}"));
    assert_eq!(
        post.header("content-type").expect("it is there").wire(),
        "application/json"
    );
    assert_eq!(post.header("x-one").expect("it is there").wire(), "1");
}

#[test]
fn without_an_api_the_call_is_skipped_and_the_walk_is_done() {
    let mut without = scripted::profile();
    without.unset(jagwalk::profile::fields::API_URL);
    let (session, requests) = walk(without, |_| None);
    assert_eq!(end(&session), End::Done);
    assert_eq!(status(&session, "call-api"), "skipped");
    assert!(requests.iter().all(|request| which(request) != "call-api"));
    assert_eq!(super::step_json(&session, "call-api")["status"], "skipped");
    assert!(session.walk.bag.has(Artifact::AccessToken));
}

#[test]
fn no_secret_is_in_any_address_and_none_in_the_report() {
    let (session, requests) = walk(scripted::profile(), |_| None);
    let report = super::json(&session).to_string();
    let mut secrets = vec![
        SSO_SECRET.to_owned(),
        AS_SECRET.to_owned(),
        scripted::CODE.to_owned(),
        scripted::REFRESH.to_owned(),
    ];
    for (artifact, held) in session.walk.bag.iter() {
        if artifact.is_secret() {
            secrets.push(held.value.reveal().to_owned());
        }
    }
    for secret in secrets {
        assert!(!report.contains(&secret), "a secret stands in the report");
        for request in &requests {
            assert!(
                !request.http().address().contains(&secret),
                "{}",
                which(request)
            );
        }
    }
}
