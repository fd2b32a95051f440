//! Who a workload is, by its platform's word, and its proof of that: the Workload Identity Token and the Workload Proof
//! Token (WIMSE, draft-ietf-wimse-wpt-01).

use serde_json::json;

use super::{Blocked, Inputs, Want, client_auth::secret};
use crate::{
    profile::fields,
    protocol::{
        digest::{b64url, sha256},
        http::HttpRequest,
        jwt::jose,
        keys::{Alg, PrivateKey, alg_name},
        pointer::{Pointer, Side},
        secret::Secret,
    },
};

/// The `typ` of a proof (WIMSE WPT §2).
const TYP: &str = "wpt+jwt";

/// The header field of the workload's identity.
pub const IDENTITY: &str = "workload-identity-token";

/// The header field of the proof.
pub const PROOF: &str = "workload-proof-token";

/// How long a proof lives, in seconds.
const LIFE: i64 = 60;

/// The workload that the profile speaks for.
#[derive(Debug)]
pub struct Workload {
    /// What its platform says of it.
    pub token: Secret,
    /// The key that this is bound to; none while the profile's secrets are still to be read.
    key: Option<(PrivateKey, Alg)>,
}

/// Returns the workload, if the profile has one.
///
/// # Errors
/// The fields that are missing or unusable.
pub fn workload(
    inputs: &Inputs<'_>,
    wants: &mut Vec<Want>,
) -> Result<Option<Workload>, Vec<Blocked>> {
    let field = fields::TTS_WORKLOAD_KEY;
    if inputs.profile.secret(fields::TTS_WORKLOAD_TOKEN).is_none() {
        return Ok(None);
    }
    let token = secret(inputs, fields::TTS_WORKLOAD_TOKEN, wants)?;
    let material = secret(inputs, field, wants)?;
    let key = (!material.is_empty())
        .then(|| PrivateKey::parse(material.reveal()))
        .transpose()
        .map_err(|error| vec![Blocked::Invalid(field.0.to_owned(), error.0)])?;
    Ok(Some(Workload {
        token: if token.is_empty() {
            token
        } else {
            token.named(IDENTITY)
        },
        key: key.map(|key| {
            let alg = key.alg();
            (key, alg)
        }),
    }))
}

impl Workload {
    /// Puts a fresh proof into a request that carries the workload's identity, and the Transaction Token if it carries
    /// one. Returns what there is to say of it.
    ///
    /// # Errors
    /// When the key does not sign.
    pub fn prove(
        &self,
        request: &mut HttpRequest,
        inputs: &Inputs<'_>,
        txn: Option<&Secret>,
    ) -> Result<(Pointer, String), Vec<Blocked>> {
        let proof = match &self.key {
            None => Secret::minted("workload-proof-token: signed when sent", ""),
            Some((key, alg)) => self.signed(request, inputs, txn, (key, *alg))?,
        };
        request.set_header(PROOF, proof);
        let bound = match txn {
            Some(_) => "to this address, to that identity (wth) and to the Transaction Token (tth)",
            None => "to this address and to that identity (wth)",
        };
        let says = format!(
            "Proves that we hold the key of the Workload Identity Token: bound {bound}, good for {LIFE} s and for one use \
             (WIMSE WPT §2)."
        );
        Ok((Pointer::Header(Side::Request, PROOF.to_owned()), says))
    }

    fn signed(
        &self,
        request: &HttpRequest,
        inputs: &Inputs<'_>,
        txn: Option<&Secret>,
        (key, alg): (&PrivateKey, Alg),
    ) -> Result<Secret, Vec<Blocked>> {
        let hash = |token: &Secret| b64url(&sha256(token.reveal().as_bytes()));
        let aud = request.url.split(['?', '#']).next().unwrap_or_default();
        let now = inputs.ink.now;
        let label = format!("wpt {aud} {} {}", inputs.sent, now.0);
        let header = json!({ "typ": TYP, "alg": alg_name(alg) });
        let mut claims = json!({
            "aud": aud,
            "exp": now.plus_secs(LIFE).secs(),
            "jti": inputs.ink.token(&label),
            "wth": hash(&self.token),
        });
        if let Some(txn) = txn {
            claims["tth"] = json!(hash(txn));
        }
        jose::sign(&header, &claims, key, alg)
            .map(|jwt| Secret::minted(PROOF, jwt))
            .map_err(|error| {
                let field = fields::TTS_WORKLOAD_KEY;
                vec![Blocked::Invalid(field.0.to_owned(), error.0)]
            })
    }
}
