//! Time and labelled randomness, handed in from outside so that builders can be repeated.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::protocol::{
    digest,
    keys::{self, Alg, KeyError, PrivateKey},
    time::Timestamp,
};

/// The moment of a command, and the seed of the walk: same label, same value.
#[derive(Clone, Copy, Deserialize, Eq, PartialEq, Serialize)]
pub struct Ink {
    /// Now.
    pub now: Timestamp,
    /// The seed that labelled values are drawn from.
    pub seed: [u8; 32],
}

/// Whoever knows the seed knows every verifier, so it is never printed.
impl fmt::Debug for Ink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ink")
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}

impl Ink {
    /// Returns 32 random-looking bytes in base64url for a label: 43 characters, as PKCE asks for
    /// (RFC 7636 §4.1).
    pub fn token(&self, label: &str) -> String {
        digest::b64url(&digest::hmac_sha256(&self.seed, label.as_bytes()))
    }

    /// Returns the walk's own key for a label: made anew with every walk, the same throughout it, and never kept.
    ///
    /// # Errors
    /// For an algorithm other than ES256, ES384 and EdDSA.
    pub fn key(&self, label: &str, alg: Alg) -> Result<PrivateKey, KeyError> {
        let block = |number: u8| format!("key {label} {} {number}", keys::alg_name(alg));
        PrivateKey::derive(alg, |number| {
            digest::hmac_sha256(&self.seed, block(number).as_bytes())
        })
    }
}
