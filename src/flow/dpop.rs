//! Proofs of possession: which requests carry one, and how it is made (RFC 9449).
//!
//! A walk has one key for all its proofs, made from its seed: nobody has to keep it, and a new walk has another.

use serde_json::json;

use super::{Artifact, Blocked, Inputs, Made};
use crate::{
    profile::{Profile, fields},
    protocol::{
        digest::{b64url, sha256},
        exchange::{Exchange, Purpose, Request},
        http::{Body, HttpRequest, Value},
        jwt::{Claims, Token, jose},
        keys::{Alg, PrivateKey, alg_name, alg_named},
        oauth::OAuthError,
        pointer::{Pointer, Side},
        secret::Secret,
    },
};

/// The `typ` of a proof (RFC 9449 §4.2).
pub const TYP: &str = "dpop+jwt";

/// The name of the header field, as drafts spell header fields.
pub const HEADER: &str = "dpop";

/// What a proof is called in pointers.
pub const NAME: &str = "dpop-proof";

/// What the key of a walk is drawn under.
const KEY: &str = "dpop";

/// Whether requests carry proofs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mode {
    /// None does.
    Off,
    /// Every one does; a server that does not bind is put up with.
    On,
    /// Every one does, and a token that comes unbound is refused.
    Required,
}

/// Returns what the profile says of proofs.
pub fn mode(profile: &Profile) -> Mode {
    match profile.text(fields::DPOP_MODE) {
        Some("on") => Mode::On,
        Some("required") => Mode::Required,
        _ => Mode::Off,
    }
}

/// Returns the key of the walk, and what it signs with.
///
/// # Errors
/// When the profile names an algorithm that no key of a walk is made for.
pub fn key(inputs: &Inputs<'_>) -> Result<(PrivateKey, Alg), Blocked> {
    let name = inputs.profile.text(fields::DPOP_ALG).unwrap_or("ES256");
    let invalid = |says: String| Blocked::Invalid(fields::DPOP_ALG.0.to_owned(), says);
    let alg = alg_named(name)
        .ok_or_else(|| invalid(format!("expected ES256, ES384 or EdDSA, received {name}.")))?;
    let key = inputs.ink.key(KEY, alg).map_err(|error| invalid(error.0))?;
    Ok((key, alg))
}

/// Returns the thumbprint of the walk's key (RFC 7638), as `cnf.jkt` and `dpop_jkt` have it.
///
/// # Errors
/// As [`key`].
pub fn thumbprint(inputs: &Inputs<'_>) -> Result<String, Blocked> {
    Ok(key(inputs)?.0.thumbprint())
}

/// Puts a fresh proof into a request, where the profile wants proofs; `token` is the access token that goes with it.
/// Returns what there is to say of it.
///
/// # Errors
/// As [`key`].
pub fn prove(
    request: &mut HttpRequest,
    inputs: &Inputs<'_>,
    token: Option<&Secret>,
) -> Result<Option<(Pointer, String)>, Blocked> {
    if mode(inputs.profile) == Mode::Off {
        return Ok(None);
    }
    let (key, alg) = key(inputs)?;
    let nonce = inputs.nonces.get(address(request));
    let proof = proof(request, inputs, (&key, alg), token, nonce)
        .map_err(|error| Blocked::Invalid(fields::DPOP_ALG.0.to_owned(), error.0))?;
    request.set_header(HEADER, proof);
    let nonce = match nonce {
        Some(_) => ", with the nonce that this server gave",
        None => "",
    };
    let ath = match token {
        Some(_) => " and to this access token (ath)",
        None => "",
    };
    let says = format!(
        "A proof that we hold the key {}: bound to this method and address{ath}{nonce}, good once (RFC 9449 §4.2).",
        key.thumbprint()
    );
    Ok(Some((
        Pointer::Header(Side::Request, HEADER.to_owned()),
        says,
    )))
}

/// Makes a proof for a request.
///
/// # Errors
/// When the key does not sign.
pub fn proof(
    request: &HttpRequest,
    inputs: &Inputs<'_>,
    (key, alg): (&PrivateKey, Alg),
    token: Option<&Secret>,
    nonce: Option<&String>,
) -> Result<Secret, crate::protocol::keys::KeyError> {
    let htu = address(request);
    let now = inputs.ink.now;
    let header = json!({ "typ": TYP, "alg": alg_name(alg), "jwk": key.public_jwk() });
    let label = format!("dpop {} {htu} {} {}", request.method, inputs.sent, now.0);
    let mut claims = json!({
        "jti": inputs.ink.token(&label),
        "htm": request.method,
        "htu": htu,
        "iat": now.secs(),
    });
    if let Some(token) = token {
        claims["ath"] = json!(b64url(&sha256(token.reveal().as_bytes())));
    }
    if let Some(nonce) = nonce {
        claims["nonce"] = json!(nonce);
    }
    jose::sign(&header, &claims, key, alg).map(|jwt| Secret::minted(NAME, jwt))
}

