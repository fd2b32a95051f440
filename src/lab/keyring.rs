//! Keys of another server: fetched over HTTP by whoever serves, kept, and asked for again when a key is unknown.

use serde_json::json;

use super::refusal::Refusal;
use crate::protocol::{
    jwt::{Token, jose},
    metadata::Jwks,
    secret::Secret,
};

/// What is known of another server's keys.
#[derive(Debug)]
pub struct Keyring {
    url: String,
    keys: Option<Jwks>,
    empty: Jwks,
    trouble: Option<String>,
}

impl Keyring {
    /// Makes a keyring that knows no key yet.
    pub fn new(url: String) -> Self {
        Self {
            url,
            keys: None,
            empty: Jwks(json!({ "keys": [] })),
            trouble: None,
        }
    }

    /// Returns the address of the keys.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the address to fetch before this token can be judged.
    pub fn wants(&self, raw: &str) -> Option<String> {
        let token = Token::parse(&Secret::minted("token", raw));
        jose::wants_fresh_keys(&token, self.keys.as_ref()).then(|| self.url.clone())
    }

    /// Takes in what a fetch of that address brought, where it is this one's; keys known before survive a failed one.
    pub fn learn(&mut self, url: &str, fetched: &Result<Vec<u8>, String>) {
        if url != self.url {
            return;
        }
        let read = fetched.as_ref().map_err(Clone::clone).and_then(|bytes| {
            serde_json::from_slice(bytes).map_err(|error| format!("no JSON: {error}"))
        });
        match read {
            Ok(json) => {
                self.keys = Some(Jwks(json));
                self.trouble = None;
            }
            Err(why) => self.trouble = Some(why),
        }
    }

    /// Forgets what was fetched.
    pub fn forget(&mut self) {
        (self.keys, self.trouble) = (None, None);
    }

    /// Returns the keys; none, when no token so far made it worth fetching them.
    pub fn keys(&self) -> Result<&Jwks, Refusal> {
        match (&self.keys, &self.trouble) {
            (Some(keys), _) => Ok(keys),
            (None, None) => Ok(&self.empty),
            (None, Some(why)) => Err(Refusal::new(
                "temporarily_unavailable",
                format!("The keys at {} could not be fetched: {why}.", self.url),
            )),
        }
    }
}
