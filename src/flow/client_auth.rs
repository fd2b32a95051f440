//! How a client proves itself to a server: each server has a client of its own.

use serde_json::{Map, Value as Json, json};

use super::{Blocked, Draft, Inputs, Want, bag::Credential, glossary};
use crate::{
    profile::{AssertionAudience, Auth, Client, FieldPath, Side},
    protocol::{
        exchange::Request,
        http::{Body, HttpRequest, Params, Value, form_encode},
        jwt::jose,
        keys::{Alg, PrivateKey, alg_named},
        oauth::urn,
        pointer::{Pointer, Side as Message},
        secret::Secret,
    },
};

/// How long a client assertion lives, in seconds: long enough for a slow hand, short enough to be worthless later.
const ASSERTION_LIFETIME: i64 = 120;

/// The server a client proves itself to.
#[derive(Clone, Copy, Debug)]
pub struct Server<'a> {
    /// Its issuer identifier, as its metadata or the profile says.
    pub issuer: &'a str,
    /// The token endpoint that is called.
    pub token_endpoint: &'a str,
}

/// Builds the POST to a token endpoint, with the client's authentication in it.
///
/// # Errors
/// The fields of the client that are missing or unusable.
pub fn token_request(
    inputs: &Inputs<'_>,
    step: &str,
    side: Side,
    server: Server<'_>,
    params: Params,
) -> Result<Draft, Vec<Blocked>> {
    let client = inputs.profile.client(side);
    let mut draft = Draft {
        request: Request::Http(HttpRequest::post_form(server.token_endpoint, params)),
        notes: Vec::new(),
        wants: Vec::new(),
        resolved: Vec::new(),
        made: inputs.ink.now,
    };
    authenticate(&mut draft, inputs, step, &client, server)?;
    Ok(draft)
}

fn authenticate(
    draft: &mut Draft,
    inputs: &Inputs<'_>,
    step: &str,
    client: &Client,
    server: Server<'_>,
) -> Result<(), Vec<Blocked>> {
    let Some(id) = client.id.as_deref() else {
        return Err(vec![Blocked::Missing(client.id_field.0.to_owned())]);
    };
    let Request::Http(request) = &mut draft.request else {
        return Ok(());
    };
    let HttpRequest {
        body: Body::Form(form),
        headers,
        ..
    } = request
    else {
        return Ok(());
    };
    match client.auth {
        Auth::None => {
            form.push("client_id", id);
            draft.notes.push((
                Pointer::Form("client_id".to_owned()),
                format!(
                    "A public client only names itself ({} is none).",
                    client.auth_field.0
                ),
            ));
        }
        Auth::SecretBasic => {
            let secret = secret(inputs, client.secret_field, &mut draft.wants)?;
            let pair = format!("{}:{}", form_encode(id), form_encode(secret.reveal()));
            let encoded = base64(&pair);
            let name = format!("{}: Basic", client.secret_field.0);
            let credentials = if secret.is_empty() {
                Secret::typed(secret.name(), "")
            } else {
                Secret::typed(name, encoded)
            };
            headers.push((
                "authorization".to_owned(),
                Value::after("Basic ", credentials),
            ));
            draft.notes.push((
                Pointer::Header(Message::Request, "authorization".to_owned()),
                format!(
                    "Basic: base64 of client id {id} and its secret, each form-encoded first (RFC 6749 §2.3.1). The \
                     id comes from {}.",
                    client.id_field.0
                ),
            ));
        }
        Auth::SecretPost => {
            let secret = secret(inputs, client.secret_field, &mut draft.wants)?;
            form.push("client_id", id);
            form.push("client_secret", secret);
            draft.notes.push((
                Pointer::Form("client_secret".to_owned()),
                format!(
                    "The secret goes in the body, because {} is client_secret_post.",
                    client.auth_field.0
                ),
            ));
        }
        Auth::PrivateKeyJwt => {
            let assertion = assertion(&mut draft.wants, inputs, step, client, id, server)?;
            form.push("client_id", id);
            form.push("client_assertion_type", urn::CLIENT_ASSERTION);
            form.push("client_assertion", assertion);
            let audience = audience(client, server);
            draft.notes.push((
                Pointer::Form("client_assertion".to_owned()),
                format!(
                    "A JWT signed with the client’s own key: iss and sub are {id}, aud is {audience}, good for \
                     {ASSERTION_LIFETIME} s and for one use."
                ),
            ));
        }
    }
    Ok(())
}

/// Returns the secret, or a stand-in and the wish for it.
///
/// # Errors
/// When the field is empty, or what it names cannot be had.
pub fn secret(
    inputs: &Inputs<'_>,
    field: FieldPath,
    wants: &mut Vec<Want>,
) -> Result<Secret, Vec<Blocked>> {
    match inputs.secrets.credential(inputs.profile, field) {
        Credential::Ready(secret) => Ok(secret),
        Credential::Pending(path, source, stand_in) => {
            wants.push(Want::Secret(path, source));
            Ok(stand_in)
        }
        Credential::Missing => Err(vec![Blocked::Missing(field.0.to_owned())]),
        Credential::Broken(path, why) => Err(vec![Blocked::Invalid(path.0.to_owned(), why)]),
    }
}

