//! What a field can hold, and where a secret comes from.

use serde::{Deserialize, Serialize};

use super::fields::Kind;
use crate::protocol::secret::Secret;

/// The value of a field, as the file has it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FieldValue {
    /// A text, an address or a choice.
    Text(String),
    /// True or false.
    Flag(bool),
    /// A whole number.
    Number(i64),
    /// Several texts; a single text in the file counts as a list of one.
    List(Vec<String>),
    /// Names with a text each, in order; a name may come twice.
    Map(Vec<(String, String)>),
    /// Where a secret comes from.
    Secret(SecretSource),
}

impl FieldValue {
    /// Tells whether this says nothing: an empty text counts as absent.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.is_empty(),
            Self::List(items) => items.iter().all(String::is_empty),
            Self::Map(pairs) => pairs.is_empty(),
            Self::Secret(SecretSource::Inline(secret)) => secret.is_empty(),
            Self::Flag(_) | Self::Number(_) | Self::Secret(_) => false,
        }
    }

    /// Returns the text, of a list its first.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::List(items) => items
                .iter()
                .map(String::as_str)
                .find(|item| !item.is_empty()),
            _ => None,
        }
    }

    /// Turns one text into a list where the field holds lists, so that both ways of writing are one value.
    pub(crate) fn fitted(self, kind: Kind) -> Self {
        match (kind, self) {
            (Kind::List, Self::Text(text)) => Self::List(vec![text]),
            (_, value) => value,
        }
    }
}

/// Where a secret comes from; reading it is the work of others, outside the engine.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretSource {
    /// The text stands in the profile itself: accepted, and noted.
    Inline(Secret),
    /// A variable of the environment.
    Env(String),
    /// A file; a relative path counts from the profile's folder.
    File(String),
    /// What a command prints.
    Cmd(String),
}

impl SecretSource {
    /// Reads `env:NAME`, `file:PATH` or `cmd:COMMAND`; `None` when the text has none of these forms.
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once(':')?;
        let rest = rest.trim();
        if rest.is_empty() {
            return None;
        }
        match scheme {
            "env" => Some(Self::Env(rest.to_owned())),
            "file" => Some(Self::File(rest.to_owned())),
            "cmd" => Some(Self::Cmd(rest.to_owned())),
            _ => None,
        }
    }

    /// Returns what a form shows: the source, never the text.
    pub fn shown(&self) -> String {
        match self {
            Self::Inline(_) => "set (inline)".to_owned(),
            Self::Env(name) => format!("env {name}"),
            Self::File(path) => format!("file {path}"),
            Self::Cmd(command) => format!("cmd {command}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_read_and_anything_else_is_not() {
        assert_eq!(
            SecretSource::parse("env:ACME"),
            Some(SecretSource::Env("ACME".to_owned()))
        );
        assert_eq!(
            SecretSource::parse("cmd:pass show a:b"),
            Some(SecretSource::Cmd("pass show a:b".to_owned()))
        );
        assert_eq!(SecretSource::parse("env:"), None);
        assert_eq!(SecretSource::parse("hunter2"), None);
        assert_eq!(SecretSource::parse("s3:x"), None);
    }

    #[test]
    fn an_inline_secret_is_never_shown() {
        let source = SecretSource::Inline(Secret::typed("sso.client_secret", "hunter2"));
        let all = format!("{} {source:?}", source.shown());
        assert!(!all.contains("hunter2"), "{all}");
    }
}
