//! What every request to a token endpoint, and every answer of one, obeys (FACTS §3.3).

mod tok_auth_method;
mod tok_cache;
mod tok_dup_param;
mod tok_encoding;
mod tok_error_basic_401;
mod tok_error_known;
mod tok_error_shape;
mod tok_expires_in;
mod tok_json;
mod tok_multi_auth;
mod tok_no_auth;
mod tok_post_form;
mod tok_scope_silent;
mod tok_scope_syntax;
mod tok_secret_in_url;

use serde_json::Value;

use crate::{lint::prelude::*, protocol::http::HttpRequest};

/// The rules of this group.
pub static RULES: &[&Rule] = &[
    &tok_post_form::RULE,
    &tok_dup_param::RULE,
    &tok_multi_auth::RULE,
    &tok_no_auth::RULE,
    &tok_cache::RULE,
    &tok_json::RULE,
    &tok_scope_silent::RULE,
    &tok_scope_syntax::RULE,
    &tok_error_shape::RULE,
    &tok_encoding::RULE,
    &tok_auth_method::RULE,
    &tok_expires_in::RULE,
    &tok_error_basic_401::RULE,
    &tok_error_known::RULE,
    &tok_secret_in_url::RULE,
];

/// Returns the ways of client authentication that a request shows, by their names in metadata (RFC 8414 §2), each with
/// its place.
fn ways(subject: &Subject<'_>) -> Vec<(&'static str, Pointer)> {
    let mut ways = Vec::new();
    if scheme(subject).as_deref() == Some("basic") {
        let at = Pointer::Header(Side::Request, "authorization".to_owned());
        ways.push(("client_secret_basic", at));
    }
    if subject.fills("client_secret") {
        let at = Pointer::Form("client_secret".to_owned());
        ways.push(("client_secret_post", at));
    }
    if subject.fills("client_assertion") {
        let token = subject.client_assertion();
        let alg = token.as_ref().and_then(|token| header(token).text("alg"));
        let way = match alg {
            Some(alg) if alg.starts_with("HS") => "client_secret_jwt",
            _ => "private_key_jwt",
        };
        ways.push((way, Pointer::Form("client_assertion".to_owned())));
    }
    if ways.is_empty() && subject.text(fields::VARIANT) == Some("sole") {
        // The assertion about the instance is the client's only credential (CIA §8.3, CIA-01 §8.3).
        for (param, way) in [
            ("client_instance_assertion", "client_instance_assertion"),
            ("actor_token", "client_instance_jwt"),
        ] {
            if subject.fills(param) {
                ways.push((way, Pointer::Form(param.to_owned())));
            }
        }
    }
    ways
}

/// Tells whether a client may prove itself by what is no parameter: a certificate, an attestation, or a scheme of the
/// `Authorization` header that is not Basic.
fn proves_itself_otherwise(subject: &Subject<'_>) -> bool {
    let certificate = fields::NETWORK_CLIENT_CERTIFICATE;
    subject.profile.secret(certificate).is_some()
        || subject.sent_header("oauth-client-attestation").is_some()
        || scheme(subject).is_some_and(|scheme| scheme != "basic")
}

/// Returns the scheme of the `Authorization` header, in lower case.
fn scheme(subject: &Subject<'_>) -> Option<String> {
    let sent = subject.sent_header("authorization")?;
    sent.split(' ').next().map(str::to_ascii_lowercase)
}

/// Returns whose side a wrong address is on: the server's when its own metadata name it.
fn whose_address(subject: &Subject<'_>) -> Party {
    let server = subject.server();
    let asked = subject.http().map(HttpRequest::address);
    let metadata = subject.metadata(server);
    let named = metadata
        .as_ref()
        .and_then(|metadata| metadata.text("token_endpoint"));
    if named.is_some() && named == asked.as_deref() {
        server
    } else {
        Party::You
    }
}

/// Says why a rule about success bodies has nothing to look at.
pub(super) fn waits(subject: &Subject<'_>) -> Check {
    if subject.response().is_none() {
        Check::NotYet("no answer came")
    } else {
        Check::NotApplicable
    }
}

/// Names the kind of a JSON value, which may be a token, without showing it.
fn kind_of(value: Option<&Value>) -> &'static str {
    match value {
        None => "nothing",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "true or false",
        Some(Value::Number(_)) => "a number",
        Some(Value::String(text)) if text.is_empty() => "an empty text",
        Some(Value::String(_)) => "a text",
        Some(Value::Array(_)) => "a list",
        Some(Value::Object(_)) => "an object",
    }
}
