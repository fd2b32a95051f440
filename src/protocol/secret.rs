//! A value that must not be shown: it hides itself wherever it is printed or stored.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use super::digest;

/// Who made a secret, which decides how its fingerprint is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// A person chose it, so it may be short: its fingerprint is salted per trace.
    Typed,
    /// A program made it from enough randomness: its fingerprint is the same everywhere.
    Minted,
}

/// A secret with the name that is shown in its place.
///
/// `Debug`, `Display` and `Serialize` print `‹name›`, never the text; [`Secret::reveal`] is the only door.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    name: String,
    made: Made,
    text: Zeroizing<String>,
}

impl Secret {
    /// Wraps a secret that a person or another program chose (a client secret, say).
    pub fn typed(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            made: Made::Typed,
            text: Zeroizing::new(text.into()),
        }
    }

    /// Wraps a secret with enough randomness of its own: a token, a code, a verifier, an assertion.
    pub fn minted(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            made: Made::Minted,
            text: Zeroizing::new(text.into()),
        }
    }

    /// Returns the name that is shown in place of the text.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns who made it.
    pub fn made(&self) -> Made {
        self.made
    }

    /// Returns the same secret under another name.
    #[must_use]
    pub fn named(&self, name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..self.clone()
        }
    }

    /// Returns the text itself: the only door, and a test counts who uses it.
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// Tells whether there is no text at all.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Returns the length of the text in bytes.
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// Returns the first eight hex digits of SHA-256 over `salt` (for typed secrets only) and the text.
    pub fn fingerprint(&self, salt: &[u8]) -> String {
        match self.made {
            Made::Typed => digest::fingerprint(&[salt, self.text.as_bytes()]),
            Made::Minted => digest::fingerprint(&[self.text.as_bytes()]),
        }
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "‹{}›", self.name)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Stores the masked form only; what is read back is a masked stand-in.
impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.made {
            // A token's fingerprint needs no salt, so it can be stored without asking the vault.
            Made::Minted if !self.text.starts_with('‹') => {
                serializer.collect_str(&format_args!("‹{}:{}›", self.name, self.fingerprint(&[])))
            }
            _ if self.text.starts_with('‹') => serializer.serialize_str(&self.text),
            _ => serializer.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let name = text
            .trim_matches(['‹', '›'])
            .split(':')
            .next()
            .unwrap_or_default()
            .to_owned();
        Ok(Self {
            name,
            made: Made::Minted,
            text: Zeroizing::new(text),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed() {
        let secret = Secret::typed("sso.client_secret", "hunter2hunter2");
        let shown = format!(
            "{secret} {secret:?} {:#?} {}",
            Some(&secret),
            serde_json::to_string(&secret).unwrap()
        );
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("‹sso.client_secret›"), "{shown}");
    }

    #[test]
    fn fingerprints_of_tokens_need_no_salt_and_those_of_typed_secrets_do() {
        let token = Secret::minted("id-jag", "abc.def.ghi");
        assert_eq!(token.fingerprint(b"one"), token.fingerprint(b"two"));
        let typed = Secret::typed("client_secret", "abc");
        assert_ne!(typed.fingerprint(b"one"), typed.fingerprint(b"two"));
        assert_eq!(token.fingerprint(&[]).len(), 8);
    }
}