/// Puts the access token into a request to an API: as `DPoP` with a proof where it is bound to a key, else as `Bearer`
/// (RFC 9449 §7.1). Returns what there is to say of it.
///
/// # Errors
/// As [`key`].
pub fn present(
    request: &mut HttpRequest,
    inputs: &Inputs<'_>,
    token: &Secret,
) -> Result<Vec<(Pointer, String)>, Blocked> {
    let at = Pointer::Header(Side::Request, "authorization".to_owned());
    if mode(inputs.profile) == Mode::Off || !is_bound(inputs, token) {
        request.set_header("authorization", Value::after("Bearer ", token.clone()));
        let says =
            "Bearer and the access token: whoever holds the token may use it (RFC 6750 §2.1).";
        return Ok(vec![(at, says.to_owned())]);
    }
    request.set_header("authorization", Value::after("DPoP ", token.clone()));
    let says = "DPoP and the access token: it is good only beside a proof by the key that it is bound to \
                (RFC 9449 §7.1).";
    let mut notes = vec![(at, says.to_owned())];
    notes.extend(prove(request, inputs, Some(token))?);
    Ok(notes)
}

/// Tells whether an access token is bound to a key: it says so, or it came as `DPoP`.
fn is_bound(inputs: &Inputs<'_>, token: &Secret) -> bool {
    let parsed = Token::parse(token);
    let cnf = parsed
        .claims
        .json
        .as_ref()
        .and_then(|json| json.get("cnf")?.get("jkt"));
    let came = inputs.bag.shown(Artifact::AccessTokenType);
    cnf.is_some() || came.is_some_and(|typed| typed.eq_ignore_ascii_case("dpop"))
}

/// Says why a token is refused that came unbound although the profile requires binding.
pub fn downgraded(inputs: &Inputs<'_>, typed: Option<&str>) -> Option<String> {
    let bound = typed.is_some_and(|typed| typed.eq_ignore_ascii_case("dpop"));
    (mode(inputs.profile) == Mode::Required && !bound).then(|| {
        format!(
            "Expected token_type DPoP, because dpop.mode is required; received {}: the token is not bound to the key \
             (RFC 9449 §5).",
            typed.unwrap_or("none")
        )
    })
}

/// Returns the nonce that an answer gives for the next proof to that address (RFC 9449 §8.2).
pub fn given(exchange: &Exchange) -> Option<(String, String)> {
    let nonce = exchange.response()?.header("dpop-nonce")?;
    let plain = !nonce.is_empty() && nonce.bytes().all(|byte| byte.is_ascii_graphic());
    plain.then(|| {
        let url = address(exchange.request.http()).to_owned();
        (url, nonce.to_owned())
    })
}

/// Tells whether an answer refuses a proof only for its nonce, and gives one that the proof did not have: then the
/// request is sent once more (RFC 9449 §8, §9).
pub fn wants_nonce(exchange: &Exchange, made: &[Made]) -> bool {
    let Some(response) = exchange.response().filter(|answer| answer.status >= 400) else {
        return false;
    };
    if OAuthError::of(response).error.as_deref() != Some("use_dpop_nonce") {
        return false;
    }
    let Some((_, nonce)) = given(exchange) else {
        return false;
    };
    let Some(proof) = exchange.request.http().header(HEADER) else {
        return false;
    };
    let proof = Token::parse(&Secret::minted(NAME, proof.wire()));
    let sent = proof.claims.json.as_ref();
    let sent = sent.and_then(|json| Claims(json).text("nonce").map(str::to_owned));
    // The one in hand is the last; those right before it were for the same thing.
    let before = made.iter().rev().skip(1);
    let tries = before.take_while(|made| made.purpose == Purpose::Retry);
    sent.as_deref() != Some(&nonce) && tries.count() < RETRIES
}

/// Makes a request once more, with a fresh proof. `None` for a form: that may hold an assertion that is good once, and
/// is drafted anew.
pub fn again(request: &Request, inputs: &Inputs<'_>) -> Option<HttpRequest> {
    let Request::Http(request) = request else {
        return None;
    };
    if matches!(request.body, Body::Form(_)) {
        return None;
    }
    let mut request = request.clone();
    let token = request
        .header("authorization")
        .and_then(Value::secret)
        .cloned();
    prove(&mut request, inputs, token.as_ref()).ok()?;
    Some(request)
}

/// How often one request is sent again with another nonce: once, and once more where the nonce ends meanwhile.
const RETRIES: usize = 2;

/// The address that a proof is bound to: without query and fragment (RFC 9449 §4.2).
fn address(request: &HttpRequest) -> &str {
    let url = &request.url;
    url.split(['?', '#']).next().unwrap_or(url)
}
