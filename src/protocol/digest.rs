//! Hashes and the base64url alphabet, as OAuth and JOSE use them.

use aws_lc_rs::{digest, hmac};
use base64::{
    Engine,
    alphabet::URL_SAFE,
    engine::{
        DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::URL_SAFE_NO_PAD,
    },
};

/// Encodes as base64url without padding (RFC 7515 §2).
pub fn b64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes base64url; padding is tolerated, because we are here to show what others send.
///
/// # Errors
/// The decoder's own words when a character or the length is wrong.
pub fn from_b64url(text: &str) -> Result<Vec<u8>, String> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &URL_SAFE,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    LENIENT.decode(text).map_err(|error| error.to_string())
}

/// Returns SHA-256 of the bytes.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    out
}

/// Returns the left half of the hash that belongs to a JOSE algorithm, as `at_hash` has it (OIDC §3.1.3.6); `None` for an
/// algorithm whose hash is not known.
pub fn half_hash(alg: &str, text: &str) -> Option<String> {
    let hash = match alg {
        "HS256" | "RS256" | "PS256" | "ES256" => &digest::SHA256,
        "HS384" | "RS384" | "PS384" | "ES384" => &digest::SHA384,
        "HS512" | "RS512" | "PS512" | "ES512" => &digest::SHA512,
        _ => return None,
    };
    let hash = digest::digest(hash, text.as_bytes());
    let bytes = hash.as_ref();
    Some(b64url(&bytes[..bytes.len() / 2]))
}

/// Returns HMAC-SHA-256 of the bytes: the way labelled values are drawn from a seed.
pub fn hmac_sha256(key: &[u8], bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), bytes).as_ref());
    out
}

/// Returns the first eight hex digits of SHA-256 over the parts, one after the other.
pub fn fingerprint(parts: &[&[u8]]) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    let hash = context.finish();
    let [a, b, c, d, ..] = hash.as_ref() else {
        unreachable!("SHA-256 has 32 bytes")
    };
    format!("{a:02x}{b:02x}{c:02x}{d:02x}")
}

/// Returns the PKCE challenge of a verifier by method S256 (RFC 7636 §4.2).
pub fn pkce_s256(verifier: &str) -> String {
    b64url(&sha256(verifier.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pkce_vector_of_rfc_7636_appendix_b() {
        assert_eq!(
            pkce_s256("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    /// The example of OIDC Core, Appendix A.3; the half of a longer hash is longer.
    #[test]
    fn the_half_hash_follows_the_algorithm() {
        let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
        assert_eq!(half_hash("RS256", token).unwrap(), "77QmUPtjPfzWtF2AnpK9RQ");
        assert_eq!(half_hash("ES384", token).unwrap().len(), 32);
        assert_eq!(half_hash("PS512", token).unwrap().len(), 43);
        assert_eq!(half_hash("EdDSA", token), None);
    }

    #[test]
    fn base64url_forgives_padding_and_nothing_else() {
        assert_eq!(from_b64url("YQ").unwrap(), b"a");
        assert_eq!(from_b64url("YQ==").unwrap(), b"a");
        assert!(from_b64url("Y+==").is_err());
    }
}
