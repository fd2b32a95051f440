//! Strings and answers of OAuth, byte for byte as the documents spell them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{http::Response, secret::Secret};

/// Grant types, token types and their relatives (FACTS §0.2).
pub mod urn {
    /// RFC 6749 §4.1.3.
    pub const AUTHORIZATION_CODE: &str = "authorization_code";
    /// RFC 6749 §6.
    pub const REFRESH: &str = "refresh_token";
    /// RFC 8628 §3.4.
    pub const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
    /// RFC 8693 §2.1.
    pub const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
    /// RFC 6749 §4.4.
    pub const CLIENT_CREDENTIALS: &str = "client_credentials";
    /// RFC 7523 §2.1.
    pub const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    /// RFC 7523 §2.2.
    pub const CLIENT_ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    /// RFC 8693 §3.
    pub const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";
    /// TXN §11.1.
    pub const TXN_TOKEN: &str = "urn:ietf:params:oauth:token-type:txn_token";
    /// CIA §13.1.
    pub const CLIENT_INSTANCE: &str = "urn:ietf:params:oauth:token-type:client-instance-jwt";
    /// RFC 8693 §3.
    pub const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
    /// RFC 8693 §3.
    pub const REFRESH_TOKEN: &str = "urn:ietf:params:oauth:token-type:refresh_token";
    /// RFC 8693 §3.
    pub const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
    /// RFC 8693 §3.
    pub const SAML2: &str = "urn:ietf:params:oauth:token-type:saml2";
    /// JAG §4.3.
    pub const ID_JAG: &str = "urn:ietf:params:oauth:token-type:id-jag";
    /// JAG §7.2.
    pub const ID_JAG_PROFILE: &str = "urn:ietf:params:oauth:grant-profile:id-jag";
    /// JAG §3.1.
    pub const ID_JAG_TYP: &str = "oauth-id-jag+jwt";
}

/// An error as an OAuth server says it (RFC 6749 §5.2), or as an API says it (RFC 6750 §3).
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct OAuthError {
    /// The HTTP status, if there was one.
    pub status: Option<u16>,
    /// The `error` code, if there was one.
    pub error: Option<String>,
    /// The `error_description`.
    pub description: Option<String>,
    /// The `error_uri`.
    pub uri: Option<String>,
}

impl OAuthError {
    /// Reads what a refusing answer says: its JSON body, else its `WWW-Authenticate` field, else the status alone.
    pub fn of(response: &Response) -> Self {
        let mut error = Self {
            status: Some(response.status),
            ..Self::default()
        };
        if let Ok(json) = response.json() {
            let text = |name: &str| json[name].as_str().map(str::to_owned);
            error.error = text("error").or_else(|| text("errorCode"));
            error.description = text("error_description")
                .or_else(|| text("errorSummary"))
                .or_else(|| text("message"));
            error.uri = text("error_uri");
        }
        if let Some(challenge) = response.header("www-authenticate") {
            error.error = error.error.or_else(|| challenge_param(challenge, "error"));
            error.description = error
                .description
                .or_else(|| challenge_param(challenge, "error_description"));
        }
        error
    }
}

/// `invalid_target: 'audience' is not allowed (400)`.
impl std::fmt::Display for OAuthError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.error, &self.description) {
            (Some(error), Some(description)) => {
                // Servers end their sentences or not; ours goes on.
                write!(f, "{error}: {}", description.trim_end_matches('.'))?;
            }
            (Some(text), None) | (None, Some(text)) => f.write_str(text)?,
            (None, None) => f.write_str("no OAuth error in the answer")?,
        }
        match self.status {
            Some(status) => write!(f, " ({status})"),
            None => Ok(()),
        }
    }
}

/// Returns one parameter of a `WWW-Authenticate` challenge (RFC 9110 §11.2), quoted or not.
pub fn challenge_param(challenge: &str, name: &str) -> Option<String> {
    let mut rest = challenge;
    while let Some(at) = rest.find(name) {
        let before = rest[..at].chars().next_back();
        let after = rest[at + name.len()..].trim_start();
        if matches!(before, None | Some(' ' | ',' | '\t')) && after.starts_with('=') {
            let value = after[1..].trim_start();
            return Some(match value.strip_prefix('"') {
                Some(quoted) => {
                    let (mut out, mut escaped) = (String::new(), false);
                    for c in quoted.chars() {
                        match c {
                            _ if escaped => {
                                out.push(c);
                                escaped = false;
                            }
                            '\\' => escaped = true,
                            '"' => break,
                            _ => out.push(c),
                        }
                    }
                    out
                }
                None => value
                    .split([',', ' '])
                    .next()
                    .unwrap_or_default()
                    .to_owned(),
            });
        }
        rest = &rest[at + name.len()..];
    }
    None
}

/// Returns where an API says that its metadata is: `resource_metadata` of any of its challenges (RFC 9728 §5.1).
pub fn resource_metadata(response: &Response) -> Option<String> {
    let challenges = response
        .headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("www-authenticate"));
    challenges
        .filter_map(|(_, value)| challenge_param(value, "resource_metadata"))
        .find(|url| !url.is_empty())
}

/// The members of a token answer that the flows use (RFC 6749 §5.1, RFC 8693 §2.2.1).
#[derive(Clone, Debug, Default)]
pub struct TokenAnswer {
    /// `access_token`: in a token exchange, whatever was issued.
    pub access_token: Option<Secret>,
    /// `id_token`.
    pub id_token: Option<Secret>,
    /// `refresh_token`.
    pub refresh_token: Option<Secret>,
    /// `token_type`.
    pub token_type: Option<String>,
    /// `issued_token_type`.
    pub issued_token_type: Option<String>,
    /// `expires_in`, in seconds.
    pub expires_in: Option<i64>,
    /// `scope`.
    pub scope: Option<String>,
}

impl TokenAnswer {
    /// Reads a token answer; a member of the wrong type counts as absent.
    pub fn of(json: &Value) -> Self {
        let text = |name: &str| json[name].as_str().filter(|text| !text.is_empty());
        let secret =
            |name: &str| text(name).map(|text| Secret::minted(name.replace('_', "-"), text));
        Self {
            access_token: secret("access_token"),
            id_token: secret("id_token"),
            refresh_token: secret("refresh_token"),
            token_type: text("token_type").map(str::to_owned),
            issued_token_type: text("issued_token_type").map(str::to_owned),
            expires_in: json["expires_in"]
                .as_i64()
                .or_else(|| text("expires_in").and_then(|text| text.parse().ok())),
            scope: text("scope").map(str::to_owned),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_read() {
        let challenge = r#"Bearer realm="x", error="invalid_token", error_description="a \"b\", c", scope=read"#;
        assert_eq!(
            challenge_param(challenge, "error").unwrap(),
            "invalid_token"
        );
        assert_eq!(
            challenge_param(challenge, "error_description").unwrap(),
            "a \"b\", c"
        );
        assert_eq!(challenge_param(challenge, "scope").unwrap(), "read");
        assert_eq!(challenge_param(challenge, "nonce"), None);
    }
}
