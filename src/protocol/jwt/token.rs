//! A token taken apart: what can be read is there, what cannot is a problem, and nothing fails as a whole.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::{Map, Value};

use crate::protocol::{digest::from_b64url, secret::Secret};

/// Text beyond this size is not decoded; it is said instead.
const DECODE_LIMIT: usize = 2 * 1024 * 1024;

/// One part of a token: its decoded text is the truth, the JSON is for structure only.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Part {
    /// The decoded text, as the issuer wrote it.
    pub text: Option<String>,
    /// The same, parsed; a duplicate member has its last value here.
    pub json: Option<Value>,
}

/// How a token is built.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// Three parts: header, claims, signature (RFC 7515 §3.1).
    Jws,
    /// Five parts: encrypted (RFC 7516 §3.1).
    Jwe,
    /// Looks like XML, or base64 of it: a SAML assertion.
    Saml,
    /// Anything else.
    Opaque,
}

/// A token and all that can be told from it alone.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Token {
    /// The token itself.
    pub raw: Secret,
    /// How it is built.
    pub form: Form,
    /// The JOSE header.
    pub header: Part,
    /// The claims.
    pub claims: Part,
    /// Size of the signature in bytes.
    pub signature_size: usize,
    /// What is wrong with its form, a sentence each.
    pub problems: Vec<String>,
}

impl Token {
    /// Takes a token apart. Never fails: an unknown `alg`, bad base64 or three lone dots still show.
    pub fn parse(raw: &Secret) -> Self {
        let text = raw.reveal();
        let mut token = Self {
            raw: raw.clone(),
            form: Form::Opaque,
            header: Part::default(),
            claims: Part::default(),
            signature_size: 0,
            problems: Vec::new(),
        };
        if text.len() > DECODE_LIMIT {
            token.problems.push(format!(
                "The token has {} bytes; it is not decoded.",
                text.len()
            ));
            return token;
        }
        if text.chars().any(char::is_whitespace) && !text.trim_start().starts_with('<') {
            token
                .problems
                .push("The token has white space in it; a line may have been wrapped.".to_owned());
        }
        let parts: Vec<&str> = text.split('.').collect();
        match (parts.len(), is_jose(&parts)) {
            (3, true) => {
                token.form = Form::Jws;
                token.header = part("header", parts[0], &mut token.problems);
                token.claims = part("claims", parts[1], &mut token.problems);
                match from_b64url(parts[2]) {
                    Ok(signature) => token.signature_size = signature.len(),
                    Err(error) => token
                        .problems
                        .push(format!("The signature is not base64url: {error}.")),
                }
                if parts[2].is_empty() {
                    token.problems.push("The signature is empty.".to_owned());
                }
            }
            (5, true) => {
                token.form = Form::Jwe;
                token.header = part("header", parts[0], &mut token.problems);
            }
            (count, true) => {
                token.header = part("header", parts[0], &mut token.problems);
                token.problems.push(format!(
                    "It begins like a JWT but has {count} {} instead of 3: a piece is missing or too much was pasted.",
                    if count == 1 { "part" } else { "parts" }
                ));
            }
            _ if looks_like_saml(text) => token.form = Form::Saml,
            _ => {}
        }
        token
    }