fn audience(client: &Client, server: Server<'_>) -> String {
    match &client.assertion_audience {
        AssertionAudience::Issuer => server.issuer.to_owned(),
        AssertionAudience::TokenEndpoint => server.token_endpoint.to_owned(),
        AssertionAudience::Other(text) => text.clone(),
    }
}

fn assertion(
    wants: &mut Vec<Want>,
    inputs: &Inputs<'_>,
    step: &str,
    client: &Client,
    id: &str,
    server: Server<'_>,
) -> Result<Secret, Vec<Blocked>> {
    let Some((key, alg)) = key(inputs, client.key_field, client.alg.as_deref(), wants)? else {
        return Ok(Secret::minted("client-assertion: signed when sent", ""));
    };
    let kid = client.kid.clone().unwrap_or_else(|| key.kid());
    let now = inputs.ink.now.secs();
    let header = json!({
        "typ": "client-authentication+jwt",
        "alg": crate::protocol::keys::alg_name(alg),
        "kid": kid,
    });
    let mut claims = json!({
        "iss": id,
        "sub": id,
        "aud": audience(client, server),
        "jti": inputs.ink.token(&format!("client-assertion {step} {} {now}", inputs.sent)),
        "iat": now,
        "exp": now + ASSERTION_LIFETIME,
    });
    merge(&mut claims, &inputs.profile.step(step).claims);
    jose::sign(&header, &claims, &key, alg)
        .map(|jwt| Secret::minted("client-assertion", jwt))
        .map_err(|error| vec![Blocked::Invalid(client.key_field.0.to_owned(), error.0)])
}

/// Returns the key of a field and what it signs with: `alg`, or what fits the key. None as long as the key has to be
/// fetched, which goes into `wants`.
///
/// # Errors
/// When there is no key, none that can be read, or none that signs with that.
pub fn key(
    inputs: &Inputs<'_>,
    field: FieldPath,
    alg: Option<&str>,
    wants: &mut Vec<Want>,
) -> Result<Option<(PrivateKey, Alg)>, Vec<Blocked>> {
    let material = secret(inputs, field, wants)?;
    if material.is_empty() {
        return Ok(None);
    }
    let invalid = |says: String| vec![Blocked::Invalid(field.0.to_owned(), says)];
    let key = PrivateKey::parse(material.reveal()).map_err(|error| invalid(error.0))?;
    let alg = match alg {
        None => key.alg(),
        Some(name) => alg_named(name).ok_or_else(|| {
            invalid(format!(
                "alg {name} cannot be computed; use RS256, PS256, ES256, ES384 or EdDSA."
            ))
        })?,
    };
    Ok(Some((key, alg)))
}

/// Puts the profile's own claims in, in place of ours or beside them.
pub fn merge(claims: &mut Json, extra: &Map<String, Json>) {
    for (name, value) in extra {
        claims[name] = value.clone();
    }
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// Puts the profile's `[step.ID]` parameters and headers in, in place of ours or beside them, and adds what is
/// generally known of each part to the notes.
pub fn finish(mut draft: Draft, inputs: &Inputs<'_>, step: &str) -> Draft {
    let overrides = inputs.profile.step(step);
    let request = match &mut draft.request {
        Request::Http(request) => request,
        Request::Browser(request) => &mut request.http,
    };
    for (name, value) in &overrides.headers {
        request.set_header(name, value.as_str());
        draft.notes.push((
            Pointer::Header(Message::Request, name.to_ascii_lowercase()),
            format!("Set by step.{step}.headers in the profile."),
        ));
    }
    for (name, value) in &overrides.params {
        let says = format!("Set by step.{step}.params in the profile.");
        if let Body::Form(form) = &mut request.body {
            form.set(name, value.as_str());
            draft.notes.push((Pointer::Form(name.clone()), says));
        } else {
            request.query.set(name, value.as_str());
            draft.notes.push((Pointer::Query(name.clone()), says));
        }
    }
    let mut places: Vec<Pointer> = Vec::new();
    places.extend(
        request
            .query
            .0
            .iter()
            .map(|(name, _)| Pointer::Query(name.clone())),
    );
    places.extend(
        request
            .headers
            .iter()
            .map(|(name, _)| Pointer::Header(Message::Request, name.clone())),
    );
    places.extend(
        request
            .form()
            .into_iter()
            .flat_map(|form| &form.0)
            .map(|(name, _)| Pointer::Form(name.clone())),
    );
    let form = request.form().is_some();
    for place in places {
        // What is generally known of a content type is known of forms.
        let other = place == Pointer::Header(Message::Request, "content-type".to_owned());
        if other && !form {
            continue;
        }
        if let Some(says) = glossary::of_place(&place) {
            draft.notes.push((place, says));
        }
    }
    draft
}
