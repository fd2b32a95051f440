//! Signing and verifying: jsonwebtoken computes, it never displays and never judges.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::token::{Form, Token};
use crate::protocol::{
    digest::b64url,
    keys::{self, Alg, KeyError, PrivateKey, alg_name, alg_named},
    metadata::Jwks,
};

/// What is known of a token's signature. "Not checked" is never "failed".
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum Signature {
    /// It was made with that key.
    Verified {
        /// The algorithm.
        alg: String,
        /// The key's id.
        kid: Option<String>,
        /// Where the key was found.
        from: String,
    },
    /// It was not made with the issuer's key.
    Failed {
        /// What was tried.
        why: String,
    },
    /// It could not be checked.
    NotChecked {
        /// Why not.
        why: String,
    },
}

impl Signature {
    /// Returns the word used in reports.
    pub fn id(&self) -> &'static str {
        match self {
            Self::Verified { .. } => "verified",
            Self::Failed { .. } => "failed",
            Self::NotChecked { .. } => "not-checked",
        }
    }

    /// Makes a "not checked" with its reason.
    pub fn not_checked(why: impl Into<String>) -> Self {
        Self::NotChecked { why: why.into() }
    }
}

/// `verified · ES256 · kid 7Qd · key from https://…`.
impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Verified { alg, kid, from } => {
                write!(f, "verified · {alg} · ")?;
                if let Some(kid) = kid {
                    write!(f, "kid {kid} · ")?;
                }
                write!(f, "key from {from}")
            }
            Self::Failed { why } => write!(f, "failed · {why}"),
            Self::NotChecked { why } => write!(f, "not checked · {why}"),
        }
    }
}

/// Signs a JWT; header and claims go out with their members in the order given.
///
/// # Errors
/// When the key does not fit the algorithm.
pub fn sign(
    header: &Value,
    claims: &Value,
    key: &PrivateKey,
    alg: Alg,
) -> Result<String, KeyError> {
    let input = format!(
        "{}.{}",
        b64url(header.to_string().as_bytes()),
        b64url(claims.to_string().as_bytes())
    );
    let signature = key.sign(alg, input.as_bytes())?;
    Ok(format!("{input}.{signature}"))
}

/// Tells whether a key set lacks what a token names, so that a fetch of the keys could help (RFC 7517 §4.5).
pub fn wants_fresh_keys(token: &Token, keys: Option<&Jwks>) -> bool {
    let Some(header) = token
        .header
        .json
        .as_ref()
        .filter(|_| token.form == Form::Jws)
    else {
        return false;
    };
    if header["alg"].as_str().and_then(alg_named).is_none() {
        return false;
    }
    match (keys, header["kid"].as_str()) {
        (None, _) => true,
        (Some(keys), Some(kid)) => !keys.keys().any(|key| key["kid"] == kid),
        (Some(_), None) => false,
    }
}

/// Checks a token's signature against its issuer's keys; `from` says where they were found.
pub fn check(token: &Token, keys: Option<&Jwks>, from: &str) -> Signature {
    match token.form {
        Form::Jws => {}
        Form::Jwe => return Signature::not_checked("the token is encrypted for somebody else"),
        Form::Saml => {
            return Signature::not_checked("signatures of SAML assertions are not checked here");
        }
        Form::Opaque => {
            return Signature::not_checked("the token is opaque: only its issuer can read it");
        }
    }
    let Some(header) = token.header.json.as_ref() else {
        return Signature::not_checked("the header could not be read");
    };
    let Some(name) = header["alg"].as_str() else {
        return Signature::not_checked("the header names no `alg`");
    };
    if name.eq_ignore_ascii_case("none") {
        return Signature::Failed {
            why: "`alg` is none: the token is not signed (RFC 8725 §3.1)".to_owned(),
        };
    }
    if name.starts_with("HS") {
        return Signature::not_checked(format!(
            "{name} is made with a shared secret, not with a published key"
        ));
    }
    let Some(alg) = alg_named(name) else {
        return Signature::not_checked(format!("`alg` {name} cannot be computed here"));
    };
    let Some(keys) = keys else {
        return Signature::not_checked(format!("no keys of the issuer are known ({from})"));
    };
    let kid = header["kid"].as_str();
    let candidates: Vec<&Value> = keys
        .keys()
        .filter(|key| kid.is_none() || key["kid"].as_str() == kid)
        .collect();
    if candidates.is_empty() {
        let what = kid.map_or_else(
            || "no key".to_owned(),
            |kid| format!("no key with kid {kid}"),
        );
        return Signature::not_checked(format!("{what} at {from}"));
    }
    let raw = token.raw.reveal();
    let (input, signature) = raw.rsplit_once('.').unwrap_or((raw, ""));
    let mut unfit = Vec::new();
    let mut tried = 0;
    for key in candidates {
        if let Some(other) = key["alg"].as_str().filter(|other| *other != name) {
            unfit.push(format!("the key is for {other}, the token says {name}"));
            continue;
        }
        if key["use"].as_str().is_some_and(|usage| usage != "sig") {
            unfit.push(format!("the key is for use {}", key["use"]));
            continue;
        }
        match keys::verify(key, alg, input.as_bytes(), signature) {
            Ok(true) => {
                return Signature::Verified {
                    alg: alg_name(alg).to_owned(),
                    kid: key["kid"].as_str().map(str::to_owned),
                    from: from.to_owned(),
                };
            }
            Ok(false) => tried += 1,
            Err(error) => unfit.push(error.0),
        }
    }
    if tried > 0 {
        let with = kid.map_or_else(
            || format!("any of {tried} keys"),
            |kid| format!("the key {kid}"),
        );
        Signature::Failed {
            why: format!("it was not made with {with} at {from}"),
        }
    } else {
        Signature::not_checked(format!("{} ({from})", unfit.join("; ")))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::protocol::{keys::install_crypto, secret::Secret};

    #[test]
    fn verified_failed_and_not_checked_are_three_things() {
        install_crypto();
        let key = PrivateKey::generate(Alg::ES256).unwrap();
        let jwks = Jwks(json!({ "keys": [key.registration_jwk()] }));
        let header = json!({ "alg": "ES256", "kid": key.kid() });
        let raw = sign(&header, &json!({ "sub": "alice" }), &key, Alg::ES256).unwrap();
        let token = |raw: &str| Token::parse(&Secret::minted("t", raw));
        assert_eq!(check(&token(&raw), Some(&jwks), "here").id(), "verified");
        let flipped = raw.replacen('.', ".e", 1);
        assert_eq!(check(&token(&flipped), Some(&jwks), "here").id(), "failed");
        assert_eq!(check(&token(&raw), None, "here").id(), "not-checked");
        assert!(wants_fresh_keys(&token(&raw), None));
        let other =
            Jwks(json!({ "keys": [PrivateKey::generate(Alg::ES256).unwrap().registration_jwk()] }));
        assert!(wants_fresh_keys(&token(&raw), Some(&other)));
        assert_eq!(
            check(&token(&raw), Some(&other), "here").id(),
            "not-checked"
        );
        let none = format!("{}.e30.", b64url(br#"{"alg":"none"}"#));
        assert_eq!(check(&token(&none), Some(&jwks), "here").id(), "failed");
        assert_eq!(
            check(&token("opaque"), Some(&jwks), "here").id(),
            "not-checked"
        );
    }
}
