//! Private keys that sign and public keys that verify: PEM of all three kinds and JWK.

use std::fmt;

use aws_lc_rs::{
    agreement,
    encoding::{AsDer, Pkcs8V1Der},
    rsa::{KeyPair as RsaKeyPair, KeyPairComponents, KeySize, PublicKeyComponents},
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
        EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _,
    },
};
use jsonwebtoken::{DecodingKey, EncodingKey};
use rustls_pki_types::{PrivateKeyDer, pem::PemObject};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::digest::{b64url, from_b64url, sha256};

/// A signature algorithm that we can make and check (RFC 7518 §3, RFC 8037 §3.1).
pub use jsonwebtoken::Algorithm as Alg;

/// Returns the algorithm of that JOSE name, `None` when we cannot compute it; `HS*` is not among them.
pub fn alg_named(name: &str) -> Option<Alg> {
    ALGS.iter()
        .find(|(other, _)| *other == name)
        .map(|(_, alg)| *alg)
}

/// Returns the JOSE name of an algorithm.
pub fn alg_name(alg: Alg) -> &'static str {
    ALGS.iter()
        .find(|(_, other)| *other == alg)
        .map_or("HS256", |(name, _)| name)
}

/// The asymmetric algorithms, by JOSE name.
pub const ALGS: &[(&str, Alg)] = &[
    ("RS256", Alg::RS256),
    ("RS384", Alg::RS384),
    ("RS512", Alg::RS512),
    ("PS256", Alg::PS256),
    ("PS384", Alg::PS384),
    ("PS512", Alg::PS512),
    ("ES256", Alg::ES256),
    ("ES384", Alg::ES384),
    ("EdDSA", Alg::EdDSA),
];

/// What kind of key it is, as the `kty` and `crv` of a JWK say it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyKind {
    /// RSA of 2048 bits or more.
    Rsa,
    /// EC on P-256.
    P256,
    /// EC on P-384.
    P384,
    /// OKP on Ed25519.
    Ed25519,
}

impl KeyKind {
    /// Returns the algorithms that a key of this kind can be used with; the first is the default.
    pub fn algs(self) -> &'static [Alg] {
        match self {
            Self::Rsa => &[
                Alg::RS256,
                Alg::PS256,
                Alg::RS384,
                Alg::RS512,
                Alg::PS384,
                Alg::PS512,
            ],
            Self::P256 => &[Alg::ES256],
            Self::P384 => &[Alg::ES384],
            Self::Ed25519 => &[Alg::EdDSA],
        }
    }

    fn of_jwk(jwk: &Value) -> Option<Self> {
        match (jwk["kty"].as_str()?, jwk["crv"].as_str()) {
            ("RSA", _) => Some(Self::Rsa),
            ("EC", Some("P-256")) => Some(Self::P256),
            ("EC", Some("P-384")) => Some(Self::P384),
            ("OKP", Some("Ed25519")) => Some(Self::Ed25519),
            _ => None,
        }
    }
}

/// Why a key cannot be used; a sentence without the key in it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyError(pub String);

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for KeyError {}

/// A private key, ready to sign; never printed.
#[derive(Clone)]
pub struct PrivateKey {
    kind: KeyKind,
    pkcs8: Zeroizing<Vec<u8>>,
    signer: EncodingKey,
    public: Value,
    kid: Option<String>,
    alg: Option<Alg>,
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "‹private key {:?} {}›", self.kind, self.thumbprint())
    }
}

