//! A form as a token endpoint reads it: nothing twice, and an empty value counts as absent.

use url::form_urlencoded;

use super::{
    message::Incoming,
    refusal::{Refusal, must, received},
};
use crate::protocol::{http::FORM, oauth::urn};

/// The parameters of a request that has none twice.
#[derive(Clone, Debug)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Reads the body of a POST (RFC 6749 §3.2), and nothing in it twice.
    pub fn read(incoming: &Incoming) -> Result<Self, Refusal> {
        let form = Self::body(incoming)?;
        form.nothing_twice()?;
        Ok(form)
    }

    /// Reads the body of a POST, without a look at duplicates.
    pub fn body(incoming: &Incoming) -> Result<Self, Refusal> {
        let kind = incoming.content_type();
        must(kind == FORM, "invalid_request", || {
            format!(
                "Expected content type {FORM}, received {}.",
                received(Some(&kind))
            )
        })?;
        let text = std::str::from_utf8(&incoming.body).map_err(|_| {
            Refusal::new(
                "invalid_request",
                "Expected a form in UTF-8, received other bytes.",
            )
        })?;
        Ok(Self::lenient(text))
    }

    /// Reads form-encoded text without a look at duplicates.
    pub fn lenient(text: &str) -> Self {
        Self(
            form_urlencoded::parse(text.as_bytes())
                .filter(|(_, value)| !value.is_empty())
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect(),
        )
    }

    /// Refuses a parameter that is there twice (RFC 6749 §3.2). Several `resource` are allowed (RFC 8707 §2), and
    /// in a token exchange several `audience` (RFC 8693 §2.1).
    pub fn nothing_twice(&self) -> Result<(), Refusal> {
        let exchange = self.get("grant_type") == Some(urn::TOKEN_EXCHANGE);
        let twice = self.0.iter().find(|(name, _)| {
            let may = name == "resource" || (exchange && name == "audience");
            !may && self.all(name).count() > 1
        });
        must(twice.is_none(), "invalid_request", || {
            let name = twice.map(|(name, _)| name.as_str());
            format!(
                "Expected each parameter once, received {} more than once.",
                received(name)
            )
        })
    }

    /// Returns a parameter that has a value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.as_str())
    }

    /// Returns every value of a parameter.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(other, _)| other == name)
            .map(|(_, value)| value.as_str())
    }

    /// Returns a parameter that has to be there.
    pub fn need(&self, name: &str) -> Result<&str, Refusal> {
        self.get(name).ok_or_else(|| {
            Refusal::new(
                "invalid_request",
                format!("Expected the parameter {name}, received none or an empty one."),
            )
        })
    }
}

/// Splits a `scope` into its words (RFC 6749 §3.3).
pub fn scope_words(scope: &str) -> Result<Vec<String>, Refusal> {
    let words: Vec<&str> = scope.split(' ').collect();
    let sound = |word: &&str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
    };
    must(words.iter().all(sound), "invalid_scope", || {
        format!(
            "Expected words of printable ASCII with one space between them, received scope {}.",
            received(Some(scope))
        )
    })?;
    Ok(words.into_iter().map(str::to_owned).collect())
}

/// Refuses a scope with a word that is not among the known ones.
pub fn known_scope(words: &[String], known: &[&str]) -> Result<(), Refusal> {
    let unknown: Vec<&str> = words
        .iter()
        .map(String::as_str)
        .filter(|word| !known.contains(word))
        .collect();
    must(unknown.is_empty(), "invalid_scope", || {
        format!(
            "Expected scope of {}, received also {}.",
            known.join(" "),
            received(Some(&unknown.join(" ")))
        )
    })
}
