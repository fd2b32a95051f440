//! Vectors of the RFCs, judged with our own code: what others computed, we compute too.

use jagwalk::protocol::{
    digest::{b64url, pkce_s256, sha256},
    jwt::{Claims, Signature, Token, jose},
    keys::{alg_named, install_crypto, thumbprint, verify},
    metadata::Jwks,
    secret::Secret,
};
use serde_json::Value;
use url::Url;

/// One case a line; `expect` is `fail` where a right implementation refuses.
const VECTORS: &str = include_str!("../vectors/rfc_vectors.jsonl");

/// How far the `iat` of a DPoP proof may be from the server's clock, in seconds (RFC 9449 §11.1 leaves it open).
const PROOF_WINDOW: i64 = 300;

#[test]
fn every_vector_comes_out_as_the_rfc_says() {
    install_crypto();
    let mut wrong = Vec::new();
    for line in VECTORS.lines().filter(|line| !line.trim().is_empty()) {
        let case: Value = serde_json::from_str(line).expect("a case is one JSON object a line");
        let verdict = judge(&case);
        let expected = if case["expect"] == "fail" {
            "fail"
        } else {
            "ok"
        };
        if (expected == "ok") != verdict.is_ok() {
            let name = format!("{} {}", case["kind"], case["name"]);
            wrong.push(format!("{name}: expected {expected}, got {verdict:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(VECTORS.lines().count() >= 20, "vectors are missing");
}

fn judge(case: &Value) -> Result<(), String> {
    match text(case, "kind") {
        "pkce" => same(
            "challenge",
            &pkce_s256(text(case, "verifier")),
            text(case, "challenge"),
        ),
        "ath" => same("ath", &ath(text(case, "access_token")), text(case, "value")),
        "thumbprint" => {
            let ours = thumbprint(&case["jwk"]).ok_or("the key has no thumbprint")?;
            same("thumbprint", &ours, text(case, "value"))
        }
        "jwt" => jwt(case),
        "dpop" => dpop(case),
        other => panic!("there is no kind {other:?}"),
    }
}

/// Judges a JWT by its issuer's keys, its issuer and its end.
fn jwt(case: &Value) -> Result<(), String> {
    let token = Token::parse(&Secret::minted("vector", text(case, "jwt")));
    let keys: Jwks =
        serde_json::from_value(case["jwks"].clone()).map_err(|error| error.to_string())?;
    let signature = jose::check(&token, Some(&keys), "the vector");
    if !matches!(signature, Signature::Verified { .. }) {
        return Err(signature.to_string());
    }
    let claims = Claims(token.claims.json.as_ref().ok_or("no claims")?);
    if let Some(iss) = case["iss"].as_str() {
        same("iss", claims.text("iss").unwrap_or_default(), iss)?;
    }
    match claims.time("exp") {
        Some(end) if end.secs() <= now(case) => Err(format!("it ended at {}", end.secs())),
        _ => Ok(()),
    }
}

/// Judges a DPoP proof as a server does (RFC 9449 §4.3).
fn dpop(case: &Value) -> Result<(), String> {
    let jwt = text(case, "jwt");
    let token = Token::parse(&Secret::minted("vector", jwt));
    let header = token.header.json.as_ref().ok_or("no header")?;
    same(
        "typ",
        header["typ"].as_str().unwrap_or_default(),
        "dpop+jwt",
    )?;
    let alg = header["alg"]
        .as_str()
        .and_then(alg_named)
        .ok_or("no asymmetric alg")?;
    let jwk = &header["jwk"];
    if jwk.get("d").is_some() {
        return Err("the proof carries the private key".to_owned());
    }
    let (input, signature) = jwt.rsplit_once('.').ok_or("no signature")?;
    if !verify(jwk, alg, input.as_bytes(), signature).map_err(|error| error.to_string())? {
        return Err("the signature is not by the key in the header".to_owned());
    }

    let claims = Claims(token.claims.json.as_ref().ok_or("no claims")?);
    let claim = |name| claims.text(name).unwrap_or_default();
    same("htm", claim("htm"), text(case, "htm"))?;
    same("htu", &bare(claim("htu"))?, &bare(text(case, "htu"))?)?;
    if claim("jti").is_empty() {
        return Err("no jti".to_owned());
    }
    let made = claims.time("iat").ok_or("no iat")?.secs();
    if (now(case) - made).abs() > PROOF_WINDOW {
        return Err(format!("made at {made}, judged at {}", now(case)));
    }
    if let Some(nonce) = case["nonce"].as_str() {
        same("nonce", claim("nonce"), nonce)?;
    }
    let bound_to = case["access_token"].as_str().map(ath).unwrap_or_default();
    same("ath", claim("ath"), &bound_to)?;
    match case["jkt"].as_str() {
        Some(jkt) => same("jkt", &thumbprint(jwk).unwrap_or_default(), jkt),
        None => Ok(()),
    }
}

/// Computes the `ath` of an access token (RFC 9449 §4.2).
fn ath(access_token: &str) -> String {
    b64url(&sha256(access_token.as_bytes()))
}

/// Returns an address as `htu` is compared: normalised, without query and fragment.
fn bare(address: &str) -> Result<String, String> {
    let mut url = Url::parse(address).map_err(|error| format!("{address:?}: {error}"))?;
    url.set_query(None);
    url.set_fragment(None);
    Ok(url.into())
}

fn same(what: &str, ours: &str, theirs: &str) -> Result<(), String> {
    if ours == theirs {
        Ok(())
    } else {
        Err(format!("{what} {ours:?} is not {theirs:?}"))
    }
}

fn now(case: &Value) -> i64 {
    case["now"].as_i64().expect("a case says when it is judged")
}

fn text<'a>(case: &'a Value, name: &str) -> &'a str {
    case[name]
        .as_str()
        .unwrap_or_else(|| panic!("{} has no {name}", case["name"]))
}