impl PrivateKey {
    /// Reads PEM (PKCS#8, PKCS#1, SEC1) or a private JWK, or a JWKS that holds exactly one.
    ///
    /// # Errors
    /// What the text is instead, and what would be accepted.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        if text.starts_with('{') {
            Self::from_jwk_text(text)
        } else {
            Self::from_pem(text)
        }
    }

    /// Makes a new key for an algorithm. RSA takes tens of milliseconds.
    ///
    /// # Errors
    /// When the crypto library refuses, or the algorithm is a shared-secret one.
    pub fn generate(alg: Alg) -> Result<Self, KeyError> {
        let broken = |_| KeyError("The crypto library could not make a key.".to_owned());
        match alg {
            Alg::ES256 => Self::from_ec(
                &EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(broken)?,
            ),
            Alg::ES384 => Self::from_ec(
                &EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).map_err(broken)?,
            ),
            Alg::EdDSA => Self::from_ed(&Ed25519KeyPair::generate().map_err(broken)?),
            Alg::HS256 | Alg::HS384 | Alg::HS512 => Err(KeyError(
                "HS256, HS384 and HS512 use a shared secret, not a key pair.".to_owned(),
            )),
            _ => Self::from_rsa(&RsaKeyPair::generate(KeySize::Rsa2048).map_err(broken)?),
        }
        .map(|mut key| {
            key.alg = Some(alg);
            key
        })
    }

    /// Makes the key that belongs to a draw of random bytes: the same bytes, the same key. `draw` is asked for blocks by
    /// their number, until they make a key.
    ///
    /// # Errors
    /// For an algorithm whose keys are not made so: only ES256, ES384 and EdDSA are.
    pub fn derive(alg: Alg, draw: impl Fn(u8) -> [u8; 32]) -> Result<Self, KeyError> {
        let (curve, agreed, size) = match alg {
            Alg::ES256 => (CURVES[0], &agreement::ECDH_P256, 32),
            Alg::ES384 => (CURVES[1], &agreement::ECDH_P384, 48),
            Alg::EdDSA => {
                let pair = Ed25519KeyPair::from_seed_unchecked(&draw(0))
                    .map_err(|error| rejected("Ed25519", &error))?;
                return Self::from_ed(&pair);
            }
            other => {
                return Err(KeyError(format!(
                    "A key for one walk is made for ES256, ES384 or EdDSA, received {}.",
                    alg_name(other)
                )));
            }
        };
        // All but one draw in billions is a scalar of the curve.
        for block in (0..u8::MAX - 1).step_by(2) {
            let bytes = Zeroizing::new([draw(block), draw(block + 1)].concat());
            let scalar = &bytes[..size];
            let Ok(key) = agreement::PrivateKey::from_private_key(agreed, scalar) else {
                continue;
            };
            let point = key.compute_public_key().map_err(|_| unexportable())?;
            let pair = EcdsaKeyPair::from_private_key_and_public_key(curve, scalar, point.as_ref())
                .map_err(|error| rejected("EC", &error))?;
            return Self::from_ec(&pair);
        }
        Err(KeyError("No key could be made of the draw.".to_owned()))
    }

    fn from_pem(text: &str) -> Result<Self, KeyError> {
        if !text.contains("-----BEGIN") {
            return Err(KeyError(
                "Expected a private key as PEM (-----BEGIN …) or as JWK ({…}), received neither."
                    .to_owned(),
            ));
        }
        if text.contains("ENCRYPTED") {
            return Err(KeyError(
                "The key is encrypted. Decrypt it first: openssl pkcs8 -in key.pem -out plain.pem."
                    .to_owned(),
            ));
        }
        if text.contains("-----BEGIN PUBLIC KEY") || text.contains("-----BEGIN CERTIFICATE") {
            return Err(KeyError(
                "Expected a private key, received the public half.".to_owned(),
            ));
        }
        let der = PrivateKeyDer::from_pem_slice(text.as_bytes())
            .map_err(|error| KeyError(format!("The PEM does not parse: {error:?}.")))?;
        match der {
            PrivateKeyDer::Pkcs8(der) => Self::from_pkcs8(der.secret_pkcs8_der()),
            PrivateKeyDer::Pkcs1(der) => Self::from_rsa(
                &RsaKeyPair::from_der(der.secret_pkcs1_der())
                    .map_err(|error| rejected("PKCS#1 RSA", &error))?,
            ),
            PrivateKeyDer::Sec1(der) => {
                let der = der.secret_sec1_der();
                CURVES
                    .iter()
                    .find_map(|curve| EcdsaKeyPair::from_private_key_der(curve, der).ok())
                    .ok_or_else(|| KeyError("The EC key is not on P-256 or P-384.".to_owned()))
                    .and_then(|pair| Self::from_ec(&pair))
            }
            _ => Err(KeyError(
                "The PEM holds a kind of key that is not known here.".to_owned(),
            )),
        }
    }

    fn from_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        if let Ok(pair) = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der) {
            return Self::from_ed(&pair);
        }
        if let Some(pair) = CURVES
            .iter()
            .find_map(|curve| EcdsaKeyPair::from_pkcs8(curve, der).ok())
        {
            return Self::from_ec(&pair);
        }
        let pair = RsaKeyPair::from_pkcs8(der).map_err(|error| {
            KeyError(format!(
                "The PKCS#8 key is not RSA of 2048 bits or more, P-256, P-384 or Ed25519 ({error})."
            ))
        })?;
        Self::from_rsa(&pair)
    }

    fn from_jwk_text(text: &str) -> Result<Self, KeyError> {
        let value: Value = serde_json::from_str(text)
            .map_err(|error| KeyError(format!("The JWK does not parse: {error}.")))?;
        match value.get("keys").and_then(Value::as_array) {
            Some(keys) => {
                let private: Vec<_> = keys.iter().filter(|key| key.get("d").is_some()).collect();
                match private.as_slice() {
                    [one] => Self::from_jwk(one),
                    [] => Err(KeyError(
                        "The JWKS holds no private key (no member `d`).".to_owned(),
                    )),
                    _ => Err(KeyError(
                        "The JWKS holds several private keys; give one JWK.".to_owned(),
                    )),
                }
            }
            None => Self::from_jwk(&value),
        }
    }

    fn from_jwk(jwk: &Value) -> Result<Self, KeyError> {
        let part = |name: &str| -> Result<Zeroizing<Vec<u8>>, KeyError> {
            let text = jwk[name].as_str().ok_or_else(|| {
                KeyError(format!(
                    "The JWK lacks the member `{name}` that a private key needs."
                ))
            })?;
            from_b64url(text).map(Zeroizing::new).map_err(|error| {
                KeyError(format!(
                    "The member `{name}` of the JWK is not base64url: {error}."
                ))
            })
        };
        let kind = KeyKind::of_jwk(jwk).ok_or_else(|| {
            KeyError(format!(
                "Expected a JWK of kty RSA, EC (P-256, P-384) or OKP (Ed25519), received kty {}, crv {}.",
                jwk["kty"], jwk["crv"]
            ))
        })?;
        let mut key = match kind {
            KeyKind::Rsa => {
                let components = KeyPairComponents {
                    public_key: PublicKeyComponents {
                        n: part("n")?,
                        e: part("e")?,
                    },
                    d: part("d")?,
                    p: part("p")?,
                    q: part("q")?,
                    dP: part("dp")?,
                    dQ: part("dq")?,
                    qInv: part("qi")?,
                };
                Self::from_rsa(
                    &RsaKeyPair::from_components(&components)
                        .map_err(|error| rejected("RSA JWK", &error))?,
                )
            }
            KeyKind::P256 | KeyKind::P384 => {
                let curve = if kind == KeyKind::P256 {
                    CURVES[0]
                } else {
                    CURVES[1]
                };
                let point = [&[4_u8][..], &part("x")?, &part("y")?].concat();
                Self::from_ec(
                    &EcdsaKeyPair::from_private_key_and_public_key(curve, &part("d")?, &point)
                        .map_err(|error| rejected("EC JWK", &error))?,
                )
            }
            KeyKind::Ed25519 => Self::from_ed(
                &Ed25519KeyPair::from_seed_and_public_key(&part("d")?, &part("x")?)
                    .map_err(|error| rejected("OKP JWK", &error))?,
            ),
        }?;
        key.kid = jwk["kid"].as_str().map(str::to_owned);
        key.alg = jwk["alg"].as_str().and_then(alg_named);
        Ok(key)
    }

    fn from_rsa(pair: &RsaKeyPair) -> Result<Self, KeyError> {
        let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| unexportable())?;
        let public = pair.public_key();
        let jwk = json!({
            "kty": "RSA",
            "n": b64url(public.modulus().big_endian_without_leading_zero()),
            "e": b64url(public.exponent().big_endian_without_leading_zero()),
        });
        // Given PKCS#8 as DER, jsonwebtoken fails only when it signs; as PEM it is read rightly.
        let signer =
            EncodingKey::from_rsa_pem(pem(der.as_ref()).as_bytes()).map_err(|_| unexportable())?;
        Ok(Self::new(KeyKind::Rsa, der.as_ref(), signer, jwk))
    }

    fn from_ec(pair: &EcdsaKeyPair) -> Result<Self, KeyError> {
        let der = pair.to_pkcs8v1().map_err(|_| unexportable())?;
        let point = &pair.public_key().as_ref()[1..];
        let (x, y) = point.split_at(point.len() / 2);
        let (kind, crv) = if x.len() == 32 {
            (KeyKind::P256, "P-256")
        } else {
            (KeyKind::P384, "P-384")
        };
        let jwk = json!({ "kty": "EC", "crv": crv, "x": b64url(x), "y": b64url(y) });
        Ok(Self::new(
            kind,
            der.as_ref(),
            EncodingKey::from_ec_der(der.as_ref()),
            jwk,
        ))
    }

    fn from_ed(pair: &Ed25519KeyPair) -> Result<Self, KeyError> {
        let der = pair.to_pkcs8v1().map_err(|_| unexportable())?;
        let jwk =
            json!({ "kty": "OKP", "crv": "Ed25519", "x": b64url(pair.public_key().as_ref()) });
        Ok(Self::new(
            KeyKind::Ed25519,
            der.as_ref(),
            EncodingKey::from_ed_der(der.as_ref()),
            jwk,
        ))
    }

    fn new(kind: KeyKind, pkcs8: &[u8], signer: EncodingKey, public: Value) -> Self {
        Self {
            kind,
            pkcs8: Zeroizing::new(pkcs8.to_vec()),
            signer,
            public,
            kid: None,
            alg: None,
        }
    }

    /// Returns what kind of key it is.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// Returns the algorithm it signs with when nothing else is said: the JWK's own, else its kind's default.
    pub fn alg(&self) -> Alg {
        self.alg.unwrap_or(self.kind.algs()[0])
    }

    /// Says what it is used with.
    ///
    /// # Errors
    /// When the algorithm does not fit the key.
    pub fn with_alg(mut self, alg: Alg) -> Result<Self, KeyError> {
        self.fits(alg)?;
        self.alg = Some(alg);
        Ok(self)
    }

    fn fits(&self, alg: Alg) -> Result<(), KeyError> {
        if self.kind.algs().contains(&alg) {
            return Ok(());
        }
        let fits: Vec<_> = self.kind.algs().iter().map(|alg| alg_name(*alg)).collect();
        Err(KeyError(format!(
            "The key cannot sign {}: it is {:?}, which signs {}.",
            alg_name(alg),
            self.kind,
            fits.join(", ")
        )))
    }

    /// Returns the key id: the JWK's own, else the thumbprint.
    pub fn kid(&self) -> String {
        self.kid.clone().unwrap_or_else(|| self.thumbprint())
    }

    /// Returns the RFC 7638 thumbprint of the public half.
    pub fn thumbprint(&self) -> String {
        thumbprint(&self.public).unwrap_or_default()
    }

    /// Returns the public half with nothing but the key in it, as a DPoP proof carries it.
    pub fn public_jwk(&self) -> &Value {
        &self.public
    }

    /// Returns the public half as it is registered: with `kid`, `alg` and `use`.
    pub fn registration_jwk(&self) -> Value {
        let mut jwk = self.public.clone();
        jwk["kid"] = json!(self.kid());
        jwk["alg"] = json!(alg_name(self.alg()));
        jwk["use"] = json!("sig");
        jwk
    }

    /// Returns the private key as PKCS#8 PEM.
    pub fn to_pem(&self) -> Zeroizing<String> {
        pem(&self.pkcs8)
    }

    /// Signs bytes; returns the signature in base64url.
    ///
    /// # Errors
    /// When the algorithm does not fit the key.
    pub fn sign(&self, alg: Alg, bytes: &[u8]) -> Result<String, KeyError> {
        self.fits(alg)?;
        jsonwebtoken::crypto::sign(bytes, &self.signer, alg)
            .map_err(|error| KeyError(format!("The key could not sign: {error}.")))
    }
}

