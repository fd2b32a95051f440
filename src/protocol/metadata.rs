//! What servers publish about themselves: metadata and keys.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

/// Which of the two well-known forms an address has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum WellKnown {
    /// `/.well-known/openid-configuration`, appended to the issuer (OpenID Connect Discovery §4).
    Oidc,
    /// `/.well-known/oauth-authorization-server`, put between host and path (RFC 8414 §3.1).
    OAuth,
}

/// Returns the metadata address of an issuer.
///
/// # Errors
/// Why the issuer is no usable URL.
pub fn metadata_url(issuer: &str, form: WellKnown) -> Result<String, String> {
    let url = Url::parse(issuer)
        .map_err(|error| format!("Expected a URL, received {issuer:?}: {error}."))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(format!(
            "Expected an http or https URL with a host, received {issuer:?}."
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(format!(
            "An issuer has no query and no fragment (RFC 8414 §2), received {issuer:?}."
        ));
    }
    let path = url.path().trim_end_matches('/');
    let authority = &url[..url::Position::BeforePath];
    Ok(match form {
        WellKnown::Oidc => format!("{authority}{path}/.well-known/openid-configuration"),
        WellKnown::OAuth => format!("{authority}/.well-known/oauth-authorization-server{path}"),
    })
}

/// Metadata of an IdP or an authorization server (RFC 8414 §2), as it came.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(transparent)]
pub struct ServerMetadata(pub Value);

impl ServerMetadata {
    /// Returns a member that is a non-empty string.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    /// Returns a member that is a list of strings; `None` when it is absent.
    pub fn list(&self, name: &str) -> Option<Vec<&str>> {
        Some(
            self.0
                .get(name)?
                .as_array()?
                .iter()
                .filter_map(Value::as_str)
                .collect(),
        )
    }

    /// Returns a member that is a truth value.
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.0.get(name)?.as_bool()
    }
}

/// A JSON Web Key Set (RFC 7517 §5), as it came.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Jwks(pub Value);

impl Jwks {
    /// Returns the keys in it; a set without `keys` has none.
    pub fn keys(&self) -> impl Iterator<Item = &Value> {
        self.0["keys"].as_array().into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_well_known_forms() {
        let both = |issuer| {
            (
                metadata_url(issuer, WellKnown::Oidc).unwrap(),
                metadata_url(issuer, WellKnown::OAuth).unwrap(),
            )
        };
        assert_eq!(
            both("https://as.example.com/t1"),
            (
                "https://as.example.com/t1/.well-known/openid-configuration".to_owned(),
                "https://as.example.com/.well-known/oauth-authorization-server/t1".to_owned()
            )
        );
        assert_eq!(
            both("https://as.example.com/").1,
            "https://as.example.com/.well-known/oauth-authorization-server"
        );
        assert!(metadata_url("as.example.com", WellKnown::Oidc).is_err());
        assert!(metadata_url("https://as.example.com/?x", WellKnown::OAuth).is_err());
    }
}