    /// Tells what the token is, by its `typ` first and its claims second.
    pub fn kind(&self) -> TokenKind {
        match self.form {
            Form::Saml => return TokenKind::Saml,
            Form::Opaque => return TokenKind::Opaque,
            Form::Jwe => return TokenKind::Encrypted,
            Form::Jws => {}
        }
        let header = self.header.json.as_ref();
        let typ = header
            .and_then(|json| json["typ"].as_str())
            .unwrap_or_default()
            .to_ascii_lowercase();
        match typ.strip_prefix("application/").unwrap_or(&typ) {
            "oauth-id-jag+jwt" => return TokenKind::IdJag,
            "at+jwt" => return TokenKind::AccessToken,
            "dpop+jwt" => return TokenKind::DpopProof,
            "txntoken+jwt" => return TokenKind::TxnToken,
            "client-instance+jwt" => return TokenKind::InstanceAssertion,
            "client-authentication+jwt" => return TokenKind::ClientAssertion,
            _ => {}
        }
        let Some(claims) = self.claims.json.as_ref().and_then(Value::as_object) else {
            return TokenKind::Jwt;
        };
        let has = |name: &str| claims.contains_key(name);
        if has("iss") && claims.get("iss") == claims.get("sub") && has("aud") {
            TokenKind::ClientAssertion
        } else if has("nonce") || has("at_hash") || has("c_hash") {
            TokenKind::IdToken
        } else if has("scope") || has("scp") || has("client_id") || has("cid") {
            TokenKind::AccessToken
        } else if has("iss")
            && has("sub")
            && has("aud")
            && has("iat")
            && (has("auth_time") || has("email") || has("amr"))
        {
            TokenKind::IdToken
        } else {
            TokenKind::Jwt
        }
    }
}

/// What a token is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenKind {
    /// An ID Token (OpenID Connect Core §2).
    IdToken,
    /// An Identity Assertion JWT Authorization Grant (JAG §3.1).
    IdJag,
    /// An access token; decoded for the human only (RFC 9068 §6).
    AccessToken,
    /// A refresh token; always opaque to the client.
    RefreshToken,
    /// A DPoP proof (RFC 9449 §4.2).
    DpopProof,
    /// A client assertion (RFC 7523 §2.2).
    ClientAssertion,
    /// A client instance assertion.
    InstanceAssertion,
    /// A Transaction Token.
    TxnToken,
    /// A SAML assertion.
    Saml,
    /// Encrypted for somebody else.
    Encrypted,
    /// A JWT of no kind that we know.
    Jwt,
    /// Not a JWT: only its issuer can read it.
    Opaque,
}

impl TokenKind {
    /// Returns the word used in reports.
    pub fn id(self) -> &'static str {
        match self {
            Self::IdToken => "id-token",
            Self::IdJag => "id-jag",
            Self::AccessToken => "access-token",
            Self::RefreshToken => "refresh-token",
            Self::DpopProof => "dpop-proof",
            Self::ClientAssertion => "client-assertion",
            Self::InstanceAssertion => "instance-assertion",
            Self::TxnToken => "txn-token",
            Self::Saml => "saml",
            Self::Encrypted => "encrypted",
            Self::Jwt => "jwt",
            Self::Opaque => "opaque",
        }
    }

    /// Returns the name a person reads, with its article.
    pub fn name(self) -> &'static str {
        match self {
            Self::IdToken => "an ID Token",
            Self::IdJag => "an ID-JAG",
            Self::AccessToken => "an access token",
            Self::RefreshToken => "a refresh token",
            Self::DpopProof => "a DPoP proof",
            Self::ClientAssertion => "a client assertion",
            Self::InstanceAssertion => "a client instance assertion",
            Self::TxnToken => "a Transaction Token",
            Self::Saml => "a SAML assertion",
            Self::Encrypted => "an encrypted token",
            Self::Jwt => "a JWT of unknown kind",
            Self::Opaque => "an opaque token",
        }
    }
}

impl fmt::Display for TokenKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Tells whether the parts of a token are those of a JOSE compact serialization, or were before something broke them:
/// nothing that is opaque to us, though a random byte of it may be a brace, or JSON that its issuer made for itself.
fn is_jose(parts: &[&str]) -> bool {
    let object = |bytes: &[u8]| serde_json::from_slice::<Map<String, Value>>(bytes).ok();
    let claims = || {
        parts
            .get(1)
            .and_then(|part| object(&from_b64url(part).ok()?))
    };
    let Ok(bytes) = from_b64url(parts[0]) else {
        // What was mistyped still has its first letters: they write `{"`.
        return parts[0].starts_with("eyJ");
    };
    match object(&bytes) {
        // Every JOSE header has an alg (RFC 7515 §4.1.1, RFC 7516 §4.1.1); what lacks it still has claims.
        Some(header) => header.contains_key("alg") || parts.len() == 3 && claims().is_some(),
        // One that broke off, or that somebody wrote by hand.
        None => begins_like_object(&bytes) || parts.len() == 3 && claims().is_some(),
    }
}