/// Tells whether a signature (base64url) over `bytes` was made with this public JWK.
///
/// # Errors
/// Why it cannot be told: a kind of key or an algorithm that we cannot compute, or a key that does not parse.
pub fn verify(jwk: &Value, alg: Alg, bytes: &[u8], signature: &str) -> Result<bool, KeyError> {
    let kind = KeyKind::of_jwk(jwk).ok_or_else(|| {
        KeyError(format!(
            "the key is of kty {}, crv {}",
            jwk["kty"], jwk["crv"]
        ))
    })?;
    if !kind.algs().contains(&alg) {
        return Err(KeyError(format!(
            "a key of kind {kind:?} does not fit {}",
            alg_name(alg)
        )));
    }
    let part = |name: &str| {
        jwk[name]
            .as_str()
            .ok_or_else(|| KeyError(format!("the key lacks `{name}`")))
    };
    let broken = |error| KeyError(format!("the key does not parse: {error}"));
    let key = match kind {
        KeyKind::Rsa => DecodingKey::from_rsa_components(part("n")?, part("e")?).map_err(broken)?,
        KeyKind::P256 | KeyKind::P384 => {
            DecodingKey::from_ec_components(part("x")?, part("y")?).map_err(broken)?
        }
        KeyKind::Ed25519 => DecodingKey::from_ed_components(part("x")?).map_err(broken)?,
    };
    // A signature of the wrong length or alphabet is a wrong signature, not one that we could not check.
    Ok(jsonwebtoken::crypto::verify(signature, bytes, &key, alg).unwrap_or(false))
}

