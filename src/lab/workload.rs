//! Workloads inside the trust domain: their identity by their platform's word, and their proof of it (WIMSE).

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{
    chance::Chance,
    jwt::{Kind, as_text},
    keyring::Keyring,
    message::Incoming,
    refusal::{Refusal, must, received},
};
use crate::protocol::{
    digest::{b64url, sha256},
    jwt::jose,
    keys::{Alg, KeyError, PrivateKey, alg_name, thumbprint},
    metadata::Jwks,
    secret::Secret,
    time::Timestamp,
};

/// The workload that the lab's tool is.
const TOOL: &str = "spiffe://lab.example/tool/note-taker";

/// How long its identity is good, in seconds: from the start of the lab on.
const LIFE: i64 = 8 * 3600;

/// How far in the future a proof may end, in seconds.
const PROOF_LIFE: i64 = 300;

/// What a workload holds.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    /// What its platform says of it.
    pub token: Secret,
    /// The key that this is bound to, as PEM.
    pub key: Secret,
}

/// Makes a workload: a key, and the word of an issuer about it.
pub(super) fn provision(
    issuer: &str,
    signing: &PrivateKey,
    now: Timestamp,
    chance: Chance,
) -> Result<Identity, KeyError> {
    let key = PrivateKey::generate(Alg::ES256)?;
    let mut jwk = key.public_jwk().clone();
    jwk["alg"] = json!(alg_name(Alg::ES256));
    let header = json!({ "typ": "wit+jwt", "alg": alg_name(Alg::ES256), "kid": signing.kid() });
    let claims = json!({
        "iss": issuer, "sub": TOOL, "iat": now.secs(), "exp": now.plus_secs(LIFE).secs(),
        "jti": chance.token(16), "cnf": { "jwk": jwk },
    });
    let token = jose::sign(&header, &claims, signing, Alg::ES256)?;
    Ok(Identity {
        token: Secret::minted("workload_token", token),
        key: Secret::minted("workload_key", key.to_pem().as_str()),
    })
}

/// Judges workloads of one platform.
pub(super) struct Workloads {
    issuer: String,
    /// The keys of the platform.
    pub keys: Keyring,
    used: HashMap<String, Timestamp>,
}

/// A workload that has proven itself.
pub(super) struct Proven {
    /// What its platform says of it.
    pub claims: Value,
    /// The thumbprint of its key.
    pub jkt: String,
}

impl Workloads {
    /// Makes a judge of workloads of that issuer.
    pub fn new(issuer: String) -> Self {
        Self {
            keys: Keyring::new(format!("{issuer}/jwks")),
            issuer,
            used: HashMap::new(),
        }
    }

    /// Judges the identity of a workload, and the proof in the header of its request to `url`; every fault has that
    /// error code. `txn` is the Transaction Token that goes with it.
    pub fn judge(
        &mut self,
        incoming: &Incoming,
        raw: &str,
        url: &str,
        txn: Option<&str>,
        error: &'static str,
        now: Timestamp,
    ) -> Result<Proven, Refusal> {
        let kind = Kind {
            name: "Workload Identity Token",
            error,
            types: &["wit+jwt"],
            algs: &["ES256"],
        };
        let claims = kind.open(raw, self.keys.keys()?, self.keys.url())?;
        kind.equals(&claims, "iss", &self.issuer)?;
        kind.needs(&claims, "sub")?;
        kind.in_time(&claims, now)?;
        must(claims.get("act").is_none(), error, || {
            "Expected no act in the Workload Identity Token, for it speaks of the workload alone, received one (AP \
             section 6.3)."
                .to_owned()
        })?;
        let jwk = claims.pointer("/cnf/jwk").filter(|jwk| jwk.is_object());
        let Some(jwk) = jwk else {
            return Err(Refusal::new(
                error,
                format!(
                    "Expected cnf with jwk in the Workload Identity Token, received {}.",
                    as_text(claims.get("cnf"))
                ),
            ));
        };
        self.prove(incoming, raw, jwk, (url, txn), error, now)?;
        let jkt = thumbprint(jwk).ok_or_else(|| {
            Refusal::new(
                error,
                "The key of the Workload Identity Token lacks a member that it needs.",
            )
        })?;
        Ok(Proven { claims, jkt })
    }

    fn prove(
        &mut self,
        incoming: &Incoming,
        identity: &str,
        jwk: &Value,
        (url, txn): (&str, Option<&str>),
        error: &'static str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let raw = only(incoming, "workload-proof-token", error)?;
        let alg = jwk["alg"].as_str().unwrap_or("ES256");
        let kind = Kind {
            name: "Workload Proof Token",
            error,
            types: &["wpt+jwt"],
            algs: &[alg],
        };
        let keys = Jwks(json!({ "keys": [jwk] }));
        let claims = kind.open(raw, &keys, "the Workload Identity Token")?;
        kind.only_audience(&claims, &[url])?;
        kind.in_time(&claims, now)?;
        let exp = kind.time(&claims, "exp")?;
        must(exp <= now.plus_secs(PROOF_LIFE), error, || {
            format!(
                "Expected the Workload Proof Token to end within {PROOF_LIFE} s, received exp {}.",
                exp.secs()
            )
        })?;
        let hash = |token: &str| b64url(&sha256(token.as_bytes()));
        kind.equals(&claims, "wth", &hash(identity))?;
        if let Some(txn) = txn {
            kind.equals(&claims, "tth", &hash(txn))?;
        }
        let jti = kind.needs(&claims, "jti")?;
        self.used.retain(|_, until| *until > now);
        let first = self.used.insert(jti.to_owned(), exp).is_none();
        must(first, error, || {
            format!(
                "Expected a jti that was not used before in the Workload Proof Token, received {} again.",
                received(Some(jti))
            )
        })
    }
}

/// Returns a header field that has to be there once.
pub(super) fn only<'a>(
    incoming: &'a Incoming,
    name: &'static str,
    error: &'static str,
) -> Result<&'a str, Refusal> {
    let all: Vec<&str> = incoming.all(name).collect();
    match all[..] {
        [one] if !one.trim().is_empty() => Ok(one.trim()),
        _ => Err(Refusal::new(
            error,
            format!("Expected one {name} field, received {}.", all.len()),
        )),
    }
}