/// Tells whether bytes are text that begins like a JSON object.
fn begins_like_object(bytes: &[u8]) -> bool {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        // Broken off within a letter.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    let named = text.trim_start().strip_prefix('{').map(str::trim_start);
    let plain = !text.chars().any(|c| c.is_control() && !c.is_whitespace());
    plain && named.is_some_and(|rest| rest.starts_with('"'))
}

fn looks_like_saml(text: &str) -> bool {
    use base64::Engine as _;
    let is_xml = |text: &str| text.trim_start().starts_with('<') && text.contains("Assertion");
    if is_xml(text) {
        return true;
    }
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    [
        from_b64url(&compact).ok(),
        base64::engine::general_purpose::STANDARD
            .decode(&compact)
            .ok(),
    ]
    .into_iter()
    .flatten()
    .any(|bytes| is_xml(&String::from_utf8_lossy(&bytes)))
}

fn part(name: &str, text: &str, problems: &mut Vec<String>) -> Part {
    let bytes = match from_b64url(text) {
        Ok(bytes) => bytes,
        Err(error) => {
            problems.push(format!("The {name} is not base64url: {error}."));
            return Part::default();
        }
    };
    if std::str::from_utf8(&bytes).is_err() {
        problems.push(format!(
            "The {name} is not UTF-8; what does not fit is shown as �."
        ));
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let json = match serde_json::from_str::<Value>(&text) {
        Ok(json) => {
            for name in duplicates(&text) {
                problems.push(format!(
                    "The member `{name}` occurs twice; readers differ in which they take."
                ));
            }
            if !json.is_object() {
                problems.push(format!("The {name} is JSON but not an object."));
            }
            Some(json)
        }
        Err(error) => {
            problems.push(format!("The {name} is not JSON: {error}."));
            None
        }
    };
    Part {
        text: Some(text),
        json,
    }
}

/// Returns the names of members that occur twice in one object of a JSON text.
fn duplicates(text: &str) -> Vec<String> {
    struct Names(Vec<String>);
    impl<'de> Deserialize<'de> for Names {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_any(Walk).map(Self)
        }
    }
    struct Walk;
    impl<'de> de::Visitor<'de> for Walk {
        type Value = Vec<String>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("JSON")
        }
        fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let (mut seen, mut twice) = (std::collections::BTreeSet::new(), Vec::new());
            while let Some((name, inner)) = map.next_entry::<String, Names>()? {
                twice.extend(inner.0);
                if !seen.insert(name.clone()) {
                    twice.push(name);
                }
            }
            Ok(twice)
        }
        fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            let mut twice = Vec::new();
            while let Some(inner) = seq.next_element::<Names>()? {
                twice.extend(inner.0);
            }
            Ok(twice)
        }
        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok(Vec::new())
        }
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok(Vec::new())
        }
        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok(Vec::new())
        }
        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok(Vec::new())
        }
        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok(Vec::new())
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Vec::new())
        }
    }
    serde_json::from_str::<Names>(text)
        .map(|names| names.0)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::digest::b64url;

    fn jwt(header: &str, claims: &str) -> Token {
        let raw = format!(
            "{}.{}.AAAA",
            b64url(header.as_bytes()),
            b64url(claims.as_bytes())
        );
        Token::parse(&Secret::minted("t", raw))
    }

    #[test]
    fn kinds_are_told_apart() {
        assert_eq!(
            jwt(r#"{"typ":"oauth-id-jag+jwt"}"#, "{}").kind(),
            TokenKind::IdJag
        );
        assert_eq!(
            jwt(r#"{"typ":"application/AT+JWT"}"#, "{}").kind(),
            TokenKind::AccessToken
        );
        assert_eq!(
            jwt("{}", r#"{"iss":"i","sub":"s","aud":"a","nonce":"n"}"#).kind(),
            TokenKind::IdToken
        );
        assert_eq!(
            jwt("{}", r#"{"iss":"c","sub":"c","aud":"a"}"#).kind(),
            TokenKind::ClientAssertion
        );
        assert_eq!(
            Token::parse(&Secret::minted("t", "tGzv3JOkF0XG5Qx2TlKWIA")).kind(),
            TokenKind::Opaque
        );
        assert_eq!(
            Token::parse(&Secret::minted("t", "<saml2:Assertion/>")).kind(),
            TokenKind::Saml
        );
    }

    #[test]
    fn an_opaque_token_is_opaque_whatever_its_bytes_are() {
        let parse = |text: String| Token::parse(&Secret::minted("t", text));
        // Braces among random bytes, and what an issuer wrote for itself: a cursor, a signed session.
        let mut bytes = [b'{'; 32];
        let own = b64url(br#"{"user":7,"exp":1790000000}"#);
        let mut opaque = vec![
            own.clone(),
            format!("{own}.ZLeBjw.k4vyMIUqAlRTdTWx9AZ6P5b3Dsg"),
        ];
        for at in 1..=255_u8 {
            let mix =
                |at: usize, step: u8| (u8::try_from(at).unwrap_or(0) ^ step).wrapping_mul(173);
            for (index, byte) in bytes.iter_mut().enumerate().skip(1) {
                *byte = mix(index, at);
            }
            opaque.push(b64url(&bytes));
            opaque.push(format!(
                "{}.{}.{}",
                b64url(&bytes),
                b64url(&bytes[1..]),
                b64url(&bytes[2..])
            ));
        }
        opaque.push("ey7Rq0b.x".to_owned());
        for text in opaque {
            let token = parse(text.clone());
            assert_eq!(
                (token.form, token.header, token.problems.len()),
                (Form::Opaque, Part::default(), 0),
                "{text}"
            );
        }
    }

    #[test]
    fn a_broken_jwt_is_still_taken_apart_and_explained() {
        let whole = jwt(r#"{"alg":"ES256","kid":"7"}"#, r#"{"sub":"alice"}"#);
        let text = whole.raw.reveal();
        let head = text.split('.').next().unwrap_or_default();
        let rest = text.strip_prefix(head).unwrap_or_default();
        let wrapped = text.replacen('S', "\n S", 1);
        for (broken, says) in [
            (head.to_owned(), "1 part instead of 3"),
            (head[..20].to_owned(), "1 part instead of 3"),
            (format!("{}{rest}", &head[..20]), "The header is not JSON"),
            (format!("{text}.x"), "4 parts instead of 3"),
            (
                format!("{}~{rest}", &head[..20]),
                "The header is not base64url",
            ),
            (
                format!("{}{rest}", b64url(b"[1]")),
                "JSON but not an object",
            ),
            (
                format!("{}{rest}", b64url(b"oops")),
                "The header is not JSON",
            ),
            (wrapped, "white space"),
        ] {
            let token = Token::parse(&Secret::minted("t", broken.as_str()));
            assert!(
                token.problems.iter().any(|problem| problem.contains(says)),
                "{broken}: {:?}",
                token.problems
            );
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert!(
            jwt(r#"{"alg":"none"}"#, r#"{"a":1,"b":{"c":1,"c":2}}"#).problems[0]
                .contains("`c` occurs twice")
        );
        let half = Token::parse(&Secret::minted("t", "eyJhbGciOiJub25lIn0.e30"));
        assert!(
            half.problems
                .iter()
                .any(|says| says.contains("2 parts instead of 3")),
            "{:?}",
            half.problems
        );
        assert!(half.header.json.is_some());
        assert!(Token::parse(&Secret::minted("t", "..")).kind() == TokenKind::Opaque);
    }
}