/// Returns the RFC 7638 thumbprint of a public JWK; `None` when a member it needs is missing.
pub fn thumbprint(jwk: &Value) -> Option<String> {
    let members: &[&str] = match jwk["kty"].as_str()? {
        "EC" => &["crv", "kty", "x", "y"],
        "RSA" => &["e", "kty", "n"],
        "OKP" => &["crv", "kty", "x"],
        _ => return None,
    };
    let parts: Option<Vec<String>> = members
        .iter()
        .map(|name| Some(format!("\"{name}\":{}", json!(jwk[name].as_str()?))))
        .collect();
    Some(b64url(&sha256(
        format!("{{{}}}", parts?.join(",")).as_bytes(),
    )))
}

/// Installs the one crypto library under jsonwebtoken; called first in `main` and in tests, more often is harmless.
pub fn install_crypto() {
    let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
}

static CURVES: [&EcdsaSigningAlgorithm; 2] = [
    &ECDSA_P256_SHA256_FIXED_SIGNING,
    &ECDSA_P384_SHA384_FIXED_SIGNING,
];

fn rejected(what: &str, error: &aws_lc_rs::error::KeyRejected) -> KeyError {
    KeyError(format!(
        "The {what} key is not accepted: {error} (RSA needs 2048 bits or more)."
    ))
}

