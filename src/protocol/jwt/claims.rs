//! Typed readers of claims: absent, wrong type and value are three different things.

use serde_json::Value;

use crate::protocol::time::Timestamp;

/// Claims that are times (RFC 7519 §4.1, OIDC §2 and §5.1).
pub const TIMES: &[&str] = &["exp", "iat", "nbf", "auth_time", "updated_at"];

/// The claims of a token, or its header, for reading.
#[derive(Clone, Copy, Debug)]
pub struct Claims<'a>(pub &'a Value);

impl<'a> Claims<'a> {
    /// Returns a claim that is a string.
    pub fn text(self, name: &str) -> Option<&'a str> {
        self.0.get(name)?.as_str()
    }

    /// Returns a time claim: seconds since 1970, fractions allowed (RFC 7519 §2); a text is no time.
    pub fn time(self, name: &str) -> Option<Timestamp> {
        let value = self.0.get(name)?;
        #[allow(clippy::cast_possible_truncation)] // a claim beyond the calendar saturates
        value
            .as_i64()
            .map(Timestamp::from_secs)
            .or_else(|| value.as_f64().map(|s| Timestamp((s * 1000.0) as i64)))
    }

    /// Returns a claim that is a string or a list of strings, as a list (`aud`: RFC 7519 §4.1.3).
    pub fn list(self, name: &str) -> Vec<&'a str> {
        match self.0.get(name) {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// Returns the words of a space-separated claim (`scope`: RFC 8693 §4.2).
    pub fn words(self, name: &str) -> Vec<&'a str> {
        self.text(name)
            .map(|text| text.split(' ').filter(|word| !word.is_empty()).collect())
            .unwrap_or_default()
    }
}
