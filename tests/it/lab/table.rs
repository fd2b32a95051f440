//! What the lab refuses: one row for one check, valid but for that check.

use jagwalk::{
    lab::ClientKind,
    protocol::{digest::b64url, http::{Body, HttpRequest}, keys::Alg, mcp, oauth::urn},
};
use serde_json::json;

use super::{
    draft::{Base, Draft},
    proofs,
    world::{REDIRECT, advance, assert_with, basic, basic_raw, get, now, push},
};

/// One check: what is changed, and how the lab answers.
pub struct Row {
    pub base: Base,
    pub name: &'static str,
    pub status: u16,
    /// The error code; empty where there is none by rule.
    pub error: &'static str,
    pub change: fn(&mut Draft<'_>),
}

pub const fn row(
    base: Base,
    name: &'static str,
    status: u16,
    error: &'static str,
    change: fn(&mut Draft<'_>),
) -> Row {
    Row {
        base,
        name,
        status,
        error,
        change,
    }
}

const BASIC: ClientKind = ClientKind::SecretBasic;
const POST: ClientKind = ClientKind::SecretPost;
const KEY: ClientKind = ClientKind::Es256;

/// The authorization endpoint: a page where nothing may be redirected.
const AUTHORIZE_PAGE: &[Row] = &[
    row(Base::Authorize, "client_id missing", 400, "", |d| d.request.query.remove("client_id")),
    row(Base::Authorize, "client_id unknown", 400, "", |d| d.query("client_id", "nobody")),
    row(Base::Authorize, "client_id twice", 400, "", |d| d.request.query.push("client_id", "agent-post")),
    row(Base::Authorize, "redirect_uri missing", 400, "", |d| d.request.query.remove("redirect_uri")),
    row(Base::Authorize, "redirect_uri twice", 400, "", |d| d.request.query.push("redirect_uri", "http://127.0.0.1:1/callback")),
    row(Base::Authorize, "redirect_uri with another path", 400, "", |d| d.query("redirect_uri", "http://127.0.0.1:49152/other")),
    row(Base::Authorize, "redirect_uri with a longer path", 400, "", |d| d.query("redirect_uri", "http://127.0.0.1:49152/callback/")),
    row(Base::Authorize, "redirect_uri by name", 400, "", |d| d.query("redirect_uri", "http://localhost:49152/callback")),
    row(Base::Authorize, "redirect_uri elsewhere", 400, "", |d| d.query("redirect_uri", "http://127.0.0.1.example.com/callback")),
    row(Base::Authorize, "redirect_uri with another scheme", 400, "", |d| d.query("redirect_uri", "https://127.0.0.1:49152/callback")),
    row(Base::Authorize, "redirect_uri with a query", 400, "", |d| d.query("redirect_uri", "http://127.0.0.1:49152/callback?a=b")),
    row(Base::Authorize, "redirect_uri with a user", 400, "", |d| d.query("redirect_uri", "http://127.0.0.1:49152@example.com/callback")),
    row(Base::Authorize, "redirect_uri with a port beyond", 400, "", |d| d.query("redirect_uri", "http://127.0.0.1:65536/callback")),
    row(Base::Authorize, "POST of something else than a form", 400, "", |d| {
        "POST".clone_into(&mut d.request.method);
        d.request.body = Body::Text(d.request.query.encode());
    }),
];

/// The authorization endpoint: errors that are told to the client.
const AUTHORIZE: &[Row] = &[
    row(Base::Authorize, "a parameter twice", 303, "invalid_request", |d| d.request.query.push("state", "two")),
    row(Base::Authorize, "a parameter twice, posted", 303, "invalid_request", |d| {
        let mut request = HttpRequest::post_form(d.request.url.clone(), d.request.query.clone());
        push(&mut request, "state", "two");
        d.request = request;
    }),
    row(Base::Authorize, "request object", 303, "request_not_supported", |d| d.query("request", "e30.e30.")),
    row(Base::Authorize, "request_uri", 303, "request_uri_not_supported", |d| d.query("request_uri", "https://c.example.com/r")),
    row(Base::Authorize, "response_type missing", 303, "invalid_request", |d| d.request.query.remove("response_type")),
    row(Base::Authorize, "response_type token", 303, "unsupported_response_type", |d| d.query("response_type", "token")),
    row(Base::Authorize, "response_mode fragment", 303, "invalid_request", |d| d.query("response_mode", "fragment")),
    row(Base::Authorize, "scope missing", 303, "invalid_scope", |d| d.request.query.remove("scope")),
    row(Base::Authorize, "scope without openid", 303, "invalid_scope", |d| d.query("scope", "email")),
    row(Base::Authorize, "scope unknown", 303, "invalid_scope", |d| d.query("scope", "openid notes.read")),
    row(Base::Authorize, "scope with two spaces", 303, "invalid_scope", |d| d.query("scope", "openid  email")),
    row(Base::Authorize, "code_challenge missing", 303, "invalid_request", |d| d.request.query.remove("code_challenge")),
    row(Base::Authorize, "code_challenge_method missing", 303, "invalid_request", |d| d.request.query.remove("code_challenge_method")),
    row(Base::Authorize, "code_challenge_method plain", 303, "invalid_request", |d| d.query("code_challenge_method", "plain")),
    row(Base::Authorize, "code_challenge too short", 303, "invalid_request", |d| d.query("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c")),
    row(Base::Authorize, "code_challenge with padding", 303, "invalid_request", |d| d.query("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c=")),
    row(Base::Authorize, "prompt unknown", 303, "invalid_request", |d| d.query("prompt", "please")),
    row(Base::Authorize, "prompt none with more", 303, "invalid_request", |d| d.query("prompt", "none login")),
    row(Base::Authorize, "prompt none without a session", 303, "login_required", |d| d.query("prompt", "none")),
    row(Base::Authorize, "max_age in words", 303, "invalid_request", |d| d.query("max_age", "an hour")),
];

/// The gate that both token endpoints share: form and client authentication.
const GATE: &[Row] = &[
    row(Base::Code(BASIC), "content type JSON", 400, "invalid_request", |d| d.request.set_header("content-type", "application/json")),
    row(Base::Code(BASIC), "a parameter twice", 400, "invalid_request", |d| d.push("redirect_uri", REDIRECT)),
    row(Base::Code(BASIC), "two audience outside an exchange", 400, "invalid_request", |d| {
        d.push("audience", "a");
        d.push("audience", "b");
    }),
    row(Base::Code(POST), "client_secret in the address", 400, "invalid_request", |d| {
        let secret = d.secret();
        d.request.query.push("client_secret", secret);
    }),
    row(Base::Code(BASIC), "grant_type missing", 400, "invalid_request", |d| d.without("grant_type")),
    row(Base::Code(BASIC), "grant_type empty", 400, "invalid_request", |d| d.set("grant_type", "")),
    row(Base::Code(BASIC), "grant_type unknown", 400, "unsupported_grant_type", |d| d.set("grant_type", "password")),
    row(Base::Code(BASIC), "grant_type of the other server", 400, "unsupported_grant_type", |d| d.set("grant_type", urn::JWT_BEARER)),
    row(Base::Bearer(BASIC), "grant_type of the IdP", 400, "unsupported_grant_type", |d| d.set("grant_type", urn::AUTHORIZATION_CODE)),
    row(Base::Code(ClientKind::Public), "public client exchanges", 400, "unauthorized_client", |d| {
        d.request = d.world.exchange(&d.spare.public_id_token, urn::ID_TOKEN);
    }),
    row(Base::Code(BASIC), "no client", 401, "invalid_client", |d| d.client = None),
    row(Base::Code(BASIC), "client unknown", 401, "invalid_client", |d| {
        let field = basic("nobody", &d.secret());
        d.client = None;
        d.header("authorization", &field);
    }),
    row(Base::Code(BASIC), "client_id of another", 401, "invalid_client", |d| d.push("client_id", "agent-post")),
    row(Base::Code(BASIC), "secret wrong", 401, "invalid_client", |d| {
        let field = basic(&d.id(), "guess");
        d.client = None;
        d.header("authorization", &field);
    }),
    row(Base::Code(POST), "posted secret wrong", 401, "invalid_client", |d| {
        let id = d.id();
        d.client = None;
        d.push("client_id", &id);
        d.push("client_secret", "guess");
    }),
    row(Base::Bearer(ClientKind::Default), "secret not form-encoded", 401, "invalid_client", |d| {
        let field = basic_raw(&format!("{}:{}", d.id(), d.secret()));
        d.client = None;
        d.header("authorization", &field);
    }),
    row(Base::Code(BASIC), "Basic not base64", 401, "invalid_client", |d| {
        d.client = None;
        d.header("authorization", "Basic !!!");
    }),
    row(Base::Code(BASIC), "Basic without colon", 401, "invalid_client", |d| {
        let field = basic_raw(&d.id());
        d.client = None;
        d.header("authorization", &field);
    }),
    row(Base::Code(BASIC), "another scheme", 401, "invalid_client", |d| {
        let field = basic(&d.id(), &d.secret()).replace("Basic", "Bearer");
        d.client = None;
        d.header("authorization", &field);
    }),
    row(Base::Code(BASIC), "Basic and a posted secret", 400, "invalid_request", |d| {
        let secret = d.secret();
        d.push("client_secret", &secret);
    }),
    row(Base::Code(BASIC), "Basic twice", 400, "invalid_request", |d| {
        let field = basic(&d.id(), &d.secret());
        d.client = None;
        d.header("authorization", &field);
        d.header("authorization", &field);
    }),
    row(Base::Code(KEY), "assertion and a posted secret", 400, "invalid_request", |d| d.push("client_secret", "x")),
    row(Base::Code(BASIC), "registered for Basic, posted", 401, "invalid_client", |d| {
        let (id, secret) = (d.id(), d.secret());
        d.client = None;
        d.push("client_id", &id);
        d.push("client_secret", &secret);
    }),
    row(Base::Code(POST), "registered for post, sent by Basic", 401, "invalid_client", |d| {
        let field = basic(&d.id(), &d.secret());
        d.client = None;
        d.header("authorization", &field);
    }),
    row(Base::Code(BASIC), "registered for a secret, sent none", 401, "invalid_client", |d| {
        let id = d.id();
        d.client = None;
        d.push("client_id", &id);
    }),
    row(Base::Code(KEY), "registered for a key, sent nothing", 401, "invalid_client", |d| {
        let id = d.id();
        d.proof = None;
        d.client = None;
        d.push("client_id", &id);
    }),
    row(Base::Code(ClientKind::Public), "public, sent a secret", 401, "invalid_client", |d| d.push("client_secret", "x")),
    row(Base::Code(BASIC), "assertion type alone", 400, "invalid_request", |d| d.push("client_assertion_type", urn::CLIENT_ASSERTION)),
    row(Base::Code(KEY), "assertion alone", 400, "invalid_request", |d| {
        let raw = d.proof().signed();
        d.proof = None;
        d.client = None;
        d.push("client_assertion", &raw);
    }),
    row(Base::Code(KEY), "assertion type unknown", 401, "invalid_client", |d| {
        let raw = d.proof().signed();
        d.proof = None;
        d.client = None;
        d.push("client_assertion", &raw);
        d.push("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer");
    }),
];

/// The client assertion of `private_key_jwt`.
const CLIENT_ASSERTION: &[Row] = &[
    row(Base::Code(ClientKind::Rs256), "alg not the registered one", 401, "invalid_client", |d| {
        d.proof().header["alg"] = "PS256".into();
        d.proof().alg = Alg::PS256;
    }),
    row(Base::Code(KEY), "alg none", 401, "invalid_client", |d| {
        let raw = d.proof().unsigned();
        d.proof = None;
        d.client = None;
        assert_with(&mut d.request, &raw);
    }),
    row(Base::Code(KEY), "no JWT", 401, "invalid_client", |d| {
        d.proof = None;
        d.client = None;
        assert_with(&mut d.request, "opaque");
    }),
    row(Base::Code(KEY), "typ of an access token", 401, "invalid_client", |d| d.proof().typ("at+jwt")),
    row(Base::Code(KEY), "critical extension", 401, "invalid_client", |d| d.proof().header["crit"] = json!(["b64"])),
    row(Base::Code(KEY), "a claim twice", 401, "invalid_client", |d| d.proof().twice = Some("sub")),
    row(Base::Code(KEY), "signed by another key", 401, "invalid_client", |d| d.proof().key = d.world.forger.stranger.clone()),
    row(Base::Code(KEY), "kid unknown", 401, "invalid_client", |d| d.proof().header["kid"] = "other".into()),
    row(Base::Code(KEY), "iss another", 401, "invalid_client", |d| d.proof().claim("iss", "agent-basic")),
    row(Base::Code(KEY), "sub missing", 401, "invalid_client", |d| d.proof().without("sub")),
    row(Base::Code(KEY), "aud another", 401, "invalid_client", |d| {
        let other = d.world.lab.resource_as().to_owned();
        d.proof().claim("aud", other);
    }),
    row(Base::Code(KEY), "aud missing", 401, "invalid_client", |d| d.proof().without("aud")),
    row(Base::Code(KEY), "aud two", 401, "invalid_client", |d| {
        let two = json!([d.world.lab.idp(), d.world.lab.resource_as()]);
        d.proof().claim("aud", two);
    }),
    row(Base::Bearer(KEY), "aud of the IdP at the resource AS", 401, "invalid_client", |d| {
        let other = d.world.lab.idp().to_owned();
        d.proof().claim("aud", other);
    }),
    row(Base::Code(KEY), "exp missing", 401, "invalid_client", |d| d.proof().without("exp")),
    row(Base::Code(KEY), "exp as text", 401, "invalid_client", |d| d.proof().claim("exp", (now().secs() + 60).to_string())),
    row(Base::Code(KEY), "exp passed", 401, "invalid_client", |d| d.proof().claim("exp", now().secs())),
    row(Base::Code(KEY), "exp too far", 401, "invalid_client", |d| d.proof().claim("exp", now().secs() + 3601)),
    row(Base::Code(KEY), "nbf to come", 401, "invalid_client", |d| d.proof().claim("nbf", now().secs() + 31)),
    row(Base::Code(KEY), "iat to come", 401, "invalid_client", |d| d.proof().claim("iat", now().secs() + 31)),
    row(Base::Code(KEY), "iat as text", 401, "invalid_client", |d| d.proof().claim("iat", "now")),
    row(Base::Code(KEY), "jti missing", 401, "invalid_client", |d| d.proof().without("jti")),
    row(Base::Refresh(KEY), "jti used before", 401, "invalid_client", |d| d.again = true),
    row(Base::Bearer(KEY), "jti used before at the resource AS", 401, "invalid_client", |d| d.again = true),
];

/// Codes and refresh tokens.
const CODE: &[Row] = &[
    row(Base::Code(BASIC), "code missing", 400, "invalid_request", |d| d.without("code")),
    row(Base::Code(BASIC), "redirect_uri missing", 400, "invalid_request", |d| d.without("redirect_uri")),
    row(Base::Code(BASIC), "code_verifier missing", 400, "invalid_request", |d| d.without("code_verifier")),
    row(Base::Code(BASIC), "code_verifier too short", 400, "invalid_request", |d| d.set("code_verifier", "short")),
    row(Base::Code(BASIC), "code_verifier with other characters", 400, "invalid_request", |d| d.set("code_verifier", "dBjftJeZ4CVP mB92K27uhbUJU1p1r wW1gFWFOEjXk")),
    row(Base::Code(BASIC), "code_verifier wrong", 400, "invalid_grant", |d| d.set("code_verifier", "aBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")),
    row(Base::Code(BASIC), "code unknown", 400, "invalid_grant", |d| d.set("code", "guess")),
    row(Base::Code(BASIC), "code of another client", 400, "invalid_grant", |d| d.set("code", &d.spare.code)),
    row(Base::Code(BASIC), "code used before", 400, "invalid_grant", |d| d.again = true),
    row(Base::Code(BASIC), "code expired", 400, "invalid_grant", |_| advance(60)),
    row(Base::Code(BASIC), "redirect_uri another", 400, "invalid_grant", |d| d.set("redirect_uri", "http://127.0.0.1:49153/callback")),
    row(Base::Refresh(BASIC), "refresh_token missing", 400, "invalid_request", |d| d.without("refresh_token")),
    row(Base::Refresh(BASIC), "refresh_token unknown", 400, "invalid_grant", |d| d.set("refresh_token", "guess")),
    row(Base::Refresh(BASIC), "refresh_token of another client", 400, "invalid_grant", |d| d.set("refresh_token", &d.spare.refresh)),
    row(Base::Refresh(BASIC), "refresh_token expired", 400, "invalid_grant", |_| advance(8 * 3600)),
    row(Base::Refresh(BASIC), "more scope than granted", 400, "invalid_scope", |d| d.push("scope", "openid profile")),
    row(Base::Refresh(BASIC), "scope malformed", 400, "invalid_scope", |d| d.push("scope", "openid  email")),
];

/// The exchange for an ID-JAG.
const EXCHANGE: &[Row] = &[
    row(Base::Exchange(BASIC), "requested_token_type missing", 400, "invalid_request", |d| d.without("requested_token_type")),
    row(Base::Exchange(BASIC), "requested_token_type another", 400, "invalid_request", |d| d.set("requested_token_type", urn::ID_TOKEN)),
    row(Base::Exchange(BASIC), "an access token for the notes", 400, "invalid_target", |d| d.set("requested_token_type", urn::ACCESS_TOKEN)),
    row(Base::Exchange(BASIC), "actor_token alone", 400, "invalid_request", |d| d.push("actor_token", "a.b.c")),
    row(Base::Exchange(BASIC), "actor_token_type alone", 400, "invalid_request", |d| d.push("actor_token_type", urn::ID_TOKEN)),
    row(Base::Exchange(BASIC), "an ID Token as actor", 400, "invalid_grant", |d| {
        d.push("actor_token", "a.b.c");
        d.push("actor_token_type", urn::ID_TOKEN);
    }),
    row(Base::Exchange(BASIC), "authorization_details", 400, "invalid_authorization_details", |d| d.push("authorization_details", "[]")),
    row(Base::Exchange(BASIC), "subject_token missing", 400, "invalid_request", |d| d.without("subject_token")),
    row(Base::Exchange(BASIC), "subject_token_type missing", 400, "invalid_request", |d| d.without("subject_token_type")),
    row(Base::Exchange(BASIC), "subject_token_type access_token", 400, "invalid_request", |d| {
        d.set("subject_token", &d.spare.access_token);
        d.set("subject_token_type", urn::ACCESS_TOKEN);
    }),
    row(Base::Exchange(BASIC), "subject_token_type saml2", 400, "invalid_request", |d| d.set("subject_token_type", urn::SAML2)),
    row(Base::Exchange(BASIC), "ID Token malformed", 400, "invalid_request", |d| d.set("subject_token", "opaque")),
    row(Base::Exchange(BASIC), "ID Token changed", 400, "invalid_request", |d| {
        let honest = get(&d.request, "subject_token");
        let parts: Vec<&str> = honest.split('.').collect();
        let claims = jagwalk::protocol::digest::from_b64url(parts[1]).unwrap();
        let claims = String::from_utf8(claims).unwrap().replace("alice", "carol");
        let claims = claims.replace("u-1001", "u-1003");
        let claims = jagwalk::protocol::digest::b64url(claims.as_bytes());
        d.set("subject_token", &format!("{}.{claims}.{}", parts[0], parts[2]));
    }),
    row(Base::Exchange(BASIC), "ID Token signed by another", 400, "invalid_request", |d| {
        let key = d.world.forger.rsa.clone();
        let mut forged = d.world.id_jag("x");
        forged.header = json!({ "typ": "JWT", "alg": "RS256", "kid": key.kid() });
        forged.claims["aud"] = json!(d.id());
        forged.key = key;
        forged.alg = Alg::RS256;
        d.set("subject_token", &forged.signed());
    }),
    row(Base::Exchange(BASIC), "ID Token for another client", 400, "invalid_grant", |d| d.set("subject_token", &d.spare.id_token)),
    row(Base::Exchange(BASIC), "ID Token expired", 400, "invalid_request", |_| advance(3600)),
    row(Base::Exchange(BASIC), "access token called an ID Token", 400, "invalid_request", |d| d.set("subject_token", &d.spare.access_token)),
    row(Base::Exchange(BASIC), "ID-JAG called an ID Token", 400, "invalid_request", |d| d.set("subject_token", &d.spare.id_jag)),
    row(Base::ExchangeRefresh(BASIC), "refresh token unknown", 400, "invalid_grant", |d| d.set("subject_token", "guess")),
    row(Base::ExchangeRefresh(BASIC), "refresh token of another client", 400, "invalid_grant", |d| d.set("subject_token", &d.spare.refresh)),
    row(Base::ExchangeRefresh(BASIC), "refresh token expired", 400, "invalid_grant", |_| advance(8 * 3600)),
    row(Base::Exchange(BASIC), "audience missing", 400, "invalid_request", |d| d.without("audience")),
    row(Base::Exchange(BASIC), "audience unknown", 400, "invalid_target", |d| d.set("audience", "https://as.example.com")),
    row(Base::Exchange(BASIC), "audience with a slash too many", 400, "invalid_target", |d| d.set("audience", &d.world.at_resource_as("/"))),
    row(Base::Exchange(BASIC), "audience is the token endpoint", 400, "invalid_target", |d| d.set("audience", &d.world.at_resource_as("/token"))),
    row(Base::Exchange(BASIC), "audience two", 400, "invalid_target", |d| d.push("audience", "https://as.example.com")),
    row(Base::Exchange(BASIC), "resource unknown", 400, "invalid_target", |d| d.set("resource", "https://api.example.com")),
    row(Base::Exchange(BASIC), "a second resource unknown", 400, "invalid_target", |d| d.push("resource", "https://api.example.com")),
    row(Base::Exchange(BASIC), "a second resource known", 400, "invalid_target", |d| d.push("resource", d.world.lab.mcp())),
    row(Base::Exchange(BASIC), "resource with a fragment", 400, "invalid_target", |d| d.set("resource", &format!("{}#x", d.world.lab.api()))),
    row(Base::Exchange(BASIC), "resource relative", 400, "invalid_target", |d| d.set("resource", "notes")),
    row(Base::Exchange(BASIC), "scope unknown", 400, "invalid_scope", |d| d.set("scope", "notes.read mail.read")),
    row(Base::Exchange(BASIC), "scope malformed", 400, "invalid_scope", |d| d.set("scope", "notes.read  notes.write")),
    row(Base::Exchange(BASIC), "scope that policy gives to nobody", 400, "invalid_scope", |d| d.set("scope", "notes.delete")),
    row(Base::Exchange(BASIC), "bob", 400, "access_denied", |d| d.set("subject_token", &d.spare.bobs_id_token)),
    row(Base::Exchange(BASIC), "carol asks to write", 400, "invalid_scope", |d| {
        d.set("subject_token", &d.spare.carols_id_token);
        d.set("scope", "notes.write");
    }),
];

/// SAML assertions: for an ID-JAG, and for a refresh token.
const SAML: &[Row] = &[
    row(Base::ExchangeSaml, "SAML assertion as XML", 400, "invalid_request", |d| d.set("subject_token", &d.world.assertion_xml("alice"))),
    row(Base::ExchangeSaml, "SAML assertion in the other alphabet", 400, "invalid_request", |d| d.set("subject_token", "PHNhbWw+/w==")),
    row(Base::ExchangeSaml, "SAML assertion altered", 400, "invalid_request", altered),
    row(Base::ExchangeSaml, "SAML assertion with a byte more", 400, "invalid_request", |d| {
        let xml = format!("{}\n", d.world.assertion_xml("alice"));
        d.set("subject_token", &b64url(xml.as_bytes()));
    }),
    row(Base::ExchangeSaml, "half a SAML assertion", 400, "invalid_request", |d| {
        let whole = d.world.assertion("alice");
        d.set("subject_token", &whole[..whole.len() / 2]);
    }),
    row(Base::ExchangeSaml, "SAML assertion of another", 400, "invalid_request", |d| {
        let id = "_AAAAAAAAAAAAAAAAAAAAAA";
        let xml = d.world.assertion_xml("alice");
        let own = xml.split("ID=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        d.set("subject_token", &b64url(xml.replace(own, id).as_bytes()));
    }),
    row(Base::ExchangeSaml, "no XML at all", 400, "invalid_request", |d| d.set("subject_token", &b64url(&[0xff, 0xfe]))),
    row(Base::ExchangeSaml, "SAML assertion for another client", 400, "invalid_grant", another_client),
    row(Base::ExchangeSaml, "SAML assertion expired", 400, "invalid_request", much_later),
    row(Base::ExchangeSaml, "SAML assertion called an ID Token", 400, "invalid_request", |d| d.set("subject_token_type", urn::ID_TOKEN)),
    row(Base::ExchangeSaml, "SAML assertion called one of SAML 1.1", 400, "invalid_request", |d| d.set("subject_token_type", "urn:ietf:params:oauth:token-type:saml1")),
    row(Base::ExchangeSaml, "bob's SAML assertion", 400, "access_denied", |d| d.set("subject_token", &d.world.assertion("bob"))),
    row(Base::SamlRefresh, "a refresh token for an ID Token", 400, "invalid_request", |d| {
        d.set("subject_token", &d.spare.id_token);
        d.set("subject_token_type", urn::ID_TOKEN);
    }),
    row(Base::SamlRefresh, "refresh: subject_token missing", 400, "invalid_request", |d| d.without("subject_token")),
    row(Base::SamlRefresh, "refresh: an actor", 400, "invalid_request", |d| {
        d.push("actor_token", "a.b.c");
        d.push("actor_token_type", urn::ID_TOKEN);
    }),
    row(Base::SamlRefresh, "refresh: an audience", 400, "invalid_target", |d| d.push("audience", d.world.lab.resource_as())),
    row(Base::SamlRefresh, "refresh: a resource", 400, "invalid_target", |d| d.push("resource", d.world.lab.api())),
    row(Base::SamlRefresh, "refresh: altered", 400, "invalid_request", altered),
    row(Base::SamlRefresh, "refresh: for another client", 400, "invalid_grant", another_client),
    row(Base::SamlRefresh, "refresh: expired", 400, "invalid_request", much_later),
    row(Base::SamlRefresh, "refresh: scope missing", 400, "invalid_scope", |d| d.without("scope")),
    row(Base::SamlRefresh, "refresh: scope without openid", 400, "invalid_scope", |d| d.set("scope", "offline_access")),
    row(Base::SamlRefresh, "refresh: scope without offline_access", 400, "invalid_scope", |d| d.set("scope", "openid email")),
    row(Base::SamlRefresh, "refresh: scope unknown", 400, "invalid_scope", |d| d.set("scope", "openid offline_access notes.read")),
    row(Base::SamlRefresh, "refresh: public client", 400, "unauthorized_client", |d| {
        d.proof = None;
        d.client = Some(d.world.idp_client(ClientKind::Public));
    }),
];

fn altered(d: &mut Draft<'_>) {
    let xml = d.world.assertion_xml("alice").replace("u-1001-alice", "u-1003-carol");
    d.set("subject_token", &b64url(xml.as_bytes()));
}

/// Eight hours on, with a client assertion of then.
fn much_later(d: &mut Draft<'_>) {
    advance(8 * 3600);
    d.proof().claim("iat", now().secs());
    d.proof().claim("exp", now().secs() + 60);
}

fn another_client(d: &mut Draft<'_>) {
    d.proof = None;
    d.client = Some(d.world.idp_client(BASIC));
}

/// The codes of a device, and the polls.
const DEVICE: &[Row] = &[
    row(Base::Device(BASIC), "scope missing", 400, "invalid_scope", |d| d.without("scope")),
    row(Base::Device(BASIC), "scope without openid", 400, "invalid_scope", |d| d.set("scope", "email")),
    row(Base::Device(BASIC), "scope unknown", 400, "invalid_scope", |d| d.set("scope", "openid notes.read")),
    row(Base::Device(BASIC), "scope twice", 400, "invalid_request", |d| d.push("scope", "openid")),
    row(Base::Device(BASIC), "no authentication", 401, "invalid_client", |d| d.client = None),
    row(Base::Device(BASIC), "client_id of another", 401, "invalid_client", |d| d.push("client_id", "agent-post")),
    row(Base::Poll(BASIC), "device_code missing", 400, "invalid_request", |d| d.without("device_code")),
    row(Base::Poll(BASIC), "device_code unknown", 400, "invalid_grant", |d| d.set("device_code", "other")),
    row(Base::Poll(BASIC), "device_code of another client", 400, "invalid_grant", |d| d.client = Some(d.world.idp_client(POST))),
    row(Base::Poll(BASIC), "device_code expired", 400, "expired_token", |_| advance(600)),
    row(Base::Poll(BASIC), "device_code long past", 400, "invalid_grant", |_| advance(1200)),
    row(Base::Poll(BASIC), "device_code used", 400, "invalid_grant", |d| d.again = true),
];

/// The ID-JAG at the resource AS.
const BEARER: &[Row] = &[
    row(Base::Bearer(BASIC), "assertion missing", 400, "invalid_request", |d| d.present("")),
    row(Base::Bearer(BASIC), "no JWT", 400, "invalid_grant", |d| d.present("opaque")),
    row(Base::Bearer(BASIC), "typ JWT", 400, "invalid_grant", |d| d.token().typ("JWT")),
    row(Base::Bearer(BASIC), "typ missing", 400, "invalid_grant", |d| d.token().header = json!({ "alg": "ES256" })),
    row(Base::Bearer(BASIC), "alg none", 400, "invalid_grant", |d| {
        let raw = d.token().unsigned();
        d.present(&raw);
    }),
    row(Base::Bearer(BASIC), "alg not on the list", 400, "invalid_grant", |d| {
        let key = d.world.forger.rsa.clone();
        d.token().header["alg"] = "RS256".into();
        d.token().header["kid"] = key.kid().into();
        d.token().key = key;
        d.token().alg = Alg::RS256;
    }),
    row(Base::Bearer(BASIC), "critical extension", 400, "invalid_grant", |d| d.token().header["crit"] = json!(["x"])),
    row(Base::Bearer(BASIC), "a claim twice", 400, "invalid_grant", |d| d.token().twice = Some("sub")),
    row(Base::Bearer(BASIC), "signed by a stranger", 400, "invalid_grant", |d| d.token().key = d.world.forger.stranger.clone()),
    row(Base::Bearer(BASIC), "kid unknown", 400, "invalid_grant", |d| d.token().header["kid"] = "other".into()),
    row(Base::Bearer(BASIC), "iss not trusted", 400, "invalid_grant", |d| d.token().claim("iss", "https://idp.example.com")),
    row(Base::Bearer(BASIC), "aud another", 400, "invalid_grant", |d| d.token().claim("aud", "https://as.example.com")),
    row(Base::Bearer(BASIC), "aud the token endpoint", 400, "invalid_grant", |d| {
        let endpoint = d.world.at_resource_as("/token");
        d.token().claim("aud", endpoint);
    }),
    row(Base::Bearer(BASIC), "aud with a slash too many", 400, "invalid_grant", |d| {
        let slash = d.world.at_resource_as("/");
        d.token().claim("aud", slash);
    }),
    row(Base::Bearer(BASIC), "aud two", 400, "invalid_grant", |d| {
        let two = json!([d.world.lab.resource_as(), "https://as.example.com"]);
        d.token().claim("aud", two);
    }),
    row(Base::Bearer(BASIC), "aud missing", 400, "invalid_grant", |d| d.token().without("aud")),
    row(Base::Bearer(BASIC), "client_id of the IdP’s side", 400, "invalid_grant", |d| d.token().claim("client_id", "agent-basic")),
    row(Base::Bearer(BASIC), "client_id missing", 400, "invalid_grant", |d| d.token().without("client_id")),
    row(Base::Bearer(BASIC), "exp missing", 400, "invalid_grant", |d| d.token().without("exp")),
    row(Base::Bearer(BASIC), "exp as text", 400, "invalid_grant", |d| d.token().claim("exp", "soon")),
    row(Base::Bearer(BASIC), "exp passed", 400, "invalid_grant", |_| advance(300)),
    row(Base::Bearer(BASIC), "nbf to come", 400, "invalid_grant", |d| d.token().claim("nbf", now().secs() + 31)),
    row(Base::Bearer(BASIC), "iat to come", 400, "invalid_grant", |d| d.token().claim("iat", now().secs() + 31)),
    row(Base::Bearer(BASIC), "iat missing", 400, "invalid_grant", |d| d.token().without("iat")),
    row(Base::Bearer(BASIC), "lives too long", 400, "invalid_grant", |d| d.token().claim("exp", now().secs() + 601)),
    row(Base::Bearer(BASIC), "jti missing", 400, "invalid_grant", |d| d.token().without("jti")),
    row(Base::Bearer(BASIC), "jti empty", 400, "invalid_grant", |d| d.token().claim("jti", "")),
    row(Base::Bearer(BASIC), "sub missing", 400, "invalid_grant", |d| d.token().without("sub")),
    row(Base::Bearer(BASIC), "sub unknown", 400, "invalid_grant", |d| d.token().claim("sub", "u-9")),
    row(Base::Bearer(BASIC), "bound to a key", 400, "invalid_grant", |d| d.token().claim("cnf", json!({ "jkt": "x" }))),
    row(Base::Bearer(BASIC), "resource another", 400, "invalid_target", |d| d.token().claim("resource", "https://api.example.com")),
    row(Base::Bearer(BASIC), "resource no text", 400, "invalid_target", |d| d.token().claim("resource", 7)),
    row(Base::Bearer(BASIC), "resource asked another", 400, "invalid_target", |d| d.push("resource", "https://api.example.com")),
    row(Base::Bearer(BASIC), "resource asked the other API", 400, "invalid_target", |d| {
        let mcp = d.world.lab.mcp().to_owned();
        d.push("resource", &mcp);
    }),
    row(Base::Bearer(BASIC), "resource two", 400, "invalid_target", |d| {
        let both = json!([d.world.lab.api(), d.world.lab.mcp()]);
        d.token().claim("resource", both);
    }),
    row(Base::Bearer(BASIC), "scope asked beyond", 400, "invalid_scope", |d| d.push("scope", "notes.read notes.delete")),
    row(Base::Bearer(BASIC), "scope asked malformed", 400, "invalid_scope", |d| d.push("scope", " notes.read")),
    row(Base::Bearer(BASIC), "scope malformed", 400, "invalid_scope", |d| d.token().claim("scope", "notes.read  notes.write")),
    row(Base::Bearer(BASIC), "scope unknown here", 400, "invalid_scope", |d| d.token().claim("scope", "mail.read")),
    row(Base::Bearer(BASIC), "scope no text", 400, "invalid_scope", |d| d.token().claim("scope", json!(["notes.read"]))),
];

/// The access token at the API.
const API: &[Row] = &[
    row(Base::Read, "no token", 401, "", |d| d.token = None),
    row(Base::Read, "another scheme", 401, "", |d| {
        d.token = None;
        d.header("authorization", "Basic YTpi");
    }),
    row(Base::Read, "token in the address", 400, "invalid_request", |d| {
        let raw = d.token().signed();
        d.query("access_token", &raw);
    }),
    row(Base::Write, "token in the body", 400, "invalid_request", |d| {
        let raw = d.token().signed();
        d.request.set_header("content-type", "application/x-www-form-urlencoded");
        d.request.body = Body::Text(format!("access_token={raw}"));
    }),
    row(Base::Read, "two tokens", 400, "invalid_request", |d| {
        let raw = d.token().signed();
        d.present(&raw);
        d.header("authorization", &format!("Bearer {raw}"));
    }),
    row(Base::Read, "empty token", 400, "invalid_request", |d| d.present("")),
    row(Base::Read, "two words", 400, "invalid_request", |d| d.present("one two")),
    row(Base::Read, "opaque token", 401, "invalid_token", |d| d.present("opaque")),
    row(Base::Read, "alg none", 401, "invalid_token", |d| {
        let raw = d.token().unsigned();
        d.present(&raw);
    }),
    row(Base::Read, "alg not on the list", 401, "invalid_token", |d| {
        let key = d.world.forger.rsa.clone();
        d.token().header["alg"] = "RS256".into();
        d.token().header["kid"] = key.kid().into();
        d.token().key = key;
        d.token().alg = Alg::RS256;
    }),
    row(Base::Read, "critical extension", 401, "invalid_token", |d| d.token().header["crit"] = json!(["x"])),
    row(Base::Read, "a claim twice", 401, "invalid_token", |d| d.token().twice = Some("scope")),
    row(Base::Read, "typ of an ID-JAG", 401, "invalid_token", |d| d.token().typ(urn::ID_JAG_TYP)),
    row(Base::Read, "typ JWT", 401, "invalid_token", |d| d.token().typ("JWT")),
    row(Base::Read, "signed by a stranger", 401, "invalid_token", |d| d.token().key = d.world.forger.stranger.clone()),
    row(Base::Read, "kid unknown", 401, "invalid_token", |d| d.token().header["kid"] = "other".into()),
    row(Base::Read, "the ID-JAG itself", 401, "invalid_token", |d| d.present(&d.spare.id_jag)),
    row(Base::Read, "the IdP's access token", 401, "invalid_token", |d| d.present(&d.spare.access_token)),
    row(Base::Read, "iss another", 401, "invalid_token", |d| {
        let other = d.world.lab.idp().to_owned();
        d.token().claim("iss", other);
    }),
    row(Base::Read, "aud another", 401, "invalid_token", |d| d.token().claim("aud", "https://api.example.com")),
    row(Base::Read, "aud missing", 401, "invalid_token", |d| d.token().without("aud")),
    row(Base::Read, "exp missing", 401, "invalid_token", |d| d.token().without("exp")),
    row(Base::Read, "exp passed", 401, "invalid_token", |_| advance(300)),
    row(Base::Read, "nbf to come", 401, "invalid_token", |d| d.token().claim("nbf", now().secs() + 31)),
    row(Base::Read, "iat missing", 401, "invalid_token", |d| d.token().without("iat")),
    row(Base::Read, "sub missing", 401, "invalid_token", |d| d.token().without("sub")),
    row(Base::Read, "client_id missing", 401, "invalid_token", |d| d.token().without("client_id")),
    row(Base::Read, "jti missing", 401, "invalid_token", |d| d.token().without("jti")),
    row(Base::Read, "bound to a key", 401, "invalid_token", |d| d.token().claim("cnf", json!({ "jkt": "x" }))),
    row(Base::Read, "scope missing", 403, "insufficient_scope", |d| d.token().without("scope")),
    row(Base::Read, "scope to write only", 403, "insufficient_scope", |d| d.token().claim("scope", "notes.write")),
    row(Base::Write, "scope to read only", 403, "insufficient_scope", |d| d.token().claim("scope", "notes.read")),
    row(Base::Write, "empty note", 400, "invalid_request", |d| d.request.body = Body::Text(String::new())),
];

/// The MCP server: first who calls, then what is said.
const MCP: &[Row] = &[
    row(Base::Open, "no token", 401, "", |d| d.token = None),
    row(Base::Open, "token in the address", 400, "invalid_request", |d| d.query("access_token", "x")),
    row(Base::Open, "aud the notes", 401, "invalid_token", |d| {
        let notes = d.world.lab.api().to_owned();
        d.token().claim("aud", notes);
    }),
    row(Base::Open, "aud more than the MCP server", 401, "invalid_token", |d| {
        let both = json!([d.world.lab.mcp(), d.world.lab.api()]);
        d.token().claim("aud", both);
    }),
    row(Base::Read, "aud the MCP server", 401, "invalid_token", |d| {
        let mcp = d.world.lab.mcp().to_owned();
        d.token().claim("aud", mcp);
    }),
    row(Base::Open, "exp passed", 401, "invalid_token", |_| advance(300)),
    row(Base::Open, "the ID-JAG itself", 401, "invalid_token", |d| d.present(&d.spare.id_jag)),
    row(Base::Open, "scope missing", 403, "insufficient_scope", |d| d.token().without("scope")),
    row(Base::Tools, "scope to read only, a tool that writes", 403, "insufficient_scope", |d| {
        d.token().claim("scope", "notes.read");
        d.say(&mcp::request(2, "tools/call", json!({ "name": "add_note", "arguments": { "text": "milk" } })));
    }),
    row(Base::Open, "from a page of another site", 403, "-32600", |d| d.header("origin", "https://evil.example")),
    row(Base::Open, "GET", 405, "", |d| "GET".clone_into(&mut d.request.method)),
    row(Base::Open, "accepts no stream", 406, "-32600", |d| d.request.set_header("accept", "application/json")),
    row(Base::Open, "content type of a form", 415, "-32600", |d| d.request.set_header("content-type", "application/x-www-form-urlencoded")),
    row(Base::Open, "no JSON", 400, "-32700", |d| d.request.body = Body::Text("{".to_owned())),
    row(Base::Open, "jsonrpc 1.0", 400, "-32600", |d| d.say(&json!({ "jsonrpc": "1.0", "id": 1, "method": "ping" }))),
    row(Base::Open, "a batch", 400, "-32600", |d| d.say(&json!([mcp::initialize(1)]))),
    row(Base::Open, "an id that is none", 400, "-32600", |d| d.say(&json!({ "jsonrpc": "2.0", "id": {}, "method": "ping" }))),
    row(Base::Open, "initialize without an id", 400, "-32600", |d| d.say(&json!({ "jsonrpc": "2.0", "method": "initialize" }))),
    row(Base::Open, "no protocolVersion", 200, "-32602", |d| {
        d.say(&mcp::request(1, "initialize", json!({ "capabilities": {}, "clientInfo": { "name": "c", "version": "0" } })));
    }),
    row(Base::Open, "no capabilities", 200, "-32602", |d| {
        d.say(&mcp::request(1, "initialize", json!({ "protocolVersion": "x", "clientInfo": { "name": "c", "version": "0" } })));
    }),
    row(Base::Open, "no clientInfo", 200, "-32602", |d| {
        d.say(&mcp::request(1, "initialize", json!({ "protocolVersion": "x", "capabilities": {} })));
    }),
    row(Base::Tools, "session missing", 400, "-32600", |d| d.request.headers.retain(|(name, _)| name != mcp::SESSION_HEADER)),
    row(Base::Tools, "session unknown", 404, "-32600", |d| d.request.set_header(mcp::SESSION_HEADER, "guess")),
    row(Base::Tools, "session of another", 404, "-32600", |d| d.token().claim("sub", "u-1003-carol")),
    row(Base::Tools, "version missing", 400, "-32600", |d| d.request.headers.retain(|(name, _)| name != mcp::VERSION_HEADER)),
    row(Base::Tools, "version that was not agreed on", 400, "-32600", |d| d.request.set_header(mcp::VERSION_HEADER, "2025-06-18")),
    row(Base::Tools, "method unknown", 200, "-32601", |d| d.say(&mcp::request(2, "resources/list", json!({})))),
    row(Base::Tools, "cursor of nobody", 200, "-32602", |d| d.say(&mcp::request(2, "tools/list", json!({ "cursor": "x" })))),
    row(Base::Tools, "tool unknown", 200, "-32602", |d| d.say(&mcp::request(2, "tools/call", json!({ "name": "delete_note" })))),
    row(Base::Tools, "an argument missing", 200, "-32602", |d| d.say(&mcp::request(2, "tools/call", json!({ "name": "add_note" })))),
    row(Base::Tools, "an argument too many", 200, "-32602", |d| {
        d.say(&mcp::request(2, "tools/call", json!({ "name": "list_notes", "arguments": { "all": true } })));
    }),
];

/// Every row.
pub const ALL: &[&[Row]] = &[AUTHORIZE_PAGE, AUTHORIZE, GATE, CLIENT_ASSERTION, CODE, DEVICE, EXCHANGE, SAML, BEARER, API, MCP, proofs::AT_TOKEN, proofs::AT_API, proofs::BOUND];