fn unexportable() -> KeyError {
    KeyError("The crypto library could not hand the key on.".to_owned())
}

fn pem(pkcs8: &[u8]) -> Zeroizing<String> {
    use base64::Engine as _;
    let text = Zeroizing::new(base64::engine::general_purpose::STANDARD.encode(pkcs8));
    let mut out = Zeroizing::new(String::from("-----BEGIN PRIVATE KEY-----\n"));
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        out.push_str(line);
        out.push('\n');
        rest = after;
    }
    out.push_str("-----END PRIVATE KEY-----\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_signs_verifies_and_survives_pem() {
        install_crypto();
        for alg in [Alg::RS256, Alg::PS256, Alg::ES256, Alg::ES384, Alg::EdDSA] {
            let key = PrivateKey::generate(alg).unwrap();
            let again = PrivateKey::parse(&key.to_pem()).unwrap();
            assert_eq!(again.thumbprint(), key.thumbprint());
            let signature = again.sign(alg, b"text").unwrap();
            assert!(
                verify(key.public_jwk(), alg, b"text", &signature).unwrap(),
                "{alg:?}"
            );
            assert!(
                !verify(key.public_jwk(), alg, b"other", &signature).unwrap(),
                "{alg:?}"
            );
            assert!(
                !verify(key.public_jwk(), alg, b"text", "AAAA").unwrap(),
                "{alg:?}"
            );
            let other = PrivateKey::generate(alg).unwrap();
            assert!(
                !verify(other.public_jwk(), alg, b"text", &signature).unwrap(),
                "{alg:?}"
            );
        }
    }

    #[test]
    fn the_same_draw_is_the_same_key() {
        install_crypto();
        for alg in [Alg::ES256, Alg::ES384, Alg::EdDSA] {
            let of = |seed: u8| PrivateKey::derive(alg, |block| [seed ^ block; 32]).unwrap();
            assert_eq!(of(7).thumbprint(), of(7).thumbprint(), "{alg:?}");
            assert_ne!(of(7).thumbprint(), of(8).thumbprint(), "{alg:?}");
            let signature = of(7).sign(alg, b"text").unwrap();
            assert!(verify(of(7).public_jwk(), alg, b"text", &signature).unwrap());
            assert!(!verify(of(8).public_jwk(), alg, b"text", &signature).unwrap());
        }
        // Zero is no scalar of the curve: the next draw is taken.
        let late = |block: u8| if block < 2 { [0; 32] } else { [3; 32] };
        let second = PrivateKey::derive(Alg::ES256, late).unwrap();
        let third = PrivateKey::derive(Alg::ES256, |_| [3; 32]).unwrap();
        assert_eq!(second.thumbprint(), third.thumbprint());
        let refused = PrivateKey::derive(Alg::RS256, |_| [1; 32]).unwrap_err();
        assert!(refused.0.contains("received RS256"), "{refused}");
    }

    #[test]
    fn thumbprint_of_rfc_9449() {
        let jwk = json!({
            "kty": "EC", "crv": "P-256", "kid": "ignored",
            "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs", "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"
        });
        assert_eq!(
            thumbprint(&jwk).unwrap(),
            "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
        );
    }

    #[test]
    fn what_is_not_a_private_key_is_named() {
        install_crypto();
        for (text, says) in [
            ("hello", "received neither"),
            (
                "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
                "public half",
            ),
            (
                "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----",
                "openssl pkcs8",
            ),
            (
                "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"\",\"y\":\"\"}",
                "lacks the member `d`",
            ),
            ("{\"kty\":\"oct\",\"k\":\"AAAA\"}", "kty \"oct\""),
            ("{\"keys\":[]}", "no private key"),
            ("{", "does not parse"),
        ] {
            assert!(
                PrivateKey::parse(text).unwrap_err().0.contains(says),
                "{text}"
            );
        }
        assert!(
            PrivateKey::generate(Alg::ES256)
                .unwrap()
                .sign(Alg::RS256, b"x")
                .unwrap_err()
                .0
                .contains("signs ES256")
        );
    }
}
