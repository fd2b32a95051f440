//! Proofs of possession as a server judges them (RFC 9449 §4.3), each check a sentence.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{
    chance::Chance,
    jwt::{Kind, as_text},
    message::{Incoming, Outgoing},
    refusal::{Refusal, must, received},
};
use crate::protocol::{
    digest::{b64url, sha256},
    jwt::{Claims, Token},
    keys::thumbprint,
    metadata::Jwks,
    secret::Secret,
    time::Timestamp,
};

/// The algorithms that a proof may be signed with.
pub(super) const ALGS: [&str; 5] = ["ES256", "ES384", "EdDSA", "RS256", "PS256"];

/// How old a proof may be, in seconds.
const WINDOW: i64 = 60;

/// How long a nonce is the newest, in seconds; the one before it is still taken.
const NONCE_LIFE: i64 = 300;

/// What a server remembers of proofs.
pub(super) struct Proofs {
    chance: Chance,
    demands_nonce: bool,
    /// The newest nonce, when it was made, and the one before.
    nonce: Option<(String, Timestamp, Option<String>)>,
    used: HashMap<String, Timestamp>,
}

impl Proofs {
    /// Makes a judge of proofs; `demands_nonce` says whether each proof has to carry a nonce of this server.
    pub fn new(chance: Chance, demands_nonce: bool) -> Self {
        Self {
            chance,
            demands_nonce,
            nonce: None,
            used: HashMap::new(),
        }
    }

    /// Judges the proof of a request to `url`, where there is one; returns the thumbprint of its key. `token` is the
    /// access token that came with it.
    pub fn judge(
        &mut self,
        incoming: &Incoming,
        url: &str,
        token: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<String>, Refusal> {
        let wrong = |says: String| Refusal::new("invalid_dpop_proof", says);
        let mut fields = incoming.all("dpop");
        let Some(raw) = fields.next() else {
            return Ok(None);
        };
        must(fields.next().is_none(), "invalid_dpop_proof", || {
            "Expected one DPoP field, received more than one.".to_owned()
        })?;
        let jwk = header_key(raw)?;
        let kind = Kind {
            name: "DPoP proof",
            error: "invalid_dpop_proof",
            types: &["dpop+jwt"],
            algs: &ALGS,
        };
        let keys = Jwks(json!({ "keys": [jwk] }));
        let claims = kind.open(raw, &keys, "the proof's own header")?;
        kind.equals(&claims, "htm", &incoming.method)?;
        kind.equals(&claims, "htu", url)?;
        self.fresh_nonce(&claims, now)?;
        let at = kind.time(&claims, "iat")?;
        let age = now.secs() - at.secs();
        must(age.abs() <= WINDOW, "invalid_dpop_proof", || {
            format!(
                "Expected the DPoP proof to be at most {WINDOW} s old, received iat {}, now {}.",
                at.secs(),
                now.secs()
            )
        })?;
        let ath = claims.get("ath");
        if let Some(token) = token {
            let expected = b64url(&sha256(token.as_bytes()));
            must(
                ath.and_then(Value::as_str) == Some(&expected),
                "invalid_dpop_proof",
                || {
                    format!(
                        "Expected ath {expected}, the hash of the access token, in the DPoP proof, received {}.",
                        as_text(ath)
                    )
                },
            )?;
        }
        let jti = kind.needs(&claims, "jti")?;
        self.used.retain(|_, until| *until > now);
        let first = self
            .used
            .insert(jti.to_owned(), now.plus_secs(2 * WINDOW))
            .is_none();
        must(first, "invalid_dpop_proof", || {
            format!(
                "Expected a jti that was not used before in the DPoP proof, received {} again.",
                received(Some(jti))
            )
        })?;
        thumbprint(&keys.0["keys"][0]).map(Some).ok_or_else(|| {
            wrong("The key in the DPoP proof lacks a member that it needs.".to_owned())
        })
    }

    fn fresh_nonce(&mut self, claims: &Value, now: Timestamp) -> Result<(), Refusal> {
        if !self.demands_nonce {
            return Ok(());
        }
        self.nonce_at(now);
        let given = Claims(claims).text("nonce");
        let known = self.nonce.as_ref().is_some_and(|(newest, _, before)| {
            given.is_some() && (given == Some(newest) || given == before.as_deref())
        });
        must(known, "use_dpop_nonce", || {
            format!(
                "Expected the nonce of this server in the DPoP proof, received {}.",
                received(given)
            )
        })
    }

    /// Returns the newest nonce; makes one where there is none, or an old one.
    fn nonce_at(&mut self, now: Timestamp) -> &str {
        let age = |made: Timestamp| now.secs() - made.secs();
        let old = self.nonce.as_ref();
        let old = old.is_none_or(|(_, made, _)| age(*made) >= NONCE_LIFE);
        if old {
            // Where nobody asked for long, the newest is too old to be the one before.
            let before = self.nonce.take();
            let before = before.filter(|(_, made, _)| age(*made) < 2 * NONCE_LIFE);
            let before = before.map(|(nonce, ..)| nonce);
            self.nonce = Some((self.chance.token(18), now, before));
        }
        self.nonce.as_ref().map_or("", |(nonce, ..)| nonce)
    }

    /// Adds the newest nonce to an answer to a request with a proof (RFC 9449 §8.2), where nonces are demanded.
    pub fn tell(&mut self, incoming: &Incoming, answer: Outgoing, now: Timestamp) -> Outgoing {
        if !self.demands_nonce || incoming.header("dpop").is_none() {
            return answer;
        }
        let nonce = self.nonce_at(now).to_owned();
        answer.with("dpop-nonce", nonce)
    }
}

/// Returns the `cnf` of a token that is bound to a key (RFC 9449 §6.1).
pub(super) fn cnf(jkt: &str) -> Value {
    json!({ "jkt": jkt })
}

/// Returns the `token_type` of an access token.
pub(super) fn token_type(jkt: Option<&String>) -> &'static str {
    if jkt.is_some() { "DPoP" } else { "Bearer" }
}

/// Returns the thumbprint that a token is bound to, if it is.
pub(super) fn bound_to(claims: &Value) -> Option<&str> {
    claims.get("cnf")?.get("jkt")?.as_str()
}

/// Returns the public key in a proof's header, before anything in the proof is trusted.
fn header_key(raw: &str) -> Result<Value, Refusal> {
    let token = Token::parse(&Secret::minted("DPoP proof", raw));
    let header = token.header.json.unwrap_or_default();
    let jwk = header.get("jwk").filter(|jwk| jwk.is_object());
    let Some(jwk) = jwk else {
        return Err(Refusal::new(
            "invalid_dpop_proof",
            format!(
                "Expected a public key as jwk in the header of the DPoP proof, received {}.",
                as_text(header.get("jwk"))
            ),
        ));
    };
    let private = ["d", "p", "q", "dp", "dq", "qi", "k"]
        .into_iter()
        .find(|member| jwk.get(member).is_some());
    must(private.is_none(), "invalid_dpop_proof", || {
        format!(
            "Expected only the public half of the key in the DPoP proof, received its private member {}.",
            received(private)
        )
    })?;
    Ok(jwk.clone())
}
